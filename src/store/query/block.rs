//! Reading sealed samples.

use std::collections::HashMap;
use std::pin::Pin;

use foldhash::fast::FixedState;
use futures_util::{Stream, StreamExt as _};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _, query};

use super::question::SampleQuery;
use crate::message::{Offset, Timestamp};
use crate::store::answer::RawSample;
use crate::store::blocks::{SAMPLES, samples_at};
use crate::store::bucket::HOUR;
use crate::store::catalog::FoundSeries;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::wire::Instant;

/// Which of the sealed samples belong to an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerBounds {
    /// Those below; what was sealed later was hot when the hot ones were read.
    pub(super) sealed_to: Offset,
    /// Those up to and with it; what came later was not there yet.
    pub(super) up_to: Offset,
}

/// How many samples there are of a series, and between which times.
#[derive(Debug, Clone, Copy)]
pub(super) struct SeriesExtent {
    pub(super) samples: u64,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
}

impl Store {
    /// The samples of a series, block by block, of blocks that overlap the time asked for and begin in
    /// a range of time, by time.
    pub(super) fn blocks<'a>(
        &'a self,
        asked: &'a SampleQuery,
        series: &FoundSeries,
        bounds: AnswerBounds,
        (from, to): (Timestamp, Timestamp),
    ) -> Pin<Box<dyn Stream<Item = Result<Vec<RawSample>, sqlx::Error>> + Send + 'a>> {
        let statement = format!(
            "select {} from unspool.sample_block_all
             where series_id = any($1) and t_min >= $2 and t_min < $3 and t_max >= $4
                and seq_min < $5 and seq_min <= $6
             order by t_min",
            SAMPLES.join(", ")
        );
        query(AssertSqlSafe(statement))
            .bind(series.ids().collect::<Vec<_>>())
            .bind(Instant(from))
            .bind(Instant(to))
            .bind(Instant(asked.from))
            .bind(bounds.sealed_to.0.cast_signed())
            .bind(bounds.up_to.0.cast_signed())
            .fetch(&self.state().readers)
            .map(move |row| {
                let mut samples = samples_at(&row?, 0)?;
                let is_meant = |at: Timestamp| at >= asked.from && at < asked.to;
                samples.retain(|it| {
                    is_meant(it.time) && it.seq <= bounds.up_to && it.seq < bounds.sealed_to
                });
                Ok(samples)
            })
            .boxed()
    }

    /// How much there is of each series in the time asked for; counts whole blocks.
    pub(super) async fn extents(
        &self,
        asked: &SampleQuery,
        series: &[FoundSeries],
        bounds: AnswerBounds,
    ) -> Result<HashMap<i32, SeriesExtent, FixedState>, StoreError> {
        let ids: Vec<i32> = series.iter().flat_map(FoundSeries::ids).collect();
        let rows = query(
            "select series_id, sum(n)::bigint, min(t_min), max(t_max) from unspool.sample_block_all
             where series_id = any($1) and t_min >= $5 and t_min < $3
                and t_max >= $2 and seq_min < $4 and seq_min <= $6
             group by series_id",
        )
        .bind(ids)
        .bind(Instant(asked.from))
        .bind(Instant(asked.to))
        .bind(bounds.sealed_to.0.cast_signed())
        .bind(Instant(hour_of(asked.from)))
        .bind(bounds.up_to.0.cast_signed())
        .fetch_all(&self.state().readers);
        let rows = self.ask("count sealed samples", rows).await?;
        let extent = |row: PgRow| {
            let extent = SeriesExtent {
                samples: row.get::<i64, _>(1).unsigned_abs(),
                from: row.get::<Instant, _>(2).0,
                to: row.get::<Instant, _>(3).0,
            };
            (row.get(0), extent)
        };
        Ok(rows.into_iter().map(extent).collect())
    }
}

/// A block that reaches into a time begins in its hour.
pub(super) fn hour_of(time: Timestamp) -> Timestamp {
    Timestamp(time.0.div_euclid(HOUR).saturating_mul(HOUR))
}
