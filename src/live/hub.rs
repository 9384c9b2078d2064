//! What all connections share.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use super::memory::LiveMemory;
use super::rates::Meter;
use super::ring::Ring;
use crate::auth::Auth;
use crate::journal::Journal;
use crate::message::{Cursor, Offset};
use crate::metrics::Metrics;
use crate::port::Publish;
use crate::readers::ReaderThreads;
use crate::store::Store;
use crate::supervisor::Supervisor;
use crate::view::Showing;

pub(super) struct Hub {
    pub(super) auth: Auth,
    pub(super) journal: Journal,
    pub(super) store: Store,
    pub(super) showing: Showing,
    pub(super) publisher: Arc<dyn Publish>,
    pub(super) readers: ReaderThreads,
    pub(super) metrics: Arc<Metrics>,
    pub(super) supervisor: Supervisor,
    pub(super) ring: Arc<Ring>,
    pub(super) rates: Arc<Meter>,
    pub(super) connections: AtomicUsize,
    pub(super) memory: Arc<LiveMemory>,
}

impl Hub {
    /// Everything below is durable.
    pub(super) fn head(&self) -> Offset {
        *self.journal.durable().borrow()
    }

    /// The cursor of a client that has seen everything below `next`.
    pub(super) fn cursor(&self, next: Offset) -> Cursor {
        Cursor {
            epoch: self.journal.epoch(),
            next,
        }
    }

    /// The cursor of a client that has seen everything up to and with `seen`.
    pub(super) fn cursor_after(&self, seen: Offset) -> Cursor {
        Cursor::after(self.journal.epoch(), seen)
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}
