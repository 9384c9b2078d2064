//! Connecting, and what is settled on every connection before it is used: the server says what it
//! needs, whatever its role, its database or a pooler have been given. None of it is a start-up
//! option, which a pooler would drop or refuse.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection, PgConnection};

use super::address::is_on_this_machine;
use super::error::StoreError;
use crate::priority::make_yield;

/// How long one statement of a reader may take on the server.
pub(super) const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long connecting may take.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After how long a reader's connection that nobody uses is given back to the database.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// How many readers are served at once; the others wait their turn.
pub(super) const READERS_MAX: u32 = 8;

/// Who writes has time limits of its own, on this side.
const SETTINGS: &[(&str, &str)] = &[
    ("search_path", "unspool"),
    ("statement_timeout", "0"),
    ("lock_timeout", "0"),
    ("idle_in_transaction_session_timeout", "0"),
    ("idle_session_timeout", "0"),
    ("transaction_timeout", "0"),
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_read_only", "off"),
    ("default_transaction_deferrable", "off"),
    ("standard_conforming_strings", "on"),
    ("jit", "off"),
];

/// The readers' own, in place of those above. Partitions are pruned best when the values are known.
/// The hot slots have no statistics, for which the planner would read them whole, with parallel
/// workers at that, rather than the few pages that their index names (measured: 100 of 147,000
/// messages in 95 ms, and in 2).
const SETTINGS_OF_READERS: &[(&str, &str)] = &[
    ("statement_timeout", "30000"),
    ("default_transaction_read_only", "on"),
    ("plan_cache_mode", "force_custom_plan"),
    ("enable_seqscan", "off"),
    ("max_parallel_workers_per_gather", "0"),
];

/// What a pooler must not do.
pub(super) const POOLED: &str = "a pooler on the way hands its connections from one transaction to the next \
    (pool_mode=transaction), so that what is set on one is lost: let it keep them for a session \
    (pool_mode=session), or connect to PostgreSQL itself";

/// Makes settings, as far as this version of PostgreSQL has them. A commit that is answered before
/// it is durable would let the journal forget what the database can still lose.
const SETTLE: &str = "select pg_catalog.set_config(s.name, wanted.setting, false)
    from unnest($1::text[], $2::text[]) as wanted (name, setting)
    join pg_catalog.pg_settings s on s.name = wanted.name
    union all
    select pg_catalog.set_config('synchronous_commit', 'on', false)
    where pg_catalog.current_setting('synchronous_commit') = 'off'";

/// The readers' connections; made when they are needed. A server of our own works for them on this
/// machine's processors: it does so behind those who take messages.
pub(super) fn readers(options: &PgConnectOptions, is_our_own: bool) -> PgPool {
    PgPoolOptions::new()
        .max_connections(READERS_MAX)
        .acquire_timeout(CONNECT_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        .after_connect(move |connection, _| {
            Box::pin(async move {
                settle(connection, SETTINGS_OF_READERS).await?;
                if is_our_own {
                    let process = sqlx::query_scalar("select pg_catalog.pg_backend_pid()");
                    let process: i32 = process.fetch_one(connection).await?;
                    make_yield(process.unsigned_abs());
                }
                Ok(())
            })
        })
        .connect_lazy_with(options.clone())
}

/// A connection that is nobody else's.
pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let doing = "connect to the database";
    let connecting = async {
        let mut connection = PgConnection::connect_with(options).await?;
        settle(&mut connection, &[]).await?;
        Ok(connection)
    };
    within(doing, CONNECT_TIMEOUT, connecting)
        .await?
        .map_err(|error| explain(doing, options, error))
}

async fn settle(connection: &mut PgConnection, own: &[(&str, &str)]) -> Result<(), sqlx::Error> {
    let (names, values): (Vec<&str>, Vec<&str>) = SETTINGS
        .iter()
        .filter(|(name, _)| own.iter().all(|(other, _)| other != name))
        .chain(own)
        .copied()
        .unzip();
    sqlx::query(SETTLE)
        .bind(names)
        .bind(values)
        .execute(connection)
        .await?;
    Ok(())
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

/// Who holds the tables whose names are like `tables`: process, application, state and since when.
pub(super) async fn holders(
    connection: &mut PgConnection,
    tables: &str,
) -> Result<String, StoreError> {
    let holders: Option<String> = sqlx::query_scalar(
        "select string_agg(distinct format('%s (%s, %s since %s)', a.pid, a.application_name,
            a.state, a.xact_start), '; ')
         from pg_locks l
         join pg_class c on c.oid = l.relation
         join pg_namespace n on n.oid = c.relnamespace
         join pg_stat_activity a on a.pid = l.pid
         where n.nspname = 'unspool' and c.relname like $1
            and l.pid <> pg_backend_pid() and a.xact_start < now() - interval '1 second'",
    )
    .bind(tables)
    .fetch_one(connection)
    .await
    .map_err(StoreError::while_doing("look who reads the tables"))?;
    Ok(holders.unwrap_or_default())
}

/// Sorts why there is no connection: what a person has to put right is told apart from a database
/// that is away.
pub(super) fn explain(
    doing: &'static str,
    options: &PgConnectOptions,
    error: sqlx::Error,
) -> StoreError {
    let code = error
        .as_database_error()
        .and_then(<dyn sqlx::error::DatabaseError>::code);
    let why = match (&error, code.as_deref()) {
        (error, _) if is_of_tls(error) => format!(
            "no encrypted connection to {} (sslmode={}); if nobody can listen on the way there, \
             append sslmode=disable to the URL",
            options.get_host(),
            mode(options)
        ),
        (sqlx::Error::Configuration(_), _) => "what the URL names can't be used".into(),
        (_, Some("28P01" | "28000")) => {
            let encrypted = if is_on_this_machine(options) {
                ""
            } else {
                ", sslmode"
            };
            format!(
                "it does not let the user `{}` in (password{encrypted}, pg_hba.conf)",
                options.get_username()
            )
        }
        // A statement that was prepared is gone, or is there already: another's connection.
        (_, Some("26000" | "42P05")) => return StoreError::Unfit(POOLED.into()),
        (_, Some("3D000")) => "there is no such database: make it first (create database)".into(),
        (_, Some("42501")) => "the user must be allowed to connect to the database".into(),
        _ => return StoreError::while_doing(doing)(error),
    };
    StoreError::Denied {
        why,
        source: error.into(),
    }
}

/// Whether there is an answer, and no encryption that would do.
fn is_of_tls(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Tls(_) => true,
        sqlx::Error::Io(error) => match error.get_ref() {
            Some(inner) => inner.is::<rustls::Error>(),
            None => false,
        },
        _ => false,
    }
}

fn mode(options: &PgConnectOptions) -> &'static str {
    use sqlx::postgres::PgSslMode::{Allow, Disable, Prefer, Require, VerifyCa, VerifyFull};
    match options.get_ssl_mode() {
        Disable => "disable",
        Allow => "allow",
        Prefer => "prefer",
        Require => "require",
        VerifyCa => "verify-ca",
        VerifyFull => "verify-full",
    }
}
