//! Wills (section 3.1.2.5): those that may still be published, and those that are due, on their
//! way into the line.
//!
//! A Will is on disk before its client gets its CONNACK, as a session event, and is forgotten in
//! the same group of records that publishes it. So it survives the server. A client that was
//! connected when the server went down has time to come back (`will_grace_s`) before its Will is
//! due: what the Will announces is the end of the client, not of the server.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::message::{ClientId, Offset, Timestamp};

use super::codec::Will;
use super::ids::WillId;
use super::kept::own_properties;
use super::memory::HeldMemory;
use super::state::{StateEvent, WillChange, WillRow};

/// How many Wills are published in one go.
const BATCH_MAX: usize = 256;

/// How many bytes of Wills may wait for a journal that is full: beyond it the oldest is dropped
/// and counted.
const DUE_BYTES_MAX: usize = 64 << 20;

/// A Will that may still be published.
#[derive(Debug)]
pub(crate) struct PendingWill {
    pub(crate) id: WillId,
    pub(crate) client: ClientId,
    /// The name of the account by which its client had come in.
    pub(crate) account: Arc<str>,
    pub(crate) will: Will,
    /// What it takes, as long as it is there.
    memory: HeldMemory,
}

impl PendingWill {
    /// The Will of a CONNECT, with bytes of its own, which keep no read buffer alive.
    pub(crate) fn new(
        id: WillId,
        client: ClientId,
        account: Arc<str>,
        will: Will,
        memory: HeldMemory,
    ) -> Self {
        let will = Will {
            payload: Bytes::copy_from_slice(&will.payload),
            properties: own_properties(will.properties),
            ..will
        };
        Self {
            id,
            client,
            account,
            will,
            memory,
        }
    }

    /// What it takes in memory, about.
    fn bytes(&self) -> usize {
        self.memory.bytes()
    }

    /// That the client has left it.
    pub(crate) fn event(&self) -> StateEvent {
        let left = WillChange::Left {
            client: Arc::clone(&self.client.0),
            account: Arc::clone(&self.account),
            will: Box::new(self.will.clone()),
        };
        StateEvent::Will(self.id, left)
    }
}

/// What becomes of a Will when its connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is published, after its delay.
    Published,
    Deleted,
    /// The next start of the server decides.
    Deferred,
}

/// What the journal is to be told of a Will whose connection has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WillEnd {
    Deleted(WillId),
    /// Its delay runs since then.
    Delayed(WillId, Timestamp),
}

/// The Wills that do not belong to a session: it is over, or it began before the server did.
#[derive(Debug, Default)]
pub(crate) struct Wills {
    state: Mutex<WillsState>,
    pub(crate) changed: Notify,
}

#[derive(Debug, Default)]
struct WillsState {
    /// To be published now.
    due: VecDeque<Arc<PendingWill>>,
    due_bytes: usize,
    /// How many had to be dropped.
    dropped: u64,
    /// Those that will not be published.
    deleted: Vec<WillId>,
    /// Those of clients that were connected when the server went down.
    orphans: BTreeMap<(Instant, WillId), Arc<PendingWill>>,
    /// Where the orphans stand.
    by_client: HashMap<ClientId, (Instant, WillId), foldhash::fast::RandomState>,
    /// What the state file does not have yet; `None` where there is nothing to keep any more.
    changes: HashMap<WillId, Option<WillRow>, foldhash::fast::RandomState>,
    /// Those that are over although the journal does not say so; below these offsets it says that
    /// they were left.
    over: Vec<(WillId, Offset)>,
}

impl Wills {
    /// Keeps a Will on disk. `lost_at` says when its client's connection ended, if it has.
    pub(crate) fn keep(&self, pending: &PendingWill, lost_at: Option<Timestamp>) {
        let row = WillRow {
            client: Arc::clone(&pending.client.0),
            account: Arc::clone(&pending.account),
            lost_at,
            will: pending.will.clone(),
        };
        self.state().changes.insert(pending.id, Some(row));
    }

    /// Lets a Will be published.
    pub(crate) fn publish(&self, pending: Arc<PendingWill>) {
        self.state().publish(pending);
        self.changed.notify_one();
    }

    /// Deletes a Will: it will not be published.
    pub(crate) fn delete(&self, id: WillId) {
        let mut state = self.state();
        state.deleted.push(id);
        state.changes.insert(id, None);
        self.changed.notify_one();
    }

    /// Lets a Will be published at that time, unless its client comes back before.
    pub(crate) fn publish_at(&self, at: Instant, pending: Arc<PendingWill>) {
        let mut state = self.state();
        let key = (at, pending.id);
        let older = state.by_client.insert(pending.client.clone(), key);
        state.orphans.insert(key, pending);
        let older = older.and_then(|older| state.orphans.remove(&older));
        drop(state);
        if let Some(older) = older {
            self.delete(older.id);
        }
        self.changed.notify_one();
    }

    /// The client is back.
    pub(crate) fn client_is_back(&self, client: &ClientId) {
        let mut state = self.state();
        let Some(key) = state.by_client.remove(client) else {
            return;
        };
        state.orphans.remove(&key);
        drop(state);
        self.delete(key.1);
    }

    /// The state file need not keep it any more.
    pub(crate) fn forget(&self, id: WillId) {
        self.state().changes.insert(id, None);
    }

    /// It is over, and only the state file knows: the journal, which says below `head` that it was
    /// left, takes nothing.
    pub(crate) fn forget_below(&self, id: WillId, head: Offset) {
        let mut state = self.state();
        state.changes.insert(id, None);
        state.over.push((id, head));
    }

    /// Those that only the state file knows to be over, since the last time.
    pub(crate) fn take_over(&self) -> Vec<(WillId, Offset)> {
        std::mem::take(&mut self.state().over)
    }

    /// What has changed since the last time.
    pub(crate) fn take_changes(&self) -> Vec<(WillId, Option<WillRow>)> {
        self.state().changes.drain().collect()
    }

    fn state(&self) -> MutexGuard<'_, WillsState> {
        self.state.lock()
    }

    /// When the next Will is due that waits for its client to come back.
    pub(crate) fn next_at(&self) -> Option<Instant> {
        let state = self.state();
        state.orphans.keys().next().map(|(at, _)| *at)
    }

    /// What is to be published now, and what is deleted.
    pub(crate) fn take(&self, now: Instant) -> (Vec<Arc<PendingWill>>, Vec<WillId>) {
        let mut state = self.state();
        let state = &mut *state;
        while let Some(first) = state.orphans.first_entry()
            && first.key().0 <= now
        {
            let pending = first.remove();
            state.by_client.remove(&pending.client);
            state.publish(pending);
        }
        let count = state.due.len().min(BATCH_MAX);
        let due: Vec<_> = state.due.drain(..count).collect();
        state.due_bytes -= due.iter().map(|pending| pending.bytes()).sum::<usize>();
        (due, std::mem::take(&mut state.deleted))
    }

    /// How many had to be dropped since the last time.
    pub(crate) fn take_dropped(&self) -> u64 {
        std::mem::take(&mut self.state().dropped)
    }
}

impl WillsState {
    fn publish(&mut self, pending: Arc<PendingWill>) {
        self.due_bytes += pending.bytes();
        self.due.push_back(pending);
        while self.due_bytes > DUE_BYTES_MAX
            && let Some(oldest) = self.due.pop_front()
        {
            self.due_bytes -= oldest.bytes();
            self.deleted.push(oldest.id);
            self.changes.insert(oldest.id, None);
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Qos, Topic};
    use crate::mqtt::kept::will_bytes;
    use crate::mqtt::memory::tests::plenty;

    fn pending(id: u64, bytes: usize) -> Arc<PendingWill> {
        let will = Will {
            topic: Topic::new("will").unwrap(),
            payload: Bytes::from(vec![0; bytes]),
            qos: Qos::AtLeastOnce,
            retain: false,
            delay_s: 0,
            properties: None,
        };
        let memory = plenty().hold_anyway(will_bytes(&will));
        let client = ClientId("c".into());
        Arc::new(PendingWill::new(
            WillId(id),
            client,
            "press".into(),
            will,
            memory,
        ))
    }

    #[test]
    fn wills_that_can_not_be_published_take_no_more_than_their_share_of_memory() {
        let wills = Wills::default();
        for id in 0..2000 {
            wills.publish(pending(id, 1 << 16));
        }
        let (due, deleted) = wills.take(Instant::now());
        let dropped = wills.take_dropped();
        assert!(dropped > 900 && dropped == deleted.len() as u64);
        assert_eq!(due[0].id, WillId(dropped), "the oldest go");
        while !wills.take(Instant::now()).0.is_empty() {}
        assert_eq!(wills.state().due_bytes, 0);
    }

    #[test]
    fn only_the_last_will_of_a_client_waits_for_its_return() {
        let wills = Wills::default();
        let now = Instant::now();
        for id in 1..=2 {
            wills.publish_at(now, pending(id, 1));
        }
        assert_eq!(wills.take(now).0[0].id, WillId(2));
        wills.publish_at(now, pending(3, 1));
        wills.client_is_back(&ClientId("c".into()));
        let (due, deleted) = wills.take(now);
        assert!(due.is_empty() && deleted == [WillId(3)]);
    }
}
