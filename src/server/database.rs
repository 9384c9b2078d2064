//! Which database, and the first word with it.

use std::path::Path;
use std::time::Duration;

use anyhow::Context;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::store::embedded::Postgres;
use crate::store::{Database, Store};

/// How long between two tries to reach a database that a new journal needs.
const PAUSE: Duration = Duration::from_secs(1);

/// How long a start waits for a database that it can do without.
const PATIENCE: Duration = Duration::from_secs(3);

/// The database that the configuration names; started, where it is our own.
pub(super) async fn open(
    config: &Config,
    data_dir: &Path,
) -> anyhow::Result<(Database, Option<Postgres>)> {
    if let Some(url) = &config.database_url {
        let url = url.reveal().to_owned();
        return Ok((Database::External { url }, None));
    }
    let pg_bin = config.pg_bin.as_deref();
    let postgres = Postgres::start_listening(data_dir, pg_bin, config.database_listen)
        .await
        .context("start the embedded PostgreSQL")?;
    Ok((postgres.database(), Some(postgres)))
}

/// Prepares a database that is there, so that the first question finds it ready; the mirror goes
/// on asking for one that is away.
pub(super) async fn greet(store: &Store) -> anyhow::Result<()> {
    match tokio::time::timeout(PATIENCE, store.prepare()).await {
        Ok(Err(error)) if error.is_denied() || !error.is_away() => {
            Err(error).context("prepare the database")
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date and learns where the mirror stands; waits for a database that is
/// away.
pub(super) async fn prepare(store: &Store) -> anyhow::Result<()> {
    let mut told = false;
    loop {
        match store.prepare().await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_away() && !error.is_denied() => {
                if !told {
                    told = true;
                    let error = anyhow::Error::new(error);
                    tracing::warn!(
                        error = super::told::told(&error),
                        "the database is away; the first start waits for it"
                    );
                }
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(error).context("prepare the database"),
        }
    }
}

/// Does something with the database: that of the server that runs here, or one that is started for it
/// and has been prepared.
pub(super) async fn on_database<T>(
    config: &Config,
    job: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let data_dir = super::data_dir::made(&config.data_dir)?;
    if config.database_url.is_none()
        && let Some(database) = Postgres::running(&data_dir)
    {
        return job(&database).await;
    }
    let (database, postgres) = open(config, &data_dir).await?;
    let prepare = async {
        let store = Store::open(&database, Metrics::default().into())?;
        let prepared = store.prepare().await;
        store.close().await;
        prepared
    };
    let done = match prepare.await.context("prepare the database") {
        Ok(()) => job(&database).await,
        Err(error) => Err(error),
    };
    if let Some(postgres) = postgres {
        postgres.stop().await;
    }
    done
}
