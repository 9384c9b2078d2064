//! What a format has to say of itself.

use super::reading::PayloadReading;
use super::sample::Decoded;
use crate::message::Topic;

/// One format: what says that a payload is of it, and how it is read.
pub(super) struct KnownFormat {
    /// Whether a MIME type, in lower case and without parameters, means this format.
    pub(super) content_type: fn(&str) -> bool,
    /// Whether a topic carries nothing but this format, where topics tell.
    pub(super) topic: Option<fn(&Topic) -> bool>,
    /// Reads a payload; `None` where its bytes are not of this format. One of which it is claimed
    /// that they are is of it all the same, and what does not fit is a defect.
    pub(super) read: fn(&PayloadReading<'_>) -> Option<Decoded>,
}
