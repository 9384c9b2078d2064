//! What was lately made durable, read from the journal once for all subscribers.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::watch;

use super::item::Stretch;
use crate::message::Offset;

/// The ring holds about so many bytes; who falls further behind reads the journal.
const BYTES_MAX: usize = 32 * 1024 * 1024;

/// A bounded run of stretches without a gap between them.
#[derive(Debug, Default)]
pub(super) struct Ring {
    stretches: Mutex<Stretches>,
    /// What the ring spans; `None` while nobody is subscribed.
    span: watch::Sender<Option<Span>>,
    subscribers: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Stretches {
    queue: VecDeque<Arc<Stretch>>,
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
pub(super) struct Interest(Arc<Ring>);

impl Interest {
    pub(super) fn new(ring: Arc<Ring>) -> Self {
        ring.subscribers.send_modify(|count| *count += 1);
        Self(ring)
    }
}

impl Drop for Interest {
    fn drop(&mut self) {
        self.0.subscribers.send_modify(|count| *count -= 1);
    }
}

impl Ring {
    /// The stretch that has the record at `position` in it.
    pub(super) fn at(&self, position: Offset) -> Option<Arc<Stretch>> {
        let stretches = self.lock();
        let at = stretches
            .queue
            .partition_point(|stretch| stretch.end <= position);
        let stretch = stretches.queue.get(at)?;
        (stretch.first <= position).then(|| Arc::clone(stretch))
    }

    /// All stretches, oldest first.
    pub(super) fn snapshot(&self) -> Vec<Arc<Stretch>> {
        self.lock().queue.iter().map(Arc::clone).collect()
    }

    /// Waits until the ring has the record at `position` no more.
    pub(super) async fn forgets(&self, position: Offset) {
        let is_gone = |span: &Option<Span>| span.is_none_or(|span| position < span.first);
        // The sender lives as long as the ring.
        let _ = self.span().wait_for(is_gone).await;
    }

    /// What the ring spans.
    pub(super) fn span(&self) -> watch::Receiver<Option<Span>> {
        self.span.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Stretches> {
        self.stretches.lock()
    }

    /// How many are subscribed.
    pub(super) fn subscribers(&self) -> watch::Receiver<usize> {
        self.subscribers.subscribe()
    }

    /// Begins anew, empty, at `first`.
    pub(super) fn begin(&self, first: Offset) {
        *self.lock() = Stretches::default();
        self.span.send_replace(Some(Span { first, end: first }));
    }

    /// Appends what comes next, and forgets the oldest beyond the bound.
    pub(super) fn push(&self, stretch: Stretch) {
        let mut stretches = self.lock();
        let end = stretch.end;
        stretches.bytes += stretch.bytes;
        stretches.queue.push_back(Arc::new(stretch));
        while stretches.bytes > BYTES_MAX && stretches.queue.len() > 1 {
            if let Some(oldest) = stretches.queue.pop_front() {
                stretches.bytes -= oldest.bytes;
            }
        }
        let first = stretches.queue.front().map_or(end, |oldest| oldest.first);
        drop(stretches);
        self.span.send_replace(Some(Span { first, end }));
    }

    /// Forgets everything, until somebody is subscribed again.
    pub(super) fn sleep(&self) {
        self.span.send_replace(None);
        *self.lock() = Stretches::default();
    }
}
