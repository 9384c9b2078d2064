//! Removing what is no longer needed, and noticing when there is no room.

use std::io;

use super::error::{JournalError, disk as disk_error};
use super::queue::Intake;
use super::segment::RECORDS_AT;
use super::writer::Writer;

impl Writer {
    /// Looks after everything that is not a record on its way to the disk: removes segments that
    /// may go, and closes or opens the intake as there is room.
    pub(super) fn look_after(&mut self) -> Result<(), JournalError> {
        self.shared.queue().has_chores = false;
        self.prune()?;
        if self.is_all_in_the_way() {
            self.roll()?;
        }
        self.check_room();
        Ok(())
    }

    /// Removes the oldest segments, as far as they may go. Each one's name is gone for good
    /// before the next one is touched, so that no crash leaves a gap.
    pub(super) fn prune(&mut self) -> Result<(), JournalError> {
        let options = &self.shared.options;
        let held = self.shared.holds().oldest();
        loop {
            let (bytes, mirrored, intake) = {
                let queue = self.shared.queue();
                (queue.bytes, queue.mirrored, queue.intake)
            };
            let (oldest, end) = {
                let segments = self.shared.segments.read();
                let (Some(oldest), Some(next)) = (segments.front(), segments.get(1)) else {
                    return Ok(());
                };
                (oldest.clone(), next.first())
            };
            if end > mirrored {
                return Ok(());
            }
            let is_large = bytes > options.bytes_low();
            let is_held = held.is_some_and(|held| held < end);
            let is_kept = bytes.saturating_sub(oldest.length()) < options.keep_bytes
                && intake != Intake::Full;
            if !is_large && (is_held || is_kept) {
                return Ok(());
            }
            if is_held {
                tracing::warn!(
                    below = %end,
                    "the journal is at its size limit: removed records that sessions still waited for"
                );
            }
            let disk = &self.shared.disk;
            self.shared.segments.write().pop_front();
            match disk.remove(&oldest.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(disk_error("remove", &oldest.path)(error));
                }
                _ => {}
            }
            disk.sync_dir(&self.shared.dir)
                .map_err(disk_error("sync the directory", &self.shared.dir))?;
            let mut queue = self.shared.queue();
            queue.bytes = queue.bytes.saturating_sub(oldest.length());
            drop(queue);
            self.shared.measure();
        }
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

    /// Closes the intake where the disk has too little room left, and opens it again once there
    /// is clearly enough.
    pub(super) fn check_room(&mut self) {
        let Self {
            shared, ballast, ..
        } = self;
        let options = &shared.options;
        self.unchecked_bytes = 0;
        let free = match shared.disk.free_bytes(&shared.dir) {
            Ok(free) => free,
            Err(error) => {
                tracing::warn!(%error, "can't tell how much room the journal's disk has");
                return;
            }
        };
        let ballast_bytes = options.ballast_bytes;
        let mut enough = options.free_bytes_low();
        if self.ran_out {
            enough = enough.max(options.free_bytes_min.saturating_add(ballast_bytes));
        }
        let mut queue = shared.queue();
        let before = queue.intake;
        match before {
            Intake::Open if free < options.free_bytes_min => queue.intake = Intake::Full,
            Intake::Full
                if free >= enough
                    && queue.bytes <= options.bytes_low()
                    && self.pending.is_none() =>
            {
                queue.intake = Intake::Open;
                self.ran_out = false;
            }
            _ => {}
        }
        let (after, bytes) = (queue.intake, queue.bytes);
        drop(queue);
        if after != before {
            shared.changed.notify_waiters();
        }
        if self.was_full != (after == Intake::Full) {
            self.was_full = after == Intake::Full;
            shared.metrics.journal_full.set(self.was_full.into());
            if self.was_full {
                let (bytes_max, free_min) = (options.bytes_max, options.free_bytes_min);
                tracing::warn!(
                    bytes,
                    bytes_max,
                    free,
                    free_min,
                    "the journal is full: it takes no more records until there is room"
                );
            } else {
                tracing::info!(bytes, free, "the journal has room again");
            }
        }
        let has_room = free >= options.free_bytes_low().saturating_add(ballast_bytes);
        if !ballast.is_there() && after == Intake::Open && has_room && ballast_bytes > 0 {
            ballast.make(&*shared.disk, ballast_bytes);
        }
    }
}
