//! PUBLISH from the client.

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::auth::Action;
use crate::message::{Message, Offset, Qos, Topic};
use crate::mqtt::codec::{PacketId, Publish, ReasonCode, Version};
use crate::mqtt::kept::own_properties;
use crate::mqtt::reserved::is_reserved;
use crate::mqtt::session::Receipt;

use super::Connection;
use super::batch::At;
use super::close::Close;
use super::output::Reply;

/// Payloads up to here are copied out of the read buffer: a small message that waits for long
/// shall not keep a large buffer alive.
const COPIED_BYTES_MAX: usize = 4096;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    pub(super) fn publish(&mut self, publish: Publish) -> Result<(), Close> {
        let topic = self.input.topic(&publish)?;
        let is_paced = self.pace(publish.qos)?;
        let Some(id) = publish.packet_id else {
            self.resent = None;
            if is_paced && self.refusal(&topic, &publish) != Some(ReasonCode::NotAuthorized) {
                self.take(topic, publish, 0);
            }
            self.flush_if_slowed();
            return Ok(());
        };
        match publish.qos {
            Qos::ExactlyOnce => {
                self.owed_qos2.insert(id);
            }
            _ => self.owed_qos1 += 1,
        }
        let owed = self.owed_qos1 + self.owed_qos2.len();
        if self.version == Version::V5 && owed > usize::from(self.broker.config().receive_maximum) {
            return Err(Close::Wrong(
                ReasonCode::ReceiveMaximumExceeded,
                "more messages at once than the Receive Maximum allows [MQTT-3.3.4-9]",
            ));
        }
        let refusal = self.refusal(&topic, &publish);
        if publish.qos == Qos::AtLeastOnce {
            // Whoever may not publish to a topic learns nothing of what others did.
            if refusal != Some(ReasonCode::NotAuthorized)
                && let Some(offset) = self.known_before(id, &topic, &publish)
            {
                let reply = Reply::PubAck(id, ReasonCode::Success);
                self.batch.reply(At::Offset(offset), reply);
                self.flush_if_slowed();
                return Ok(());
            }
            let reply = Reply::PubAck(id, self.tell(refusal));
            let at = match refusal {
                Some(reason) if self.is_dropped(reason) => At::Once,
                _ => At::Record(self.take(topic, publish, id.get())),
            };
            self.batch.reply(at, reply);
        } else {
            self.publish_exactly_once(id, topic, publish, refusal);
        }
        self.flush_if_slowed();
        Ok(())
    }

    /// What has been taken does not wait for what is not.
    fn flush_if_slowed(&mut self) {
        if self.slowed.is_some() {
            self.flush();
        }
    }

    fn publish_exactly_once(
        &mut self,
        id: PacketId,
        topic: Topic,
        publish: Publish,
        refusal: Option<ReasonCode>,
    ) {
        if let Some(reason) = refusal
            && self.version == Version::V5
        {
            self.owed_qos2.remove(&id);
            self.batch.reply(At::Once, Reply::PubRec(id, reason));
            return;
        }
        let known = self.session.state().receive(id);
        let at = match known {
            Receipt::New if refusal.is_some_and(|reason| self.is_dropped(reason)) => At::Once,
            Receipt::New => At::Record(self.take(topic, publish, id.get())),
            // Sent before: it is not taken again [MQTT-4.3.3-10].
            Receipt::Taken => self.batch.last().map_or(At::Once, At::Record),
            Receipt::Recorded(offset) => At::Offset(offset),
        };
        let reply = Reply::PubRec(id, ReasonCode::Success);
        self.batch.reply(at, reply);
    }

    /// Where the journal has a resent QoS 1 message, if it was durable when the server crashed.
    fn known_before(&mut self, id: PacketId, topic: &Topic, publish: &Publish) -> Option<Offset> {
        let run = self.resent.as_ref()?;
        if publish.dup
            && let Some(offset) = run.recognise(id.get(), topic, &publish.payload)
        {
            return Some(offset);
        }
        // What comes from now on is new, whatever its identifier.
        self.resent = None;
        None
    }

    fn take(&mut self, topic: Topic, publish: Publish, packet_id: u16) -> usize {
        let payload = if publish.payload.len() <= COPIED_BYTES_MAX {
            Bytes::copy_from_slice(&publish.payload)
        } else {
            publish.payload
        };
        let properties = own_properties(publish.properties);
        let may = || {
            self.broker
                .may_retain(&topic, &payload, properties.as_deref())
        };
        let retain = publish.retain && may();
        self.batch.message(
            self.session.id,
            Message {
                client: self.session.client.clone(),
                qos: publish.qos,
                retain,
                packet_id,
                properties,
                ..Message::new(topic, payload)
            },
        )
    }

    /// Why a message is not taken as it is.
    fn refusal(&mut self, topic: &Topic, publish: &Publish) -> Option<ReasonCode> {
        if is_reserved(topic) || !self.may_write(topic) {
            self.broker.metrics().mqtt_denied.inc();
            return Some(ReasonCode::NotAuthorized);
        }
        let properties = publish.properties.as_deref();
        let may = || self.broker.may_retain(topic, &publish.payload, properties);
        if publish.retain && !may() {
            return Some(ReasonCode::QuotaExceeded);
        }
        None
    }

    fn may_write(&mut self, topic: &Topic) -> bool {
        let (auth, principal) = (self.broker.auth(), &self.principal);
        let ask = || auth.may(principal, Action::Write, topic);
        self.publish_permits.may(auth.version(), topic, ask)
    }

    /// Clients before 5.0 can't be told: they get a success, and what can be done is done.
    fn tell(&self, refusal: Option<ReasonCode>) -> ReasonCode {
        match refusal {
            Some(reason) if self.version == Version::V5 => reason,
            _ => ReasonCode::Success,
        }
    }

    /// Whether a message with that refusal goes nowhere. One that can't be retained still goes to
    /// the subscribers of clients that can't be told.
    fn is_dropped(&self, reason: ReasonCode) -> bool {
        self.version == Version::V5 || reason == ReasonCode::NotAuthorized
    }
}
