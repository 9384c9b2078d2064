//! Where buckets begin.

use std::sync::Arc;

use crate::message::Timestamp;

const SECOND: i64 = 1_000_000;
pub(in crate::store) const MINUTE: i64 = 60 * SECOND;
pub(in crate::store) const HOUR: i64 = 60 * MINUTE;
pub(in crate::store) const DAY: i64 = 24 * HOUR;

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
pub(in crate::store) fn nice_width(span: i64, points: usize) -> i64 {
    let points = i64::try_from(points.max(1)).unwrap_or(i64::MAX);
    let least = span.max(1).div_euclid(points) + 1;
    let nice = NICE.iter().find(|width| **width >= least);
    nice.copied()
        .unwrap_or_else(|| least.div_euclid(DAY).saturating_add(1).saturating_mul(DAY))
}

/// How many seconds there are from one instant to a later one; none to an earlier one.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.0.saturating_sub(from.0).max(0) as f64 / 1e6
}

/// Where buckets begin and end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grid {
    /// All are as wide, in microseconds; one of them begins at `phase`.
    Even { every: i64, phase: i64 },
    /// Each ends where the next one begins, the last one at the last of these instants. There are two
    /// at least.
    Edges(Arc<[i64]>),
}

impl Grid {
    /// Buckets aligned to absolute time.
    pub fn even(every: i64) -> Self {
        let every = every.max(1);
        Self::Even { every, phase: 0 }
    }

    /// Where the bucket begins that an instant is in, and where it ends.
    pub fn bucket_of(&self, at: Timestamp) -> (Timestamp, Timestamp) {
        match self {
            Self::Even { every, phase } => {
                let number = at.0.saturating_sub(*phase).div_euclid(*every);
                let start = number.saturating_mul(*every).saturating_add(*phase);
                (Timestamp(start), Timestamp(start.saturating_add(*every)))
            }
            Self::Edges(edges) => {
                let behind = edges.partition_point(|edge| *edge <= at.0);
                let end = behind.clamp(1, edges.len().saturating_sub(1).max(1));
                let edge = |at: usize| Timestamp(edges.get(at).copied().unwrap_or_default());
                (edge(end - 1), edge(end))
            }
        }
    }

    /// Whether a span of time, without its end, is in one bucket.
    pub(in crate::store) fn holds(&self, from: Timestamp, to: Timestamp) -> bool {
        let (start, end) = self.bucket_of(from);
        start <= from && to <= end
    }

    /// How wide they are, in microseconds; about, where they are not all as wide.
    pub fn width(&self) -> i64 {
        match self {
            Self::Even { every, .. } => *every,
            Self::Edges(edges) => match (edges.first(), edges.last()) {
                (Some(first), Some(last)) if edges.len() > 1 => {
                    let count = i64::try_from(edges.len() - 1).unwrap_or(i64::MAX);
                    last.saturating_sub(*first) / count
                }
                _ => 0,
            },
        }
    }

    /// How wide the narrowest bucket is, in microseconds.
    pub(in crate::store) fn least_width(&self) -> i64 {
        match self {
            Self::Even { every, .. } => *every,
            Self::Edges(edges) => {
                let widths = edges.windows(2).map(|edge| edge[1].saturating_sub(edge[0]));
                widths.min().unwrap_or(1)
            }
        }
    }

    /// Whether all buckets begin at whole minutes.
    pub(in crate::store) fn has_whole_minutes(&self) -> bool {
        match self {
            Self::Even { every, phase } => every % MINUTE == 0 && phase % MINUTE == 0,
            Self::Edges(edges) => edges.iter().all(|edge| edge % MINUTE == 0),
        }
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn each_instant_is_in_one_bucket() {
        let edges = Grid::Edges(Arc::from([-10, 0, 5, 30]));
        let shifted = Grid::Even { every: 8, phase: 6 };
        for (grid, at, start, end) in [
            (&edges, -10, -10, 0),
            (&edges, -1, -10, 0),
            (&edges, 0, 0, 5),
            (&edges, 29, 5, 30),
            (&edges, 31, 5, 30),
            (&shifted, 5, -2, 6),
            (&shifted, 6, 6, 14),
            (&shifted, -3, -10, -2),
        ] {
            let bucket = (Timestamp(start), Timestamp(end));
            assert_eq!(grid.bucket_of(Timestamp(at)), bucket, "{grid:?} {at}");
        }
        assert_eq!(edges.least_width(), 5);
        assert!(edges.holds(Timestamp(5), Timestamp(30)));
        assert!(!edges.holds(Timestamp(4), Timestamp(6)));
    }
}
