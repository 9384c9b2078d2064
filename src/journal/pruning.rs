//! Removing the segments that nobody needs any more.

use std::io;

use super::error::{JournalError, disk as disk_error};
use super::queue::Intake;
use super::shared::JournalShared;

/// Removes the oldest segments, as far as they may go. Each one's name is gone for good before the
/// next one is touched, so that no crash leaves a gap.
pub(super) fn prune(shared: &JournalShared) -> Result<(), JournalError> {
    let options = &shared.options;
    let held = shared.holds.lock().oldest();
    loop {
        let (bytes, mirrored, intake) = {
            let queue = shared.queue();
            (queue.bytes, queue.mirrored, queue.intake)
        };
        let (oldest, end) = {
            let segments = shared.segments.read();
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
        let is_kept =
            bytes.saturating_sub(oldest.length()) < options.keep_bytes && intake != Intake::Full;
        if !is_large && (is_held || is_kept) {
            return Ok(());
        }
        if is_held {
            tracing::warn!(
                below = %end,
                "the journal is at its size limit: removed records that sessions still waited for"
            );
        }
        shared.segments.write().pop_front();
        // What is removed gives its room back only when nobody has it open.
        shared.read_files.lock().clear();
        match shared.disk.remove(&oldest.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(disk_error("remove", &oldest.path)(error));
            }
            _ => {}
        }
        shared
            .disk
            .sync_dir(&shared.dir)
            .map_err(disk_error("sync the directory", &shared.dir))?;
        let mut queue = shared.queue();
        queue.bytes = queue.bytes.saturating_sub(oldest.length());
        drop(queue);
        shared.measure();
    }
}
