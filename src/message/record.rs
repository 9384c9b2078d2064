//! What the journal keeps: messages, and the broker's own session events.

use std::sync::Arc;

use bytes::Bytes;

use super::{Offset, Qos, Timestamp, Topic};

/// Who published: the MQTT client identifier, or a name in angle brackets (`<rest>`) for the
/// server's own entrances. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct ClientId(pub Arc<str>);

/// One application message, as it was received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its identity and its place in the order of everything; given by the journal.
    pub offset: Offset,
    /// When the server took it; given by the journal, never decreasing with the offset.
    pub received_at: Timestamp,
    pub client: ClientId,
    pub topic: Topic,
    /// The quality of service that it was published with.
    pub qos: Qos,
    /// Whether it was published as a retained message.
    pub retain: bool,
    /// The publisher's packet identifier at QoS 1 and 2, by which a resent PUBLISH is known again
    /// after a crash; 0 otherwise.
    pub packet_id: u16,
    /// MQTT 5 properties that travel with the message; `None` where there are none.
    pub properties: Option<Box<Properties>>,
    pub payload: Bytes,
    /// Whether payload and properties were left out where it is stored. In the journal none is.
    pub is_stripped: bool,
}

impl Message {
    /// A message of QoS 0 from nobody in particular, which the journal has not seen yet.
    pub fn new(topic: Topic, payload: impl Into<Bytes>) -> Self {
        Self {
            offset: Offset::default(),
            received_at: Timestamp::default(),
            client: ClientId("".into()),
            topic,
            qos: Qos::AtMostOnce,
            retain: false,
            packet_id: 0,
            properties: None,
            payload: payload.into(),
            is_stripped: false,
        }
    }

    /// The same without its payload and its properties.
    #[must_use]
    pub fn stripped(&self) -> Self {
        Self {
            payload: Bytes::new(),
            properties: None,
            is_stripped: true,
            ..self.clone()
        }
    }
}

/// The MQTT 5 properties of a PUBLISH that are the application's and travel with it
/// (MQTT 5.0 section 3.3.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Properties {
    /// The Payload Format Indicator: true where the publisher says that the payload is UTF-8.
    pub payload_is_utf8: bool,
    /// How long after its receipt the message may still be delivered, in seconds.
    pub message_expiry_s: Option<u32>,
    /// The MIME type, or whatever the publisher calls its content.
    pub content_type: Option<Arc<str>>,
    /// Where an answer is expected.
    pub response_topic: Option<Topic>,
    /// What an answer is to be marked with.
    pub correlation_data: Option<Bytes>,
    /// Name and value pairs, in their order.
    pub user: Vec<(Arc<str>, Arc<str>)>,
}

impl Properties {
    /// The bytes of all texts and data in them.
    pub fn bytes_len(&self) -> usize {
        let user = self
            .user
            .iter()
            .map(|(name, value)| name.len() + value.len());
        self.content_type.as_deref().map_or(0, str::len)
            + self.response_topic.as_ref().map_or(0, |t| t.as_str().len())
            + self.correlation_data.as_ref().map_or(0, Bytes::len)
            + user.sum::<usize>()
    }
}

/// An event of the broker's own state (a session begun, a subscription made, …) that has to
/// survive a crash. Its bytes mean something to `mqtt` only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEvent {
    /// Its place in the order of everything; given by the journal.
    pub offset: Offset,
    /// What happened, in the encoding of `mqtt`.
    pub bytes: Bytes,
}

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    Message(Arc<Message>),
    /// An event of the broker's state.
    Session(SessionEvent),
}

impl Record {
    pub fn offset(&self) -> Offset {
        match self {
            Self::Message(message) => message.offset,
            Self::Session(event) => event.offset,
        }
    }
}
