//! What waits for a session or a share group, and which of it the state file has.

use std::collections::VecDeque;

use crate::message::Offset;

use super::ids::OwnerId;
use super::queued::{Queued, Settled, insert_in_order};
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

/// Messages of QoS 1 and 2 that wait, in the journal's order.
#[derive(Debug)]
pub(crate) struct Backlog {
    entries: VecDeque<Queued>,
    /// Bytes of the messages in memory.
    bytes: usize,
    saving: Saving,
}

impl Backlog {
    pub(crate) fn new(owner: OwnerId) -> Self {
        Self {
            entries: VecDeque::new(),
            bytes: 0,
            saving: Saving::new(owner),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Queued> {
        self.entries.iter()
    }

    pub(crate) fn front(&self) -> Option<&Queued> {
        self.entries.front()
    }

    /// The one at that place from the front.
    pub(crate) fn get(&self, at: usize) -> Option<&Queued> {
        self.entries.get(at)
    }

    /// Takes an entry in, at its place.
    pub(crate) fn push(&mut self, entry: Queued) {
        self.bytes += entry.bytes();
        self.saving.came(&entry);
        insert_in_order(&mut self.entries, entry);
    }

    /// Takes an entry out that is to go on: whoever gets it looks after its row.
    pub(crate) fn pass_on(&mut self) -> Option<Queued> {
        let entry = self.entries.pop_front()?;
        self.bytes -= entry.bytes();
        self.saving.passed_on(&entry);
        Some(entry)
    }

    /// Takes an entry back that was to go on.
    pub(crate) fn take_back(&mut self, entry: Queued) {
        self.bytes += entry.bytes();
        self.saving.came(&entry);
        self.entries.push_front(entry);
    }

    /// Takes out the oldest, which is over.
    pub(crate) fn drop_front(&mut self) -> Option<Queued> {
        self.drop_at(0)
    }

    /// Takes out the one at that place, which is over.
    pub(crate) fn drop_at(&mut self, at: usize) -> Option<Queued> {
        let entry = self.entries.remove(at)?;
        self.bytes -= entry.bytes();
        self.saving.is_over(&entry);
        Some(entry)
    }

    /// Takes out a certain one, which is over.
    pub(crate) fn remove(&mut self, name: Settled) -> Option<Queued> {
        let start = self
            .entries
            .partition_point(|entry| entry.offset < name.offset);
        let at = (start..self.entries.len())
            .take_while(|at| self.entries[*at].offset == name.offset)
            .find(|at| self.entries[*at].via == name.via)?;
        self.drop_at(at)
    }

    /// Takes out all that `is_wanted`, in their order; they are over.
    pub(crate) fn remove_all(&mut self, is_wanted: impl Fn(&Queued) -> bool) -> Vec<Queued> {
        let (wanted, kept) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition::<Vec<_>, _>(is_wanted);
        self.entries = kept.into();
        for entry in &wanted {
            self.bytes -= entry.bytes();
            self.saving.is_over(entry);
        }
        wanted
    }

    /// Lets `change` at each entry below `until`, in their order; those for which it answers
    /// `false` are over. Answers with how many those are.
    pub(crate) fn retain_below(
        &mut self,
        until: Offset,
        mut change: impl FnMut(&mut Queued) -> bool,
    ) -> u64 {
        let mut over = Vec::new();
        for (at, entry) in self.entries.iter_mut().enumerate() {
            if entry.offset >= until {
                break;
            }
            let before = entry.bytes();
            if !change(entry) {
                over.push(at);
            }
            self.bytes = self.bytes - before + entry.bytes();
        }
        for at in over.iter().rev() {
            self.drop_at(*at);
        }
        over.len() as u64
    }

    /// Lets go of every message that the journal has too.
    pub(crate) fn unload(&mut self) {
        self.entries.iter_mut().for_each(Queued::unload);
        self.entries.shrink_to_fit();
        self.bytes = 0;
    }

    /// The state file has a row in vain.
    pub(crate) fn remove_row(&mut self, name: Settled) {
        self.saving.remove_row(name);
    }

    /// Adds to `rows` what the state file has to be told.
    pub(crate) fn save(&mut self, until: Offset, rows: &mut SavedRows) {
        let newest_first = self.entries.iter_mut().rev();
        self.saving.save(newest_first, until, rows);
    }
}
