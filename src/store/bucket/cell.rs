//! One bucket.

use std::collections::BTreeMap;

use super::detail::{Detail, DetailWish};
use crate::message::Timestamp;

/// What the samples of one span of time come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    pub start: Timestamp,
    pub count: u64,
    pub min: f64,
    pub max: f64,
    pub sum: f64,
    pub first: f64,
    pub last: f64,
    /// When the first and the last number were true.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// Each number times the seconds that it held within the bucket: from the start of what was asked
    /// for on, or from the first sample, to the end of the bucket, of the time asked for, or now.
    pub integral: f64,
    /// For how many seconds of the bucket that is.
    pub seconds: f64,
    /// Of texts: for how many seconds of the bucket each held; of at most 64.
    pub states: BTreeMap<String, f64>,
    /// Where it is wanted.
    pub detail: Option<Box<Detail>>,
}

impl Bucket {
    /// Has the last number and the last text of `last` hold for some seconds more.
    pub(in crate::store) fn hold(
        &mut self,
        last: (Option<f64>, Option<&str>),
        seconds: f64,
        wish: Option<&DetailWish>,
    ) {
        let (number, state) = last;
        if let Some(number) = number {
            self.integral += number * seconds;
            self.seconds += seconds;
            if let (Some(detail), Some(wish)) = (&mut self.detail, wish) {
                detail.hold(number, seconds, wish);
            }
        }
        if let Some(state) = state {
            hold(&mut self.states, state, seconds);
        }
    }

    /// One without samples.
    pub(in crate::store) fn empty(start: Timestamp) -> Self {
        Self {
            start,
            count: 0,
            min: 0.0,
            max: 0.0,
            sum: 0.0,
            first: 0.0,
            last: 0.0,
            first_at: start,
            last_at: start,
            integral: 0.0,
            seconds: 0.0,
            states: BTreeMap::new(),
            detail: None,
        }
    }
}

/// How many states one bucket tells apart; for how long others held is not said.
const STATES_MAX: usize = 64;

/// Adds to how long a state held; answers whether there was room for it.
pub(in crate::store) fn hold(seconds: &mut BTreeMap<String, f64>, state: &str, more: f64) -> bool {
    if let Some(seconds) = seconds.get_mut(state) {
        *seconds += more;
    } else if seconds.len() < STATES_MAX {
        seconds.insert(state.to_owned(), more);
    } else {
        return false;
    }
    true
}
