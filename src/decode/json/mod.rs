//! JSON (RFC 8259): one pass over the text, no tree in between. What that pass can't read, or not
//! without loss, is read again by `loose.rs`, which takes what firmware writes in place of JSON.
//!
//! A payload may have several values, one a line or joined. Each counts, as if it were alone: with
//! its own event time, its samples behind those of the ones before. Numbers, texts and literals
//! are several values only if they are one a line: `2025-11-24` is no three numbers.

mod loose;
mod string;
mod token;

use serde::de::{DeserializeSeed as _, IgnoredAny};

use self::loose::{Loose, Reached};
use super::format::KnownFormat;
use super::number;
use super::reading::PayloadReading;
use super::sample::{Decoded, PayloadFormat, Sample, Value};
use super::subtree::Subtree;
use super::text::note_encoding;
use super::walk::Walk;
use crate::message::{DefectCode, TimeSource, plain_text};

pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |mime| mime == "application/json" || mime.ends_with("+json"),
    topic: None,
    read,
};

fn read(reading: &PayloadReading<'_>) -> Option<Decoded> {
    if !reading.is_claimed && is_word(reading.payload) {
        return None;
    }
    if let Ok(text) = str::from_utf8(reading.payload) {
        // Most devices send nothing but a number.
        if let Some(value) = number::exact(text) {
            return Some(Decoded {
                format: PayloadFormat::Json,
                samples: vec![Sample {
                    path: String::new(),
                    time: reading.message.received_at,
                    time_source: TimeSource::Receipt,
                    value,
                }],
                ..Decoded::default()
            });
        }
        let mut walk = Walk::new(reading);
        let mut is_strict = strict(text, &mut walk).is_ok();
        if !is_strict && text.starts_with(['{', '[']) && text.trim_end().contains('\n') {
            walk = Walk::new(reading);
            is_strict = strict_lines(text, &mut walk);
        }
        let is_rounded = walk.is_rounded() && has_lost_digits(text.as_bytes());
        if is_strict && !is_rounded && !(walk.has_float() && has_long_decimal(text)) {
            return Some(walk.finish(PayloadFormat::Json));
        }
    }
    read_loosely(reading)
}

/// Apart from the way of clean JSON, which is the shorter for it.
#[cold]
fn read_loosely(reading: &PayloadReading<'_>) -> Option<Decoded> {
    let claimed = reading.is_claimed;
    let mut walk = Walk::new(reading);
    let is_json = match plain_text(reading.payload) {
        Some(plain) => {
            note_encoding(plain.encoding, &mut walk);
            loose(&plain.text, claimed, &mut walk)
        }
        None => false,
    };
    if !is_json && !claimed {
        return None;
    }
    if !is_json {
        walk.note(DefectCode::NotJson, || {
            match serde_json::from_slice::<IgnoredAny>(reading.payload) {
                Err(error) => format!("not JSON: {error}"),
                Ok(_) => "not JSON".to_owned(),
            }
        });
    }
    Some(walk.finish(PayloadFormat::Json))
}

/// Walks `text` as one JSON value, or says why it is none that can be read to its end.
fn strict(text: &str, walk: &mut Walk) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_str(text);
    Subtree(walk).deserialize(&mut json)?;
    json.end()
}

/// Walks `text` as one object or array a line; whether it is that. Not as a stream: where an error
/// is, `serde_json` finds by counting lines from the beginning, even of the error that the text
/// goes on.
fn strict_lines(text: &str, walk: &mut Walk) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.all(|line| {
        let is_one = line.starts_with(['{', '[']) && strict(line, walk).is_ok();
        walk.end_value();
        is_one || line.is_empty()
    })
}

/// Whether a payload begins like a word other than those that JSON has: the shortest way to most
/// texts.
fn is_word(payload: &[u8]) -> bool {
    let begins = payload.first().is_some_and(u8::is_ascii_alphabetic);
    let literals: [&[u8]; 3] = [b"true", b"false", b"null"];
    begins && !literals.iter().any(|literal| payload.starts_with(literal))
}

/// Whether there are numbers in JSON of which a double may not have all digits: integers beyond 64
/// bits, and what is too small for it.
fn has_lost_digits(json: &[u8]) -> bool {
    let mut digits = 0;
    let mut in_exponent = false;
    for byte in json {
        if in_exponent && *byte == b'-' {
            return true;
        }
        in_exponent = digits > 0 && matches!(byte, b'e' | b'E');
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        if digits == 19 {
            return true;
        }
    }
    false
}

/// Whether there is a decimal outside of texts whose digits a double does not hold. One that has
/// more than it always holds is at one of these places, whatever is before it.
fn has_long_decimal(json: &str) -> bool {
    const LONG: usize = number::DIGITS_ALWAYS_HELD + 1;
    let bytes = json.as_bytes();
    let is_of_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-');
    let mut place = LONG - 1;
    while let Some(byte) = bytes.get(place) {
        if !is_of_number(byte) {
            place += LONG;
            continue;
        }
        let before = bytes[..place]
            .iter()
            .rev()
            .take_while(|it| is_of_number(it));
        let behind = bytes[place..].iter().take_while(|it| is_of_number(it));
        let (from, to) = (place - before.count(), place + behind.count());
        let is_text = from > 0 && bytes[from - 1] == b'"';
        let number = json.get(from..to).unwrap_or_default();
        if number.len() > LONG
            && !is_text
            && number.contains(['.', 'e', 'E'])
            && matches!(number::exact(number), Some(Value::Long(..)))
        {
            return true;
        }
        place = to + LONG - 1;
    }
    false
}

/// Walks `text` as what was meant to be JSON; whether it is.
fn loose(text: &str, claimed: bool, walk: &mut Walk) -> bool {
    // Behind the end of a C string is what the buffer had in it before.
    let (text, behind) = text.split_once('\0').unwrap_or((text, ""));
    let text = text.trim_matches(is_space);
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let has_lines = lines.next().is_some_and(is_json) && lines.next().is_some();
    if !Loose::new(text, walk).begins_container() {
        return if has_lines
            && text
                .lines()
                .all(|line| line.trim().is_empty() || is_json(line))
        {
            text.lines().for_each(|line| value_of_line(line, walk));
            true
        } else {
            Loose::new(text, walk).scalar(claimed)
                || text.starts_with('"') && {
                    walk.note(DefectCode::NotJson, || {
                        "not JSON: a broken string".to_owned()
                    });
                    true
                }
        };
    }
    let end = if has_lines {
        text.lines().for_each(|line| value_of_line(line, walk));
        Reached::All
    } else {
        Loose::new(text, walk).containers()
    };
    if end != Reached::CutOff && !behind.is_empty() {
        walk.note(DefectCode::OtherEncoding, || {
            "a zero byte ends the text; what is behind it is not read".to_owned()
        });
    }
    // `[INFO] started` is a text.
    claimed || end != Reached::Behind || walk.has_samples()
}

fn value_of_line(line: &str, walk: &mut Walk) {
    let line = line.trim_matches(is_space);
    if line.starts_with(['{', '[']) {
        Loose::new(line, walk).containers();
    } else if !line.is_empty() && !Loose::new(line, walk).scalar(false) {
        let text = || "not JSON: a line that is none".to_owned();
        walk.note(DefectCode::NotJson, text);
    }
    walk.end_value();
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text.trim_matches(is_space)).is_ok()
}

/// White space, the separator of RFC 7464, and a byte order mark.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1e}' | '\u{feff}')
}
