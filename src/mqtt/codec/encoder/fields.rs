//! The fields of a packet (MQTT 5.0 section 1.5), appended.

use bytes::{BufMut, BytesMut};

use crate::message::{Properties, Topic};
use crate::mqtt::codec::{EncodeError, UserProperties, property};

pub(super) type Result = std::result::Result<(), EncodeError>;

/// How many bytes a variable byte integer takes.
pub(super) const fn variable_length(value: usize) -> usize {
    match value {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x001f_ffff => 3,
        _ => 4,
    }
}

/// A variable byte integer; `value` is at most 268,435,455.
pub(super) fn put_variable(mut value: usize, out: &mut BytesMut) {
    while value > 0x7f {
        out.put_u8(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.put_u8(low_bits(value));
}

#[allow(clippy::cast_possible_truncation)] // seven bits
const fn low_bits(value: usize) -> u8 {
    (value & 0x7f) as u8
}

pub(super) fn put_binary(bytes: &[u8], out: &mut BytesMut) -> Result {
    out.put_u16(u16::try_from(bytes.len()).map_err(|_| EncodeError::TooLong)?);
    out.put_slice(bytes);
    Ok(())
}

pub(super) fn put_str(text: &str, out: &mut BytesMut) -> Result {
    put_binary(text.as_bytes(), out)
}

/// What `write` appends, behind its length as a variable byte integer.
pub(super) fn put_counted(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> Result,
) -> Result {
    let at = out.len();
    out.put_u8(0);
    write(out)?;
    let length = out.len() - at - 1;
    let more = variable_length(length) - 1;
    if more > 0 {
        out.put_bytes(0, more);
        out.copy_within(at + 1..at + 1 + length, at + 1 + more);
    }
    let mut rest = length;
    for byte in &mut out[at..=at + more] {
        *byte = low_bits(rest) | 0x80;
        rest >>= 7;
    }
    out[at + more] &= 0x7f;
    Ok(())
}

/// A property whose value has a length of its own.
pub(super) fn put_text(number: u8, text: Option<&str>, out: &mut BytesMut) -> Result {
    put_data(number, text.map(str::as_bytes), out)
}

pub(super) fn put_data(number: u8, data: Option<&[u8]>, out: &mut BytesMut) -> Result {
    if let Some(data) = data {
        out.put_u8(number);
        put_binary(data, out)?;
    }
    Ok(())
}

pub(super) fn put_u32(number: u8, value: Option<u32>, out: &mut BytesMut) {
    if let Some(value) = value {
        out.put_u8(number);
        out.put_u32(value);
    }
}

pub(super) fn put_u16(number: u8, value: Option<u16>, out: &mut BytesMut) {
    if let Some(value) = value {
        out.put_u8(number);
        out.put_u16(value);
    }
}

pub(super) fn put_bool(number: u8, value: Option<bool>, out: &mut BytesMut) {
    if let Some(value) = value {
        out.put_u8(number);
        out.put_u8(value.into());
    }
}

pub(super) fn put_user(user: &UserProperties, out: &mut BytesMut) -> Result {
    for (name, value) in user {
        out.put_u8(property::USER_PROPERTY);
        put_str(name, out)?;
        put_str(value, out)?;
    }
    Ok(())
}

/// What travels with a message.
pub(super) fn put_application(
    all: &Properties,
    expiry_s: Option<u32>,
    out: &mut BytesMut,
) -> Result {
    let utf8 = all.payload_is_utf8.then_some(true);
    put_bool(property::PAYLOAD_FORMAT_INDICATOR, utf8, out);
    put_u32(property::MESSAGE_EXPIRY_INTERVAL, expiry_s, out);
    put_text(property::CONTENT_TYPE, all.content_type.as_deref(), out)?;
    let response = all.response_topic.as_ref().map(Topic::as_str);
    put_text(property::RESPONSE_TOPIC, response, out)?;
    put_data(
        property::CORRELATION_DATA,
        all.correlation_data.as_deref(),
        out,
    )?;
    put_user(&all.user, out)
}

/// How many bytes [`put_application`] appends.
pub(super) fn application_length(all: &Properties, expiry_s: Option<u32>) -> usize {
    let data = |length: Option<usize>| length.map_or(0, |length| 3 + length);
    let response = all
        .response_topic
        .as_ref()
        .map(|topic| topic.as_str().len());
    let user = all
        .user
        .iter()
        .map(|(name, value)| 5 + name.len() + value.len());
    2 * usize::from(all.payload_is_utf8)
        + 5 * usize::from(expiry_s.is_some())
        + data(all.content_type.as_ref().map(|text| text.len()))
        + data(response)
        + data(all.correlation_data.as_ref().map(bytes::Bytes::len))
        + user.sum::<usize>()
}
