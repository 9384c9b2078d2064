//! What a format has to say of itself.

use super::sample::Decoded;
use crate::message::{Message, Topic};

/// One format: what says that a payload is of it, and how it is read.
pub(super) struct KnownFormat {
    /// Whether a MIME type, in lower case and without parameters, means this format.
    pub(super) content_type: fn(&str) -> bool,
    /// Whether a topic carries nothing but this format.
    pub(super) topic: fn(&Topic) -> bool,
    /// Reads a payload; `None` where its bytes are not of this format. One whose content type or
    /// topic claims that they are (the second argument) is of it all the same, and what does not
    /// fit is a defect.
    pub(super) read: fn(&Message, bool) -> Option<Decoded>,
}
