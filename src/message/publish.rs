//! The entrance for messages that do not come over MQTT.

use std::pin::Pin;

use super::{Message, Offset};

/// Takes a message into the line exactly as if an MQTT client had published it: journal,
/// subscribers, retained messages. The broker implements it; REST and WebSocket use it.
pub trait Publish: Send + Sync {
    /// Publishes `message` (its `offset` and `received_at` are given by the journal) and answers
    /// once it is durable.
    fn publish(
        &self,
        message: Message,
    ) -> Pin<Box<dyn Future<Output = Result<Offset, PublishError>> + Send + '_>>;
}

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
