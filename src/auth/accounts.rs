//! All accounts: those that are administered here, and those that a file declares.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::account::{ANONYMOUS, Account};
use super::means::{Arrival, Means};
use super::principal::Grant;
use super::role::Role;
use super::sign_ins::SignIns;
use super::token::TokenRecord;
use crate::message::Timestamp;

/// Where an account comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AccountOrigin {
    /// Added and changed by command, over REST and on the dashboard.
    Managed,
    /// Declared by a file or an option; changed there only.
    Declared,
}

/// The accounts in force, by their names. Declared ones go before managed ones of that name.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    all: HashMap<Arc<str>, (Account, AccountOrigin)>,
    /// By the ids of tokens, whose they are.
    tokens: HashMap<Arc<str>, Arc<str>>,
    /// Whether nobody comes in who shows nothing, whatever an account says of them.
    without_anonymous: bool,
}

impl Accounts {
    pub(super) fn new(managed: &[Account], declared: &[Account]) -> Self {
        let managed = managed.iter().map(|one| (one, AccountOrigin::Managed));
        let declared = declared.iter().map(|one| (one, AccountOrigin::Declared));
        let all: HashMap<_, _> = managed
            .chain(declared)
            .map(|(account, origin)| (Arc::clone(&account.name), (account.clone(), origin)))
            .collect();
        let ids = all.values().flat_map(|(account, _)| {
            let tokens = account.tokens.iter();
            tokens.map(|token| (Arc::clone(&token.id), Arc::clone(&account.name)))
        });
        Self {
            tokens: ids.collect(),
            all,
            without_anonymous: false,
        }
    }

    /// These, but whoever shows nothing stays out.
    pub(super) fn without_anonymous(self) -> Self {
        Self {
            without_anonymous: true,
            ..self
        }
    }

    /// The token of this id, and whose it is.
    pub(super) fn token(&self, id: &str) -> Option<(&Account, &TokenRecord)> {
        let account = self.get(self.tokens.get(id)?)?;
        let mut tokens = account.tokens.iter();
        Some((account, tokens.find(|token| &*token.id == id)?))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Account> {
        self.all.get(name).map(|(account, _)| account)
    }

    /// The account of this name, and where it comes from.
    pub(super) fn find(&self, name: &str) -> Option<(&Account, AccountOrigin)> {
        let (account, origin) = self.all.get(name)?;
        Some((account, *origin))
    }

    /// Whether there is none at all.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Whether there is no account that anybody could show something for.
    pub(super) fn is_anonymous_only(&self) -> bool {
        self.all.keys().all(|name| &**name == ANONYMOUS)
    }

    /// Whether there is an administrator who can come in.
    pub(super) fn has_administrator(&self) -> bool {
        let mut accounts = self.all.values();
        accounts.any(|(account, _)| account.role == Role::Administrator && !account.disabled)
    }

    /// In the order of their names.
    pub(super) fn sorted(&self) -> Vec<&(Account, AccountOrigin)> {
        let mut all: Vec<_> = self.all.values().collect();
        all.sort_unstable_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        all
    }

    /// What holds for whoever has come in this way; `None` where nothing does.
    pub(super) fn grant(
        &self,
        arrival: &Arrival,
        sign_ins: &SignIns,
        now: Timestamp,
    ) -> Option<Grant> {
        let account = self.get(&arrival.account)?;
        let client = arrival.client.as_deref();
        if account.disabled || !admits(account, client) {
            return None;
        }
        let of_account = || Grant::of(account, client);
        let password = account.fingerprint();
        match &arrival.means {
            Means::Nothing => {
                let is_let_in = &*account.name == ANONYMOUS && !self.without_anonymous;
                is_let_in.then(of_account)
            }
            Means::Certificate => Some(of_account()),
            Means::Password(shown) => (*shown == password).then(of_account),
            Means::Token(id) => {
                let mut tokens = account.tokens.iter();
                let token = tokens.find(|token| token.id == *id)?;
                let holds = token.expires.is_none_or(|end| now < end);
                holds.then(|| Grant::of_token(account, client, token))
            }
            Means::SignIn(id) => {
                let end = sign_ins.end(id, &account.name, password)?;
                (now < end).then(|| Grant {
                    until: Some(end),
                    ..of_account()
                })
            }
        }
    }
}

/// Whether an MQTT client may come in by this account.
pub(super) fn admits(account: &Account, client: Option<&str>) -> bool {
    let binding = account.client.as_ref();
    binding.is_none_or(|binding| binding.admits(&account.name, client))
}
