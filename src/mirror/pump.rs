//! Writing, and waiting for a database that is away.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::backlog::AdmittedBatch;
use super::backoff::Backoff;
use super::error::MirrorError;
use super::gauges::Gauges;
use super::resumption::{Beginning, JournalExtent, Resumption};
use crate::journal::Journal;
use crate::message::Offset;
use crate::metrics::Metrics;
use crate::rules::{KnownRule, Rule, RulesInForce};
use crate::store::{Duty, Missing, Store, StoreError, StoredRule};
use crate::supervisor::Supervisor;

/// How many decoded reads may wait for the writer.
pub(super) const WAITING_MAX: usize = 32;

/// How large a batch grows.
const BATCH_ROWS: usize = 50_000;
const BATCH_BYTES: usize = 32 * 1024 * 1024;

/// How far apart commits are at least, unless there is a backlog. A lone message does not wait;
/// under a steady stream each commit brings what came meanwhile.
const COMMIT_INTERVAL: Duration = Duration::from_millis(20);

/// From how many rows on a batch does not wait for its turn.
const ROWS_AT_ONCE: usize = 5_000;

/// How long a database that answers questions may take no messages until a person should look.
const PATIENCE: Duration = Duration::from_secs(60);

/// The task that writes.
pub(super) struct Pump {
    pub(super) journal: Journal,
    pub(super) store: Store,
    pub(super) metrics: Arc<Metrics>,
    pub(super) gauges: Arc<Gauges>,
    pub(super) supervisor: Supervisor,
    pub(super) rules: RulesInForce,
}

impl Pump {
    /// Runs until told to stop and done, or until the journal and the database do not fit. Tells
    /// the decoder where it `begins`, and writes what comes `from` it.
    pub(super) async fn run(
        self,
        begins: oneshot::Sender<Beginning>,
        from: mpsc::Receiver<AdmittedBatch>,
    ) -> Result<(), MirrorError> {
        let Some(beginning) = self.attach().await? else {
            return Ok(());
        };
        self.journal.release(beginning.next);
        // A decoder that is gone has told the supervisor why.
        let _told = begins.send(beginning);
        self.write_all(from).await?;
        self.store.settle().await;
        Ok(())
    }

    /// Prepares the database and finds where to go on; `None` where we are to stop before that.
    async fn attach(&self) -> Result<Option<Beginning>, MirrorError> {
        let mut trouble = Trouble::default();
        loop {
            let error = match self.try_attach().await {
                Ok(beginning) => {
                    self.over(&trouble);
                    return Ok(Some(beginning));
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

    async fn try_attach(&self) -> Result<Beginning, StoreError> {
        let next = self.resume().await?;
        let births = self.store.births().await?;
        let stored = self.store.rules().await?;
        self.rules.set_stored(stored.into_iter().filter_map(known));
        Ok(Beginning { next, births })
    }

    async fn resume(&self) -> Result<Offset, StoreError> {
        self.store.prepare().await?;
        let journal = JournalExtent::of(&self.journal);
        let next = match Resumption::find(journal, self.store.mirrored())? {
            Resumption::Known(next) => return Ok(next),
            Resumption::New(next) => next,
            Resumption::Missing(mut missing) => {
                if let Some(earlier) = &mut missing.earlier {
                    earlier.received_at = self.store.last_received_at().await?;
                }
                tell_missing(missing);
                self.store.note_missing(missing).await?;
                missing.to
            }
        };
        self.store.adopt(journal.epoch, next).await?;
        Ok(next)
    }

    async fn write_all(&self, mut from: mpsc::Receiver<AdmittedBatch>) -> Result<(), StoreError> {
        let mut turn = Instant::now();
        while let Some(mut decoded) = from.recv().await {
            fill(&mut decoded, &mut from);
            if decoded.batch.rows.len() < ROWS_AT_ONCE && turn > Instant::now() {
                tokio::time::sleep_until(turn).await;
                fill(&mut decoded, &mut from);
            }
            turn = Instant::now() + COMMIT_INTERVAL;
            if !self.write(decoded).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Writes a batch, however long that takes; `false` where we are to stop and it could not be.
    async fn write(&self, decoded: AdmittedBatch) -> Result<bool, StoreError> {
        // Its room is given back at the end.
        let AdmittedBatch {
            mut batch,
            room: _room,
            ..
        } = decoded;
        let mut trouble = Trouble::default();
        let oldest = batch.rows.first().map(|row| row.message.received_at);
        self.gauges.writing(oldest);
        self.journal.hand_on(batch.next);
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
        self.over(&trouble);
        self.journal.release(batch.next);
        self.gauges.writing(None);
        Ok(true)
    }

    /// Waits before the next try; `false` where we are to stop instead.
    async fn wait(&self, trouble: &mut Trouble, error: &StoreError) -> bool {
        self.metrics.mirror_up.set(0);
        trouble.begin(error);
        if trouble.needs_a_person(error, &self.store).await {
            let why = format!("messages don't get into the database: {error}");
            self.store.report(Duty::Write, Some(why));
        }
        tokio::select! {
            () = self.supervisor.stopping() => false,
            () = tokio::time::sleep(trouble.backoff.pause()) => true,
        }
    }

    fn over(&self, trouble: &Trouble) {
        self.metrics.mirror_up.set(1);
        self.store.report(Duty::Write, None);
        trouble.over();
    }
}

/// A rule as it is in the table; one of a form that is not known here is passed over.
fn known(stored: StoredRule) -> Option<KnownRule> {
    let (at, by) = (stored.changed_at, stored.changed_by);
    match Rule::from_json(stored.rule) {
        Ok(rule) => Some(KnownRule {
            rule,
            made: Some((at, by)),
        }),
        Err(error) => {
            tracing::error!(
                %error,
                changed_at = %at,
                "a rule in the table unspool.rule can't be read here, and does not count"
            );
            None
        }
    }
}

/// Tells what a person has to know, and to decide.
fn tell_missing(missing: Missing) {
    let Missing {
        from, to, messages, ..
    } = missing;
    if let Some(earlier) = missing.earlier {
        let last_received_at = earlier.received_at.map(tracing::field::display);
        tracing::warn!(
            journal = %missing.epoch, earlier = %earlier.epoch, %from, %to, last_received_at,
            "the database was written from another journal, up to before `from`: what that one had \
             further is not known here; if that was not intended, stop the server and bring back \
             that journal, or a newer copy of the database, and else nothing is to be done (the \
             table unspool.missing has it on record)"
        );
        if from == to {
            return;
        }
    }
    tracing::error!(
        %from, %to, messages,
        "the database is empty, or an older copy, and the journal no longer has what comes next: \
         the records from `from` up to before `to` are missing from it; stop the server and bring \
         back a newer copy, or go on without them (the table unspool.missing has the list)"
    );
}

/// Adds what waits, up to the size of a batch.
fn fill(decoded: &mut AdmittedBatch, from: &mut mpsc::Receiver<AdmittedBatch>) {
    while decoded.batch.rows.len() < BATCH_ROWS && decoded.bytes < BATCH_BYTES {
        let Ok(more) = from.try_recv() else {
            return;
        };
        decoded.extend(more);
    }
}

/// A database that does not take what it is given: said once when it begins, once when it is over.
#[derive(Default)]
struct Trouble {
    since: Option<Instant>,
    backoff: Backoff,
}

impl Trouble {
    fn begin(&mut self, error: &StoreError) {
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

    /// Whether waiting will not help: the database said so, or nothing has moved for a while though
    /// it answers questions.
    async fn needs_a_person(&self, error: &StoreError, store: &Store) -> bool {
        let is_long = self.since.is_some_and(|since| since.elapsed() > PATIENCE);
        !error.is_away() || is_long && store.health().await.is_ok()
    }

    fn over(&self) {
        if let Some(since) = self.since {
            tracing::info!(after = ?since.elapsed(), "the database is back");
        }
    }
}
