//! The tables of all classes as one, for those who read.

use sqlx::{AssertSqlSafe, PgConnection};

use super::partition::{ClassId, Sealed};
use crate::store::error::StoreError;

/// The tables of these classes that rows are in: those of the classes, those that are being moved to a
/// hypertable, and those of what no chunk is for.
pub(super) async fn relations(
    connection: &mut PgConnection,
    classes: &[ClassId],
) -> Result<Vec<(Sealed, String)>, StoreError> {
    let found: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where n.nspname = 'unspool' and c.relkind in ('r', 'p') and not c.relispartition
            and (c.relname like 'message\\_sealed%' or c.relname like 'sample\\_block%'
                or c.relname like 'rollup%')",
    )
    .fetch_all(connection)
    .await
    .map_err(StoreError::while_doing("look at the tables of history"))?;
    let mut relations = Vec::new();
    for (class, kind) in classes
        .iter()
        .flat_map(|class| Sealed::ALL.map(|kind| (class, kind)))
    {
        let table = kind.table(*class);
        let also = [format!("{table}_plain"), format!("{table}_default")];
        let also = also.into_iter().filter(|table| found.contains(table));
        relations.extend(
            std::iter::once(table)
                .chain(also)
                .map(|table| (kind, table)),
        );
    }
    Ok(relations)
}

/// The views over the tables of these classes.
pub(super) async fn views(
    connection: &mut PgConnection,
    classes: &[ClassId],
) -> Result<[String; 3], StoreError> {
    let relations = relations(connection, classes).await?;
    Ok([
        (
            Sealed::Messages,
            "seq, received_at, topic_id, flags, client, payload, properties",
        ),
        (
            Sealed::Samples,
            "series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, numbers, least, \
             greatest, total, initial, final, seqs, times, \"values\", texts, packed_seqs, \
             packed_times, packed_values, odd_at, packed_texts",
        ),
        (
            Sealed::Rollups,
            "series_id, hours, start, n, seq_max, numbers, least, greatest, total, initial, final, \
             initial_at, final_at, integral, state_initial, state_final, state_from, state_to, \
             states, state_seconds, minutes, minute_whole, minute_values, minute_values_odd_at, \
             minute_values_beside, minute_sums, minute_sums_odd_at, minute_sums_beside",
        ),
    ]
    .map(|(kind, columns)| {
        let parts = relations.iter().filter(|(of, _)| *of == kind);
        let parts = parts.map(|(_, table)| format!("select {columns} from unspool.{table}"));
        let parts: Vec<String> = parts.collect();
        format!(
            "create or replace view unspool.{}_all as {}",
            kind.table(ClassId::REST),
            parts.join(" union all ")
        )
    }))
}

/// Changes something about the tables.
pub(super) async fn execute(
    connection: &mut PgConnection,
    statement: String,
) -> Result<(), StoreError> {
    sqlx::query(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("change the tables of history"))?;
    Ok(())
}
