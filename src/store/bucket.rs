//! Samples in buckets aligned to absolute time.

use super::answer::Bucket;
use crate::message::{Offset, Timestamp};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Widths that people think in, in microseconds.
const NICE: [i64; 33] = [
    1,
    10,
    100,
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    30 * DAY,
];

/// The least nice width with which `span` microseconds are at most about `points` buckets.
pub(super) fn nice_width(span: i64, points: usize) -> i64 {
    let points = i64::try_from(points.max(1)).unwrap_or(i64::MAX);
    let least = span.max(1).div_euclid(points) + 1;
    let nice = NICE.iter().find(|width| **width >= least);
    nice.copied()
        .unwrap_or_else(|| least.div_euclid(DAY).saturating_add(1).saturating_mul(DAY))
}

/// The samples of one series, put into buckets in any order; those that come in the order of time
/// fastest.
#[derive(Debug)]
pub(super) struct Buckets {
    every: i64,
    cells: Vec<Cell>,
}

/// A bucket that is being filled, and when its first and last values were true.
#[derive(Debug, Clone)]
struct Cell {
    bucket: Bucket,
    first_at: (Timestamp, Offset),
    last_at: (Timestamp, Offset),
}

/// The numbers of one stretch of time, put together before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Summary {
    pub(super) count: u64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) sum: f64,
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) first_at: (Timestamp, Offset),
    pub(super) last_at: (Timestamp, Offset),
}

impl Summary {
    fn of(value: f64, at: (Timestamp, Offset)) -> Self {
        Self {
            count: 1,
            min: value,
            max: value,
            sum: value,
            first: value,
            last: value,
            first_at: at,
            last_at: at,
        }
    }

    /// Of numbers in the order of time; `None` where there are none. NaN is no number.
    pub(super) fn of_all(
        samples: impl Iterator<Item = (Timestamp, Offset, Option<f64>)>,
    ) -> Option<Self> {
        let mut all: Option<Self> = None;
        for (time, seq, value) in samples {
            let Some(value) = value.filter(|value| !value.is_nan()) else {
                continue;
            };
            let one = Self::of(value, (time, seq));
            match &mut all {
                None => all = Some(one),
                Some(all) => {
                    all.count += 1;
                    all.min = all.min.min(value);
                    all.max = all.max.max(value);
                    all.sum += value;
                    all.last = value;
                    all.last_at = one.last_at;
                }
            }
        }
        all
    }
}

impl Buckets {
    pub(super) fn new(every: i64) -> Self {
        Self {
            every: every.max(1),
            cells: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Adds a sample. What is no number is not counted.
    pub(super) fn add(&mut self, time: Timestamp, seq: Offset, value: Option<f64>) {
        if let Some(value) = value.filter(|value| !value.is_nan()) {
            self.merge(&Summary::of(value, (time, seq)));
        }
    }

    /// Adds numbers that are all in one bucket.
    pub(super) fn merge(&mut self, summary: &Summary) {
        let start = self.start_of(summary.first_at.0);
        let at = match self.cells.last() {
            Some(last) if last.bucket.start == start => self.cells.len() - 1,
            Some(last) if last.bucket.start > start => {
                match self.cells.binary_search_by_key(&start, |c| c.bucket.start) {
                    Ok(at) => at,
                    Err(at) => return self.cells.insert(at, Cell::new(start, summary)),
                }
            }
            _ => return self.cells.push(Cell::new(start, summary)),
        };
        self.cells[at].merge(summary);
    }

    fn start_of(&self, time: Timestamp) -> Timestamp {
        let start = time.0.div_euclid(self.every).saturating_mul(self.every);
        Timestamp(start)
    }

    /// The buckets in the order of time.
    pub(super) fn finish(self) -> Vec<Bucket> {
        self.cells.into_iter().map(|cell| cell.bucket).collect()
    }
}

impl Cell {
    fn new(start: Timestamp, summary: &Summary) -> Self {
        Self {
            bucket: Bucket {
                start,
                count: summary.count,
                min: summary.min,
                max: summary.max,
                sum: summary.sum,
                first: summary.first,
                last: summary.last,
            },
            first_at: summary.first_at,
            last_at: summary.last_at,
        }
    }

    fn merge(&mut self, summary: &Summary) {
        let bucket = &mut self.bucket;
        bucket.count += summary.count;
        bucket.min = bucket.min.min(summary.min);
        bucket.max = bucket.max.max(summary.max);
        bucket.sum += summary.sum;
        if summary.first_at < self.first_at {
            self.first_at = summary.first_at;
            bucket.first = summary.first;
        }
        if summary.last_at >= self.last_at {
            self.last_at = summary.last_at;
            bucket.last = summary.last;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn widths_are_nice() {
        for (span, points, width) in [
            (0, 100, 1),
            (HOUR, 2000, 2 * SECOND),
            (DAY, 2000, MINUTE),
            (7 * DAY, 1000, 15 * MINUTE),
            (20_000 * DAY, 100, 201 * DAY),
        ] {
            assert_eq!(nice_width(span, points), width, "{span} in {points}");
        }
    }

    proptest! {
        #[test]
        fn buckets_are_as_computed_naively(
            every in 1_i64..50,
            samples in prop::collection::vec((-100_i64..100, -10_i32..10), 0..200),
        ) {
            let mut buckets = Buckets::new(every);
            let mut naive: BTreeMap<i64, Vec<(i64, u64, f64)>> = BTreeMap::new();
            for (seq, (time, value)) in (0..).zip(samples) {
                let value = f64::from(value);
                buckets.add(Timestamp(time), Offset(seq), Some(value));
                naive.entry(time.div_euclid(every) * every).or_default().push((time, seq, value));
            }
            let expected: Vec<Bucket> = naive.into_iter().map(|(start, mut samples)| {
                samples.sort_by_key(|(time, seq, _)| (*time, *seq));
                let values = || samples.iter().map(|sample| sample.2);
                Bucket {
                    start: Timestamp(start),
                    count: samples.len() as u64,
                    min: values().fold(f64::INFINITY, f64::min),
                    max: values().fold(f64::NEG_INFINITY, f64::max),
                    sum: values().sum(),
                    first: samples[0].2,
                    last: samples[samples.len() - 1].2,
                }
            }).collect();
            prop_assert_eq!(buckets.finish(), expected);
        }
    }
}
