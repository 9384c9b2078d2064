//! The one task that does it all, piece by piece.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::partition::Partitions;
use super::seal::seal;
use crate::message::Offset;
use crate::store::catalog::Pace;
use crate::store::connect::{connect, within};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::state::StoreState;
use crate::supervisor::Supervisor;

/// How often it is looked for something to do.
const TICK: Duration = Duration::from_millis(250);

/// How long counts and last values may be behind: in time, and in records, which are counted again
/// when the server starts.
const FLUSH_INTERVAL: Duration = Duration::from_secs(10);
const FLUSH_RECORDS: u64 = 200_000;

/// After how many records the index on the hot end is brought up to date.
const SUMMARIZE_RECORDS: u64 = 4_000;

/// While the mirror is further behind than this, sealing leaves it the machine, as long as there
/// are free slots.
const BACKLOG_MAX: i64 = 50_000;

/// How long one piece of work may take.
const WORK_TIMEOUT: Duration = Duration::from_secs(900);

/// How long the last flush may take when the server stops.
const LAST_FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

struct Housekeeping<'a> {
    state: &'a StoreState,
    connection: Option<PgConnection>,
    partitions: Partitions,
    flushed: Offset,
    flushed_at: Instant,
    summarized: Offset,
}

impl Store {
    /// Keeps house until told to stop. What goes wrong is tried again.
    pub async fn keep_house(self, supervisor: Supervisor) -> Result<(), Infallible> {
        let mut house = Housekeeping::new(self.state());
        let mut troubled = false;
        loop {
            tokio::select! {
                () = supervisor.stopping() => break,
                () = tokio::time::sleep(TICK) => {}
            }
            if !self.is_ready() {
                continue;
            }
            match house.look().await {
                Ok(()) => troubled = false,
                Err(error) => {
                    if !troubled && !error.is_away() {
                        tracing::warn!(%error, "the store's housekeeping has to wait");
                    }
                    troubled = true;
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
            let flushed = self.state().catalog.flush(&mut connection, Pace::Quick);
            let flushed = flushed.await;
            let _gone = connection.close().await;
            flushed
        };
        if let Ok(Err(error)) = tokio::time::timeout(LAST_FLUSH_TIMEOUT, work).await {
            tracing::debug!(%error, "the topics' counts were not written");
        }
    }

    /// Seals everything that is hot and not yet sealed, the open slot too.
    #[cfg(test)]
    pub(in crate::store) async fn seal_all(&self) -> Result<(), StoreError> {
        let mut house = Housekeeping::new(self.state());
        house.flush().await?;
        self.state().slots.expire();
        let mirrored = self.mirrored().ok_or(StoreError::NotReady)?;
        let empty = crate::store::RowBatch {
            first: mirrored.cursor.next,
            next: mirrored.cursor.next,
            rows: Vec::new(),
        };
        self.write(&empty).await?;
        while let Some((slot, _)) = self.state().slots.closed() {
            house.seal_slot(slot).await?;
        }
        Ok(())
    }
}

impl<'a> Housekeeping<'a> {
    fn new(state: &'a StoreState) -> Self {
        Self {
            state,
            connection: None,
            partitions: Partitions::default(),
            flushed: Offset(0),
            flushed_at: Instant::now(),
            summarized: Offset(0),
        }
    }

    /// Looks for something to do, and does it.
    async fn look(&mut self) -> Result<(), StoreError> {
        let state = self.state;
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
        let Some((slot, first)) = state.slots.closed() else {
            return Ok(());
        };
        if state.metrics.mirror_backlog.get() > BACKLOG_MAX && state.slots.has_free() {
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
        let work = self.state.catalog.flush(&mut connection, Pace::Easy);
        self.flushed = within("write the topics' counts", WORK_TIMEOUT, work).await??;
        self.flushed_at = Instant::now();
        self.connection = Some(connection);
        Ok(())
    }

    async fn summarize(&mut self) -> Result<(), StoreError> {
        let doing = "summarize the hot index";
        let Some(slot) = self.state.slots.open() else {
            return Ok(());
        };
        let mut connection = self.take_connection().await?;
        let statement = format!("select brin_summarize_new_values('message_hot_{slot}_seq_idx')");
        let work = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection);
        within(doing, WORK_TIMEOUT, work)
            .await?
            .map_err(StoreError::while_doing(doing))?;
        self.connection = Some(connection);
        Ok(())
    }

    async fn seal_slot(&mut self, slot: i16) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut connection = self.take_connection().await?;
        let work = seal(&mut connection, &mut self.partitions, slot);
        let sealed = within("seal a slot", WORK_TIMEOUT, work).await??;
        self.state.slots.freed(slot);
        self.connection = Some(connection);
        tracing::debug!(slot, sealed, elapsed = ?began.elapsed(), "sealed");
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
