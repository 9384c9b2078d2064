//! The entrance for messages that do not come over MQTT.

use std::pin::Pin;
use std::sync::Arc;

use crate::journal::AppendError;
use crate::message::{Message, Offset, TopicFilter};
use crate::port::{Publish, PublishError, Retain};

use super::Broker;

/// The broker as those see it who have no MQTT.
#[derive(Debug, Clone)]
pub struct Entrance(pub Arc<Broker>);

impl Publish for Entrance {
    fn publish(
        &self,
        message: Message,
    ) -> Pin<Box<dyn Future<Output = Result<Offset, PublishError>> + Send + '_>> {
        Box::pin(async move {
            let broker = &self.0;
            if message.payload.len() > broker.config.packet_bytes_max as usize {
                return Err(PublishError::TooLarge);
            }
            if message.retain
                && !broker.may_retain(
                    &message.topic,
                    &message.payload,
                    message.properties.as_deref(),
                )
            {
                return Err(PublishError::RetainedFull);
            }
            let mut durable = broker.journal.durable();
            let offset = broker
                .publish_one(message)
                .await
                .map_err(|error| match error {
                    AppendError::Full => PublishError::Full,
                    AppendError::Closed => PublishError::Stopping,
                    AppendError::TooLarge => PublishError::TooLarge,
                })?;
            let durable = durable.wait_for(|head| *head > offset).await;
            durable.map_err(|_| PublishError::Stopping)?;
            Ok(offset)
        })
    }
}

impl Retain for Entrance {
    fn retained(&self, filter: &TopicFilter) -> u64 {
        self.0.retained.count_of(filter)
    }
}
