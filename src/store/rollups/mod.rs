//! Rollups: what the samples of one series come to in an hour, by its minutes, and in a day of UTC.
//! They are made when the blocks of an hour have been merged, all anew from what there is, so that it
//! does not matter in which order it came; and they may outlive the samples.

mod make;
mod row;

pub(super) use self::make::roll_up;
pub(super) use self::row::{MINUTES, NO_MINUTES, WHOLE, rollup_at};
use super::answer::RawSample;
use super::bucket::{Aggregate, MINUTE, States};
use crate::message::{Offset, Timestamp};

/// From so many samples in an hour on it is worth to keep what each minute comes to: fewer take no more
/// room, and are read as fast, as they are.
const MINUTES_SAMPLES_MIN: usize = 360;

/// What samples come to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rollup {
    pub(super) start: Timestamp,
    /// How many hours it is of: 1, or 24.
    pub(super) hours: i16,
    /// How many samples there are, numbers or not.
    pub(super) n: u64,
    /// The last of them to come.
    pub(super) seq_max: Offset,
    pub(super) numbers: Option<Aggregate>,
    /// `None` where there are no texts, or too many different ones.
    pub(super) states: Option<States>,
    /// The numbers of each minute, by time; none where there are few.
    pub(super) minutes: Vec<Aggregate>,
}

impl Rollup {
    /// Of all samples of an hour, in the order of time and `seq`.
    fn of_hour(start: Timestamp, samples: &[RawSample]) -> Self {
        let minute = |it: &RawSample| it.time.0.div_euclid(MINUTE);
        let minutes = samples.chunk_by(|a, b| minute(a) == minute(b));
        let minutes = minutes.filter_map(Aggregate::of_all);
        let minutes = if samples.len() >= MINUTES_SAMPLES_MIN {
            minutes.collect()
        } else {
            Vec::new()
        };
        Self {
            start,
            hours: 1,
            n: samples.len() as u64,
            seq_max: samples.iter().map(|it| it.seq).max().unwrap_or_default(),
            numbers: Aggregate::of_all(samples),
            states: States::of_all(samples),
            minutes,
        }
    }

    /// Of the hours of a day, by time.
    fn of_day(start: Timestamp, hours: &[Self]) -> Self {
        let mut day = Self {
            start,
            hours: 24,
            n: 0,
            seq_max: Offset(0),
            numbers: None,
            states: None,
            minutes: Vec::new(),
        };
        let has_states = hours.iter().all(Self::has_states);
        for hour in hours {
            day.n += hour.n;
            day.seq_max = day.seq_max.max(hour.seq_max);
            match (&mut day.numbers, &hour.numbers) {
                (Some(all), Some(numbers)) => all.append(numbers),
                (all @ None, numbers) => *all = *numbers,
                _ => {}
            }
            match (&mut day.states, &hour.states) {
                (Some(all), Some(states)) => all.append(states),
                (all @ None, states) if has_states => all.clone_from(states),
                _ => {}
            }
        }
        day
    }

    /// Whether it says everything of its texts, where it has some.
    pub(super) fn has_states(&self) -> bool {
        self.states.is_some() || self.is_of_numbers()
    }

    /// Whether all samples are numbers.
    pub(super) fn is_of_numbers(&self) -> bool {
        self.numbers.is_some_and(|numbers| numbers.count == self.n)
    }
}
