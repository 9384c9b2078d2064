//! Samples in buckets of time.

mod aggregate;
mod cell;
mod detail;
mod grid;

pub(super) use self::aggregate::{Aggregate, States};
pub use self::cell::Bucket;
use self::cell::hold;
pub use self::detail::{Detail, DetailWish};
pub use self::grid::Grid;
use self::grid::seconds;
pub(super) use self::grid::{DAY, HOUR, MINUTE, nice_width};
use super::answer::RawSample;
use crate::message::Timestamp;

/// What is wanted of buckets.
#[derive(Debug, Clone, Default)]
pub(super) struct BucketWish {
    /// Those without samples as well: between those that have some, or from one instant to another.
    pub(super) gaps: Gaps,
    pub(super) details: Option<DetailWish>,
}

/// Which buckets without samples are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Gaps {
    #[default]
    None,
    /// Those between two with samples.
    Between,
    /// All from an instant on, up to the end.
    From(Timestamp),
}

/// A number that holds.
#[derive(Debug, Clone, Copy)]
struct HeldNumber {
    at: Timestamp,
    value: f64,
    /// From when on it counts: what was asked for may begin later.
    since: Timestamp,
}

/// The samples of one series in buckets, put in by the order of time.
#[derive(Debug)]
pub(super) struct Buckets {
    grid: Grid,
    wish: BucketWish,
    cells: Vec<Bucket>,
    /// Where the last bucket ends.
    end: Timestamp,
    /// The last number and the last text, and since when they hold.
    number: Option<HeldNumber>,
    state: Option<(Timestamp, String)>,
}

impl Buckets {
    pub(super) fn new(grid: Grid, wish: BucketWish) -> Self {
        let mut buckets = Self {
            grid,
            wish,
            cells: Vec::new(),
            end: Timestamp(0),
            number: None,
            state: None,
        };
        if let Gaps::From(from) = buckets.wish.gaps {
            let (start, end) = buckets.grid.bucket_of(from);
            buckets.push(start, end);
        }
        buckets
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Has the last sample before what was asked for hold from there on.
    pub(super) fn carry(&mut self, before: &RawSample, from: Timestamp) {
        if let Some(value) = before.value.filter(|value| !value.is_nan()) {
            self.number = Some(HeldNumber {
                at: before.time,
                value,
                since: from,
            });
        }
        self.state = before.text.clone().map(|text| (from, text));
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, sample: &RawSample) {
        if let Some(number) = Aggregate::of_sample(sample) {
            let before = self.number;
            self.append(&number);
            if let (Some(wish), Some(bucket)) = (&self.wish.details, self.cells.last_mut()) {
                let detail = bucket.detail.get_or_insert_default();
                detail.take(number.last, before.map(|it| it.value), wish);
            }
            if let Some(before) = before {
                self.draw(before, (number.last_at, number.last));
            }
        }
        if let Some(text) = &sample.text {
            let is_other = self.state.as_ref().is_some_and(|(_, state)| state != text);
            self.append_states(&States::of(text, sample.time));
            if let (Some(_), Some(bucket)) = (&self.wish.details, self.cells.last_mut()) {
                let detail = bucket.detail.get_or_insert_default();
                detail.transitions += u64::from(is_other);
            }
        }
    }

    /// Draws a straight line between two numbers into all buckets that it runs through.
    fn draw(&mut self, before: HeldNumber, b: (Timestamp, f64)) {
        if self.wish.details.is_none() {
            return;
        }
        let (a, since) = ((before.at, before.value), before.since);
        let mut end = self.end;
        for bucket in self.cells.iter_mut().rev() {
            if end <= since {
                break;
            }
            let start = bucket.start;
            let of = self.grid.bucket_of(start).1.min(end);
            if let Some(detail) = &mut bucket.detail {
                detail.draw((a, b), (start.max(since), of));
            }
            end = start;
        }
    }

    /// Adds numbers that are all in one bucket.
    pub(super) fn append(&mut self, aggregate: &Aggregate) {
        self.open(aggregate.first_at);
        let held = self.number.replace(HeldNumber {
            at: aggregate.last_at,
            value: aggregate.last,
            since: aggregate.last_at,
        });
        let Some(bucket) = self.cells.last_mut() else {
            return;
        };
        if let Some(held) = held {
            // In the bucket that is open it counts from its start, or from when it came.
            let long = seconds(held.since.max(bucket.start), aggregate.first_at);
            bucket.hold((Some(held.value), None), long, self.wish.details.as_ref());
        }
        bucket.integral += aggregate.integral;
        bucket.seconds += seconds(aggregate.first_at, aggregate.last_at);
        if bucket.count == 0 {
            (bucket.min, bucket.max) = (aggregate.min, aggregate.max);
            bucket.first = aggregate.first;
            bucket.first_at = aggregate.first_at;
        }
        bucket.count += aggregate.count;
        bucket.min = bucket.min.min(aggregate.min);
        bucket.max = bucket.max.max(aggregate.max);
        bucket.sum += aggregate.sum;
        bucket.last = aggregate.last;
        bucket.last_at = aggregate.last_at;
    }

    /// Adds states that are all in one bucket.
    pub(super) fn append_states(&mut self, states: &States) {
        self.open(states.first_at);
        let Some(bucket) = self.cells.last_mut() else {
            return;
        };
        if let Some((at, state)) = &self.state {
            let held = seconds((*at).max(bucket.start), states.first_at);
            hold(&mut bucket.states, state, held);
        }
        for (state, seconds) in &states.seconds {
            hold(&mut bucket.states, state, *seconds);
        }
        self.state = Some((states.last_at, states.last.clone()));
    }

    /// Sees to it that the last bucket is that of an instant; what held until then holds to the end of
    /// the one before.
    fn open(&mut self, at: Timestamp) {
        if !self.cells.is_empty() && at < self.end {
            return;
        }
        let (start, end) = self.grid.bucket_of(at);
        self.fill(start);
        if self.cells.last().is_none_or(|last| last.start < start) {
            self.close(start);
            self.push(start, end);
        }
    }

    /// Makes those that have no samples, up to an instant, where they are wanted.
    fn fill(&mut self, to: Timestamp) {
        while self.wish.gaps != Gaps::None && !self.cells.is_empty() && self.end < to {
            let (start, end) = self.grid.bucket_of(self.end);
            if start < self.end || end <= start {
                break;
            }
            self.close(start);
            self.push(start, end);
        }
    }

    fn push(&mut self, start: Timestamp, end: Timestamp) {
        let mut bucket = Bucket::empty(start);
        bucket.detail = self.wish.details.is_some().then(Box::default);
        self.cells.push(bucket);
        self.end = end;
    }

    /// Has what is held hold to the end of the last bucket, but not beyond `until`.
    fn close(&mut self, until: Timestamp) {
        let Some(bucket) = self.cells.last_mut() else {
            return;
        };
        let wish = self.wish.details.as_ref();
        let end = self.end.min(until);
        if let Some(held) = self.number {
            let long = seconds(held.since.max(bucket.start), end);
            bucket.hold((Some(held.value), None), long, wish);
        }
        if let Some((at, state)) = &self.state {
            let held = seconds((*at).max(bucket.start), end);
            bucket.hold((None, Some(state)), held, wish);
        }
        if let (Some(detail), Some(wish)) = (&mut bucket.detail, wish) {
            detail.finish(wish);
        }
    }

    /// The buckets in the order of time; what is held at the end holds until then.
    pub(super) fn finish(mut self, until: Timestamp) -> Vec<Bucket> {
        if let Gaps::From(_) = self.wish.gaps {
            self.fill(until);
        }
        self.close(until);
        self.cells
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::collections::BTreeMap;

    use super::*;
    use crate::message::Offset;

    const SECOND: i64 = 1_000_000;

    fn sample(time: i64, seq: u64, value: Option<f64>, text: Option<&str>) -> RawSample {
        RawSample {
            time: Timestamp(time * SECOND),
            seq: Offset(seq),
            value,
            text: text.map(str::to_owned),
        }
    }

    /// What each second holds, one after the other, made into buckets.
    fn naively(every: i64, until: i64, samples: &[RawSample]) -> Vec<Bucket> {
        let mut buckets: BTreeMap<i64, Bucket> = BTreeMap::new();
        for sample in samples {
            let start = sample.time.0.div_euclid(every * SECOND) * every * SECOND;
            let bucket = buckets.entry(start);
            let bucket = bucket.or_insert_with(|| Bucket::empty(Timestamp(start)));
            let Some(value) = sample.value else { continue };
            if bucket.count == 0 {
                (bucket.min, bucket.max, bucket.first) = (value, value, value);
                bucket.first_at = sample.time;
            }
            bucket.count += 1;
            bucket.min = bucket.min.min(value);
            bucket.max = bucket.max.max(value);
            bucket.sum += value;
            bucket.last = value;
            bucket.last_at = sample.time;
        }
        let (mut number, mut state) = (None, None);
        let mut next = samples.iter().peekable();
        for second in -200..until {
            while let Some(sample) = next.next_if(|it| it.time.0 <= second * SECOND) {
                number = sample.value.or(number);
                state = sample.text.clone().or(state);
            }
            let start = second.div_euclid(every) * every * SECOND;
            if let Some(bucket) = buckets.get_mut(&start) {
                if let Some(value) = number {
                    bucket.integral += value;
                    bucket.seconds += 1.0;
                }
                if let Some(state) = &state {
                    *bucket.states.entry(state.clone()).or_default() += 1.0;
                }
            }
        }
        let all = buckets.into_values();
        all.map(without_moments).collect()
    }

    /// A state that held for no time need not be there.
    fn without_moments(mut bucket: Bucket) -> Bucket {
        bucket.states.retain(|_, seconds| *seconds > 0.0);
        bucket
    }

    /// What samples come to in buckets from `from` on, second by second, with those before that and
    /// with buckets that have none.
    fn naively_detailed(
        (from, until, every): (i64, i64, i64),
        samples: &[RawSample],
        wish: &DetailWish,
    ) -> Vec<(i64, [f64; 6], u64, Vec<f64>)> {
        let at = |it: &RawSample| it.time.0 / SECOND;
        let numbers: Vec<(i64, f64)> = samples
            .iter()
            .map(|it| (at(it), it.value.unwrap()))
            .collect();
        let mut rows = Vec::new();
        for start in (from.div_euclid(every)..).map(|n| n * every) {
            if start >= until {
                return rows;
            }
            let of = |at: i64| at >= start.max(from) && at < start + every;
            let inside = || numbers.iter().filter(|(at, _)| of(*at)).map(|it| it.1);
            let (mut above, mut below, mut seconds, mut integral) = (0.0, 0.0, 0.0, 0.0);
            let mut linear = 0.0;
            for second in start.max(from)..(start + every).min(until) {
                let before = numbers.iter().rev().find(|it| it.0 <= second);
                let Some(before) = before else { continue };
                seconds += 1.0;
                integral += before.1;
                above += f64::from(u8::from(before.1 > wish.threshold.unwrap()));
                below += f64::from(u8::from(before.1 < wish.threshold.unwrap()));
                let Some(after) = numbers.iter().find(|it| it.0 > second) else {
                    continue;
                };
                let part = (second as f64 + 0.5 - before.0 as f64) / (after.0 - before.0) as f64;
                linear += before.1 + (after.1 - before.1) * part;
            }
            let (mut increase, mut transitions) = (0.0, 0);
            for pair in numbers.windows(2).filter(|pair| of(pair[1].0)) {
                let (a, b) = (pair[0].1, pair[1].1);
                transitions += u64::from(a.to_bits() != b.to_bits());
                increase += if b < a {
                    wish.wrap.unwrap() - a + b
                } else {
                    b - a
                };
            }
            let mut sorted: Vec<f64> = inside().collect();
            sorted.sort_by(f64::total_cmp);
            let percentiles = match sorted.len() {
                0 => Vec::new(),
                n => vec![sorted[0], f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2])],
            };
            let sums = [integral, seconds, above, below, linear, increase];
            rows.push((start, sums, transitions, percentiles));
        }
        rows
    }

    proptest! {
        #[test]
        fn buckets_are_as_computed_naively(
            every in 1_i64..50,
            samples in prop::collection::vec((-100_i64..100, 0_i32..10, any::<bool>()), 0..100),
            cuts in prop::collection::vec(-100_i64..100, 0..4),
        ) {
            let mut samples: Vec<RawSample> = (0..).zip(samples).map(|(seq, (time, value, is_text))| {
                let text = ["run", "idle", "off"][usize::try_from(value).unwrap() % 3];
                let value = f64::from(value);
                let (value, text) = if is_text { (None, Some(text)) } else { (Some(value), None) };
                sample(time, seq, value, text)
            }).collect();
            samples.sort_by_key(|sample| (sample.time, sample.seq));
            // One by one, and put together before, each part within one bucket.
            let grid = || Grid::even(every * SECOND);
            let mut one_by_one = Buckets::new(grid(), BucketWish::default());
            let mut together = Buckets::new(grid(), BucketWish::default());
            for sample in &samples {
                one_by_one.add(sample);
            }
            let bucket_of = |it: &RawSample| it.time.0.div_euclid(every * SECOND);
            let part_of = |it: &RawSample| {
                let before = cuts.iter().filter(|cut| **cut * SECOND <= it.time.0).count();
                (bucket_of(it), before)
            };
            for part in samples.chunk_by(|a, b| part_of(a) == part_of(b)) {
                if let Some(aggregate) = Aggregate::of_all(part) {
                    together.append(&aggregate);
                }
                if let Some(states) = States::of_all(part) {
                    together.append_states(&states);
                }
            }
            let expected = naively(every, 120, &samples);
            for buckets in [one_by_one, together] {
                let found = buckets.finish(Timestamp(120 * SECOND)).into_iter();
                prop_assert_eq!(found.map(without_moments).collect::<Vec<_>>(), expected.clone());
            }
        }

        #[test]
        fn details_are_as_computed_naively(
            every in 1_i64..50,
            from in -50_i64..50,
            long in 1_i64..100,
            samples in prop::collection::btree_map(-100_i64..150, 0_i32..10, 1..100),
        ) {
            let until = from + long;
            let samples = samples.into_iter().filter(|(time, _)| *time < until);
            let samples: Vec<RawSample> = (0..).zip(samples)
                .map(|(seq, (time, value))| sample(time, seq, Some(f64::from(value)), None))
                .collect();
            let details = DetailWish {
                percentiles: vec![0.0, 0.5],
                threshold: Some(4.0),
                wrap: Some(10.0),
            };
            let from_time = Timestamp(from * SECOND);
            let wish = BucketWish {
                gaps: Gaps::From(from_time),
                details: Some(details.clone()),
            };
            let mut buckets = Buckets::new(Grid::even(every * SECOND), wish);
            let (before, inside): (Vec<_>, Vec<_>) =
                samples.iter().partition(|it| it.time < from_time);
            if let Some(before) = before.last() {
                buckets.carry(before, from_time);
            }
            for sample in inside {
                buckets.add(sample);
            }
            let found = buckets.finish(Timestamp(until * SECOND));
            let expected = naively_detailed((from, until, every), &samples, &details);
            prop_assert_eq!(found.len(), expected.len());
            for (bucket, (start, sums, transitions, percentiles)) in found.iter().zip(expected) {
                let detail = bucket.detail.as_ref().unwrap();
                prop_assert_eq!(bucket.start, Timestamp(start * SECOND));
                prop_assert_eq!(detail.transitions, transitions);
                prop_assert_eq!(&detail.percentiles, &percentiles);
                let found = [
                    bucket.integral, bucket.seconds, detail.above, detail.below, detail.linear,
                    detail.increase,
                ];
                for (found, expected) in found.iter().zip(sums) {
                    prop_assert!((found - expected).abs() < 1e-6, "{bucket:?} {sums:?}");
                }
                let count = bucket.count as f64;
                let squares = samples.iter()
                    .filter(|it| it.time.0 >= from * SECOND)
                    .filter(|it| it.time.0.div_euclid(every * SECOND) * every == start)
                    .map(|it| (it.value.unwrap() - bucket.sum / count).powi(2));
                let stddev = (bucket.count > 1).then(|| (squares.sum::<f64>() / (count - 1.0)).sqrt());
                match (detail.stddev(), stddev) {
                    (Some(found), Some(expected)) => prop_assert!((found - expected).abs() < 1e-6),
                    (found, expected) => prop_assert_eq!(found, expected),
                }
            }
        }
    }
}
