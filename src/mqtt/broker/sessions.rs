//! How sessions begin and end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::message::Timestamp;
use crate::mqtt::clients::{Claimed, NoSession, Opened, Opening};
use crate::mqtt::ids::{SessionId, WillId};
use crate::mqtt::kept::will_bytes;
use crate::mqtt::session::{Ended, Link, Session};
use crate::mqtt::state::{SessionChange, StateEvent};
use crate::mqtt::wills::{Fate, PendingWill};

use super::Broker;

/// Why a session can't be the connection's own.
enum Unattached {
    /// Still another connection wants it.
    Overtaken,
    Ended,
}

impl Broker {
    /// Finds or makes the session for a CONNECT, once the connection that has it has let go.
    pub(crate) async fn open_session(&self, mut opening: Opening) -> Result<Opened, NoSession> {
        let generation = self.next_generation.fetch_add(1, Ordering::Relaxed);
        let will = match opening.will.take() {
            None => None,
            Some(will) => {
                let memory = self.memory.client().hold(will_bytes(&will));
                let memory = memory.ok_or(NoSession::NoMemory)?;
                let (id, client) = (WillId(self.next_id()), opening.client.clone());
                Some(Arc::new(PendingWill::new(id, client, will, memory)))
            }
        };
        let mut events: Vec<_> = will.iter().map(|pending| pending.event()).collect();
        loop {
            let new = || {
                let id = SessionId(self.next_id());
                let (client, memory) = (opening.client.clone(), self.memory.client());
                Session::new(id, client, opening.expiry_s, memory)
            };
            let (session, claimed) =
                self.clients
                    .claim(&opening.client, &opening.principal, generation, new)?;
            if claimed == Claimed::Nobodys {
                self.subscriptions.ask_again();
            }
            if claimed == Claimed::New {
                self.metrics.mqtt_sessions.inc();
                if opening.expiry_s > 0 {
                    let started = SessionChange::Started {
                        client: Arc::clone(&opening.client.0),
                        expiry_s: opening.expiry_s,
                    };
                    events.push(StateEvent::Session(session.id, started));
                }
                let attached = self.attach(&session, &opening, will.as_ref(), generation);
                return attached.map_err(|_| NoSession::Overtaken).map(|()| Opened {
                    session,
                    generation,
                    present: false,
                    events,
                });
            }
            if !session.acquire(generation).await {
                return Err(NoSession::Overtaken);
            }
            let (was_persistent, before) = {
                let state = session.state();
                (state.is_persistent(), state.expiry_s)
            };
            if opening.clean_start {
                if was_persistent {
                    events.push(StateEvent::Session(session.id, SessionChange::Ended));
                }
                self.end_session(&session);
                continue;
            }
            match self.attach(&session, &opening, will.as_ref(), generation) {
                Ok(()) => {}
                Err(Unattached::Ended) => {
                    self.remove(&session);
                    continue;
                }
                Err(Unattached::Overtaken) => return Err(NoSession::Overtaken),
            }
            if before != opening.expiry_s {
                let change = match opening.expiry_s {
                    0 => SessionChange::Ended,
                    expiry_s => SessionChange::Expiry(expiry_s),
                };
                events.push(StateEvent::Session(session.id, change));
                if opening.expiry_s == 0 {
                    self.clients.forget(session.id);
                }
            }
            return Ok(Opened {
                session,
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

    /// The connection that had the session is over. Answers with the Will that is to be
    /// deleted.
    pub(crate) fn close_session(&self, session: &Arc<Session>, fate: Fate) -> Option<WillId> {
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
        session.state().clear(session);
        self.remove(session);
        if was_persistent {
            self.clients.forget(session.id);
        }
        if let Some(will) = will {
            self.wills.publish(will);
        }
    }

    fn remove(&self, session: &Session) {
        if self.clients.remove(session) {
            self.metrics.mqtt_sessions.dec();
        }
    }
}
