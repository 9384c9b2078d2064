//! CBOR (RFC 8949), by content type or by its own mark (tag 55799); or where the whole payload can
//! hardly be anything else. One pass over the bytes, no tree in between.
//!
//! - Names that are numbers are written as numbers.
//! - Date-times (tags 0 and 1) are times; bignums (2, 3) and decimal fractions (4) are numbers with
//!   all their digits. Any other tag is looked through.
//! - Byte strings are embedded bytes.
//! - A payload may have several values, one behind the other (RFC 8742).
//!
//! Read by hand: `ciborium` builds a tree of thirty times the payload's size, gives nothing of
//! what is cut off, and has no bignum beyond 128 bits.

mod head;
mod integer;

use std::borrow::Cow;

use self::head::{CborCursor, ItemHead, Length, Malformed};
use self::integer::{NEGATIVE_BIGNUM, POSITIVE_BIGNUM, digits, integer};
use super::bounds::SECONDS_MAX;
use super::format::KnownFormat;
use super::look::{is_plain_name, is_words};
use super::number;
use super::reading::PayloadReading;
use super::sample::{Decoded, PayloadFormat, Value};
use super::walk::Walk;
use crate::message::{DefectCode, Timestamp};

pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |mime| {
        matches!(mime, "application/cbor" | "application/cbor-seq") || mime.ends_with("+cbor")
    },
    topic: None,
    read,
};

/// Tag 55799, which means nothing but that this is CBOR (section 3.4.6).
const MARK: [u8; 3] = [0xd9, 0xd9, 0xf7];

const DATE_TIME: u64 = 0;
const EPOCH_TIME: u64 = 1;
const DECIMAL_FRACTION: u64 = 4;

/// So many zeros are written behind a mantissa; with more of them it is beyond what a double holds.
const ZEROS_MAX: usize = 308;

fn read(reading: &PayloadReading<'_>) -> Option<Decoded> {
    let is_said = reading.is_claimed || reading.payload.starts_with(&MARK);
    if !is_said && !begins_surely(reading.payload) {
        return None;
    }
    let mut walk = Walk::new(reading);
    let mut cbor = CborCursor::new(reading.payload);
    let mut values = 0;
    while !cbor.is_at_end() {
        let value = item(&mut cbor, &mut walk);
        walk.end_value();
        values += 1;
        if !is_said && (value.is_err() || values > 1) {
            return None;
        }
        if let Err(Malformed(why)) = value {
            let at = cbor.position();
            walk.note(DefectCode::Malformed, || {
                format!("not CBOR: {why} at byte {at}; what is whole before that is kept")
            });
            break;
        }
    }
    Some(walk.finish(PayloadFormat::Cbor))
}

/// Whether it begins with a map whose first name is one that people give, and is not words in
/// Latin-1 that happen to be a map.
fn begins_surely(payload: &[u8]) -> bool {
    let ([0xa1..=0xb7 | 0xbf, named @ ..] | [0xb8, _, named @ ..] | [0xb9, _, _, named @ ..]) =
        payload
    else {
        return false;
    };
    let name = match named {
        [length @ 0x61..=0x77, rest @ ..] => rest.get(..usize::from(length & 0x1f)),
        [0x78, length, rest @ ..] => rest.get(..usize::from(*length)),
        _ => None,
    };
    name.is_some_and(is_plain_name) && !is_words(&payload[1..])
}

/// Reads one item, with the tags before it.
fn item(cbor: &mut CborCursor<'_>, walk: &mut Walk) -> Result<(), Malformed> {
    let mut tag = None;
    loop {
        match cbor.head()? {
            ItemHead::Tag(number) => {
                if number == DECIMAL_FRACTION && decimal_fraction(cbor, walk) {
                    return Ok(());
                }
                tag = Some(number);
            }
            head => return untagged(cbor, walk, head, tag),
        }
    }
}

fn untagged(
    cbor: &mut CborCursor<'_>,
    walk: &mut Walk,
    head: ItemHead,
    tag: Option<u64>,
) -> Result<(), Malformed> {
    match head {
        ItemHead::Integer(number) => match (tag, time_of(number)) {
            (Some(EPOCH_TIME), Some(at)) => walk.instant(at),
            _ => walk.leaf(Value::from_i128(number)),
        },
        ItemHead::Float(number) => {
            let is_time = tag == Some(EPOCH_TIME) && number.abs() < SECONDS_MAX as f64;
            #[allow(clippy::cast_possible_truncation)] // the range is checked
            if is_time {
                walk.instant(Timestamp((number * 1e6).round() as i64));
            } else {
                walk.float(number);
            }
        }
        ItemHead::Bool(value) => walk.leaf(Value::Bool(value)),
        ItemHead::Nothing | ItemHead::Tag(_) => {}
        ItemHead::Break => return Err(Malformed("an end without a beginning")),
        ItemHead::Bytes(length) => {
            let bytes = cbor.string(length, ItemHead::as_bytes)?;
            match tag {
                Some(tag @ (POSITIVE_BIGNUM | NEGATIVE_BIGNUM)) => {
                    bignum(&bytes, tag == NEGATIVE_BIGNUM, walk);
                }
                _ => walk.bytes(&bytes),
            }
        }
        ItemHead::Text(length) => {
            let bytes = cbor.string(length, ItemHead::as_text)?;
            match (str::from_utf8(&bytes), tag) {
                (Ok(text), Some(DATE_TIME)) => match Timestamp::parse_rfc3339(text) {
                    Some(at) if is_exact(at, text) => walk.instant(at),
                    _ => walk.text(text),
                },
                (Ok(text), _) => walk.text(text),
                (Err(_), _) => walk.note_here(DefectCode::Unreadable, || {
                    "a text that is not UTF-8".to_owned()
                }),
            }
        }
        ItemHead::Array(length) => return array(cbor, walk, length),
        ItemHead::Map(length) => return map(cbor, walk, length),
    }
    Ok(())
}

/// Whether the instant says all that the text does: a zone or nanoseconds are kept as a text.
fn is_exact(at: Timestamp, text: &str) -> bool {
    at.to_string() == text
}

fn time_of(seconds: i128) -> Option<Timestamp> {
    let seconds = i64::try_from(seconds).ok()?;
    (seconds.unsigned_abs() < SECONDS_MAX).then(|| Timestamp(seconds * 1_000_000))
}

fn bignum(bytes: &[u8], is_negative: bool, walk: &mut Walk) {
    match digits(bytes, is_negative)
        .as_deref()
        .and_then(number::exact)
    {
        Some(value) => walk.leaf(value),
        None => walk.note_here(DefectCode::Unreadable, || {
            format!("a number of {} bytes", bytes.len())
        }),
    }
}

/// Reads the array of exponent and mantissa (section 3.4.4); where it is none, the cursor stays.
fn decimal_fraction(cbor: &mut CborCursor<'_>, walk: &mut Walk) -> bool {
    let mut ahead = cbor.clone();
    let Ok(ItemHead::Array(Length::Of(2))) = ahead.head() else {
        return false;
    };
    let Some((exponent, mantissa)) = integer(&mut ahead).zip(integer(&mut ahead)) else {
        return false;
    };
    // An integer keeps its digits where it is written as one.
    let zeros = exponent.parse().ok().filter(|zeros| *zeros <= ZEROS_MAX);
    let value = zeros
        .and_then(|zeros| number::exact(&format!("{mantissa}{:0<zeros$}", "")))
        .or_else(|| number::exact(&format!("{mantissa}e{exponent}")));
    let Some(value) = value else {
        return false;
    };
    *cbor = ahead;
    walk.leaf(value);
    true
}

fn array(cbor: &mut CborCursor<'_>, walk: &mut Walk, length: Length) -> Result<(), Malformed> {
    if walk.is_too_deep() {
        return cbor.skip_items(length, 1);
    }
    let mut left = length;
    let mut index = 0;
    while cbor.has_next(&mut left)? {
        if walk.is_full() {
            walk.note_full();
            cbor.skip_item()?;
            return cbor.skip_items(left, 1);
        }
        let above = walk.down_to_item(index);
        let value = item(cbor, walk);
        walk.up(above);
        value?;
        index += 1;
    }
    Ok(())
}

fn map(cbor: &mut CborCursor<'_>, walk: &mut Walk, length: Length) -> Result<(), Malformed> {
    if walk.is_too_deep() {
        return cbor.skip_items(length, 2);
    }
    let mut left = length;
    let mut object = walk.begin_object();
    while cbor.has_next(&mut left)? {
        let Some(name) = name(cbor)? else {
            walk.note_here(DefectCode::Unreadable, || {
                "a name that is neither text nor number".to_owned()
            });
            cbor.skip_item()?;
            continue;
        };
        let member = walk.down_to_member(&name, &mut object);
        let value = item(cbor, walk);
        walk.up_from_member(member, &mut object);
        value?;
    }
    walk.end_object(&mut object);
    Ok(())
}

/// The name of a member; `None` where it is something that is no name.
fn name<'a>(cbor: &mut CborCursor<'a>) -> Result<Option<Cow<'a, str>>, Malformed> {
    let before = cbor.clone();
    let text = |bytes: Cow<'a, [u8]>| match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned().into(),
    };
    Ok(Some(match cbor.head()? {
        ItemHead::Text(length) => text(cbor.string(length, ItemHead::as_text)?),
        ItemHead::Bytes(length) => text(cbor.string(length, ItemHead::as_bytes)?),
        ItemHead::Integer(number) => number.to_string().into(),
        ItemHead::Float(number) => number.to_string().into(),
        ItemHead::Bool(value) => value.to_string().into(),
        _ => {
            *cbor = before;
            cbor.skip_item()?;
            return Ok(None);
        }
    }))
}
