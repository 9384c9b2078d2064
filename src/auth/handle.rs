//! What everybody asks: who may do what.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Notify;

use super::account::ANONYMOUS;
use super::accounts::Accounts;
use super::books::Books;
use super::hashing::Hashing;
use super::means::{Arrival, Means};
use super::principal::{Grant, Principal};
use super::registry::{Registry, earlier};
use super::sign_ins::SignIns;
use super::throttle::Throttle;
use super::tickets::Tickets;
use super::usage::Usages;
use super::visitor::Action;
use crate::message::{Extent, Scope, Sight, Timestamp, Topic, TopicFilter};
use crate::metrics::Metrics;

/// For how many principals it is looked up in one go what holds for them now.
const REFRESHED_TOGETHER: usize = 64;

/// Accounts and what they may do. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    /// As long as there are none, everybody is `anyone`. Who takes several of these locks takes
    /// them in this order: sign-ins, registry, accounts.
    accounts: RwLock<Arc<Accounts>>,
    anyone: Principal,
    registry: Mutex<Registry>,
    /// Held by whoever gives others what holds for them now; taken before any of the others.
    refreshing: Mutex<()>,
    pub(super) sign_ins: Mutex<SignIns>,
    pub(super) tickets: Mutex<Tickets>,
    pub(super) usages: Mutex<Usages>,
    /// Where accounts are kept. Held by whoever changes them, one after the other; never taken by
    /// somebody who holds one of the locks above.
    pub(super) books: Mutex<Books>,
    /// That there is something to write of the sign-ins, soon.
    pub(super) sign_ins_changed: Notify,
    pub(super) throttle: Throttle,
    pub(super) hashing: Hashing,
    /// Counts the changes of what anybody may do.
    version: AtomicU64,
    /// Whether everybody may do everything as long as there is no account. Once there was one, it is
    /// never again as if there had been none.
    may_open: AtomicBool,
    pub(super) metrics: Arc<Metrics>,
    /// Any password is right but `wrong`.
    #[cfg(test)]
    pub(super) takes_any_password: bool,
}

impl Default for Auth {
    fn default() -> Self {
        Self::in_memory(Arc::default())
    }
}

impl Auth {
    /// Without accounts, which are in memory only.
    pub(super) fn in_memory(metrics: Arc<Metrics>) -> Self {
        Self::with_books(Books::default(), metrics)
    }

    /// With the accounts of these books.
    pub(super) fn with_books(books: Books, metrics: Arc<Metrics>) -> Self {
        let inner = Inner::new(metrics);
        inner.adopt(&books);
        *inner.books.lock() = books;
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Whether there is no account, so that everybody may do everything.
    pub fn is_open(&self) -> bool {
        self.inner.is_open()
    }

    /// Whether there is no account, and nobody comes in all the same: accounts are lost, a file that
    /// is to declare some has none, or whoever shows nothing is to stay out.
    pub fn is_locked(&self) -> bool {
        self.inner.is_locked()
    }

    /// Whether there is an administrator who can come in.
    pub fn has_administrator(&self) -> bool {
        self.inner.accounts().has_administrator()
    }

    /// Counts the changes of what anybody may do: an answer that was kept holds as long as this is
    /// the same.
    pub fn version(&self) -> u64 {
        self.inner.version.load(Ordering::Acquire)
    }

    /// Whether `principal` may do this on `topic`.
    pub fn may(&self, principal: &Principal, action: Action, topic: &Topic) -> bool {
        principal.may(action, topic)
    }

    /// Whether `principal` may subscribe to `filter` at all: whether there can be a topic among
    /// those that it names which the principal may read. Each message is asked for by its topic
    /// all the same.
    pub fn may_subscribe(&self, principal: &Principal, filter: &TopicFilter) -> bool {
        principal.may_some(Action::Read, filter)
    }

    /// The topics that `filter` names and `principal` may read, now and later: who keeps a scope
    /// asks for another one when the principal [changes](Principal::changes).
    pub fn scope(&self, principal: &Principal, filter: TopicFilter) -> Scope {
        let is_whole = principal.may_all(Action::Read, &filter);
        let principal = principal.clone();
        let readable = move |topic: &Topic| principal.may(Action::Read, topic);
        if is_whole {
            Scope::whole(filter, readable)
        } else {
            Scope::new(filter, readable)
        }
    }

    /// All topics that `principal` may read, for the tree of topics.
    pub fn sight(&self, principal: &Principal) -> Sight {
        let (of_one, of_many) = (principal.clone(), principal.clone());
        Sight::new(
            move |topic| of_one.may(Action::Read, topic),
            move |filter| {
                if of_many.may_all(Action::Read, filter) {
                    Extent::Everything
                } else if of_many.may_some(Action::Read, filter) {
                    Extent::Part
                } else {
                    Extent::Nothing
                }
            },
        )
    }

    /// Whether there can be a topic that `principal` may publish to.
    pub fn may_publish_some(&self, principal: &Principal) -> bool {
        principal.may_some(Action::Write, &TopicFilter::all())
    }
}

impl Inner {
    fn new(metrics: Arc<Metrics>) -> Self {
        let anyone = Arrival {
            account: ANONYMOUS.into(),
            means: Means::Nothing,
            client: None,
        };
        Self {
            accounts: RwLock::default(),
            anyone: Principal::new(anyone, Grant::all()),
            registry: Mutex::default(),
            refreshing: Mutex::default(),
            sign_ins: Mutex::default(),
            tickets: Mutex::default(),
            usages: Mutex::default(),
            books: Mutex::default(),
            sign_ins_changed: Notify::new(),
            throttle: Throttle::default(),
            hashing: Hashing::new(Arc::clone(&metrics)),
            version: AtomicU64::new(0),
            may_open: AtomicBool::new(true),
            metrics,
            #[cfg(test)]
            takes_any_password: false,
        }
    }

    /// The accounts that are in force.
    pub(super) fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts.read())
    }

    /// Who comes in where there are no accounts.
    pub(super) fn anyone(&self) -> Option<Principal> {
        (!self.anyone.is_over()).then(|| self.anyone.clone())
    }

    /// Who has come in this way: the same principal for everybody who does; `None` where nothing
    /// holds for them by now.
    pub(super) fn admit(&self, arrival: Arrival) -> Option<Principal> {
        let sign_ins = self.sign_ins.lock();
        // Accounts are looked at while nobody can be missed by those who change them.
        let mut registry = self.registry.lock();
        if let Some(principal) = registry.get(&arrival)
            && !principal.is_over()
        {
            return Some(principal);
        }
        let accounts = self.accounts();
        let grant = accounts.grant(&arrival, &sign_ins, Timestamp::now())?;
        let principal = Principal::new(arrival, grant);
        registry.insert(&principal);
        Some(principal)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.anyone.is_over()
    }

    pub(super) fn is_locked(&self) -> bool {
        self.accounts().is_empty() && !self.is_open()
    }

    /// The accounts of the books are in force from now on.
    pub(super) fn adopt(&self, books: &Books) {
        if !books.may_open() {
            self.may_open.store(false, Ordering::Relaxed);
        }
        self.install(books.accounts());
    }

    /// These are the accounts from now on, for everybody who has come in, too.
    fn install(&self, accounts: Accounts) {
        let accounts = Arc::new(accounts);
        self.hashing.retain(|name| accounts.get(name).is_some());
        let before = std::mem::replace(&mut *self.accounts.write(), Arc::clone(&accounts));
        self.refresh(|arrival| before.get(&arrival.account) != accounts.get(&arrival.account));
    }

    /// What holds now for everybody who has come in and whom something `concerns` that has changed,
    /// or whose time is up. Those who come in or publish meanwhile wait for a few of them at most,
    /// however many there are.
    fn refresh(&self, concerns: impl Fn(&Arrival) -> bool) {
        let _one_at_a_time = self.refreshing.lock();
        let (accounts, now) = (self.accounts(), Timestamp::now());
        if !accounts.is_empty() {
            self.may_open.store(false, Ordering::Relaxed);
        }
        let is_open = self.may_open.load(Ordering::Relaxed);
        let mut changed = self.anyone.set_terms(is_open.then(Grant::all));
        // Whoever is not among these yet comes in by these accounts.
        let mut all = self.registry.lock().all(now);
        all.retain(|principal| {
            let is_due = principal.until().is_some_and(|end| end <= now);
            let arrival = principal.arrival();
            // Sign-ins end in other ways, too.
            is_due || matches!(arrival.means, Means::SignIn(_)) || concerns(arrival)
        });
        let mut first_end = None;
        for some in all.chunks(REFRESHED_TOGETHER) {
            let sign_ins = self.sign_ins.lock();
            for principal in some {
                let grant = accounts.grant(principal.arrival(), &sign_ins, now);
                first_end = earlier(first_end, grant.as_ref().and_then(|grant| grant.until));
                changed |= principal.set_terms(grant);
            }
        }
        self.registry.lock().note_end(first_end);
        if changed {
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// Nothing holds any more for whoever has come in this way.
    pub(super) fn end(&self, arrival: &Arrival) {
        let principal = self.registry.lock().get(arrival);
        if principal.is_some_and(|principal| principal.set_terms(None)) {
            self.version.fetch_add(1, Ordering::Release);
        }
    }

    /// Ends what has ended by itself.
    pub(super) fn expire(&self) {
        let is_due = self.registry.lock().is_due(Timestamp::now());
        if is_due {
            self.refresh(|_| false);
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auth").finish_non_exhaustive()
    }
}
