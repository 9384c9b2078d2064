//! What decoding gives.

use crate::message::{Defects, Timestamp};

/// What a payload became.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// Its values, in the payload's order.
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
    /// The value.
    pub value: Value,
}

/// A value of one of the kinds that a series can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number that a double holds as well as its text did.
    Number(f64),
    /// An integer beyond 2^53: the nearest double, and its digits.
    Integer(f64, String),
    /// `true` or `false`.
    Bool(bool),
    /// A text.
    Text(String),
}

/// Up to here every integer is a double.
const EXACT_MAX: u64 = 1 << 53;

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

    /// The value of a payload that is text and no JSON: numbers in the notations that JSON does
    /// not know (`+5`, `.5`, `007`) are numbers all the same.
    pub(super) fn from_bare_text(text: &str) -> Self {
        let trimmed = text.trim();
        let numeric = trimmed
            .bytes()
            .all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b));
        match trimmed.parse::<f64>() {
            Ok(number) if numeric && number.is_finite() => Self::Number(number),
            _ => Self::Text(text.to_owned()),
        }
    }
}
