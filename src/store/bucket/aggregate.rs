//! What samples of one series that follow each other come to.

use std::collections::BTreeMap;

use super::cell::hold;
use super::grid::seconds;
use crate::message::Timestamp;
use crate::store::answer::RawSample;

/// The numbers of one series that follow each other, and what they come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::store) struct Aggregate {
    pub(in crate::store) count: u64,
    pub(in crate::store) min: f64,
    pub(in crate::store) max: f64,
    pub(in crate::store) sum: f64,
    pub(in crate::store) first: f64,
    pub(in crate::store) last: f64,
    pub(in crate::store) first_at: Timestamp,
    pub(in crate::store) last_at: Timestamp,
    /// Each number times the seconds until the next one, from the first to the last.
    pub(in crate::store) integral: f64,
}

/// The states of one series that follow each other, and how long each held.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::store) struct States {
    pub(in crate::store) first: String,
    pub(in crate::store) last: String,
    pub(in crate::store) first_at: Timestamp,
    pub(in crate::store) last_at: Timestamp,
    /// Seconds by state, from the first to the last; at most `STATES_MAX`.
    pub(in crate::store) seconds: BTreeMap<String, f64>,
}

impl Aggregate {
    pub(in crate::store) fn of(value: f64, at: Timestamp) -> Self {
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
    pub(in crate::store) fn of_all<'a>(
        samples: impl IntoIterator<Item = &'a RawSample>,
    ) -> Option<Self> {
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

    pub(in crate::store) fn of_sample(sample: &RawSample) -> Option<Self> {
        let value = sample.value.filter(|value| !value.is_nan())?;
        Some(Self::of(value, sample.time))
    }

    /// Adds what comes later.
    pub(in crate::store) fn append(&mut self, next: &Self) {
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
    pub(in crate::store) fn of(text: &str, at: Timestamp) -> Self {
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
    pub(in crate::store) fn of_all<'a>(
        samples: impl IntoIterator<Item = &'a RawSample>,
    ) -> Option<Self> {
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
    pub(in crate::store) fn append(&mut self, next: &Self) {
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
