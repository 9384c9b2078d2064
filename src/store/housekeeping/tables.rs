//! Whether the tables are as this server made them.

use sqlx::{PgConnection, Row as _};

use crate::store::error::StoreError;
use crate::store::retention::{Retention, Sealed};

/// Every table, and what kind of relation it is: `r` a table, `p` a partitioned one.
const TABLES: [(&str, &str); 21] = [
    ("topic", "r"),
    ("series", "r"),
    ("mirror_cursor", "r"),
    ("catalog", "r"),
    ("hot_slot", "r"),
    ("missing", "r"),
    ("sparkplug_birth", "r"),
    ("discovered", "r"),
    ("rule", "r"),
    ("redecoding", "r"),
    ("removal", "r"),
    ("removed_topic", "r"),
    ("dead_letter", "r"),
    ("message_hot", "p"),
    ("message_sealed", "p"),
    ("sample_block", "p"),
    ("sample_block_default", "r"),
    ("retention_class", "r"),
    ("unmerged_hour", "r"),
    ("rollup", "p"),
    ("rollup_default", "r"),
];

/// Those that may be hypertables.
const HISTORY: [&str; 2] = ["message_sealed", "sample_block"];

/// What is not as it should be, for a person to read.
pub(super) async fn altered(
    connection: &mut PgConnection,
    retention: &Retention,
) -> Result<Option<String>, StoreError> {
    let doing = "look at the tables";
    let rows = sqlx::query(
        "select c.relname::text, c.relkind::text from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'unspool' and c.relkind in ('r', 'p', 'v', 'm', 'f')",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(StoreError::while_doing(doing))?;
    let mut wrong: Vec<String> = TABLES
        .iter()
        .filter_map(|(name, kind)| {
            let found = rows.iter().find(|row| row.get::<&str, _>(0) == *name);
            match found.map(|row| row.get::<&str, _>(1)) {
                Some(found) if found == *kind => None,
                // A hypertable, as TimescaleDB has it.
                Some("r") if retention.has_hypertables() && HISTORY.contains(name) => None,
                Some(_) => Some(format!("unspool.{name} is not the table that it was")),
                None => Some(format!(
                    "there is no table unspool.{name}: renamed or dropped?"
                )),
            }
        })
        .collect();
    let ours = Sealed::ALL.map(|kind| retention.tables(kind)).concat();
    let is_ours = |name: &String| retention.has_hypertables() && ours.contains(name);
    let hypertables = hypertables(connection).await?.into_iter();
    wrong.extend(hypertables.filter(|name| !is_ours(name)).map(|name| {
        format!("unspool.{name} has been made a hypertable, which this server can't work with")
    }));
    Ok((!wrong.is_empty()).then(|| wrong.join("; ")))
}

/// Our tables that TimescaleDB has taken over.
async fn hypertables(connection: &mut PgConnection) -> Result<Vec<String>, StoreError> {
    let failed = StoreError::while_doing("look for hypertables");
    let there: bool =
        sqlx::query_scalar("select to_regclass('_timescaledb_catalog.hypertable') is not null")
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?;
    if !there {
        return Ok(Vec::new());
    }
    sqlx::query_scalar(
        "select table_name::text from _timescaledb_catalog.hypertable
         where schema_name = 'unspool'",
    )
    .fetch_all(connection)
    .await
    .map_err(failed)
}
