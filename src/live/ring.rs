//! What was lately made durable, read from the journal once for all subscribers.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use super::Shared;
use super::item::Batch;
use crate::journal::JournalError;
use crate::message::Offset;

/// The ring holds about so many bytes; who falls further behind reads the journal.
const BYTES_MAX: usize = 32 * 1024 * 1024;
/// So much is read at once.
const READ_BYTES: usize = 256 * 1024;

/// A bounded run of batches without a gap between them.
#[derive(Debug, Default)]
pub(super) struct Ring {
    batches: Mutex<Batches>,
    /// What the ring spans; `None` while nobody is subscribed.
    span: watch::Sender<Option<Span>>,
    subscribers: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Batches {
    queue: VecDeque<Arc<Batch>>,
    bytes: usize,
}

/// From `first` up to but without `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: Offset,
    pub(super) end: Offset,
}

/// Keeps the ring filled, for as long as it is there.
#[derive(Debug)]
pub(super) struct Interest(Arc<Shared>);

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Interest {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        shared.ring.subscribers.send_modify(|count| *count += 1);
        Self(shared)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.0.ring.subscribers.send_modify(|count| *count -= 1);
    }
}

impl Ring {
    /// The batch that has the record at `position` in it.
    pub(super) fn at(&self, position: Offset) -> Option<Arc<Batch>> {
        let batches = self.lock();
        let at = batches.queue.partition_point(|batch| batch.end <= position);
        let batch = batches.queue.get(at)?;
        (batch.first <= position).then(|| Arc::clone(batch))
    }

    /// All batches, oldest first.
    pub(super) fn snapshot(&self) -> Vec<Arc<Batch>> {
        self.lock().queue.iter().map(Arc::clone).collect()
    }

    /// What the ring spans.
    pub(super) fn span(&self) -> watch::Receiver<Option<Span>> {
        self.span.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Batches> {
        self.batches.lock()
    }

    fn begin(&self, first: Offset) {
        *self.lock() = Batches::default();
        self.span.send_replace(Some(Span { first, end: first }));
    }

    fn push(&self, batch: Batch) {
        let mut batches = self.lock();
        let end = batch.end;
        batches.bytes += batch.bytes;
        batches.queue.push_back(Arc::new(batch));
        while batches.bytes > BYTES_MAX && batches.queue.len() > 1 {
            if let Some(oldest) = batches.queue.pop_front() {
                batches.bytes -= oldest.bytes;
            }
        }
        let first = batches.queue.front().map_or(end, |oldest| oldest.first);
        drop(batches);
        self.span.send_replace(Some(Span { first, end }));
    }

    fn sleep(&self) {
        self.span.send_replace(None);
        *self.lock() = Batches::default();
    }
}

/// Reads the journal's durable end into the ring, while anybody is subscribed.
pub(super) async fn fill(shared: Arc<Shared>) -> Result<(), JournalError> {
    let mut subscribers = shared.ring.subscribers.subscribe();
    loop {
        tokio::select! {
            () = shared.supervisor.stopping() => return Ok(()),
            _ = subscribers.wait_for(|count| *count > 0) => {}
        }
        match follow(&shared).await {
            // Left so far behind that the journal has removed what comes next: begin anew, the
            // subscribers find the rest in the database.
            Ok(()) | Err(JournalError::Gone { .. }) => shared.ring.sleep(),
            Err(error) => return Err(error),
        }
        if shared.supervisor.is_stopping() {
            return Ok(());
        }
    }
}

/// Returns once there is no subscriber left.
async fn follow(shared: &Shared) -> Result<(), JournalError> {
    let mut subscribers = shared.ring.subscribers.subscribe();
    let mut reader = shared.journal.reader(shared.head())?;
    let mut position = reader.position();
    shared.ring.begin(position);
    loop {
        let records = tokio::select! {
            () = shared.supervisor.stopping() => return Ok(()),
            _ = subscribers.wait_for(|count| *count == 0) => return Ok(()),
            records = reader.next(READ_BYTES) => records?,
        };
        let end = reader.position();
        shared.ring.push(Batch::new(position, end, records));
        position = end;
        tokio::task::yield_now().await;
    }
}
