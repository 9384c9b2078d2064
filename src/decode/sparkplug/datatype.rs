//! What the numbers of data types mean (Sparkplug 3.0.0 section 6.4.16), and what a value on the
//! wire is by them.

use super::wire::WireValue;
use crate::decode::sample::Value;

const INT8: u32 = 1;
const INT16: u32 = 2;
const INT32: u32 = 3;
pub(super) const INT64: u32 = 4;
const UINT8: u32 = 5;
const UINT64: u32 = 8;
const FLOAT: u32 = 9;
const DOUBLE: u32 = 10;
pub(super) const BOOLEAN: u32 = 11;
const DATE_TIME: u32 = 13;
const INT8_ARRAY: u32 = 22;
const INT16_ARRAY: u32 = 23;
const INT32_ARRAY: u32 = 24;
const INT64_ARRAY: u32 = 25;
const UINT8_ARRAY: u32 = 26;
const UINT16_ARRAY: u32 = 27;
const UINT32_ARRAY: u32 = 28;
const UINT64_ARRAY: u32 = 29;
const FLOAT_ARRAY: u32 = 30;
const DOUBLE_ARRAY: u32 = 31;
const BOOLEAN_ARRAY: u32 = 32;
const STRING_ARRAY: u32 = 33;
const DATE_TIME_ARRAY: u32 = 34;

/// A value with one number, text or truth in it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Value(Value),
    /// NaN or an infinity.
    NoNumber,
    /// An integer of which nobody knows whether it has a sign.
    Untyped,
    /// Nothing of the kind.
    Other,
}

/// The scalar that `value` is as a `datatype`, where that is known. A number of another type than
/// the one that was said is what it is on the wire.
pub(super) fn scalar(datatype: Option<u32>, value: &WireValue) -> Scalar {
    match value {
        WireValue::Int(raw) => integer(datatype, u64::from(*raw)),
        WireValue::Long(raw) => integer(datatype, *raw),
        WireValue::Float(number) => float(f64::from(*number)),
        WireValue::Double(number) => float(*number),
        WireValue::Boolean(bool) => Scalar::Value(Value::Bool(*bool)),
        WireValue::Text(text) => Scalar::Value(Value::Text(text.clone())),
        WireValue::Binary(_) | WireValue::DataSet(_) | WireValue::Template(_) => Scalar::Other,
    }
}

/// Integers travel without a sign: what is negative as its two's complement, in the width of its
/// type or of the field.
fn integer(datatype: Option<u32>, raw: u64) -> Scalar {
    let [a, b, c, d, ..] = raw.to_le_bytes();
    Scalar::Value(match datatype {
        Some(INT8) => Value::from_i64(i8::from_le_bytes([a]).into()),
        Some(INT16) => Value::from_i64(i16::from_le_bytes([a, b]).into()),
        Some(INT32) => Value::from_i64(i32::from_le_bytes([a, b, c, d]).into()),
        Some(INT64) => Value::from_i64(raw.cast_signed()),
        Some(UINT8..=UINT64 | FLOAT | DOUBLE | DATE_TIME) => Value::from_u64(raw),
        Some(BOOLEAN) => Value::Bool(raw != 0),
        _ => return Scalar::Untyped,
    })
}

fn float(number: f64) -> Scalar {
    if number.is_finite() {
        Scalar::Value(Value::Number(number))
    } else {
        Scalar::NoNumber
    }
}

/// The items of an array, which are packed in bytes, the least significant first (section
/// 6.4.16, "Array Types"); `None` where the type is none of an array.
pub(super) fn items(datatype: u32, bytes: &[u8]) -> Option<Box<dyn Iterator<Item = Scalar> + '_>> {
    let (item, width) = match datatype {
        INT8_ARRAY => (INT8, 1),
        INT16_ARRAY => (INT16, 2),
        INT32_ARRAY => (INT32, 4),
        INT64_ARRAY => (INT64, 8),
        UINT8_ARRAY => (UINT8, 1),
        UINT16_ARRAY => (UINT64, 2),
        UINT32_ARRAY => (UINT64, 4),
        UINT64_ARRAY => (UINT64, 8),
        FLOAT_ARRAY => (FLOAT, 4),
        DOUBLE_ARRAY => (DOUBLE, 8),
        DATE_TIME_ARRAY => (DATE_TIME, 8),
        BOOLEAN_ARRAY => return Some(Box::new(booleans(bytes))),
        STRING_ARRAY => return Some(Box::new(texts(bytes))),
        _ => return None,
    };
    let chunks = bytes.chunks_exact(width);
    Some(Box::new(chunks.map(move |chunk| {
        let mut all = [0; 8];
        all[..width].copy_from_slice(chunk);
        let [a, b, c, d, ..] = all;
        match item {
            FLOAT => float(f32::from_le_bytes([a, b, c, d]).into()),
            DOUBLE => float(f64::from_le_bytes(all)),
            item => integer(Some(item), u64::from_le_bytes(all)),
        }
    })))
}

/// Their number in four bytes, then a bit for each, the most significant one of a byte first.
fn booleans(bytes: &[u8]) -> impl Iterator<Item = Scalar> {
    let (count, bits) = bytes.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    let count = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(usize::MAX);
    let bits = bits
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| (byte >> bit) & 1));
    bits.take(count)
        .map(|bit| Scalar::Value(Value::Bool(bit == 1)))
}

/// Each ends with a zero byte.
fn texts(bytes: &[u8]) -> impl Iterator<Item = Scalar> {
    let whole = bytes.strip_suffix(&[0]);
    let texts = whole.map(|bytes| bytes.split(|byte| *byte == 0));
    let texts = texts.into_iter().flatten();
    texts.map(|text| match str::from_utf8(text) {
        Ok(text) => Scalar::Value(Value::Text(text.to_owned())),
        Err(_) => Scalar::Other,
    })
}
