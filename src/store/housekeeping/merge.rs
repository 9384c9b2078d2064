//! Merging: the blocks that several seals brought of one series and hour become one, once the hour is
//! over and nothing more has come for a while. What came before there were packed blocks is packed.
//! What comes of it is rolled up.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::partition::Partitions;
use crate::message::Offset;
use crate::metrics::Metrics;
use crate::store::blocks::{Blocks, PIECE_SERIES, SAMPLES, samples_at, series_of_piece};
use crate::store::error::StoreError;
use crate::store::retention::{ClassId, Sealed};
use crate::store::rollups::roll_up;
use crate::store::state::StoreState;
use crate::store::wire::Instant;

/// How long nothing must have come for an hour that is over.
pub(super) const SETTLED_AFTER: Duration = Duration::from_secs(10 * 60);

/// How many numbers of series are gone through at a time.
const WINDOW_SERIES: i32 = 50_000;

/// How many hours that are still to be merged are counted.
const COUNTED_MAX: i64 = 100_000;

/// A block of so many samples is large enough, and is not touched again.
const ENOUGH_SAMPLES: i32 = 16_384;

/// How long somebody who has a table may hold it up.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '1s'";

/// The hour that is being merged, and how far that has come.
#[derive(Debug)]
pub(super) struct Merge {
    class: ClassId,
    hour: Instant,
    /// The tables that are still to be looked at, the one that is worked on last.
    tables: Vec<String>,
    /// The series up to which it is done there, or with the rollups where no tables are left.
    after: i32,
    /// The last series that there is.
    last: i32,
}

impl Merge {
    /// The newest hour that can be merged; `None` where there is none.
    pub(super) async fn next(
        connection: &mut PgConnection,
        state: &StoreState,
        settled_after: Duration,
    ) -> Result<Option<Self>, StoreError> {
        let failed = StoreError::while_doing("look for hours to merge");
        let count = "select count(*) from (select from unspool.unmerged_hour limit $1) counted";
        let left: i64 = sqlx::query_scalar(count)
            .bind(COUNTED_MAX)
            .fetch_one(&mut *connection)
            .await
            .map_err(&failed)?;
        state.metrics.hours_unmerged.set(left);
        let row = sqlx::query(
            "select class, hour, (select coalesce(max(id), 0) from unspool.series)
             from unspool.unmerged_hour
             where hour <= now() - interval '1 hour' - make_interval(secs => $1)
                and touched_at <= now() - make_interval(secs => $1)
             order by hour desc, class limit 1",
        )
        .bind(settled_after.as_secs_f64())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
        let merge = row.map(|row| {
            let class = ClassId(row.get(0));
            Self {
                class,
                hour: row.get(1),
                tables: state.retention.tables_of(Sealed::Samples, class),
                after: 0,
                last: row.get(2),
            }
        });
        Ok(merge)
    }

    /// Merges some series of the hour, or rolls some up. Answers whether there are more; the hour is left
    /// as it is when somebody else has a table, to be tried again.
    pub(super) async fn work(
        &mut self,
        connection: &mut PgConnection,
        state: &StoreState,
        partitions: &mut Partitions,
    ) -> Result<bool, StoreError> {
        let window = (self.after, self.after.saturating_add(WINDOW_SERIES));
        let table = self.tables.last().cloned();
        let work = match &table {
            Some(table) => {
                self.merge_some(connection, table, window, &state.metrics)
                    .await
            }
            None => self.roll_up(connection, state, window, partitions).await,
        };
        match work {
            Ok(last) => self.after = last.unwrap_or(window.1),
            Err(error) if error.is_lock_timeout() => return Ok(false),
            Err(error) => return Err(error),
        }
        if self.after < self.last {
            return Ok(true);
        }
        self.after = 0;
        if self.tables.pop().is_none() {
            self.finish(connection).await?;
        }
        Ok(table.is_some())
    }

    /// The last series of those that it merged; `None` where there are no more in this window.
    async fn merge_some(
        &self,
        connection: &mut PgConnection,
        table: &str,
        window: (i32, i32),
        metrics: &Metrics,
    ) -> Result<Option<i32>, StoreError> {
        let failed = StoreError::while_doing("merge blocks of samples");
        let mut transaction = connection.begin().await.map_err(&failed)?;
        sqlx::query(LOCK_TIMEOUT)
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
        let series = self.candidates(&mut transaction, table, window).await?;
        let Some(last) = series.last().copied() else {
            return Ok(None);
        };
        let [earlier, own] = self.take_out(&mut transaction, table, &series).await?;
        let mut merged = 0;
        for (blocks, taken) in [earlier, own] {
            merged += taken.saturating_sub(blocks.len());
            blocks.write_back(&mut transaction, table).await?;
        }
        transaction.commit().await.map_err(&failed)?;
        metrics.blocks_merged.inc_by(merged as u64);
        Ok(Some(last))
    }

    /// Series of which there is something to merge, or to pack, by number.
    async fn candidates(
        &self,
        connection: &mut PgConnection,
        table: &str,
        (after, to): (i32, i32),
    ) -> Result<Vec<i32>, StoreError> {
        let statement = format!(
            "select series_id, sum(n)::bigint from unspool.{table}
             where t_min >= $1 and t_min < $1 + interval '1 hour'
                and series_id > $2 and series_id <= $5 and (n < $3 or packed_times is null)
             group by series_id having count(*) > 1 or bool_or(packed_times is null)
             order by series_id limit $4"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(self.hour)
            .bind(after)
            .bind(ENOUGH_SAMPLES)
            .bind(PIECE_SERIES)
            .bind(to)
            .fetch_all(connection)
            .await
            .map_err(StoreError::while_doing("look for blocks to merge"))?;
        Ok(series_of_piece(&rows))
    }

    /// Takes their blocks out: the samples of before this journal apart from those of its messages,
    /// since the ledger counts by block; and how many blocks they were in.
    async fn take_out(
        &self,
        connection: &mut PgConnection,
        table: &str,
        series: &[i32],
    ) -> Result<[(Blocks, usize); 2], StoreError> {
        let failed = StoreError::while_doing("read blocks to merge");
        let statement = format!(
            "with gone as (
                delete from unspool.{table}
                where series_id = any($1) and t_min >= $2 and t_min < $2 + interval '1 hour'
                    and (n < $3 or packed_times is null)
                returning *
             )
             select (select first_offset from unspool.mirror_cursor), series_id, {} from gone",
            SAMPLES.join(", ")
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(series)
            .bind(self.hour)
            .bind(ENOUGH_SAMPLES)
            .fetch_all(connection)
            .await
            .map_err(&failed)?;
        let mut both: [(Blocks, usize); 2] = Default::default();
        for row in &rows {
            let first: Option<i64> = row.get(0);
            let first = Offset(first.unwrap_or_default().cast_unsigned());
            let samples = samples_at(row, 2).map_err(&failed)?;
            let is_own = samples.first().is_some_and(|sample| sample.seq >= first);
            both[usize::from(is_own)].1 += 1;
            for sample in samples {
                let is_own = usize::from(sample.seq >= first);
                both[is_own].0.add((row.get(1), self.class), sample);
            }
        }
        Ok(both)
    }

    /// Rolls some series of a window up; the last of them. Where samples of the hour have gone already,
    /// what was rolled up before is more than what there is.
    async fn roll_up(
        &self,
        connection: &mut PgConnection,
        state: &StoreState,
        window: (i32, i32),
        partitions: &mut Partitions,
    ) -> Result<Option<i32>, StoreError> {
        let (retention, hour) = (&state.retention, self.hour.0);
        let kept = retention.kept_from_of(Sealed::Samples, self.class);
        if kept.is_some_and(|kept| kept.time > hour) {
            return Ok(None);
        }
        if window.0 == 0 {
            for class in retention.ids() {
                if class == ClassId::REST || retention.keep_of(Sealed::Rollups, class).is_some() {
                    partitions.make_for_rollups(connection, class, hour).await?;
                }
            }
        }
        roll_up(connection, state, hour, window).await
    }

    async fn finish(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query("delete from unspool.unmerged_hour where class = $1 and hour = $2")
            .bind(self.class.0)
            .bind(self.hour)
            .execute(connection)
            .await
            .map_err(StoreError::while_doing("note that an hour is merged"))?;
        Ok(())
    }
}
