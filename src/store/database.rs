//! Where the database is, how it is connected to, and how it does.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection, PgConnection, Row as _};

use super::error::StoreError;
use super::handle::Store;

/// How long one statement of a reader may take on the server.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many readers are served at once; the others wait their turn.
const READERS_MAX: u32 = 8;

/// Where the database is.
#[derive(Debug, Clone)]
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

impl Database {
    /// How to connect.
    pub(super) fn options(&self) -> Result<PgConnectOptions, StoreError> {
        let options = match self {
            Self::Embedded { socket_dir } => PgConnectOptions::new_without_pgpass()
                .socket(socket_dir)
                .username("unspool")
                .database("unspool"),
            Self::External { url } => {
                PgConnectOptions::from_str(url).map_err(|source| StoreError::Url(source.into()))?
            }
        };
        // Sealing has statements that take seconds, and what a person should know is told elsewhere.
        Ok(options
            .disable_statement_logging()
            .application_name("unspool")
            .options([("search_path", "unspool"), ("jit", "off")]))
    }
}

/// The readers' connections; made when they are needed.
pub(super) fn readers(options: &PgConnectOptions) -> PgPool {
    let timeout = READ_TIMEOUT.as_millis().to_string();
    // Partitions are pruned best when the values are known. The hot slots have no statistics, for
    // which the planner would read them whole, with parallel workers at that, rather than the few
    // pages that their index names (measured: 100 of 147,000 messages in 95 ms, and in 2).
    let options = options.clone().options([
        ("statement_timeout", timeout.as_str()),
        ("default_transaction_read_only", "on"),
        ("plan_cache_mode", "force_custom_plan"),
        ("enable_seqscan", "off"),
        ("max_parallel_workers_per_gather", "0"),
    ]);
    PgPoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(CONNECT_TIMEOUT)
        .connect_lazy_with(options)
}

/// A connection that is nobody else's.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let doing = "connect to the database";
    within(doing, CONNECT_TIMEOUT, PgConnection::connect_with(options))
        .await?
        .map_err(StoreError::while_doing(doing))
}

/// Waits for an answer, but not for ever: a frozen server never closes its connections.
pub(super) async fn within<T>(
    doing: &'static str,
    timeout: Duration,
    work: impl Future<Output = T>,
) -> Result<T, StoreError> {
    tokio::time::timeout(timeout, work)
        .await
        .map_err(|_| StoreError::Late { doing })
}

/// The answer to a reader's question, within its time.
async fn answer<T>(
    doing: &'static str,
    work: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    within(doing, READ_TIMEOUT + CONNECT_TIMEOUT, work)
        .await?
        .map_err(StoreError::while_asking(doing))
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
