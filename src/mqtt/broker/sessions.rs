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
    let client = Arc::clone(&session.client.0);
    StateEvent::Session(session.id, SessionChange::Started { client, expiry_s })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Auth;
    use crate::message::ClientId;
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
            Session::new(id, client.clone(), 60, broker.memory.client())
        };
        let (session, _) = broker.clients.claim(&client, &principal, 0, new).unwrap();
        let opened = broker.open_session(opening("c")).await.unwrap();
        assert_eq!(opened.session.id, session.id);
        assert!(!opened.present, "nobody was told of it");
        assert_eq!(opened.events, [started(&session, 60)]);
        broker.close_session(&opened.session, Fate::Published);
        server.stop().await;
    }
}
