//! The store's housekeeping, one task: counts and last values are written behind, full slots are
//! sealed, indexes on the hot end are kept current.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::catalog::Pace;
use super::database::{connect, within};
use super::partition::Partitions;
use super::{Shared, Store, StoreError};
use crate::message::Offset;
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

#[derive(Debug)]
struct Tender {
    connection: Option<PgConnection>,
    partitions: Partitions,
    flushed: Offset,
    flushed_at: Instant,
    summarized: Offset,
}

impl Store {
    /// Keeps house until told to stop. What goes wrong is tried again: nothing here is needed for
    /// messages to be kept.
    pub async fn tend(self, supervisor: Supervisor) -> Result<(), Infallible> {
        let mut tender = Tender {
            connection: None,
            partitions: Partitions::default(),
            flushed: Offset(0),
            flushed_at: Instant::now(),
            summarized: Offset(0),
        };
        let mut troubled = false;
        loop {
            tokio::select! {
                () = supervisor.stopping() => break,
                () = tokio::time::sleep(TICK) => {}
            }
            if !self.is_ready() {
                continue;
            }
            match self.tend_once(&mut tender).await {
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
            let mut writer = self.shared.writer.lock().await;
            let mut connection = writer.take_connection(&self.shared).await?;
            let flushed = self
                .shared
                .catalog
                .flush(&mut connection, Pace::Quick)
                .await;
            let _gone = connection.close().await;
            flushed
        };
        if let Ok(Err(error)) = tokio::time::timeout(LAST_FLUSH_TIMEOUT, work).await {
            tracing::debug!(%error, "the topics' counts were not written");
        }
    }

    async fn tend_once(&self, tender: &mut Tender) -> Result<(), StoreError> {
        let shared = &self.shared;
        let next = shared.catalog.next();
        if next.0 >= tender.summarized.0 + SUMMARIZE_RECORDS {
            self.summarize(tender).await?;
            tender.summarized = next;
        }
        let due = tender.flushed_at.elapsed() >= FLUSH_INTERVAL
            || next.0 >= tender.flushed.0 + FLUSH_RECORDS;
        if due && next > tender.flushed {
            self.flush(tender).await?;
        }
        let Some((slot, first)) = shared.ring.closed() else {
            return Ok(());
        };
        if shared.metrics.mirror_backlog.get() > BACKLOG_MAX && shared.ring.has_free() {
            return Ok(());
        }
        // What is sealed must be in the counts: only what is hot is counted again at the start.
        if tender.flushed <= first || tender.flushed < shared.ring.first_after(first) {
            self.flush(tender).await?;
        }
        self.seal_slot(tender, slot).await
    }

    async fn flush(&self, tender: &mut Tender) -> Result<(), StoreError> {
        let mut connection = tender.connect(&self.shared).await?;
        let work = self.shared.catalog.flush(&mut connection, Pace::Easy);
        tender.flushed = within("write the topics' counts", WORK_TIMEOUT, work).await??;
        tender.flushed_at = Instant::now();
        tender.connection = Some(connection);
        Ok(())
    }

    async fn summarize(&self, tender: &mut Tender) -> Result<(), StoreError> {
        let doing = "summarize the hot index";
        let Some(slot) = self.shared.ring.open() else {
            return Ok(());
        };
        let mut connection = tender.connect(&self.shared).await?;
        let statement = format!("select brin_summarize_new_values('message_hot_{slot}_seq_idx')");
        let work = sqlx::query(AssertSqlSafe(statement)).execute(&mut connection);
        within(doing, WORK_TIMEOUT, work)
            .await?
            .map_err(StoreError::while_doing(doing))?;
        tender.connection = Some(connection);
        Ok(())
    }

    async fn seal_slot(&self, tender: &mut Tender, slot: i16) -> Result<(), StoreError> {
        let began = Instant::now();
        let mut connection = tender.connect(&self.shared).await?;
        let work = super::seal::seal(&mut connection, &mut tender.partitions, slot);
        let sealed = within("seal a slot", WORK_TIMEOUT, work).await??;
        self.shared.ring.freed(slot);
        tender.connection = Some(connection);
        tracing::debug!(slot, sealed, elapsed = ?began.elapsed(), "sealed");
        Ok(())
    }

    /// Seals everything that is hot and not yet sealed, the open slot too.
    #[cfg(test)]
    pub(super) async fn seal_all(&self) -> Result<(), StoreError> {
        let mut tender = Tender {
            connection: None,
            partitions: Partitions::default(),
            flushed: Offset(0),
            flushed_at: Instant::now(),
            summarized: Offset(0),
        };
        self.flush(&mut tender).await?;
        self.shared.ring.expire();
        let position = self.position().ok_or(StoreError::NotReady)?;
        let empty = super::Batch {
            first: position.next,
            next: position.next,
            rows: Vec::new(),
        };
        self.write(&empty).await?;
        while let Some((slot, _)) = self.shared.ring.closed() {
            self.seal_slot(&mut tender, slot).await?;
        }
        Ok(())
    }
}

impl Tender {
    /// The connection, made anew if there is none. Given back only when all went well.
    async fn connect(&mut self, shared: &Shared) -> Result<PgConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect(&shared.options).await,
        }
    }
}
