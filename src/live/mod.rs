//! Live streams over WebSocket and SSE: one subscription, replay first, then live, no gap.
//!
//! # What is promised
//!
//! - Gap-free. A subscriber of mode `all` is a *position* in the one order of everything
//!   ([`feed`]): it reads from the shared ring of what was lately made durable ([`ring`]), else
//!   from the journal with a reader of its own, else from the database. The position only grows,
//!   and everything wanted at and beyond it is sent once. What nobody has any more is told in a
//!   `gap` frame.
//! - A slow client costs nothing. It never gets a larger buffer: one frame waits for it, another
//!   is being written. It falls out of the ring, back to journal and database, and catches up at
//!   its own pace. `latest` and `tree` are maps of what has changed since the last frame.
//! - Only what is durable is sent: no crash takes back a `seq` that a client has seen.
//!
//! # Who does what
//!
//! One task reads the journal into the ring, while anybody is subscribed. Each connection has a
//! task ([`session`]), the only one that writes to it, and each subscription a feeder that makes
//! its frames ([`all`], [`latest`], [`tree`]).

mod all;
mod error;
mod feed;
mod frame;
mod item;
mod latest;
mod outlet;
mod publisher;
mod rates;
mod request;
mod ring;
mod session;
mod socket;
mod sse;
mod start;
mod subscription;
#[cfg(test)]
mod tests;
mod tree;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::journal::Journal;
use crate::message::{Cursor, Epoch, Offset};
use crate::metrics::Metrics;
use crate::port::Publish;
use crate::store::Store;
use crate::supervisor::Supervisor;

pub use error::Refusal;
pub use rates::Rates;
pub use socket::{INBOUND_BYTES_MAX, WRITE_BUFFER_BYTES_MAX};
pub use subscription::Subscription;

/// The most subscriptions of one connection.
pub const SUBS_MAX: usize = 100;
/// The most frames a second of one conflated subscription.
pub const HZ_MAX: f64 = 10.0;
/// The most connections.
const CONNECTIONS_MAX: usize = 2000;

/// The live streams. Cheap to clone.
#[derive(Clone)]
pub struct Live {
    shared: Arc<Shared>,
}

/// What all connections share.
struct Shared {
    journal: Journal,
    store: Store,
    publisher: Arc<dyn Publish>,
    metrics: Arc<Metrics>,
    supervisor: Supervisor,
    ring: ring::Ring,
    rates: rates::Meter,
    connections: AtomicUsize,
}

impl Live {
    /// Live streams of `journal`, whose older part is in `store`; what clients publish goes to
    /// `publisher`. The tasks run under `supervisor`, which tells them when to say goodbye.
    pub fn new(
        journal: Journal,
        store: Store,
        publisher: Arc<dyn Publish>,
        metrics: Arc<Metrics>,
        supervisor: &Supervisor,
    ) -> Self {
        let shared = Arc::new(Shared {
            journal,
            store,
            publisher,
            metrics,
            supervisor: supervisor.clone(),
            ring: ring::Ring::default(),
            rates: rates::Meter::default(),
            connections: AtomicUsize::new(0),
        });
        supervisor.spawn("live ring", ring::fill(Arc::clone(&shared)));
        supervisor.spawn("live rates", rates::measure(Arc::clone(&shared)));
        Self { shared }
    }

    /// The journal's epoch, in which cursors compare.
    pub fn epoch(&self) -> Epoch {
        self.shared.journal.epoch()
    }

    /// How fast messages come and go.
    pub fn rates(&self) -> Rates {
        self.shared.rates.read()
    }

    /// A place for one more connection.
    pub fn admit(&self) -> Result<Admission, Refusal> {
        let admission = Admission::new(Arc::clone(&self.shared));
        if admission.before >= CONNECTIONS_MAX {
            return Err(Refusal::new("too_many", "too many live connections").retry());
        }
        if self.shared.supervisor.is_stopping() {
            return Err(Refusal::new("shutdown", "the server is stopping").retry());
        }
        Ok(admission)
    }
}

/// The right to hold one connection, given back when dropped.
pub struct Admission {
    shared: Arc<Shared>,
    before: usize,
}

impl Admission {
    fn new(shared: Arc<Shared>) -> Self {
        let before = shared.connections.fetch_add(1, Ordering::Relaxed);
        shared.metrics.live_connections.inc();
        Self { shared, before }
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        self.shared.connections.fetch_sub(1, Ordering::Relaxed);
        self.shared.metrics.live_connections.dec();
    }
}

impl Shared {
    /// Everything below is durable.
    fn head(&self) -> Offset {
        *self.journal.durable().borrow()
    }

    /// The cursor of a client that has seen everything below `position`.
    fn cursor_below(&self, position: Offset) -> Cursor {
        Cursor {
            epoch: self.journal.epoch(),
            next: position,
        }
    }
}
