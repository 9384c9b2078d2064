//! Influx line protocol, as Telegraf writes it: by content type; or where the payload is nothing
//! else, and at least one line has a time, or an integer with its `i` or `u`, which no ordinary
//! text has.
//!
//! ```text
//! weather,location=us-midwest,season=summer temperature=82,humidity=71i 1465839830100400200
//! ```
//!
//! The series of a field is `/measurement,tag=value,tag=value/field`: a JSON Pointer whose first
//! token is measurement and tags, the tags by name, so that their order does not matter. Commas
//! and equals signs that are a part of a name have a backslash before them there, as in the line;
//! spaces have none. Each line has an event time of its own, in the unit in which it can be meant.

mod line;

use std::borrow::Cow;

use self::line::{FieldValue, Point, Points};
use super::event_time;
use super::format::KnownFormat;
use super::reading::PayloadReading;
use super::sample::{Decoded, PayloadFormat};
use super::text::note_encoding;
use super::walk::Walk;
use crate::message::{DefectCode, PlainText, TextEncoding, TimeSource, plain_text};

pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |mime| mime.ends_with("line-protocol") || mime.ends_with("lineprotocol"),
    topic: None,
    read,
};

fn read(reading: &PayloadReading<'_>) -> Option<Decoded> {
    let plain = match str::from_utf8(reading.payload) {
        Ok(text) => PlainText {
            text: Cow::Borrowed(text),
            encoding: TextEncoding::Utf8,
        },
        Err(_) => plain_text(reading.payload).filter(|_| reading.is_claimed)?,
    };
    // The shortest way to most texts.
    if !reading.is_claimed && !plain.text.contains('=') {
        return None;
    }
    let mut walk = Walk::new(reading);
    note_encoding(plain.encoding, &mut walk);
    let mut series = String::new();
    let mut is_sure = false;
    for line in Points::of(&plain.text) {
        match line {
            Ok(line) if reading.is_claimed || !line.measurement.contains('=') => {
                is_sure |= put(&line, &mut series, &mut walk);
            }
            Err(text) if reading.is_claimed => walk.note(DefectCode::Malformed, || {
                let shown: String = text.chars().take(40).collect();
                format!("not line protocol: {shown}")
            }),
            Ok(_) | Err(_) => return None,
        }
    }
    (reading.is_claimed || is_sure).then(|| walk.finish(PayloadFormat::LineProtocol))
}

/// Walks the fields of a line; whether it is surely one.
fn put(line: &Point<'_>, series: &mut String, walk: &mut Walk) -> bool {
    let mut is_sure = false;
    if let Some(time) = line.time {
        if let Some(at) = event_time::from_integer(time) {
            is_sure = true;
            walk.set_event_time(at, TimeSource::Format);
        } else {
            walk.note(DefectCode::ImplausibleTime, || {
                format!("{time} is not a plausible time; the time of receipt stands")
            });
        }
    }
    line.write_series(series);
    let above = walk.down_to_name(series);
    let mut object = walk.begin_fields();
    for (name, field) in &line.fields {
        let member = walk.down_to_member(name, &mut object);
        match field {
            FieldValue::Integer(value) => {
                is_sure = true;
                walk.leaf(value.clone());
            }
            FieldValue::Value(value) => walk.leaf(value.clone()),
            FieldValue::Text(text) => walk.text(text),
            FieldValue::NoNumber => walk.no_number(),
        }
        walk.up_from_member(member, &mut object);
    }
    walk.up(above);
    walk.end_value();
    is_sure
}
