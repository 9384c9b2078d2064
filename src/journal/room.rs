//! Noticing that there is no room, and that there is some again.

use super::ballast::Ballast;
use super::error::JournalError;
use super::queue::Intake;
use super::shared::JournalShared;

/// After how many written bytes the free space is looked at.
const CHECK_BYTES: u64 = 16 << 20;

/// What the writer knows of the room that it has: it closes the intake where there is too little,
/// and opens it again.
#[derive(Debug)]
pub(super) struct Room {
    ballast: Ballast,
    /// Bytes written since the free space was last looked at.
    unchecked_bytes: u64,
    /// The disk was full, and has not had clearly enough room since.
    ran_out: bool,
    /// What the log says.
    was_full: bool,
}

impl Room {
    pub(super) fn new(ballast: Ballast) -> Self {
        Self {
            ballast,
            unchecked_bytes: 0,
            ran_out: false,
            was_full: false,
        }
    }

    /// So many bytes more have been written; whether it is time to [`Self::check`].
    pub(super) fn took(&mut self, bytes: u64) -> bool {
        self.unchecked_bytes += bytes;
        self.unchecked_bytes >= CHECK_BYTES || self.ran_out
    }

    /// The disk is full: no more records are taken, and the ballast's room is given back. Whether
    /// there was any.
    pub(super) fn make(&mut self, shared: &JournalShared) -> Result<bool, JournalError> {
        let mut queue = shared.queue();
        if queue.intake == Intake::Open {
            queue.intake = Intake::Full;
            queue.has_chores = true;
        }
        drop(queue);
        shared.changed.notify_waiters();
        self.ran_out = true;
        self.ballast.remove(&*shared.disk)
    }

    /// Closes the intake where the disk has too little room left, and opens it again once there is
    /// clearly enough, and nothing `is_stuck` on its way to the disk.
    pub(super) fn check(&mut self, shared: &JournalShared, is_stuck: bool) {
        let options = &shared.options;
        self.unchecked_bytes = 0;
        let free = match shared.disk.free_bytes(&shared.dir) {
            Ok(free) => free,
            Err(error) => {
                tracing::warn!(%error, "can't tell how much room the journal's disk has");
                return;
            }
        };
        let mut enough = options.free_bytes_low();
        if self.ran_out {
            enough = enough.max(options.free_bytes_min.saturating_add(options.ballast_bytes));
        }
        let mut queue = shared.queue();
        let before = queue.intake;
        match before {
            Intake::Open if free < options.free_bytes_min => queue.intake = Intake::Full,
            Intake::Full if free >= enough && queue.bytes <= options.bytes_low() && !is_stuck => {
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
        self.tell(shared, after == Intake::Full, bytes, free);
        let has_room = free
            >= options
                .free_bytes_low()
                .saturating_add(options.ballast_bytes);
        if after == Intake::Open && has_room {
            self.ballast.make(&*shared.disk, options.ballast_bytes);
        }
    }

    /// Tells log and metrics, once for each change.
    fn tell(&mut self, shared: &JournalShared, is_full: bool, bytes: u64, free: u64) {
        if self.was_full == is_full {
            return;
        }
        self.was_full = is_full;
        shared.metrics.journal_full.set(is_full.into());
        if is_full {
            tracing::warn!(
                bytes,
                bytes_max = shared.options.bytes_max,
                free,
                free_min = shared.options.free_bytes_min,
                "the journal is full: it takes no more records until there is room"
            );
        } else {
            tracing::info!(bytes, free, "the journal has room again");
        }
    }
}
