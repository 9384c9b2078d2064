//! Changes of accounts, by command, over REST and on the dashboard.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::account::{Account, AccountLimits, ClientBinding};
use super::accounts::{AccountOrigin, Accounts};
use super::actor::Actor;
use super::audit::{AuditEntry, AuditedChange};
use super::files::AuthFileError;
use super::handle::{Auth, Inner};
use super::means::{Arrival, Means};
use super::password::Password;
use super::permissions::PermissionFilters;
use super::principal::Principal;
use super::role::Role;
use super::sign_ins::SignIn;
use super::states::{AccountState, TokenState};
use super::token::{self, NewSecret, TokenRecord};
use crate::message::Timestamp;

/// How many accounts there may be.
const ACCOUNTS_MAX: usize = 100_000;

/// Why accounts can't be changed so.
#[derive(Debug, thiserror::Error)]
pub enum AdministrationError {
    #[error("there is no account {0:?}")]
    UnknownAccount(Arc<str>),
    #[error("the account has no token {0:?}")]
    UnknownToken(Arc<str>),
    #[error("there is an account {0:?} already")]
    Exists(Arc<str>),
    /// There are accounts, so that the first can't be added any more.
    #[error("there are accounts already: sign in with one of them")]
    NotTheFirst,
    #[error("the account {0:?} is declared by a file or an option, and can be changed there only")]
    Declared(Arc<str>),
    #[error("that would leave no administrator who can come in: add another one before")]
    LastAdministrator,
    #[error("{0}")]
    Invalid(String),
    /// Only who has shown a password or a certificate may stay signed in.
    #[error("a browser can't be signed in by what was shown: a password is needed")]
    NotByPassword,
    /// There is no place for another one.
    #[error("there are too many {0}")]
    TooMany(&'static str),
    /// So many passwords are looked at that another one can't be hashed.
    #[error("too many passwords are being looked at: try again")]
    Crowded,
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
    /// The files can't be read or written.
    #[error(transparent)]
    Files(#[from] AuthFileError),
    /// It was broken off.
    #[error("the change was broken off")]
    BrokenOff,
}

/// An account that is to be added.
#[derive(Debug, Clone)]
pub struct NewAccount {
    pub name: String,
    pub role: Role,
    /// Without one nobody comes in by a password.
    pub password: Option<Password>,
    pub disabled: bool,
    pub client: Option<ClientBinding>,
    pub permissions: PermissionFilters,
    pub limits: AccountLimits,
}

impl NewAccount {
    /// An account without anything else.
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            password: None,
            disabled: false,
            client: None,
            permissions: PermissionFilters::default(),
            limits: AccountLimits::default(),
        }
    }
}

/// What is to become of an account; what is absent stays.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// `Some(None)` lets every client come in by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Option<ClientBinding>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permissions: Option<PermissionFilters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<AccountLimits>,
}

/// A token that is to be issued.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    /// What its owner calls it.
    pub name: String,
    /// When it ends; never where it is absent.
    pub expires: Option<Timestamp>,
    /// What it may be used for at most; as much as its account where it is absent.
    pub role: Option<Role>,
    /// Whether it may see totals of the whole server, where its account may.
    pub metrics: bool,
    /// Where it may be used, of where its account may.
    pub permissions: PermissionFilters,
}

/// A token that was just issued.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    pub id: Arc<str>,
    /// What is shown to come in; nobody can read it again.
    pub text: String,
}

impl Auth {
    /// All accounts in the order of their names.
    pub fn accounts(&self) -> Vec<AccountState> {
        let accounts = self.inner.accounts();
        let sorted = accounts.sorted().into_iter();
        sorted
            .map(|(account, origin)| AccountState::of(account, *origin))
            .collect()
    }

    /// The account of this name.
    pub fn account(&self, name: &str) -> Option<AccountState> {
        let accounts = self.inner.accounts();
        let (account, origin) = accounts.find(name)?;
        Some(AccountState::of(account, origin))
    }

    /// Adds the first account: an administrator. With that everybody else is out who came in
    /// without an account.
    pub async fn add_first_account(
        &self,
        by: &Actor,
        name: &str,
        password: Password,
    ) -> Result<(), AdministrationError> {
        let new = NewAccount {
            password: Some(password),
            ..NewAccount::new(name, Role::Administrator)
        };
        self.add(by, new, true).await
    }

    pub async fn add_account(
        &self,
        by: &Actor,
        new: NewAccount,
    ) -> Result<(), AdministrationError> {
        self.add(by, new, false).await
    }

    async fn add(
        &self,
        by: &Actor,
        new: NewAccount,
        must_be_first: bool,
    ) -> Result<(), AdministrationError> {
        let mut account = Account::new(&new.name, new.role);
        account.disabled = new.disabled;
        account.client = new.client;
        account.permissions = new.permissions;
        account.limits = new.limits;
        if let Some(password) = new.password {
            let hash = self.inner.hashing.make(password).await;
            account.password = Some(hash.map_err(|_| AdministrationError::Crowded)?);
        }
        let detail = json(&AccountState::of(&account, AccountOrigin::Managed));
        let entry = AuditEntry::new(by, AuditedChange::AccountAdded, &account.name, detail);
        let is_open = self.is_open();
        self.change(entry, move |before, accounts| {
            if must_be_first && !(before.is_empty() && is_open) {
                return Err(AdministrationError::NotTheFirst);
            }
            if accounts.iter().any(|other| other.name == account.name) {
                return Err(AdministrationError::Exists(account.name));
            }
            accounts.push(account);
            Ok(())
        })
        .await
    }

    /// Adds accounts that were elsewhere before, all or none; whoever has a name that is taken
    /// stays as it is here, and is told.
    pub async fn import_accounts(
        &self,
        by: &Actor,
        imported: Vec<Account>,
    ) -> Result<Vec<Arc<str>>, AdministrationError> {
        let accounts = self.inner.accounts();
        let is_taken = |account: &Account| accounts.get(&account.name).is_some();
        let (taken, new): (Vec<_>, Vec<_>) = imported.into_iter().partition(is_taken);
        let taken = taken.into_iter().map(|account| account.name).collect();
        if new.is_empty() {
            return Ok(taken);
        }
        let names: Vec<&str> = new.iter().map(|account| &*account.name).collect();
        let what = AuditedChange::AccountsImported;
        let entry = AuditEntry::new(by, what, "", Some(names.join(", ")));
        self.change(entry, move |before, accounts| {
            for account in &new {
                account.check().map_err(AdministrationError::Invalid)?;
                if before.get(&account.name).is_some() {
                    return Err(AdministrationError::Exists(Arc::clone(&account.name)));
                }
            }
            accounts.extend(new);
            Ok(taken)
        })
        .await
    }

    pub async fn change_account(
        &self,
        by: &Actor,
        name: &str,
        change: AccountChange,
    ) -> Result<(), AdministrationError> {
        let what = AuditedChange::AccountChanged;
        let entry = AuditEntry::new(by, what, name, json(&change));
        self.change_one(entry, move |account| {
            account.role = change.role.unwrap_or(account.role);
            account.disabled = change.disabled.unwrap_or(account.disabled);
            if let Some(client) = change.client {
                account.client = client;
            }
            if let Some(permissions) = change.permissions {
                account.permissions = permissions;
            }
            account.limits = change.limits.unwrap_or(account.limits);
            Ok(())
        })
        .await
    }

    /// Removes an account. Whoever has come in by it is out.
    pub async fn remove_account(&self, by: &Actor, name: &str) -> Result<(), AdministrationError> {
        let entry = AuditEntry::new(by, AuditedChange::AccountRemoved, name, None);
        let name: Arc<str> = name.into();
        self.change(entry, move |_, accounts| {
            let before = accounts.len();
            accounts.retain(|account| account.name != name);
            if accounts.len() == before {
                return Err(AdministrationError::UnknownAccount(name));
            }
            Ok(())
        })
        .await
    }

    /// Gives an account another password. Whoever has come in by the one before is out.
    pub async fn set_password(
        &self,
        by: &Actor,
        name: &str,
        password: Password,
    ) -> Result<(), AdministrationError> {
        let hash = self.inner.hashing.make(password).await;
        let hash = hash.map_err(|_| AdministrationError::Crowded)?;
        let entry = AuditEntry::new(by, AuditedChange::PasswordSet, name, None);
        self.change_one(entry, move |account| {
            account.password = Some(hash);
            Ok(())
        })
        .await
    }

    /// Makes a token of an account. What it says is told now and never again.
    pub async fn issue_token(
        &self,
        by: &Actor,
        account: &str,
        new: NewToken,
    ) -> Result<IssuedToken, AdministrationError> {
        let secret = NewSecret::make(token::PREFIX).ok_or(AdministrationError::NoRandomNumbers)?;
        let record = TokenRecord {
            id: Arc::clone(&secret.id),
            name: new.name.into(),
            hash: secret.hash,
            created: Some(Timestamp::now()),
            expires: new.expires,
            role: new.role,
            metrics: new.metrics,
            permissions: new.permissions,
        };
        let detail = json(&TokenState::of(&record));
        let entry = AuditEntry::new(by, AuditedChange::TokenIssued, account, detail);
        self.change_one(entry, move |account| {
            let now = Timestamp::now();
            let holds = |token: &TokenRecord| token.expires.is_none_or(|end| now < end);
            account.tokens.retain(holds);
            account.tokens.push(record);
            Ok(())
        })
        .await?;
        Ok(IssuedToken {
            id: secret.id,
            text: secret.text,
        })
    }

    /// Ends a token of an account. Whoever has come in by it is out.
    pub async fn revoke_token(
        &self,
        by: &Actor,
        account: &str,
        id: &str,
    ) -> Result<(), AdministrationError> {
        let entry = AuditEntry::new(by, AuditedChange::TokenRevoked, account, Some(id.into()));
        let id: Arc<str> = id.into();
        self.change_one(entry, move |account| {
            let before = account.tokens.len();
            account.tokens.retain(|token| token.id != id);
            if account.tokens.len() == before {
                return Err(AdministrationError::UnknownToken(id));
            }
            Ok(())
        })
        .await
    }

    /// Signs a browser in for as long as it keeps what it is told, comes back within half a day,
    /// and the account keeps its password; a week at the longest.
    pub fn open_sign_in(
        &self,
        principal: &Principal,
        from: Option<IpAddr>,
    ) -> Result<SignIn, AdministrationError> {
        let arrival = principal.arrival();
        if !matches!(arrival.means, Means::Password(_) | Means::Certificate) {
            return Err(AdministrationError::NotByPassword);
        }
        let accounts = self.inner.accounts();
        let account = accounts.get(principal.name());
        let account = account.filter(|_| !principal.is_over());
        let account =
            account.ok_or_else(|| AdministrationError::UnknownAccount(principal.name().into()))?;
        let password = account.fingerprint();
        let mut sign_ins = self.inner.sign_ins.lock();
        let opened = sign_ins.open(&account.name, password, from, Timestamp::now());
        self.inner.sign_ins_changed.notify_one();
        opened.ok_or(AdministrationError::NoRandomNumbers)
    }

    /// Signs a browser out that shows this; whatever it has open ends.
    pub fn close_sign_in(&self, text: &[u8]) {
        let closed = self.inner.sign_ins.lock().close(text);
        self.inner.sign_ins_changed.notify_one();
        if let Some((account, id)) = closed {
            self.inner.end(&Arrival {
                account,
                means: Means::SignIn(id),
                client: None,
            });
        }
    }

    /// What lets a browser open one WebSocket as this principal, in the next half minute.
    pub fn issue_ticket(&self, principal: &Principal) -> Result<String, AdministrationError> {
        let mut tickets = self.inner.tickets.lock();
        let ticket = tickets.issue(principal, Instant::now());
        ticket.ok_or(AdministrationError::TooMany("tickets"))
    }

    /// The last changes before the one of that id, the newest first.
    pub async fn audit(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, AdministrationError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || Ok(inner.books.lock().audit(before, limit)?)).await
    }

    async fn change_one(
        &self,
        entry: AuditEntry,
        change: impl FnOnce(&mut Account) -> Result<(), AdministrationError> + Send + 'static,
    ) -> Result<(), AdministrationError> {
        let name = Arc::clone(&entry.account);
        self.change(entry, move |_, accounts| {
            let account = accounts.iter_mut().find(|account| account.name == name);
            change(account.ok_or(AdministrationError::UnknownAccount(name))?)
        })
        .await
    }

    /// Changes the managed accounts, if what comes of it can be.
    async fn change<T: Send + 'static>(
        &self,
        entry: AuditEntry,
        change: impl FnOnce(&Accounts, &mut Vec<Account>) -> Result<T, AdministrationError>
        + Send
        + 'static,
    ) -> Result<T, AdministrationError> {
        let inner = Arc::clone(&self.inner);
        blocking(move || inner.change(entry, change)).await
    }
}

impl Inner {
    fn change<T>(
        &self,
        entry: AuditEntry,
        change: impl FnOnce(&Accounts, &mut Vec<Account>) -> Result<T, AdministrationError>,
    ) -> Result<T, AdministrationError> {
        let mut books = self.books.lock();
        let is_declared = |account: &Account| account.name == entry.account;
        if books.declared.iter().any(is_declared) {
            return Err(AdministrationError::Declared(entry.account));
        }
        let lock = books.begin()?;
        let before = books.accounts();
        let mut managed = books.managed.clone();
        let outcome = change(&before, &mut managed)?;
        if managed.len() > ACCOUNTS_MAX {
            return Err(AdministrationError::TooMany("accounts"));
        }
        let changed = managed.iter().find(|account| account.name == entry.account);
        if let Some(Err(why)) = changed.map(Account::check) {
            return Err(AdministrationError::Invalid(why));
        }
        let after = books.accounts_with(&managed);
        if before.has_administrator() && !after.has_administrator() {
            return Err(AdministrationError::LastAdministrator);
        }
        books.write(managed, entry, lock.as_ref())?;
        self.adopt(&books);
        Ok(outcome)
    }
}

/// Does what waits for the disk where nobody else waits for it.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, AdministrationError> + Send + 'static,
) -> Result<T, AdministrationError> {
    let done = tokio::task::spawn_blocking(job).await;
    done.unwrap_or(Err(AdministrationError::BrokenOff))
}

fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}
