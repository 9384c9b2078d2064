//! What appenders and the writer share, under one short lock.

use std::mem;
use std::sync::Arc;

use crate::message::{Offset, Record, Timestamp};

use super::commit_group::CommitGroup;
use super::error::AppendError;
use super::header::Header;
use super::options::JournalOptions;

/// Whether records are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Intake {
    Open,
    /// Not until there is room.
    Full,
    /// Never again.
    Closed,
}

/// What has been accepted and is not yet with the writer.
#[derive(Debug)]
pub(super) struct Queue {
    /// Fills up while the writer has the group before.
    group: CommitGroup,
    /// The offset of the next record.
    pub(super) head: Offset,
    /// Messages that have been given their places since the journal was created.
    pub(super) messages: u64,
    /// When the last record was received.
    received_at: Timestamp,
    salt: u32,
    buffer_bytes: usize,
    bytes_max: u64,
    pub(super) intake: Intake,
    /// The size of the journal, what is accepted and not yet written included.
    pub(super) bytes: u64,
    /// Everything below is in the database.
    pub(super) mirrored: Offset,
    /// The writer should look after retention and room.
    pub(super) has_chores: bool,
    /// The writer sleeps and has to be woken.
    pub(super) is_writer_idle: bool,
}

/// What became of an attempt to append.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// The records have their places.
    Taken,
    /// The buffer is full: wait for the writer.
    Wait,
}

impl Queue {
    pub(super) fn new(options: &JournalOptions, next: &Header, bytes: u64) -> Self {
        Self {
            group: CommitGroup::default(),
            head: next.first,
            messages: next.before.messages,
            received_at: next.received_at,
            salt: next.salt,
            buffer_bytes: options.buffer_bytes,
            bytes_max: options.bytes_max,
            intake: Intake::Open,
            bytes,
            mirrored: Offset(0),
            has_chores: false,
            is_writer_idle: false,
        }
    }

    /// Gives all of `batch` their places, or none.
    pub(super) fn append(&mut self, batch: &mut [Record]) -> Result<Attempt, AppendError> {
        match self.intake {
            Intake::Open if self.bytes >= self.bytes_max => {
                self.intake = Intake::Full;
                self.has_chores = true;
                return Err(AppendError::Full);
            }
            Intake::Open => {}
            Intake::Full => return Err(AppendError::Full),
            Intake::Closed => return Err(AppendError::Closed),
        }
        if self.group.bytes.len() >= self.buffer_bytes {
            return Ok(Attempt::Wait);
        }
        let received_at = Timestamp::now().max(self.received_at);
        let before = self.group.before();
        let start = self.group.bytes.len();
        for (record, place) in batch.iter_mut().zip(0..) {
            number(record, self.head.plus(place), received_at);
            if let Err(error) = self.group.push(record, received_at, self.salt) {
                self.group.undo(&before);
                return Err(error);
            }
        }
        // Counted apart from what is written, so that a loss on the way to the disk would show.
        let messages = batch.iter().filter(|one| matches!(one, Record::Message(_)));
        self.messages += messages.count() as u64;
        self.head = self.head.plus(batch.len() as u64);
        self.received_at = received_at;
        self.bytes += (self.group.bytes.len() - start) as u64;
        Ok(Attempt::Taken)
    }

    /// Whether nothing waits for the writer.
    pub(super) fn is_empty(&self) -> bool {
        self.group.bytes.is_empty()
    }

    /// Hands over what waits, and takes an emptied group to fill.
    pub(super) fn take(&mut self, emptied: CommitGroup) -> CommitGroup {
        mem::replace(&mut self.group, emptied)
    }
}

/// Gives a record its place.
pub(super) fn number(record: &mut Record, offset: Offset, received_at: Timestamp) {
    match record {
        Record::Message(message) => {
            let message = Arc::make_mut(message);
            message.offset = offset;
            message.received_at = received_at;
        }
        Record::Session(event) => event.offset = offset,
    }
}
