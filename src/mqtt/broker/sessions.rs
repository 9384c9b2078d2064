//! How sessions begin and end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::auth::{ANONYMOUS, Principal};
use crate::message::{ClientId, Timestamp};
use crate::mqtt::clients::{Claimed, Heir, NoSession, Opened, Opening};
use crate::mqtt::ids::{SessionId, WillId};
use crate::mqtt::kept::will_bytes;
use crate::mqtt::session::{Ended, Link, Session};
use crate::mqtt::state::{SessionChange, StateEvent};
use crate::mqtt::wills::{Fate, PendingWill, WillEnd};

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
                let account = opening.principal.name().into();
                let pending = PendingWill::new(id, client, account, will, memory);
                Some(Arc::new(pending))
            }
        };
        let mut events: Vec<_> = will.iter().map(|pending| pending.event()).collect();
        loop {
            let new = || {
                let id = SessionId(self.next_id());
                let (client, memory) = (opening.client.clone(), self.memory.client());
                let account = opening.principal.name().into();
                Session::new(id, client, account, opening.expiry_s, memory)
            };
            let (client, principal) = (&opening.client, &opening.principal);
            let heir = |owner: &str| self.heir(owner);
            let (session, claimed) = self
                .clients
                .claim(client, principal, generation, heir, new)?;
            if claimed == Claimed::New {
                self.metrics.mqtt_sessions.inc();
                if opening.expiry_s > 0 {
                    events.push(started(&session, opening.expiry_s));
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
            let (was_persistent, before, has_begun) = {
                let state = session.state();
                (state.is_persistent(), state.expiry_s, state.has_begun())
            };
            if opening.clean_start || claimed == Claimed::Abandoned {
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
            if claimed == Claimed::Inherited && has_begun && was_persistent {
                let account = opening.principal.name().into();
                let change = SessionChange::HandedOver(account);
                events.push(StateEvent::Session(session.id, change));
            }
            if !has_begun && opening.expiry_s > 0 {
                // Whoever made it was overtaken before that was on record.
                events.push(started(&session, opening.expiry_s));
            } else if before != opening.expiry_s {
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
                present: has_begun,
                events,
            });
        }
    }

    /// What becomes of a session whose account is not that of who claims it. What was left where
    /// there were no accounts yet was anybody's, and is handed over; what an account left that there
    /// is no more goes with it; and whoever has an account goes before those who show nothing.
    fn heir(&self, owner: &str) -> Heir {
        match (self.auth.knows(owner), owner == ANONYMOUS) {
            (true, false) => Heir::Owner,
            (false, true) => Heir::Claimant,
            (true, true) | (false, false) => Heir::Nobody,
        }
    }

    /// Whether somebody of the principal's account is connected as that client.
    pub(crate) fn is_connected(&self, client: &ClientId, principal: &Principal) -> bool {
        self.clients.is_connected(client, principal.name())
    }

    /// Ends the sessions of accounts that there are no more, as far as nobody is connected; whether
    /// that was all of them.
    pub(super) fn end_abandoned(&self) -> bool {
        let mut is_all = true;
        for session in self.clients.all() {
            let account = session.owner.account();
            if *account == *ANONYMOUS || self.auth.knows(&account) {
                continue;
            }
            let (is_connected, is_persistent) = {
                let state = session.state();
                (state.link.is_some(), state.is_persistent())
            };
            if is_connected {
                is_all = false;
                continue;
            }
            if is_persistent {
                self.note(&StateEvent::Session(session.id, SessionChange::Ended));
            }
            tracing::debug!(client = ?session.client.0, "a session ends with its account");
            self.end_session(&session);
        }
        is_all
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
            since: Timestamp::now(),
        };
        session.attach(&mut state, link, opening.expiry_s);
        let is_other = session.owner.claimed_by(&opening.principal);
        let has_subscribed = !state.subscriptions.is_empty();
        let groups: Vec<_> = state.groups.values().cloned().collect();
        drop(state);
        if is_other && has_subscribed {
            self.subscriptions.ask_again();
        }
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

    /// The connection that had the session is over. Answers with what the journal is to be told of
    /// its Will.
    pub(crate) fn close_session(&self, session: &Arc<Session>, fate: Fate) -> Option<WillEnd> {
        let now = Instant::now();
        let (mut due, mut end) = (None, None);
        let (ended, groups) = {
            let mut state = session.state();
            let lost_at = Timestamp::now();
            session.detach(&mut state, lost_at);
            let ends = state.expiry_s == 0;
            if fate != Fate::Published
                && let Some(pending) = state.will.take()
                && fate == Fate::Deleted
            {
                end = Some(WillEnd::Deleted(pending.id));
            }
            if let Some(pending) = &state.will {
                let delay_s = pending.will.delay_s;
                if delay_s == 0 || ends {
                    due = state.will.take();
                } else {
                    self.wills.keep(pending, Some(lost_at));
                    end = Some(WillEnd::Delayed(pending.id, lost_at));
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
            return end;
        }
        let _moving = self.moves.read();
        for group in groups.values() {
            if group.has_connected() {
                self.give_to_others(session, group);
            }
        }
        end
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

fn started(session: &Session, expiry_s: u32) -> StateEvent {
    let change = SessionChange::Started {
        client: Arc::clone(&session.client.0),
        account: session.owner.account(),
        expiry_s,
    };
    StateEvent::Session(session.id, change)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Auth;
    use crate::mqtt::tests::Server;

    fn opening(client: &str) -> Opening {
        Opening {
            principal: Auth::default().anyone(),
            client: ClientId(client.into()),
            clean_start: false,
            expiry_s: 60,
            window: 10,
            will: None,
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_overtakes_the_first_connect_of_a_client_tells_that_its_session_began() {
        let server = Server::start().await;
        let broker = &server.broker;
        // The first one has made the session and gets no further.
        let Opening {
            client, principal, ..
        } = opening("c");
        let new = || {
            let id = SessionId(broker.next_id());
            let (account, memory) = (principal.name().into(), broker.memory.client());
            Session::new(id, client.clone(), account, 60, memory)
        };
        let heir = |_: &str| Heir::Owner;
        let claimed = broker.clients.claim(&client, &principal, 0, heir, new);
        let (session, _) = claimed.unwrap();
        let opened = broker.open_session(opening("c")).await.unwrap();
        assert_eq!(opened.session.id, session.id);
        assert!(!opened.present, "nobody was told of it");
        assert_eq!(opened.events, [started(&session, 60)]);
        broker.close_session(&opened.session, Fate::Published);
        server.stop().await;
    }
}
