//! What is rolled up already, in the place of the samples.

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::block::{AnswerBounds, SeriesExtent};
use super::question::SampleQuery;
use crate::message::{Timestamp, Topic, TopicFilter};
use crate::store::answer::RawSample;
use crate::store::bucket::{Buckets, DAY, Grid, HOUR, MINUTE};
use crate::store::catalog::FoundSeries;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::rollups::{MINUTES, NO_MINUTES, Rollup, WHOLE, rollup_at};
use crate::store::wire::Instant;

impl Store {
    /// The rollups of a series that buckets of this width can be made of, by time, none within another.
    /// Each says what all samples come to that the answer has of its hours: of an hour of which some
    /// are hot, or not rolled up yet, there is none. Where samples have gone, they are all there is.
    pub(super) async fn rolled(
        &self,
        asked: &SampleQuery,
        series: &FoundSeries,
        bounds: AnswerBounds,
        hot: &[RawSample],
        grid: &Grid,
    ) -> Result<Vec<Rollup>, StoreError> {
        // Two series as one may be at the same time.
        if !grid.has_whole_minutes() || series.also.is_some() {
            return Ok(Vec::new());
        }
        let gone_before = self.samples_gone_before(&series.topic);
        let width = grid.least_width();
        let longest: i16 = if width >= DAY { 24 } else { 1 };
        let is_whole = width >= HOUR;
        let minutes = if is_whole { NO_MINUTES } else { MINUTES };
        let statement = format!(
            "select {WHOLE}, {minutes} from unspool.rollup_all r
             where series_id = $1 and hours <= $2 and start >= $3
                and start <= $4::timestamptz - hours * interval '1 hour'
                and seq_max < $5 and seq_max <= $6
                and ($7 or minutes > 0)
                and (start < $8 or not exists (
                    select from unspool.unmerged_hour u
                    where u.hour >= r.start and u.hour < r.start + r.hours * interval '1 hour'
                ))
             order by start, hours desc"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(series.id)
            .bind(longest)
            .bind(Instant(asked.from))
            .bind(Instant(asked.to))
            .bind(bounds.sealed_to.0.cast_signed())
            .bind(bounds.up_to.0.cast_signed())
            .bind(is_whole)
            .bind(Instant(gone_before))
            .fetch_all(&self.state().readers);
        let doing = "read rollups";
        let rows = self.ask(doing, rows).await?;
        let hot: BTreeSet<i64> = hot.iter().map(|it| it.time.0.div_euclid(HOUR)).collect();
        let (mut rolled, mut end): (Vec<Rollup>, _) = (Vec::new(), asked.from);
        for row in &rows {
            let start = row.get::<Instant, _>(1).0;
            let hours = i64::from(row.get::<i16, _>(0));
            let first = start.0.div_euclid(HOUR);
            let is_hot = hot.range(first..first + hours).next().is_some();
            let is_gone = start < gone_before;
            if start < end || is_hot && !is_gone {
                continue;
            }
            let rollup = rollup_at(row, 0).map_err(StoreError::while_doing(doing))?;
            let says_all = if is_whole {
                rollup.has_states() && grid.holds(start, rollup.end())
            } else {
                rollup.is_of_numbers()
            };
            // Of hours that have gone, there is nothing else: they count where they begin.
            let is_all_there_is = is_gone && (hours == 1 || says_all);
            if is_all_there_is || says_all && asked.details.is_none() {
                end = rollup.end();
                rolled.push(rollup);
            }
        }
        Ok(rolled)
    }

    /// Before this instant samples of a topic have gone.
    fn samples_gone_before(&self, topic: &Topic) -> Timestamp {
        let filter = TopicFilter::new(topic.as_str()).ok();
        let kept = filter.and_then(|filter| self.samples_kept_from(&filter));
        kept.unwrap_or(Timestamp(NEVER))
    }

    /// What is only rolled up any more in the time asked for, of each of these series that has some,
    /// and the least width of buckets that it can be shown in.
    pub(super) async fn rolled_extents(
        &self,
        asked: &SampleQuery,
        series: &[FoundSeries],
    ) -> Result<HashMap<i32, (SeriesExtent, i64), FixedState>, StoreError> {
        let gone = series
            .iter()
            .map(|it| (it.id, self.samples_gone_before(&it.topic)));
        let gone = gone.filter(|(_, before)| *before > asked.from);
        let (ids, before): (Vec<i32>, Vec<Instant>) =
            gone.map(|(id, before)| (id, Instant(before))).unzip();
        if ids.is_empty() {
            return Ok(HashMap::default());
        }
        let rows = sqlx::query(
            "select r.series_id, sum(r.n)::bigint, min(r.start), max(r.start + interval '1 hour'),
                bool_and(r.minutes > 0)
             from unnest($1::integer[], $2::timestamptz[]) as gone (series_id, before)
             join unspool.rollup_all r on r.series_id = gone.series_id and r.start < gone.before
             where r.hours = 1 and r.start >= $3 and r.start < $4 and not exists (
                select from unspool.sample_block_all b
                where b.series_id = r.series_id and b.t_min >= r.start
                    and b.t_min < r.start + interval '1 hour'
             )
             group by r.series_id",
        )
        .bind(ids)
        .bind(before)
        .bind(Instant(asked.from))
        .bind(Instant(asked.to))
        .fetch_all(&self.state().readers);
        let rows = self.ask("count what is rolled up", rows).await?;
        let extent = |row: &PgRow| {
            let extent = SeriesExtent {
                samples: row.get::<i64, _>(1).unsigned_abs(),
                from: row.get::<Instant, _>(2).0,
                to: row.get::<Instant, _>(3).0,
            };
            let width = if row.get(4) { MINUTE } else { HOUR };
            (row.get(0), (extent, width))
        };
        Ok(rows.iter().map(extent).collect())
    }
}

/// No sample is before this.
const NEVER: i64 = i64::MIN / 2;

impl Rollup {
    /// The first instant behind it.
    pub(super) fn end(&self) -> Timestamp {
        Timestamp(self.start.0 + i64::from(self.hours) * HOUR)
    }

    /// Adds it to buckets: whole, or minute by minute where they are narrower than an hour.
    pub(super) fn add_to(&self, buckets: &mut Buckets, grid: &Grid) {
        if grid.least_width() >= HOUR {
            if let Some(numbers) = &self.numbers {
                buckets.append(numbers);
            }
            if let Some(states) = &self.states {
                buckets.append_states(states);
            }
        } else {
            for minute in &self.minutes {
                buckets.append(minute);
            }
        }
    }
}
