//! The rows of the state file.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::message::{ClientId, Message, Offset, Properties, Qos, Timestamp, Topic, TopicFilter};
use crate::mqtt::codec::{PacketId, Will};
use crate::mqtt::ids::OwnerId;
use crate::mqtt::queued::{Queued, Via};

/// What names a message that waits for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    pub(crate) owner: OwnerId,
    pub(crate) offset: Offset,
    pub(crate) via: Via,
}

/// A session without its subscriptions and its queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionRow {
    pub(crate) client: Arc<str>,
    /// The name of the account that it belongs to.
    pub(crate) account: Arc<str>,
    pub(crate) expiry_s: u32,
    /// Since where in the journal it exists.
    pub(crate) since: Offset,
    /// Since when nobody is connected.
    #[serde(with = "microseconds")]
    pub(crate) disconnected_at: Option<Timestamp>,
    /// QoS 2 messages of the client's whose PUBREL has not come.
    pub(crate) inbound: Vec<(PacketId, Offset)>,
    /// What is in flight to the client, in the order of sending.
    pub(crate) in_flight: Vec<InFlightRow>,
    /// Retained messages that are still to be sent.
    pub(crate) retained: Vec<RetainedCursor>,
}

/// A message in flight. What is [`Stage::PublishSent`] has a row in the queue too, unless it is
/// retained.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InFlightRow {
    pub(crate) id: PacketId,
    pub(crate) offset: Offset,
    pub(crate) via: Via,
    pub(crate) stage: Stage,
    /// The QoS that it was sent with.
    pub(crate) qos: Qos,
    /// Where a retained message is found.
    pub(crate) topic: Option<Topic>,
    /// Where the journal has the packet identifier.
    pub(crate) recorded: Option<Offset>,
}

/// How far a message in flight has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// PUBLISH was sent, or is about to be.
    PublishSent,
    /// PUBREC was received, PUBREL is to be sent until PUBCOMP comes.
    PubrecReceived,
    /// The other members of the share group got it, since this one was silent: only the packet
    /// identifier is still taken. No row has this stage.
    GivenAway,
}

/// How far the retained messages of one subscription have been sent. They are looked up as the
/// socket takes them, so that a subscription to everything costs no memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RetainedCursor {
    pub(crate) filter: TopicFilter,
    /// The last topic that has been looked at.
    pub(crate) after: Option<Topic>,
    /// The greatest QoS that is wanted.
    pub(crate) qos: Qos,
    /// Whether the session's own messages are left out.
    pub(crate) no_local: bool,
    pub(crate) id: Option<u32>,
}

/// A Will that may still be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WillRow {
    pub(crate) client: Arc<str>,
    /// The name of the account by which its client had come in.
    pub(crate) account: Arc<str>,
    /// When its client's connection ended; `None` where it had not.
    #[serde(with = "microseconds")]
    pub(crate) lost_at: Option<Timestamp>,
    pub(crate) will: Will,
}

/// A message that waits: what its key does not say.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct QueuedRow {
    qos: Qos,
    retain: bool,
    ids: Vec<u32>,
}

/// A retained message: what its key, the topic, does not say.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RetainedRow {
    offset: Offset,
    received_at: i64,
    client: ClientId,
    qos: Qos,
    properties: Option<Box<Properties>>,
    payload: Bytes,
}

impl From<&Queued> for QueuedRow {
    fn from(entry: &Queued) -> Self {
        Self {
            qos: entry.qos,
            retain: entry.retain,
            ids: entry.ids.as_deref().cloned().unwrap_or_default(),
        }
    }
}

impl QueuedRow {
    pub(super) fn entry(self, offset: Offset, via: Via) -> Queued {
        Queued {
            offset,
            message: None,
            ids: (!self.ids.is_empty()).then(|| Arc::new(self.ids)),
            via,
            qos: self.qos,
            retain: self.retain,
            saved: true,
        }
    }
}

impl From<&Message> for RetainedRow {
    fn from(message: &Message) -> Self {
        Self {
            offset: message.offset,
            received_at: message.received_at.0,
            client: message.client.clone(),
            qos: message.qos,
            properties: message.properties.clone(),
            payload: message.payload.clone(),
        }
    }
}

impl RetainedRow {
    pub(super) fn message(self, topic: Topic) -> Message {
        Message {
            offset: self.offset,
            received_at: Timestamp(self.received_at),
            client: self.client,
            qos: self.qos,
            retain: true,
            properties: self.properties,
            ..Message::new(topic, self.payload)
        }
    }
}

/// An instant as a number: in the REST interface it is a text.
mod microseconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::message::Timestamp;

    #[allow(clippy::ref_option)] // serde calls it with what the field is
    pub(super) fn serialize<S: Serializer>(
        at: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        at.map(|at| at.0).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Ok(Option::deserialize(deserializer)?.map(Timestamp))
    }
}
