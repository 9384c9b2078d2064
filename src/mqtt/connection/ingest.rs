//! The batch on its way to the journal.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use crate::auth::Action;
use crate::journal::AppendError;
use crate::message::{Message, Qos, Record};
use crate::mqtt::codec::{PacketId, ReasonCode, Version};
use crate::mqtt::publishers::Unheard;
use crate::mqtt::session::Session;

use super::batch::{AfterBatch, At};
use super::close::Close;
use super::output::Reply;
use super::{Connection, Ingested, Parked};

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Gives the batch to the journal.
    pub(super) fn flush(&mut self) {
        let records = self.batch.close(self.session.id);
        if records.is_empty() {
            self.finish(&records, &Unheard::default());
        } else {
            self.ingest(records);
        }
    }

    fn ingest(&mut self, mut records: Vec<Record>) {
        let broker = Arc::clone(&self.broker);
        let slot = self
            .slot
            .take()
            .unwrap_or_else(|| self.broker.publisher_slot());
        self.ingest = Some(Box::pin(async move {
            let result = broker.ingest(&slot, &mut records).await;
            Ingested {
                result,
                records,
                slot,
            }
        }));
    }

    /// The journal has the batch, or does not want it.
    pub(super) fn ingested(&mut self, ingested: Ingested) -> Result<(), Close> {
        let Ingested {
            result,
            records,
            slot,
        } = ingested;
        self.slot = Some(slot);
        match result {
            Ok(routed) => {
                if routed.messages > 0 {
                    self.session.log.received(routed.messages, routed.bytes);
                }
                self.finish(&records, &routed.unheard);
                self.hold_back(routed.crowded);
            }
            Err(AppendError::Closed) => return Err(Close::Stopping),
            Err(AppendError::TooLarge) => {
                return Err(Close::Wrong(
                    ReasonCode::PacketTooLarge,
                    "the message is larger than the journal takes",
                ));
            }
            Err(AppendError::Full) => {
                let (records, shed) = self.batch.shed(records);
                self.broker.metrics().messages_shed.inc_by(shed);
                if records.is_empty() {
                    self.finish(&records, &Unheard::default());
                    return Ok(());
                }
                let journal = self.broker.journal().clone();
                self.parked = Some(Parked {
                    records,
                    room: Box::pin(async move { journal.room().await }),
                });
            }
        }
        Ok(())
    }

    /// The journal has room again.
    pub(super) fn try_again(&mut self) {
        let Some(parked) = self.parked.take() else {
            return;
        };
        let records = self.permit_again(parked.records);
        if records.is_empty() {
            self.finish(&records, &Unheard::default());
        } else {
            self.ingest(records);
        }
    }

    /// What has waited is looked at once more: what the client may not publish any more is not taken.
    fn permit_again(&mut self, records: Vec<Record>) -> Vec<Record> {
        let is_told = self.version == Version::V5;
        let reason = if is_told {
            ReasonCode::NotAuthorized
        } else {
            ReasonCode::Success
        };
        let (auth, principal) = (self.broker.auth(), &self.principal);
        let may = |message: &Message| auth.may(principal, Action::Write, &message.topic);
        let (records, refused) = self.batch.refuse(records, reason, may);
        let denied = &self.broker.metrics().mqtt_denied;
        for (qos, id) in refused {
            denied.inc();
            // A PUBREC with an error frees the identifier [MQTT-4.3.3-9].
            if let (true, Qos::ExactlyOnce, Some(id)) = (is_told, qos, PacketId::new(id)) {
                self.owed_qos2.remove(&id);
                self.session.state().pubrel(id);
            }
        }
        records
    }

    fn finish(&mut self, records: &[Record], unheard: &Unheard) {
        if self.batch.take_has_qos2() {
            let mut state = self.session.state();
            for record in records {
                if let Record::Message(message) = record
                    && message.qos == Qos::ExactlyOnce
                {
                    state.journaled(message);
                }
            }
        }
        let offset = |at: Option<usize>| at.and_then(|at| records.get(at)).map(Record::offset);
        for (at, mut reply) in self.batch.take_replies() {
            if self.version == Version::V5
                && let (At::Record(at), Reply::PubAck(_, reason)) = (at, &mut reply)
                && *reason == ReasonCode::Success
                && unheard.contains(at)
            {
                *reason = ReasonCode::NoMatchingSubscribers;
            }
            let gate = match at {
                At::Once => None,
                At::Record(at) => offset(Some(at)),
                At::Offset(offset) => Some(offset),
            };
            self.output.reply(gate, reply);
        }
        match self.batch.take_end() {
            None => {}
            Some((at, AfterBatch::Subscribe(subscribe, checked))) => {
                self.subscribed(&subscribe, checked, offset(at));
            }
            Some((at, AfterBatch::Unsubscribe(unsubscribe))) => {
                self.unsubscribed(&unsubscribe, offset(at));
            }
        }
    }

    /// Lets the publisher wait for subscribers that need a moment.
    fn hold_back(&mut self, crowded: Vec<Arc<Session>>) {
        if crowded.is_empty() {
            return;
        }
        let Some(until) = self.patience.begin(Instant::now()) else {
            return;
        };
        let bounds = self.broker.bounds();
        self.broker.metrics().mqtt_held_back.inc();
        self.held_back = Some(Box::pin(async move {
            for session in crowded {
                session.ease(bounds, until).await;
            }
        }));
    }
}
