//! The pump: journal → decode → store, rows and cursor in one transaction.
//!
//! Two threads with a short queue between them: one reads and decodes ([`intake`]) while the other
//! writes ([`pump`]). What waits is taken together, so batches grow with the backlog: a lone
//! message is written at once, a backlog in batches of tens of thousands of rows. Memory is
//! bounded by the queue and the size of a batch; the journal is the buffer.
//!
//! Nothing here is lost or stored twice: the cursor in the database says where to go on, and moves
//! with the rows. A database that is away is waited for, with pauses that grow; the journal is told
//! what it may let go ([`crate::journal::Journal::release`]) only after a commit.

mod backoff;
mod gauges;
mod intake;
mod place;
mod pump;

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use self::gauges::Gauges;
use self::pump::Pump;
use crate::journal::{Journal, JournalError};
use crate::metrics::Metrics;
use crate::store::{Store, StoreError};
use crate::supervisor::Supervisor;

/// Why the mirror had to give up. What it was about is safe in the journal.
#[derive(Debug, thiserror::Error)]
pub enum MirrorError {
    /// The database is not one that this journal can be mirrored into.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal can't be read.
    #[error("read the journal: {0}")]
    Journal(#[from] JournalError),
}

/// Starts the mirror and the store's housekeeping. Told to stop, they write what is durable in the
/// journal by then, unless the database is away, and end.
pub fn start(journal: &Journal, store: &Store, metrics: &Arc<Metrics>, supervisor: &Supervisor) {
    let gauges = Arc::new(Gauges::default());
    let pump = Pump {
        journal: journal.clone(),
        store: store.clone(),
        metrics: Arc::clone(metrics),
        gauges: Arc::clone(&gauges),
        supervisor: supervisor.clone(),
    };
    let (begins, begin) = oneshot::channel();
    let (to, from) = mpsc::channel(pump::WAITING_MAX);
    let intake = intake::run(journal.clone(), begin, to, supervisor.clone());
    supervisor.spawn_thread("mirror intake", intake);
    supervisor.spawn_thread("mirror", pump.run(begins, from));
    supervisor.spawn_thread("store", store.clone().tend(supervisor.clone()));
    let watched = (journal.clone(), store.clone(), Arc::clone(metrics));
    let stage = supervisor.clone();
    supervisor.spawn("mirror gauges", async move {
        let (journal, store, metrics) = watched;
        gauges.show(&journal, &store, &metrics, &stage).await;
        Ok::<(), Infallible>(())
    });
}

#[cfg(test)]
mod tests;
