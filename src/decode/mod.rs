//! What a payload becomes: samples, each one value of one series at one time.
//!
//! Pure and total: any bytes give an answer, none an error. What a payload claims to be but is
//! not is told in [`Decoded::defects`]; the raw bytes are kept beside the samples in any case, so
//! that nothing is lost by what is not understood here.
//!
//! - An object or array becomes one series for each leaf, named by its JSON Pointer (RFC 6901):
//!   `/motor/temp`, `/axes/0`. `null` and empty containers have no value. A name that is a number,
//!   as CBOR and MessagePack have them, is written as one.
//! - A number, `true`, `false` or text that is the whole payload is the series with the empty
//!   pointer.
//! - A field of Influx line protocol is `/measurement,tag=value/field`.
//! - Images and byte strings have no samples. Those inside a payload, be it as base64 in a text,
//!   are told in [`Decoded::embedded`] and given by [`embedded`].
//! - What is compressed is read as what is inside, within a bound.
//! - What is on a topic of Sparkplug B needs what came before: see [`sparkplug`].
//! - A member `timestamp_ms` (milliseconds since 1970-01-01T00:00:00Z, the convention of the
//!   United Manufacturing Hub) says when the values of its payload were true, a member such as `ts`
//!   when those beside and below it were, and a line of line protocol has its own time. Everything
//!   else was true when it was received. Each sample says which ([`Sample::time_source`]).
//! - A member such as `unit` names the unit of the value beside it.
//! - What home automation announces of the series of other topics is read by [`discovery`].
//!
//! Each format is one file and one line in the table below. What all structured formats
//! share, the way from a tree of values to samples with its bounds, is in `walk.rs`; whatever has a
//! serde `Deserializer` is fed to it by `subtree.rs`.

mod bounds;
mod cbor;
mod compression;
pub mod discovery;
mod embedded;
mod event_time;
mod format;
mod image;
mod image_size;
mod image_text;
mod json;
mod line_protocol;
mod look;
mod members;
mod message_pack;
mod number;
mod object;
mod reading;
mod sample;
pub mod sparkplug;
mod subtree;
mod text;
mod told;
mod walk;

pub use bounds::{DEPTH_MAX, EMBEDDED_MAX, PATH_BYTES_MAX, SAMPLES_MAX, TEXT_BYTES_MAX};
pub use compression::Compression;
pub use embedded::Embedded;
pub use image_size::{ImageSize, image_size};
pub use image_text::IMAGE_TEXT_BYTES_MIN;
pub use sample::{Decoded, FormatName, NamedUnits, PayloadFormat, Sample, Value};
pub use told::ToldFormat;

use self::compression::{Inside, inside};
use self::format::KnownFormat;
use self::reading::PayloadReading;

use crate::message::{DefectCode, Message, PayloadKind, Timestamp};

/// Every format, in the order in which payloads are tried that claim nothing: JSON, which most
/// are, and what has a mark of its own; then what looks like text to somebody who does not know
/// it, then text, and at last what is told by nothing but that all of it fits.
const FORMATS: &[KnownFormat] = &[
    json::FORMAT,
    image::FORMAT,
    line_protocol::FORMAT,
    text::FORMAT,
    cbor::FORMAT,
    message_pack::FORMAT,
    sparkplug::FORMAT,
];

/// Reads the payload of `message` as the format that it claims to be of, or that it is `told` to be
/// of; as the first whose bytes it has where nothing is said, or what is said is not known.
pub fn decode(message: &Message, told: Option<ToldFormat>) -> Decoded {
    unwrapped(message, told, None)
}

/// The bytes that stand at `path`, a JSON Pointer, in the payload of `message`, which may be `told`
/// to be of a format: of a byte string, or of an image that is a text. Where there are several, the
/// last.
pub fn embedded(message: &Message, told: Option<ToldFormat>, path: &str) -> Option<Vec<u8>> {
    unwrapped(message, told, Some(path)).wanted?.found
}

/// The instant that a value names, in whichever unit and form a payload may have it; `None` where
/// it is not plausible as one.
pub fn instant_of(value: &Value) -> Option<Timestamp> {
    event_time::from_value(value).map(|(at, _)| at)
}

/// What is inside the payload of `message`, where it is compressed and can be read.
pub fn uncompressed(message: &Message) -> Option<Vec<u8>> {
    match inside(message) {
        Some((_, Inside::Plain(plain))) => Some(plain),
        _ => None,
    }
}

/// What the payload of `message`, which may be `told` to be of a format, is read as, and the bytes
/// embedded in it. `kind` is what its bytes look like from outside, with which most payloads need
/// no reading.
pub fn describe(
    message: &Message,
    told: Option<ToldFormat>,
    kind: PayloadKind,
) -> (FormatName, Vec<Embedded>) {
    if told == Some(ToldFormat::Binary) {
        return (PayloadFormat::Binary.into(), Vec::new());
    }
    let claim = claim(message, told);
    let is_json = claim.is_none_or(|format| (format.content_type)("application/json"));
    if kind == PayloadKind::Json && is_json && !has_long_text(&message.payload) {
        let format = PayloadFormat::Json;
        return (format.into(), Vec::new());
    }
    let decoded = decode(message, told);
    let name = FormatName {
        compression: decoded.compression,
        format: decoded.format,
    };
    (name, decoded.embedded)
}

/// Whether there can be a text in it that is an image.
fn has_long_text(json: &[u8]) -> bool {
    let mut texts = json.split(|byte| *byte == b'"');
    texts.any(|text| text.len() >= IMAGE_TEXT_BYTES_MIN)
}

/// Reads what is inside, if the payload is compressed.
#[inline]
fn unwrapped(message: &Message, told: Option<ToldFormat>, wanted: Option<&str>) -> Decoded {
    if told == Some(ToldFormat::Binary) {
        return Decoded::default();
    }
    let reading = |payload| PayloadReading {
        message,
        payload,
        told,
        is_claimed: false,
        wanted,
    };
    let Some((compression, inside)) = inside(message) else {
        return read(reading(&message.payload));
    };
    let mut decoded = match &inside {
        Inside::Plain(plain) => read(reading(plain)),
        Inside::NotAtAll(_) => read(reading(&message.payload)),
        Inside::TooLarge | Inside::Broken(_) => Decoded::default(),
    };
    if !matches!(inside, Inside::NotAtAll(_)) {
        decoded.compression = Some(compression);
    }
    let name = compression.name();
    let defects = &mut decoded.defects;
    match inside {
        Inside::Plain(_) => {}
        Inside::TooLarge => defects.add(DefectCode::TooLarge, None, || {
            format!("{name} that becomes too large")
        }),
        Inside::Broken(why) | Inside::NotAtAll(why) => {
            defects.add(DefectCode::Malformed, None, || format!("not {name}: {why}"));
        }
    }
    decoded
}

#[inline]
fn read(reading: PayloadReading<'_>) -> Decoded {
    let is_claimed = true;
    let claimed = PayloadReading {
        is_claimed,
        ..reading
    };
    if let Some(format) = claim(reading.message, reading.told)
        && let Some(decoded) = (format.read)(&claimed)
    {
        return decoded;
    }
    for format in FORMATS {
        if let Some(decoded) = (format.read)(&reading) {
            return decoded;
        }
    }
    Decoded::default()
}

/// What is said of a payload: the surest first. Where nothing is, a look at the bytes decides.
fn claim(message: &Message, told: Option<ToldFormat>) -> Option<&'static KnownFormat> {
    by_content_type(message)
        .or_else(|| told.and_then(known))
        .or_else(|| by_topic(message))
}

/// The format that is told, if it is one that is read.
fn known(told: ToldFormat) -> Option<&'static KnownFormat> {
    Some(match told {
        ToldFormat::Json => &json::FORMAT,
        ToldFormat::Text => &text::FORMAT,
        ToldFormat::LineProtocol => &line_protocol::FORMAT,
        ToldFormat::Cbor => &cbor::FORMAT,
        ToldFormat::MessagePack => &message_pack::FORMAT,
        ToldFormat::Binary => return None,
    })
}

fn by_topic(message: &Message) -> Option<&'static KnownFormat> {
    let is_told = |one: &&KnownFormat| one.topic.is_some_and(|tells| tells(&message.topic));
    FORMATS.iter().find(is_told)
}

fn by_content_type(message: &Message) -> Option<&'static KnownFormat> {
    let given = message.properties.as_deref()?.content_type.as_deref()?;
    let mime = given.split(';').next().unwrap_or_default().trim();
    let mime = mime.to_ascii_lowercase();
    FORMATS.iter().find(|one| (one.content_type)(&mime))
}

#[cfg(test)]
mod tests;
