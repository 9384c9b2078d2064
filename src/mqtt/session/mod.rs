//! Sessions: what the broker remembers of a client, connected or not.
//!
//! A session belongs to at most one connection at a time. Connections have numbers, *generations*,
//! that are never used twice; whoever works for a connection says its generation and is told so if
//! the session is no longer its own. A new connection waits until the old one has read what its
//! socket held and has let go, so that nothing of the old one can come after the new one's first
//! word, and nothing that the client had sent before it is lost.

mod acknowledge;
mod delivery;
mod ease;
mod in_flight;
mod outbound;
mod owner;
mod pace;
mod replay;
mod save;
mod send_retained;
mod share;

#[cfg(test)]
mod tests;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

use crate::message::{ClientId, Message, Offset, Timestamp, Topic};

use super::batch_memory::{BatchMemory, SmallMessage};
use super::client_log::ClientLog;
use super::codec::PacketId;
use super::ids::{GroupId, SessionId};
use super::memory::{ClientMemory, HeldMemory};
use super::queued::{Queued, Settled};
use super::retained::RetainedMessages;
use super::share_group::ShareGroup;
use super::state::{InFlightRow, RetainedCursor};
use super::terms::{SubscriptionKey, SubscriptionOptions};
use super::wills::PendingWill;

pub(crate) use delivery::{Bounds, Budget, Delivery, Gate, Outgoing, TakeOutcome};
pub(crate) use outbound::Outbound;
use owner::SessionOwner;
use pace::ReadingPace;

/// Where a session began whose beginning is not on record.
const NOT_YET: Offset = Offset(u64::MAX);

/// One session. A clean start makes a new one with a new number.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) client: ClientId,
    pub(crate) owner: SessionOwner,
    /// What its client may make the server hold.
    pub(crate) memory: ClientMemory,
    /// What is told of it.
    pub(crate) log: ClientLog,
    /// Rung when there is something to send, or the connection has to end.
    pub(crate) bell: Notify,
    /// Rung when the connection has let go.
    free: Notify,
    /// Rung when it is not crowded any more, if somebody waits for that.
    pub(super) eased: Notify,
    state: Mutex<SessionState>,
}

/// What a session holds.
#[derive(Debug)]
pub(crate) struct SessionState {
    /// The connection that owns the session, or is the next to.
    pub(crate) generation: u64,
    /// The connection, if there is one.
    pub(crate) link: Option<Link>,
    /// Why the connection has to end, where it has.
    told_to_end: Option<NotMine>,
    /// How long the session outlives its connection; `u32::MAX` where for ever.
    pub(crate) expiry_s: u32,
    /// Whether it is over.
    pub(crate) ended: bool,
    /// Since where in the journal it exists.
    pub(crate) since: Offset,
    pub(crate) subscriptions: HashMap<SubscriptionKey, SubscriptionOptions>,
    subscription_memory: HeldMemory,
    /// The shared groups that it is a member of.
    pub(crate) groups: HashMap<GroupId, Arc<ShareGroup>>,
    /// What it has still to get.
    pub(crate) outbound: Outbound,
    /// QoS 2 messages of the client's whose PUBREL has not come, and where the journal has them;
    /// `None` where that is not known yet.
    pub(crate) inbound: HashMap<PacketId, Option<Offset>>,
    /// What subscribing has still to send of the retained messages.
    pub(crate) retained: VecDeque<RetainedCursor>,
    /// The Will, while it may still be published.
    pub(crate) will: Option<Arc<PendingWill>>,
    /// What was in flight when the state was saved, and comes again from the journal. Only while
    /// the server starts.
    pub(crate) pending: Vec<InFlightRow>,
    /// When the Will is due.
    pub(crate) will_at: Option<Instant>,
    /// When the session is over.
    pub(crate) expires_at: Option<Instant>,
    /// What the timers have of this session.
    pub(crate) timer_at: Option<Instant>,
    /// Since when nobody is connected.
    pub(crate) disconnected_at: Option<Timestamp>,
    /// Whether what the local state has of it is out of date: itself, and its subscriptions.
    pub(crate) changed: Changed,
    /// Whether the bell has rung and not been answered.
    woken: bool,
    pace: ReadingPace,
}

/// What has changed since the session was saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) session: bool,
    pub(crate) subscriptions: bool,
}

/// The connection as its session knows it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// How many messages of QoS 1 and 2 may be in flight to the client.
    pub(crate) window: u16,
    /// When it began.
    pub(crate) since: Timestamp,
}

/// What a session that is over leaves to be cleared away.
#[derive(Debug)]
pub(crate) struct Ended {
    /// What it had subscribed to.
    pub(crate) keys: Vec<SubscriptionKey>,
    /// The shared groups that it was a member of.
    pub(crate) groups: HashMap<GroupId, Arc<ShareGroup>>,
    /// The Will, if it was still to come.
    pub(crate) will: Option<Arc<PendingWill>>,
    /// Whether the session was kept on disk.
    pub(crate) was_persistent: bool,
}

/// What a PUBLISH of QoS 2 is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receipt {
    /// One that was not received before.
    New,
    /// One that is on its way to the journal.
    Taken,
    /// One that the journal has.
    Recorded(Offset),
}

/// What a PUBACK came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PubackOutcome {
    /// The message that is done with.
    pub(crate) settled: Settled,
    /// The group that the message had been given back to, since the PUBACK was so late: that may
    /// still have it.
    pub(crate) late: Option<GroupId>,
}

/// What a PUBREC came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PubrecOutcome {
    /// The message has arrived: PUBREL is to be sent.
    Pubrel(Offset),
    /// It had arrived before: PUBREL is to be sent again.
    PubrelAgain,
    /// The client did not want it: it is done with.
    Refused(Settled),
    /// There is no such message: PUBREL is to say so.
    Unknown,
}

/// Why a session does not take a group's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// It can take none at once.
    Full,
    /// It has this one already, and has been silent about it.
    Silent,
}

/// Why a session is no longer the connection's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotMine {
    /// Another connection has it.
    TakenOver,
    /// Somebody said that the connection is to end.
    Kicked,
}

impl Session {
    pub(crate) fn new(
        id: SessionId,
        client: ClientId,
        account: Arc<str>,
        expiry_s: u32,
        memory: ClientMemory,
    ) -> Self {
        Self {
            id,
            client,
            owner: SessionOwner::new(account),
            log: ClientLog::default(),
            bell: Notify::new(),
            free: Notify::new(),
            eased: Notify::new(),
            state: Mutex::new(SessionState {
                generation: 0,
                link: None,
                told_to_end: None,
                expiry_s,
                ended: false,
                since: NOT_YET,
                subscriptions: HashMap::new(),
                groups: HashMap::new(),
                subscription_memory: memory.held(),
                outbound: Outbound::new(id, expiry_s > 0, &memory),
                inbound: HashMap::new(),
                retained: VecDeque::new(),
                will: None,
                pending: Vec::new(),
                will_at: None,
                expires_at: None,
                timer_at: None,
                disconnected_at: None,
                changed: Changed::default(),
                woken: false,
                pace: ReadingPace::default(),
            }),
            memory,
        }
    }

    /// The state, whoever owns the session. What a client sends is for the connection that has
    /// the link, until it lets go: also when it was told to, since it was sent before.
    pub(crate) fn state(&self) -> MutexGuard<'_, SessionState> {
        self.state.lock()
    }

    /// The state, for the connection that owns the session and that nobody told to end.
    pub(crate) fn mine(&self, generation: u64) -> Result<MutexGuard<'_, SessionState>, NotMine> {
        let state = self.state();
        if state.generation != generation {
            return Err(NotMine::TakenOver);
        }
        match state.told_to_end {
            Some(why) => Err(why),
            None => Ok(state),
        }
    }

    /// Whether the session is still the connection's own.
    pub(crate) fn check(&self, generation: u64) -> Result<(), NotMine> {
        self.mine(generation).map(|_| ())
    }

    /// Hands messages over in one go, each with its place in the batch, of which `small` wait for nobody
    /// else; answers how many were dropped, and whether it would be good to wait before there are
    /// more.
    pub(crate) fn push_all(
        &self,
        entries: impl Iterator<Item = (Queued, usize)>,
        small: impl Iterator<Item = SmallMessage> + Clone,
        bounds: Bounds,
        memory: &mut BatchMemory,
    ) -> (u64, bool) {
        let mut state = self.state();
        if state.ended {
            return (0, false);
        }
        let online = state.link.is_some();
        let mut dropped = 0;
        state.outbound.count_together(small, memory);
        for (entry, at) in entries {
            dropped += state.outbound.push(entry, online, bounds, memory.of(at));
        }
        self.wake(&mut state);
        (dropped, state.is_worth_waiting_for(bounds))
    }

    /// Lets go of messages, since memory is short; answers how many were dropped.
    pub(crate) fn relieve(&self) -> u64 {
        self.state().outbound.relieve()
    }

    /// Rings the bell, unless it has rung already.
    pub(crate) fn wake(&self, state: &mut SessionState) {
        if state.link.is_some() && !state.woken {
            state.woken = true;
            self.bell.notify_one();
        }
    }

    /// Rings the bell, unless it has rung already.
    pub(crate) fn ring(&self) {
        self.wake(&mut self.state());
    }

    /// Makes the session the connection's own, once the connection before has let go. `false`
    /// where a still newer one came in the meantime, or the session is over.
    pub(crate) async fn acquire(&self, generation: u64) -> bool {
        loop {
            let free = self.free.notified();
            tokio::pin!(free);
            free.as_mut().enable();
            {
                let state = self.state();
                if state.generation != generation {
                    return false;
                }
                if state.link.is_none() {
                    return true;
                }
            }
            free.await;
        }
    }

    /// Claims the session for the connection `generation`, which is newer than all before, and
    /// tells the present one to let go.
    pub(crate) fn claim(&self, generation: u64) {
        let mut state = self.state();
        state.generation = generation;
        if state.link.is_some() {
            state.told_to_end = Some(NotMine::TakenOver);
            self.bell.notify_one();
        }
        // Whoever waits to acquire it for an older connection gives up.
        self.free.notify_waiters();
    }

    /// Tells the present connection to end.
    pub(crate) fn kick(&self, state: &mut SessionState) {
        state.told_to_end = state.told_to_end.or(Some(NotMine::Kicked));
        self.bell.notify_one();
    }

    pub(crate) fn subscription_rows(&self) -> Vec<(SubscriptionKey, SubscriptionOptions)> {
        let state = self.state();
        let all = state.subscriptions.iter();
        all.map(|(key, options)| (key.clone(), options.clone()))
            .collect()
    }

    /// The connection is there: `link` takes what comes from now on.
    pub(crate) fn attach(&self, state: &mut SessionState, link: Link, expiry_s: u32) {
        state.link = Some(link);
        state.told_to_end = None;
        state.woken = false;
        state.expiry_s = expiry_s;
        state.will_at = None;
        state.expires_at = None;
        state.disconnected_at = None;
        state.changed.session = true;
        state.outbound.keep(expiry_s > 0);
        state.outbound.resume();
        self.wake(state);
    }

    /// The connection has let go.
    pub(crate) fn detach(&self, state: &mut SessionState, now: Timestamp) {
        state.link = None;
        state.told_to_end = None;
        state.woken = false;
        state.outbound.pause();
        state.pace = ReadingPace::default();
        self.eased.notify_waiters();
        // What was never appended was never received: the client will send it again.
        state.inbound.retain(|_, offset| offset.is_some());
        state.disconnected_at = Some(now);
        state.changed.session = true;
        self.free.notify_waiters();
    }
}

impl SessionState {
    /// One more subscription takes memory, which was there when it was asked for.
    pub(crate) fn hold_subscription(&mut self, bytes: usize) {
        let bytes = self.subscription_memory.bytes() + bytes;
        self.subscription_memory.resize(bytes);
    }

    /// A subscription is over.
    pub(crate) fn give_back_subscription(&mut self, bytes: usize) {
        let bytes = self.subscription_memory.bytes().saturating_sub(bytes);
        self.subscription_memory.resize(bytes);
    }

    /// Whether its beginning is on record.
    pub(crate) fn has_begun(&self) -> bool {
        self.since != NOT_YET
    }

    /// Whether it is kept on disk.
    pub(crate) fn is_persistent(&self) -> bool {
        self.expiry_s > 0 && !self.ended
    }

    /// Takes everything that bounds [`Outbound::take`] into account, and the retained messages.
    pub(crate) fn take(
        &mut self,
        out: &mut Vec<Outgoing>,
        budget: &mut Budget,
        retained: Option<&RetainedMessages>,
        client: &ClientId,
        may_read: &dyn Fn(&Topic) -> bool,
    ) -> TakeOutcome {
        self.woken = false;
        self.pace.take();
        let Some(retained) = retained.filter(|_| !self.retained.is_empty()) else {
            return self.outbound.take(out, budget);
        };
        let half = budget.bytes / 2;
        let mut first = Budget {
            bytes: budget.bytes - half,
            ..*budget
        };
        let mut outcome = self.outbound.take(out, &mut first);
        budget.bytes = half + first.bytes;
        outcome.more |= self.take_retained(out, budget, retained, client, may_read);
        outcome
    }

    /// A PUBLISH of QoS 2 has come: whether it is a new one.
    pub(crate) fn receive(&mut self, id: PacketId) -> Receipt {
        match self.inbound.entry(id) {
            Entry::Occupied(known) => known.get().map_or(Receipt::Taken, Receipt::Recorded),
            Entry::Vacant(new) => {
                new.insert(None);
                Receipt::New
            }
        }
    }

    /// The session is over from now on; answers with what it leaves, the first time.
    pub(crate) fn end(&mut self) -> Option<Ended> {
        if self.ended {
            return None;
        }
        let was_persistent = self.is_persistent();
        self.ended = true;
        Some(Ended {
            keys: std::mem::take(&mut self.subscriptions)
                .into_keys()
                .collect(),
            groups: std::mem::take(&mut self.groups),
            will: match self.link {
                None => self.will.take(),
                Some(_) => None,
            },
            was_persistent,
        })
    }

    /// The session is over: nothing of it is needed.
    pub(crate) fn clear(&mut self, session: &Session) {
        self.outbound = Outbound::new(session.id, false, &session.memory);
        self.subscription_memory = session.memory.held();
        self.inbound = HashMap::new();
        self.retained = VecDeque::new();
    }

    /// The journal has the QoS 2 messages of the session that owns this state.
    pub(crate) fn journaled(&mut self, message: &Message) {
        if let Some(id) = PacketId::new(message.packet_id)
            && let Some(offset) = self.inbound.get_mut(&id)
        {
            *offset = Some(message.offset);
            self.changed.session = true;
        }
    }
}
