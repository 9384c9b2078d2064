//! Where the database is, how it is connected to, and how it does.

use std::fmt;
use std::path::PathBuf;

use sqlx::Row as _;
use sqlx::postgres::PgConnectOptions;

use super::address;
use super::connect::{CONNECT_TIMEOUT, READ_TIMEOUT, within};
use super::error::StoreError;
use super::handle::Store;

/// Where the database is.
#[derive(Clone)]
pub enum Database {
    /// A server of our own; see [`super::embedded`].
    Embedded {
        /// The folder of its socket.
        socket_dir: PathBuf,
    },
    /// Somebody else's.
    External {
        /// Such as `postgres://user:password@host/database`.
        url: String,
    },
}

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

/// Without the URL, which has a password.
impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded { socket_dir } => f.debug_tuple("Embedded").field(socket_dir).finish(),
            Self::External { .. } => f.write_str("External"),
        }
    }
}

impl Database {
    /// How to connect.
    pub(super) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        let options = match self {
            Self::Embedded { socket_dir } => PgConnectOptions::new_without_pgpass()
                .socket(socket_dir)
                .username("unspool")
                .database("unspool"),
            Self::External { url } => address::options(url)?,
        };
        // What a pooler does not know of is not asked for.
        Ok(options.application_name("unspool").extra_float_digits(None))
    }
}

/// The answer to a reader's question, within its time.
async fn answer<T>(
    doing: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    within(doing, READ_TIMEOUT + CONNECT_TIMEOUT, work)
        .await?
        .map_err(StoreError::while_doing(doing))
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
        answer(doing, work).await
    }

    /// How the database does: an answer that it is there, too. Needs none of our tables, and so no
    /// [`Self::prepare`].
    pub async fn health(&self) -> Result<DatabaseInfo, StoreError> {
        let row = answer(
            "ask the database how it does",
            sqlx::query(
                "select current_setting('server_version'),
                    (select extversion from pg_extension where extname = 'timescaledb'),
                    pg_database_size(current_database())",
            )
            .fetch_one(&self.state().readers),
        )
        .await?;
        let version: &str = row.get(0);
        Ok(DatabaseInfo {
            version: version.split(' ').next().unwrap_or(version).into(),
            timescaledb: row.get(1),
            size_bytes: row.get::<i64, _>(2).unsigned_abs(),
        })
    }
}
