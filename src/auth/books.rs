//! Where accounts are kept, and how they are changed: one change after the other, each whole or
//! not at all.

use super::account::Account;
use super::audit::AuditEntry;

/// How many changes are remembered where there is no file for them.
const REMEMBERED_MAX: usize = 1000;

/// The accounts as they were written last, and who changed what.
#[derive(Default)]
pub(super) struct Books {
    pub(super) managed: Vec<Account>,
    pub(super) declared: Vec<Account>,
    remembered: Vec<AuditEntry>,
}

impl Books {
    /// Puts other accounts in the place of the managed ones, and says who did that.
    pub(super) fn write(&mut self, managed: Vec<Account>, mut entry: AuditEntry) {
        self.managed = managed;
        entry.id = self.remembered.last().map_or(1, |last| last.id + 1);
        if self.remembered.len() >= REMEMBERED_MAX {
            self.remembered.remove(0);
        }
        self.remembered.push(entry);
    }

    /// The last changes before the one of that id, the newest first.
    pub(super) fn audit(&self, before: Option<u64>, limit: usize) -> Vec<AuditEntry> {
        let entries = self.remembered.iter().rev();
        let entries = entries.filter(|entry| before.is_none_or(|before| entry.id < before));
        entries.take(limit).cloned().collect()
    }
}
