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

mod event_time;
mod json;
mod sample;

pub use sample::{Decoded, Sample, Value};

use crate::message::{DefectCode, PayloadKind, Timestamp, classify};

/// The longest text that becomes a sample, in bytes; a longer one is in the raw payload only.
pub const TEXT_BYTES_MAX: usize = 4096;

/// The deepest nesting whose leaves become samples.
pub const DEPTH_MAX: usize = 16;

/// The most samples of one message.
pub const SAMPLES_MAX: usize = 1000;

/// Decodes `payload`, received at `received_at`, with the MIME type that its publisher gave it.
pub fn decode(content_type: Option<&str>, payload: &[u8], received_at: Timestamp) -> Decoded {
    let why_not_json = match json::decode(payload, received_at) {
        Ok(decoded) => return decoded,
        Err(error) => error,
    };
    let kind = classify(payload);
    if kind == PayloadKind::Json {
        return json::decode_around(payload, received_at);
    }
    let bare = match kind {
        PayloadKind::Binary(_) => None,
        PayloadKind::Json | PayloadKind::Text => std::str::from_utf8(payload).ok(),
    };
    let looks_like_json = match bare {
        Some(text) => text.trim_start().starts_with(['{', '[', '"']),
        None => is_bracketed(payload),
    };
    let mut decoded = Decoded::default();
    if claims_json(content_type) || looks_like_json {
        let text = || format!("not JSON: {why_not_json}");
        decoded.defects.add(DefectCode::NotJson, None, text);
    } else if let Some(text) = bare
        && !text.is_empty()
        && text.len() <= TEXT_BYTES_MAX
    {
        let value = Value::from_bare_text(text);
        decoded.samples.push(Sample {
            path: String::new(),
            time: received_at,
            value,
        });
    }
    decoded
}

/// Whether bytes that are no text look like JSON all the same: in another encoding, or with a
/// control character in it.
fn is_bracketed(payload: &[u8]) -> bool {
    matches!(payload.trim_ascii(), [b'{', .., b'}'] | [b'[', .., b']'])
}

fn claims_json(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|mime| {
        let mime = mime.split(';').next().unwrap_or_default().trim();
        mime.eq_ignore_ascii_case("application/json") || mime.ends_with("+json")
    })
}

#[cfg(test)]
mod tests;
