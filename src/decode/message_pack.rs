//! MessagePack, by content type; or where the whole payload can hardly be anything else.
//!
//! Names that are numbers are written as numbers. Timestamps (extension -1) are times; other
//! extensions, and byte strings, are embedded bytes. A payload may have several values, one behind
//! the other.

use rmp_serde::decode::Deserializer;
use serde::de::DeserializeSeed as _;

use super::format::KnownFormat;
use super::look::{is_plain_name, is_words};
use super::reading::PayloadReading;
use super::sample::{Decoded, PayloadFormat};
use super::subtree::Subtree;
use super::walk::Walk;
use crate::message::DefectCode;

pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |mime| {
        let names = ["msgpack", "x-msgpack", "vnd.msgpack", "messagepack"];
        let name = mime.strip_prefix("application/");
        name.is_some_and(|name| names.contains(&name) || name.ends_with("+msgpack"))
    },
    topic: None,
    read,
};

/// How deep values may be nested before the rest is given up.
const NESTING_MAX: usize = 256;

fn read(reading: &PayloadReading<'_>) -> Option<Decoded> {
    if !reading.is_claimed && !begins_surely(reading.payload) {
        return None;
    }
    let mut walk = Walk::new(reading);
    let mut rest = reading.payload;
    let mut values = 0;
    while !rest.is_empty() {
        let mut deserializer = Deserializer::new(&mut rest);
        deserializer.set_max_depth(NESTING_MAX);
        let value = Subtree(&mut walk).deserialize(&mut deserializer);
        walk.end_value();
        values += 1;
        if !reading.is_claimed && (value.is_err() || values > 1) {
            return None;
        }
        if let Err(error) = value {
            walk.note(DefectCode::Malformed, || {
                format!("not MessagePack: {error}; what is whole before that is kept")
            });
            break;
        }
    }
    Some(walk.finish(PayloadFormat::MessagePack))
}

/// Whether it begins with a map whose first name is one that people give, and is not words in
/// Latin-1 that happen to be a map.
fn begins_surely(payload: &[u8]) -> bool {
    let ([0x81..=0x8f, named @ ..] | [0xde, _, _, named @ ..]) = payload else {
        return false;
    };
    let name = match named {
        [length @ 0xa1..=0xbf, rest @ ..] => rest.get(..usize::from(length & 0x1f)),
        _ => None,
    };
    name.is_some_and(is_plain_name) && !is_words(&payload[1..])
}
