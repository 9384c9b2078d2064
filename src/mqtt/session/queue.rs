//! What waits for a session.

use std::sync::Arc;

use crate::message::{Message, Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::state::RowKey;
use crate::mqtt::subscriptions::Group;

/// One message that waits for a session, or is on its way to it. It names the message by its
/// place in the journal; the message itself is there only while memory allows.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    /// Which message.
    pub(crate) offset: Offset,
    /// The message, where it is in memory.
    pub(crate) message: Option<Arc<Message>>,
    /// The Subscription Identifiers to send it with.
    pub(crate) ids: Option<Arc<Vec<u32>>>,
    /// How it came here.
    pub(crate) via: Via,
    /// The QoS to send it with.
    pub(crate) qos: Qos,
    /// The RETAIN flag to send it with.
    pub(crate) retain: bool,
    /// Whether the local state has a row of it.
    pub(crate) saved: bool,
}

/// How a message came to a session.
#[derive(Debug, Clone)]
pub(crate) enum Via {
    /// By the session's own subscriptions.
    Subscription,
    /// It was retained when the session subscribed.
    Retained,
    /// The session was chosen among the members of a shared subscription.
    Share(Arc<Group>),
}

impl Via {
    /// The number that stands for it in events and rows.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::Subscription => 0,
            Self::Retained => 1,
            Self::Share(group) => group.id,
        }
    }

    /// Whether it is this group's.
    pub(crate) fn is_share(&self, group: &Group) -> bool {
        matches!(self, Self::Share(of) if of.id == group.id)
    }
}

impl Queued {
    /// What it takes in memory, while the message is there. A retained message lives on with the
    /// others of its kind.
    pub(crate) fn bytes(&self) -> usize {
        match &self.message {
            Some(message) if !matches!(self.via, Via::Retained) => bytes_of(message),
            _ => 0,
        }
    }

    /// Its row's key in the local state.
    pub(crate) fn row(&self, owner: u64) -> RowKey {
        RowKey {
            owner,
            offset: self.offset,
            via: self.via.number(),
        }
    }
}

/// What a message takes in memory, about.
pub(crate) fn bytes_of(message: &Message) -> usize {
    128 + message.topic.as_str().len() + message.payload.len()
}

/// A message that was sent and is not acknowledged.
#[derive(Debug)]
pub(crate) struct Inflight {
    /// The message.
    pub(crate) entry: Queued,
    /// How far it has come.
    pub(crate) stage: Stage,
    /// Its place in the order of sending, in which it is sent again [MQTT-4.6.0-1].
    pub(crate) order: u64,
    /// Whether it takes a place of the receiver's Receive Maximum on this connection.
    pub(crate) counted: bool,
    /// Where the journal has the packet identifier, at QoS 2.
    pub(crate) recorded: Option<Offset>,
    /// When it was sent, in seconds of the broker's clock.
    pub(crate) sent_s: u32,
}

/// How far a message has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// PUBLISH was sent, or is about to be.
    Sent,
    /// PUBREC was received, PUBREL is to be sent until PUBCOMP comes.
    Released,
    /// The other members of the shared subscription got it, since this one was silent: only the
    /// packet identifier is still taken.
    GivenAway,
}

/// What is to be sent next.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// A PUBLISH.
    Publish(Delivery),
    /// A PUBREL, once more.
    Release(PacketId),
}

/// A PUBLISH to one session.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The message.
    pub(crate) message: Arc<Message>,
    /// With this QoS.
    pub(crate) qos: Qos,
    /// With this RETAIN flag.
    pub(crate) retain: bool,
    /// Whether it was sent before.
    pub(crate) dup: bool,
    /// The packet identifier, at QoS 1 and 2.
    pub(crate) id: Option<PacketId>,
    /// The Subscription Identifiers.
    pub(crate) ids: Option<Arc<Vec<u32>>>,
    /// What has to be durable before it is sent.
    pub(crate) gate: Gate,
    /// How it came.
    pub(crate) via: u64,
}

/// What has to be durable before something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Nothing.
    Open,
    /// The record at this offset.
    At(Offset),
    /// A record that is still to be written: the packet identifier of this QoS 2 delivery.
    Unrecorded,
}

/// Puts `entry` where it belongs by its offset. Almost always that is the end; only publishers
/// that append at the same moment can arrive in another order than the journal's.
pub(crate) fn insert_in_order(queue: &mut std::collections::VecDeque<Queued>, entry: Queued) {
    if queue.back().is_none_or(|last| last.offset <= entry.offset) {
        queue.push_back(entry);
        return;
    }
    let at = queue.partition_point(|other| other.offset <= entry.offset);
    queue.insert(at, entry);
}
