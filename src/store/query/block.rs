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
use crate::store::bucket::{Buckets, HOUR, Summary};
use crate::store::catalog::FoundSeries;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::wire::Instant;

/// What a block says: its samples, or only what they come to, where that is enough.
pub(super) enum Block {
    /// In the order of time and `seq`.
    Samples(Vec<RawSample>),
    Summary(Summary),
}

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
    /// The blocks of a series that overlap the time asked for, by time. For buckets of whole hours
    /// a block of numbers that is wholly inside gives its summary: it is of one hour, so of one
    /// bucket.
    pub(super) fn blocks<'a>(
        &'a self,
        asked: &'a SampleQuery,
        series: &FoundSeries,
        bounds: AnswerBounds,
        every: Option<i64>,
    ) -> Pin<Box<dyn Stream<Item = Result<Block, sqlx::Error>> + Send + 'a>> {
        let coarse = every.is_some_and(|every| every % HOUR == 0);
        let samples = SAMPLES.map(|column| format!("case when not w.enough then {column} end"));
        let statement = format!(
            "select t_min, t_max, seq_first, seq_last, numbers, least, greatest, total, initial, final,
                {}
             from unspool.sample_block_all
             cross join lateral (
                select $5 and t_min >= $2 and t_max < $3 and numbers = n
                    and seq_max < $4 and seq_max <= $7 as enough
             ) w
             where series_id = any($1) and t_min >= $6 and t_min < $3
                and t_max >= $2 and seq_min < $4 and seq_min <= $7
             order by t_min",
            samples.join(", ")
        );
        query(AssertSqlSafe(statement))
            .bind(series.ids().collect::<Vec<_>>())
            .bind(Instant(asked.from))
            .bind(Instant(asked.to))
            .bind(bounds.sealed_to.0.cast_signed())
            .bind(coarse)
            .bind(hour_before(asked.from))
            .bind(bounds.up_to.0.cast_signed())
            .fetch(&self.state().readers)
            .map(move |row| row.and_then(|row| Block::of(&row, bounds)))
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
        .bind(hour_before(asked.from))
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

/// A block that reaches into a time begins less than an hour before it.
fn hour_before(time: Timestamp) -> Instant {
    Instant(Timestamp(time.0.saturating_sub(HOUR)))
}

impl Block {
    fn of(row: &PgRow, bounds: AnswerBounds) -> Result<Self, sqlx::Error> {
        if row.try_get::<Option<i32>, _>(10)?.is_some() {
            let mut samples = samples_at(row, 10)?;
            samples.retain(|it| it.seq <= bounds.up_to && it.seq < bounds.sealed_to);
            return Ok(Self::Samples(samples));
        }
        let seq = |at| {
            row.try_get::<i64, _>(at)
                .map(|seq| Offset(seq.cast_unsigned()))
        };
        let number = |at| {
            row.try_get::<Option<f64>, _>(at)
                .map(Option::unwrap_or_default)
        };
        Ok(Self::Summary(Summary {
            count: u64::from(row.try_get::<i32, _>(4)?.unsigned_abs()),
            min: number(5)?,
            max: number(6)?,
            sum: number(7)?,
            first: number(8)?,
            last: number(9)?,
            first_at: (row.try_get::<Instant, _>(0)?.0, seq(2)?),
            last_at: (row.try_get::<Instant, _>(1)?.0, seq(3)?),
        }))
    }

    /// Whether nothing of it belongs to the answer.
    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Samples(samples) if samples.is_empty())
    }

    /// The hour of event time that it is in.
    pub(super) fn hour(&self) -> i64 {
        let time = match self {
            Self::Samples(samples) => samples.first().map_or(0, |sample| sample.time.0),
            Self::Summary(summary) => summary.first_at.0.0,
        };
        time.div_euclid(HOUR)
    }

    /// Adds what is inside the time asked for.
    pub(super) fn add_to(self, buckets: &mut Buckets, asked: &SampleQuery) {
        match self {
            Self::Samples(samples) => {
                for sample in samples {
                    if sample.time >= asked.from && sample.time < asked.to {
                        buckets.add(sample.time, sample.seq, sample.value);
                    }
                }
            }
            Self::Summary(summary) if summary.count > 0 => buckets.merge(&summary),
            Self::Summary(_) => {}
        }
    }
}
