//! How far behind the database is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::journal::Journal;
use crate::message::Timestamp;
use crate::metrics::Metrics;
use crate::store::Store;
use crate::supervisor::Supervisor;

/// How often it is looked.
const TICK: Duration = Duration::from_millis(250);

/// When the oldest message was received that is being written; 0 where none is.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    oldest: AtomicI64,
}

impl Gauges {
    /// A batch is being written, or (with `None`) has been.
    pub(super) fn writing(&self, oldest: Option<Timestamp>) {
        let oldest = oldest.map_or(0, |time| time.0);
        self.oldest.store(oldest, Ordering::Relaxed);
    }

    /// Keeps the metrics current until told to stop.
    pub(super) async fn show(
        &self,
        journal: &Journal,
        store: &Store,
        metrics: &Metrics,
        stop: &Supervisor,
    ) {
        let durable = journal.durable();
        let cursor = store.cursor();
        loop {
            let cursor = (*cursor.borrow()).max(journal.oldest());
            let behind = durable.borrow().0.saturating_sub(cursor.0);
            metrics.mirror_backlog.set(behind.cast_signed());
            let oldest = self.oldest.load(Ordering::Relaxed);
            let lag = match (behind, oldest) {
                (0, _) | (_, 0) => 0,
                (_, oldest) => (Timestamp::now().0 - oldest).max(0) / 1000,
            };
            metrics.mirror_lag_ms.set(lag);
            tokio::select! {
                () = stop.stopping() => return,
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }
}
