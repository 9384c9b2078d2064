//! How long something is kept.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A day in microseconds.
pub const DAY_US: i64 = 86_400_000_000;

/// How long history is kept: what exceeds one of the two goes, the oldest first. What is not given
/// is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// How many days: what is older goes, in partitions of a day, an hour or, where it was long ago
    /// when it came, a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 36_500, example = 30)]
    pub days: Option<u32>,
    /// How many bytes it may take on the database's disk, indexes included.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        minimum = 1_048_576,
        maximum = 1_152_921_504_606_846_976_u64,
        example = 10_737_418_240_u64
    )]
    pub bytes: Option<u64>,
}

impl Keep {
    /// The longest time, in days: a hundred years.
    pub const DAYS_MAX: u32 = 36_500;
    /// The fewest bytes.
    pub const BYTES_MIN: u64 = 1 << 20;
    /// The most, an exbibyte: no disk has that.
    pub const BYTES_MAX: u64 = 1 << 60;

    /// So many days.
    pub fn of_days(days: u32) -> Self {
        Self {
            days: Some(days),
            bytes: None,
        }
    }

    /// Whether it is one that can be kept to.
    pub fn is_valid(&self) -> bool {
        self.days
            .is_none_or(|days| (1..=Self::DAYS_MAX).contains(&days))
            && self
                .bytes
                .is_none_or(|bytes| (Self::BYTES_MIN..=Self::BYTES_MAX).contains(&bytes))
    }

    /// Whether it says nothing.
    pub fn is_for_ever(&self) -> bool {
        *self == Self::default()
    }
}
