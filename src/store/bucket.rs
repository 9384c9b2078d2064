//! Samples in buckets aligned to absolute time.

use std::collections::BTreeMap;

use super::answer::{Bucket, RawSample, hold};
use crate::message::Timestamp;

const SECOND: i64 = 1_000_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

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

/// The numbers of one series that follow each other, and what they come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Aggregate {
    pub(super) count: u64,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) sum: f64,
    pub(super) first: f64,
    pub(super) last: f64,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    /// Each number times the seconds until the next one, from the first to the last.
    pub(super) integral: f64,
}

/// The states of one series that follow each other, and how long each held.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct States {
    pub(super) first: String,
    pub(super) last: String,
    pub(super) first_at: Timestamp,
    pub(super) last_at: Timestamp,
    /// Seconds by state, from the first to the last; at most `STATES_MAX`.
    pub(super) seconds: BTreeMap<String, f64>,
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.0.saturating_sub(from.0).max(0) as f64 / SECOND as f64
}

impl Aggregate {
    pub(super) fn of(value: f64, at: Timestamp) -> Self {
        Self {
            count: 1,
            min: value,
            max: value,
            sum: value,
            first: value,
            last: value,
            first_at: at,
            last_at: at,
            integral: 0.0,
        }
    }

    /// Of samples in the order of time; `None` where there is no number. NaN is none.
    pub(super) fn of_all<'a>(samples: impl IntoIterator<Item = &'a RawSample>) -> Option<Self> {
        let mut all: Option<Self> = None;
        for sample in samples {
            let Some(one) = Self::of_sample(sample) else {
                continue;
            };
            match &mut all {
                None => all = Some(one),
                Some(all) => all.append(&one),
            }
        }
        all
    }

    pub(super) fn of_sample(sample: &RawSample) -> Option<Self> {
        let value = sample.value.filter(|value| !value.is_nan())?;
        Some(Self::of(value, sample.time))
    }

    /// Adds what comes later.
    pub(super) fn append(&mut self, next: &Self) {
        self.integral += self.last * seconds(self.last_at, next.first_at) + next.integral;
        self.add_counts(next);
        self.last_at = next.last_at;
    }

    fn add_counts(&mut self, next: &Self) {
        self.count += next.count;
        self.min = self.min.min(next.min);
        self.max = self.max.max(next.max);
        self.sum += next.sum;
        self.last = next.last;
    }
}

impl States {
    pub(super) fn of(text: &str, at: Timestamp) -> Self {
        Self {
            first: text.to_owned(),
            last: text.to_owned(),
            first_at: at,
            last_at: at,
            seconds: BTreeMap::new(),
        }
    }

    /// Of samples in the order of time; `None` where none has a text, or more than `STATES_MAX` are
    /// different.
    pub(super) fn of_all<'a>(samples: impl IntoIterator<Item = &'a RawSample>) -> Option<Self> {
        let texts = samples.into_iter();
        let mut texts = texts.filter_map(|it| it.text.as_deref().map(|text| (text, it.time)));
        let (first, at) = texts.next()?;
        let mut all = Self::of(first, at);
        for (text, at) in texts {
            if !hold(&mut all.seconds, &all.last, seconds(all.last_at, at)) {
                return None;
            }
            all.last_at = at;
            if all.last != text {
                text.clone_into(&mut all.last);
            }
        }
        Some(all)
    }

    /// Adds what comes later.
    pub(super) fn append(&mut self, next: &Self) {
        hold(
            &mut self.seconds,
            &self.last,
            seconds(self.last_at, next.first_at),
        );
        for (state, seconds) in &next.seconds {
            hold(&mut self.seconds, state, *seconds);
        }
        self.last.clone_from(&next.last);
        self.last_at = next.last_at;
    }
}

/// The samples of one series in buckets, put in by the order of time.
#[derive(Debug)]
pub(super) struct Buckets {
    every: i64,
    cells: Vec<Bucket>,
    /// The last number and the last text, and since when they hold.
    number: Option<(Timestamp, f64)>,
    state: Option<(Timestamp, String)>,
}

impl Buckets {
    pub(super) fn new(every: i64) -> Self {
        Self {
            every: every.max(1),
            cells: Vec::new(),
            number: None,
            state: None,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Adds a sample.
    pub(super) fn add(&mut self, sample: &RawSample) {
        if let Some(number) = Aggregate::of_sample(sample) {
            self.append(&number);
        }
        if let Some(text) = &sample.text {
            self.append_states(&States::of(text, sample.time));
        }
    }

    /// Adds numbers that are all in one bucket.
    pub(super) fn append(&mut self, aggregate: &Aggregate) {
        self.open(aggregate.first_at);
        let held = self.number.replace((aggregate.last_at, aggregate.last));
        let Some(bucket) = self.cells.last_mut() else {
            return;
        };
        let (known_from, carried) = match held {
            // In the bucket that is open it counts from its start, or from when it came.
            Some((at, value)) => {
                let from = at.max(bucket.start);
                (from, value * seconds(from, aggregate.first_at))
            }
            None => (aggregate.first_at, 0.0),
        };
        bucket.integral += carried + aggregate.integral;
        bucket.seconds += seconds(known_from, aggregate.last_at);
        if bucket.count == 0 {
            (bucket.min, bucket.max) = (aggregate.min, aggregate.max);
            bucket.first = aggregate.first;
        }
        bucket.count += aggregate.count;
        bucket.min = bucket.min.min(aggregate.min);
        bucket.max = bucket.max.max(aggregate.max);
        bucket.sum += aggregate.sum;
        bucket.last = aggregate.last;
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
        bucket.last_state = Some(states.last.clone());
        self.state = Some((states.last_at, states.last.clone()));
    }

    /// Sees to it that the last bucket is that of an instant; what held until then holds to the end of
    /// the one before.
    fn open(&mut self, at: Timestamp) {
        let start = Timestamp(at.0.div_euclid(self.every).saturating_mul(self.every));
        if self.cells.last().is_some_and(|last| last.start >= start) {
            return;
        }
        self.close(start);
        self.cells.push(Bucket::empty(start));
    }

    /// Has what is held hold to the end of the last bucket, but not beyond `until`.
    fn close(&mut self, until: Timestamp) {
        let Some(bucket) = self.cells.last_mut() else {
            return;
        };
        let end = Timestamp(bucket.start.0.saturating_add(self.every)).min(until);
        if let Some((at, value)) = self.number {
            let held = seconds(at.max(bucket.start), end);
            bucket.hold((Some(value), None), held);
        }
        if let Some((at, state)) = &self.state {
            let held = seconds((*at).max(bucket.start), end);
            bucket.hold((None, Some(state)), held);
        }
    }

    /// The buckets in the order of time; what is held at the end holds until then.
    pub(super) fn finish(mut self, until: Timestamp) -> Vec<Bucket> {
        self.close(until);
        self.cells
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::message::Offset;

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
            if sample.text.is_some() {
                bucket.last_state.clone_from(&sample.text);
            }
            let Some(value) = sample.value else { continue };
            if bucket.count == 0 {
                (bucket.min, bucket.max, bucket.first) = (value, value, value);
            }
            bucket.count += 1;
            bucket.min = bucket.min.min(value);
            bucket.max = bucket.max.max(value);
            bucket.sum += value;
            bucket.last = value;
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
            let mut one_by_one = Buckets::new(every * SECOND);
            let mut together = Buckets::new(every * SECOND);
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
    }
}
