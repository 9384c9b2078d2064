//! From the broker to one client: the queue, what is in flight, and its packet identifiers.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::message::{Message, Offset, Qos, Timestamp};
use crate::mqtt::codec::PacketId;
use crate::mqtt::state::RowKey;

use super::queue::{
    Delivery, Gate, Inflight, Outgoing, Queued, Stage, Via, bytes_of, insert_in_order,
};

/// How much of everything one session may have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Messages that wait.
    pub(crate) messages: usize,
    /// Bytes of those that are in memory.
    pub(crate) bytes: usize,
}

/// What one session has still to get.
#[derive(Debug, Default)]
pub(crate) struct Outbound {
    /// The number of the session, for its rows.
    pub(super) owner: u64,
    /// Whether it is kept on disk.
    pub(super) persistent: bool,
    /// QoS 0, only while connected.
    quick: VecDeque<Queued>,
    /// QoS 1 and 2 that have not been sent, by offset.
    pub(super) queue: VecDeque<Queued>,
    /// Sent and not acknowledged.
    pub(super) inflight: HashMap<PacketId, Inflight, foldhash::fast::RandomState>,
    /// What of `inflight` is to be sent again on this connection, before anything else.
    pub(super) resend: VecDeque<PacketId>,
    /// What of `inflight` others have got: which message, of which group.
    pub(super) given_away: HashSet<(Offset, u64)>,
    /// Bytes of the messages in memory.
    bytes: usize,
    /// Places taken of the receiver's Receive Maximum.
    used: usize,
    last_id: u16,
    pub(super) order: u64,
    /// Entries of the queue and in flight that have no row in the local state yet.
    pub(super) unsaved: usize,
    /// Rows whose entries are no more.
    pub(super) removed: Vec<RowKey>,
    /// Whether what is in flight has changed since it was saved.
    pub(super) changed: bool,
}

/// What [`Outbound::take`] came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Taken {
    /// There is more that could be sent at once.
    pub(crate) more: bool,
    /// What comes next has to be read from the journal.
    pub(crate) load: bool,
    /// Messages that had expired.
    pub(crate) expired: u64,
}

/// What bounds one [`Outbound::take`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// Bytes of messages.
    pub(crate) bytes: usize,
    /// The receiver's Receive Maximum.
    pub(crate) window: u16,
    /// The time of day.
    pub(crate) now: Timestamp,
    /// The broker's clock.
    pub(crate) now_s: u32,
}

impl Outbound {
    /// For the session of that number.
    pub(super) fn new(owner: u64, persistent: bool) -> Self {
        Self {
            owner,
            persistent,
            ..Self::default()
        }
    }

    /// Takes in one more message; answers how many messages had to be dropped for it.
    pub(crate) fn push(&mut self, mut entry: Queued, online: bool, bounds: Bounds) -> u64 {
        let bytes = entry.bytes();
        if entry.qos == Qos::AtMostOnce {
            if !online {
                return 0;
            }
            if self.bytes + bytes > bounds.bytes && bytes > 0 {
                return 1;
            }
            self.bytes += bytes;
            insert_in_order(&mut self.quick, entry);
            return 0;
        }
        if !online || self.bytes + bytes > bounds.bytes {
            if !matches!(entry.via, Via::Retained) {
                entry.message = None;
            }
        } else {
            self.bytes += bytes;
        }
        entry.saved = false;
        self.unsaved += 1;
        insert_in_order(&mut self.queue, entry);
        if self.queue.len() <= bounds.messages {
            return 0;
        }
        if let Some(oldest) = self.queue.pop_front() {
            self.forget(&oldest);
        }
        1
    }

    /// Moves what can be sent now into `out`.
    pub(crate) fn take(&mut self, out: &mut Vec<Outgoing>, budget: &mut Budget) -> Taken {
        let mut taken = Taken::default();
        let resent = self.resend(out, budget, &mut taken);
        loop {
            if budget.bytes == 0 {
                taken.more = !self.quick.is_empty() || (!self.queue.is_empty() && !taken.load);
                return taken;
            }
            let window_left = self.used < usize::from(budget.window);
            let sure = self
                .queue
                .front()
                .filter(|_| resent && window_left && !taken.load)
                .map(|entry| entry.offset);
            let quick = self.quick.front().map(|entry| entry.offset);
            match (quick, sure) {
                (None, None) => return taken,
                (Some(quick), sure) if sure.is_none_or(|sure| quick < sure) => {
                    self.take_quick(out, budget, &mut taken);
                }
                _ => self.take_sure(out, budget, &mut taken),
            }
        }
    }

    fn take_quick(&mut self, out: &mut Vec<Outgoing>, budget: &mut Budget, taken: &mut Taken) {
        let Some(entry) = self.quick.pop_front() else {
            return;
        };
        let bytes = entry.bytes();
        self.bytes -= bytes;
        let Some(message) = entry.message else { return };
        if has_expired(&message, budget.now) {
            taken.expired += 1;
            return;
        }
        budget.bytes = budget.bytes.saturating_sub(bytes_of(&message));
        out.push(Outgoing::Publish(Delivery {
            message,
            qos: entry.qos,
            retain: entry.retain,
            dup: false,
            id: None,
            ids: entry.ids,
            gate: Gate::Open,
            via: 0,
        }));
    }

    fn take_sure(&mut self, out: &mut Vec<Outgoing>, budget: &mut Budget, taken: &mut Taken) {
        let Some(entry) = self.queue.pop_front() else {
            return;
        };
        let Some(message) = entry.message.clone() else {
            self.queue.push_front(entry);
            taken.load = true;
            return;
        };
        if has_expired(&message, budget.now) {
            self.forget(&entry);
            // Its identifier goes with it, as with other brokers: clients can see the gap.
            self.next_id();
            taken.expired += 1;
            return;
        }
        self.send(entry, &message, out, budget);
    }

    /// Gives a message a packet identifier and sends it for the first time.
    pub(super) fn send(
        &mut self,
        entry: Queued,
        message: &Arc<Message>,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
    ) {
        let Some(id) = self.next_id() else {
            self.queue.push_front(entry);
            budget.bytes = 0;
            return;
        };
        budget.bytes = budget.bytes.saturating_sub(bytes_of(message));
        let record = entry.qos == Qos::ExactlyOnce && self.persistent;
        out.push(Outgoing::Publish(Delivery {
            message: Arc::clone(message),
            qos: entry.qos,
            retain: entry.retain,
            dup: false,
            id: Some(id),
            ids: entry.ids.clone(),
            gate: if record { Gate::Unrecorded } else { Gate::Open },
            via: entry.via.number(),
        }));
        self.used += 1;
        self.order += 1;
        self.changed = true;
        self.inflight.insert(
            id,
            Inflight {
                entry,
                stage: Stage::Sent,
                order: self.order,
                counted: true,
                recorded: None,
                sent_s: budget.now_s,
            },
        );
    }

    /// Sends again what was in flight when the last connection ended; false while that is not
    /// done, since what comes after it has to wait.
    fn resend(&mut self, out: &mut Vec<Outgoing>, budget: &mut Budget, taken: &mut Taken) -> bool {
        while let Some(&id) = self.resend.front() {
            let Some(inflight) = self.inflight.get_mut(&id) else {
                self.resend.pop_front();
                continue;
            };
            match inflight.stage {
                Stage::GivenAway => {}
                Stage::Released => out.push(Outgoing::Release(id)),
                Stage::Sent => {
                    if self.used >= usize::from(budget.window) || budget.bytes == 0 {
                        taken.more = self.used < usize::from(budget.window);
                        return false;
                    }
                    let Some(message) = inflight.entry.message.clone() else {
                        taken.load = true;
                        return false;
                    };
                    budget.bytes = budget.bytes.saturating_sub(bytes_of(&message));
                    self.used += 1;
                    inflight.counted = true;
                    inflight.sent_s = budget.now_s;
                    let record = inflight.entry.qos == Qos::ExactlyOnce && self.persistent;
                    out.push(Outgoing::Publish(Delivery {
                        message,
                        qos: inflight.entry.qos,
                        retain: inflight.entry.retain,
                        dup: true,
                        id: Some(id),
                        ids: inflight.entry.ids.clone(),
                        gate: match inflight.recorded {
                            _ if !record => Gate::Open,
                            Some(offset) => Gate::At(offset),
                            None => Gate::Unrecorded,
                        },
                        via: inflight.entry.via.number(),
                    }));
                }
            }
            self.resend.pop_front();
        }
        true
    }

    /// How many messages of QoS 1 and 2 could be sent at once beside those that wait.
    pub(crate) fn room(&self, window: u16) -> usize {
        let taken = self.used.max(self.inflight.len()) + self.queue.len();
        usize::from(window).saturating_sub(taken)
    }

    /// Forgets an entry that has left the queue, and what was in flight.
    pub(super) fn forget(&mut self, entry: &Queued) {
        self.bytes -= entry.bytes();
        if entry.saved {
            self.removed.push(entry.row(self.owner));
        } else {
            self.unsaved -= 1;
        }
    }

    /// Takes an entry out of what is in flight, and frees its packet identifier.
    pub(super) fn settle(&mut self, id: PacketId) -> Option<Inflight> {
        let inflight = self.inflight.remove(&id)?;
        if inflight.counted {
            self.used = self.used.saturating_sub(1);
        }
        match inflight.stage {
            Stage::Sent => self.forget(&inflight.entry),
            Stage::GivenAway => {
                let Queued { offset, via, .. } = &inflight.entry;
                self.given_away.remove(&(*offset, via.number()));
            }
            Stage::Released => {}
        }
        self.changed = true;
        Some(inflight)
    }

    /// PUBREC was received: the message is no longer needed, its packet identifier still is.
    pub(super) fn release(&mut self, id: PacketId) {
        let Some(inflight) = self.inflight.get_mut(&id) else {
            return;
        };
        if inflight.stage != Stage::Sent {
            return;
        }
        inflight.stage = Stage::Released;
        let entry = inflight.entry.clone();
        inflight.entry.message = None;
        inflight.entry.via = Via::Subscription;
        self.forget(&entry);
        self.changed = true;
    }

    /// Makes ready for a new connection: what was in flight is sent again in its order.
    pub(crate) fn resume(&mut self) {
        let mut ids: Vec<_> = self
            .inflight
            .iter()
            .map(|(id, it)| (it.order, *id))
            .collect();
        ids.sort_unstable();
        self.resend = ids.into_iter().map(|(_, id)| id).collect();
        self.used = 0;
    }

    /// The connection is over: QoS 0 goes, and the rest stays by its offset only.
    pub(crate) fn pause(&mut self) {
        self.quick = VecDeque::new();
        self.resend = VecDeque::new();
        self.used = 0;
        self.inflight
            .retain(|_, inflight| inflight.stage != Stage::GivenAway);
        self.given_away = HashSet::new();
        for inflight in self.inflight.values_mut() {
            inflight.counted = false;
        }
        let entries = self
            .inflight
            .values_mut()
            .map(|inflight| &mut inflight.entry)
            .chain(&mut self.queue);
        for entry in entries {
            if !matches!(entry.via, Via::Retained) {
                entry.message = None;
            }
        }
        self.queue.shrink_to_fit();
        self.bytes = 0;
    }

    /// The offsets that have to be read from the journal before anything more can be sent,
    /// ascending.
    pub(crate) fn wanted(&self, most: usize) -> Vec<Offset> {
        let resend = self.resend.iter().filter_map(|id| {
            let inflight = self.inflight.get(id)?;
            (inflight.stage == Stage::Sent).then_some(&inflight.entry)
        });
        let mut wanted: Vec<_> = resend
            .chain(&self.queue)
            .take(most)
            .filter(|entry| entry.message.is_none())
            .map(|entry| entry.offset)
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// Takes in what was read from the journal, ascending. What is below `until` and was wanted
    /// but is not among it is lost: the journal has it no more. Answers how many those are.
    pub(crate) fn fill(&mut self, wanted: &[Offset], found: &[Arc<Message>], until: Offset) -> u64 {
        let mut lost_ids = Vec::new();
        let find = |offset: Offset| {
            found
                .binary_search_by_key(&offset, |message| message.offset)
                .ok()
                .map(|at| Arc::clone(&found[at]))
        };
        for (id, inflight) in &mut self.inflight {
            let entry = &mut inflight.entry;
            if inflight.stage != Stage::Sent || entry.message.is_some() {
                continue;
            }
            entry.message = find(entry.offset);
            self.bytes += entry.bytes();
            if entry.message.is_none()
                && entry.offset < until
                && wanted.binary_search(&entry.offset).is_ok()
            {
                lost_ids.push(*id);
            }
        }
        let mut lost = lost_ids.len() as u64;
        for id in lost_ids {
            // A packet identifier that the client may have seen is given back in the proper way.
            if self
                .inflight
                .get(&id)
                .is_some_and(|it| it.entry.qos == Qos::ExactlyOnce)
            {
                self.release(id);
            } else {
                self.settle(id);
            }
        }
        let mut missing = Vec::new();
        for (at, entry) in self.queue.iter_mut().enumerate() {
            if entry.offset >= until {
                break;
            }
            if entry.message.is_some() || wanted.binary_search(&entry.offset).is_err() {
                continue;
            }
            entry.message = find(entry.offset);
            self.bytes += entry.bytes();
            if entry.message.is_none() {
                missing.push(at);
            }
        }
        lost += missing.len() as u64;
        for at in missing.into_iter().rev() {
            if let Some(entry) = self.queue.remove(at) {
                self.forget(&entry);
            }
        }
        lost
    }

    /// The oldest offset that has still to be read from the journal.
    pub(crate) fn oldest(&self) -> Option<Offset> {
        self.inflight
            .values()
            .filter(|inflight| inflight.stage == Stage::Sent)
            .map(|inflight| &inflight.entry)
            .chain(self.queue.front())
            .filter(|entry| !matches!(entry.via, Via::Retained))
            .map(|entry| entry.offset)
            .min()
    }

    /// The next packet identifier that is not taken.
    fn next_id(&mut self) -> Option<PacketId> {
        if self.inflight.len() >= usize::from(u16::MAX) {
            return None;
        }
        loop {
            self.last_id = self.last_id.wrapping_add(1);
            match PacketId::new(self.last_id) {
                Some(id) if !self.inflight.contains_key(&id) => return Some(id),
                _ => {}
            }
        }
    }
}

/// Whether the time for which the message may be delivered is over.
pub(crate) fn has_expired(message: &Message, now: Timestamp) -> bool {
    expires_at(message).is_some_and(|at| at <= now)
}

/// When the time for which the message may be delivered is over; `None` where it never is.
pub(crate) fn expires_at(message: &Message) -> Option<Timestamp> {
    let expiry_s = message.properties.as_ref()?.message_expiry_s?;
    let expiry = i64::from(expiry_s) * 1_000_000;
    Some(Timestamp(message.received_at.0.saturating_add(expiry)))
}
