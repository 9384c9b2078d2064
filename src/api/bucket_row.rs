//! What the samples of a bucket come to, as it is sent.

use std::collections::BTreeMap;

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::Number;

use super::format::{Format, csv_line, json_line};
use super::page::millis;
use super::problem::Problem;
use crate::message::Timestamp;
use crate::store::{Bucket, SeriesSamples};

/// The columns of a row of JSON.
const COLUMNS: [&str; 10] = [
    "time", "count", "min", "max", "avg", "first", "last", "integral", "seconds", "states",
];

/// The columns of a line of CSV.
pub(super) const CSV_COLUMNS: [&str; 12] = [
    "time", "topic", "path", "count", "min", "max", "avg", "first", "last", "integral", "seconds",
    "states",
];

/// The numbers of a bucket, from the least to the last; nulls where it has none.
fn numbers(bucket: &Bucket) -> [Option<f64>; 5] {
    let avg = bucket.sum / bucket.count.max(1) as f64;
    let numbers = [bucket.min, bucket.max, avg, bucket.first, bucket.last];
    numbers.map(|number| (bucket.count > 0).then_some(number))
}

/// A bucket as an array. Where no bucket of a series has states there is no column for them.
#[derive(Debug)]
pub(super) struct BucketRow {
    time: Number,
    count: u64,
    numbers: [Option<f64>; 5],
    held: [f64; 2],
    states: Option<BTreeMap<String, f64>>,
}

impl BucketRow {
    pub(super) fn new(bucket: &Bucket, has_states: bool) -> Self {
        Self {
            time: millis(bucket.start),
            count: bucket.count,
            numbers: numbers(bucket),
            held: [bucket.integral, bucket.seconds],
            states: has_states.then(|| bucket.states.clone()),
        }
    }

    pub(super) fn columns(has_states: bool) -> &'static [&'static str] {
        &COLUMNS[..COLUMNS.len() - usize::from(!has_states)]
    }
}

impl Serialize for BucketRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = Self::columns(self.states.is_some());
        let mut row = serializer.serialize_seq(Some(columns.len()))?;
        row.serialize_element(&self.time)?;
        row.serialize_element(&self.count)?;
        for number in &self.numbers {
            row.serialize_element(number)?;
        }
        for held in &self.held {
            row.serialize_element(held)?;
        }
        if let Some(states) = &self.states {
            row.serialize_element(states)?;
        }
        row.end()
    }
}

/// A bucket as a line of its own.
#[derive(Serialize)]
struct BucketLine<'a> {
    time: Timestamp,
    topic: &'a str,
    path: &'a str,
    count: u64,
    min: Option<f64>,
    max: Option<f64>,
    avg: Option<f64>,
    first: Option<f64>,
    last: Option<f64>,
    integral: f64,
    seconds: f64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    states: &'a BTreeMap<String, f64>,
}

/// Adds the line of a bucket.
pub(super) fn bucket_line(
    out: &mut Vec<u8>,
    format: Format,
    series: &SeriesSamples,
    bucket: &Bucket,
) -> Result<(), Problem> {
    let (topic, path) = (series.topic.as_str(), &*series.path);
    let [min, max, avg, first, last] = numbers(bucket);
    let (integral, seconds) = (bucket.integral, bucket.seconds);
    if format != Format::Csv {
        let line = BucketLine {
            time: bucket.start,
            topic,
            path,
            count: bucket.count,
            min,
            max,
            avg,
            first,
            last,
            integral,
            seconds,
            states: &bucket.states,
        };
        return json_line(out, &line);
    }
    let numbers = [min, max, avg, first, last, Some(integral), Some(seconds)];
    let numbers = numbers.map(|number| number.map_or(String::new(), |it| it.to_string()));
    let states = if bucket.states.is_empty() {
        String::new()
    } else {
        serde_json::to_string(&bucket.states).map_err(Problem::internal)?
    };
    let (time, count) = (bucket.start.to_string(), bucket.count.to_string());
    let fields = [&*time, topic, path, &count].into_iter();
    let fields = fields.chain(numbers.iter().map(String::as_str));
    csv_line(out, fields.chain([&*states]));
    Ok(())
}
