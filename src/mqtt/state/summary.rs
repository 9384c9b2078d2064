//! What the broker's state comes to, for a person to read.

use std::fmt;
use std::path::Path;

use super::file::{StateError, StateFile};
use crate::message::{Epoch, Offset};

/// What there is in a state file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateSummary {
    /// Up to where in the journal it is complete, and of which journal; `None` where nothing has
    /// been written yet.
    pub position: Option<(Offset, Epoch)>,
    pub sessions: usize,
    /// Messages that wait for sessions.
    pub waiting: usize,
    pub retained: usize,
    pub wills: usize,
}

impl StateSummary {
    /// Of the file in `dir`, which is left as it is; `None` where there is none. One that is damaged
    /// is an error, whether it can be made again from the journal or not.
    pub fn read(dir: &Path) -> Result<Option<Self>, StateError> {
        let found = StateFile::look(dir)?;
        Ok(found.map(|found| Self {
            position: found.position.map(|(offset, epoch)| {
                let epoch = u32::try_from(epoch).unwrap_or_default();
                (offset, Epoch(epoch))
            }),
            sessions: found.sessions.len(),
            waiting: found.queued.len(),
            retained: found.retained.len(),
            wills: found.wills.len(),
        }))
    }
}

impl fmt::Display for StateSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sessions with {} messages that wait, {} retained messages, {} Wills",
            self.sessions, self.waiting, self.retained, self.wills
        )
    }
}
