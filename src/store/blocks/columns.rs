//! The samples of a block in the columns of its row.

use sqlx::Row as _;
use sqlx::postgres::PgRow;

use super::integers;
use super::numbers::Numbers;
use super::texts::{self, Texts};
use crate::message::{Offset, Timestamp};
use crate::store::answer::RawSample;
use crate::store::wire::{CopyRows, Instant};

/// The columns that the samples of a block are read from, in the order in which `samples_at` has them.
/// Blocks of the versions before 0.2 have all in arrays; so has what can't be packed.
pub(in crate::store) const SAMPLES: [&str; 12] = [
    "n",
    "t_min",
    "seq_first",
    "packed_times",
    "packed_seqs",
    "packed_values",
    "odd_at",
    "\"values\"",
    "packed_texts",
    "texts",
    "times",
    "seqs",
];

/// The columns in which `put` writes them, behind those that say what a block comes to.
pub(super) const WRITTEN: &str = "packed_times, packed_seqs, packed_values, odd_at, \"values\", packed_texts, texts, times, seqs";

/// How many columns these are.
pub(super) const WRITTEN_COUNT: i16 = 9;

/// Writes samples, which are in order of time and `seq`.
pub(super) fn put(samples: &[RawSample], rows: &mut CopyRows) {
    let (time, seq) = first_of(samples);
    let times = samples.iter().map(|it| it.time.0.checked_sub(time));
    let seqs = samples
        .iter()
        .map(|it| it.seq.0.cast_signed().checked_sub(seq));
    let [times, seqs] = [times.collect(), seqs.collect()]
        .map(|off: Option<Vec<i64>>| off.and_then(|off| integers::pack(&off)));
    let (Some(times), Some(seqs)) = (times, seqs) else {
        return put_arrays(samples, rows);
    };
    rows.bytes(&times);
    rows.bytes(&seqs);
    let values: Vec<_> = samples.iter().map(|it| it.value).collect();
    Numbers::of(&values).put(rows);
    let texts = Texts::of(samples.iter().map(|it| it.text.as_deref()).collect());
    rows.optional(texts.packed.as_deref());
    if texts.texts.is_empty() {
        rows.null();
    } else {
        rows.text_array(texts.texts.into_iter());
    }
    rows.null();
    rows.null();
}

fn put_arrays(samples: &[RawSample], rows: &mut CopyRows) {
    for _ in ["packed_times", "packed_seqs", "packed_values", "odd_at"] {
        rows.null();
    }
    rows.float8_array(samples.iter().map(|sample| sample.value));
    rows.null();
    if samples.iter().all(|sample| sample.text.is_none()) {
        rows.null();
    } else {
        rows.text_array(samples.iter().map(|sample| sample.text.as_deref()));
    }
    rows.instant_array(samples.iter().map(|sample| sample.time));
    rows.int8_array(samples.iter().map(|sample| sample.seq.0.cast_signed()));
}

fn first_of(samples: &[RawSample]) -> (i64, i64) {
    let first = samples.first();
    first.map_or((0, 0), |it| (it.time.0, it.seq.0.cast_signed()))
}

/// The samples of a block of which the columns from `at` on are `SAMPLES`, in order of time and `seq`.
pub(in crate::store) fn samples_at(row: &PgRow, at: usize) -> Result<Vec<RawSample>, sqlx::Error> {
    let n = usize::try_from(row.try_get::<i32, _>(at)?).unwrap_or_default();
    let texts = row.try_get::<Option<Vec<Option<String>>>, _>(at + 9)?;
    let texts = texts.unwrap_or_default();
    let packed = |column| row.try_get::<Option<&[u8]>, _>(at + column);
    let Some(times) = packed(3)? else {
        let seqs: Vec<i64> = row.try_get(at + 11)?;
        let times: Vec<Instant> = row.try_get(at + 10)?;
        let times = times.into_iter().map(|time| time.0);
        let values = row.try_get(at + 7)?;
        return join(
            n,
            (times, seqs.into_iter()),
            Some(values),
            texts::read(None, texts, n),
        );
    };
    let (time, seq): (Instant, i64) = (row.try_get(at + 1)?, row.try_get(at + 2)?);
    let values = Numbers::at(row, at + 5, n)?;
    let texts = texts::read(packed(8)?, texts, n);
    let off = |packed: Option<&[u8]>| integers::unpack(packed.unwrap_or_default(), n);
    let (times, seqs) = off(Some(times)).zip(off(packed(4)?)).unwrap_or_default();
    let times = times
        .into_iter()
        .map(|off| Timestamp(time.0.0.wrapping_add(off)));
    let seqs = seqs.into_iter().map(|off| seq.wrapping_add(off));
    join(n, (times, seqs), values, texts)
}

fn join(
    n: usize,
    (times, seqs): (
        impl ExactSizeIterator<Item = Timestamp>,
        impl ExactSizeIterator<Item = i64>,
    ),
    values: Option<Vec<Option<f64>>>,
    texts: Option<Vec<Option<String>>>,
) -> Result<Vec<RawSample>, sqlx::Error> {
    let broken = || sqlx::Error::Decode("a block of samples is not as it was written".into());
    let (values, texts) = values.zip(texts).ok_or_else(broken)?;
    if times.len() != n || seqs.len() != n || values.len() != n {
        return Err(broken());
    }
    // Where there are no texts, as nearly always, there is none of them.
    let texts = texts.into_iter().chain(std::iter::repeat(None));
    let samples = times.zip(seqs).zip(values).zip(texts);
    let samples = samples.map(|(((time, seq), value), text)| RawSample {
        time,
        seq: Offset(seq.cast_unsigned()),
        value,
        text,
    });
    Ok(samples.collect())
}
