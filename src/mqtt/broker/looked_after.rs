//! The clients, as those see them who look after them.

use std::sync::Arc;

use crate::mqtt::session::Session;
use crate::mqtt::state::{SessionChange, StateEvent};
use crate::port::{ClientDetails, ClientFacts, ClientsWish, SubscriptionFacts};

use super::Broker;

/// The most subscriptions that are told of one client.
const SUBSCRIPTIONS_MAX: usize = 1000;

impl Broker {
    pub(crate) fn told_clients(&self, wish: &ClientsWish) -> Vec<ClientFacts> {
        let q = wish.q.as_deref().map(str::to_lowercase);
        let is_meant = |session: &Arc<Session>| {
            let client = &*session.client.0;
            let is_connected = || session.state().link.is_some();
            wish.after.as_deref().is_none_or(|after| client > after)
                && q.as_ref().is_none_or(|q| client.to_lowercase().contains(q))
                && wish
                    .is_connected
                    .is_none_or(|wanted| wanted == is_connected())
        };
        let mut sessions = self.clients.all();
        sessions.retain(is_meant);
        sessions.sort_unstable_by(|a, b| a.client.0.cmp(&b.client.0));
        sessions.truncate(wish.limit);
        sessions.iter().map(|session| facts(session)).collect()
    }

    pub(crate) fn told_client(&self, client: &str) -> Option<ClientDetails> {
        let session = self.clients.get(client)?;
        let mut rows = session.subscription_rows();
        rows.sort_by(|((_, a), _), ((_, b), _)| a.as_str().cmp(b.as_str()));
        rows.truncate(SUBSCRIPTIONS_MAX);
        let subscriptions = rows
            .into_iter()
            .map(|((share, filter), options)| SubscriptionFacts {
                filter,
                share,
                qos: options.qos,
                no_local: options.no_local,
                retain_as_published: options.retain_as_published,
                id: options.id,
            });
        Some(ClientDetails {
            facts: facts(&session),
            subscriptions: subscriptions.collect(),
            timeline: session.log.timeline(),
        })
    }

    /// Ends a client's connection, and its session where that is wanted.
    pub(crate) fn disconnect(&self, client: &str, ends_session: bool) -> Option<bool> {
        let session = self.clients.get(client)?;
        let mut state = session.state();
        let (is_connected, is_persistent) = (state.link.is_some(), state.is_persistent());
        if ends_session {
            // The connection ends it when it lets go.
            state.expiry_s = 0;
        }
        if is_connected {
            session.kick(&mut state);
        }
        drop(state);
        if ends_session && is_persistent {
            self.note(&StateEvent::Session(session.id, SessionChange::Ended));
            self.clients.forget(session.id);
        }
        if ends_session && !is_connected {
            self.end_session(&session);
        }
        Some(is_connected || ends_session)
    }
}

fn facts(session: &Session) -> ClientFacts {
    let (received, sent) = session.log.flows();
    let state = session.state();
    let (queued, in_flight, queued_bytes) = state.outbound.extent();
    let link = state.link.and_then(|_| session.log.link());
    ClientFacts {
        client: Arc::clone(&session.client.0),
        account: session.owner.account(),
        link,
        disconnected_at: state.disconnected_at,
        expiry_s: state.expiry_s,
        subscriptions: state.subscriptions.len(),
        queued,
        in_flight,
        queued_bytes,
        received,
        sent,
        will: state.will.as_ref().map(|will| will.will.topic.clone()),
    }
}
