//! What the broker does for Sparkplug: births are kept for late subscribers (Sparkplug 3.0.0
//! section 10.1.4, "Sparkplug Aware MQTT Server"), and the server is a host application, if it is
//! told to be.

use std::sync::Arc;
use std::time::Instant;

use crate::journal::AppendError;
use crate::message::{ClientId, Message, Qos, Timestamp, certificate_topic};
use crate::port::AskRebirth;
use crate::supervisor::Supervisor;

use super::Broker;
use super::entrance::Entrance;

impl Broker {
    /// Keeps a birth as a retained message of the topic of its certificate, and answers with that;
    /// `None` for everything else, and where there is no room for it.
    pub(super) fn keep_certificate(&self, message: &Arc<Message>) -> Option<Arc<Message>> {
        let topic = certificate_topic(&message.topic)?;
        if message.payload.is_empty() {
            return None;
        }
        let properties = message.properties.as_deref();
        if !self.may_retain(&topic, &message.payload, properties) {
            self.metrics.sparkplug_certificates_refused.inc();
            return None;
        }
        let certificate = Arc::new(Message {
            topic,
            qos: Qos::AtMostOnce,
            packet_id: 0,
            retain: true,
            ..Message::clone(message)
        });
        self.retained.put(&certificate);
        Some(certificate)
    }

    /// Looks at a message on its way to the subscribers.
    pub(super) fn observe_sparkplug(&self, message: &Arc<Message>) {
        if let Some(certificate) = self.keep_certificate(message) {
            self.count_retained();
            self.deliver_own(&certificate);
        }
        if let Some(host) = &self.sparkplug_host {
            host.observe(message);
        }
    }

    /// Says that the host application is there: to be called before anybody can connect.
    pub async fn begin_host(&self) -> Result<(), AppendError> {
        if let Some(host) = &self.sparkplug_host {
            let before = self.retained.get(host.topic());
            for birth in host.births(before.as_deref(), Timestamp::now()) {
                self.publish_all(vec![birth]).await?;
            }
        }
        Ok(())
    }

    /// Says that the host application is gone: to be called while those who are connected still
    /// are.
    pub async fn end_host(&self) -> Result<(), AppendError> {
        if let Some(host) = &self.sparkplug_host {
            self.publish_all(vec![host.death(Timestamp::now())]).await?;
        }
        Ok(())
    }

    /// Publishes what the host application has to say, until told to stop.
    pub(crate) async fn run_host(&self, supervisor: &Supervisor) {
        let host = self.sparkplug_host.as_ref();
        let Some((host, mut waiting)) = host.and_then(|it| Some((it, it.take_waiting()?))) else {
            return supervisor.stopping().await;
        };
        loop {
            let message = tokio::select! {
                () = supervisor.stopping() => return,
                () = host.contradicted.notified() => host.again(),
                Some(command) = waiting.recv() => {
                    self.metrics.sparkplug_rebirths.inc();
                    command
                }
            };
            let published = tokio::select! {
                () = supervisor.stopping() => return,
                published = self.publish_all(vec![message]) => published,
            };
            if let Err(error) = published {
                tracing::debug!(%error, "the host application could not say something");
            }
        }
    }

    /// Whether the client is still on the connection that it was on at that time.
    fn is_connected_since(&self, client: &ClientId, at: Timestamp) -> bool {
        let session = self.clients.get(&client.0);
        let link = session.and_then(|session| session.state().link);
        link.is_some_and(|link| link.since <= at)
    }
}

impl AskRebirth for Entrance {
    fn ask_rebirth(&self, client: &ClientId, since: Timestamp, request: Message) {
        let broker = &self.0;
        if let Some(host) = &broker.sparkplug_host
            && broker.is_connected_since(client, since)
        {
            host.ask(request, Instant::now());
        }
    }
}
