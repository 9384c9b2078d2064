//! Somebody who has come in, for as long as what let them in holds.

use std::fmt;
use std::sync::{Arc, Weak};

use tokio::sync::watch;

use super::account::{Account, AccountLimits};
use super::means::{Arrival, Means};
use super::permissions::{PermissionFilters, Permissions, all_but_system};
use super::role::Role;
use super::token::TokenRecord;
use super::visitor::Action;
use crate::message::{Timestamp, Topic, TopicFilter};

/// Somebody who has come in. Cheap to clone; two are equal when they are of the same account.
///
/// What a principal may do changes with its account, at once and for everybody who holds one. When
/// the account, the password or the token that let it in is gone, it is [over](Self::is_over): it
/// may do nothing any more.
#[derive(Clone)]
pub struct Principal {
    standing: Arc<Standing>,
}

/// As whom somebody has come in, and what holds for them.
struct Standing {
    arrival: Arrival,
    grant: watch::Sender<Option<Arc<Grant>>>,
}

/// What holds for a principal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) role: Role,
    pub(super) permissions: Permissions,
    pub(super) limits: AccountLimits,
    /// Whether totals of the whole server may be seen.
    pub(super) sees_totals: bool,
    /// Until when all of it holds.
    pub(super) until: Option<Timestamp>,
}

impl Grant {
    /// Everything.
    pub(super) fn all() -> Self {
        Self {
            role: Role::Administrator,
            permissions: Permissions::all(),
            limits: AccountLimits::default(),
            sees_totals: true,
            until: None,
        }
    }

    /// What holds for whoever has come in by this account as that MQTT client.
    pub(super) fn of(account: &Account, client: Option<&str>) -> Self {
        let (role, filters) = (account.role, &account.permissions);
        let is_unbounded = filters.read.is_none() && filters.deny_read.is_empty();
        Self {
            role,
            permissions: Permissions::of(role, filters, &account.name, client),
            limits: account.limits,
            sees_totals: role.administers() || (role != Role::Device && is_unbounded),
            until: None,
        }
    }

    /// What a token leaves of what its account gives.
    pub(super) fn of_token(account: &Account, client: Option<&str>, token: &TokenRecord) -> Self {
        let filters = filters_of_token(account, token);
        let is_unbounded = filters.read.is_none() && filters.deny_read.is_empty();
        let whole = Self::of(account, client);
        Self {
            role: role_of_token(account, token),
            permissions: whole.permissions.within(&filters, &account.name, client),
            sees_totals: whole.sees_totals && (token.metrics || is_unbounded),
            until: token.expires,
            ..whole
        }
    }
}

/// What a token may be used for at most.
fn role_of_token(account: &Account, token: &TokenRecord) -> Role {
    account.role.at_most(token.role.unwrap_or(account.role))
}

/// Where a token may be used, of where its account may.
pub(super) fn filters_of_token(account: &Account, token: &TokenRecord) -> PermissionFilters {
    let role = role_of_token(account, token);
    let mut filters = token.permissions.clone();
    if !filters.deny_read.is_empty() {
        filters.read.get_or_insert_with(all_but_system);
    }
    if role != account.role && role == Role::Viewer {
        filters.write = Some(Vec::new());
    }
    if role != account.role && role == Role::Device {
        filters.read.get_or_insert_default();
        filters.write.get_or_insert_default();
    }
    filters
}

impl Grant {
    /// Whether both give the same, for as long as they hold.
    fn gives_the_same(&self, other: &Self) -> bool {
        let terms = |grant: &Self| (grant.role, grant.limits, grant.sees_totals);
        terms(self) == terms(other) && self.permissions == other.permissions
    }
}

impl Principal {
    pub(super) fn new(arrival: Arrival, grant: Grant) -> Self {
        Self {
            standing: Arc::new(Standing {
                arrival,
                grant: watch::Sender::new(Some(Arc::new(grant))),
            }),
        }
    }

    /// What holds from now on, `None` where nothing does any more; whether that is something else
    /// than before.
    pub(super) fn set_terms(&self, grant: Option<Grant>) -> bool {
        self.standing.grant.send_if_modified(|held| {
            // That it all holds for longer is no news.
            let changed = match (held.as_deref(), &grant) {
                (Some(held), Some(grant)) => !held.gives_the_same(grant),
                (held, grant) => held.is_some() || grant.is_some(),
            };
            if held.as_deref() != grant.as_ref() {
                *held = grant.map(Arc::new);
            }
            changed
        })
    }

    /// For whoever keeps a list of principals, but none of them alive.
    pub(super) fn downgrade(&self) -> WeakPrincipal {
        WeakPrincipal(Arc::downgrade(&self.standing))
    }

    /// As whom the principal has come in, and by what.
    pub(super) fn arrival(&self) -> &Arrival {
        &self.standing.arrival
    }

    /// Whether it was the account's password that was shown, and no token or certificate.
    pub fn has_shown_password(&self) -> bool {
        matches!(self.standing.arrival.means, Means::Password(_))
    }

    /// Until when what the principal may do holds, as far as that is known.
    pub(super) fn until(&self) -> Option<Timestamp> {
        let grant = self.standing.grant.borrow();
        grant.as_ref().and_then(|grant| grant.until)
    }

    /// Whether both have come in the same way, so that the same holds for them at all times.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.standing, &other.standing)
    }

    /// What the principal is called in logs and records: the name of its account.
    pub fn name(&self) -> &str {
        &self.standing.arrival.account
    }

    /// The role that holds now, if any does.
    pub fn role(&self) -> Option<Role> {
        self.standing
            .grant
            .borrow()
            .as_ref()
            .map(|grant| grant.role)
    }

    /// Whether accounts and settings may be seen and changed.
    pub fn administers(&self) -> bool {
        self.role().is_some_and(Role::administers)
    }

    /// Whether numbers about the whole server may be seen, which tell of messages that the
    /// principal may not read.
    pub fn sees_totals(&self) -> bool {
        let grant = self.standing.grant.borrow();
        grant.as_ref().is_some_and(|grant| grant.sees_totals)
    }

    /// How much may be done at a time.
    pub fn limits(&self) -> AccountLimits {
        let grant = self.standing.grant.borrow();
        grant
            .as_ref()
            .map_or(AccountLimits::default(), |grant| grant.limits)
    }

    /// Whether what let the principal in holds no more.
    pub fn is_over(&self) -> bool {
        self.standing.grant.borrow().is_none()
    }

    /// Waits until what let the principal in holds no more.
    pub async fn over(&self) {
        let mut grant = self.standing.grant.subscribe();
        // The sender is held by this principal.
        let _ = grant.wait_for(Option::is_none).await;
    }

    /// Tells of every change of what the principal may do, from now on.
    pub fn changes(&self) -> Changes {
        Changes(self.standing.grant.subscribe())
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
        let grant = self.standing.grant.borrow();
        grant
            .as_ref()
            .is_some_and(|grant| question(&grant.permissions))
    }
}

impl PartialEq for Principal {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Principal {}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Principal").field(&self.name()).finish()
    }
}

/// A principal, as long as anybody holds it.
pub(super) struct WeakPrincipal(Weak<Standing>);

impl WeakPrincipal {
    pub(super) fn upgrade(&self) -> Option<Principal> {
        let standing = self.0.upgrade()?;
        Some(Principal { standing })
    }
}

/// Changes of what a principal may do.
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
