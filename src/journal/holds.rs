//! Which records are held, by whom.

use std::collections::BTreeMap;

use crate::message::Offset;

/// All holds that are set.
#[derive(Debug, Default)]
pub(super) struct Holds {
    made: u64,
    set: BTreeMap<u64, Offset>,
}

impl Holds {
    /// The number of a new hold, which holds nothing yet.
    pub(super) fn make(&mut self) -> u64 {
        self.made += 1;
        self.made
    }

    /// The hold `id` holds `oldest` and everything after it; nothing, where that is `None`.
    pub(super) fn set(&mut self, id: u64, oldest: Option<Offset>) {
        match oldest {
            Some(oldest) => self.set.insert(id, oldest),
            None => self.set.remove(&id),
        };
    }

    /// The oldest record that is held.
    pub(super) fn oldest(&self) -> Option<Offset> {
        self.set.values().min().copied()
    }
}
