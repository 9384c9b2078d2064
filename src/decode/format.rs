//! Which formats there are, and how a payload's format is recognised.

use super::{Decoded, json, text};
use crate::message::{Message, Topic};

/// What a payload was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PayloadFormat {
    Json,
    Text,
    /// Nothing that is read: images, and whatever else has no samples.
    #[default]
    Binary,
}

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

/// Every format, in the order in which payloads are tried that claim nothing. Text is last: most
/// formats look like text to somebody who does not know them.
const FORMATS: &[KnownFormat] = &[json::FORMAT, text::FORMAT];

/// Reads the payload of `message` as the format that it claims to be of, by its content type, else
/// by its topic; as the first whose bytes it has where it claims nothing, or what it claims is not
/// known.
pub(super) fn read(message: &Message) -> Decoded {
    if let Some(format) = by_content_type(message).or_else(|| by_topic(message))
        && let Some(decoded) = (format.read)(message, true)
    {
        return decoded;
    }
    for format in FORMATS {
        if let Some(decoded) = (format.read)(message, false) {
            return decoded;
        }
    }
    Decoded::default()
}

fn by_topic(message: &Message) -> Option<&'static KnownFormat> {
    FORMATS.iter().find(|one| (one.topic)(&message.topic))
}

fn by_content_type(message: &Message) -> Option<&'static KnownFormat> {
    let given = message.properties.as_deref()?.content_type.as_deref()?;
    let mime = given.split(';').next().unwrap_or_default().trim();
    let mime = mime.to_ascii_lowercase();
    FORMATS.iter().find(|one| (one.content_type)(&mime))
}
