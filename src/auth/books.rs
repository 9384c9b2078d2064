//! Where accounts are kept, and how they are changed: one change after the other, each whole or
//! not at all.

use std::path::{Path, PathBuf};

use super::account::{ANONYMOUS, Account};
use super::accounts::Accounts;
use super::accounts_file;
use super::audit::{AuditEntry, AuditTrail};
use super::files::{self, AuthFileError, Draft, FilesLock, Stamp};
use super::role::Role;
use super::sign_ins::SignInRecord;

/// How many changes are remembered where there is no file for them.
const REMEMBERED_MAX: usize = 1000;

/// The accounts as they were read or written last, and who changed what.
#[derive(Default)]
pub(super) struct Books {
    pub(super) managed: Vec<Account>,
    /// Those of the declarative file.
    pub(super) declared: Vec<Account>,
    /// Whether somebody who shows nothing comes in, where no account says what they may.
    allow_anonymous: bool,
    files: Option<BookFiles>,
    remembered: Vec<AuditEntry>,
}

struct BookFiles {
    dir: PathBuf,
    managed: PathBuf,
    managed_seen: Option<Stamp>,
    sign_ins: PathBuf,
    declared: Option<PathBuf>,
    declared_seen: Option<Stamp>,
    trail: AuditTrail,
}

/// What a look at the files has shown.
pub(super) enum Seen {
    /// Nothing that was not known.
    Same,
    /// Accounts were read anew. Which of the declared ones are others than before.
    Changed { declared: Vec<String> },
}

impl Books {
    /// The accounts in a folder, and those that a file declares beside them.
    pub(super) fn open(
        dir: &Path,
        declared: Option<&Path>,
        allow_anonymous: bool,
    ) -> Result<Self, AuthFileError> {
        let mut files = BookFiles {
            dir: dir.into(),
            managed: dir.join("accounts.toml"),
            managed_seen: None,
            sign_ins: dir.join("sign-ins.toml"),
            declared: declared.map(Into::into),
            declared_seen: None,
            trail: AuditTrail::new(dir),
        };
        Ok(Self {
            managed: files.read_managed()?.unwrap_or_default(),
            declared: files.read_declared()?,
            allow_anonymous,
            files: Some(files),
            remembered: Vec::new(),
        })
    }

    /// The accounts in force where these are the managed ones.
    pub(super) fn accounts_with(&self, managed: &[Account]) -> Accounts {
        let mut declared = self.declared.clone();
        let is_anonymous = |account: &Account| &*account.name == ANONYMOUS;
        if self.allow_anonymous && !declared.iter().chain(managed).any(is_anonymous) {
            declared.push(Account::new(ANONYMOUS, Role::Operator));
        }
        Accounts::new(managed, &declared)
    }

    /// The accounts in force.
    pub(super) fn accounts(&self) -> Accounts {
        self.accounts_with(&self.managed)
    }

    /// Takes the lock, where there are files, and what others have written up to now.
    pub(super) fn begin(&mut self) -> Result<Option<FilesLock>, AuthFileError> {
        let Some(files) = &mut self.files else {
            return Ok(None);
        };
        let lock = FilesLock::take(&files.dir)?;
        match files.read_managed()? {
            Some(managed) => self.managed = managed,
            None if self.managed.is_empty() => {}
            None => return Err(files.gone()),
        }
        Ok(Some(lock))
    }

    /// Puts other accounts in the place of the managed ones, and says before who did that: no
    /// change is in force that nobody has made.
    pub(super) fn write(
        &mut self,
        managed: Vec<Account>,
        mut entry: AuditEntry,
        lock: Option<&FilesLock>,
    ) -> Result<(), AuthFileError> {
        if let (Some(files), Some(lock)) = (&mut self.files, lock) {
            let text = accounts_file::text(&managed);
            let text = text.map_err(|why| wrong(&files.managed, why))?;
            let draft = Draft::write(&files.managed, &text, lock)?;
            files.trail.append(entry, lock)?;
            draft.commit()?;
            files.managed_seen = Stamp::of(&files.managed);
        } else {
            entry.id = self.remembered.last().map_or(1, |last| last.id + 1);
            if self.remembered.len() >= REMEMBERED_MAX {
                self.remembered.remove(0);
            }
            self.remembered.push(entry);
        }
        self.managed = managed;
        Ok(())
    }

    /// Writes down what somebody else has changed.
    pub(super) fn note(&mut self, entry: AuditEntry) -> Result<(), AuthFileError> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        let lock = FilesLock::take(&files.dir)?;
        files.trail.append(entry, &lock)
    }

    /// Looks whether the files are others than those that were read, and reads them. What can't be
    /// read is told once; what was read before holds on.
    pub(super) fn look(&mut self) -> Result<Seen, AuthFileError> {
        let Some(files) = &mut self.files else {
            return Ok(Seen::Same);
        };
        let mut seen = Seen::Same;
        if Stamp::of(&files.managed) != files.managed_seen {
            match files.read_managed()? {
                Some(managed) => self.managed = managed,
                None if self.managed.is_empty() => {}
                None => return Err(files.gone()),
            }
            seen = Seen::Changed {
                declared: Vec::new(),
            };
        }
        let declared = files.declared.as_deref();
        if declared.is_some_and(|path| Stamp::of(path) != files.declared_seen) {
            let before = std::mem::replace(&mut self.declared, files.read_declared()?);
            seen = Seen::Changed {
                declared: differences(&before, &self.declared),
            };
        }
        Ok(seen)
    }

    /// The last changes before the one of that id, the newest first.
    pub(super) fn audit(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, AuthFileError> {
        if let Some(files) = &self.files {
            return files.trail.read(before, limit);
        }
        let entries = self.remembered.iter().rev();
        let entries = entries.filter(|entry| before.is_none_or(|before| entry.id < before));
        Ok(entries.take(limit).cloned().collect())
    }

    /// The browsers that were signed in when the server stopped.
    pub(super) fn read_sign_ins(&self) -> Result<Vec<SignInRecord>, AuthFileError> {
        let Some(files) = &self.files else {
            return Ok(Vec::new());
        };
        let text = files::read(&files.sign_ins)?.unwrap_or_default();
        accounts_file::parse_sign_ins(&text).map_err(|(place, why)| AuthFileError::Wrong {
            path: files.sign_ins.clone(),
            place,
            why,
        })
    }

    pub(super) fn write_sign_ins(&self, records: Vec<SignInRecord>) -> Result<(), AuthFileError> {
        let Some(files) = &self.files else {
            return Ok(());
        };
        let text = accounts_file::sign_ins_text(records);
        let text = text.map_err(|why| wrong(&files.sign_ins, why))?;
        let lock = FilesLock::take(&files.dir)?;
        Draft::write(&files.sign_ins, &text, &lock)?.commit()
    }
}

impl BookFiles {
    fn read_managed(&mut self) -> Result<Option<Vec<Account>>, AuthFileError> {
        // Before it is read: what is written meanwhile is seen the next time.
        self.managed_seen = Stamp::of(&self.managed);
        accounts_file::read(&self.managed)
    }

    fn read_declared(&mut self) -> Result<Vec<Account>, AuthFileError> {
        let Some(path) = &self.declared else {
            return Ok(Vec::new());
        };
        self.declared_seen = Stamp::of(path);
        accounts_file::read(path)?.ok_or_else(|| missing(path))
    }

    fn gone(&self) -> AuthFileError {
        missing(&self.managed)
    }
}

fn missing(path: &Path) -> AuthFileError {
    AuthFileError::Io {
        doing: "read",
        path: path.into(),
        source: std::io::ErrorKind::NotFound.into(),
    }
}

fn wrong(path: &Path, why: String) -> AuthFileError {
    AuthFileError::Wrong {
        path: path.into(),
        place: String::new(),
        why,
    }
}

/// The names of the accounts that are not the same in both.
fn differences(before: &[Account], after: &[Account]) -> Vec<String> {
    let by_name = |accounts: &[Account]| {
        let accounts = accounts.iter().cloned();
        let accounts = accounts.map(|account| (account.name.clone(), account));
        accounts.collect::<std::collections::BTreeMap<_, _>>()
    };
    let (before, after) = (by_name(before), by_name(after));
    let mut names: Vec<String> = after
        .iter()
        .filter(|(name, account)| before.get(*name) != Some(account))
        .map(|(name, _)| name.to_string())
        .collect();
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    names.extend(gone.map(ToString::to_string));
    names
}
