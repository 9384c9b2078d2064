//! What sessions still need of the journal.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::message::Offset;

use super::shared::Shared;

/// Keeps records from being removed, for as long as it is there. Where the journal would grow
/// over its size limit it gives way.
pub struct Hold {
    shared: Arc<Shared>,
    id: u64,
}

/// All holds that are set.
#[derive(Debug, Default)]
pub(super) struct Holds {
    made: u64,
    set: BTreeMap<u64, Offset>,
}

impl Holds {
    /// The oldest record that is held.
    pub(super) fn oldest(&self) -> Option<Offset> {
        self.set.values().min().copied()
    }
}

impl Hold {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        let id = {
            let mut holds = shared.holds();
            holds.made += 1;
            holds.made
        };
        Self { shared, id }
    }

    /// Holds `oldest` and everything after it; `None` holds nothing.
    pub fn set(&self, oldest: Option<Offset>) {
        let mut holds = self.shared.holds();
        match oldest {
            Some(oldest) => holds.set.insert(self.id, oldest),
            None => holds.set.remove(&self.id),
        };
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.set(None);
    }
}
