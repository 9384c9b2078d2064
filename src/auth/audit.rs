//! Who changed what, when, and from where.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::files::{self, AuthFileError, FilesLock, append_line, tail};
use crate::message::Timestamp;

/// The longest detail of an entry, in bytes.
const DETAIL_BYTES_MAX: usize = 4096;

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditedChange {
    AccountAdded,
    AccountChanged,
    AccountRemoved,
    AccountsImported,
    PasswordSet,
    TokenIssued,
    TokenRevoked,
    /// The declarative file has other accounts than before.
    FileChanged,
}

/// One change of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Ascends from entry to entry.
    pub id: u64,
    pub at: Timestamp,
    /// Whose account it was that did it, or the system's user at the command line.
    #[schema(value_type = String)]
    pub by: Arc<str>,
    /// From where: an address, the command line, a file.
    pub from: String,
    pub what: AuditedChange,
    /// Whose account was changed.
    #[schema(value_type = String)]
    pub account: Arc<str>,
    /// What it is now, as JSON or in words; never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl AuditEntry {
    pub(super) fn new(
        by: &Actor,
        what: AuditedChange,
        account: &str,
        detail: Option<String>,
    ) -> Self {
        Self {
            id: 0,
            at: Timestamp::now(),
            by: Arc::clone(&by.name),
            from: by.from.to_string(),
            what,
            account: account.into(),
            detail: detail.map(shortened),
        }
    }
}

fn shortened(mut detail: String) -> String {
    if detail.len() > DETAIL_BYTES_MAX {
        let mut end = DETAIL_BYTES_MAX;
        while !detail.is_char_boundary(end) {
            end -= 1;
        }
        detail.truncate(end);
        detail.push('…');
    }
    detail
}

/// How large the file of changes grows before it is put aside; the one that was put aside before
/// is gone then.
const FILE_BYTES_MAX: u64 = 4 << 20;
/// More than any line has.
const LINE_BYTES_MAX: u64 = 64 << 10;

/// The file of changes, a line each.
pub(super) struct AuditTrail {
    path: PathBuf,
    older: PathBuf,
}

impl AuditTrail {
    pub(super) fn new(dir: &Path) -> Self {
        Self {
            path: dir.join("audit.ndjson"),
            older: dir.join("audit.1.ndjson"),
        }
    }

    /// Whether any change was ever written down.
    pub(super) fn exists(&self) -> bool {
        self.path.exists() || self.older.exists()
    }

    /// Writes an entry, down to the disk.
    pub(super) fn append(
        &self,
        mut entry: AuditEntry,
        lock: &FilesLock,
    ) -> Result<(), AuthFileError> {
        let last = last_id(&self.path).or_else(|| last_id(&self.older));
        entry.id = last.unwrap_or(0) + 1;
        let is_full = std::fs::metadata(&self.path).is_ok_and(|file| file.len() >= FILE_BYTES_MAX);
        if is_full && let Err(source) = std::fs::rename(&self.path, &self.older) {
            return Err(AuthFileError::Io {
                doing: "put aside",
                path: self.path.clone(),
                source,
            });
        }
        let line = serde_json::to_string(&entry).map_err(|error| AuthFileError::Io {
            doing: "write",
            path: self.path.clone(),
            source: error.into(),
        })?;
        append_line(&self.path, &line, lock)
    }

    /// The last entries before the one of that id, the newest first. Lines that are none are
    /// passed over: one may be torn off where the power went.
    pub(super) fn read(
        &self,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<AuditEntry>, AuthFileError> {
        let mut found = Vec::new();
        for path in [&self.path, &self.older] {
            let Some(text) = files::read(path)? else {
                continue;
            };
            let entries = text
                .lines()
                .rev()
                .filter_map(|line| serde_json::from_str::<AuditEntry>(line).ok())
                .filter(|entry| before.is_none_or(|before| entry.id < before));
            found.extend(entries.take(limit.saturating_sub(found.len())));
        }
        Ok(found)
    }
}

fn last_id(path: &Path) -> Option<u64> {
    let end = tail(&mut File::open(path).ok()?, LINE_BYTES_MAX).ok()??;
    let mut lines = end.rsplit(|byte| *byte == b'\n');
    let last: AuditEntry = lines.find_map(|line| serde_json::from_slice(line).ok())?;
    Some(last.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::actor::ActorFrom;

    #[test]
    fn who_changed_what_is_told_newest_first_and_only_so_much_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let lock = FilesLock::take(dir.path()).unwrap();
        let trail = AuditTrail::new(dir.path());
        assert_eq!(trail.read(None, 10).unwrap(), []);
        let by = Actor {
            name: "root\n{}".into(),
            from: ActorFrom::Cli { uid: 0 },
        };
        let long = "é".repeat(DETAIL_BYTES_MAX);
        for _ in 0..2 * FILE_BYTES_MAX / DETAIL_BYTES_MAX as u64 + 10 {
            let what = AuditedChange::AccountChanged;
            let entry = AuditEntry::new(&by, what, "press", Some(long.clone()));
            trail.append(entry, &lock).unwrap();
        }
        let newest = trail.read(None, 3).unwrap();
        let ids: Vec<_> = newest.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [ids[0], ids[0] - 1, ids[0] - 2]);
        assert_eq!(&*newest[0].by, "root\n{}");
        assert_eq!(newest[0].from, "command line, uid 0");
        let next = trail.read(Some(ids[2]), 1).unwrap();
        assert_eq!(next[0].id, ids[2] - 1);
        let all = trail.read(None, usize::MAX).unwrap();
        assert!(all.len() as u64 > FILE_BYTES_MAX / DETAIL_BYTES_MAX as u64);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
    }
}
