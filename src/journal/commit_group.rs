//! What is written at once.

use crate::message::{Offset, Record, Timestamp};

use super::counts::Counts;
use super::error::AppendError;
use super::record::encode;
use super::segment::INDEX_BYTES;

/// Records in their encoding, to be written and synced as one.
#[derive(Debug, Default)]
pub(super) struct CommitGroup {
    pub(super) bytes: Vec<u8>,
    /// The messages among them.
    pub(super) counts: Counts,
    /// The offset after the last one.
    pub(super) end: Offset,
    /// When the last one was received.
    pub(super) received_at: Timestamp,
    /// Where some of them begin.
    pub(super) index: Vec<(Offset, usize)>,
}

/// What a group was before a batch came, so that a batch is taken whole or not at all.
pub(super) struct BeforeBatch {
    bytes: usize,
    counts: Counts,
    end: Offset,
    received_at: Timestamp,
    index: usize,
}

impl CommitGroup {
    /// Takes one more record, whose offset and time of receipt have been given.
    pub(super) fn push(
        &mut self,
        record: &Record,
        received_at: Timestamp,
        salt: u32,
    ) -> Result<(), AppendError> {
        let start = self.bytes.len();
        encode(record, received_at, salt, &mut self.bytes)?;
        let indexed = self.index.last().map_or(0, |(_, position)| *position);
        if start >= indexed + INDEX_BYTES || start == 0 {
            self.index.push((record.offset(), start));
        }
        if let Record::Message(message) = record {
            self.counts.messages += 1;
            self.counts.payload_bytes += message.payload.len() as u64;
        }
        self.end = record.offset().plus(1);
        self.received_at = received_at;
        Ok(())
    }

    /// What it is now.
    pub(super) fn before(&self) -> BeforeBatch {
        BeforeBatch {
            bytes: self.bytes.len(),
            counts: self.counts,
            end: self.end,
            received_at: self.received_at,
            index: self.index.len(),
        }
    }

    /// Makes it what it was.
    pub(super) fn undo(&mut self, before: &BeforeBatch) {
        self.bytes.truncate(before.bytes);
        self.counts = before.counts;
        self.end = before.end;
        self.received_at = before.received_at;
        self.index.truncate(before.index);
    }

    /// Empties it, and keeps its memory up to twice `capacity`.
    pub(super) fn clear(&mut self, capacity: usize) {
        self.bytes.clear();
        self.bytes.shrink_to(capacity.saturating_mul(2));
        self.index.clear();
        self.counts = Counts::default();
    }
}
