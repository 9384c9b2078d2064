//! A message as clients see it.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::embedded::EmbeddedView;
use super::payload::{INLINE_BYTES, PayloadView};
use super::showing::Showing;
use crate::decode::{FormatName, describe};
use crate::message::{Message, Offset, Properties, Qos, Timestamp, Topic, classify};

/// One message, with its payload inline where it is JSON or text of moderate size, else by
/// reference.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageView {
    /// Its identity, and its place in the order of everything.
    pub seq: u64,
    /// Where it was published to.
    #[schema(value_type = String, example = "factory/line1/press")]
    pub topic: Topic,
    /// When the server received it.
    pub time: Timestamp,
    /// The quality of service that it was published with.
    #[schema(maximum = 2)]
    pub qos: u8,
    /// Whether it was published as a retained message.
    pub retain: bool,
    /// Who published it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub client: Option<Arc<str>>,
    /// The payload.
    #[serde(flatten)]
    pub payload: PayloadView,
    /// Whether a rule had the payload and the properties left out where it is stored.
    #[serde(rename = "stripped", skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub is_stripped: bool,
    /// What the payload is read as: `json`, `text`, `line_protocol`, `cbor`, `msgpack`, the MIME
    /// type of an image, or `binary`, which is not read. What it is compressed with stands before
    /// that, with a plus: `gzip`, `deflate` or `zstd`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "gzip+json",
        pattern = r"^((gzip|deflate|zstd)\+)?(json|sparkplug|text|line_protocol|cbor|msgpack|image/[a-z]+|binary)$")]
    pub format: Option<FormatName>,
    /// The bytes inside the payload that are no values: images in base64, and byte strings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub embedded: Vec<EmbeddedView>,
    /// MQTT 5 properties, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<PropertiesView>,
    /// In place of the properties where they are large: how many bytes they are. The message by
    /// itself has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties_bytes: Option<usize>,
}

/// The MQTT 5 properties that travel with a message.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Properties)]
pub struct PropertiesView {
    /// What the publisher calls its content.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub content_type: Option<Arc<str>>,
    /// Where an answer is expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub response_topic: Option<Topic>,
    /// What an answer is to be marked with, in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_data: Option<String>,
    /// How long after its receipt the message may still be delivered, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_expiry_s: Option<u32>,
    /// Name and value pairs, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Vec<String>>)]
    pub user: Vec<(Arc<str>, Arc<str>)>,
}

impl MessageView {
    /// How `message` is shown among others.
    pub fn new(showing: &Showing, message: &Message) -> Self {
        let properties = message.properties.as_deref();
        let bytes = properties.map_or(0, Properties::bytes_len);
        if bytes <= INLINE_BYTES {
            return Self::whole(showing, message);
        }
        Self {
            properties_bytes: Some(bytes),
            ..Self::without_properties(showing, message)
        }
    }

    /// How `message` is shown by itself, with all its properties.
    pub fn whole(showing: &Showing, message: &Message) -> Self {
        let properties = message.properties.as_deref();
        Self {
            properties: properties.map(PropertiesView::new),
            ..Self::without_properties(showing, message)
        }
    }

    fn without_properties(showing: &Showing, message: &Message) -> Self {
        let (epoch, seq, payload) = (showing.epoch, message.offset, &message.payload);
        let kind = classify(payload);
        let told = showing.told(&message.topic);
        let (format, embedded) = describe(message, told, kind);
        let embedded = embedded.into_iter();
        Self {
            seq: message.offset.0,
            topic: message.topic.clone(),
            time: message.received_at,
            qos: message.qos as u8,
            retain: message.retain,
            client: (!message.client.0.is_empty()).then(|| Arc::clone(&message.client.0)),
            payload: PayloadView::of_kind(epoch, seq, payload, kind),
            is_stripped: message.is_stripped,
            format: (!message.is_stripped).then_some(format),
            embedded: embedded
                .map(|embedded| EmbeddedView::new(epoch, seq, embedded))
                .collect(),
            properties: None,
            properties_bytes: None,
        }
    }

    /// How a message is shown of which only the payload's kind may be known.
    pub fn from_parts(
        (seq, topic, time): (Offset, Topic, Timestamp),
        (qos, retain): (Qos, bool),
        payload: PayloadView,
    ) -> Self {
        Self {
            seq: seq.0,
            topic,
            time,
            qos: qos as u8,
            retain,
            client: None,
            payload,
            is_stripped: false,
            format: None,
            embedded: Vec::new(),
            properties: None,
            properties_bytes: None,
        }
    }
}

impl PropertiesView {
    fn new(properties: &Properties) -> Self {
        Self {
            content_type: properties.content_type.clone(),
            response_topic: properties.response_topic.clone(),
            correlation_data: properties
                .correlation_data
                .as_ref()
                .map(|data| STANDARD.encode(data)),
            message_expiry_s: properties.message_expiry_s,
            user: properties.user.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ClientId, Epoch};
    use crate::rules::RulesInForce;

    fn showing() -> Showing {
        Showing {
            epoch: Epoch(35),
            rules: RulesInForce::default(),
        }
    }

    fn message(payload: &[u8]) -> Message {
        Message {
            offset: Offset(7),
            received_at: Timestamp(1_000),
            client: ClientId("press".into()),
            qos: Qos::AtLeastOnce,
            ..Message::new(Topic::new("a/b").unwrap(), payload.to_vec())
        }
    }

    #[test]
    fn a_payload_is_shown_as_what_it_is() {
        let text = |payload: &[u8]| {
            serde_json::to_string(&MessageView::new(&showing(), &message(payload)))
        };
        for (payload, shown, format) in [
            (
                &b"{\"b\":1,\"a\":2}"[..],
                r#""payload":{"b":1,"a":2}"#,
                "json",
            ),
            (
                b"123456789012345678901234567890",
                r#""payload":123456789012345678901234567890"#,
                "json",
            ),
            (b"1.10", r#""payload":1.10"#, "json"),
            (b"{\"a\":1,\"a\":2}", r#""payload":{"a":1,"a":2}"#, "json"),
            (
                b"{ \"a b\" :\r\n\t[1, \"\\\" x\"] }\n",
                r#""payload":{"a b":[1,"\" x"]}"#,
                "json",
            ),
            (b"null", r#""payload":null"#, "json"),
            (b"", r#""payload":"""#, "text"),
            (b"run\n", r#""payload":"run\n""#, "text"),
            (b"21.5\0\0", r#""payload":"21.5""#, "json"),
            (b"\xef\xbb\xbfrun", r#""payload":"run""#, "text"),
            (b"m a=1i", r#""payload":"m a=1i""#, "line_protocol"),
            (
                b"\xff\xd8\xff\xe0",
                r#""mime":"image/jpeg","bytes":4,"ref":"/api/v1/messages/7/payload?epoch=z""#,
                "image/jpeg",
            ),
            (
                b"\xd9\xd9\xf7\xa1\x61v\x01",
                r#""mime":"application/octet-stream","bytes":7,"ref":"/api/v1/messages/7/payload?epoch=z""#,
                "cbor",
            ),
        ] {
            let expected = format!(
                r#"{{"seq":7,"topic":"a/b","time":"1970-01-01T00:00:00.001Z","qos":1,"retain":false,"client":"press",{shown},"format":"{format}"}}"#
            );
            assert_eq!(text(payload).unwrap(), expected, "{payload:?}");
        }
    }

    #[test]
    fn properties_are_shown_where_there_are_any() {
        let mut message = message(b"1");
        message.properties = Some(Box::new(Properties {
            content_type: Some("text/plain".into()),
            correlation_data: Some(vec![1, 2, 255].into()),
            user: vec![("k".into(), "v".into()), ("k".into(), "w".into())],
            ..Properties::default()
        }));
        let shown = serde_json::to_value(MessageView::new(&showing(), &message)).unwrap();
        assert_eq!(
            shown["properties"],
            serde_json::json!({"content_type": "text/plain", "correlation_data": "AQL/",
                "user": [["k", "v"], ["k", "w"]]})
        );
    }

    #[test]
    fn large_properties_are_shown_by_their_size_but_where_a_message_is_alone() {
        let mut message = message(b"1");
        let value = "x".repeat(INLINE_BYTES);
        message.properties = Some(Box::new(Properties {
            user: vec![("k".into(), value.into())],
            ..Properties::default()
        }));
        let shown = serde_json::to_value(MessageView::new(&showing(), &message)).unwrap();
        assert_eq!(shown["properties_bytes"], INLINE_BYTES + 1);
        assert!(shown["properties"].is_null());
        let whole = serde_json::to_value(MessageView::whole(&showing(), &message)).unwrap();
        assert_eq!(whole["properties"]["user"][0][0], "k");
        assert!(whole["properties_bytes"].is_null());
    }
}
