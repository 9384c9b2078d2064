//! Whose a session is.

use std::sync::Arc;

use parking_lot::RwLock;

use crate::auth::Principal;

/// Whose a session is: an account's for good, and as long as somebody has come in by that account
/// and claimed it, theirs.
#[derive(Debug)]
pub(crate) struct SessionOwner(RwLock<Owned>);

#[derive(Debug)]
struct Owned {
    account: Arc<str>,
    /// Who has claimed it last; nobody yet where it was there when the server started.
    principal: Option<Principal>,
}

impl SessionOwner {
    pub(super) fn new(account: Arc<str>) -> Self {
        let principal = None;
        Self(RwLock::new(Owned { account, principal }))
    }

    /// The name of the account.
    pub(crate) fn account(&self) -> Arc<str> {
        Arc::clone(&self.0.read().account)
    }

    /// It is that account's from now on.
    pub(crate) fn hand_over(&self, account: &str) {
        let mut owned = self.0.write();
        owned.account = account.into();
        owned.principal = None;
    }

    /// What is asked of whoever has claimed it; `None` where nobody has, or what let them in holds
    /// no more: what holds for the next one is not known yet.
    pub(crate) fn ask(&self, question: impl FnOnce(&Principal) -> bool) -> Option<bool> {
        let owned = self.0.read();
        let principal = owned.principal.as_ref();
        let principal = principal.filter(|principal| !principal.is_over())?;
        Some(question(principal))
    }

    /// Somebody of the account has it now; whether something else may hold for them than for who
    /// had it before.
    pub(crate) fn claimed_by(&self, principal: &Principal) -> bool {
        let mut owned = self.0.write();
        let before = owned.principal.replace(principal.clone());
        before.is_none_or(|before| !before.is_same(principal))
    }
}
