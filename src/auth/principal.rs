//! Somebody who has come in, for as long as what let them in holds.

use std::fmt;
use std::sync::{Arc, Weak};

use tokio::sync::watch;

use super::account::{Account, AccountLimits};
use super::permissions::Permissions;
use super::role::Role;
use super::visitor::{Action, Visitor};
use crate::message::{Topic, TopicFilter};

/// Somebody who has come in. Cheap to clone; two are equal when they are of the same account.
///
/// What a principal may do changes with its account, at once and for everybody who holds one. When
/// the account, the password or the token that let it in is gone, it is [over](Self::is_over): it
/// may do nothing any more.
#[derive(Clone)]
pub struct Principal {
    name: Arc<str>,
    grant: Arc<watch::Sender<Option<Arc<Grant>>>>,
}

/// What holds for a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) role: Role,
    pub(super) permissions: Permissions,
    pub(super) limits: AccountLimits,
}

impl Grant {
    /// Everything.
    pub(super) fn all() -> Self {
        Self {
            role: Role::Administrator,
            permissions: Permissions::all(),
            limits: AccountLimits::default(),
        }
    }

    /// What holds for a visitor of this account.
    pub(super) fn of(account: &Account, visitor: &Visitor) -> Self {
        let (role, filters) = (account.role, &account.permissions);
        Self {
            role,
            permissions: Permissions::of(role, filters, &account.name, visitor),
            limits: account.limits,
        }
    }
}

impl Principal {
    pub(super) fn new(name: Arc<str>, grant: Grant) -> Self {
        Self {
            name,
            grant: Arc::new(watch::Sender::new(Some(Arc::new(grant)))),
        }
    }

    /// What holds from now on, `None` where nothing does any more; whether that is something else
    /// than before.
    pub(super) fn set_terms(&self, grant: Option<Grant>) -> bool {
        self.grant.send_if_modified(|held| {
            let changed = held.as_deref() != grant.as_ref();
            if changed {
                *held = grant.map(Arc::new);
            }
            changed
        })
    }

    /// For whoever keeps a list of principals, but none of them alive.
    pub(super) fn downgrade(&self) -> WeakPrincipal {
        WeakPrincipal(Arc::clone(&self.name), Arc::downgrade(&self.grant))
    }

    /// What the principal is called in logs and records: the name of its account.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The role that holds now, if any does.
    pub fn role(&self) -> Option<Role> {
        self.grant.borrow().as_ref().map(|grant| grant.role)
    }

    /// Whether accounts and settings may be seen and changed.
    pub fn administers(&self) -> bool {
        self.role().is_some_and(Role::administers)
    }

    /// Whether numbers about the whole server may be seen, which tell of messages that the
    /// principal may not read.
    pub fn sees_totals(&self) -> bool {
        match self.role() {
            Some(Role::Administrator) => true,
            Some(Role::Operator | Role::Viewer) => self.may_all(Action::Read, &TopicFilter::all()),
            Some(Role::Device) | None => false,
        }
    }

    /// How much may be done at a time.
    pub fn limits(&self) -> AccountLimits {
        let grant = self.grant.borrow();
        grant
            .as_ref()
            .map_or(AccountLimits::default(), |grant| grant.limits)
    }

    /// Whether what let the principal in holds no more.
    pub fn is_over(&self) -> bool {
        self.grant.borrow().is_none()
    }

    /// Waits until what let the principal in holds no more.
    pub async fn over(&self) {
        let mut grant = self.grant.subscribe();
        // The sender is held by this principal.
        let _ = grant.wait_for(Option::is_none).await;
    }

    /// Tells of every change of what the principal may do, from now on.
    pub fn changes(&self) -> Changes {
        Changes(self.grant.subscribe())
    }

    pub(super) fn may(&self, action: Action, topic: &Topic) -> bool {
        self.ask(|permissions| permissions.give(action, topic))
    }

    pub(super) fn may_some(&self, action: Action, filter: &TopicFilter) -> bool {
        self.ask(|permissions| permissions.give_some(action, filter))
    }

    pub(super) fn may_all(&self, action: Action, filter: &TopicFilter) -> bool {
        self.ask(|permissions| permissions.give_all(action, filter))
    }

    fn ask(&self, question: impl FnOnce(&Permissions) -> bool) -> bool {
        let grant = self.grant.borrow();
        grant
            .as_ref()
            .is_some_and(|grant| question(&grant.permissions))
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Principal {}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Principal").field(&self.name).finish()
    }
}

/// A principal, as long as anybody holds it.
#[derive(Debug)]
pub(super) struct WeakPrincipal(Arc<str>, Weak<watch::Sender<Option<Arc<Grant>>>>);

impl WeakPrincipal {
    pub(super) fn upgrade(&self) -> Option<Principal> {
        Some(Principal {
            name: Arc::clone(&self.0),
            grant: self.1.upgrade()?,
        })
    }
}

/// Changes of what a principal may do. Cheap to clone: each clone waits for itself.
#[derive(Debug, Clone)]
pub struct Changes(watch::Receiver<Option<Arc<Grant>>>);

impl Changes {
    /// Waits for the next change.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            // Nobody is left who could change anything.
            std::future::pending::<()>().await;
        }
    }
}
