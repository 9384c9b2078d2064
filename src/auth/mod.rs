//! Who may do what: the one answer for MQTT, REST, WebSocket and Server-Sent Events.
//!
//! Whoever comes in is a [`Visitor`], who shows [`Credentials`], and becomes a [`Principal`];
//! everything that a principal wants is asked here, topic by topic ([`Auth::may`]), or for all
//! topics of a filter at once ([`Auth::scope`]).
//!
//! As long as there is no account, everybody is anonymous and may do everything; the server then
//! listens on loopback only. With the first account that ends: who shows nothing comes in only
//! where an account [`ANONYMOUS`] says what they may.

mod account;
mod permissions;
mod principal;
mod role;
mod visitor;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

pub use account::{ANONYMOUS, Account, AccountLimits};
pub use permissions::PermissionFilters;
pub use principal::{Changes, Principal};
pub use role::Role;
pub use visitor::{Action, Credentials, Visitor};

use crate::message::{Extent, Scope, Sight, Topic, TopicFilter};
use principal::{Grant, WeakPrincipal};

/// Why somebody does not come in. Says nothing of what was wrong: name and password are told
/// apart by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing was shown, and that does not do.
    #[error("a name and a password, or a token, must be shown")]
    NothingShown,
    /// What was shown is not good.
    #[error("the name, the password or the token is wrong")]
    Wrong,
}

/// Accounts and what they may do. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Auth {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// By their names. As long as there are none, everybody is `anyone`.
    accounts: RwLock<HashMap<Arc<str>, Account>>,
    anyone: Principal,
    /// Everybody who has come in by an account, and as what visitor.
    admitted: Mutex<Vec<(WeakPrincipal, Visitor)>>,
    /// Counts the changes of what anybody may do.
    version: AtomicU64,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            accounts: RwLock::default(),
            anyone: Principal::new(ANONYMOUS.into(), Grant::all()),
            admitted: Mutex::default(),
            version: AtomicU64::new(0),
        }
    }
}

impl Auth {
    /// Who shows these credentials. Without accounts whatever is shown is as good as nothing, as
    /// brokers without accounts have it: devices that send a name and a password come in.
    #[allow(clippy::unused_async)] // what a password costs is not waited for on this thread
    pub async fn sign_in(&self, visitor: &Visitor) -> Result<Principal, Denied> {
        let accounts = self.inner.accounts.read();
        if accounts.is_empty() {
            return Ok(self.inner.anyone.clone());
        }
        let name = match &visitor.shown {
            Credentials::Nothing => ANONYMOUS,
            Credentials::Password { user, .. } | Credentials::Certificate(user) => user,
            Credentials::Token(_) => return Err(Denied::Wrong),
        };
        #[cfg(test)]
        if matches!(&visitor.shown, Credentials::Password { password, .. } if password == "wrong") {
            return Err(Denied::Wrong);
        }
        let account = accounts.get(name).ok_or(match &visitor.shown {
            Credentials::Nothing => Denied::NothingShown,
            _ => Denied::Wrong,
        })?;
        let principal = Principal::new(Arc::clone(&account.name), Grant::of(account, visitor));
        let mut admitted = self.inner.admitted.lock();
        admitted.push((principal.downgrade(), visitor.clone()));
        Ok(principal)
    }

    /// These are the accounts from now on, for everybody who has come in, too.
    pub fn declare(&self, accounts: impl IntoIterator<Item = Account>) {
        let accounts = accounts.into_iter();
        let accounts = accounts
            .map(|account| (Arc::clone(&account.name), account))
            .collect();
        *self.inner.accounts.write() = accounts;
        let accounts = self.inner.accounts.read();
        let anyone = accounts.is_empty().then(Grant::all);
        let mut changed = self.inner.anyone.set_terms(anyone);
        self.inner.admitted.lock().retain(|(principal, visitor)| {
            let Some(principal) = principal.upgrade() else {
                return false;
            };
            let account = accounts.get(principal.name());
            changed |= principal.set_terms(account.map(|account| Grant::of(account, visitor)));
            true
        });
        if changed {
            self.inner.version.fetch_add(1, Ordering::Release);
        }
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
        if principal.may_all(Action::Read, &filter) {
            return Scope::unrestricted(filter);
        }
        let principal = principal.clone();
        Scope::new(filter, move |topic| principal.may(Action::Read, topic))
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
}

#[cfg(test)]
pub(crate) mod tests {
    use bytes::Bytes;

    use super::*;

    impl Auth {
        /// Who comes in where there are no accounts.
        pub(crate) fn anyone(&self) -> Principal {
            self.inner.anyone.clone()
        }

        /// These accounts, in TOML, whose passwords are whatever is not `wrong`.
        pub(crate) fn with_accounts(toml: &str) -> Self {
            #[derive(serde::Deserialize)]
            struct Accounts {
                account: Vec<Account>,
            }
            let accounts: Accounts = toml::from_str(toml).unwrap();
            let auth = Self::default();
            auth.declare(accounts.account);
            auth
        }
    }

    fn by(name: &str) -> Visitor {
        Visitor {
            shown: Credentials::Password {
                user: name.into(),
                password: Bytes::from_static(b"secret"),
            },
            ..Visitor::default()
        }
    }

    #[tokio::test]
    async fn without_accounts_everybody_is_anonymous_and_may_do_everything() {
        let auth = Auth::default();
        let principal = auth.sign_in(&by("press")).await.unwrap();
        assert_eq!(principal.name(), "anonymous");
        assert!(principal.administers());
        let topic = Topic::new("a/b").unwrap();
        assert!(auth.may(&principal, Action::Write, &topic));
        assert!(auth.may_subscribe(&principal, &TopicFilter::all()));
        assert!(auth.scope(&principal, TopicFilter::all()).is_unrestricted());
    }

    const PRESS: &str =
        r#"account = [{ name = "press", role = "device", permissions = { read = ["a/#"] } }]"#;

    #[tokio::test]
    async fn with_the_first_account_anonymous_is_over() {
        let auth = Auth::default();
        let anyone = auth.sign_in(&Visitor::default()).await.unwrap();
        auth.declare(
            Auth::with_accounts(PRESS)
                .inner
                .accounts
                .read()
                .values()
                .cloned(),
        );
        assert!(anyone.is_over() && !anyone.administers());
        assert!(!auth.may(&anyone, Action::Read, &Topic::new("a").unwrap()));
        let denied = auth.sign_in(&Visitor::default()).await;
        assert_eq!(denied.unwrap_err(), Denied::NothingShown);
    }

    #[tokio::test]
    async fn a_change_of_an_account_changes_whoever_has_come_in() {
        let auth = Auth::with_accounts(PRESS);
        let press = auth.sign_in(&by("press")).await.unwrap();
        let (topic, version) = (Topic::new("a/b").unwrap(), auth.version());
        assert!(auth.may(&press, Action::Read, &topic));
        auth.declare(
            Auth::with_accounts(&PRESS.replace("a/#", "b/#"))
                .inner
                .accounts
                .read()
                .values()
                .cloned(),
        );
        assert!(!auth.may(&press, Action::Read, &topic) && !press.is_over());
        assert_ne!(auth.version(), version);
        auth.declare([]);
        press.over().await;
    }

    #[test]
    fn a_password_is_never_printed() {
        assert!(!format!("{:?}", by("press")).contains("secret"));
    }
}
