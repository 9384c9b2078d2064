//! A payload that is being read, and what is known of it.

use super::told::ToldFormat;
use crate::message::Message;

/// A payload that is being read as one format.
#[derive(Clone, Copy)]
pub(super) struct PayloadReading<'a> {
    /// What it came in.
    pub(super) message: &'a Message,
    /// Its bytes; those inside, where the message's own are compressed.
    pub(super) payload: &'a [u8],
    /// The format that somebody says messages on its topic are of.
    pub(super) told: Option<ToldFormat>,
    /// Whether the content type, this or the topic says that it is of this format.
    pub(super) is_claimed: bool,
    /// The JSON Pointer of a part whose bytes are asked for.
    pub(super) wanted: Option<&'a str>,
}
