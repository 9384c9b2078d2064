//! The ports: what an interface (REST, WebSocket) asks of a station that it must not know. The
//! station implements the trait, and `server` hands it over. What an interface is to do next with
//! the broker or the journal becomes a trait or a method here, and nothing else.

mod clients;
mod replay;

use std::pin::Pin;
use std::sync::Arc;

pub use self::clients::{
    ClientDetails, ClientEvent, ClientFacts, ClientsWish, Flow, LinkFacts, Oversee,
    SubscriptionFacts,
};

pub use self::replay::{Replay, ReplayFrom, Replayed, ReplayedMessages};
use crate::message::{ClientId, Message, Offset, Timestamp, Topic, TopicFilter};

/// Takes a message into the line exactly as if an MQTT client had published it: journal,
/// subscribers, retained messages. The broker's.
pub trait Publish: Send + Sync {
    /// Publishes `message` (its `offset` and `received_at` are given by the journal) and answers
    /// once it is durable.
    fn publish(
        &self,
        message: Message,
    ) -> Pin<Box<dyn Future<Output = Result<Offset, PublishError>> + Send + '_>> {
        Box::pin(async move {
            let offsets = self.publish_all(vec![message]).await?;
            offsets.first().copied().ok_or(PublishError::Stopping)
        })
    }

    /// Publishes messages in their order, and answers once all are durable. They are taken together or
    /// not at all, if they are no more than [`PUBLISH_MAX`].
    fn publish_all(
        &self,
        messages: Vec<Message>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Offset>, PublishError>> + Send + '_>>;
}

/// How many messages are published at a time.
pub const PUBLISH_MAX: usize = 10_000;

/// Why a message was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// The journal has reached its limit.
    #[error("the journal is full: the message was not taken, try again later")]
    Full,
    /// The server is stopping.
    #[error("the server is stopping: the message was not taken")]
    Stopping,
    /// No more messages can be retained.
    #[error("the server retains as many messages as it may: the message was not taken")]
    RetainedFull,
    /// The payload is larger than the server takes.
    #[error("the message is larger than this server takes")]
    TooLarge,
}

/// Retains messages. The broker's.
pub trait Retain: Send + Sync {
    /// How many messages are retained of the topics that `filter` names.
    fn retained(&self, filter: &TopicFilter) -> u64;

    /// The messages that are retained of the topics that `filter` names, beyond `after`, by topic; at
    /// most so many topics are looked at. And after which topic to go on, where there may be more.
    fn retained_after(
        &self,
        filter: &TopicFilter,
        after: Option<Topic>,
        limit: usize,
    ) -> (Vec<Arc<Message>>, Option<Topic>);
}

/// Asks edge nodes of Sparkplug to be born again. The broker's.
pub trait AskRebirth: Send + Sync {
    /// Sends the command `request` soon, if the client that is the reason for it is still on the
    /// connection that it sent its message on at `since`, and its node has not been asked a moment
    /// ago. Never waits.
    fn ask_rebirth(&self, client: &ClientId, since: Timestamp, request: Message);
}

/// Keeps count of messages. The journal's.
pub trait Tally: Send + Sync {
    /// What has been counted, all at one moment.
    fn counted(&self) -> Counted;
}

/// What the journal has counted since it was created, across restarts, at two places: when records
/// were given their places, and when they had become durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Messages that were given a place in its order. At a start these are the durable ones: what
    /// else there was had not been acknowledged.
    pub taken: u64,
    /// Messages that are durable, and so acknowledged or about to be.
    pub durable: u64,
    /// Records that have their places and are not durable yet.
    pub unsynced: u64,
    /// The offset up to which records are durable.
    pub durable_to: Offset,
}
