//! Shared subscriptions (MQTT 5.0 section 4.8.2): each message goes to one of the members.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::message::{Message, Offset, Qos, Topic};

use super::backlog::Backlog;
use super::codec::PacketId;
use super::ids::{GroupId, SessionId};
use super::memory::ClientMemory;
use super::queued::{Queued, Settled, Via};
use super::saving::SavedRows;
use super::session::{Bounds, Busy, Session};
use super::terms::{SubscriptionKey, SubscriptionOptions, Terms};

/// The sessions that share one subscription, and what none of them could take yet.
///
/// A message goes to the next member, in turn, that is connected and could send it at once. If
/// there is none, a QoS 1 or 2 message waits here, and the first member with room fetches it.
#[derive(Debug)]
pub(crate) struct ShareGroup {
    pub(crate) id: GroupId,
    pub(crate) key: SubscriptionKey,
    members: Mutex<GroupMembers>,
    /// How many messages wait, to be known without the lock.
    waiting: AtomicUsize,
}

#[derive(Debug)]
struct GroupMembers {
    all: Vec<(Arc<Session>, SubscriptionOptions)>,
    /// Counts those who came.
    joined: u64,
    next: usize,
    /// What waits; QoS as it was published.
    backlog: Backlog,
}

impl ShareGroup {
    /// A group without members.
    pub(crate) fn new(id: GroupId, key: SubscriptionKey, memory: &ClientMemory) -> Self {
        Self {
            id,
            key,
            members: Mutex::new(GroupMembers {
                all: Vec::new(),
                joined: 0,
                next: 0,
                backlog: Backlog::new(id.into(), memory),
            }),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Adds a member or replaces its options.
    pub(super) fn join(&self, session: &Arc<Session>, options: SubscriptionOptions) {
        let mut members = self.members();
        let mut known = members.all.iter_mut();
        if let Some((_, known)) = known.find(|(member, _)| member.id == session.id) {
            *known = options;
        } else {
            members.joined += 1;
            members.all.push((Arc::clone(session), options));
        }
    }

    /// Whether `may` is true of every member; answers with a number that says who they are.
    pub(crate) fn everybody(&self, may: impl Fn(&Session) -> bool) -> Option<u64> {
        let members = self.members();
        let all = members.all.iter().all(|(member, _)| may(member));
        all.then_some(members.joined)
    }

    /// Takes a member out; answers how many are left.
    pub(super) fn leave(&self, session: SessionId) -> usize {
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

    /// Gives a message that was published to one member that may read it; answers how many were
    /// dropped. Where nobody has come since `everybody` might, nobody is asked.
    pub(crate) fn dispatch(
        &self,
        message: &Arc<Message>,
        everybody: Option<u64>,
        may_read: impl Fn(&Session, &Topic) -> bool,
        bounds: Bounds,
    ) -> u64 {
        let mut members = self.members();
        let entry = Queued {
            offset: message.offset,
            message: Some(Arc::clone(message).into()),
            ids: None,
            via: Via::Share(self.id),
            qos: message.qos,
            retain: message.retain,
            saved: false,
        };
        // What waits already comes first.
        if members.backlog.is_empty() || message.qos == Qos::AtMostOnce {
            let knows = everybody == Some(members.joined);
            let may = |member: &Session| knows || may_read(member, &message.topic);
            match members.give(entry, may, bounds) {
                Ok(dropped) => return dropped,
                Err(entry) => return self.wait(&mut members, entry, bounds),
            }
        }
        self.wait(&mut members, entry, bounds)
    }

    /// Gives messages that `from` had and did not acknowledge to other members, or lets them wait.
    pub(crate) fn redispatch(
        &self,
        strays: Vec<Queued>,
        from: SessionId,
        may_read: impl Fn(&Session, &Topic) -> bool,
        bounds: Bounds,
    ) -> u64 {
        let mut members = self.members();
        let mut dropped = 0;
        for mut entry in strays {
            entry.saved = false;
            entry.via = Via::Share(self.id);
            let may = may_take(&entry, from, &may_read);
            dropped += match members.give(entry, may, bounds) {
                Ok(dropped) => dropped,
                Err(entry) => self.wait(&mut members, entry, bounds),
            };
        }
        dropped
    }

    /// Offers copies of what a silent member has to the others, in turn; answers with those that
    /// were taken, and how many were dropped.
    pub(crate) fn pass_on(
        &self,
        silent: Vec<(PacketId, Queued)>,
        from: SessionId,
        may_read: impl Fn(&Session, &Topic) -> bool,
        bounds: Bounds,
    ) -> (Vec<(PacketId, Offset)>, u64) {
        let mut members = self.members();
        let mut taken = Vec::new();
        let mut dropped = 0;
        for (id, mut entry) in silent {
            let offset = entry.offset;
            entry.saved = false;
            let may = may_take(&entry, from, &may_read);
            let Ok(count) = members.give(entry, may, bounds) else {
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
        let before = members.backlog.len();
        let mut at = 0;
        while let Some(entry) = members.backlog.get(at) {
            match session.offer(on_terms(entry.clone(), options), bounds) {
                Ok(_) => {
                    members.backlog.drop_at(at);
                }
                Err(Busy::Silent) => at += 1,
                Err(Busy::Full) => break,
            }
        }
        self.count(members);
        members.backlog.len() < before
    }

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

    /// Puts a message back that the state file or the journal had.
    pub(crate) fn restore(&self, entry: Queued) {
        let mut members = self.members();
        members.backlog.push(Queued {
            via: Via::Share(self.id),
            ..entry
        });
        self.count(&members);
    }

    /// Forgets a message that a member has acknowledged.
    pub(crate) fn remove(&self, offset: Offset) -> Option<Queued> {
        let mut members = self.members();
        let via = Via::Share(self.id);
        let entry = members.backlog.remove(Settled { offset, via })?;
        self.count(&members);
        Some(entry)
    }

    /// The oldest message that waits.
    pub(crate) fn oldest(&self) -> Option<Offset> {
        let members = self.members();
        members.backlog.front().map(|entry| entry.offset)
    }

    /// What the state file has to be told of messages below `until`. Only groups with a member
    /// that is kept are kept.
    pub(crate) fn save(&self, until: Offset) -> SavedRows {
        let mut rows = SavedRows::default();
        self.members().backlog.save(until, &mut rows);
        rows
    }

    fn wait(&self, members: &mut GroupMembers, mut entry: Queued, bounds: Bounds) -> u64 {
        if entry.qos == Qos::AtMostOnce {
            return 1;
        }
        entry.message = None;
        entry.ids = None;
        let mut dropped = members.backlog.push(entry);
        if members.backlog.len() > bounds.messages && members.backlog.drop_front().is_some() {
            dropped += 1;
        }
        self.count(members);
        // A member that got room since it was asked has not seen that something waits.
        for (member, _) in &members.all {
            if member.has_room() {
                member.ring();
            }
        }
        dropped
    }

    fn count(&self, members: &GroupMembers) {
        let waiting = members.backlog.len();
        self.waiting.store(waiting, Ordering::Release);
    }

    fn members(&self) -> MutexGuard<'_, GroupMembers> {
        self.members.lock()
    }
}

impl GroupMembers {
    /// Gives the message to the next member, in turn, that `may` have it and takes it.
    fn give(
        &mut self,
        entry: Queued,
        may: impl Fn(&Session) -> bool,
        bounds: Bounds,
    ) -> Result<u64, Queued> {
        let count = self.all.len();
        for turn in 0..count {
            let at = (self.next + turn) % count;
            let (session, options) = &self.all[at];
            if !may(session) {
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

/// Who may have a message that `from` had. Where the message is not in memory it is looked at once
/// more when it has been read.
fn may_take<F: Fn(&Session, &Topic) -> bool>(
    entry: &Queued,
    from: SessionId,
    may_read: F,
) -> impl Fn(&Session) -> bool + use<F> {
    let topic = entry.message.as_ref().map(|message| message.topic.clone());
    move |member| {
        let knows = |topic| may_read(member, topic);
        member.id != from && topic.as_ref().is_none_or(knows)
    }
}

/// The message as this member has subscribed to it.
fn on_terms(mut entry: Queued, options: &SubscriptionOptions) -> Queued {
    let terms = Terms::from(options);
    entry.qos = entry.qos.min(terms.qos);
    entry.retain &= terms.retain_as_published;
    entry.ids = terms.ids;
    entry
}
