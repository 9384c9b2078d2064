//! `unspool account … --sql-reader`: roles of the database that read history with SQL.

use anyhow::{Context as _, bail};

use super::Location;
use super::password::PasswordSource;
use crate::config::Config;
use crate::store::{Database, add_sql_reader, remove_sql_reader, sql_readers};

/// The longest name of a role, in bytes: PostgreSQL cuts off the rest (NAMEDATALEN).
const NAME_BYTES_MAX: usize = 63;

/// Adds one, or gives one another password.
pub(super) fn add(location: Location, name: &str, password: &PasswordSource) -> anyhow::Result<()> {
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        bail!("the name of an SQL reader has from 1 to {NAME_BYTES_MAX} bytes");
    }
    let config = location.options().resolve()?;
    let password = password.read_text()?;
    on_database(&config, async |database| {
        let added = add_sql_reader(database, name, &password).await;
        added.with_context(|| format!("make the role {name:?} in the database"))
    })?;
    println!("added the SQL reader {name:?}: {}", way(&config));
    Ok(())
}

/// Removes one.
pub(super) fn remove(location: Location, name: &str) -> anyhow::Result<()> {
    let config = location.options().resolve()?;
    let is_removed = on_database(&config, async |database| {
        Ok(remove_sql_reader(database, name).await?)
    })?;
    if !is_removed {
        bail!("there is no SQL reader {name:?}");
    }
    println!("removed the SQL reader {name:?}");
    Ok(())
}

/// Lists them.
pub(super) fn list(location: Location, json: bool) -> anyhow::Result<()> {
    let config = location.options().resolve()?;
    let names = on_database(&config, async |database| Ok(sql_readers(database).await?))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&names)?);
    } else {
        for name in names {
            println!("{name:?}");
        }
    }
    Ok(())
}

/// How such a reader gets to the database.
fn way(config: &Config) -> String {
    match (&config.database_url, config.database_listen) {
        (Some(_), _) => "it connects as the server does, with its own name and password".into(),
        (None, Some(listen)) => format!("postgres://{listen}/unspool"),
        (None, None) => "start the server with database_listen, so that it can connect".into(),
    }
}

fn on_database<T>(
    config: &Config,
    job: impl AsyncFnOnce(&Database) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(crate::server::database::on_database(config, job))
}
