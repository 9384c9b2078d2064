//! What one read brought, on its way to the journal.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::journal::AppendError;
use crate::message::{Message, Offset, Qos, Record, SessionEvent};
use crate::mqtt::codec::{PacketId, ReasonCode, Subscribe, Unsubscribe, Version};
use crate::mqtt::routing::Unheard;
use crate::mqtt::session::Settled;
use crate::mqtt::state::{Event, What};
use crate::mqtt::subscribing::Granted;

use super::close::Close;
use super::output::Reply;
use super::{Connection, Ingested, Parked};

/// Records for the journal, and what is to be done once it has them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    records: Vec<Record>,
    /// Answers, each with the record that has to be durable first.
    replies: Vec<(At, Reply)>,
    /// Events of one kind are gathered into one record, which stands where the first one came.
    released: Option<(usize, Vec<PacketId>)>,
    received: Option<(usize, Vec<(PacketId, Offset)>)>,
    completed: Option<(usize, Vec<(PacketId, Offset)>)>,
    settled: Option<(usize, Vec<Settled>)>,
    after: Option<(Option<usize>, After)>,
    has_qos2: bool,
}

/// What an answer waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// Nothing but the answers before it.
    Once,
    /// That record of the batch.
    Record(usize),
    /// A record that the journal has already.
    Offset(Offset),
}

/// What ends a batch, and is done when the journal has it.
#[derive(Debug)]
pub(super) enum After {
    Subscribe(Subscribe, Vec<Checked>),
    Unsubscribe(Unsubscribe),
}

/// One filter of a SUBSCRIBE, checked.
pub(super) type Checked = Result<Granted, crate::mqtt::codec::ReasonCode>;

fn gather<T>(records: &mut Vec<Record>, run: &mut Option<(usize, Vec<T>)>, value: T) -> usize {
    let (at, all) = run.get_or_insert_with(|| {
        records.push(Record::Session(SessionEvent {
            offset: Offset::default(),
            bytes: bytes::Bytes::new(),
        }));
        (records.len() - 1, Vec::new())
    });
    all.push(value);
    *at
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.replies.is_empty() && self.after.is_none()
    }

    /// Adds a message; answers with its place.
    pub(super) fn message(&mut self, session: u64, message: Message) -> usize {
        if message.qos == Qos::ExactlyOnce {
            self.has_qos2 = true;
            // The packet identifier may just have become free.
            self.close_released(session);
        }
        self.records.push(Record::Message(Arc::new(message)));
        self.records.len() - 1
    }

    pub(super) fn released(&mut self, id: PacketId) -> usize {
        gather(&mut self.records, &mut self.released, id)
    }

    pub(super) fn received(&mut self, id: PacketId, offset: Offset) -> usize {
        gather(&mut self.records, &mut self.received, (id, offset))
    }

    pub(super) fn completed(&mut self, id: PacketId, offset: Offset) {
        gather(&mut self.records, &mut self.completed, (id, offset));
    }

    pub(super) fn settled(&mut self, settled: Settled) {
        gather(&mut self.records, &mut self.settled, settled);
    }

    /// Adds an event of its own; answers with its place.
    pub(super) fn event(&mut self, event: &Event) -> usize {
        self.records.push(event.record());
        self.records.len() - 1
    }

    /// Adds an answer.
    pub(super) fn reply(&mut self, at: At, reply: Reply) {
        self.replies.push((at, reply));
    }

    /// The place of the last record.
    pub(super) fn last(&self) -> Option<usize> {
        self.records.len().checked_sub(1)
    }

    /// Ends the batch.
    pub(super) fn end(&mut self, at: Option<usize>, after: After) {
        self.after = Some((at, after));
    }

    fn close_released(&mut self, session: u64) {
        if let Some((at, ids)) = self.released.take() {
            let what = What::Released(ids);
            self.records[at] = Event { session, what }.record();
        }
    }

    fn close(&mut self, session: u64) {
        self.close_released(session);
        let mut put = |at: usize, what| self.records[at] = Event { session, what }.record();
        if let Some((at, all)) = self.received.take() {
            put(at, What::Received(all));
        }
        if let Some((at, all)) = self.completed.take() {
            put(at, What::Completed(all));
        }
        if let Some((at, all)) = self.settled.take() {
            put(at, What::Settled(all));
        }
    }

    /// QoS 0 messages go, since the journal is full, and so do events that nobody waits for: a
    /// subscriber's acknowledgements do not have to wait. Answers with the rest, and how many
    /// messages went.
    fn shed(&mut self, records: Vec<Record>) -> (Vec<Record>, u64) {
        let replies = self.replies.iter().filter_map(|(at, _)| match at {
            At::Record(at) => Some(*at),
            At::Once | At::Offset(_) => None,
        });
        let after = self.after.iter().filter_map(|(at, _)| *at);
        let awaited: HashSet<_> = replies.chain(after).collect();
        let mut places = Vec::with_capacity(records.len());
        let mut kept = Vec::new();
        let mut shed = 0;
        for (at, record) in records.into_iter().enumerate() {
            places.push(kept.len());
            match record {
                Record::Message(message) if message.qos == Qos::AtMostOnce => shed += 1,
                Record::Session(_) if !awaited.contains(&at) => {}
                record => kept.push(record),
            }
        }
        for (at, _) in &mut self.replies {
            if let At::Record(at) = at {
                *at = places[*at];
            }
        }
        if let Some((at, _)) = &mut self.after {
            *at = at.map(|at| places[at]);
        }
        (kept, shed)
    }
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Gives the batch to the journal.
    pub(super) fn flush(&mut self) {
        self.batch.close(self.session.id);
        let records = std::mem::take(&mut self.batch.records);
        if records.is_empty() {
            self.finish(&records, &Unheard::default());
        } else {
            self.ingest(records);
        }
    }

    fn ingest(&mut self, mut records: Vec<Record>) {
        let broker = Arc::clone(&self.broker);
        let slot = self.slot.take().unwrap_or_else(|| self.broker.slot());
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
            Ok(unheard) => self.finish(&records, &unheard),
            Err(AppendError::Closed) => return Err(Close::Stopping),
            Err(AppendError::TooLarge) => {
                return Err(Close::Wrong(
                    ReasonCode::PacketTooLarge,
                    "the message is larger than the journal takes",
                ));
            }
            Err(AppendError::Full) => {
                let (records, shed) = self.batch.shed(records);
                self.broker.metrics.messages_shed.inc_by(shed);
                if records.is_empty() {
                    self.finish(&records, &Unheard::default());
                    return Ok(());
                }
                let journal = self.broker.journal.clone();
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
        if let Some(parked) = self.parked.take() {
            self.ingest(parked.records);
        }
    }

    fn finish(&mut self, records: &[Record], unheard: &Unheard) {
        if std::mem::take(&mut self.batch.has_qos2) {
            let mut state = self.session.state();
            for record in records {
                if let Record::Message(message) = record
                    && message.qos == Qos::ExactlyOnce
                {
                    state.received(message);
                }
            }
        }
        let offset = |at: Option<usize>| at.and_then(|at| records.get(at)).map(Record::offset);
        for (at, mut reply) in self.batch.replies.drain(..) {
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
        match self.batch.after.take() {
            None => {}
            Some((at, After::Subscribe(subscribe, checked))) => {
                self.subscribed(&subscribe, checked, offset(at));
            }
            Some((at, After::Unsubscribe(unsubscribe))) => {
                self.unsubscribed(&unsubscribe, offset(at));
            }
        }
    }
}
