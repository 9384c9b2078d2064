//! The one who writes.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::message::{Offset, Timestamp};
use crate::supervisor::Supervisor;

use super::commit_group::CommitGroup;
use super::disk::{is_out_of_space, write_full};
use super::error::{JournalError, disk as disk_error};
use super::header::Header;
use super::pruning::prune;
use super::queue::Intake;
use super::record::encode_mark;
use super::room::Room;
use super::segment::{self, RECORDS_AT, Segment};
use super::shared::JournalShared;

/// How often room, and what may be removed, are looked after, whatever happens.
const CHORES_EVERY: Duration = Duration::from_secs(1);
/// How often writing is tried again while the disk is full.
const RETRY_EVERY: Duration = Duration::from_millis(100);

/// Writes one group after the other. There is one for each open journal; until it runs, nothing
/// becomes durable.
pub struct JournalWriter {
    shared: Arc<JournalShared>,
    /// The last segment.
    pub(super) active: Arc<Segment>,
    /// What was taken from the queue and is not yet durable.
    pub(super) pending: Option<Pending>,
    /// An emptied group, for its memory.
    spare: CommitGroup,
    room: Room,
    /// When the last durable record was received.
    received_at: Timestamp,
}

/// A group on its way to the disk.
#[derive(Debug)]
pub(super) struct Pending {
    group: CommitGroup,
    /// How much of it has been written.
    written: usize,
}

impl JournalWriter {
    pub(super) fn new(
        shared: Arc<JournalShared>,
        active: Arc<Segment>,
        mut room: Room,
        received_at: Timestamp,
    ) -> Self {
        room.check(&shared, false);
        Self {
            shared,
            active,
            pending: None,
            spare: CommitGroup::default(),
            room,
            received_at,
        }
    }

    /// Writes, on a thread of its own, as a task that the server can't live without.
    pub fn start(self, supervisor: &Supervisor) {
        let stage = supervisor.clone();
        supervisor.spawn("journal", async move { self.run(stage.stopping()).await });
    }

    /// Writes, on a thread of its own, until `stopping`; then takes no more records, and ends once
    /// all that were taken are durable. An error means that the process has to end.
    pub async fn run(self, stopping: impl Future<Output = ()>) -> Result<(), JournalError> {
        let shared = Arc::clone(&self.shared);
        let (done, mut ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || {
                let result = self.work();
                // Whoever ran it may have stopped waiting.
                let _ = done.send(result);
            })
            .map_err(disk_error("start the writer of", &shared.dir))?;
        let closing = Closing(&shared);
        let result = tokio::select! {
            result = &mut ended => result,
            () = stopping => {
                drop(closing);
                ended.await
            }
        };
        result.unwrap_or(Err(JournalError::Panicked))
    }

    /// Writes until the journal is closed and everything that it accepted is durable.
    fn work(mut self) -> Result<(), JournalError> {
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

    /// Looks after everything that is not a record on its way to the disk: removes segments that
    /// may go, and closes or opens the intake as there is room.
    pub(super) fn look_after(&mut self) -> Result<(), JournalError> {
        self.shared.queue().has_chores = false;
        prune(&self.shared)?;
        if self.is_all_in_the_way() {
            self.roll()?;
        }
        self.room.check(&self.shared, self.pending.is_some());
        Ok(())
    }

    /// Whether the journal is too large though all that it has is mirrored: then all of it is in
    /// the segment that is written to.
    fn is_all_in_the_way(&self) -> bool {
        let queue = self.shared.queue();
        (queue.intake == Intake::Full || queue.bytes > self.shared.options.bytes_low())
            && queue.mirrored >= self.head()
            && self.pending.is_none()
            && self.active.length() > RECORDS_AT
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
            self.room.check(&self.shared, true);
            return Ok(false);
        }
        self.sync()?;
        let bytes = self.publish(pending.group);
        if self.room.took(bytes) {
            self.room.check(&self.shared, false);
        }
        Ok(true)
    }

    /// The offset after the last durable record.
    fn head(&self) -> Offset {
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
            match write_full(&*file, &group.bytes, start, written) {
                Ok(()) => return Ok(true),
                Err(error) if is_out_of_space(&error) => {
                    if !self.room.make(&self.shared)? {
                        return Ok(false);
                    }
                }
                Err(error) => return Err(disk_error("write", &self.active.path)(error)),
            }
        }
    }

    fn sync(&mut self) -> Result<(), JournalError> {
        self.shared.metrics.journal_syncs.inc();
        self.active
            .file(&*self.shared.disk)?
            .sync()
            .map_err(disk_error("sync", &self.active.path))
    }

    /// The group is durable: tells everyone. How many bytes it had.
    fn publish(&mut self, mut group: CommitGroup) -> u64 {
        let start = self.active.length();
        let bytes = group.bytes.len() as u64;
        let places = group
            .index
            .iter()
            .map(|(offset, position)| (*offset, start + *position as u64));
        self.active.advance(start + bytes, places);
        let mut counts = self.shared.counts.lock();
        counts.messages += group.counts.messages;
        counts.payload_bytes += group.counts.payload_bytes;
        // Together, for whoever compares them.
        self.shared.durable.send_replace(group.end);
        drop(counts);
        self.received_at = group.received_at;
        self.shared.measure();
        group.clear(self.shared.options.buffer_bytes);
        self.spare = group;
        bytes
    }

    /// Begins the next segment; whether there was room for it.
    pub(super) fn roll(&mut self) -> Result<bool, JournalError> {
        let shared = &self.shared;
        let counts = *shared.counts.lock();
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
                    if !self.room.make(&self.shared)? {
                        return Ok(false);
                    }
                }
                created => break Arc::new(created?),
            }
        };
        self.shared.segments.write().push_back(Arc::clone(&created));
        self.active.end_writing();
        self.active = created;
        self.shared.queue().bytes += RECORDS_AT;
        prune(&self.shared)?;
        self.room.check(&self.shared, self.pending.is_some());
        Ok(true)
    }

    /// Removes a segment that could not be made whole. Should it come back after a crash, it would
    /// say that the one before is complete.
    fn forget(&self, first: Offset) -> Result<(), JournalError> {
        let JournalShared { disk, dir, .. } = &*self.shared;
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
        let mut group = CommitGroup::default();
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

impl fmt::Debug for JournalWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalWriter")
            .field("segment", &self.active.path)
            .finish_non_exhaustive()
    }
}

/// However a writer ends, by a panic or without having run: nobody may go on waiting for it.
impl Drop for JournalWriter {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// Closes the journal when dropped: whoever runs the writer may be cancelled.
struct Closing<'a>(&'a JournalShared);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
    }
}
