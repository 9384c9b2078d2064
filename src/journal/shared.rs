//! What all handles, readers and the writer have in common.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};
use tokio::sync::{Notify, watch};

use crate::message::{Epoch, Offset};
use crate::metrics::Metrics;

use super::counts::Counts;
use super::disk::{Disk, File};
use super::error::JournalError;
use super::handed_on::HandedOn;
use super::holds::Holds;
use super::options::JournalOptions;
use super::queue::{Intake, Queue};
use super::segment::Segment;

/// How many files of segments stay open for reading.
const READ_FILES_MAX: usize = 16;

/// What all handles, readers and the writer have in common.
pub(super) struct JournalShared {
    pub(super) dir: PathBuf,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) options: JournalOptions,
    pub(super) metrics: Arc<Metrics>,
    pub(super) epoch: Epoch,
    pub(super) is_new: bool,
    pub(super) queue: Mutex<Queue>,
    /// Wakes the writer.
    pub(super) work: Condvar,
    /// Told whenever the queue has been emptied or its intake has changed.
    pub(super) changed: Notify,
    /// Those who wait for the buffer stand in line here, so that nobody is overtaken.
    pub(super) line: tokio::sync::Mutex<()>,
    /// How many stand there.
    pub(super) waiting: AtomicUsize,
    /// All segments, oldest first; the last one is written to.
    pub(super) segments: RwLock<VecDeque<Arc<Segment>>>,
    /// Every record below is durable.
    pub(super) durable: watch::Sender<Offset>,
    pub(super) counts: Mutex<Counts>,
    pub(super) holds: Mutex<Holds>,
    pub(super) handed_on: Mutex<HandedOn>,
    /// The files that were read last, the next one to be closed first.
    pub(super) read_files: Mutex<VecDeque<Arc<dyn File>>>,
}

impl JournalShared {
    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock()
    }

    /// The offset of the first record that is still there.
    pub(super) fn oldest(&self) -> Offset {
        let segments = self.segments.read();
        segments
            .front()
            .map_or(*self.durable.borrow(), |segment| segment.first())
    }

    /// The segment that has the record `offset`, which is below the durable head.
    pub(super) fn segment(&self, offset: Offset) -> Result<Arc<Segment>, JournalError> {
        let segments = self.segments.read();
        let above = segments.partition_point(|segment| segment.first() <= offset);
        above
            .checked_sub(1)
            .and_then(|at| segments.get(at).map(Arc::clone))
            .ok_or(JournalError::Gone {
                oldest: segments.front().map_or(offset, |segment| segment.first()),
            })
    }

    /// The file of a segment to read from; it stays open for the next reader.
    pub(super) fn file_of(&self, segment: &Segment) -> Result<Arc<dyn File>, JournalError> {
        let file = segment.file(&*self.disk).map_err(|error| {
            // It may have been removed since it was looked up.
            let oldest = self.oldest();
            if segment.first() < oldest {
                JournalError::Gone { oldest }
            } else {
                error
            }
        })?;
        let mut files = self.read_files.lock();
        if !files.iter().any(|other| Arc::ptr_eq(other, &file)) {
            if files.len() >= READ_FILES_MAX {
                files.pop_front();
            }
            files.push_back(Arc::clone(&file));
        }
        Ok(file)
    }

    /// Brings the metrics up to date.
    pub(super) fn measure(&self) {
        let queue = self.queue();
        let (bytes, head) = (queue.bytes, queue.head);
        drop(queue);
        let gauge = |number| i64::try_from(number).unwrap_or(i64::MAX);
        self.metrics.journal_bytes.set(gauge(bytes));
        self.metrics.journal_head.set(gauge(head.0));
        self.metrics
            .journal_durable
            .set(gauge(self.durable.borrow().0));
    }

    /// Wakes the writer, if it sleeps, to do what the queue has for it.
    pub(super) fn wake(&self, mut queue: MutexGuard<'_, Queue>) {
        if queue.is_writer_idle {
            queue.is_writer_idle = false;
            drop(queue);
            self.work.notify_one();
        }
    }

    /// Ends the intake for good. The writer writes what was accepted, and ends.
    pub(super) fn close(&self) {
        let mut queue = self.queue();
        queue.intake = Intake::Closed;
        self.wake(queue);
        self.changed.notify_waiters();
    }
}
