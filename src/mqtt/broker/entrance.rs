//! The entrance for messages that do not come over MQTT.

use std::pin::Pin;
use std::sync::Arc;

use crate::journal::AppendError;
use crate::message::{Message, Offset, Topic, TopicFilter};
use crate::mqtt::retained::Visit;
use crate::port::{
    ClientDetails, ClientFacts, ClientsWish, Oversee, Publish, PublishError, Retain,
};

use super::Broker;

/// The broker as those see it who have no MQTT.
#[derive(Debug, Clone)]
pub struct Entrance(pub Arc<Broker>);

impl Publish for Entrance {
    fn publish_all(
        &self,
        messages: Vec<Message>,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Offset>, PublishError>> + Send + '_>> {
        Box::pin(async move {
            let broker = &self.0;
            for message in &messages {
                let (payload, properties) = (&message.payload, message.properties.as_deref());
                if payload.len() > broker.config.packet_bytes_max as usize {
                    return Err(PublishError::TooLarge);
                }
                if message.retain && !broker.may_retain(&message.topic, payload, properties) {
                    return Err(PublishError::RetainedFull);
                }
            }
            let mut durable = broker.journal.durable();
            let offsets = broker.publish_all(messages).await;
            let offsets = offsets.map_err(|error| match error {
                AppendError::Full => PublishError::Full,
                AppendError::Closed => PublishError::Stopping,
                AppendError::TooLarge => PublishError::TooLarge,
            })?;
            if let Some(last) = offsets.last() {
                let durable = durable.wait_for(|head| head > last).await;
                durable.map_err(|_| PublishError::Stopping)?;
            }
            Ok(offsets)
        })
    }
}

impl Retain for Entrance {
    fn retained(&self, filter: &TopicFilter) -> u64 {
        self.0.retained.count_of(filter)
    }

    fn retained_after(
        &self,
        filter: &TopicFilter,
        mut after: Option<Topic>,
        limit: usize,
    ) -> (Vec<Arc<Message>>, Option<Topic>) {
        let mut found = Vec::new();
        let is_all = self.0.retained.scan(filter, &mut after, limit, |message| {
            found.push(Arc::clone(message));
            Visit::Next
        });
        (found, after.filter(|_| !is_all))
    }
}

impl Oversee for Entrance {
    fn clients(&self, wish: &ClientsWish) -> Vec<ClientFacts> {
        self.0.told_clients(wish)
    }

    fn client(&self, client: &str) -> Option<ClientDetails> {
        self.0.told_client(client)
    }

    fn disconnect(&self, client: &str, ends_session: bool) -> Option<bool> {
        self.0.disconnect(client, ends_session)
    }
}
