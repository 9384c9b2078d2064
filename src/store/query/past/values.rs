//! One value of each series: the last one at a moment.

use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Row as _, query};

use super::messages::LastMessages;
use super::moment::Moment;
use crate::message::{Offset, Timestamp};
use crate::store::answer::RawSample;
use crate::store::blocks::{SAMPLES, samples_at};
use crate::store::bucket::{DAY, HOUR};
use crate::store::catalog::FoundSeries;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::query::block::hour_of;
use crate::store::slots::HOT_FROM;
use crate::store::wire::Instant;

/// How far back a value is looked for: in two hours, a day, a month, anywhere.
const SPANS: [i64; 4] = [2 * HOUR, DAY, 32 * DAY, i64::MAX / 2];

/// Values by the number of their series.
pub(in crate::store::query) type SeriesValues = HashMap<i32, RawSample, FixedState>;

/// What the last block of each series has.
#[derive(Default)]
struct LastBlocks {
    found: SeriesValues,
    /// Of these there are other blocks in that hour, or nothing in it counts.
    several: HashSet<i32, FixedState>,
}

/// The hour in which the last samples of a series are, and the last one that counts.
type LastHours = HashMap<i32, (Timestamp, Option<RawSample>), FixedState>;

/// Looks for the last values of series at a moment.
pub(in crate::store::query) struct LastValues<'a> {
    store: &'a Store,
    moment: Moment,
    /// Only what came in this message or before it.
    up_to: Offset,
}

impl<'a> LastValues<'a> {
    pub(in crate::store::query) fn new(store: &'a Store, moment: Moment, up_to: Offset) -> Self {
        Self {
            store,
            moment,
            up_to,
        }
    }

    /// The last value of each series by event time.
    pub(in crate::store::query) async fn by_time(
        &self,
        series: &[FoundSeries],
    ) -> Result<SeriesValues, StoreError> {
        let at = self.moment.time();
        let mut values = SeriesValues::default();
        let sealed_to = self.hot_values(series, &mut values).await?;
        let ids = series.iter().flat_map(FoundSeries::ids);
        let mut sought: Vec<(i32, Timestamp)> = ids.map(|id| (id, at)).collect();
        for span in SPANS {
            let here = std::mem::take(&mut sought);
            // Most hours are merged, and have one block of a series.
            let LastBlocks { found, several } = self.last_blocks(&here, span, sealed_to).await?;
            let mut whole: Vec<(i32, Timestamp)> = Vec::new();
            for (id, to) in here {
                if let Some(sample) = found.get(&id) {
                    self.keep(&mut values, id, sample.clone());
                } else if several.contains(&id) {
                    whole.push((id, to));
                } else {
                    sought.push((id, to));
                }
            }
            while !whole.is_empty() {
                let mut hours = self.last_hours(&whole, span, sealed_to).await?;
                let mut earlier = Vec::new();
                for (id, to) in whole {
                    match hours.remove(&id) {
                        None => sought.push((id, to)),
                        Some((_, Some(sample))) => self.keep(&mut values, id, sample),
                        // All of that came later than is asked about.
                        Some((hour, None)) => earlier.push((id, Timestamp(hour.0 - 1))),
                    }
                }
                whole = earlier;
            }
        }
        Ok(values)
    }

    /// The last value of each series by receipt. Most are of the last messages of their topics.
    pub(super) async fn by_receipt(
        &self,
        series: &[FoundSeries],
        messages: &LastMessages,
    ) -> Result<SeriesValues, StoreError> {
        let mut values = SeriesValues::default();
        let sealed_to = self.hot_values(series, &mut values).await?;
        let (mut near, mut far) = (Vec::new(), Vec::new());
        for series in series {
            let message = messages.get(&series.topic_id);
            for id in series.ids() {
                match message {
                    // What is hot is the newest end.
                    _ if values.contains_key(&id) => {}
                    Some(message) => near.push((id, message.offset, message.received_at)),
                    None => far.push(id),
                }
            }
        }
        self.values_of(&near, sealed_to, &mut values).await?;
        let is_last = |(id, seq, _): &&(i32, Offset, Timestamp)| {
            values.get(id).is_some_and(|value| value.seq == *seq)
        };
        far.extend(near.iter().filter(|it| !is_last(it)).map(|(id, ..)| *id));
        self.values_anywhere(&far, sealed_to, &mut values).await?;
        Ok(values)
    }

    /// Keeps a sample as a value, unless there is one that counts before it.
    fn keep(&self, values: &mut SeriesValues, id: i32, sample: RawSample) {
        let moment = self.moment;
        let known = values.get(&id).map(|known| moment.rank(known));
        if known.is_none_or(|known| known <= moment.rank(&sample)) {
            values.insert(id, sample);
        }
    }

    /// Of what is hot, the last value of each series, and below which `seq` everything was sealed.
    /// Where the time of samples is that of receipt, and where only receipt counts, the last messages
    /// of a topic with the same series are enough.
    async fn hot_values(
        &self,
        series: &[FoundSeries],
        values: &mut SeriesValues,
    ) -> Result<Offset, StoreError> {
        let store = self.store;
        let hot_from = store.state().slots.hot_from();
        let topic_ids = topic_ids(series);
        if self.up_to < hot_from || store.state().catalog.last_of(&topic_ids) < hot_from {
            return Ok(hot_from);
        }
        let hot_rows = store.state().slots.hot_rows();
        let statement = format!(
            "with h as materialized ({HOT_FROM}),
             last as materialized (
                select max(m.seq) as seq from {hot_rows} as m
                where m.topic_id = any($1) and m.series is not null
                    and m.seq >= (select first_seq from h) and m.seq <= $2
                    and ($4 or m.times is null and m.received_at <= $3)
                group by m.topic_id, m.series
             ),
             hot as (
                select u.series_id, coalesce(u.time, m.received_at) as time, m.seq, u.value, u.text
                from last
                join {hot_rows} as m on m.seq = last.seq
                cross join lateral unnest(m.series, m.times, m.\"values\", m.texts)
                    as u (series_id, time, value, text)
                where m.seq >= (select first_seq from h)
                union all
                (select distinct on (u.series_id) u.series_id, u.time, m.seq, u.value, u.text
                from {hot_rows} as m
                cross join lateral unnest(m.series, m.times, m.\"values\", m.texts)
                    as u (series_id, time, value, text)
                where not $4 and m.times is not null and m.topic_id = any($1)
                    and m.seq >= (select first_seq from h) and m.seq <= $2 and u.time <= $3
                order by u.series_id, u.time desc, m.seq desc)
             )
             select hot.series_id, hot.time, hot.seq, hot.value, hot.text, h.first_seq
             from h left join hot on true"
        );
        let is_by_receipt = matches!(self.moment, Moment::Receipt(_));
        let rows = query(AssertSqlSafe(statement))
            .bind(topic_ids)
            .bind(self.up_to.0.cast_signed())
            .bind(Instant(self.moment.time()))
            .bind(is_by_receipt)
            .fetch_all(&store.state().readers);
        let rows = store.ask("read hot samples of a moment", rows).await?;
        for row in &rows {
            if let Some(id) = row.get::<Option<i32>, _>(0) {
                self.keep(values, id, sample(row));
            }
        }
        let sealed_to = rows.first().map_or(0, |row| row.get::<i64, _>(5));
        Ok(Offset(sealed_to.cast_unsigned()))
    }

    /// The last value of each of these series, up to its time and no further back than a span of time,
    /// where the last block that begins by then is the only one of its hour.
    async fn last_blocks(
        &self,
        sought: &[(i32, Timestamp)],
        span: i64,
        sealed_to: Offset,
    ) -> Result<LastBlocks, StoreError> {
        let columns = SAMPLES.map(|column| format!("b.{column}")).join(", ");
        let statement = format!(
            "select s.id, {columns}
             from unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) as s (id, begins, ends)
             cross join lateral (
                select * from unspool.sample_block_all b
                where b.series_id = s.id and b.t_min >= s.begins and b.t_min <= s.ends
                    and b.seq_min < $4 and b.seq_min <= $5
                order by b.t_min desc limit 2
             ) b"
        );
        let mut last = LastBlocks::default();
        let mut hours: HashMap<i32, Timestamp, FixedState> = HashMap::default();
        let read = async {
            let mut blocks = self.bound(query(AssertSqlSafe(statement)), sought, span, sealed_to);
            while let Some(block) = blocks.try_next().await? {
                let id = block.get(0);
                let hour = hour_of(block.get::<Instant, _>(2).0);
                match hours.get(&id) {
                    Some(known) if *known == hour => {
                        last.several.insert(id);
                        last.found.remove(&id);
                    }
                    Some(_) => {}
                    None => {
                        hours.insert(id, hour);
                        match self.last_in(samples_at(&block, 1)?, sealed_to) {
                            Some(sample) => last.found.insert(id, sample).is_some(),
                            None => last.several.insert(id),
                        };
                    }
                }
            }
            Ok(())
        };
        let doing = "read the last blocks before a moment";
        self.store.ask(doing, read).await?;
        Ok(last)
    }

    /// The last sample of a block that counts.
    fn last_in(&self, samples: Vec<RawSample>, sealed_to: Offset) -> Option<RawSample> {
        let at = self.moment.time();
        let mut samples = samples.into_iter().rev();
        samples.find(|it| it.time <= at && it.seq <= self.up_to && it.seq < sealed_to)
    }

    /// Asks a statement about series, each up to a time and no further back than a span of time.
    fn bound<'q>(
        &'q self,
        statement: Query<'q, Postgres, PgArguments>,
        sought: &[(i32, Timestamp)],
        span: i64,
        sealed_to: Offset,
    ) -> BoxStream<'q, Result<PgRow, sqlx::Error>> {
        let ids: Vec<i32> = sought.iter().map(|(id, _)| *id).collect();
        // Whole hours: another block of the same one may begin earlier.
        let begins = sought.iter().map(|(_, to)| to.0.saturating_sub(span));
        let begins: Vec<Instant> = begins
            .map(|from| Instant(hour_of(Timestamp(from))))
            .collect();
        let ends: Vec<Instant> = sought.iter().map(|(_, to)| Instant(*to)).collect();
        statement
            .bind(ids)
            .bind(begins)
            .bind(ends)
            .bind(sealed_to.0.cast_signed())
            .bind(self.up_to.0.cast_signed())
            .fetch(&self.store.state().readers)
    }

    /// The last hour with samples of each of these series, up to its time and no further back than a
    /// span of time.
    async fn last_hours(
        &self,
        sought: &[(i32, Timestamp)],
        span: i64,
        sealed_to: Offset,
    ) -> Result<LastHours, StoreError> {
        let columns = SAMPLES.map(|column| format!("b.{column}")).join(", ");
        let statement = format!(
            "select s.id, {columns}
             from unnest($1::integer[], $2::timestamptz[], $3::timestamptz[]) as s (id, begins, ends)
             cross join lateral (
                select date_bin('1 hour', b.t_min, timestamptz '2001-01-01T00:00:00Z') as hour
                from unspool.sample_block_all b
                where b.series_id = s.id and b.t_min >= s.begins and b.t_min <= s.ends
                    and b.seq_min < $4 and b.seq_min <= $5
                order by b.t_min desc limit 1
             ) last
             cross join lateral (
                select * from unspool.sample_block_all b
                where b.series_id = s.id and b.t_min >= last.hour and b.t_min <= s.ends
                    and b.seq_min < $4 and b.seq_min <= $5
             ) b"
        );
        let mut hours = LastHours::default();
        let read = async {
            let mut blocks = self.bound(query(AssertSqlSafe(statement)), sought, span, sealed_to);
            while let Some(block) = blocks.try_next().await? {
                let samples = samples_at(&block, 1)?;
                let hour = samples.first().map_or(Timestamp(0), |it| hour_of(it.time));
                let (_, last) = hours.entry(block.get(0)).or_insert((hour, None));
                if let Some(sample) = self.last_in(samples, sealed_to) {
                    let rank = |it: &RawSample| self.moment.rank(it);
                    if last.as_ref().is_none_or(|last| rank(last) < rank(&sample)) {
                        *last = Some(sample);
                    }
                }
            }
            Ok(())
        };
        let doing = "read the last samples before a moment";
        self.store.ask(doing, read).await?;
        Ok(hours)
    }

    /// The values that came in these messages, as far as they are about as old as their messages.
    async fn values_of(
        &self,
        wanted: &[(i32, Offset, Timestamp)],
        sealed_to: Offset,
        values: &mut SeriesValues,
    ) -> Result<(), StoreError> {
        let columns = SAMPLES.map(|column| format!("b.{column}")).join(", ");
        let statement = format!(
            "select s.id, {columns}
             from unnest($1::integer[], $2::bigint[], $3::timestamptz[]) as s (id, seq, received_at)
             cross join lateral (
                select * from unspool.sample_block_all b
                where b.series_id = s.id and b.seq_min <= s.seq and b.seq_max >= s.seq
                    and b.t_min >= s.received_at - interval '1 hour'
                    and b.t_min <= s.received_at + interval '1 minute'
             ) b"
        );
        let ids: Vec<i32> = wanted.iter().map(|(id, ..)| *id).collect();
        let seqs: Vec<i64> = wanted.iter().map(|it| it.1.0.cast_signed()).collect();
        let times: Vec<Instant> = wanted.iter().map(|it| Instant(it.2)).collect();
        let blocks = query(AssertSqlSafe(statement))
            .bind(ids)
            .bind(seqs)
            .bind(times)
            .fetch(&self.store.state().readers);
        self.keep_known(blocks, sealed_to, values).await
    }

    /// The last values of these series, however old they are: each is in the newest block of those
    /// that had all come, or in one of which a part had.
    async fn values_anywhere(
        &self,
        ids: &[i32],
        sealed_to: Offset,
        values: &mut SeriesValues,
    ) -> Result<(), StoreError> {
        if ids.is_empty() {
            return Ok(());
        }
        let columns = SAMPLES.map(|column| format!("b.{column}")).join(", ");
        let statement = format!(
            "select s.id, {columns}
             from unnest($1::integer[]) as s (id)
             cross join lateral (
                (select * from unspool.sample_block_all b
                where b.series_id = s.id and b.seq_max <= $2
                order by b.seq_max desc limit 1)
                union all
                select * from unspool.sample_block_all b
                where b.series_id = s.id and b.seq_min <= $2 and b.seq_max > $2
             ) b"
        );
        let blocks = query(AssertSqlSafe(statement))
            .bind(ids)
            .bind(self.up_to.0.cast_signed())
            .fetch(&self.store.state().readers);
        self.keep_known(blocks, sealed_to, values).await
    }

    /// Keeps of blocks what had come by then.
    async fn keep_known(
        &self,
        mut blocks: impl futures_util::Stream<Item = Result<PgRow, sqlx::Error>> + Unpin,
        sealed_to: Offset,
        values: &mut SeriesValues,
    ) -> Result<(), StoreError> {
        let read = async {
            while let Some(block) = blocks.try_next().await? {
                let known = samples_at(&block, 1)?.into_iter();
                let known = known.filter(|it| it.seq <= self.up_to && it.seq < sealed_to);
                if let Some(sample) = known.max_by_key(|it| self.moment.rank(it)) {
                    self.keep(values, block.get(0), sample);
                }
            }
            Ok(())
        };
        self.store
            .ask("read the last samples that had come", read)
            .await
    }
}

/// The topics that the samples of these series came on.
fn topic_ids(series: &[FoundSeries]) -> Vec<i32> {
    let own = series.iter().map(|it| it.topic_id);
    let also = series.iter().filter_map(|it| Some(it.also?.1));
    let mut ids: Vec<i32> = own.chain(also).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn sample(row: &PgRow) -> RawSample {
    RawSample {
        time: row.get::<Instant, _>(1).0,
        seq: Offset(row.get::<i64, _>(2).cast_unsigned()),
        value: row.get(3),
        text: row.get(4),
    }
}
