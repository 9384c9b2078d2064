//! Which of the messages that wait for somebody the state file has.

use crate::message::Offset;

use super::ids::OwnerId;
use super::queued::{Queued, Settled};
use super::state::RowKey;

/// What the state file has, and lacks, of somebody's messages.
#[derive(Debug)]
pub(crate) struct Saving {
    owner: OwnerId,
    /// Entries that have no row yet.
    unsaved: usize,
    /// Rows whose entries are no more.
    removed: Vec<RowKey>,
}

/// What the state file has to be told of somebody's messages.
#[derive(Debug, Default)]
pub(crate) struct SavedRows {
    /// Messages that wait and have no row yet.
    pub(crate) put: Vec<Queued>,
    /// Rows of messages that wait no more.
    pub(crate) removed: Vec<RowKey>,
}

impl Saving {
    pub(crate) fn new(owner: OwnerId) -> Self {
        Self {
            owner,
            unsaved: 0,
            removed: Vec::new(),
        }
    }

    pub(crate) fn came(&mut self, entry: &Queued) {
        self.unsaved += usize::from(!entry.saved);
    }

    /// An entry went on to somebody who looks after its row from now on.
    pub(crate) fn passed_on(&mut self, entry: &Queued) {
        self.unsaved -= usize::from(!entry.saved);
    }

    /// An entry is no more.
    pub(crate) fn is_over(&mut self, entry: &Queued) {
        if entry.saved {
            self.remove_row(entry.name());
        } else {
            self.unsaved -= 1;
        }
    }

    /// The state file has a row in vain.
    pub(crate) fn remove_row(&mut self, name: Settled) {
        self.removed.push(RowKey {
            owner: self.owner,
            offset: name.offset,
            via: name.via,
        });
    }

    /// Whether there are entries that have no row yet.
    pub(crate) fn has_unsaved(&self) -> bool {
        self.unsaved > 0
    }

    /// So many entries have a row from now on.
    pub(crate) fn saved(&mut self, entries: usize) {
        self.unsaved -= entries;
    }

    /// Adds to `rows` what is new; those of the entries that are below `until` have a row from now
    /// on. The entries are best given with the newest first.
    pub(crate) fn save<'entries>(
        &mut self,
        entries: impl Iterator<Item = &'entries mut Queued>,
        until: Offset,
        rows: &mut SavedRows,
    ) {
        rows.removed.append(&mut self.removed);
        let mut left = self.unsaved;
        for entry in entries {
            if left == 0 {
                break;
            }
            if entry.saved {
                continue;
            }
            left -= 1;
            if entry.offset < until {
                entry.saved = true;
                self.unsaved -= 1;
                rows.put.push(Queued {
                    message: None,
                    ..entry.clone()
                });
            }
        }
    }
}
