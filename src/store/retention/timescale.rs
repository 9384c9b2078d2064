//! TimescaleDB: what is sealed in hypertables, where the extension is there.
//!
//! A table of a class that has partitions of ours becomes `<table>_plain`, and a hypertable takes its
//! name: what is sealed from then on goes there. What is in the old one is moved a partition at a
//! time, and the views show both. What no chunk is for, times far off, stays in `<table>_default`.

use sqlx::{Connection as _, PgConnection, Row as _};

use super::partition::{ClassId, PartRange, Sealed, SealedPart};
use super::views::{execute, views};
use crate::message::{DAY_US, Timestamp};
use crate::store::error::StoreError;

/// The extension, as the database has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Timescale {
    version: String,
    /// `apache` or `timescale`: what its licence allows.
    license: String,
    /// Where its functions are, as it is written in a statement.
    schema: String,
}

impl Timescale {
    /// Looks for it in the database.
    pub(in crate::store) async fn find(
        connection: &mut PgConnection,
    ) -> Result<Option<Self>, StoreError> {
        let row = sqlx::query(
            "select e.extversion, coalesce(current_setting('timescaledb.license', true), 'apache'),
                quote_ident(n.nspname)
             from pg_catalog.pg_extension e
             join pg_catalog.pg_namespace n on n.oid = e.extnamespace
             where e.extname = 'timescaledb'",
        )
        .fetch_optional(connection)
        .await
        .map_err(StoreError::while_doing("look for TimescaleDB"))?;
        Ok(row.map(|row| Self {
            version: row.get(0),
            license: row.get(1),
            schema: row.get(2),
        }))
    }

    /// What is used of it, and what is done without, for a person to read.
    pub(in crate::store) fn told(&self, is_used: bool) -> String {
        let Self {
            version, license, ..
        } = self;
        if is_used {
            let without = if license == "apache" {
                "; its licence allows no columnstore, no time_bucket_gapfill and no continuous \
                 aggregates, which nothing here needs"
            } else {
                ""
            };
            format!("TimescaleDB {version} ({license}), history is in hypertables{without}")
        } else {
            format!(
                "TimescaleDB {version} ({license}) is there, and history is in plain partitions: \
                 `unspool migrate --to-timescale` moves it to hypertables"
            )
        }
    }

    /// Lets hypertables take the place of the tables of all classes that are none yet.
    pub(in crate::store) async fn take_over(
        &self,
        connection: &mut PgConnection,
        classes: &[ClassId],
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_doing("make hypertables");
        let mut transaction = connection.begin().await.map_err(&failed)?;
        execute(&mut transaction, "set local lock_timeout = '10s'".into()).await?;
        for (class, kind) in classes
            .iter()
            .flat_map(|class| Sealed::OF_TIMESCALE.map(|kind| (*class, kind)))
        {
            let table = kind.table(class);
            execute(
                &mut transaction,
                format!("alter table unspool.{table} rename to {table}_plain"),
            )
            .await?;
            if kind.has_default() {
                execute(
                    &mut transaction,
                    format!(
                        "alter table unspool.{table}_plain detach partition unspool.{table}_default"
                    ),
                )
                .await?;
            }
            execute(
                &mut transaction,
                format!("create table unspool.{table} (like unspool.{table}_plain including all)"),
            )
            .await?;
            self.make_hypertable(&mut transaction, kind, class).await?;
        }
        for view in views(&mut transaction, classes).await? {
            execute(&mut transaction, view).await?;
        }
        transaction.commit().await.map_err(failed)
    }

    /// Makes a hypertable of a table that is empty, with a chunk for each day.
    pub(super) async fn make_hypertable(
        &self,
        connection: &mut PgConnection,
        kind: Sealed,
        class: ClassId,
    ) -> Result<(), StoreError> {
        let (table, key, schema) = (kind.table(class), kind.key(), &self.schema);
        execute(
            connection,
            format!(
                "select {schema}.create_hypertable('unspool.{table}', '{key}',
                    chunk_time_interval => interval '1 day', create_default_indexes => false)"
            ),
        )
        .await
    }

    /// Drops a chunk, in the transaction that has its lock.
    pub(super) async fn drop_chunk(
        &self,
        connection: &mut PgConnection,
        part: &SealedPart,
        range: PartRange,
    ) -> Result<(), StoreError> {
        let (table, schema) = (part.kind.table(part.class), &self.schema);
        let PartRange { from, to } = range;
        execute(
            connection,
            format!(
                "select {schema}.drop_chunks('unspool.{table}', older_than => '{to}'::timestamptz,
                    newer_than => '{from}'::timestamptz)"
            ),
        )
        .await
    }
}

/// How far from now a chunk may be, in days: a clock that is off must not make chunks without end, and
/// a year of old data may be brought in.
const CHUNK_DAYS_BACK: i64 = 400;
const CHUNK_DAYS_AHEAD: i64 = 1;

/// Whether samples of this time are in a chunk; if not, in a table beside the hypertable.
pub(in crate::store) fn has_chunk(at: Timestamp, now: Timestamp) -> bool {
    let days = at.0.div_euclid(DAY_US) - now.0.div_euclid(DAY_US);
    (-CHUNK_DAYS_BACK..=CHUNK_DAYS_AHEAD).contains(&days)
}

/// Makes the chunk that a range is in, before anything is sealed to it.
pub(in crate::store) async fn make_chunk(
    connection: &mut PgConnection,
    kind: Sealed,
    class: ClassId,
    range: PartRange,
) -> Result<(), StoreError> {
    let failed = StoreError::while_doing("make a chunk");
    let (table, from) = (kind.table(class), range.from);
    // A row that nobody sees: there is no other way that all versions know.
    let (id, others, values) = match kind {
        Sealed::Messages => (
            "topic_id",
            "seq, received_at, flags, client, payload",
            format!("-1, '{from}', 0, '', ''"),
        ),
        Sealed::Samples => (
            "series_id",
            "n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, numbers",
            format!("0, '{from}', '{from}', -1, -1, -1, -1, 0"),
        ),
        Sealed::Rollups => return Ok(()),
    };
    let key = kind.key();
    let mut transaction = connection.begin().await.map_err(&failed)?;
    execute(
        &mut transaction,
        format!("insert into unspool.{table} ({id}, {others}) values (-1, {values})"),
    )
    .await?;
    execute(
        &mut transaction,
        format!("delete from unspool.{table} where {id} = -1 and {key} = '{from}'"),
    )
    .await?;
    transaction.commit().await.map_err(failed)
}

/// Moves one partition of ours to the hypertable that has taken the place of its table; answers whether
/// it did, or whether readers were in the way. The rows are never in two places, nor in none.
pub(super) async fn move_part(
    connection: &mut PgConnection,
    part: &SealedPart,
) -> Result<bool, StoreError> {
    let failed = StoreError::while_doing("move a partition to a hypertable");
    let (table, name) = (part.kind.table(part.class), &part.name);
    let mut transaction = connection.begin().await.map_err(&failed)?;
    execute(&mut transaction, "set local lock_timeout = '50ms'".into()).await?;
    // One at a time, whoever moves.
    let is_mine: bool = sqlx::query_scalar(
        "select pg_try_advisory_xact_lock(7307502101) and to_regclass($1) is not null",
    )
    .bind(name)
    .fetch_one(&mut *transaction)
    .await
    .map_err(&failed)?;
    if !is_mine {
        return Ok(false);
    }
    for statement in [
        // To copy takes longer than to be sent away. Who reads the rest does not wait meanwhile: the
        // lock on the whole comes at the end, and is short.
        format!("lock table {name} in share row exclusive mode"),
        format!("insert into unspool.{table} select * from {name}"),
        format!("lock table only unspool.{table}_plain in access exclusive mode"),
        format!("drop table {name}"),
    ] {
        match execute(&mut transaction, statement).await {
            Ok(()) => {}
            Err(error) if error.is_lock_timeout() => {
                transaction.rollback().await.map_err(&failed)?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
    transaction.commit().await.map_err(&failed)?;
    Ok(true)
}

/// Drops the tables from which everything has been moved; answers whether there were any.
pub(super) async fn drop_emptied(
    connection: &mut PgConnection,
    classes: &[ClassId],
) -> Result<bool, StoreError> {
    let failed = StoreError::while_doing("drop what has been moved");
    let emptied: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'unspool' and c.relkind = 'p' and c.relname like '%\\_plain'
            and not exists (select from pg_catalog.pg_inherits i where i.inhparent = c.oid)",
    )
    .fetch_all(&mut *connection)
    .await
    .map_err(&failed)?;
    if emptied.is_empty() {
        return Ok(false);
    }
    let mut transaction = connection.begin().await.map_err(&failed)?;
    execute(&mut transaction, "set local lock_timeout = '50ms'".into()).await?;
    let renamed: Vec<String> = emptied.iter().map(|name| format!("{name}_empty")).collect();
    let work = async {
        for (name, renamed) in emptied.iter().zip(&renamed) {
            // The views are made of what has the names that they know.
            let statement = format!("alter table unspool.{name} rename to {renamed}");
            execute(&mut transaction, statement).await?;
        }
        for view in views(&mut transaction, classes).await? {
            execute(&mut transaction, view).await?;
        }
        for renamed in &renamed {
            execute(&mut transaction, format!("drop table unspool.{renamed}")).await?;
        }
        Ok::<_, StoreError>(())
    };
    match work.await {
        Ok(()) => {}
        Err(error) if error.is_lock_timeout() => {
            transaction.rollback().await.map_err(&failed)?;
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    transaction.commit().await.map_err(&failed)?;
    Ok(true)
}
