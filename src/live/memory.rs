//! What live streams hold for clients that have not taken it yet: frames, messages that were read
//! for a frame to come, topics that a client was told of.
//!
//! All connections share one budget, of which one may have a half. A frame waits for memory as long
//! as a client may take to read one: those who do not read are gone by then. What else finds no
//! room ends its subscription, and the client is told to come back. What is in the ring counts for
//! nobody: all subscribers share it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;
use tokio::time::timeout;

use super::error::{Refusal, RefusalCode};
use super::limits::{CONNECTION_SHARE, FRAME_BYTES, WRITE_DEADLINE};
use crate::metrics::Metrics;

/// What all connections may hold.
#[derive(Debug)]
pub(super) struct LiveMemory {
    bytes_max: usize,
    used: AtomicUsize,
    freed: Notify,
    metrics: Arc<Metrics>,
}

/// What one connection may hold of it.
#[derive(Debug, Clone)]
pub(super) struct ConnectionMemory {
    all: Arc<LiveMemory>,
    used: Arc<AtomicUsize>,
}

/// What is held as long as this exists.
#[derive(Debug)]
pub(super) struct HeldBytes {
    of: ConnectionMemory,
    bytes: usize,
}

impl LiveMemory {
    pub(super) fn new(bytes_max: usize, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            bytes_max,
            used: AtomicUsize::new(0),
            freed: Notify::new(),
            metrics,
        })
    }

    /// For one more connection.
    pub(super) fn connection(self: &Arc<Self>) -> ConnectionMemory {
        ConnectionMemory {
            all: Arc::clone(self),
            used: Arc::default(),
        }
    }

    fn refusal(&self) -> Refusal {
        self.metrics.live_memory_refused.inc();
        let why = "live streams hold as much as they may: read faster, or ask for less";
        Refusal::new(RefusalCode::TooMany, why).retry()
    }
}

impl ConnectionMemory {
    /// Holds nothing yet.
    pub(super) fn held(&self) -> HeldBytes {
        HeldBytes {
            of: self.clone(),
            bytes: 0,
        }
    }

    /// Waits until there is room for a frame.
    pub(super) async fn frame(&self) -> Result<HeldBytes, Refusal> {
        let mut held = self.held();
        let room = async {
            loop {
                let freed = self.all.freed.notified();
                if held.try_resize(FRAME_BYTES) {
                    return;
                }
                freed.await;
            }
        };
        match timeout(WRITE_DEADLINE, room).await {
            Ok(()) => Ok(held),
            Err(_) => Err(self.all.refusal()),
        }
    }

    fn has_room(&self, more: usize) -> bool {
        let fits = |used: &AtomicUsize, max: usize| {
            let used = used.load(Ordering::Relaxed);
            used.checked_add(more).is_some_and(|used| used <= max)
        };
        let max = self.all.bytes_max;
        fits(&self.all.used, max) && fits(&self.used, max / CONNECTION_SHARE)
    }
}

impl HeldBytes {
    pub(super) fn is_none(&self) -> bool {
        self.bytes == 0
    }

    /// Holds so much instead.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        if self.try_resize(bytes) {
            return Ok(());
        }
        Err(self.of.all.refusal())
    }

    /// Two who ask at once may both get the last of it: the bound is not for the last byte.
    fn try_resize(&mut self, bytes: usize) -> bool {
        if bytes > self.bytes && !self.of.has_room(bytes - self.bytes) {
            return false;
        }
        self.resize(bytes);
        true
    }

    /// Holds so much instead, whether there is room or not.
    pub(super) fn resize(&mut self, bytes: usize) {
        for counter in [&self.of.all.used, &*self.of.used] {
            if bytes > self.bytes {
                counter.fetch_add(bytes - self.bytes, Ordering::Relaxed);
            } else {
                counter.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
            }
        }
        if bytes < self.bytes {
            self.of.all.freed.notify_waiters();
        }
        self.bytes = bytes;
        let used = self.of.all.used.load(Ordering::Relaxed);
        let used = i64::try_from(used).unwrap_or(i64::MAX);
        self.of.all.metrics.live_memory_bytes.set(used);
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_connection_has_a_half_and_all_together_have_their_bound() {
        let metrics = Arc::<Metrics>::default();
        let memory = LiveMemory::new(4 * FRAME_BYTES, Arc::clone(&metrics));
        let (one, two) = (memory.connection(), memory.connection());
        let mut held = one.held();
        assert!(held.hold(2 * FRAME_BYTES + 1).is_err(), "one connection");
        held.hold(2 * FRAME_BYTES).unwrap();
        assert!(one.frame().now_or_never().is_none(), "it waits");
        let first = two.frame().await.unwrap();
        let second = two.frame().await.unwrap();
        assert!(memory.connection().held().hold(1).is_err(), "all together");
        assert_eq!(metrics.live_memory_refused.get(), 2);
        let (freed, held) = tokio::join!(two.frame(), async {
            tokio::task::yield_now().await;
            drop(first);
            held
        });
        assert!(freed.is_ok(), "what is given back is for who waits");
        drop((freed, second, held));
        assert_eq!(metrics.live_memory_bytes.get(), 0);
    }
}
