//! The `$SYS` topics: the broker about itself. They are retained messages that the server puts
//! there itself; they are not in the journal, and clients can't publish to them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::message::{ClientId, Message, Timestamp, Topic};
use crate::supervisor::Supervisor;

use super::Broker;

const EVERY: Duration = Duration::from_secs(10);

impl Broker {
    /// Renews the topics until told to stop.
    pub(crate) async fn run_system_topics(&self, supervisor: &Supervisor) {
        let client = ClientId("<broker>".into());
        let mut tick = tokio::time::interval(EVERY);
        loop {
            tokio::select! {
                () = supervisor.stopping() => return,
                _ = tick.tick() => self.renew(&client),
            }
        }
    }

    fn renew(&self, client: &ClientId) {
        let metrics = &self.metrics;
        let values: [(&str, String); 14] = [
            ("version", format!("unspool {}", env!("CARGO_PKG_VERSION"))),
            ("uptime", self.now_s().to_string()),
            (
                "clients/connected",
                metrics.mqtt_connections.get().to_string(),
            ),
            ("clients/total", self.clients.len().to_string()),
            (
                "messages/received",
                metrics.messages_received.get().to_string(),
            ),
            ("messages/sent", metrics.messages_sent.get().to_string()),
            (
                "messages/dropped",
                metrics.messages_dropped.get().to_string(),
            ),
            (
                "publish/bytes/received",
                metrics.messages_received_bytes.get().to_string(),
            ),
            (
                "publish/bytes/sent",
                metrics.messages_sent_bytes.get().to_string(),
            ),
            (
                "bytes/received",
                metrics.mqtt_bytes_received.get().to_string(),
            ),
            ("bytes/sent", metrics.mqtt_bytes_sent.get().to_string()),
            (
                "subscriptions/count",
                metrics.mqtt_subscriptions.get().to_string(),
            ),
            ("retained messages/count", self.retained.len().to_string()),
            (
                "store/messages/bytes",
                metrics.journal_bytes.get().to_string(),
            ),
        ];
        for (name, value) in values {
            let Ok(topic) = Topic::new(format!("$SYS/broker/{name}")) else {
                continue;
            };
            let known = self.retained.get(&topic);
            if known.is_some_and(|known| known.payload == value.as_bytes()) {
                continue;
            }
            let message = Arc::new(Message {
                offset: self.journal.head(),
                received_at: Timestamp::now(),
                client: client.clone(),
                retain: true,
                ..Message::new(topic, Bytes::from(value))
            });
            self.retained.put_own(Arc::clone(&message));
            if self.has_subscriber(&message) {
                self.deliver_own(&message);
            }
        }
    }
}
