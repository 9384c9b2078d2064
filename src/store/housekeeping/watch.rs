//! Noticing that a connection is dead while a long statement is waited for: neither a time limit
//! that the longest honest work keeps nor one that lets a dead connection be waited for for long
//! would do.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use crate::store::connect::{connect, within};
use crate::store::error::StoreError;

/// How often it is looked, and how often in a row the work may seem to be over for the server.
const INTERVAL: Duration = Duration::from_secs(15);
const STRIKES_MAX: u32 = 3;

/// How long looking may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// The process that serves a connection.
pub(super) async fn process_of(connection: &mut PgConnection) -> Result<i32, StoreError> {
    let doing = "ask who serves the connection";
    let asked = sqlx::query_scalar("select pg_backend_pid()").fetch_one(connection);
    within(doing, LOOK_TIMEOUT, asked)
        .await?
        .map_err(StoreError::while_doing(doing))
}

/// Waits for `work` for as long as the server's `process` has something to do with it.
pub(super) async fn watched<T>(
    options: &PgConnectOptions,
    process: i32,
    doing: &'static str,
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    tokio::select! {
        outcome = work => outcome,
        () = Box::pin(is_lost(options, process)) => Err(StoreError::Late { doing }),
    }
}

/// Waits until the server has been silent, or done with everything, several times in a row.
async fn is_lost(options: &PgConnectOptions, process: i32) {
    let mut strikes = 0;
    while strikes < STRIKES_MAX {
        tokio::time::sleep(INTERVAL).await;
        let look = within(
            "look at the work",
            LOOK_TIMEOUT,
            is_at_work(options, process),
        );
        match look.await.flatten() {
            Ok(false) | Err(StoreError::Late { .. }) => strikes += 1,
            Ok(true) => strikes = 0,
            // Where it refuses to say, the work fails by itself if it has to.
            Err(_) => {}
        }
    }
}

async fn is_at_work(options: &PgConnectOptions, process: i32) -> Result<bool, StoreError> {
    // Not a reader's: those may all be in use.
    let mut connection = connect(options).await?;
    // Between two statements it has nothing to do for a moment.
    sqlx::query_scalar(
        "select exists (
            select from pg_stat_activity where pid = $1
                and (state = 'active' or state_change > now() - interval '30 seconds')
         )",
    )
    .bind(process)
    .fetch_one(&mut connection)
    .await
    .map_err(StoreError::while_doing("look at the work"))
}
