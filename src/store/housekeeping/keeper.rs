//! The one task that does it all, piece by piece.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::merge::{Merge, SETTLED_AFTER};
use super::partition::Partitions;
use super::seal::{SAMPLES_BYTES_MAX, SealBounds, seal};
use super::slot::{empty, make};
use super::tables::altered;
use super::watch::{Watch, process_of};
use crate::message::Offset;
use crate::store::catalog::FlushPace;
use crate::store::connect::{connect, holders, within};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::redecoding::{DecodeAgain, Redecoder};
use crate::store::removal::Remover;
use crate::store::retention::{Expirer, KeepRules};
use crate::store::state::{Duty, StoreState};
use crate::supervisor::Supervisor;

/// How often it is looked for something to do.
const TICK: Duration = Duration::from_millis(250);

/// How long counts and last values may be behind: in time, and in records, which are counted again
/// when the server starts.
const FLUSH_INTERVAL: Duration = Duration::from_secs(10);
const FLUSH_RECORDS: u64 = 200_000;

/// After how many records the index on the hot end is brought up to date.
const SUMMARIZE_RECORDS: u64 = 4_000;

/// While the mirror is further behind than this, sealing leaves it the machine, as long as fewer
/// slots than these are full: each makes readers look through more.
const BACKLOG_MAX: i64 = 50_000;
const CLOSED_MAX: usize = 3;

/// The longest pause between two tries to empty slots.
const EMPTY_PAUSE_MAX: Duration = Duration::from_secs(10);

/// With so many sealed slots that can't be emptied a person should know why.
const SEALED_MAX: usize = 8;

/// How long it is not looked for the next hour to merge.
const MERGE_PAUSE: Duration = Duration::from_secs(1);

/// How long one of the quick pieces of work may take.
const STEP_TIMEOUT: Duration = Duration::from_secs(60);

/// How long the last flush may take when the server stops.
const LAST_FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

/// How often in a row something may fail until a person is told.
const FAILURES_MAX: u32 = 3;

/// How often it is looked whether the tables are there.
const TABLES_INTERVAL: Duration = Duration::from_secs(60);

struct Housekeeping<'a> {
    store: &'a Store,
    state: &'a StoreState,
    remover: Remover,
    redecoder: Redecoder,
    expirer: Expirer,
    /// The hour whose blocks are being merged, and when the next one is looked for.
    merge: Option<Merge>,
    merge_next: Option<Instant>,
    connection: Option<PgConnection>,
    partitions: Partitions,
    flushed: Offset,
    flushed_at: Instant,
    summarized: Offset,
    told_of_readers: bool,
    /// When it is tried again to empty slots, and how long after the time before.
    empty_next: Option<Instant>,
    empty_pause: Duration,
    /// When it was looked whether the tables are there.
    looked_at: Option<Instant>,
    samples_bytes_max: usize,
}

impl Store {
    /// Keeps house until told to stop; what is to be decoded again is read by `decoder`, and what is
    /// kept for how long is said by `keeps`. What goes wrong is tried again.
    pub async fn keep_house(
        self,
        supervisor: Supervisor,
        decoder: Box<dyn DecodeAgain>,
        keeps: Box<dyn KeepRules>,
    ) -> Result<(), Infallible> {
        self.state().retention.set_rules(keeps);
        let mut house = Housekeeping {
            redecoder: Redecoder::new(decoder),
            ..Housekeeping::new(&self)
        };
        let mut failures = 0;
        loop {
            tokio::select! {
                () = supervisor.stopping() => break,
                () = tokio::time::sleep(TICK) => {}
            }
            if !self.is_ready() {
                continue;
            }
            match house.look().await {
                Ok(()) => {
                    failures = 0;
                    self.report(Duty::Keep, None);
                }
                Err(error) if error.is_away() => {}
                Err(error) => {
                    failures += 1;
                    if failures == FAILURES_MAX {
                        tracing::warn!(%error, "the store's housekeeping has to wait");
                        let why = format!("housekeeping can't go on: {error}");
                        self.report(Duty::Keep, Some(why));
                    }
                }
            }
        }
        Ok(())
    }

    /// Writes counts and last values a last time, and closes the writer's connection. Without it
    /// the next start has more to count, and nothing else.
    pub async fn settle(&self) {
        let work = async {
            let mut writer = self.writer().await;
            let mut connection = writer.take_connection(self.state()).await?;
            let flushed = self
                .state()
                .catalog
                .flush(&mut connection, FlushPace::Quick);
            let flushed = flushed.await;
            let _gone = connection.close().await;
            flushed
        };
        if let Ok(Err(error)) = tokio::time::timeout(LAST_FLUSH_TIMEOUT, work).await {
            tracing::debug!(%error, "the topics' counts were not written");
        }
    }

    /// Does all removals that were asked for.
    #[cfg(test)]
    pub(crate) async fn remove_all(&self) -> Result<(), StoreError> {
        let mut house = Housekeeping::new(self);
        while !self.state().removals.is_done() {
            house.remove_topics().await?;
        }
        Ok(())
    }

    /// Does so many pieces of them, as a server that is killed then.
    #[cfg(test)]
    pub(in crate::store) async fn remove_some(&self, pieces: usize) -> Result<(), StoreError> {
        let mut remover = Remover::default();
        let mut connection = connect(&self.state().options).await?;
        for _ in 0..pieces {
            remover.work(self, &mut connection).await?;
        }
        Ok(())
    }

    /// Decodes again all that was asked for.
    #[cfg(test)]
    pub(in crate::store) async fn decode_all_again(
        &self,
        decoder: Box<dyn DecodeAgain>,
    ) -> Result<(), StoreError> {
        self.decode_some_again(decoder, usize::MAX).await
    }

    /// Does so many pieces of that, as a server that is killed then.
    #[cfg(test)]
    pub(in crate::store) async fn decode_some_again(
        &self,
        decoder: Box<dyn DecodeAgain>,
        pieces: usize,
    ) -> Result<(), StoreError> {
        let mut house = Housekeeping::new(self);
        let mut redecoder = Redecoder::new(decoder).by(37);
        let mut connection = connect(&self.state().options).await?;
        for _ in 0..pieces {
            if self.state().redecodings.are_over() {
                break;
            }
            redecoder.work(self, &mut connection).await?;
            if let Some((slot, _)) = self.state().slots.closed() {
                house.flush().await?;
                house.seal_slot(slot).await?;
                house.empty_slots().await?;
            }
        }
        Ok(())
    }

    /// Makes the classes that rules want, and lets go of everything that is due.
    #[cfg(test)]
    pub(crate) async fn expire_all(&self) -> Result<(), StoreError> {
        let mut connection = connect(&self.state().options).await?;
        let mut expirer = Expirer::default();
        while expirer.work(self, &mut connection).await? {}
        Ok(())
    }

    /// Merges the blocks of all hours that are over, which is otherwise done by and by.
    pub async fn merge_all(&self) -> Result<(), StoreError> {
        let mut house = Housekeeping::new(self);
        while house.merge(Duration::ZERO).await? {
            house.merge_next = None;
        }
        Ok(())
    }

    /// Says that messages below a `seq`, received before a time, are gone.
    #[cfg(test)]
    pub(crate) fn say_gone_below(&self, seq: Offset, time: crate::message::Timestamp) {
        self.state().retention.say_gone(seq, time);
    }

    /// Seals everything that is hot and not yet sealed, the open slot too; for those who measure.
    pub async fn seal_all(&self) -> Result<(), StoreError> {
        self.seal_all_within(SAMPLES_BYTES_MAX).await
    }

    /// The same, holding no more bytes of samples than these.
    pub(in crate::store) async fn seal_all_within(
        &self,
        samples_bytes_max: usize,
    ) -> Result<(), StoreError> {
        let mut house = Housekeeping {
            samples_bytes_max,
            ..Housekeeping::new(self)
        };
        house.flush().await?;
        self.close_slot().await?;
        while let Some((slot, _)) = self.state().slots.closed() {
            house.seal_slot(slot).await?;
        }
        house.empty_slots().await
    }
}

impl<'a> Housekeeping<'a> {
    fn new(store: &'a Store) -> Self {
        Self {
            store,
            state: store.state(),
            remover: Remover::default(),
            redecoder: Redecoder::default(),
            expirer: Expirer::default(),
            merge: None,
            merge_next: None,
            connection: None,
            partitions: Partitions::default(),
            flushed: Offset(0),
            flushed_at: Instant::now(),
            summarized: Offset(0),
            told_of_readers: false,
            empty_next: None,
            empty_pause: TICK,
            looked_at: None,
            samples_bytes_max: SAMPLES_BYTES_MAX,
        }
    }

    /// Looks for something to do, and does it.
    async fn look(&mut self) -> Result<(), StoreError> {
        let state = self.state;
        if self
            .looked_at
            .is_none_or(|at| at.elapsed() >= TABLES_INTERVAL)
        {
            self.look_at_tables().await?;
            self.looked_at = Some(Instant::now());
        }
        let next = state.catalog.next();
        if next.0 >= self.summarized.0 + SUMMARIZE_RECORDS {
            self.summarize().await?;
            self.summarized = next;
        }
        let due =
            self.flushed_at.elapsed() >= FLUSH_INTERVAL || next.0 >= self.flushed.0 + FLUSH_RECORDS;
        if due && next > self.flushed {
            self.flush().await?;
        }
        self.empty_slots().await?;
        self.let_go().await?;
        self.remove_topics().await?;
        self.decode_again().await?;
        let is_behind = state.metrics.mirror_backlog.get() > BACKLOG_MAX;
        let Some((slot, first)) = state.slots.closed() else {
            if !is_behind {
                self.merge(SETTLED_AFTER).await?;
            }
            return Ok(());
        };
        if is_behind && state.slots.closed_count() < CLOSED_MAX {
            return Ok(());
        }
        // What is sealed must be in the counts: only what is hot is counted again at the start.
        if self.flushed <= first || self.flushed < state.slots.first_after(first) {
            self.flush().await?;
        }
        self.seal_slot(slot).await
    }

    async fn flush(&mut self) -> Result<(), StoreError> {
        let mut connection = self.take_connection().await?;
        self.flushed = self
            .state
            .catalog
            .flush(&mut connection, FlushPace::Easy)
            .await?;
        self.flushed_at = Instant::now();
        self.connection = Some(connection);
        Ok(())
    }

    /// Goes on with the removals that were asked for. What they delete from the hot slots can't be
    /// sealed meanwhile, nor be counted.
    async fn remove_topics(&mut self) -> Result<(), StoreError> {
        if self.state.removals.is_done() {
            return Ok(());
        }
        let mut connection = self.take_connection().await?;
        self.remover.take_turn(self.store, &mut connection).await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Goes on with what was asked to be decoded again. Nothing is sealed meanwhile.
    async fn decode_again(&mut self) -> Result<(), StoreError> {
        if self.state.redecodings.are_over() {
            return Ok(());
        }
        let mut connection = self.take_connection().await?;
        self.redecoder
            .take_turn(self.store, &mut connection)
            .await?;
        self.connection = Some(connection);
        Ok(())
    }

    /// Lets go of what has been kept long enough, a partition at a time.
    async fn let_go(&mut self) -> Result<(), StoreError> {
        let mut connection = self.take_connection().await?;
        if self.expirer.take_turn(self.store, &mut connection).await? {
            self.partitions.forget();
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// Merges some blocks of an hour that has settled; between two hours it takes its time to look for
    /// the next one. Answers whether there was something.
    async fn merge(&mut self, settled_after: Duration) -> Result<bool, StoreError> {
        if self.merge.is_none() && self.merge_next.is_some_and(|next| next > Instant::now()) {
            return Ok(false);
        }
        let mut connection = self.take_connection().await?;
        let work = async {
            let merge = match self.merge.take() {
                Some(merge) => Some(merge),
                None => Merge::next(&mut connection, self.state, settled_after).await?,
            };
            let Some(mut merge) = merge else {
                return Ok((None, false));
            };
            let partitions = &mut self.partitions;
            let is_more = merge.work(&mut connection, self.state, partitions).await?;
            Ok::<_, StoreError>((is_more.then_some(merge), true))
        };
        let (merge, is_busy) = within("merge blocks of samples", STEP_TIMEOUT, work).await??;
        if merge.is_none() {
            self.merge_next = Some(Instant::now() + MERGE_PAUSE);
        }
        self.merge = merge;
        self.connection = Some(connection);
        Ok(is_busy)
    }

    async fn summarize(&mut self) -> Result<(), StoreError> {
        let doing = "summarize the hot index";
        let Some(slot) = self.state.slots.open() else {
            return Ok(());
        };
        let mut connection = self.take_connection().await?;
        let statement =
            format!("select brin_summarize_new_values('unspool.message_hot_{slot}_seq_idx')");
        let work = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection);
        within(doing, STEP_TIMEOUT, work)
            .await?
            .map_err(StoreError::while_doing(doing))?;
        self.connection = Some(connection);
        Ok(())
    }

    async fn seal_slot(&mut self, slot: i16) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut connection = self.take_connection().await?;
        let process = process_of(&mut connection).await?;
        let bounds = SealBounds {
            samples_bytes_max: self.samples_bytes_max,
            metrics: &self.state.metrics,
        };
        let work = Box::pin(seal(
            &mut connection,
            &mut self.partitions,
            slot,
            (self.state, bounds),
        ));
        let watch = Watch::default();
        let sealed = watch.over(&self.state.options, process, "seal a slot", work);
        let sealed = sealed.await?;
        self.state.slots.was_sealed(slot);
        self.connection = Some(connection);
        tracing::debug!(slot, sealed, elapsed = ?began.elapsed(), "sealed");
        Ok(())
    }

    /// A table that somebody took away or made into something else would show only when it is
    /// needed.
    async fn look_at_tables(&mut self) -> Result<(), StoreError> {
        let mut connection = self.take_connection().await?;
        let work = altered(&mut connection, &self.state.retention);
        let altered = within("look at the tables", STEP_TIMEOUT, work).await??;
        self.state.report(Duty::Tables, altered);
        self.connection = Some(connection);
        Ok(())
    }

    /// Empties what is sealed and not being read, and makes a slot where none is free.
    async fn empty_slots(&mut self) -> Result<(), StoreError> {
        let slots = &self.state.slots;
        let is_due = self.empty_next.is_none_or(|at| at <= Instant::now());
        let sealed = if is_due { slots.sealed() } else { Vec::new() };
        if sealed.is_empty() && slots.wanted().is_none() {
            return Ok(());
        }
        let mut connection = self.take_connection().await?;
        let work = async {
            let mut left = sealed.len();
            for slot in sealed {
                if empty(&mut connection, slot).await? {
                    slots.was_emptied(slot);
                    left -= 1;
                }
            }
            if let Some(slot) = slots.wanted() {
                make(&mut connection, slot).await?;
                slots.made(slot);
            }
            Ok::<_, StoreError>(left)
        };
        let left = within("empty the sealed slots", STEP_TIMEOUT, work).await??;
        if is_due {
            // Whoever reads them now may do so for long, and each try holds up readers.
            let longer = self.empty_pause * 2;
            self.empty_pause = if left == 0 {
                TICK
            } else {
                longer.min(EMPTY_PAUSE_MAX)
            };
            self.empty_next = Some(Instant::now() + self.empty_pause);
        }
        if left < SEALED_MAX {
            self.told_of_readers &= !is_due;
        } else if !self.told_of_readers {
            self.told_of_readers = true;
            let readers = holders(&mut connection, "message\\_hot\\_%").await?;
            tracing::warn!(
                slots = left, %readers,
                "sealed slots can't be emptied, since transactions that have read them are left \
                 open: they take room until these end"
            );
        }
        self.connection = Some(connection);
        Ok(())
    }

    /// The connection, made anew if there is none. Given back only when all went well.
    async fn take_connection(&mut self) -> Result<PgConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect(&self.state.options).await,
        }
    }
}
