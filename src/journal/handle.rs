//! The journal as the rest of the server knows it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{fmt, pin};

use parking_lot::{Condvar, Mutex, RwLock};
use tokio::sync::{Notify, watch};

use crate::message::{Epoch, Offset, Record, Timestamp};
use crate::metrics::Metrics;
use crate::port::{Counted, Tally};

use super::ballast::Ballast;
use super::counts::Counts;
use super::disk::Disk;
use super::error::{AppendError, JournalError, disk as disk_error};
use super::handed_on::HandedOn;
use super::header::Header;
use super::hold::Hold;
use super::options::JournalOptions;
use super::queue::{Attempt, Intake, Queue};
use super::reader::Reader;
use super::recovery::{Recovered, exists, recover};
use super::room::Room;
use super::segment::Segment;
use super::shared::JournalShared;
use super::writer::JournalWriter;

/// The journal; all clones are the same one.
#[derive(Clone)]
pub struct Journal {
    pub(super) shared: Arc<JournalShared>,
}

impl Journal {
    /// Opens the journal in `dir`, or makes a new one. Cuts a torn tail, of which nothing was
    /// acknowledged; refuses a journal that is damaged anywhere else. Nothing is written until
    /// the writer runs. That nobody else has it open is the caller's business.
    pub fn open(
        dir: &Path,
        options: JournalOptions,
        disk: Arc<dyn Disk>,
        metrics: Arc<Metrics>,
    ) -> Result<(Self, JournalWriter), JournalError> {
        disk.create_dir(dir)
            .map_err(disk_error("create the directory", dir))?;
        let recovered = recover(&*disk, dir, options.first)?;
        let is_new = recovered.is_none();
        let Recovered { older, last, next } = match recovered {
            Some(recovered) => recovered,
            None => create(&*disk, dir, options.first)?,
        };
        last.begin_writing(&*disk)?;
        let active = Arc::new(last);
        let segments: VecDeque<_> = older
            .into_iter()
            .map(Arc::new)
            .chain([Arc::clone(&active)])
            .collect();
        let bytes = segments.iter().map(|segment| segment.length()).sum();
        let queue = Queue::new(&options, &next, bytes);
        let ballast = Ballast::open(&*disk, dir, options.ballast_bytes)?;
        let shared = Arc::new(JournalShared {
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
            handed_on: Mutex::new(HandedOn::new(dir, next.epoch)),
            read_files: Mutex::default(),
        });
        let room = Room::new(ballast);
        let writer = JournalWriter::new(Arc::clone(&shared), active, room, next.received_at);
        shared.measure();
        Ok((Self { shared }, writer))
    }

    /// Whether there is a journal in `dir`, so that [`Self::open`] would not make a new one.
    pub fn exists(dir: &Path, disk: &dyn Disk) -> Result<bool, JournalError> {
        exists(disk, dir)
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

    /// How much of the disk it takes.
    pub fn bytes(&self) -> u64 {
        self.shared.queue().bytes
    }

    /// Whether no record was ever removed.
    pub fn is_whole(&self) -> bool {
        let segments = self.shared.segments.read();
        let first = segments.front();
        first.is_some_and(|segment| segment.header.previous == (segment.first(), 0))
    }

    /// Whether this start created the journal.
    pub fn is_new(&self) -> bool {
        self.shared.is_new
    }

    /// How much has become durable since the journal was created.
    pub fn counts(&self) -> Counts {
        *self.shared.counts.lock()
    }

    /// How much there was in the records that have been removed, since the journal was created.
    pub fn removed(&self) -> Counts {
        let segments = self.shared.segments.read();
        segments
            .front()
            .map_or_else(Counts::default, |segment| segment.header.before)
    }

    /// Reads from the record `from` on, which need not be there yet.
    pub fn reader(&self, from: Offset) -> Result<Reader, JournalError> {
        Reader::new(Arc::clone(&self.shared), from)
    }

    /// Every durable record below `next` is about to go into the database. A later start refuses a
    /// journal that ends before that.
    pub fn hand_on(&self, next: Offset) {
        let shared = &self.shared;
        shared.handed_on.lock().note(&*shared.disk, next);
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

impl Tally for Journal {
    fn counted(&self) -> Counted {
        let counts = self.shared.counts.lock();
        let (durable, durable_to) = (counts.messages, *self.shared.durable.borrow());
        drop(counts);
        // What is counted at the entrance is looked at last, so that it is never behind.
        let queue = self.shared.queue();
        Counted {
            taken: queue.messages,
            durable,
            unsynced: queue.head.0.saturating_sub(durable_to.0),
            durable_to,
        }
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
