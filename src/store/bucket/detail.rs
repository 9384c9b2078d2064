//! What can only be told of the samples of a bucket one by one.

use super::grid::seconds;
use crate::message::Timestamp;

/// A bucket with more numbers has no percentiles.
const PERCENTILE_NUMBERS_MAX: usize = 4 << 20;

/// Which details are wanted, beside those that cost nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DetailWish {
    /// From 0 to 1, each.
    pub percentiles: Vec<f64>,
    /// For how long numbers were above it, and for how long below.
    pub threshold: Option<f64>,
    /// Where a counter goes on from 0; one that restarts does so anywhere.
    pub wrap: Option<f64>,
}

/// What the samples of a bucket come to, one by one. Numbers hold until the next one, as in
/// [`super::Bucket::integral`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Detail {
    /// The mean of the numbers, and the sum of the squares of their distances from it.
    mean: f64,
    squares: f64,
    count: u64,
    /// How far a counter has come: what each number is more than the one before, and after a restart
    /// the number itself.
    pub increase: f64,
    /// How often a number or a text was another than the one before.
    pub transitions: u64,
    /// The area below the straight lines from number to number, in seconds, and for how many of the
    /// bucket's seconds there are such lines.
    pub linear: f64,
    pub linear_seconds: f64,
    /// For how many seconds numbers were above the threshold, and below it.
    pub above: f64,
    pub below: f64,
    /// As many as are wanted; none where there are too many numbers.
    pub percentiles: Vec<f64>,
    numbers: Vec<f64>,
    has_too_many: bool,
}

impl Detail {
    /// How many numbers it is of.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The standard deviation of the numbers, as of a sample; `None` of fewer than two.
    pub fn stddev(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares / (self.count - 1) as f64).sqrt())
    }

    /// Takes a number, and the one before it, wherever that was.
    pub(super) fn take(&mut self, value: f64, before: Option<f64>, wish: &DetailWish) {
        self.count += 1;
        let off = value - self.mean;
        self.mean += off / self.count as f64;
        self.squares += off * (value - self.mean);
        if let Some(before) = before {
            self.transitions += u64::from(value.to_bits() != before.to_bits());
            self.increase += if value >= before {
                value - before
            } else {
                wish.wrap.map_or(value, |wrap| wrap - before + value)
            };
        }
        if wish.percentiles.is_empty() || self.has_too_many {
            return;
        }
        if self.numbers.len() == PERCENTILE_NUMBERS_MAX {
            self.has_too_many = true;
            self.numbers = Vec::new();
        } else {
            self.numbers.push(value);
        }
    }

    /// Takes what was held for some seconds.
    pub(in crate::store) fn hold(&mut self, value: f64, seconds: f64, wish: &DetailWish) {
        let Some(threshold) = wish.threshold else {
            return;
        };
        if value > threshold {
            self.above += seconds;
        } else if value < threshold {
            self.below += seconds;
        }
    }

    /// Takes the part of a straight line between two samples that is between two instants.
    pub(super) fn draw(
        &mut self,
        ((at_a, a), (at_b, b)): ((Timestamp, f64), (Timestamp, f64)),
        (from, to): (Timestamp, Timestamp),
    ) {
        let (from, to) = (from.max(at_a), to.min(at_b));
        let long = seconds(from, to);
        if long > 0.0 {
            let whole = seconds(at_a, at_b);
            let middle = seconds(at_a, from) + long / 2.0;
            self.linear += (a + (b - a) * middle / whole) * long;
            self.linear_seconds += long;
        }
    }

    /// Works out what needs all numbers. Percentiles lie between two numbers, as in SQL's
    /// `percentile_cont`.
    pub(super) fn finish(&mut self, wish: &DetailWish) {
        let mut numbers = std::mem::take(&mut self.numbers);
        if numbers.is_empty() {
            return;
        }
        numbers.sort_unstable_by(f64::total_cmp);
        let last = numbers.len() - 1;
        let percentile = |part: &f64| {
            let place = part.clamp(0.0, 1.0) * last as f64;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // below `last`
            let below = (place as usize).min(last);
            let above = (below + 1).min(last);
            let off = place - below as f64;
            if off > 0.0 {
                numbers[below] + (numbers[above] - numbers[below]) * off
            } else {
                numbers[below]
            }
        };
        self.percentiles = wish.percentiles.iter().map(percentile).collect();
    }
}
