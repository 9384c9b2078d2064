//! Whether a database can hold what it is to hold: asked before anything is made in it.

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection, Row as _};

use super::connect::{POOLED, connect, explain};
use super::error::StoreError;

/// The oldest PostgreSQL whose SQL is spoken here.
const OLDEST: u32 = 14;

/// How many connections are ours beside the readers': to write, to keep house, to prepare, and one
/// that may still be closing.
const OTHERS: u32 = 4;

/// Refuses a database that would fail later, with what to do about it; how many readers it has room
/// for.
pub(super) async fn check(
    options: &PgConnectOptions,
    connection: &mut PgConnection,
) -> Result<u32, StoreError> {
    let doing = "look at the database";
    let row = sqlx::query(
        "select current_setting('server_version'), current_setting('server_version_num')::int4,
            current_setting('server_encoding'), pg_backend_pid(),
            least(
                current_setting('max_connections')::int4
                    - current_setting('superuser_reserved_connections')::int4
                    - coalesce(current_setting('reserved_connections', true)::int4, 0),
                (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
                (select nullif(datconnlimit, -1) from pg_database
                    where datname = current_database())
            )",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|error| explain(doing, options, error))?;
    let (version, number): (String, i32) = (row.get(0), row.get(1));
    version_fits(&version, number.unsigned_abs() / 10_000)?;
    encoding_fits(row.get(2))?;
    if is_shared(options, row.get(3)).await? {
        return Err(StoreError::Unfit(POOLED.into()));
    }
    readers_fit(row.get::<i32, _>(4).unsigned_abs())
}

/// How many readers fit beside the others.
fn readers_fit(connections: u32) -> Result<u32, StoreError> {
    if connections <= OTHERS {
        return Err(StoreError::Unfit(format!(
            "it lets this server have {connections} connections at once, and {} are the least: \
             raise max_connections, or the limit of the user or the database",
            OTHERS + 1
        )));
    }
    Ok(connections - OTHERS)
}

fn version_fits(version: &str, major: u32) -> Result<(), StoreError> {
    if major < OLDEST {
        return Err(StoreError::Unfit(format!(
            "it is PostgreSQL {version}, and {OLDEST} is the oldest that this server can use: \
             upgrade it, or use another one"
        )));
    }
    Ok(())
}

fn encoding_fits(encoding: &str) -> Result<(), StoreError> {
    if encoding != "UTF8" {
        return Err(StoreError::Unfit(format!(
            "its encoding is {encoding}, which has no place for all that a topic or a payload may \
             say: make one in UTF-8 (create database unspool encoding 'UTF8' template template0)"
        )));
    }
    Ok(())
}

/// Whether another connection gets to the very process that this one was served by, though neither
/// has been closed.
async fn is_shared(options: &PgConnectOptions, process: i32) -> Result<bool, StoreError> {
    let doing = "look for a pooler";
    let mut other = connect(options).await?;
    let there: i32 = sqlx::query_scalar("select pg_backend_pid()")
        .fetch_one(&mut other)
        .await
        .map_err(|error| explain(doing, options, error))?;
    // It has said all that it was asked for.
    let _closed = other.close().await;
    Ok(there == process)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_version_and_another_encoding_are_refused_by_name() {
        let refused = version_fits("13.23 (Debian 13.23-1)", 13)
            .unwrap_err()
            .to_string();
        assert!(
            refused.contains("13.23") && refused.contains("14"),
            "{refused}"
        );
        assert!(version_fits("14.0", 14).is_ok() && version_fits("18beta1", 18).is_ok());
        assert_eq!(readers_fit(7).ok(), Some(3));
        let refused = readers_fit(4).unwrap_err().to_string();
        assert!(refused.contains("max_connections"), "{refused}");
        let refused = encoding_fits("LATIN1").unwrap_err().to_string();
        assert!(
            refused.contains("LATIN1") && refused.contains("UTF8"),
            "{refused}"
        );
        assert!(encoding_fits("UTF8").is_ok());
    }
}
