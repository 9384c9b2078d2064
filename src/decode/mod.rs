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
//! Each format is one file and one line in the table of `format.rs`. What all structured formats
//! share, the way from a tree of values to samples with its bounds, is in `walk.rs`; whatever has a
//! serde `Deserializer` is fed to it by `subtree.rs`.

mod event_time;
mod format;
mod json;
mod members;
mod number;
mod sample;
mod subtree;
mod text;
mod walk;

pub use format::PayloadFormat;
pub use sample::{Decoded, Sample, Value};
pub use walk::{DEPTH_MAX, PATH_BYTES_MAX, SAMPLES_MAX, TEXT_BYTES_MAX};

use crate::message::Message;

/// Decodes the payload of `message` as what it is recognised as.
pub fn decode(message: &Message) -> Decoded {
    format::read(message)
}

#[cfg(test)]
mod tests;
