//! How far writing the state behind has come.

use std::time::Instant;

use crate::message::Offset;

use super::file::StateChanges;

/// What the next write of the state has to know of the ones before.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Up to where everything had been handed to the sessions the last time: what still waits
    /// after that long is written.
    pub(crate) settled: Offset,
    /// Up to where the file is complete.
    pub(crate) written: Offset,
    pub(crate) written_at: Option<Instant>,
    /// How often it has been looked what is to be written.
    pub(crate) captured: u64,
    /// What could not be written.
    pub(crate) failed: Option<StateChanges>,
}

impl Progress {
    /// The file is complete up to here.
    pub(crate) fn at(offset: Offset) -> Self {
        Self {
            settled: offset,
            written: offset,
            ..Self::default()
        }
    }
}
