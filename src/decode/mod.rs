//! What a payload becomes: samples, each one value of one series at one time.
//!
//! Pure and total: any bytes give an answer, none an error. What a payload claims to be but is
//! not is told in [`Decoded::defects`]; the raw bytes are kept beside the samples in any case, so
//! that nothing is lost by what is not understood here.
//!
//! - A JSON object or array becomes one series for each leaf, named by its JSON Pointer
//!   (RFC 6901): `/motor/temp`, `/axes/0`. `null` and empty containers have no value.
//! - A JSON number, `true`, `false` or string that is the whole payload is the series with the
//!   empty pointer; so is text that is not JSON.
//! - Images and other binary payloads have no samples.
//! - A JSON object with a member `timestamp_ms` (milliseconds since 1970-01-01T00:00:00Z, the
//!   convention of the United Manufacturing Hub) says when its values were true; everything else
//!   was true when it was received.
//!
//! Each format is one file and one line in the table below. What all structured formats
//! share, the way from a tree of values to samples with its bounds, is in `walk.rs`; whatever has a
//! serde `Deserializer` is fed to it by `subtree.rs`.

mod bounds;
mod event_time;
mod format;
mod json;
mod members;
mod number;
mod sample;
mod subtree;
mod text;
mod walk;

pub use bounds::{DEPTH_MAX, PATH_BYTES_MAX, SAMPLES_MAX, TEXT_BYTES_MAX};
pub use sample::{Decoded, PayloadFormat, Sample, Value};

use self::format::KnownFormat;

use crate::message::Message;

/// Every format, in the order in which payloads are tried that claim nothing. Text is last: most
/// formats look like text to somebody who does not know them.
const FORMATS: &[KnownFormat] = &[json::FORMAT, text::FORMAT];

/// Reads the payload of `message` as the format that it claims to be of, by its content type, else
/// by its topic; as the first whose bytes it has where it claims nothing, or what it claims is not
/// known.
pub fn decode(message: &Message) -> Decoded {
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

#[cfg(test)]
mod tests;
