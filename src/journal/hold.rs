//! What sessions still need of the journal.

use std::sync::Arc;

use crate::message::Offset;

use super::shared::JournalShared;

/// Keeps records from being removed, for as long as it is there. Where the journal would grow
/// over its size limit it gives way.
pub struct Hold {
    shared: Arc<JournalShared>,
    id: u64,
}

impl Hold {
    pub(super) fn new(shared: Arc<JournalShared>) -> Self {
        let id = shared.holds.lock().make();
        Self { shared, id }
    }

    /// Holds `oldest` and everything after it; `None` holds nothing.
    pub fn set(&self, oldest: Option<Offset>) {
        self.shared.holds.lock().set(self.id, oldest);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.set(None);
    }
}
