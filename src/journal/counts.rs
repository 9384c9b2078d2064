//! What has been counted, as every segment's header carries it on.

/// How much has become durable since the journal was created, over all restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    pub messages: u64,
    pub payload_bytes: u64,
}
