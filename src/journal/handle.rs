//! The journal as the rest of the server knows it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, pin};

use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::{Notify, oneshot, watch};

use crate::message::{Epoch, Offset, Record, Timestamp};
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;

use super::ballast::Ballast;
use super::disk::Disk;
use super::error::{AppendError, JournalError, disk as disk_error};
use super::header::Header;
use super::hold::Hold;
use super::options::Options;
use super::queue::{Attempt, Intake, Queue};
use super::reader::Reader;
use super::recovery::{Recovered, recover};
use super::segment::Segment;
use super::shared::Shared;
use super::writer::Writer;

/// The journal; all clones are the same one.
#[derive(Clone)]
pub struct Journal {
    pub(super) shared: Arc<Shared>,
}

/// How much has become durable since the journal was created, over all restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Messages.
    pub messages: u64,
    /// Their payload bytes.
    pub bytes: u64,
}

/// What has been counted since the journal was created, at two places: when records were given
/// their places, and when they had become durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Messages that were given a place. At a start these are the durable ones: what else there
    /// was had not been acknowledged.
    pub taken: u64,
    /// The offset behind the last place given.
    pub head: Offset,
    /// Messages that have become durable.
    pub durable: u64,
    /// The offset up to which records are durable.
    pub durable_to: Offset,
}

impl Journal {
    /// Opens the journal in `dir`, or makes a new one. Cuts a torn tail, of which nothing was
    /// acknowledged; refuses a journal that is damaged anywhere else. Nothing is written until
    /// [`Self::run`]. That nobody else has it open is the caller's business.
    pub fn open(
        dir: &Path,
        options: Options,
        disk: Arc<dyn Disk>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, JournalError> {
        disk.create_dir(dir)
            .map_err(disk_error("create the directory", dir))?;
        let recovered = recover(&*disk, dir, options.first)?;
        let is_new = recovered.is_none();
        let Recovered { older, last, next } = match recovered {
            Some(recovered) => recovered,
            None => create(&*disk, dir, options.first)?,
        };
        let active = Arc::new(last);
        let segments: VecDeque<_> = older
            .into_iter()
            .map(Arc::new)
            .chain([Arc::clone(&active)])
            .collect();
        let bytes = segments.iter().map(|segment| segment.length()).sum();
        let queue = Queue::new(&options, &next, bytes);
        let ballast = Ballast::open(&*disk, dir, options.ballast_bytes)?;
        let shared = Arc::new(Shared {
            dir: dir.to_owned(),
            disk,
            options,
            metrics,
            epoch: next.epoch,
            is_new,
            queue: Mutex::new(queue),
            work: Condvar::new(),
            changed: Notify::new(),
            line: tokio::sync::Mutex::default(),
            waiting: AtomicUsize::new(0),
            segments: RwLock::new(segments),
            durable: watch::Sender::new(next.first),
            counts: Mutex::new(next.before),
            holds: Mutex::default(),
            writer: Mutex::default(),
        });
        let mut writer = Writer::new(Arc::clone(&shared), active, ballast, next.received_at);
        writer.check_room();
        shared.measure();
        *shared.writer.lock() = Some(writer);
        Ok(Self { shared })
    }

    /// Runs the writer, on a thread of its own, as a task that the server can't live without.
    pub fn start(&self, supervisor: &Supervisor) {
        let journal = self.clone();
        let stage = supervisor.clone();
        supervisor.spawn(
            "journal",
            async move { journal.run(stage.stopping()).await },
        );
    }

    /// Runs the writer, on a thread of its own, until `stopping`; then takes no more records,
    /// and ends once all that were taken are durable. An error means that the process has to end.
    pub async fn run(&self, stopping: impl Future<Output = ()>) -> Result<(), JournalError> {
        let writer = self.shared.writer.lock().take().ok_or(JournalError::Ran)?;
        let closing = Closing(Arc::clone(&self.shared));
        let on_thread = Closing(Arc::clone(&self.shared));
        let (done, mut ended) = oneshot::channel();
        std::thread::Builder::new()
            .name("journal".into())
            .spawn(move || {
                let result = writer.work();
                // However it ended, even by a panic, nobody may go on waiting for it.
                drop(on_thread);
                // Whoever ran it may have stopped waiting.
                let _ = done.send(result);
            })
            .map_err(disk_error("start the writer of", &self.shared.dir))?;
        let result = tokio::select! {
            result = &mut ended => result,
            () = stopping => {
                drop(closing);
                ended.await
            }
        };
        result.unwrap_or(Err(JournalError::Panicked))
    }

    /// Gives each record of `batch` its offset and time of receipt, in order, and queues them for
    /// the disk: all of them, or none. Waits while the disk can't keep up; that wait is the
    /// publishers' backpressure. Where it is cancelled, nothing has been taken.
    pub async fn append(&self, batch: &mut [Record]) -> Result<(), AppendError> {
        if batch.is_empty() {
            return Ok(());
        }
        if self.shared.waiting.load(Ordering::Relaxed) == 0
            && self.attempt(batch)? == Attempt::Taken
        {
            return Ok(());
        }
        let _waiting = Waiting::new(&self.shared.waiting);
        let _place = self.shared.line.lock().await;
        loop {
            let mut changed = pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            if self.attempt(batch)? == Attempt::Taken {
                return Ok(());
            }
            changed.await;
        }
    }

    fn attempt(&self, batch: &mut [Record]) -> Result<Attempt, AppendError> {
        let mut queue = self.shared.queue();
        let attempt = queue.append(batch);
        self.shared.wake(queue);
        attempt
    }

    /// Waits until a journal that was full takes records again, or is closed.
    pub async fn room(&self) {
        loop {
            let mut changed = pin::pin!(self.shared.changed.notified());
            changed.as_mut().enable();
            if self.shared.queue().intake != Intake::Full {
                return;
            }
            changed.await;
        }
    }

    /// Tells the durable head as it moves: every record below it is durable.
    pub fn durable(&self) -> watch::Receiver<Offset> {
        self.shared.durable.subscribe()
    }

    /// The offset that the next record will get.
    pub fn head(&self) -> Offset {
        self.shared.queue().head
    }

    /// The first record that can still be read; the head, where there is none.
    pub fn oldest(&self) -> Offset {
        self.shared.oldest()
    }

    /// The journal's own name: offsets compare only within an epoch.
    pub fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    /// Whether this start created the journal.
    pub fn is_new(&self) -> bool {
        self.shared.is_new
    }

    /// How much has become durable since the journal was created.
    pub fn counts(&self) -> Counts {
        *self.shared.counts()
    }

    /// Both counts. What is counted at the entrance is looked at last, so that it is never behind.
    pub fn tally(&self) -> Tally {
        let counts = self.shared.counts();
        let (durable, durable_to) = (counts.messages, *self.shared.durable.borrow());
        drop(counts);
        let queue = self.shared.queue();
        Tally {
            taken: queue.messages,
            head: queue.head,
            durable,
            durable_to,
        }
    }

    /// Reads from the record `from` on, which need not be there yet.
    pub fn reader(&self, from: Offset) -> Result<Reader, JournalError> {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// Everything below `mirrored` is in the database, and may go when nothing else needs it.
    pub fn release(&self, mirrored: Offset) {
        let mut queue = self.shared.queue();
        queue.mirrored = queue.mirrored.max(mirrored);
        // The writer looks after retention every second; those who wait shall not wait for that.
        if queue.intake == Intake::Full {
            queue.has_chores = true;
            self.shared.wake(queue);
        }
    }

    /// Makes a hold, which holds nothing yet.
    pub fn hold(&self) -> Hold {
        Hold::new(Arc::clone(&self.shared))
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("dir", &self.shared.dir)
            .field("head", &self.head())
            .finish_non_exhaustive()
    }
}

/// Makes a new journal.
fn create(disk: &dyn Disk, dir: &Path, first: Offset) -> Result<Recovered, JournalError> {
    let header = Header {
        epoch: Epoch(fastrand::u32(..)),
        first,
        previous: (first, 0),
        before: Counts::default(),
        received_at: Timestamp::default(),
        salt: fastrand::u32(..),
    };
    Ok(Recovered {
        older: Vec::new(),
        last: Segment::create(disk, dir, header)?,
        next: header,
    })
}

/// Closes the journal when dropped.
struct Closing(Arc<Shared>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Counts one who waits in line.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
