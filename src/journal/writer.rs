//! The one who writes.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::message::{Offset, Timestamp};

use super::ballast::Ballast;
use super::disk::{is_out_of_space, write_full};
use super::error::{JournalError, disk as disk_error};
use super::group::Group;
use super::handle::Counts;
use super::header::Header;
use super::queue::Intake;
use super::record::encode_mark;
use super::segment::{self, RECORDS_AT, Segment};
use super::shared::Shared;

/// How often retention and room are looked after, whatever happens.
const CHORES_EVERY: Duration = Duration::from_secs(1);
/// How often writing is tried again while the disk is full.
const RETRY_EVERY: Duration = Duration::from_millis(100);
/// After how many bytes the free space is looked at.
const CHECK_BYTES: u64 = 16 << 20;

/// Writes one group after the other.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    /// The last segment.
    pub(super) active: Arc<Segment>,
    /// What was taken from the queue and is not yet durable.
    pub(super) pending: Option<Pending>,
    /// An emptied group, for its memory.
    spare: Group,
    pub(super) ballast: Ballast,
    /// When the last durable record was received.
    received_at: Timestamp,
    /// Bytes written since the free space was last looked at.
    pub(super) unchecked_bytes: u64,
    /// The disk was full, and has not had clearly enough room since.
    pub(super) ran_out: bool,
    /// What the log says.
    pub(super) was_full: bool,
}

/// A group on its way to the disk.
#[derive(Debug)]
pub(super) struct Pending {
    group: Group,
    /// How much of it has been written.
    written: usize,
}

impl Writer {
    pub(super) fn new(
        shared: Arc<Shared>,
        active: Arc<Segment>,
        ballast: Ballast,
        received_at: Timestamp,
    ) -> Self {
        Self {
            shared,
            active,
            pending: None,
            spare: Group::default(),
            ballast,
            received_at,
            unchecked_bytes: 0,
            ran_out: false,
            was_full: false,
        }
    }

    /// Writes until the journal is closed and everything that it accepted is durable.
    pub(super) fn work(mut self) -> Result<(), JournalError> {
        let mut looked_after = Instant::now();
        loop {
            let is_last = self.rest();
            self.turn()?;
            if self.shared.queue().has_chores || looked_after.elapsed() >= CHORES_EVERY {
                self.look_after()?;
                looked_after = Instant::now();
            }
            if is_last && (self.pending.is_some() || self.shared.queue().is_empty()) {
                return self.end();
            }
        }
    }

    /// Waits until there is something to do; whether the journal is closed.
    fn rest(&self) -> bool {
        let mut queue = self.shared.queue();
        let is_stuck = self.pending.is_some();
        let mut wait = if is_stuck { RETRY_EVERY } else { CHORES_EVERY };
        let until = Instant::now() + wait;
        loop {
            if queue.intake == Intake::Closed {
                return true;
            }
            if queue.has_chores || !(is_stuck || queue.is_empty()) {
                return false;
            }
            queue.is_writer_idle = true;
            self.shared.work.wait_for(&mut queue, wait);
            queue.is_writer_idle = false;
            wait = until.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                return queue.intake == Intake::Closed;
            }
        }
    }

    /// Takes what waits, writes it and syncs it; whether something became durable. While the
    /// disk is full it keeps what it has taken, and goes on with that the next time.
    pub(super) fn turn(&mut self) -> Result<bool, JournalError> {
        let Some(mut pending) = self.pending.take().or_else(|| self.take()) else {
            return Ok(false);
        };
        let is_full_segment = self.active.length() >= self.shared.options.segment_bytes;
        let has_place = pending.written > 0 || !is_full_segment || self.roll()?;
        if !has_place || !self.write(&mut pending)? {
            self.pending = Some(pending);
            self.check_room();
            return Ok(false);
        }
        self.sync()?;
        self.publish(pending.group);
        if self.unchecked_bytes >= CHECK_BYTES || self.ran_out {
            self.check_room();
        }
        Ok(true)
    }

    /// The offset after the last durable record.
    pub(super) fn head(&self) -> Offset {
        *self.shared.durable.borrow()
    }

    fn take(&mut self) -> Option<Pending> {
        let mut queue = self.shared.queue();
        if queue.is_empty() {
            return None;
        }
        let group = queue.take(std::mem::take(&mut self.spare));
        drop(queue);
        self.shared.changed.notify_waiters();
        Some(Pending { group, written: 0 })
    }

    /// Writes the rest of a group; whether there was room for it.
    fn write(&mut self, pending: &mut Pending) -> Result<bool, JournalError> {
        let start = self.active.length();
        loop {
            let Pending { group, written } = pending;
            let file = self.active.file(&*self.shared.disk)?;
            match write_full(&**file, &group.bytes, start, written) {
                Ok(()) => return Ok(true),
                Err(error) if is_out_of_space(&error) => {
                    if !self.make_room()? {
                        return Ok(false);
                    }
                }
                Err(error) => return Err(disk_error("write", &self.active.path)(error)),
            }
        }
    }

    /// The disk is full: takes no more records, and gives the ballast's room back. Whether there
    /// was any.
    fn make_room(&mut self) -> Result<bool, JournalError> {
        let mut queue = self.shared.queue();
        if queue.intake == Intake::Open {
            queue.intake = Intake::Full;
            queue.has_chores = true;
        }
        drop(queue);
        self.shared.changed.notify_waiters();
        self.ran_out = true;
        self.ballast.remove(&*self.shared.disk)
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.shared.metrics.journal_syncs.inc();
        self.active
            .file(&*self.shared.disk)?
            .sync()
            .map_err(disk_error("sync", &self.active.path))
    }

    /// The group is durable: tells everyone.
    fn publish(&mut self, mut group: Group) {
        let start = self.active.length();
        let end = start + group.bytes.len() as u64;
        let places = group
            .index
            .iter()
            .map(|(offset, position)| (*offset, start + *position as u64));
        self.active.advance(end, places);
        let mut counts = self.shared.counts();
        counts.messages += group.counts.messages;
        counts.bytes += group.counts.bytes;
        // Together, for whoever compares them.
        self.shared.durable.send_replace(group.end);
        drop(counts);
        self.received_at = group.received_at;
        self.shared.measure();
        self.unchecked_bytes += group.bytes.len() as u64;
        group.clear(self.shared.options.buffer_bytes);
        self.spare = group;
    }

    /// Begins the next segment; whether there was room for it.
    pub(super) fn roll(&mut self) -> Result<bool, JournalError> {
        let shared = &self.shared;
        let counts: Counts = *shared.counts();
        let header = Header {
            first: self.head(),
            previous: (self.active.first(), self.active.length()),
            before: counts,
            received_at: self.received_at,
            ..self.active.header
        };
        let created = loop {
            match Segment::create(&*self.shared.disk, &self.shared.dir, header) {
                Err(JournalError::Disk { source, .. }) if is_out_of_space(&source) => {
                    self.forget(header.first)?;
                    if !self.make_room()? {
                        return Ok(false);
                    }
                }
                created => break Arc::new(created?),
            }
        };
        self.shared.segments.write().push_back(Arc::clone(&created));
        self.active = created;
        self.shared.queue().bytes += RECORDS_AT;
        self.prune()?;
        self.check_room();
        Ok(true)
    }

    /// Removes a segment that could not be made whole. Should it come back after a crash, it would
    /// say that the one before is complete.
    fn forget(&self, first: Offset) -> Result<(), JournalError> {
        let Shared { disk, dir, .. } = &*self.shared;
        let path = dir.join(segment::name(first));
        match disk.remove(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(disk_error("remove", &path)(error))
            }
            _ => disk
                .sync_dir(dir)
                .map_err(disk_error("sync the directory", dir)),
        }
    }

    /// Marks that everything before is durable, so that whatever is found damaged at the next
    /// start is not taken for a torn tail.
    pub(super) fn end(mut self) -> Result<(), JournalError> {
        if let Some(pending) = &self.pending {
            return Err(JournalError::Unwritten {
                bytes: pending.group.bytes.len(),
            });
        }
        if self.active.length() == RECORDS_AT {
            return Ok(());
        }
        let mut group = Group::default();
        let salt = self.active.header.salt;
        encode_mark(self.head(), self.received_at, salt, &mut group.bytes);
        group.end = self.head();
        group.received_at = self.received_at;
        let mut pending = Pending { group, written: 0 };
        if self.write(&mut pending)? {
            self.sync()?;
            self.publish(pending.group);
        }
        Ok(())
    }
}
