//! What travels with a message, as it stands in the tables.

use bytes::Bytes;
use serde_json::{Value, json};

use super::wire::clean;
use crate::message::{Message, Properties, Qos};

/// Quality of service, retain, and whether it is stripped: bits 0-1, bit 2 and bit 3.
pub(super) fn flags(message: &Message) -> i16 {
    i16::from(message.qos as u8)
        | i16::from(message.retain) << 2
        | i16::from(message.is_stripped) << 3
}

/// The way back from [`flags`].
pub(super) fn qos_and_retain(flags: i16) -> (Qos, bool) {
    let qos = Qos::from_u8((flags & 3).to_le_bytes()[0]);
    (qos.unwrap_or_default(), flags & 4 != 0)
}

/// The rest of the way back.
pub(super) fn is_stripped(flags: i16) -> bool {
    flags & 8 != 0
}

/// The properties as they stand in the table; what is absent has no key.
pub(super) fn properties_to_json(properties: &Properties) -> Value {
    let mut object = serde_json::Map::new();
    if properties.payload_is_utf8 {
        object.insert("payload_is_utf8".into(), json!(true));
    }
    if let Some(seconds) = properties.message_expiry_s {
        object.insert("message_expiry_s".into(), json!(seconds));
    }
    if let Some(content_type) = &properties.content_type {
        object.insert("content_type".into(), json!(clean(content_type)));
    }
    if let Some(topic) = &properties.response_topic {
        object.insert("response_topic".into(), json!(topic.as_str()));
    }
    if let Some(data) = &properties.correlation_data {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(data);
        object.insert("correlation_data".into(), json!(data));
    }
    if !properties.user.is_empty() {
        let user: Vec<_> = properties
            .user
            .iter()
            .map(|(name, value)| (clean(name), clean(value)))
            .collect();
        object.insert("user".into(), json!(user));
    }
    Value::Object(object)
}

/// The way back from [`properties_to_json`].
pub(super) fn properties_from_json(json: &Value) -> Properties {
    use base64::Engine as _;
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let pairs = json.get("user").and_then(Value::as_array);
    Properties {
        payload_is_utf8: json.get("payload_is_utf8") == Some(&Value::Bool(true)),
        message_expiry_s: json
            .get("message_expiry_s")
            .and_then(Value::as_u64)
            .and_then(|seconds| u32::try_from(seconds).ok()),
        content_type: text("content_type").map(Into::into),
        response_topic: text("response_topic")
            .and_then(|topic| crate::message::Topic::new(topic).ok()),
        correlation_data: text("correlation_data")
            .and_then(|data| base64::engine::general_purpose::STANDARD.decode(data).ok())
            .map(Bytes::from),
        user: pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair.get(0)?.as_str()?.into(), pair.get(1)?.as_str()?.into())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Topic;

    #[test]
    fn properties_survive_the_table() {
        let full = Properties {
            payload_is_utf8: true,
            message_expiry_s: Some(60),
            content_type: Some("application/json".into()),
            response_topic: Topic::new("a/b").ok(),
            correlation_data: Some(Bytes::from_static(b"\0\xff")),
            user: vec![("k".into(), "v".into()), ("k".into(), String::new().into())],
        };
        for properties in [Properties::default(), full] {
            assert_eq!(
                properties_from_json(&properties_to_json(&properties)),
                properties
            );
        }
    }
}
