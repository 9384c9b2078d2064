//! What the samples of a bucket come to, by the names that people ask for.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::PartialSchema;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema::SchemaFormat};

use crate::api::params::{Param, quote};
use crate::message::Timestamp;
use crate::store::{Bucket, Detail, DetailWish, RawSample, SeriesKind, SeriesSamples};

/// The most of them in an answer.
const AGGREGATES_MAX: usize = 32;

/// One of the things that samples come to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aggregate {
    /// As it was asked for.
    pub(super) name: String,
    of: Of,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Of {
    Count,
    Min,
    Max,
    Mean,
    Sum,
    First,
    Last,
    Range,
    Delta,
    Increase,
    Rate,
    Stddev,
    /// From 0 to 1.
    Percentile(f64),
    Integral,
    Seconds,
    TimeWeighted,
    TimeWeightedLinear,
    Interpolated,
    States,
    Transitions,
    Above,
    Below,
}

/// Those that an answer has where none are asked for, and behind them `states` where there are texts.
const USUAL: [(&str, Of); 8] = [
    ("count", Of::Count),
    ("min", Of::Min),
    ("max", Of::Max),
    ("avg", Of::Mean),
    ("first", Of::First),
    ("last", Of::Last),
    ("integral", Of::Integral),
    ("seconds", Of::Seconds),
];

const NAMES: [(&str, Of); 22] = [
    ("count", Of::Count),
    ("min", Of::Min),
    ("max", Of::Max),
    ("avg", Of::Mean),
    ("mean", Of::Mean),
    ("sum", Of::Sum),
    ("first", Of::First),
    ("last", Of::Last),
    ("range", Of::Range),
    ("delta", Of::Delta),
    ("increase", Of::Increase),
    ("rate", Of::Rate),
    ("stddev", Of::Stddev),
    ("integral", Of::Integral),
    ("seconds", Of::Seconds),
    ("time_weighted", Of::TimeWeighted),
    ("time_weighted_linear", Of::TimeWeightedLinear),
    ("interpolated", Of::Interpolated),
    ("states", Of::States),
    ("transitions", Of::Transitions),
    ("above", Of::Above),
    ("below", Of::Below),
];

/// Several of them, in the order in which they were asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregates(pub(super) Vec<Aggregate>);

impl Param for Aggregates {
    fn parse(text: &str) -> Result<Self, String> {
        let mut aggregates: Vec<Aggregate> = Vec::new();
        for name in text.split(',').map(str::trim) {
            let of = Of::named(name).ok_or_else(|| {
                let names = NAMES.map(|(name, _)| name).join(", ");
                quote(name, format!("expected {names}, median or p0 to p100"))
            })?;
            let name = name.to_owned();
            if aggregates.iter().any(|known| known.name == name) {
                return Err(quote(&name, "is given twice"));
            }
            aggregates.push(Aggregate { name, of });
        }
        if aggregates.len() > AGGREGATES_MAX {
            return Err(format!("has more than {AGGREGATES_MAX} names"));
        }
        Ok(Self(aggregates))
    }
}

impl PartialSchema for Aggregates {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("aggregates".into())))
            .into()
    }
}

impl Of {
    fn named(name: &str) -> Option<Self> {
        let percentile = || {
            let text = match name {
                "median" => "50",
                _ => name.strip_prefix('p')?,
            };
            let is_number = text.chars().all(|c| c.is_ascii_digit() || c == '.');
            let percent: f64 = text.parse().ok().filter(|_| is_number)?;
            (percent <= 100.0).then_some(Self::Percentile(percent / 100.0))
        };
        let known = NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, of)| *of).or_else(percentile)
    }

    /// Whether each sample has to be looked at.
    fn needs_samples(self) -> bool {
        matches!(
            self,
            Self::Increase
                | Self::Rate
                | Self::Stddev
                | Self::Percentile(_)
                | Self::TimeWeightedLinear
                | Self::Transitions
                | Self::Above
                | Self::Below
        )
    }
}

impl Aggregates {
    pub(super) fn usual() -> Self {
        let usual = USUAL.map(|(name, of)| Aggregate {
            name: name.to_owned(),
            of,
        });
        Self(usual.to_vec())
    }

    /// The usual ones, and for how long texts held.
    pub(super) fn with_states(mut self) -> Self {
        self.0.push(Aggregate {
            name: "states".to_owned(),
            of: Of::States,
        });
        self
    }

    /// Whether a threshold is needed.
    pub(super) fn need_threshold(&self) -> bool {
        let mut all = self.0.iter();
        all.any(|it| matches!(it.of, Of::Above | Of::Below))
    }

    /// What the store has to look at each sample for.
    pub(super) fn details(&self, threshold: Option<f64>, wrap: Option<f64>) -> Option<DetailWish> {
        let percentile = |it: &Aggregate| match it.of {
            Of::Percentile(part) => Some(part),
            _ => None,
        };
        let needed = self.0.iter().any(|it| it.of.needs_samples());
        needed.then(|| DetailWish {
            percentiles: self.0.iter().filter_map(percentile).collect(),
            threshold,
            wrap,
        })
    }
}

/// What is told of buckets without samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Fill {
    /// There is no row.
    #[default]
    None,
    /// A row of nulls.
    Null,
    /// What held before goes on.
    Previous,
    /// On a straight line from the number before to the next one, at the start of the bucket.
    Linear,
}

impl Param for Fill {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "null" => Ok(Self::Null),
            "previous" => Ok(Self::Previous),
            "linear" => Ok(Self::Linear),
            _ => Err(quote(text, "expected none, null, previous or linear")),
        }
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Cell {
    None,
    Count(u64),
    Number(f64),
    States(BTreeMap<String, f64>),
}

impl Cell {
    fn number(number: Option<f64>) -> Self {
        number.map_or(Self::None, Self::Number)
    }

    /// As a field of CSV.
    pub(super) fn text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Count(count) => count.to_string(),
            Self::Number(number) => number.to_string(),
            Self::States(states) if states.is_empty() => String::new(),
            Self::States(states) => serde_json::to_string(states).unwrap_or_default(),
        }
    }
}

/// The buckets of one series, as they are asked about.
#[derive(Debug)]
pub(super) struct BucketTable<'a> {
    buckets: &'a [Bucket],
    kind: SeriesKind,
    fill: Fill,
    /// The last sample before all of them.
    before: Option<&'a RawSample>,
}

/// A number and when it was true.
type TimedNumber = (Timestamp, f64);

impl<'a> BucketTable<'a> {
    pub(super) fn new(series: &'a SeriesSamples, buckets: &'a [Bucket], fill: Fill) -> Self {
        Self {
            buckets,
            kind: series.kind,
            fill,
            before: series.before.as_ref(),
        }
    }

    /// When each bucket begins, and what it comes to.
    pub(super) fn rows(&self, aggregates: &Aggregates) -> Vec<(Timestamp, Vec<Cell>)> {
        let before = self.before.and_then(|it| Some((it.time, it.value?)));
        let mut before: Option<TimedNumber> = before;
        let mut next = self.buckets.iter().filter(|it| it.count > 0).peekable();
        let mut rows = Vec::with_capacity(self.buckets.len());
        for bucket in self.buckets {
            while next.peek().is_some_and(|next| next.start < bucket.start) {
                next.next();
            }
            let after = next.peek().map(|next| (next.first_at, next.first));
            let cell = |it: &Aggregate| self.cell(it.of, aggregates, bucket, (before, after));
            rows.push((bucket.start, aggregates.0.iter().map(cell).collect()));
            if bucket.count > 0 {
                before = Some((bucket.last_at, bucket.last));
            }
        }
        rows
    }

    /// One value of a bucket, between the number before it and the first one in it or behind it.
    fn cell(
        &self,
        of: Of,
        aggregates: &Aggregates,
        bucket: &Bucket,
        (before, after): (Option<TimedNumber>, Option<TimedNumber>),
    ) -> Cell {
        let detail = || whole_detail(bucket);
        let is_known = bucket.seconds > 0.0;
        let at_start = || interpolated(bucket.start, before, after);
        let number = match of {
            Of::Count => return Cell::Count(bucket.count),
            Of::States => return Cell::States(self.states(bucket)),
            Of::Transitions => {
                return detail().map_or(Cell::None, |it| Cell::Count(it.transitions));
            }
            Of::Seconds => Some(bucket.seconds),
            Of::Integral => Some(bucket.integral),
            Of::TimeWeighted => is_known.then(|| bucket.integral / bucket.seconds),
            Of::Interpolated => at_start(),
            Of::TimeWeightedLinear => detail()
                .filter(|it| it.linear_seconds > 0.0)
                .map(|it| it.linear / it.linear_seconds),
            Of::Increase => detail().map(|it| it.increase),
            Of::Rate => detail()
                .filter(|_| is_known)
                .map(|it| it.increase / bucket.seconds),
            Of::Above => detail().map(|it| it.above),
            Of::Below => detail().map(|it| it.below),
            Of::Delta if bucket.count > 0 => {
                Some(bucket.last - before.map_or(bucket.first, |(_, value)| value))
            }
            Of::Sum if bucket.count > 0 => Some(bucket.sum),
            Of::Stddev if bucket.count > 0 => detail().and_then(Detail::stddev),
            Of::Range if bucket.count > 0 => Some(bucket.max - bucket.min),
            Of::Sum | Of::Stddev => None,
            Of::Delta | Of::Range => before.filter(|_| self.fill == Fill::Previous).map(|_| 0.0),
            Of::Min if bucket.count > 0 => Some(bucket.min),
            Of::Max if bucket.count > 0 => Some(bucket.max),
            Of::Mean if bucket.count > 0 => Some(bucket.sum / bucket.count as f64),
            Of::First if bucket.count > 0 => Some(bucket.first),
            Of::Last if bucket.count > 0 => Some(bucket.last),
            Of::Percentile(part) if bucket.count > 0 => percentile(aggregates, part, bucket),
            Of::Min | Of::Max | Of::Mean | Of::First | Of::Last | Of::Percentile(_) => {
                match self.fill {
                    Fill::None | Fill::Null => None,
                    Fill::Previous => before.map(|(_, value)| value),
                    Fill::Linear => at_start(),
                }
            }
        };
        Cell::number(number)
    }

    /// For how long each state held: of a switch, on and off.
    fn states(&self, bucket: &Bucket) -> BTreeMap<String, f64> {
        let mut states = bucket.states.clone();
        if self.kind == SeriesKind::Bool && bucket.seconds > 0.0 {
            states.insert("true".to_owned(), bucket.integral);
            states.insert("false".to_owned(), bucket.seconds - bucket.integral);
        }
        states
    }
}

/// The details of a bucket, where they are of all its samples: of some only rollups may be left.
fn whole_detail(bucket: &Bucket) -> Option<&Detail> {
    let detail = bucket.detail.as_deref();
    detail.filter(|detail| detail.count() == bucket.count)
}

fn percentile(aggregates: &Aggregates, part: f64, bucket: &Bucket) -> Option<f64> {
    let asked = aggregates.0.iter().filter_map(|it| match it.of {
        Of::Percentile(part) => Some(part),
        _ => None,
    });
    let place = asked
        .into_iter()
        .position(|it| it.to_bits() == part.to_bits())?;
    whole_detail(bucket)?.percentiles.get(place).copied()
}

/// The value at an instant on a straight line between two numbers.
fn interpolated(
    at: Timestamp,
    before: Option<TimedNumber>,
    after: Option<TimedNumber>,
) -> Option<f64> {
    let (end, b) = after?;
    if end <= at {
        return Some(b);
    }
    let (start, a) = before?;
    let part = (at.0 - start.0) as f64 / (end.0 - start.0) as f64;
    Some(a + (b - a) * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aggregates_are_named_as_people_name_them() {
        let parsed = Aggregates::parse("min, mean,p99.9,median").unwrap();
        let names: Vec<&str> = parsed.0.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["min", "mean", "p99.9", "median"]);
        assert_eq!(parsed.0[3].of, Of::Percentile(0.5));
        for text in [
            "", "min,", "min,min", "p", "p101", "p-1", "p+1", "pinf", "p1e1", "Min",
        ] {
            assert!(Aggregates::parse(text).is_err(), "{text}");
        }
        let many: Vec<String> = (0..40).map(|n| format!("p{n}")).collect();
        assert!(Aggregates::parse(&many.join(",")).is_err());
    }

    #[test]
    fn a_line_is_straight() {
        let point = |at, value| Some((Timestamp(at), value));
        for (at, before, after, value) in [
            (5, point(0, 1.0), point(10, 3.0), Some(2.0)),
            (10, point(0, 1.0), point(10, 3.0), Some(3.0)),
            (10, None, point(10, 3.0), Some(3.0)),
            (9, None, point(10, 3.0), None),
            (9, point(0, 1.0), None, None),
        ] {
            assert_eq!(interpolated(Timestamp(at), before, after), value);
        }
    }
}
