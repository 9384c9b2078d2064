//! What one read brought, on its way to the journal.

use std::collections::HashSet;
use std::sync::Arc;

use crate::message::{Message, Offset, Qos, Record, SessionEvent};
use crate::mqtt::codec::{PacketId, ReasonCode, Subscribe, Unsubscribe};
use crate::mqtt::history::HistoryRequest;
use crate::mqtt::ids::SessionId;
use crate::mqtt::queued::Settled;
use crate::mqtt::state::{SessionChange, StateEvent};
use crate::mqtt::subscriptions::Granted;

use super::output::Reply;

/// Records for the journal, and what is to be done once it has them.
#[derive(Debug, Default)]
pub(super) struct InboundBatch {
    records: Vec<Record>,
    /// Answers, each with the record that has to be durable first.
    replies: Vec<(At, Reply)>,
    /// Events of one kind are gathered into one record, which stands where the first one came.
    pubrels: Option<(usize, Vec<PacketId>)>,
    pubrecs: Option<(usize, Vec<(PacketId, Offset)>)>,
    pubcomps: Option<(usize, Vec<(PacketId, Offset)>)>,
    settled: Option<(usize, Vec<Settled>)>,
    after: Option<(Option<usize>, AfterBatch)>,
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
pub(super) enum AfterBatch {
    Subscribe(Subscribe, Vec<Checked>),
    Unsubscribe(Unsubscribe),
}

/// One filter of a SUBSCRIBE, checked.
#[derive(Debug)]
pub(super) enum Checked {
    Granted(Granted),
    Refused(ReasonCode),
    /// It is of the past.
    Past(HistoryRequest),
}

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

impl InboundBatch {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.replies.is_empty() && self.after.is_none()
    }

    /// Adds a message; answers with its place.
    pub(super) fn message(&mut self, session: SessionId, message: Message) -> usize {
        if message.qos == Qos::ExactlyOnce {
            self.has_qos2 = true;
            // The packet identifier may just have become free.
            self.close_pubrels(session);
        }
        self.records.push(Record::Message(Arc::new(message)));
        self.records.len() - 1
    }

    pub(super) fn pubrel(&mut self, id: PacketId) -> usize {
        gather(&mut self.records, &mut self.pubrels, id)
    }

    pub(super) fn pubrec(&mut self, id: PacketId, offset: Offset) -> usize {
        gather(&mut self.records, &mut self.pubrecs, (id, offset))
    }

    pub(super) fn pubcomp(&mut self, id: PacketId, offset: Offset) {
        gather(&mut self.records, &mut self.pubcomps, (id, offset));
    }

    pub(super) fn settled(&mut self, settled: Settled) {
        gather(&mut self.records, &mut self.settled, settled);
    }

    /// Adds an event of its own; answers with its place.
    pub(super) fn event(&mut self, event: &StateEvent) -> usize {
        self.records.push(event.record());
        self.records.len() - 1
    }

    pub(super) fn reply(&mut self, at: At, reply: Reply) {
        self.replies.push((at, reply));
    }

    /// The place of the last record.
    pub(super) fn last(&self) -> Option<usize> {
        self.records.len().checked_sub(1)
    }

    pub(super) fn end(&mut self, at: Option<usize>, after: AfterBatch) {
        self.after = Some((at, after));
    }

    fn close_pubrels(&mut self, session: SessionId) {
        if let Some((at, ids)) = self.pubrels.take() {
            let change = SessionChange::PubrelReceived(ids);
            self.records[at] = StateEvent::Session(session, change).record();
        }
    }

    /// Turns what was gathered into records; answers with all of them.
    pub(super) fn close(&mut self, session: SessionId) -> Vec<Record> {
        self.close_pubrels(session);
        let mut put = |at: usize, change| {
            self.records[at] = StateEvent::Session(session, change).record();
        };
        if let Some((at, all)) = self.pubrecs.take() {
            put(at, SessionChange::PubrecReceived(all));
        }
        if let Some((at, all)) = self.pubcomps.take() {
            put(at, SessionChange::PubcompReceived(all));
        }
        if let Some((at, all)) = self.settled.take() {
            put(at, SessionChange::Settled(all));
        }
        std::mem::take(&mut self.records)
    }

    /// The answers, each with what it waits for.
    pub(super) fn take_replies(&mut self) -> Vec<(At, Reply)> {
        std::mem::take(&mut self.replies)
    }

    /// What ends the batch, with the record that it waits for.
    pub(super) fn take_end(&mut self) -> Option<(Option<usize>, AfterBatch)> {
        self.after.take()
    }

    /// Whether there were QoS 2 messages among the records.
    pub(super) fn take_has_qos2(&mut self) -> bool {
        std::mem::take(&mut self.has_qos2)
    }

    /// QoS 0 messages go, since the journal is full, and so do events that nobody waits for: a
    /// subscriber's acknowledgements do not have to wait. Answers with the rest, and how many
    /// messages went.
    pub(super) fn shed(&mut self, records: Vec<Record>) -> (Vec<Record>, u64) {
        let replies = self.replies.iter().filter_map(|(at, _)| match at {
            At::Record(at) => Some(*at),
            At::Once | At::Offset(_) => None,
        });
        let after = self.after.iter().filter_map(|(at, _)| *at);
        let awaited: HashSet<_> = replies.chain(after).collect();
        let mut shed = 0;
        let kept = self.keep(records, |at, record| match record {
            Record::Message(message) if message.qos == Qos::AtMostOnce => {
                shed += 1;
                false
            }
            Record::Session(_) => awaited.contains(&at),
            Record::Message(_) => true,
        });
        (kept, shed)
    }

    /// Messages go that `may` does not let through any more, and their answers say so by `reason`,
    /// or nothing where there is none that the client understands. Answers with the rest, and which
    /// messages went: their QoS and packet identifiers.
    pub(super) fn refuse(
        &mut self,
        records: Vec<Record>,
        reason: ReasonCode,
        may: impl Fn(&Message) -> bool,
    ) -> (Vec<Record>, HashSet<(Qos, u16)>) {
        let mut refused = HashSet::new();
        let kept = self.keep(records, |_, record| match record {
            Record::Message(message) if !may(message) => {
                refused.insert((message.qos, message.packet_id));
                false
            }
            _ => true,
        });
        for (_, reply) in &mut self.replies {
            let (which, said) = match reply {
                Reply::PubAck(id, said) => ((Qos::AtLeastOnce, id.get()), said),
                Reply::PubRec(id, said) => ((Qos::ExactlyOnce, id.get()), said),
                _ => continue,
            };
            if refused.contains(&which) {
                *said = reason;
            }
        }
        (kept, refused)
    }

    /// The records for which `is_kept` says so. What waits for another one waits for nothing but
    /// what was before it.
    fn keep(
        &mut self,
        records: Vec<Record>,
        mut is_kept: impl FnMut(usize, &Record) -> bool,
    ) -> Vec<Record> {
        let mut places = Vec::with_capacity(records.len());
        let mut kept = Vec::new();
        for (at, record) in records.into_iter().enumerate() {
            let place = is_kept(at, &record).then_some(kept.len());
            places.push(place);
            if place.is_some() {
                kept.push(record);
            }
        }
        for (at, _) in &mut self.replies {
            if let At::Record(place) = at {
                *at = places[*place].map_or(At::Once, At::Record);
            }
        }
        if let Some((at, _)) = &mut self.after {
            *at = at.and_then(|at| places[at]);
        }
        kept
    }
}
