//! What can be chosen about a journal.

use crate::config::Config;
use crate::message::Offset;

const MIB: u64 = 1024 * 1024;

/// What can be chosen about a journal.
#[derive(Debug, Clone)]
pub struct JournalOptions {
    /// How large a segment grows, in bytes, give or take one group.
    pub segment_bytes: u64,
    /// How large the journal grows, in bytes, give or take one batch; at least four segments.
    pub bytes_max: u64,
    /// How many bytes are left free on the disk.
    pub free_bytes_min: u64,
    /// How many bytes are kept when everything is mirrored.
    pub keep_bytes: u64,
    /// The offset of a new journal's first record.
    pub first: Offset,
    /// How many bytes wait for the disk, give or take one batch, before `append` waits; another
    /// such buffer is on its way to the disk meanwhile.
    pub buffer_bytes: usize,
    /// How many bytes are set aside for the time when the disk is full.
    pub ballast_bytes: u64,
}

impl From<&Config> for JournalOptions {
    /// For a new journal from the first record on.
    fn from(config: &Config) -> Self {
        Self {
            segment_bytes: config.journal_segment_bytes,
            bytes_max: config.journal_bytes_max,
            free_bytes_min: config.journal_free_bytes_min,
            keep_bytes: config.journal_keep_bytes,
            first: Offset(1),
            buffer_bytes: 4 << 20,
            ballast_bytes: 32 * MIB,
        }
    }
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self::from(&Config::default())
    }
}

impl JournalOptions {
    /// A journal that was full takes records again once it is no larger than this. Beyond it the
    /// replay window and the sessions' holds give way, so that only what is not mirrored can make
    /// the journal full.
    pub(super) fn bytes_low(&self) -> u64 {
        let margin = (self.bytes_max / 8)
            .max(self.segment_bytes)
            .min(self.bytes_max / 2);
        self.bytes_max - margin
    }

    /// A journal that was full takes records again once this much of the disk is free.
    pub(super) fn free_bytes_low(&self) -> u64 {
        self.free_bytes_min.saturating_add(self.free_bytes_min / 4)
    }
}
