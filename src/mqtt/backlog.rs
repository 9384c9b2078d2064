//! What waits for a session or a share group, and which of it the state file has.

use std::collections::VecDeque;

use crate::message::Offset;

use super::ids::OwnerId;
use super::memory::{ClientMemory, Held};
use super::packed::{CHUNK_BYTES, Packed};
use super::queued::{Queued, Settled, Via, insert_in_order};
use super::state::RowKey;

/// What the state file has, and lacks, of somebody's messages.
#[derive(Debug)]
pub(crate) struct Saving {
    owner: OwnerId,
    /// Entries that have no row yet.
    unsaved: usize,
    /// Rows whose entries are no more.
    removed: Vec<RowKey>,
}

/// What the state file has to be told of somebody's messages.
#[derive(Debug, Default)]
pub(crate) struct SavedRows {
    /// Messages that wait and have no row yet.
    pub(crate) put: Vec<Queued>,
    /// Rows of messages that wait no more.
    pub(crate) removed: Vec<RowKey>,
}

impl Saving {
    pub(crate) fn new(owner: OwnerId) -> Self {
        Self {
            owner,
            unsaved: 0,
            removed: Vec::new(),
        }
    }

    pub(crate) fn came(&mut self, entry: &Queued) {
        self.unsaved += usize::from(!entry.saved);
    }

    /// An entry went on to somebody who looks after its row from now on.
    pub(crate) fn passed_on(&mut self, entry: &Queued) {
        self.unsaved -= usize::from(!entry.saved);
    }

    /// An entry is no more.
    pub(crate) fn is_over(&mut self, entry: &Queued) {
        if entry.saved {
            self.remove_row(entry.name());
        } else {
            self.unsaved -= 1;
        }
    }

    /// The state file has a row in vain.
    pub(crate) fn remove_row(&mut self, name: Settled) {
        self.removed.push(RowKey {
            owner: self.owner,
            offset: name.offset,
            via: name.via,
        });
    }

    /// Adds to `rows` what is new; those of the entries that are below `until` have a row from now
    /// on. The entries are best given with the newest first.
    pub(crate) fn save<'entries>(
        &mut self,
        entries: impl Iterator<Item = &'entries mut Queued>,
        until: Offset,
        rows: &mut SavedRows,
    ) {
        rows.removed.append(&mut self.removed);
        let mut left = self.unsaved;
        for entry in entries {
            if left == 0 {
                break;
            }
            if entry.saved {
                continue;
            }
            left -= 1;
            if entry.offset < until {
                entry.saved = true;
                self.unsaved -= 1;
                rows.put.push(Queued {
                    message: None,
                    ..entry.clone()
                });
            }
        }
    }
}

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
    memory: Held,
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

    /// Nobody is connected: lets go of every message that the journal has too, and packs what can
    /// be packed.
    pub(crate) fn pause(&mut self) {
        self.is_online = false;
        self.at_hand.iter_mut().for_each(Queued::unload);
        self.bytes = 0;
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
        if self.saving.unsaved > 0 {
            let saved = self.packed.save(until);
            self.saving.unsaved -= saved.len();
            rows.put.extend(saved);
        }
        let newest_first = self.at_hand.iter_mut().rev();
        self.saving.save(newest_first, until, rows);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::message::{Message, Qos, Topic};
    use crate::mqtt::ids::GroupId;
    use crate::mqtt::memory::Memory;
    use crate::mqtt::memory::tests::plenty;

    fn entry(offset: u64, seed: u64) -> Queued {
        Queued {
            offset: Offset(offset),
            message: None,
            ids: match seed % 3 {
                0 => None,
                n => Some(Arc::new(vec![7, u32::try_from(n).unwrap()])),
            },
            via: match seed % 5 {
                0 => Via::Share(GroupId(16 + seed)),
                _ => Via::Subscription,
            },
            qos: if seed.is_multiple_of(2) {
                Qos::AtLeastOnce
            } else {
                Qos::ExactlyOnce
            },
            retain: seed.is_multiple_of(7),
            saved: false,
        }
    }

    fn same(one: &Queued, other: &Queued) -> bool {
        one.name() == other.name()
            && one.ids == other.ids
            && (one.qos, one.retain) == (other.qos, other.retain)
    }

    #[derive(Debug, Clone)]
    enum Action {
        Push(u64, u64),
        PushLate(u64, u64),
        PassOn,
        Remove(usize),
        Pause,
        Resume,
        Save(u64),
    }

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            20 => (1..1000_u64, any::<u64>()).prop_map(|(d, s)| Action::Push(d, s >> 8)),
            1 => (1..5000_u64, any::<u64>()).prop_map(|(d, s)| Action::PushLate(d, s >> 8)),
            4 => Just(Action::PassOn),
            1 => any::<usize>().prop_map(Action::Remove),
            1 => Just(Action::Pause),
            1 => Just(Action::Resume),
            2 => (0..3000_u64).prop_map(Action::Save),
        ]
    }

    proptest! {
        #[test]
        fn a_backlog_gives_back_what_a_plain_list_does(
            actions in prop::collection::vec(action(), 1..1500)
        ) {
            let mut backlog = Backlog::new(OwnerId(16), &plenty());
            let mut model: Vec<Queued> = Vec::new();
            let mut last = 10_000;
            let push = |model: &mut Vec<Queued>, entry: Queued| {
                let at = model.partition_point(|other| other.offset <= entry.offset);
                model.insert(at, entry);
            };
            for action in actions {
                match action {
                    Action::Push(by, seed) => {
                        last += by;
                        backlog.push(entry(last, seed));
                        push(&mut model, entry(last, seed));
                    }
                    Action::PushLate(by, seed) => {
                        backlog.push(entry(last - by.min(last), seed));
                        push(&mut model, entry(last - by.min(last), seed));
                    }
                    Action::PassOn if model.is_empty() => {
                        prop_assert!(backlog.pass_on().is_none());
                    }
                    Action::PassOn => {
                        let (one, other) = (backlog.pass_on().unwrap(), model.remove(0));
                        prop_assert!(same(&one, &other), "{one:?} {other:?}");
                        prop_assert_eq!(one.saved, other.saved);
                    }
                    Action::Remove(_) if model.is_empty() => {}
                    Action::Remove(at) => {
                        let other = model.remove(at % model.len());
                        let first = model.iter().position(|it| it.name() == other.name());
                        prop_assume!(first.is_none());
                        let one = backlog.remove(other.name()).unwrap();
                        prop_assert!(same(&one, &other));
                    }
                    Action::Pause => backlog.pause(),
                    Action::Resume => backlog.resume(),
                    Action::Save(before) => {
                        let until = Offset(last.saturating_sub(before));
                        let mut rows = SavedRows::default();
                        backlog.save(until, &mut rows);
                        let mut saved: Vec<_> = rows.put.iter().map(Queued::name).collect();
                        let unsaved = model.iter_mut().filter(|it| !it.saved && it.offset < until);
                        let mut wanted: Vec<_> = unsaved.map(|it| {
                            it.saved = true;
                            it.name()
                        }).collect();
                        saved.sort_by_key(|name| (name.offset, name.via));
                        wanted.sort_by_key(|name| (name.offset, name.via));
                        prop_assert_eq!(saved, wanted);
                    }
                }
                prop_assert_eq!(backlog.len(), model.len());
                prop_assert_eq!(
                    backlog.front().map(|it| it.offset),
                    model.first().map(|it| it.offset)
                );
            }
            let all = backlog.remove_all(|_| true);
            prop_assert!(all.len() == model.len());
            prop_assert!(all.iter().zip(&model).all(|(one, other)| same(one, other)));
        }
    }

    #[test]
    fn fifty_thousand_messages_of_a_client_that_is_away_take_a_few_bytes_each() {
        let memory = plenty();
        let mut backlog = Backlog::new(OwnerId(16), &memory);
        for offset in 0..50_000 {
            let message = Message::new(Topic::new("t").unwrap(), vec![0; 100]);
            let mut entry = Queued {
                message: Some(Arc::new(message)),
                ids: None,
                via: Via::Subscription,
                ..entry(1_000_000 + offset * 200, 1)
            };
            entry.unload();
            backlog.push(entry);
        }
        assert_eq!(backlog.len(), 50_000);
        let bytes = backlog.packed.bytes();
        assert!(bytes < 4 * 50_000, "{bytes}");
        assert!((bytes..bytes + 2 * CHUNK_BYTES).contains(&backlog.memory.bytes()));
    }

    #[test]
    fn without_memory_for_more_the_oldest_go_and_are_counted() {
        let all = Arc::new(Memory::new(8 << 10, 4 << 10, Arc::default()));
        let mut backlog = Backlog::new(OwnerId(16), &all.client());
        let mut dropped = 0;
        for offset in 0..50_000 {
            dropped += backlog.push(entry(offset, 1));
        }
        assert!(dropped > 10_000, "{dropped}");
        assert_eq!(backlog.len() as u64, 50_000 - dropped);
        assert_eq!(backlog.front().unwrap().offset, Offset(dropped));
    }
}
