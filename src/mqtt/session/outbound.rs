//! From the broker to one client: what waits, and what is in flight.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::message::{Offset, Qos, Topic};
use crate::mqtt::backlog::Backlog;
use crate::mqtt::batch_memory::{BatchMemory, SmallMessage};
use crate::mqtt::expiry::has_expired;
use crate::mqtt::ids::{GroupId, SessionId};
use crate::mqtt::memory::{ClientMemory, HeldMemory, UNCOUNTED_BYTES};
use crate::mqtt::queued::{HeldMessage, Queued, Settled, Via, bytes_of, insert_in_order};
use crate::mqtt::saving::SavedRows;
use crate::mqtt::state::InFlightRow;

use super::delivery::{Bounds, Budget, Delivery, Gate, Outgoing, TakeOutcome};
use super::in_flight::InFlight;

/// Which share of what may wait makes a session crowded: the rest is for what publishers have on
/// their way when they are asked to wait.
const CROWDED_SHARE: usize = 4;

/// What one session has still to get.
#[derive(Debug)]
pub(crate) struct Outbound {
    /// Whether the session is kept on disk.
    is_kept: bool,
    /// For messages in memory.
    memory: ClientMemory,
    /// QoS 0, only while connected, and what it takes in memory.
    quick: VecDeque<Queued>,
    quick_bytes: usize,
    /// QoS 1 and 2 that have not been sent.
    pub(super) backlog: Backlog,
    /// QoS 1 and 2 that have been sent and not acknowledged.
    pub(super) in_flight: InFlight,
}

impl Outbound {
    pub(super) fn new(owner: SessionId, is_kept: bool, memory: &ClientMemory) -> Self {
        Self {
            is_kept,
            memory: memory.deliveries(),
            quick: VecDeque::new(),
            quick_bytes: 0,
            backlog: Backlog::new(owner.into(), memory),
            in_flight: InFlight::new(owner),
        }
    }

    /// Whether the session is kept on disk from now on.
    pub(super) fn keep(&mut self, is_kept: bool) {
        self.is_kept = is_kept;
    }

    /// How many messages wait, how many are in flight, and what is held of them in memory.
    pub(crate) fn extent(&self) -> (usize, usize, usize) {
        let waiting = self.quick.len() + self.backlog.len();
        (waiting, self.in_flight.places(), self.bytes())
    }

    fn bytes(&self) -> usize {
        self.quick_bytes + self.backlog.bytes() + self.in_flight.bytes()
    }

    /// Whether a QoS 0 message would be taken in.
    pub(super) fn has_quick_room(&self, entry: &Queued, bounds: Bounds) -> bool {
        self.quick.is_empty() || self.bytes() + entry.bytes() <= bounds.bytes
    }

    /// Whether so much waits at QoS 0 that more might soon have to be dropped.
    pub(super) fn is_crowded(&self, bounds: Bounds) -> bool {
        self.quick_bytes > bounds.bytes / CROWDED_SHARE
    }

    /// Counts what comes now, if it will have to wait.
    pub(super) fn count_together(
        &self,
        small: impl Iterator<Item = SmallMessage> + Clone,
        memory: &mut BatchMemory,
    ) {
        memory.count_together(small, self.bytes(), &self.memory);
    }

    /// Whether there is memory for the message of `entry`; `once` is what it takes already on account
    /// of others that it waits for.
    fn count(&self, entry: &mut Queued, once: &mut Option<Arc<HeldMemory>>) -> bool {
        let bytes = self.bytes() + entry.bytes();
        match &mut entry.message {
            Some(message) if entry.via != Via::Retained && bytes > UNCOUNTED_BYTES => {
                message.count(&self.memory, once)
            }
            _ => true,
        }
    }

    /// Takes in one more message; answers how many messages had to be dropped for it.
    pub(crate) fn push(
        &mut self,
        mut entry: Queued,
        is_online: bool,
        bounds: Bounds,
        once: &mut Option<Arc<HeldMemory>>,
    ) -> u64 {
        let bytes = entry.bytes();
        let fits = self.bytes() + bytes <= bounds.bytes;
        if entry.qos == Qos::AtMostOnce {
            if !is_online {
                return 0;
            }
            // One message may come into an empty queue, however large it is.
            let is_one_too_many = !fits && bytes > 0 && !self.quick.is_empty();
            if is_one_too_many || !self.count(&mut entry, once) {
                return 1;
            }
            self.quick_bytes += bytes;
            insert_in_order(&mut self.quick, entry);
            return 0;
        }
        if !is_online || !fits || !self.count(&mut entry, once) {
            entry.unload();
        }
        entry.saved = false;
        let dropped = self.backlog.push(entry);
        if self.backlog.len() <= bounds.messages {
            return dropped;
        }
        self.backlog.drop_front();
        dropped + 1
    }

    /// Moves what can be sent now into `out`.
    pub(crate) fn take(&mut self, out: &mut Vec<Outgoing>, budget: &mut Budget) -> TakeOutcome {
        let mut outcome = TakeOutcome::default();
        let in_flight = &mut self.in_flight;
        let is_resent = in_flight.resend(self.is_kept, out, budget, &mut outcome);
        loop {
            if budget.bytes == 0 {
                let has_sure = !self.backlog.is_empty() && !outcome.load;
                outcome.more = !self.quick.is_empty() || has_sure;
                return outcome;
            }
            let may_send = is_resent && self.in_flight.has_room(budget.window) && !outcome.load;
            let sure = self.backlog.front().filter(|_| may_send);
            let sure = sure.map(|entry| entry.offset);
            let quick = self.quick.front().map(|entry| entry.offset);
            match (quick, sure) {
                (None, None) => return outcome,
                (Some(quick), sure) if sure.is_none_or(|sure| quick < sure) => {
                    self.take_quick(out, budget, &mut outcome);
                }
                _ => self.take_sure(out, budget, &mut outcome),
            }
        }
    }

    fn take_quick(
        &mut self,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
        outcome: &mut TakeOutcome,
    ) {
        let Some(entry) = self.quick.pop_front() else {
            return;
        };
        self.quick_bytes -= entry.bytes();
        let Some(message) = entry.message else { return };
        if has_expired(&message, budget.now) {
            outcome.expired += 1;
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
            via: entry.via,
        }));
    }

    fn take_sure(
        &mut self,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
        outcome: &mut TakeOutcome,
    ) {
        let Some(message) = self.backlog.front().map(|entry| entry.message.clone()) else {
            return;
        };
        let Some(message) = message else {
            outcome.load = true;
            return;
        };
        if has_expired(&message, budget.now) {
            self.backlog.drop_front();
            // Its identifier goes with it, as with other brokers: clients can see the gap.
            self.in_flight.next_id();
            outcome.expired += 1;
            return;
        }
        if let Some(entry) = self.backlog.pass_on() {
            self.send(entry, &message, out, budget);
        }
    }

    /// Gives a message a packet identifier and sends it for the first time.
    pub(super) fn send(
        &mut self,
        mut entry: Queued,
        message: &HeldMessage,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
    ) {
        let Some(id) = self.in_flight.next_id() else {
            self.backlog.take_back(entry);
            budget.bytes = 0;
            return;
        };
        budget.bytes = budget.bytes.saturating_sub(bytes_of(message));
        let is_recorded = entry.qos == Qos::ExactlyOnce && self.is_kept;
        out.push(Outgoing::Publish(Delivery {
            message: message.clone(),
            qos: entry.qos,
            retain: entry.retain,
            dup: false,
            id: Some(id),
            ids: entry.ids.clone(),
            gate: if is_recorded {
                Gate::Unrecorded
            } else {
                Gate::Open
            },
            via: entry.via,
        }));
        entry.unload_counted();
        self.in_flight.send(id, entry, budget.now_s);
    }

    /// How many messages of QoS 1 and 2 could be sent at once beside those that wait.
    pub(crate) fn room(&self, window: u16) -> usize {
        let taken = self.in_flight.places() + self.backlog.len();
        usize::from(window).saturating_sub(taken)
    }

    /// Makes ready for a new connection: what was in flight is sent again in its order.
    pub(crate) fn resume(&mut self) {
        self.in_flight.resume();
        self.backlog.resume();
    }

    /// Lets go of messages, since memory is short: those that the journal has too, and the older half
    /// of what waits at QoS 0. Answers how many were dropped.
    pub(crate) fn relieve(&mut self) -> u64 {
        self.backlog.unload();
        if self.quick_bytes <= UNCOUNTED_BYTES {
            return 0;
        }
        let (half, before) = (self.quick_bytes / 2, self.quick.len());
        while self.quick_bytes > half
            && let Some(entry) = self.quick.pop_front()
        {
            self.quick_bytes -= entry.bytes();
        }
        (before - self.quick.len()) as u64
    }

    /// The connection is over: QoS 0 goes, and the rest stays by its offset only.
    pub(crate) fn pause(&mut self) {
        self.quick = VecDeque::new();
        self.quick_bytes = 0;
        self.in_flight.pause();
        self.backlog.pause();
    }

    /// Takes back what of a group's messages the client has not acknowledged and other members
    /// may have, in their order: everything but what is in flight at QoS 2 [MQTT-4.8.2-4].
    pub(super) fn give_back(&mut self, group: GroupId) -> Vec<Queued> {
        let mut back = self.in_flight.give_back(group);
        let waiting = self
            .backlog
            .remove_all(|entry| entry.via == Via::Share(group));
        back.extend(waiting);
        back.sort_by_key(|entry| entry.offset);
        back
    }

    /// The offsets that have to be read from the journal before anything more can be sent,
    /// ascending.
    pub(crate) fn wanted(&self, most: usize) -> Vec<Offset> {
        let mut wanted: Vec<_> = self
            .in_flight
            .to_resend()
            .chain(self.backlog.at_hand())
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
    pub(crate) fn fill(&mut self, wanted: &[Offset], found: &[HeldMessage], until: Offset) -> u64 {
        let find = |entry: &Queued| {
            let offset = entry.offset;
            match found.binary_search_by_key(&offset, |message| message.offset) {
                Ok(at) => Ok(Some(found[at].clone())),
                Err(_) if offset < until && wanted.binary_search(&offset).is_ok() => Err(()),
                Err(_) => Ok(None),
            }
        };
        let lost = self.in_flight.fill(find);
        let lost_waiting = self.backlog.retain_below(until, |entry| {
            if entry.message.is_some() {
                return true;
            }
            match find(entry) {
                Ok(message) => {
                    entry.message = message;
                    true
                }
                Err(()) => false,
            }
        });
        lost + lost_waiting
    }

    /// Drops what waits at QoS 0 and the client may not read.
    pub(crate) fn drop_quick(&mut self, may_read: impl Fn(&Topic) -> bool) {
        let is_for = |entry: &Queued| {
            let message = entry.message.as_ref();
            message.is_some_and(|message| may_read(&message.topic))
        };
        self.quick.retain(is_for);
        self.quick_bytes = self.quick.iter().map(Queued::bytes).sum();
    }

    /// Which of the messages at hand that have not been sent the client may not read.
    pub(crate) fn not_for(&self, may_read: impl Fn(&Topic) -> bool) -> Vec<Offset> {
        let messages = self.backlog.at_hand();
        messages
            .filter_map(|entry| entry.message.as_ref())
            .filter(|message| !may_read(&message.topic))
            .map(|message| message.offset)
            .collect()
    }

    /// Takes out what the client may not read; answers with what other members of a share group may
    /// have. Those are not offered to this one again.
    pub(crate) fn withhold(&mut self, offsets: &[Offset]) -> Vec<Queued> {
        let is_one = |offset| offsets.binary_search(&offset).is_ok();
        self.in_flight.withhold(is_one);
        let mut withheld = self.backlog.remove_all(|entry| is_one(entry.offset));
        withheld.retain(|entry| matches!(entry.via, Via::Share(_)));
        withheld.retain(|entry| self.in_flight.refuse(entry.name()));
        withheld
    }

    /// The oldest offset that has still to be read from the journal.
    pub(crate) fn oldest(&self) -> Option<Offset> {
        let waiting = self.backlog.front();
        let waiting = waiting.filter(|entry| entry.via != Via::Retained);
        let offsets = waiting.map(|entry| entry.offset);
        self.in_flight.offsets().chain(offsets).min()
    }

    /// Puts a message back that the state file or the journal had.
    pub(crate) fn restore(&mut self, entry: Queued) {
        self.backlog.push(entry);
    }

    /// Puts a message in flight again, under the packet identifier that it had.
    pub(crate) fn restore_in_flight(&mut self, row: &InFlightRow, entry: Queued) {
        if let Some(known) = self.in_flight.restore(row, entry) {
            self.backlog.push(known);
        }
    }

    /// Takes a message out of what waits or is in flight.
    pub(crate) fn remove(&mut self, name: Settled) -> Option<Queued> {
        match self.in_flight.find(name) {
            Some(id) => self.in_flight.settle(id),
            None => self.backlog.remove(name),
        }
    }

    /// The state file has a row in vain.
    pub(crate) fn remove_row(&mut self, name: Settled) {
        self.backlog.remove_row(name);
    }

    /// What the state file has to be told of messages below `until`.
    pub(super) fn save(&mut self, until: Offset) -> SavedRows {
        let mut rows = SavedRows::default();
        self.in_flight.save(until, &mut rows);
        self.backlog.save(until, &mut rows);
        rows
    }
}
