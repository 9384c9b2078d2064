//! Which client has which session, and how sessions begin and end.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use crate::message::{ClientId, Record, Timestamp};

use super::broker::Broker;
use super::codec::Will;
use super::session::{Ended, Link, Session};
use super::state::{Event, What};
use super::wills::{Fate, PendingWill};

/// All sessions.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    sessions: Mutex<HashMap<Arc<str>, Arc<Session>, foldhash::fast::RandomState>>,
    /// Sessions and groups that are over: the local state is to forget them.
    ended: Mutex<Vec<u64>>,
    /// Events that nobody waits for.
    notes: Mutex<Vec<Record>>,
}

/// What a CONNECT asks for.
#[derive(Debug)]
pub(crate) struct Opening {
    /// Whose session.
    pub(crate) client: ClientId,
    /// Whether a session that is there is to be ended.
    pub(crate) clean_start: bool,
    /// The session expiry interval that is granted.
    pub(crate) expiry_s: u32,
    /// How many messages may be in flight to the client.
    pub(crate) window: u16,
    /// The Will.
    pub(crate) will: Option<Will>,
}

/// A session that belongs to a new connection.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The session.
    pub(crate) session: Arc<Session>,
    /// The connection's number.
    pub(crate) generation: u64,
    /// Whether the session was there before.
    pub(crate) present: bool,
    /// What has to be durable before the client is told.
    pub(crate) events: Vec<Event>,
}

/// Still another connection of the same client came in the meantime.
#[derive(Debug)]
pub(crate) struct Overtaken;

/// Why a session can't be the connection's own.
enum Unattached {
    /// Still another connection wants it.
    Overtaken,
    /// It is over.
    Ended,
}

impl Clients {
    fn sessions(
        &self,
    ) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Session>, foldhash::fast::RandomState>> {
        self.sessions.lock()
    }

    /// How many sessions there are.
    pub(crate) fn len(&self) -> usize {
        self.sessions().len()
    }

    /// Every session.
    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.sessions().values().cloned().collect()
    }

    /// The session of a client.
    pub(crate) fn get(&self, client: &str) -> Option<Arc<Session>> {
        self.sessions().get(client).cloned()
    }

    /// Adds a session that the local state or the journal had; answers with the one that it
    /// replaces.
    pub(crate) fn insert(&self, session: Arc<Session>) -> Option<Arc<Session>> {
        self.sessions()
            .insert(Arc::clone(&session.client.0), session)
    }

    /// Sessions and groups that ended since the last time.
    pub(crate) fn take_ended(&self) -> Vec<u64> {
        std::mem::take(&mut *self.ended.lock())
    }

    /// The local state is to forget a session or group.
    pub(crate) fn forget(&self, id: u64) {
        let mut ended = self.ended.lock();
        ended.push(id);
    }

    /// Lets an event be written to the journal soon; nobody waits for it.
    pub(crate) fn note(&self, event: &Event) {
        let mut notes = self.notes.lock();
        notes.push(event.record());
    }

    /// The events that were noted since the last time.
    pub(crate) fn take_notes(&self) -> Vec<Record> {
        std::mem::take(&mut *self.notes.lock())
    }
}

impl Broker {
    /// Finds or makes the session for a CONNECT, once the connection that has it has let go.
    pub(crate) async fn open_session(&self, mut opening: Opening) -> Result<Opened, Overtaken> {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        let will = opening.will.take().map(|will| {
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            Arc::new(PendingWill::new(id, opening.client.clone(), will))
        });
        let mut events: Vec<_> = will.iter().map(|pending| pending.event()).collect();
        loop {
            let known = {
                let mut sessions = self.clients.sessions();
                if let Some(known) = sessions.get(&opening.client.0) {
                    known.claim(generation);
                    Arc::clone(known)
                } else {
                    let id = self.next_id.fetch_add(1, Ordering::Relaxed);
                    let session = Session::new(id, opening.client.clone(), opening.expiry_s);
                    session.claim(generation);
                    let session = Arc::new(session);
                    sessions.insert(Arc::clone(&opening.client.0), Arc::clone(&session));
                    drop(sessions);
                    self.metrics.mqtt_sessions.inc();
                    if opening.expiry_s > 0 {
                        events.push(Event {
                            session: id,
                            what: What::Started {
                                client: Arc::clone(&opening.client.0),
                                expiry_s: opening.expiry_s,
                            },
                        });
                    }
                    return match self.attach(&session, &opening, will.as_ref(), generation) {
                        Ok(()) => Ok(Opened {
                            session,
                            generation,
                            present: false,
                            events,
                        }),
                        Err(_) => Err(Overtaken),
                    };
                }
            };
            if !known.acquire(generation).await {
                return Err(Overtaken);
            }
            let (was_persistent, before) = {
                let state = known.state();
                (state.is_persistent(), state.expiry_s)
            };
            if opening.clean_start {
                if was_persistent {
                    events.push(Event {
                        session: known.id,
                        what: What::Ended,
                    });
                }
                self.end_session(&known);
                continue;
            }
            match self.attach(&known, &opening, will.as_ref(), generation) {
                Ok(()) => {}
                Err(Unattached::Ended) => {
                    self.remove(&known);
                    continue;
                }
                Err(Unattached::Overtaken) => return Err(Overtaken),
            }
            if before != opening.expiry_s {
                let what = match opening.expiry_s {
                    0 => What::Ended,
                    expiry_s => What::Expiry(expiry_s),
                };
                events.push(Event {
                    session: known.id,
                    what,
                });
                if opening.expiry_s == 0 {
                    self.clients.forget(known.id);
                }
            }
            return Ok(Opened {
                session: known,
                generation,
                present: true,
                events,
            });
        }
    }

    fn attach(
        &self,
        session: &Session,
        opening: &Opening,
        will: Option<&Arc<PendingWill>>,
        generation: u64,
    ) -> Result<(), Unattached> {
        let mut state = session.state();
        if state.generation != generation {
            return Err(Unattached::Overtaken);
        }
        if state.ended {
            return Err(Unattached::Ended);
        }
        let older = std::mem::replace(&mut state.will, will.cloned());
        let link = Link {
            window: opening.window,
        };
        session.attach(&mut state, link, opening.expiry_s);
        let groups: Vec<_> = state.groups.values().cloned().collect();
        drop(state);
        for group in &groups {
            self.inherit(group);
        }
        if let Some(older) = older {
            self.wills.delete(older.id);
        }
        self.wills.client_is_back(&session.client);
        if let Some(will) = will {
            self.wills.keep(will, None);
        }
        self.metrics.mqtt_connections.inc();
        Ok(())
    }

    /// The connection that had the session is over. Answers with the number of the Will that is to
    /// be deleted.
    pub(crate) fn close_session(&self, session: &Arc<Session>, fate: Fate) -> Option<u64> {
        let now = Instant::now();
        let (mut due, mut deleted) = (None, None);
        let (ended, groups) = {
            let mut state = session.state();
            let lost_at = Timestamp::now();
            session.detach(&mut state, lost_at);
            let ends = state.expiry_s == 0;
            if fate != Fate::Published
                && let Some(pending) = state.will.take()
                && fate == Fate::Deleted
            {
                deleted = Some(pending.id);
            }
            if let Some(pending) = &state.will {
                let delay_s = pending.will.delay_s;
                if delay_s == 0 || ends {
                    due = state.will.take();
                } else {
                    self.wills.keep(pending, Some(lost_at));
                    state.will_at = now.checked_add(Duration::from_secs(delay_s.into()));
                }
            }
            if !ends && state.expiry_s != u32::MAX {
                state.expires_at = now.checked_add(Duration::from_secs(state.expiry_s.into()));
            }
            self.timers.schedule(session, &mut state);
            // At once: whoever waits for the session must not find it between here and its end.
            let ended = if ends { state.end() } else { None };
            (ended, state.groups.clone())
        };
        self.metrics.mqtt_connections.dec();
        if let Some(will) = due {
            self.wills.publish(will);
        }
        if let Some(ended) = ended {
            self.clear_away(session, ended);
            return deleted;
        }
        let _moving = self.moves.read();
        for group in groups.values() {
            if group.has_connected() {
                self.give_to_others(session, group);
            }
        }
        deleted
    }

    /// The session is over: what it has subscribed to goes, and a Will that was still to come is
    /// published.
    pub(crate) fn end_session(&self, session: &Arc<Session>) {
        let ended = session.state().end();
        if let Some(ended) = ended {
            self.clear_away(session, ended);
        }
    }

    fn clear_away(&self, session: &Arc<Session>, ended: Ended) {
        let Ended {
            keys,
            groups,
            will,
            was_persistent,
        } = ended;
        for key in &keys {
            self.subscriptions.unsubscribe(session, key);
        }
        self.metrics
            .mqtt_subscriptions
            .dec_by(i64::try_from(keys.len()).unwrap_or(i64::MAX));
        {
            let _moving = self.moves.read();
            for group in groups.values() {
                if group.len() == 0 {
                    self.clients.forget(group.id);
                } else {
                    self.give_to_others(session, group);
                }
            }
        }
        session.state().clear();
        self.remove(session);
        if was_persistent {
            self.clients.forget(session.id);
        }
        if let Some(will) = will {
            self.wills.publish(will);
        }
    }

    fn remove(&self, session: &Arc<Session>) {
        let mut sessions = self.clients.sessions();
        if sessions
            .get(&session.client.0)
            .is_some_and(|known| known.id == session.id)
        {
            sessions.remove(&session.client.0);
            self.metrics.mqtt_sessions.dec();
        }
    }
}
