//! Noticing that a connection is dead while a long statement is waited for: neither a time limit
//! that the longest honest work keeps nor one that lets a dead connection be waited for for long
//! would do.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::postgres::PgConnectOptions;

use crate::store::connect::{connect, within};
use crate::store::error::StoreError;

/// How long looking may take.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// How a connection is watched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    /// How often it is looked.
    interval: Duration,
    /// For how long there is nothing to do between two statements.
    idle: Duration,
    /// How often in a row the work may seem to be over for the server.
    strikes_max: u32,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(15),
            idle: Duration::from_secs(30),
            strikes_max: 3,
        }
    }
}

/// The process that serves a connection.
pub(super) async fn process_of(connection: &mut PgConnection) -> Result<i32, StoreError> {
    let doing = "ask who serves the connection";
    let asked = sqlx::query_scalar("select pg_backend_pid()").fetch_one(connection);
    within(doing, LOOK_TIMEOUT, asked)
        .await?
        .map_err(StoreError::while_doing(doing))
}

impl Watch {
    /// Waits for `work` for as long as the server's `process` has something to do with it.
    pub(super) async fn over<T>(
        self,
        options: &PgConnectOptions,
        process: i32,
        doing: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::select! {
            outcome = work => outcome,
            () = Box::pin(self.is_lost(options, process)) => Err(StoreError::Late { doing }),
        }
    }

    /// Waits until the server has been silent, or done with everything, several times in a row.
    async fn is_lost(self, options: &PgConnectOptions, process: i32) {
        let mut strikes = 0;
        while strikes < self.strikes_max {
            tokio::time::sleep(self.interval).await;
            let look = self.is_at_work(options, process);
            let look = within("look at the work", LOOK_TIMEOUT, look);
            match look.await.flatten() {
                Ok(false) | Err(StoreError::Late { .. }) => strikes += 1,
                Ok(true) => strikes = 0,
                // Where it refuses to say, the work fails by itself if it has to.
                Err(_) => {}
            }
        }
    }

    async fn is_at_work(
        self,
        options: &PgConnectOptions,
        process: i32,
    ) -> Result<bool, StoreError> {
        // Not a reader's: those may all be in use.
        let mut connection = connect(options).await?;
        sqlx::query_scalar(
            "select exists (
                select from pg_stat_activity where pid = $1
                    and (state = 'active' or state_change > now() - make_interval(secs => $2))
             )",
        )
        .bind(process)
        .bind(self.idle.as_secs_f64())
        .fetch_one(&mut connection)
        .await
        .map_err(StoreError::while_doing("look at the work"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::embedded::Postgres;

    /// Looks so often that a test need not wait.
    const OFTEN: Watch = Watch {
        interval: Duration::from_millis(20),
        idle: Duration::from_millis(200),
        strikes_max: 3,
    };

    async fn postgres(dir: &std::path::Path) -> (Postgres, PgConnectOptions) {
        use std::os::unix::fs::PermissionsExt as _;
        // The database's user must get there.
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
        let postgres = Postgres::start(dir, None).await.unwrap();
        let options = postgres.database().options().unwrap();
        (postgres, options)
    }

    #[tokio::test]
    async fn a_connection_on_which_nothing_happens_any_more_is_given_up() {
        let dir = tempfile::tempdir().unwrap();
        let (postgres, options) = postgres(dir.path()).await;
        let mut connection = connect(&options).await.unwrap();
        let process = process_of(&mut connection).await.unwrap();
        // The server is done with it, and its answer got lost; or there is nobody any more.
        for process in [process, i32::MAX] {
            let work = std::future::pending::<Result<(), StoreError>>();
            let outcome = OFTEN.over(&options, process, "wait", work).await;
            assert!(matches!(outcome, Err(StoreError::Late { doing: "wait" })));
        }
        postgres.stop().await;
    }

    #[tokio::test]
    async fn honest_work_may_take_as_long_as_it_takes() {
        let dir = tempfile::tempdir().unwrap();
        let (postgres, options) = postgres(dir.path()).await;
        let mut connection = connect(&options).await.unwrap();
        let process = process_of(&mut connection).await.unwrap();
        let work = async {
            for _ in 0..3 {
                sqlx::query("select pg_sleep(0.5)")
                    .execute(&mut connection)
                    .await
                    .map_err(StoreError::while_doing("sleep"))?;
                // Between two statements.
                tokio::task::yield_now().await;
            }
            Ok(())
        };
        OFTEN.over(&options, process, "sleep", work).await.unwrap();
        postgres.stop().await;
    }
}
