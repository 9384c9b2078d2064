//! Writing, and waiting for a database that is away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::error::MirrorError;
use super::gauges::Gauges;
use super::resumption::{JournalExtent, Resumption};
use crate::journal::Journal;
use crate::message::Offset;
use crate::metrics::Metrics;
use crate::store::{Missing, RowBatch, Store, StoreError};
use crate::supervisor::Supervisor;

/// How many decoded reads may wait for the writer.
pub(super) const WAITING_MAX: usize = 32;

/// How large a batch grows.
const BATCH_ROWS: usize = 50_000;
const BATCH_BYTES: usize = 16 * 1024 * 1024;

/// How far apart commits are at least, unless there is a backlog. A lone message does not wait;
/// under a steady stream each commit brings what came meanwhile.
const COMMIT_INTERVAL: Duration = Duration::from_millis(20);

/// From how many rows on a batch does not wait for its turn.
const ROWS_AT_ONCE: usize = 5_000;

/// The task that writes.
pub(super) struct Pump {
    pub(super) journal: Journal,
    pub(super) store: Store,
    pub(super) metrics: Arc<Metrics>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) supervisor: Supervisor,
}

impl Pump {
    /// Runs until told to stop and done, or until the journal and the database do not fit. Tells
    /// the decoder where it `begins`, and writes what comes `from` it.
    pub(super) async fn run(
        self,
        begins: oneshot::Sender<Offset>,
        from: mpsc::Receiver<RowBatch>,
    ) -> Result<(), MirrorError> {
        let Some(next) = self.attach().await? else {
            return Ok(());
        };
        self.journal.release(next);
        // A decoder that is gone has told the supervisor why.
        let _told = begins.send(next);
        self.write_all(from).await?;
        self.store.settle().await;
        Ok(())
    }

    /// Prepares the database and finds where to go on; `None` where we are to stop before that.
    async fn attach(&self) -> Result<Option<Offset>, MirrorError> {
        let mut trouble = Trouble::default();
        loop {
            let error = match self.try_attach().await {
                Ok(next) => {
                    trouble.over(&self.metrics);
                    return Ok(Some(next));
                }
                Err(error) => error,
            };
            if !error.is_away() {
                return Err(error.into());
            }
            if !self.wait(&mut trouble, &error).await {
                return Ok(None);
            }
        }
    }

    async fn try_attach(&self) -> Result<Offset, StoreError> {
        self.store.prepare().await?;
        let journal = JournalExtent::of(&self.journal);
        let next = match Resumption::find(journal, self.store.mirrored())? {
            Resumption::Known(next) => return Ok(next),
            Resumption::New(next) => next,
            Resumption::Missing(missing) => {
                tell_missing(missing);
                self.store.note_missing(missing).await?;
                missing.to
            }
        };
        self.store.adopt(journal.epoch, next).await?;
        Ok(next)
    }

    async fn write_all(&self, mut from: mpsc::Receiver<RowBatch>) -> Result<(), StoreError> {
        let mut turn = Instant::now();
        while let Some(mut batch) = from.recv().await {
            fill(&mut batch, &mut from);
            if batch.rows.len() < ROWS_AT_ONCE && turn > Instant::now() {
                tokio::time::sleep_until(turn).await;
                fill(&mut batch, &mut from);
            }
            turn = Instant::now() + COMMIT_INTERVAL;
            if !self.write(batch).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Writes a batch, however long that takes; `false` where we are to stop and it could not be.
    async fn write(&self, mut batch: RowBatch) -> Result<bool, StoreError> {
        let mut trouble = Trouble::default();
        let oldest = batch.rows.first().map(|row| row.message.received_at);
        self.gauges.writing(oldest);
        loop {
            let error = match self.store.write(&batch).await {
                Ok(()) => break,
                Err(error @ StoreError::Stale { .. }) => return Err(error),
                Err(error) => error,
            };
            let cursor = *self.store.cursor().borrow();
            self.journal.release(cursor);
            batch = batch.after(cursor);
            if !self.wait(&mut trouble, &error).await {
                return Ok(false);
            }
        }
        trouble.over(&self.metrics);
        self.journal.release(batch.next);
        self.gauges.writing(None);
        Ok(true)
    }

    /// Waits before the next try; `false` where we are to stop instead.
    async fn wait(&self, trouble: &mut Trouble, error: &StoreError) -> bool {
        trouble.begin(&self.metrics, error);
        tokio::select! {
            () = self.supervisor.stopping() => false,
            () = tokio::time::sleep(trouble.backoff.pause()) => true,
        }
    }
}

/// Tells what a person has to know, and to decide.
fn tell_missing(missing: Missing) {
    let Missing {
        from, to, messages, ..
    } = missing;
    tracing::error!(
        %from, %to, messages,
        "the database is empty, or an older copy, and the journal no longer has what comes next: \
         the records from `from` up to before `to` are missing from it; stop the server and bring \
         back a newer copy, or go on without them (the table unspool.missing has the list)"
    );
}

/// Adds what waits, up to the size of a batch.
fn fill(batch: &mut RowBatch, from: &mut mpsc::Receiver<RowBatch>) {
    let mut bytes: usize = batch.rows.iter().map(|row| row.message.payload.len()).sum();
    while batch.rows.len() < BATCH_ROWS && bytes < BATCH_BYTES {
        let Ok(more) = from.try_recv() else {
            return;
        };
        bytes += more
            .rows
            .iter()
            .map(|row| row.message.payload.len())
            .sum::<usize>();
        batch.next = more.next;
        batch.rows.extend(more.rows);
    }
}

/// A database that does not take what it is given: said once when it begins, once when it is over.
#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    backoff: Backoff,
}

impl Trouble {
    fn begin(&mut self, metrics: &Metrics, error: &StoreError) {
        metrics.mirror_up.set(0);
        if self.since.is_some() {
            return;
        }
        self.since = Some(Instant::now());
        if error.is_away() {
            tracing::warn!(%error, "the database is away; messages wait in the journal");
        } else {
            tracing::error!(%error, "the database does not take messages; they wait in the journal");
        }
    }

    fn over(&self, metrics: &Metrics) {
        metrics.mirror_up.set(1);
        if let Some(since) = self.since {
            tracing::info!(after = ?since.elapsed(), "the database is back");
        }
    }
}
