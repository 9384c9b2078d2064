//! What one message and one sample take on the disk, indexes included.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use sqlx::{AssertSqlSafe, PgConnection};

use super::partition::{ClassId, Sealed, SealedPart};
use crate::message::Timestamp;
use crate::store::error::StoreError;

/// How long after its end a partition has been merged, mostly, in microseconds.
const MERGED_AFTER: i64 = 2 * 3_600_000_000;

/// About how many pages of a partition are looked at.
const PAGES: i64 = 1_000;

/// Bytes each, by the table that a partition is of.
pub(super) type BytesEach = HashMap<(Sealed, ClassId), f64, FixedState>;

/// What was measured of each table.
#[derive(Debug, Default)]
pub(super) struct Measured(HashMap<(Sealed, ClassId), MeasuredPart, FixedState>);

/// A partition that was measured.
#[derive(Debug)]
struct MeasuredPart {
    name: String,
    bytes: u64,
    bytes_each: Option<f64>,
}

impl Measured {
    /// What each takes in the newest partition of each table that is over, or in the newest at all.
    /// What is known of one that has hardly changed is not measured again.
    pub(super) async fn bytes_each(
        &mut self,
        connection: &mut PgConnection,
        parts: &[SealedPart],
        now: Timestamp,
    ) -> Result<BytesEach, StoreError> {
        let mut newest: HashMap<(Sealed, ClassId), &SealedPart, FixedState> = HashMap::default();
        let rank = |part: &SealedPart| {
            let range = part.range.filter(|range| range.from <= now);
            range.map(|range| (range.to.0 + MERGED_AFTER <= now.0, range.to))
        };
        for part in parts.iter().filter(|part| part.kind != Sealed::Rollups) {
            let best = newest.entry((part.kind, part.class)).or_insert(part);
            if rank(part) > rank(best) {
                *best = part;
            }
        }
        let mut all = BytesEach::default();
        for (table, part) in newest {
            let is_known = self.0.get(&table).is_some_and(|known| {
                known.name == part.name && known.bytes.abs_diff(part.bytes) <= part.bytes / 10
            });
            if !is_known {
                let measured = MeasuredPart {
                    name: part.name.clone(),
                    bytes: part.bytes,
                    bytes_each: measure(connection, part).await?,
                };
                self.0.insert(table, measured);
            }
            let each = self.0.get(&table).and_then(|known| known.bytes_each);
            all.extend(each.map(|each| (table, each)));
        }
        Ok(all)
    }
}

/// From some pages of a partition; `None` where there is nothing in them, or no partition any more.
async fn measure(
    connection: &mut PgConnection,
    part: &SealedPart,
) -> Result<Option<f64>, StoreError> {
    let failed = StoreError::while_doing("measure what each takes");
    let pages: Option<i64> =
        sqlx::query_scalar("select pg_catalog.pg_relation_size(to_regclass($1)) / 8192")
            .bind(&part.name)
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?;
    let Some(pages) = pages.filter(|pages| *pages > 0) else {
        return Ok(None);
    };
    let percent = (100.0 * PAGES as f64 / pages as f64).min(100.0);
    let counted = match part.kind {
        Sealed::Messages => "count(*)",
        Sealed::Samples | Sealed::Rollups => "sum(n)::bigint",
    };
    let statement = format!(
        "select {counted} from {} tablesample system ({percent})",
        part.name
    );
    let found: Option<i64> = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    let all = found.unwrap_or_default() as f64 * 100.0 / percent;
    Ok((all > 0.0).then(|| part.bytes as f64 / all))
}
