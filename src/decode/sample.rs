//! What decoding gives.

use std::fmt;
use std::sync::Arc;

use super::compression::Compression;
use super::embedded::{Embedded, WantedPart};
use crate::message::{Defects, TimeSource, Timestamp};

/// What a payload was read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PayloadFormat {
    Json,
    Sparkplug,
    Text,
    LineProtocol,
    Cbor,
    MessagePack,
    /// An image of this MIME type.
    Image(&'static str),
    /// Nothing that is read.
    #[default]
    Binary,
}

impl PayloadFormat {
    /// What clients know it by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sparkplug => "sparkplug",
            Self::Text => "text",
            Self::LineProtocol => "line_protocol",
            Self::Cbor => "cbor",
            Self::MessagePack => "msgpack",
            Self::Image(mime) => mime,
            Self::Binary => "binary",
        }
    }
}

/// What a payload was read as, and what it was wrapped in: `json`, `gzip+json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FormatName {
    pub compression: Option<Compression>,
    pub format: PayloadFormat,
}

impl From<PayloadFormat> for FormatName {
    fn from(format: PayloadFormat) -> Self {
        Self {
            compression: None,
            format,
        }
    }
}

impl fmt::Display for FormatName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(compression) = self.compression {
            write!(f, "{}+", compression.name())?;
        }
        f.write_str(self.format.name())
    }
}

impl serde::Serialize for FormatName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The units of samples, by their places.
pub type NamedUnits = Vec<(usize, Arc<str>)>;

/// What a payload became.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// What it was compressed with.
    pub compression: Option<Compression>,
    /// What it was read as.
    pub format: PayloadFormat,
    /// In the payload's order.
    pub samples: Vec<Sample>,
    /// The units of samples that the payload itself names; few do.
    pub units: Option<Box<NamedUnits>>,
    /// The bytes in it that are no samples, in the payload's order.
    pub embedded: Vec<Embedded>,
    /// What could not be understood.
    pub defects: Defects,
    /// The part that was asked for.
    pub(super) wanted: Option<Box<WantedPart>>,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// Where in the payload it was: a JSON Pointer, the empty one for the payload itself.
    pub path: String,
    /// When it was true.
    pub time: Timestamp,
    /// Who says so.
    pub time_source: TimeSource,
    pub value: Value,
}

/// A value of one of the kinds that a series can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    /// A number of more digits than a double holds: the nearest double, and its digits.
    Long(f64, String),
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
            Self::Long(number as f64, number.to_string())
        }
    }

    /// An integer of any size, of these digits.
    pub(super) fn from_i128(number: i128) -> Self {
        match i64::try_from(number) {
            Ok(number) => Self::from_i64(number),
            Err(_) => Self::Long(number as f64, number.to_string()),
        }
    }

    pub(super) fn from_i64(number: i64) -> Self {
        if number.unsigned_abs() <= EXACT_MAX {
            Self::Number(number as f64)
        } else {
            Self::Long(number as f64, number.to_string())
        }
    }
}
