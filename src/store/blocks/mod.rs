//! Blocks of sealed samples: those of one series in at most one hour.

mod columns;
mod integers;
mod numbers;
mod texts;

use std::collections::{BTreeSet, HashMap};

use foldhash::fast::FixedState;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

pub(super) use self::columns::{SAMPLES, samples_at};
pub(super) use self::integers::{pack, unpack};
pub(super) use self::numbers::Numbers;
use super::answer::RawSample;
use super::bucket::{Aggregate, HOUR};
use super::error::StoreError;
use super::retention::{ClassId, Sealed, has_chunk};
use super::wire::{CopyRows, Instant};
use crate::message::Timestamp;

/// A block whose samples need more room gets so much more, as a part of what it has: all that there
/// are may need it for one and the same message.
const GROWTH: usize = 8;
const GROWTH_MIN: usize = 4;

/// Of how many series, and about how many samples, blocks are read again in one transaction.
pub(super) const PIECE_SERIES: i64 = 2_000;
const PIECE_SAMPLES: i64 = 200_000;

/// How much is sent at a time.
const PIECE_BYTES: usize = 1 << 20;

/// What a block takes beside its samples: its place in the map, which may be half empty.
const BLOCK_BYTES: usize = 96;

/// Samples by class of retention, series and hour of event time.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    blocks: HashMap<(ClassId, i32, i64), Vec<RawSample>, FixedState>,
    bytes: usize,
}

impl Blocks {
    /// Adds a sample of a series, which is of a class of retention.
    pub(super) fn add(&mut self, (series, class): (i32, ClassId), sample: RawSample) {
        self.bytes += sample.text.as_ref().map_or(0, String::capacity);
        let block = self
            .blocks
            .entry((class, series, sample.time.0.div_euclid(HOUR)));
        let block = block.or_insert_with(|| {
            self.bytes += BLOCK_BYTES;
            Vec::new()
        });
        let room = block.capacity();
        if block.len() == room {
            block.reserve_exact((room / GROWTH).max(GROWTH_MIN));
        }
        block.push(sample);
        self.bytes += (block.capacity() - room) * size_of::<RawSample>();
    }

    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.blocks.len()
    }

    /// How much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether what the samples of one message need might take them beyond so many bytes.
    pub(super) fn are_full(&self, bytes_max: usize) -> bool {
        self.bytes + self.bytes / GROWTH >= bytes_max
    }

    /// Writes them to the tables of their classes. Where there are hypertables, which have a chunk for
    /// each day, what is far from now goes to a table beside them.
    pub(super) async fn write(
        self,
        connection: &mut PgConnection,
        has_hypertables: bool,
    ) -> Result<(), StoreError> {
        let now = Timestamp::now();
        let is_apart = |hour: i64| has_hypertables && !has_chunk(Timestamp(hour * HOUR), now);
        let blocks = self.blocks.into_iter();
        let blocks = blocks.map(|((class, series, hour), samples)| {
            ((class, is_apart(hour), series, hour), samples)
        });
        let mut blocks: Vec<_> = blocks.collect();
        blocks.sort_unstable_by_key(|(key, _)| *key);
        let hours = blocks
            .iter()
            .map(|((class, _, _, hour), _)| (*class, *hour));
        note_hours(connection, hours.collect()).await?;
        let mut blocks = blocks.into_iter().peekable();
        while let Some(((class, is_apart, ..), _)) = blocks.peek() {
            let of = (*class, *is_apart);
            let of_table = std::iter::from_fn(|| blocks.next_if(|(key, _)| (key.0, key.1) == of));
            let of_table = of_table.map(|((.., series, _), samples)| (series, samples));
            let mut table = Sealed::Samples.table(of.0);
            if of.1 {
                table += "_default";
            }
            copy(connection, &table, of_table).await?;
        }
        Ok(())
    }

    /// Writes them all to one table, from which they have been taken.
    pub(super) async fn write_back(
        self,
        connection: &mut PgConnection,
        table: &str,
    ) -> Result<(), StoreError> {
        let mut blocks: Vec<_> = self.blocks.into_iter().collect();
        if blocks.is_empty() {
            return Ok(());
        }
        blocks.sort_unstable_by_key(|(key, _)| *key);
        let blocks = blocks.into_iter();
        copy(
            connection,
            table,
            blocks.map(|((_, series, _), samples)| (series, samples)),
        )
        .await
    }
}

/// Notes that these hours have got something, so that it is merged with what they have.
async fn note_hours(
    connection: &mut PgConnection,
    hours: BTreeSet<(ClassId, i64)>,
) -> Result<(), StoreError> {
    let hours = hours.into_iter();
    let (classes, hours): (Vec<i16>, Vec<Instant>) = hours
        .map(|(class, hour)| (class.0, Instant(Timestamp(hour * HOUR))))
        .unzip();
    sqlx::query(
        "insert into unspool.unmerged_hour (class, hour)
         select * from unnest($1::smallint[], $2::timestamptz[])
         on conflict (class, hour) do update set touched_at = now()",
    )
    .bind(classes)
    .bind(hours)
    .execute(connection)
    .await
    .map_err(StoreError::while_doing("note the hours of what is sealed"))?;
    Ok(())
}

/// Of rows of series and how many samples they have, the series of those that are one piece of work: at
/// least the first.
pub(super) fn series_of_piece(rows: &[PgRow]) -> Vec<i32> {
    let mut samples = 0;
    let fit = rows.iter().take_while(|row| {
        let is_first = samples == 0;
        samples += row.get::<i64, _>(1).max(1);
        is_first || samples <= PIECE_SAMPLES
    });
    fit.map(|row| row.get(0)).collect()
}

/// Writes blocks to the table of their class.
async fn copy(
    connection: &mut PgConnection,
    table: &str,
    blocks: impl Iterator<Item = (i32, Vec<RawSample>)>,
) -> Result<(), StoreError> {
    let failed = StoreError::while_doing("write sealed samples");
    let statement = format!(
        "copy unspool.{table} (series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, \
         numbers, least, greatest, total, initial, final, {}) from stdin (format binary)",
        columns::WRITTEN
    );
    let mut copy = connection.copy_in_raw(&statement).await.map_err(&failed)?;
    let mut rows = CopyRows::with_capacity(PIECE_BYTES);
    for (series, mut samples) in blocks {
        samples.sort_by_key(|sample| (sample.time, sample.seq));
        encode(series, &samples, &mut rows);
        if rows.len() > PIECE_BYTES {
            copy.send(rows.take(PIECE_BYTES)).await.map_err(&failed)?;
        }
    }
    copy.send(rows.finish()).await.map_err(&failed)?;
    copy.finish().await.map_err(&failed)?;
    Ok(())
}

fn encode(series: i32, samples: &[RawSample], rows: &mut CopyRows) {
    let time = |sample: Option<&RawSample>| sample.map_or(Timestamp(0), |sample| sample.time);
    let seqs = samples.iter().map(|sample| sample.seq.0.cast_signed());
    let summary = Aggregate::of_all(samples);
    rows.row(14 + columns::WRITTEN_COUNT);
    rows.int4(series);
    rows.int4(i32::try_from(samples.len()).unwrap_or(i32::MAX));
    rows.instant(time(samples.first()));
    rows.instant(time(samples.last()));
    rows.int8(seqs.clone().next().unwrap_or_default());
    rows.int8(seqs.clone().next_back().unwrap_or_default());
    rows.int8(seqs.clone().min().unwrap_or_default());
    rows.int8(seqs.clone().max().unwrap_or_default());
    let count = summary.map_or(0, |summary| summary.count);
    rows.int4(i32::try_from(count).unwrap_or(i32::MAX));
    rows.float8(summary.map(|summary| summary.min));
    rows.float8(summary.map(|summary| summary.max));
    rows.float8(summary.map(|summary| summary.sum));
    rows.float8(summary.map(|summary| summary.first));
    rows.float8(summary.map(|summary| summary.last));
    columns::put(samples, rows);
}
