//! What decoding gives.

use crate::message::{Defects, Timestamp};

/// What a payload was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PayloadFormat {
    Json,
    Text,
    /// Nothing that is read: images, and whatever else has no samples.
    #[default]
    Binary,
}

/// What a payload became.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// What it was read as.
    pub format: PayloadFormat,
    /// In the payload's order.
    pub samples: Vec<Sample>,
    /// What could not be understood.
    pub defects: Defects,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Where in the payload it was: a JSON Pointer, the empty one for the payload itself.
    pub path: String,
    /// When it was true.
    pub time: Timestamp,
    pub value: Value,
}

/// A value of one of the kinds that a series can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    /// An integer beyond 2^53, however long: the nearest double, and its digits.
    Integer(f64, String),
    Bool(bool),
    /// A text, or a number beyond the range of a double as it was written.
    Text(String),
}

/// Up to here every integer is a double.
pub(super) const EXACT_MAX: u64 = 1 << 53;

impl Value {
    pub(super) fn from_u64(number: u64) -> Self {
        if number <= EXACT_MAX {
            Self::Number(number as f64)
        } else {
            Self::Integer(number as f64, number.to_string())
        }
    }

    pub(super) fn from_i64(number: i64) -> Self {
        if number.unsigned_abs() <= EXACT_MAX {
            Self::Number(number as f64)
        } else {
            Self::Integer(number as f64, number.to_string())
        }
    }
}
