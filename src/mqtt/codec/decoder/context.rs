//! What the decoding of a packet depends on, beside its bytes.

use crate::mqtt::codec::Version;

/// Whose side is decoding: a packet that only the other side may receive is a protocol error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Reads what clients send.
    Server,
    /// Reads what servers send.
    Client,
}

/// What every packet's decoding has to know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    pub(super) side: Side,
    pub(super) version: Version,
    /// The lower four bits of the first byte.
    pub(super) flags: u8,
}
