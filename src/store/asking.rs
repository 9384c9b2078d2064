//! Asking the database, as a reader.

use sqlx::Row as _;
use tokio::time::timeout;

use super::connect::{CONNECT_TIMEOUT, READ_TIMEOUT, within};
use super::error::StoreError;
use super::handle::Store;

/// What is known of the database.
#[derive(Debug, Clone)]
pub struct DatabaseInfo {
    /// PostgreSQL's version, such as `15.18`.
    pub version: String,
    /// TimescaleDB's version, where the database has it.
    pub timescaledb: Option<String>,
    /// The size of the database on disk.
    pub size_bytes: u64,
}

impl Store {
    /// Asks a reader's question, bounded in time on this side too.
    pub(super) async fn ask<T>(
        &self,
        doing: &'static str,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        if !self.is_ready() {
            return Err(StoreError::NotReady);
        }
        self.answer(doing, work).await
    }

    /// The answer to a reader's question, once there is a seat for it, within its time.
    async fn answer<T>(
        &self,
        doing: &'static str,
        work: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let seated = async {
            let seat = timeout(CONNECT_TIMEOUT, self.state().seats.acquire()).await;
            // The semaphore is never closed; who finds no seat in time has to come back.
            let _seat = seat.map_err(|_| sqlx::Error::PoolTimedOut)?;
            work.await
        };
        within(doing, READ_TIMEOUT + 2 * CONNECT_TIMEOUT, seated)
            .await?
            .map_err(StoreError::while_asking(doing))
    }

    /// How the database does: an answer that it is there, too. Needs none of our tables, and so no
    /// [`Self::prepare`].
    pub async fn health(&self) -> Result<DatabaseInfo, StoreError> {
        let question = sqlx::query(
            "select current_setting('server_version'),
                (select extversion from pg_extension where extname = 'timescaledb'),
                pg_database_size(current_database())",
        );
        let asked = question.fetch_one(&self.state().readers);
        let row = self.answer("ask the database how it does", asked).await?;
        let version: &str = row.get(0);
        Ok(DatabaseInfo {
            version: version.split(' ').next().unwrap_or(version).into(),
            timescaledb: row.get(1),
            size_bytes: row.get::<i64, _>(2).unsigned_abs(),
        })
    }
}
