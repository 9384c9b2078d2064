//! From the session to the client.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::journal::AppendError;
use crate::message::{Record, Timestamp, Topic};
use crate::mqtt::codec::{EncodeError, ReasonCode};
use crate::mqtt::queued::Settled;
use crate::mqtt::session::{Budget, Delivery, Gate, Outgoing};
use crate::mqtt::state::{SessionChange, StateEvent};

use super::close::Close;
use super::output::Reply;
use super::source::LOAD_MAX;
use super::{Connection, Recorded};

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Whether the session may have something that could be sent at once.
    pub(super) fn can_deliver(&self) -> bool {
        self.has_more
            && self.output.has_room()
            && self.recording.is_none()
            && self.loading.is_none()
            && self.closing.is_none()
    }

    /// Encodes what the session has, as far as the write buffer has room.
    pub(super) fn deliver(&mut self) -> Result<(), Close> {
        if self.can_deliver() {
            self.recheck()?;
            let now = Timestamp::now();
            let mut outgoing = std::mem::take(&mut self.outgoing);
            let mut state = self.session.mine(self.generation)?;
            let window = state.link.map_or(0, |link| link.window);
            let mut budget = Budget {
                bytes: self.output.room(),
                window,
                now,
                now_s: self.broker.now_s(),
            };
            let retained = (self.owed_subacks == 0).then(|| self.broker.retained());
            let (broker, principal) = (&self.broker, &self.principal);
            let may_read = |topic: &Topic| broker.may_read(principal, topic);
            let client = &self.session.client;
            let taken = state.take(&mut outgoing, &mut budget, retained, client, &may_read);
            let waiting: Vec<_> = if state.groups.is_empty() || state.outbound.room(window) == 0 {
                Vec::new()
            } else {
                let groups = state.groups.values();
                groups.filter(|group| group.is_waiting()).cloned().collect()
            };
            let wanted = if taken.load {
                state.outbound.wanted(LOAD_MAX)
            } else {
                Vec::new()
            };
            let has_eased = state.has_eased(self.broker.bounds());
            drop(state);
            if has_eased {
                self.session.eased.notify_waiters();
            }
            self.has_more = taken.more;
            if taken.expired > 0 {
                self.broker.metrics().messages_dropped.inc_by(taken.expired);
            }
            self.outgoing(&mut outgoing, now);
            self.outgoing = outgoing;
            if !wanted.is_empty() {
                self.load(wanted);
            }
            self.has_more |= self.broker.fetch_shared(&self.session, &waiting);
        }
        Ok(())
    }

    /// Sends what may be sent at once, and lets the rest wait for the journal. What comes after
    /// something that waits waits too: all that a client gets is in order.
    fn outgoing(&mut self, outgoing: &mut Vec<Outgoing>, now: Timestamp) {
        let mut unrecorded = Vec::new();
        for it in outgoing.drain(..) {
            match it {
                Outgoing::Pubrel(id) => {
                    self.output
                        .reply(None, Reply::PubRel(id, ReasonCode::Success));
                }
                Outgoing::Publish(delivery) => match delivery.gate {
                    Gate::Unrecorded => unrecorded.push(delivery),
                    _ if !unrecorded.is_empty() => unrecorded.push(delivery),
                    Gate::Open if self.output.deliveries == 0 => self.send(&delivery, now),
                    Gate::Open => self.output.deliver(None, delivery),
                    Gate::At(offset) => self.output.deliver(Some(offset), delivery),
                },
            }
        }
        if !unrecorded.is_empty() {
            self.record(unrecorded);
        }
        self.answer();
    }

    /// Encodes one PUBLISH. What is larger than the client takes is dropped as if it had been
    /// delivered [MQTT-3.1.2-25].
    pub(super) fn send(&mut self, delivery: &Delivery, now: Timestamp) {
        if let Err(error) = self.output.publish(delivery, now) {
            self.drop_delivery(delivery, error);
        }
    }

    /// Counts what was sent, in one go: every connection counts at the same place.
    pub(super) fn count_sent(&mut self) {
        let (messages, bytes) = std::mem::take(&mut self.output.sent);
        if messages > 0 {
            let metrics = self.broker.metrics();
            metrics.messages_sent.inc_by(messages);
            metrics.messages_sent_bytes.inc_by(bytes);
            self.session.log.sent(messages, bytes);
        }
    }

    fn drop_delivery(&mut self, delivery: &Delivery, error: EncodeError) {
        tracing::debug!(client = ?self.session.client.0, %error, "a message is not delivered");
        self.broker.metrics().messages_dropped.inc();
        let Some(id) = delivery.id else { return };
        let mut state = self.session.state();
        let settled = state.skip(id);
        let persistent = state.is_persistent();
        drop(state);
        if let Some(settled) = settled
            && persistent
        {
            let change = SessionChange::Settled(vec![settled]);
            self.broker
                .note(&StateEvent::Session(self.session.id, change));
        }
        self.has_more = true;
    }

    /// Lets the packet identifiers of QoS 2 messages become durable before they are sent: a
    /// client remembers them, so the server must not forget them in a crash.
    fn record(&mut self, deliveries: Vec<Delivery>) {
        let unrecorded = deliveries.iter().filter(|it| it.gate == Gate::Unrecorded);
        let sent = unrecorded.filter_map(|delivery| {
            let settled = Settled {
                offset: delivery.message.offset,
                via: delivery.via,
            };
            Some((delivery.id?, settled))
        });
        let change = SessionChange::PublishSent(sent.collect());
        let event = StateEvent::Session(self.session.id, change);
        let journal = self.broker.journal().clone();
        let mut record = vec![event.record()];
        self.recording = Some(Box::pin(async move {
            let result = loop {
                match journal.append(&mut record).await {
                    Err(AppendError::Full) => journal.room().await,
                    result => break result,
                }
            };
            Recorded {
                result,
                record,
                deliveries,
            }
        }));
    }

    pub(super) fn recorded(&mut self, recorded: Recorded) -> Result<(), Close> {
        recorded.result.map_err(|_| Close::Stopping)?;
        let offset = recorded.record.first().map(Record::offset);
        let mut state = self.session.mine(self.generation)?;
        for delivery in &recorded.deliveries {
            if let (Gate::Unrecorded, Some(offset), Some(id)) = (delivery.gate, offset, delivery.id)
            {
                state.recorded(id, offset);
            }
        }
        drop(state);
        for delivery in recorded.deliveries {
            self.output.deliver(offset, delivery);
        }
        self.has_more = true;
        Ok(())
    }
}
