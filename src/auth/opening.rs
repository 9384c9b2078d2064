//! Accounts, as they are opened by the server and by commands, and how the files are watched.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::actor::{Actor, ActorFrom};
use super::administration::AdministrationError;
use super::audit::{AuditEntry, AuditedChange};
use super::books::{Books, Seen};
use super::files::AuthFileError;
use super::handle::{Auth, Inner};
use super::password::Password;
use super::sign_ins::SignIns;
use crate::message::Timestamp;
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What is said of a server that has no accounts and lets nobody in, with the ways out.
pub const LOCKED: &str = "nobody is let in: there are no accounts, although there have been some, or \
     a file is to declare them, or anonymous access is forbidden. Bring the accounts back \
     (accounts.toml in the data directory, or the file that --accounts-file names), or add an \
     administrator on this machine: `unspool account add --admin`";

/// Where accounts are.
#[derive(Debug, Clone)]
pub struct AuthOptions {
    /// The data directory.
    pub dir: PathBuf,
    /// A file that declares accounts beside those of the data directory.
    pub accounts_file: Option<PathBuf>,
    /// Whether somebody who shows nothing comes in: as an operator, where no account `anonymous`
    /// says what they may, or never; as such an account says where it is absent.
    pub allow_anonymous: Option<bool>,
}

impl Auth {
    /// Reads the accounts.
    pub fn open(options: &AuthOptions, metrics: Arc<Metrics>) -> Result<Self, AuthFileError> {
        let declared = options.accounts_file.as_deref();
        let books = Books::open(&options.dir, declared, options.allow_anonymous)?;
        let sign_ins = books.read_sign_ins().unwrap_or_else(|error| {
            tracing::warn!(%error, "browsers have to sign in again");
            Vec::new()
        });
        let auth = Self::with_books(books, metrics);
        *auth.inner.sign_ins.lock() = SignIns::new(sign_ins);
        Ok(auth)
    }

    /// Adds the administrator `admin` with this password, if there is no administrator.
    pub async fn ensure_administrator(
        &self,
        password: Password,
    ) -> Result<(), AdministrationError> {
        const NAME: &str = "admin";
        if self.has_administrator() {
            return Ok(());
        }
        let by = Actor {
            name: NAME.into(),
            from: ActorFrom::Start,
        };
        let new = super::administration::NewAccount {
            password: Some(password),
            ..super::administration::NewAccount::new(NAME, super::role::Role::Administrator)
        };
        self.add_account(&by, new).await
    }

    /// Takes up what others change in the files, writes down who is signed in, and ends what ends
    /// by itself, from now on.
    pub fn watch(&self, supervisor: &Supervisor) {
        let (inner, stop) = (Arc::clone(&self.inner), supervisor.clone());
        supervisor.spawn("accounts", async move {
            while !stop.is_stopping() {
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    () = inner.sign_ins_changed.notified() => {}
                    () = stop.stopping() => {}
                }
                let inner = Arc::clone(&inner);
                // What is not done now is done the next time.
                tokio::task::spawn_blocking(move || inner.look()).await?;
            }
            Ok::<(), tokio::task::JoinError>(())
        });
    }
}

impl Inner {
    /// Looks at the files, and at the clock.
    pub(super) fn look(&self) {
        let mut books = self.books.lock();
        match books.look() {
            Ok(Seen::Same) => {}
            Ok(Seen::Changed { declared }) => {
                let was_locked = self.is_locked();
                self.adopt(&books);
                tracing::info!("the accounts were read anew");
                if self.is_locked() && !was_locked {
                    tracing::warn!("{LOCKED}");
                }
                if !declared.is_empty() {
                    let by = Actor {
                        name: "accounts-file".into(),
                        from: ActorFrom::File,
                    };
                    let detail = Some(declared.join(", "));
                    let entry = AuditEntry::new(&by, AuditedChange::FileChanged, "", detail);
                    if let Err(error) = books.note(entry) {
                        tracing::warn!(%error, "a change of accounts is not in the audit trail");
                    }
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the accounts that were read before stay in force");
            }
        }
        let records = self.sign_ins.lock().take_dirty(Timestamp::now());
        if let Some(records) = records
            && let Err(error) = books.write_sign_ins(records)
        {
            tracing::warn!(%error, "browsers have to sign in again after a restart");
        }
        drop(books);
        self.expire();
    }
}
