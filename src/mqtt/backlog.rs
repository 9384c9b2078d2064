//! What waits for a session or a share group.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::message::Offset;

use super::ids::OwnerId;
use super::memory::{ClientMemory, HeldMemory};
use super::packed::{CHUNK_BYTES, Packed};
use super::queued::{Queued, Settled, Via, insert_in_order};
use super::saving::{SavedRows, Saving};

/// How many entries are at hand while nobody is connected; the others are packed.
const AT_HAND_OFFLINE: usize = 32;
/// And how many while somebody is, so that much can be read from the journal in one go.
const AT_HAND_ONLINE: usize = 1024;

/// Messages of QoS 1 and 2 that wait, in the journal's order.
///
/// Those with their messages in memory are at hand, and the first of the others; what waits behind
/// them is packed.
#[derive(Debug)]
pub(crate) struct Backlog {
    at_hand: VecDeque<Queued>,
    packed: Packed,
    /// Bytes of the messages in memory.
    bytes: usize,
    is_online: bool,
    saving: Saving,
    memory: HeldMemory,
}

impl Backlog {
    pub(crate) fn new(owner: OwnerId, memory: &ClientMemory) -> Self {
        Self {
            at_hand: VecDeque::new(),
            packed: Packed::default(),
            bytes: 0,
            is_online: false,
            saving: Saving::new(owner),
            memory: memory.held(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.at_hand.len() + self.packed.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Those that are at hand: some of the first.
    pub(crate) fn at_hand(&self) -> impl Iterator<Item = &Queued> {
        self.at_hand.iter()
    }

    /// The oldest.
    pub(crate) fn front(&self) -> Option<&Queued> {
        self.at_hand.front()
    }

    /// The one at that place from the front.
    pub(crate) fn get(&mut self, at: usize) -> Option<&Queued> {
        while at >= self.at_hand.len() && !self.packed.is_empty() {
            self.unpack_some();
        }
        self.at_hand.get(at)
    }

    /// Takes an entry in, at its place; answers how many of the oldest had to be dropped, since
    /// there was no memory for more.
    pub(crate) fn push(&mut self, entry: Queued) -> u64 {
        self.saving.came(&entry);
        let goes_before = |last: &Queued| entry.offset < last.offset;
        let fits = self.packed.is_empty()
            && (entry.message.is_some() || self.at_hand.len() < self.at_hand_min());
        if fits || self.at_hand.back().is_some_and(goes_before) {
            self.bytes += entry.bytes();
            insert_in_order(&mut self.at_hand, entry);
            return 0;
        }
        // What was retained may be gone from the journal: it has to stay at hand.
        if entry.via == Via::Retained && entry.message.is_some() {
            self.at_hand.extend(self.packed.remove_all(|_| true));
            insert_in_order(&mut self.at_hand, entry);
            return 0;
        }
        self.packed.push(entry);
        let bytes = self.packed.bytes();
        if bytes <= self.memory.bytes() || self.memory.try_resize(bytes + CHUNK_BYTES) {
            return 0;
        }
        self.memory.refused();
        u64::from(self.drop_front().is_some())
    }

    fn at_hand_min(&self) -> usize {
        if self.is_online {
            AT_HAND_ONLINE
        } else {
            AT_HAND_OFFLINE
        }
    }

    fn unpack_some(&mut self) {
        self.at_hand.extend(self.packed.pop_front());
        self.memory.resize(self.packed.bytes());
    }

    /// Sees to it that enough is at hand.
    fn refill(&mut self) {
        while self.at_hand.len() < self.at_hand_min() && !self.packed.is_empty() {
            self.unpack_some();
        }
    }

    /// Takes an entry out that is to go on: whoever gets it looks after its row.
    pub(crate) fn pass_on(&mut self) -> Option<Queued> {
        let entry = self.at_hand.pop_front()?;
        self.bytes -= entry.bytes();
        self.saving.passed_on(&entry);
        self.refill();
        Some(entry)
    }

    /// Takes an entry back that was to go on.
    pub(crate) fn take_back(&mut self, entry: Queued) {
        self.bytes += entry.bytes();
        self.saving.came(&entry);
        self.at_hand.push_front(entry);
    }

    /// Takes out the oldest, which is over.
    pub(crate) fn drop_front(&mut self) -> Option<Queued> {
        self.drop_at(0)
    }

    /// Takes out the one at that place, which is at hand and over.
    pub(crate) fn drop_at(&mut self, at: usize) -> Option<Queued> {
        let entry = self.at_hand.remove(at)?;
        self.bytes -= entry.bytes();
        self.saving.is_over(&entry);
        self.refill();
        Some(entry)
    }

    /// Takes out a certain one, which is over.
    pub(crate) fn remove(&mut self, name: Settled) -> Option<Queued> {
        let start = self
            .at_hand
            .partition_point(|entry| entry.offset < name.offset);
        let at = (start..self.at_hand.len())
            .take_while(|at| self.at_hand[*at].offset == name.offset)
            .find(|at| self.at_hand[*at].via == name.via);
        if let Some(at) = at {
            return self.drop_at(at);
        }
        let entry = self.packed.remove(name.offset, name.via)?;
        self.memory.resize(self.packed.bytes());
        self.saving.is_over(&entry);
        Some(entry)
    }

    /// Takes out all that `is_wanted`, in their order; they are over.
    pub(crate) fn remove_all(&mut self, is_wanted: impl Fn(&Queued) -> bool) -> Vec<Queued> {
        let (mut wanted, kept) = std::mem::take(&mut self.at_hand)
            .into_iter()
            .partition::<Vec<_>, _>(&is_wanted);
        self.at_hand = kept.into();
        for entry in &wanted {
            self.bytes -= entry.bytes();
        }
        wanted.extend(self.packed.remove_all(is_wanted));
        for entry in &wanted {
            self.saving.is_over(entry);
        }
        self.memory.resize(self.packed.bytes());
        self.refill();
        wanted
    }

    /// Lets `change` at each entry at hand below `until`, in their order; those for which it
    /// answers `false` are over. Answers with how many those are.
    pub(crate) fn retain_below(
        &mut self,
        until: Offset,
        mut change: impl FnMut(&mut Queued) -> bool,
    ) -> u64 {
        let mut over = Vec::new();
        for (at, entry) in self.at_hand.iter_mut().enumerate() {
            if entry.offset >= until {
                break;
            }
            let before = entry.bytes();
            if !change(entry) {
                over.push(at);
            }
            self.bytes = self.bytes - before + entry.bytes();
        }
        for at in over.iter().rev() {
            self.drop_at(*at);
        }
        over.len() as u64
    }

    /// Somebody is connected: much is to be at hand.
    pub(crate) fn resume(&mut self) {
        self.is_online = true;
        self.refill();
    }

    /// Lets go of every message that the journal has too.
    pub(crate) fn unload(&mut self) {
        self.at_hand.iter_mut().for_each(Queued::unload);
        self.bytes = 0;
    }

    /// Nobody is connected: lets go of every message that the journal has too, and packs what can
    /// be packed.
    pub(crate) fn pause(&mut self) {
        self.is_online = false;
        self.unload();
        let holds = |entry: &Queued| entry.message.is_some();
        let held = self.at_hand.iter().rposition(holds);
        let kept = AT_HAND_OFFLINE.max(held.map_or(0, |at| at + 1));
        if self.at_hand.len() > kept {
            let rest: Vec<_> = self.at_hand.drain(kept..).collect();
            self.packed.push_front(&rest);
            self.memory.resize(self.packed.bytes());
        }
        self.at_hand.shrink_to_fit();
    }

    /// The state file has a row in vain.
    pub(crate) fn remove_row(&mut self, name: Settled) {
        self.saving.remove_row(name);
    }

    /// Adds to `rows` what the state file has to be told.
    pub(crate) fn save(&mut self, until: Offset, rows: &mut SavedRows) {
        if self.saving.has_unsaved() {
            let saved = self.packed.save(until);
            self.saving.saved(saved.len());
            rows.put.extend(saved);
        }
        let newest_first = self.at_hand.iter_mut().rev();
        self.saving.save(newest_first, until, rows);
    }
}
