//! What can go wrong on the way into the database.

use crate::journal::JournalError;
use crate::store::StoreError;

/// Why the mirror had to give up. What it was about is safe in the journal.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The database is not one that this journal can be mirrored into.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal can't be read.
    #[error("read the journal: {0}; unspool doctor says what that costs, and the ways out")]
    Journal(#[from] JournalError),
}
