//! The pump: journal → decode → store, rows and cursor in one transaction.
//!
//! Two threads with a short queue between them: one reads and decodes ([`decoder`]) while the other
//! writes ([`pump`]). What waits is taken together, so batches grow with the backlog: a lone
//! message is written at once, a backlog in batches of tens of thousands of rows. Memory is
//! bounded in bytes ([`backlog`]); the journal is the buffer.
//!
//! Nothing here is lost or stored twice: the cursor in the database says where to go on, and moves
//! with the rows. A database that is away is waited for, with pauses that grow; the journal is told
//! what it may let go ([`crate::journal::Journal::release`]) only after a commit.

mod again;
mod backlog;
mod backoff;
mod decoder;
mod error;
mod gauges;
mod keeping;
mod pump;
mod resumption;
mod ruling;
mod sparkplug;

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use self::again::Again;
use self::backlog::BacklogRoom;
pub use self::error::MirrorError;
use self::gauges::Gauges;
use self::keeping::Keeping;
use self::pump::Pump;
use self::resumption::{JournalExtent, Resumption};
use self::ruling::Ruling;
use self::sparkplug::Sparkplug;
pub use self::sparkplug::SparkplugOptions;
use crate::journal::Journal;
use crate::metrics::Metrics;
use crate::rules::RulesInForce;
use crate::store::{Missing, Store, StoreError};
use crate::supervisor::Supervisor;

/// Starts the mirror of a journal into a store, by rules, and the store's housekeeping. Told to
/// stop, they write what is durable in the journal by then, unless the database is away, and end.
pub fn start(
    (journal, store, rules): (&Journal, &Store, &RulesInForce),
    metrics: &Arc<Metrics>,
    supervisor: &Supervisor,
    sparkplug: SparkplugOptions,
) {
    let gauges = Arc::new(Gauges::default());
    let pump = Pump {
        journal: journal.clone(),
        store: store.clone(),
        metrics: Arc::clone(metrics),
        gauges: Arc::clone(&gauges),
        supervisor: supervisor.clone(),
        rules: rules.clone(),
    };
    let (begins, begin) = oneshot::channel();
    let (to, from) = mpsc::channel(pump::WAITING_MAX);
    let decoder = decoder::run(
        journal.clone(),
        begin,
        to,
        BacklogRoom::default(),
        (
            Sparkplug::new(sparkplug, Arc::clone(metrics)),
            Ruling::new(rules.clone(), Arc::clone(metrics)),
        ),
        supervisor.clone(),
    );
    supervisor.spawn_thread("mirror decoder", decoder);
    supervisor.spawn_thread("mirror", pump.run(begins, from));
    let again = Box::new(Again::new(rules.clone(), Arc::clone(metrics)));
    let keeps = Box::new(Keeping(rules.clone()));
    let house = store.clone();
    supervisor.spawn_thread("store", house.keep_house(supervisor.clone(), again, keeps));
    let watched = (journal.clone(), store.clone(), Arc::clone(metrics));
    let stage = supervisor.clone();
    supervisor.spawn("mirror gauges", async move {
        let (journal, store, metrics) = watched;
        gauges.show(&journal, &store, &metrics, &stage).await;
        Ok::<(), Infallible>(())
    });
}

/// Compares a journal with the database that it is to be mirrored into: what that will never get,
/// or an error where they do not belong together.
pub fn compare(journal: &Journal, store: &Store) -> Result<Option<Missing>, StoreError> {
    match Resumption::find(JournalExtent::of(journal), store.mirrored())? {
        Resumption::Missing(missing) => Ok(Some(missing)),
        Resumption::Known(_) | Resumption::New(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests;
