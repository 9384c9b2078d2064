//! Shared subscriptions (MQTT 5.0 section 4.8.2): each message goes to one of the members.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::message::{Message, Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::session::{Bounds, Busy, Queued, Session, Via, insert_in_order};
use crate::mqtt::state::RowKey;

use super::{Key, Options, Terms};

/// The sessions that share one subscription, and what none of them could take yet.
///
/// A message goes to the next member, in turn, that is connected and could send it at once. If
/// there is none, a QoS 1 or 2 message waits here, and the first member with room fetches it.
#[derive(Debug)]
pub(crate) struct Group {
    /// Its number, never used twice, also not by a session.
    pub(crate) id: u64,
    /// Share name and filter.
    pub(crate) key: Key,
    members: Mutex<Members>,
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct Members {
    all: Vec<(Arc<Session>, Options)>,
    next: usize,
    /// What waits, by offset; QoS as it was published.
    queue: VecDeque<Queued>,
    unsaved: usize,
    removed: Vec<RowKey>,
}

impl Group {
    /// A group without members.
    pub(crate) fn new(id: u64, key: Key) -> Self {
        Self {
            id,
            key,
            members: Mutex::default(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Adds a member or replaces its options.
    pub(super) fn join(&self, session: &Arc<Session>, options: Options) {
        let mut members = self.members();
        match members
            .all
            .iter_mut()
            .find(|(member, _)| member.id == session.id)
        {
            Some((_, known)) => *known = options,
            None => members.all.push((Arc::clone(session), options)),
        }
    }

    /// Takes a member out; answers how many are left.
    pub(super) fn leave(&self, session: u64) -> usize {
        let mut members = self.members();
        members.all.retain(|(member, _)| member.id != session);
        members.all.len()
    }

    /// How many members it has.
    pub(crate) fn len(&self) -> usize {
        self.members().all.len()
    }

    /// Whether a member is connected.
    pub(crate) fn has_connected(&self) -> bool {
        let members = self.members();
        members
            .all
            .iter()
            .any(|(member, _)| member.state().link.is_some())
    }

    /// Gives a message that was published to one member; answers how many were dropped.
    pub(crate) fn dispatch(self: &Arc<Self>, message: &Arc<Message>, bounds: Bounds) -> u64 {
        let mut members = self.members();
        let entry = Queued {
            offset: message.offset,
            message: Some(Arc::clone(message)),
            ids: None,
            via: Via::Share(Arc::clone(self)),
            qos: message.qos,
            retain: message.retain,
            saved: false,
        };
        // What waits already comes first.
        if members.queue.is_empty() || message.qos == Qos::AtMostOnce {
            match members.give(entry, None, bounds) {
                Ok(dropped) => return dropped,
                Err(entry) => return self.wait(&mut members, entry, bounds),
            }
        }
        self.wait(&mut members, entry, bounds)
    }

    /// Gives messages that `from` had and did not acknowledge to other members, or lets them wait.
    pub(crate) fn redispatch(
        self: &Arc<Self>,
        strays: Vec<Queued>,
        from: u64,
        bounds: Bounds,
    ) -> u64 {
        let mut members = self.members();
        let mut dropped = 0;
        for mut entry in strays {
            entry.saved = false;
            entry.via = Via::Share(Arc::clone(self));
            dropped += match members.give(entry, Some(from), bounds) {
                Ok(dropped) => dropped,
                Err(entry) => self.wait(&mut members, entry, bounds),
            };
        }
        dropped
    }

    /// Offers copies of what a silent member has to the others, in turn; answers with those that
    /// were taken, and how many were dropped.
    pub(crate) fn pass_on(
        self: &Arc<Self>,
        silent: Vec<(PacketId, Queued)>,
        from: u64,
        bounds: Bounds,
    ) -> (Vec<(PacketId, Offset)>, u64) {
        let mut members = self.members();
        let mut taken = Vec::new();
        let mut dropped = 0;
        for (id, mut entry) in silent {
            let offset = entry.offset;
            entry.saved = false;
            let Ok(count) = members.give(entry, Some(from), bounds) else {
                break;
            };
            taken.push((id, offset));
            dropped += count;
        }
        (taken, dropped)
    }

    /// Lets a member that may have room fetch what waits; whether it got anything.
    pub(crate) fn fetch(&self, session: &Session, bounds: Bounds) -> bool {
        if !self.is_waiting() {
            return false;
        }
        let mut members = self.members();
        let members = &mut *members;
        let Some((_, options)) = members
            .all
            .iter()
            .find(|(member, _)| member.id == session.id)
        else {
            return false;
        };
        let before = members.queue.len();
        let mut at = 0;
        while let Some(entry) = members.queue.get(at) {
            match session.offer(on_terms(entry.clone(), options), bounds) {
                Ok(_) => {}
                Err(Busy::Silent) => {
                    at += 1;
                    continue;
                }
                Err(Busy::Full) => break,
            }
            if entry.saved {
                members.removed.push(entry.row(self.id));
            } else {
                members.unsaved -= 1;
            }
            members.queue.remove(at);
        }
        self.waiting.store(members.queue.len(), Ordering::Release);
        members.queue.len() < before
    }

    /// Whether anything waits.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }

    /// The members, to be looked at without the group's lock.
    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        let members = self.members();
        members
            .all
            .iter()
            .map(|(session, _)| Arc::clone(session))
            .collect()
    }

    /// Puts a message back that the local state or the journal had.
    pub(crate) fn restore(self: &Arc<Self>, entry: Queued) {
        let mut members = self.members();
        if !entry.saved {
            members.unsaved += 1;
        }
        insert_in_order(
            &mut members.queue,
            Queued {
                via: Via::Share(Arc::clone(self)),
                ..entry
            },
        );
        self.waiting.store(members.queue.len(), Ordering::Release);
    }

    /// Forgets a message that a member has acknowledged.
    pub(crate) fn remove(&self, offset: Offset) -> Option<Queued> {
        let mut members = self.members();
        let at = members
            .queue
            .binary_search_by_key(&offset, |entry| entry.offset)
            .ok()?;
        let entry = members.queue.remove(at)?;
        if entry.saved {
            members.removed.push(entry.row(self.id));
        } else {
            members.unsaved -= 1;
        }
        self.waiting.store(members.queue.len(), Ordering::Release);
        Some(entry)
    }

    /// The oldest message that waits.
    pub(crate) fn oldest(&self) -> Option<Offset> {
        self.members().queue.front().map(|entry| entry.offset)
    }

    /// What the local state has to be told: rows to put, of messages below `until`, and rows to
    /// remove. Only groups with a member that is kept are kept.
    pub(crate) fn save(&self, until: Offset) -> (Vec<Queued>, Vec<RowKey>) {
        let mut members = self.members();
        let removed = std::mem::take(&mut members.removed);
        let mut left = members.unsaved;
        let mut put = Vec::new();
        for entry in members.queue.iter_mut().rev() {
            if left == 0 {
                break;
            }
            if entry.saved {
                continue;
            }
            left -= 1;
            if entry.offset < until {
                entry.saved = true;
                put.push(Queued {
                    message: None,
                    ..entry.clone()
                });
            }
        }
        members.unsaved -= put.len();
        (put, removed)
    }

    fn wait(&self, members: &mut Members, mut entry: Queued, bounds: Bounds) -> u64 {
        if entry.qos == Qos::AtMostOnce {
            return 1;
        }
        entry.message = None;
        entry.ids = None;
        members.unsaved += 1;
        insert_in_order(&mut members.queue, entry);
        let mut dropped = 0;
        if members.queue.len() > bounds.messages
            && let Some(oldest) = members.queue.pop_front()
        {
            dropped = 1;
            if oldest.saved {
                members.removed.push(oldest.row(self.id));
            } else {
                members.unsaved -= 1;
            }
        }
        self.waiting.store(members.queue.len(), Ordering::Release);
        // A member that got room since it was asked has not seen that something waits.
        for (member, _) in &members.all {
            if member.has_room() {
                member.ring();
            }
        }
        dropped
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock()
    }
}

impl Members {
    /// Gives the message to the next member, in turn, that takes it, but not to `except`.
    fn give(&mut self, entry: Queued, except: Option<u64>, bounds: Bounds) -> Result<u64, Queued> {
        let count = self.all.len();
        for turn in 0..count {
            let at = (self.next + turn) % count;
            let (session, options) = &self.all[at];
            if Some(session.id) == except {
                continue;
            }
            if let Ok(dropped) = session.offer(on_terms(entry.clone(), options), bounds) {
                self.next = at + 1;
                return Ok(dropped);
            }
        }
        Err(entry)
    }
}

/// The message as this member has subscribed to it.
fn on_terms(mut entry: Queued, options: &Options) -> Queued {
    let terms = Terms::from(options);
    entry.qos = entry.qos.min(terms.qos);
    entry.retain &= terms.retain_as_published;
    entry.ids = terms.ids;
    entry
}
