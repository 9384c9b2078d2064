//! The encoding of a message's MQTT 5 properties.

use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Properties, Topic};

use super::error::{AppendError, Fault};
use super::fields::Fields;

const PAYLOAD_IS_UTF8: u8 = 1;
const EXPIRY: u8 = 1 << 1;
const CONTENT_TYPE: u8 = 1 << 2;
const RESPONSE_TOPIC: u8 = 1 << 3;
const CORRELATION_DATA: u8 = 1 << 4;

/// Appends the encoding of `properties` to `buffer`.
pub(super) fn encode(properties: &Properties, buffer: &mut Vec<u8>) -> Result<(), AppendError> {
    let mut flags = 0;
    for (flag, is_there) in [
        (PAYLOAD_IS_UTF8, properties.payload_is_utf8),
        (EXPIRY, properties.message_expiry_s.is_some()),
        (CONTENT_TYPE, properties.content_type.is_some()),
        (RESPONSE_TOPIC, properties.response_topic.is_some()),
        (CORRELATION_DATA, properties.correlation_data.is_some()),
    ] {
        if is_there {
            flags |= flag;
        }
    }
    buffer.push(flags);
    if let Some(seconds) = properties.message_expiry_s {
        buffer.extend_from_slice(&seconds.to_le_bytes());
    }
    let optional = [
        properties.content_type.as_deref().map(str::as_bytes),
        properties
            .response_topic
            .as_ref()
            .map(|topic| topic.as_str().as_bytes()),
        properties.correlation_data.as_deref(),
    ];
    let user = properties
        .user
        .iter()
        .flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
    for part in optional.into_iter().flatten().chain(user) {
        let bytes = u32::try_from(part.len()).map_err(|_| AppendError::TooLarge)?;
        buffer.extend_from_slice(&bytes.to_le_bytes());
        buffer.extend_from_slice(part);
    }
    Ok(())
}

/// Decodes what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Properties, Fault> {
    let mut fields = Fields(bytes);
    let flags = fields.u8()?;
    let has = |flag| flags & flag != 0;
    Ok(Properties {
        payload_is_utf8: has(PAYLOAD_IS_UTF8),
        message_expiry_s: has(EXPIRY).then(|| fields.u32()).transpose()?,
        content_type: has(CONTENT_TYPE).then(|| text(&mut fields)).transpose()?,
        response_topic: has(RESPONSE_TOPIC)
            .then(|| Topic::new(text(&mut fields)?).map_err(|_| Fault::Content("response topic")))
            .transpose()?,
        correlation_data: has(CORRELATION_DATA)
            .then(|| part(&mut fields).map(Bytes::copy_from_slice))
            .transpose()?,
        user: {
            let mut user = Vec::new();
            while !fields.0.is_empty() {
                user.push((text(&mut fields)?, text(&mut fields)?));
            }
            user
        },
    })
}

fn part<'a>(fields: &mut Fields<'a>) -> Result<&'a [u8], Fault> {
    let bytes = fields.u32()?;
    fields.take(bytes as usize)
}

fn text(fields: &mut Fields<'_>) -> Result<Arc<str>, Fault> {
    let text = part(fields)?;
    std::str::from_utf8(text)
        .map(Arc::from)
        .map_err(|_| Fault::Content("properties"))
}
