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

/// The file that says, by being there, that there have been accounts: declared ones, too, which
/// leave nothing else in the folder.
const MARK: &str = "accounts.mark";
/// What stands in it, for whoever finds it.
const MARKED: &str = "There have been accounts. As long as this file is here, a server that finds \
     none lets nobody in:\nadd an administrator with `unspool account add --admin`.\n";

/// The accounts as they were read or written last, and who changed what.
#[derive(Default)]
pub(super) struct Books {
    pub(super) managed: Vec<Account>,
    /// Those of the declarative file.
    pub(super) declared: Vec<Account>,
    /// Whether somebody who shows nothing comes in: where no account says what they may, as an
    /// operator; never where that is forbidden.
    allow_anonymous: Option<bool>,
    /// Whether there have been accounts.
    had_accounts: bool,
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
    mark: PathBuf,
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
        allow_anonymous: Option<bool>,
    ) -> Result<Self, AuthFileError> {
        let mut files = BookFiles {
            dir: dir.into(),
            managed: dir.join("accounts.toml"),
            managed_seen: None,
            sign_ins: dir.join("sign-ins.toml"),
            declared: declared.map(Into::into),
            declared_seen: None,
            trail: AuditTrail::new(dir),
            mark: dir.join(MARK),
        };
        let mut books = Self {
            managed: files.read_managed()?.unwrap_or_default(),
            declared: files.read_declared()?,
            allow_anonymous,
            had_accounts: files.had_accounts(),
            files: Some(files),
            remembered: Vec::new(),
        };
        if books.has_accounts() {
            books.mark(None)?;
        }
        Ok(books)
    }

    fn has_accounts(&self) -> bool {
        !self.managed.is_empty() || !self.declared.is_empty()
    }

    /// Whether it is meant that everybody may do everything where there is no account: none has
    /// been lost, none is to be declared, and whoever shows nothing is not forbidden to come in.
    pub(super) fn may_open(&self) -> bool {
        let declares = self.files.as_ref().is_some_and(|it| it.declared.is_some());
        !self.had_accounts && !declares && self.allow_anonymous != Some(false)
    }

    /// Writes down for good that there have been accounts, before anybody comes in by them.
    fn mark(&mut self, lock: Option<&FilesLock>) -> Result<(), AuthFileError> {
        if let Some(files) = &self.files
            && !files.mark.exists()
        {
            let taken = match lock {
                Some(_) => None,
                None => Some(FilesLock::take(&files.dir)?),
            };
            if let Some(lock) = lock.or(taken.as_ref()) {
                Draft::write(&files.mark, MARKED, lock)?.commit()?;
            }
        }
        self.had_accounts = true;
        Ok(())
    }

    /// The accounts in force where these are the managed ones.
    pub(super) fn accounts_with(&self, managed: &[Account]) -> Accounts {
        let mut declared = self.declared.clone();
        let is_anonymous = |account: &Account| &*account.name == ANONYMOUS;
        // Where accounts are lost, so is what they said of those who show nothing.
        let are_lost = self.had_accounts && declared.is_empty() && managed.is_empty();
        if self.allow_anonymous == Some(true)
            && !are_lost
            && !declared.iter().chain(managed).any(is_anonymous)
        {
            declared.push(Account::new(ANONYMOUS, Role::Operator));
        }
        let accounts = Accounts::new(managed, &declared);
        if self.allow_anonymous == Some(false) {
            return accounts.without_anonymous();
        }
        accounts
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
        if let Some(lock) = lock {
            self.mark(Some(lock))?;
        }
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
        if !matches!(seen, Seen::Same) {
            self.had_accounts |= files.had_accounts();
            if self.has_accounts() {
                self.mark(None)?;
            }
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
    /// Whether anything in the folder tells that there have been accounts. The mark does for good;
    /// what changes of accounts leave behind does, too, in a folder that has no mark yet.
    fn had_accounts(&self) -> bool {
        self.mark.exists() || self.managed.exists() || self.trail.exists()
    }

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
