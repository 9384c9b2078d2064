//! Samples, hot and sealed, by event time: raw or in buckets.

use std::collections::HashMap;
use std::iter::Peekable;

use foldhash::fast::FixedState;
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::block::{AnswerBounds, SeriesExtent, hour_of};
use super::past::{LastValues, Moment, SeriesValues};
use super::question::{Resolution, SampleQuery};
use super::sample_set::{SampleSet, Samples, SeriesSamples};
use crate::message::{Offset, Timestamp};
use crate::store::answer::RawSample;
use crate::store::bucket::{Bucket, BucketWish, Buckets, Gaps, Grid, HOUR, nice_width};
use crate::store::catalog::FoundSeries;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::slots::HOT_FROM;
use crate::store::wire::Instant;

/// The most buckets of one series.
const BUCKETS_MAX: usize = 100_000;

/// What was hot of each series.
type Hot = HashMap<i32, Vec<RawSample>, FixedState>;

impl Store {
    /// The samples asked for.
    pub async fn samples(&self, query: &SampleQuery) -> Result<SampleSet, StoreError> {
        // First of all: the slots that are looked at later have everything up to here.
        let complete_to = query
            .up_to
            .map_or(self.complete_to(), |up_to| up_to.min(self.complete_to()));
        let (series, truncated) = self.state().catalog.find_series(
            &query.scope,
            query.path.as_deref(),
            query.series_limit,
        );
        let mut set = SampleSet {
            grid: None,
            complete_to,
            truncated,
            series: Vec::new(),
        };
        if series.is_empty() || query.from >= query.to {
            return Ok(set);
        }
        let (sealed_to, mut hot) = self.hot_samples(query, &series, complete_to).await?;
        let bounds = AnswerBounds {
            sealed_to,
            up_to: complete_to,
        };
        let (grid, limit) = match &query.resolution {
            Resolution::Every(grid) => (Some(grid.clone()), usize::MAX),
            Resolution::Raw(limit) => (None, *limit),
            Resolution::Points(points) => {
                let width = self.width_for(query, &series, bounds, &hot, *points);
                (width.await?.map(Grid::even), *points)
            }
        };
        let mut before = if query.carries {
            let at = Moment::EventTime(Timestamp(query.from.0.saturating_sub(1)));
            let values = LastValues::new(self, at, complete_to);
            values.by_time(&series).await?
        } else {
            SeriesValues::default()
        };
        set.grid.clone_from(&grid);
        for found in series {
            let carried = found.ids().filter_map(|id| before.remove(&id));
            let carried = carried.max_by_key(|sample| (sample.time, sample.seq));
            let mut hot_of = hot.remove(&found.id).unwrap_or_default();
            if let Some(also) = found.also.and_then(|(id, _)| hot.remove(&id)) {
                hot_of.extend(also);
                hot_of.sort_by_key(|sample| (sample.time, sample.seq));
            }
            let (samples, more) = if let Some(grid) = &grid {
                let work = self.buckets(query, &found, bounds, (hot_of, carried.as_ref()), grid);
                let (buckets, more) = work.await?;
                (Samples::Buckets(buckets), more)
            } else {
                let (raw, more) = self.raw(query, &found, bounds, hot_of, limit).await?;
                (Samples::Raw(raw), more)
            };
            set.truncated |= more;
            set.series.push(SeriesSamples {
                topic: found.topic,
                path: found.path,
                kind: found.kind,
                unit: found.unit,
                description: found.description,
                time_source: found.time_source,
                before: carried,
                samples,
            });
        }
        Ok(set)
    }

    /// The hot samples of these series, and below which `seq` everything was sealed when they
    /// were read.
    async fn hot_samples(
        &self,
        query: &SampleQuery,
        series: &[FoundSeries],
        up_to: Offset,
    ) -> Result<(Offset, Hot), StoreError> {
        let mut hot = Hot::default();
        let mut topics = Vec::new();
        for series in series {
            let own = (series.id, series.topic_id);
            for (id, topic_id) in [Some(own), series.also].into_iter().flatten() {
                hot.insert(id, Vec::new());
                topics.push(topic_id);
            }
        }
        topics.sort_unstable();
        topics.dedup();
        let hot_from = self.state().slots.hot_from();
        if self.state().catalog.last_of(&topics) < hot_from {
            return Ok((hot_from, hot));
        }
        let hot_rows = self.state().slots.hot_rows();
        let statement = format!(
            "with h as materialized ({HOT_FROM})
             select h.first_seq, m.seq, m.received_at, m.series, m.times, m.\"values\", m.texts
             from h
             left join (
                select * from {hot_rows} as hot
                where topic_id = any($1) and series is not null
                    and seq >= (select first_seq from h) and seq <= $4
                    and (times is not null or received_at >= $2 and received_at < $3)
             ) m on true"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind(topics)
            .bind(Instant(query.from))
            .bind(Instant(query.to))
            .bind(up_to.0.cast_signed())
            .fetch_all(&self.state().readers);
        let doing = "read hot samples";
        let rows = self.ask(doing, rows).await?;
        for row in &rows {
            sort_out(row, query, &mut hot).map_err(StoreError::while_doing(doing))?;
        }
        for samples in hot.values_mut() {
            samples.sort_by_key(|sample| (sample.time, sample.seq));
        }
        let sealed_to = rows.first().map_or(0, |row| row.get::<i64, _>(0));
        Ok((Offset(sealed_to.cast_unsigned()), hot))
    }

    /// The width of buckets with which a plot has about so many points; `None` where all samples
    /// are no more than that.
    async fn width_for(
        &self,
        query: &SampleQuery,
        series: &[FoundSeries],
        bounds: AnswerBounds,
        hot: &Hot,
        points: usize,
    ) -> Result<Option<i64>, StoreError> {
        let mut most = 0;
        let mut span: Option<(i64, i64)> = None;
        let mut widen = |from: i64, to: i64| {
            let (least, greatest) = span.unwrap_or((from, to));
            span = Some((least.min(from), greatest.max(to)));
        };
        let sealed = self.extents(query, series, bounds).await?;
        for found in series {
            let mut n = 0;
            for id in found.ids() {
                let hot = hot.get(&id).map_or(&[][..], Vec::as_slice);
                n += hot.len() as u64;
                if let (Some(first), Some(last)) = (hot.first(), hot.last()) {
                    widen(first.time.0, last.time.0);
                }
                if let Some(SeriesExtent { samples, from, to }) = sealed.get(&id) {
                    n += samples;
                    widen(from.0.max(query.from.0), to.0.min(query.to.0));
                }
            }
            most = most.max(n);
        }
        let mut least = None;
        for (extent, width) in self.rolled_extents(query, series).await?.into_values() {
            least = least.max(Some(width));
            widen(extent.from.0.max(query.from.0), extent.to.0.min(query.to.0));
        }
        let (from, to) = span.unwrap_or_default();
        let width = nice_width(to.saturating_sub(from), points);
        let is_wanted = most > points as u64 || least.is_some();
        Ok(is_wanted.then(|| width.max(least.unwrap_or(1))))
    }

    /// Of what is rolled up the rollups, of the rest the samples, in the order of time.
    async fn buckets(
        &self,
        query: &SampleQuery,
        series: &FoundSeries,
        bounds: AnswerBounds,
        (hot, before): (Vec<RawSample>, Option<&RawSample>),
        grid: &Grid,
    ) -> Result<(Vec<Bucket>, bool), StoreError> {
        let rolled = self.rolled(query, series, bounds, &hot, grid).await?;
        let wish = BucketWish {
            gaps: match query.resolution {
                _ if !query.with_gaps => Gaps::None,
                Resolution::Every(_) => Gaps::From(query.from),
                // How long the time asked for is has nothing to do with the width.
                _ => Gaps::Between,
            },
            details: query.details.clone(),
        };
        let mut buckets = Buckets::new(grid.clone(), wish);
        if let Some(before) = before {
            buckets.carry(before, query.from);
        }
        let is_rolled = |it: &RawSample| {
            let behind = rolled.partition_point(|rollup| rollup.start <= it.time);
            let before = behind.checked_sub(1).map(|at| &rolled[at]);
            before.is_some_and(|rollup| it.time < rollup.end())
        };
        let mut hot = hot.into_iter().filter(|it| !is_rolled(it)).peekable();
        let mut more = false;
        let read = async {
            let mut from = hour_of(query.from);
            for rollup in rolled.iter().map(Some).chain([None]) {
                let to = rollup.map_or(query.to, |rollup| rollup.start);
                if from < to {
                    let mut blocks = self.blocks(query, series, bounds, (from, to));
                    let mut of_hour: Vec<RawSample> = Vec::new();
                    while let Some(block) = blocks.try_next().await? {
                        let hour = |it: Option<&RawSample>| it.map(|it| it.time.0.div_euclid(HOUR));
                        let next = hour(block.first());
                        if next.is_some() && hour(of_hour.first()) != next {
                            let end = Timestamp(next.unwrap_or_default().saturating_mul(HOUR));
                            add_hour(&mut buckets, std::mem::take(&mut of_hour), &mut hot, end);
                        }
                        of_hour.extend(block);
                        if buckets.len() > BUCKETS_MAX {
                            more = true;
                            return Ok(());
                        }
                    }
                    add_hour(&mut buckets, of_hour, &mut hot, to);
                }
                if let Some(rollup) = rollup {
                    rollup.add_to(&mut buckets, grid);
                    from = rollup.end();
                }
                if buckets.len() > BUCKETS_MAX {
                    more = true;
                    break;
                }
            }
            Ok(())
        };
        self.ask("read sealed samples", read).await?;
        let until = query.to.min(Timestamp::now());
        Ok((buckets.finish(until), more))
    }

    /// Blocks come by hour, so that the rest need not be read once there are enough: what is in a
    /// later hour is later than all that has been read.
    async fn raw(
        &self,
        query: &SampleQuery,
        series: &FoundSeries,
        bounds: AnswerBounds,
        hot: Vec<RawSample>,
        limit: usize,
    ) -> Result<(Vec<RawSample>, bool), StoreError> {
        let mut samples = Vec::new();
        let read = async {
            let range = (hour_of(query.from), query.to);
            let mut blocks = self.blocks(query, series, bounds, range);
            let mut hour = None;
            while let Some(block) = blocks.try_next().await? {
                let Some(first) = block.first() else {
                    continue;
                };
                let of_block = first.time.0.div_euclid(HOUR);
                if samples.len() > limit && hour.is_some_and(|hour| of_block > hour) {
                    break;
                }
                hour = Some(of_block);
                samples.extend(block);
            }
            Ok(())
        };
        self.ask("read sealed samples", read).await?;
        samples.extend(hot);
        samples.sort_by_key(|sample| (sample.time, sample.seq));
        let more = samples.len() > limit;
        samples.truncate(limit);
        Ok((samples, more))
    }
}

/// Adds the sealed samples of an hour, with what is hot before `end`.
fn add_hour(
    buckets: &mut Buckets,
    mut samples: Vec<RawSample>,
    hot: &mut Peekable<impl Iterator<Item = RawSample>>,
    end: Timestamp,
) {
    while let Some(sample) = hot.next_if(|it| it.time < end) {
        samples.push(sample);
    }
    samples.sort_by_key(|sample| (sample.time, sample.seq));
    for sample in &samples {
        buckets.add(sample);
    }
}

/// Puts the samples of a hot row to their series.
fn sort_out(row: &PgRow, query: &SampleQuery, hot: &mut Hot) -> Result<(), sqlx::Error> {
    let Some(seq) = row.try_get::<Option<i64>, _>(1)? else {
        return Ok(());
    };
    let received_at = row.try_get::<Instant, _>(2)?.0;
    let series: Vec<i32> = row.try_get(3)?;
    let times: Option<Vec<Instant>> = row.try_get(4)?;
    let values: Vec<Option<f64>> = row.try_get(5)?;
    let texts: Option<Vec<Option<String>>> = row.try_get(6)?;
    for (at, series) in series.iter().enumerate() {
        let time = times.as_ref().and_then(|times| times.get(at));
        let time = time.map_or(received_at, |time| time.0);
        if let Some(samples) = hot.get_mut(series)
            && time >= query.from
            && time < query.to
        {
            samples.push(RawSample {
                time,
                seq: Offset(seq.cast_unsigned()),
                value: values.get(at).copied().flatten(),
                text: texts
                    .as_ref()
                    .and_then(|texts| texts.get(at).cloned().flatten()),
            });
        }
    }
    Ok(())
}
