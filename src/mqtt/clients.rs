//! Which client has which session, and what the state file and the journal are to be told of it.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use crate::auth::Principal;
use crate::message::{ClientId, Record};

use super::codec::Will;
use super::ids::OwnerId;
use super::session::Session;
use super::state::StateEvent;

type Sessions = HashMap<Arc<str>, Arc<Session>, foldhash::fast::RandomState>;

#[derive(Debug, Default)]
pub(crate) struct Clients {
    sessions: Mutex<Sessions>,
    /// Sessions and groups that are over: the local state is to forget them.
    ended: Mutex<Vec<OwnerId>>,
    /// Events that nobody waits for.
    notes: Mutex<Vec<Record>>,
}

/// What a CONNECT asks for.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) principal: Principal,
    pub(crate) client: ClientId,
    /// Whether a session that is there is to be ended.
    pub(crate) clean_start: bool,
    /// The session expiry interval that is granted.
    pub(crate) expiry_s: u32,
    /// How many messages may be in flight to the client.
    pub(crate) window: u16,
    pub(crate) will: Option<Will>,
}

/// A session that belongs to a new connection.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) session: Arc<Session>,
    /// The connection's number.
    pub(crate) generation: u64,
    /// Whether the session was there before.
    pub(crate) present: bool,
    /// What has to be durable before the client is told.
    pub(crate) events: Vec<StateEvent>,
}

/// What a session was when it was claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claimed {
    New,
    Known,
    /// It was of an account that has no use for it any more.
    Inherited,
    /// It was of an account that has no use for it any more, and has to be ended.
    Abandoned,
}

/// What becomes of a session that belongs to another account than that of who claims it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heir {
    /// It stays with its own.
    Owner,
    /// Whoever claims it gets it.
    Claimant,
    /// Nobody gets it.
    Nobody,
}

/// Why there is no session for a CONNECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSession {
    /// Still another connection of the same client came in the meantime.
    Overtaken,
    /// The session of that client identifier is another principal's.
    Foreign,
    /// There is none for its Will.
    NoMemory,
}

impl Clients {
    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock()
    }

    /// How many sessions there are.
    pub(crate) fn len(&self) -> usize {
        self.sessions().len()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.sessions().values().cloned().collect()
    }

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
    pub(crate) fn take_ended(&self) -> Vec<OwnerId> {
        std::mem::take(&mut *self.ended.lock())
    }

    /// The local state is to forget a session or group.
    pub(crate) fn forget(&self, id: impl Into<OwnerId>) {
        self.ended.lock().push(id.into());
    }

    /// Lets an event be written to the journal soon; nobody waits for it.
    pub(crate) fn note(&self, event: &StateEvent) {
        let mut notes = self.notes.lock();
        notes.push(event.record());
    }

    /// The events that were noted since the last time.
    pub(crate) fn take_notes(&self) -> Vec<Record> {
        std::mem::take(&mut *self.notes.lock())
    }

    /// The session of a client, or the one that `new` makes, claimed for the connection
    /// `generation` of a principal. Where it belongs to another account, `heir` says what becomes of
    /// it.
    pub(crate) fn claim(
        &self,
        client: &ClientId,
        principal: &Principal,
        generation: u64,
        heir: impl FnOnce(&str) -> Heir,
        new: impl FnOnce() -> Session,
    ) -> Result<(Arc<Session>, Claimed), NoSession> {
        let mut sessions = self.sessions();
        let place = sessions.entry(Arc::clone(&client.0));
        let is_new = matches!(place, Entry::Vacant(_));
        let session = place.or_insert_with(|| Arc::new(new()));
        let owner = session.owner.account();
        let claimed = if is_new {
            Claimed::New
        } else if *owner == *principal.name() {
            Claimed::Known
        } else {
            match heir(&owner) {
                Heir::Owner => return Err(NoSession::Foreign),
                Heir::Claimant => Claimed::Inherited,
                Heir::Nobody => Claimed::Abandoned,
            }
        };
        session.claim(generation);
        if claimed == Claimed::Inherited {
            session.owner.hand_over(principal.name());
        }
        Ok((Arc::clone(session), claimed))
    }

    /// Whether somebody of that account is connected as that client.
    pub(crate) fn is_connected(&self, client: &ClientId, account: &str) -> bool {
        let session = self.get(&client.0);
        session.is_some_and(|session| {
            *session.owner.account() == *account && session.state().link.is_some()
        })
    }

    /// Takes a session out, unless its client has another one by now; whether it was there.
    pub(crate) fn remove(&self, session: &Session) -> bool {
        let mut sessions = self.sessions();
        let known = sessions.get(&session.client.0);
        let is_known = known.is_some_and(|known| known.id == session.id);
        if is_known {
            sessions.remove(&session.client.0);
        }
        is_known
    }
}
