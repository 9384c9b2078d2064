//! Samples, series by series.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::Number;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

use super::aggregate::{Aggregates, BucketTable, Cell, Fill};
use crate::api::page::millis;
use crate::api::problem::Problem;
use crate::api::readers::ANSWER_BYTES_MAX;
use crate::message::{TimeSource, Timestamp};
use crate::store::{
    RawSample, Resolution, SampleQuery, SampleSet, Samples, SeriesKind, SeriesSamples,
};
use crate::view::{KindView, ValueView};

/// The rows of an answer come to so many bytes at most.
pub(super) const BYTES_MAX: usize = ANSWER_BYTES_MAX - 64 * 1024;

/// When, and what.
type RawRow = (Number, Option<ValueView>);

/// Samples, series by series.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SampleSetView {
    /// Event time at or after.
    from: Timestamp,
    /// Event time before.
    to: Timestamp,
    /// The width of the buckets in milliseconds, about, where they are the calendar's; null where
    /// the samples are raw.
    #[schema(value_type = Option<f64>)]
    every_ms: Option<Number>,
    reduction: Reduction,
    /// Every message up to and with this one is in the answer. Absent for whoever may not read
    /// everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    complete_to: Option<u64>,
    /// From here on every sample is there, by event time: of what was true before, some or all is
    /// gone, since it had been kept long enough. Absent where nothing of what was asked for is gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_from: Option<Timestamp>,
    /// Whether there are more series, or more samples in one, than the answer has.
    truncated: bool,
    /// The series, by topic and path.
    #[schema(value_type = Vec<SamplesView>)]
    series: Vec<Box<RawValue>>,
}

/// What is answered in JSON: series, or rows where these are asked for.
pub(crate) struct SamplesAnswer;

impl PartialSchema for SamplesAnswer {
    fn schema() -> RefOr<Schema> {
        let row = ObjectBuilder::new()
            .schema_type(Type::Object)
            .additional_properties(Some(AdditionalProperties::FreeForm(true)));
        let rows = ArrayBuilder::new().items(row);
        let series = Ref::from_schema_name(SampleSetView::name());
        OneOfBuilder::new().item(series).item(rows).into()
    }
}

impl ToSchema for SamplesAnswer {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((SampleSetView::name().into_owned(), SampleSetView::schema()));
        SampleSetView::schemas(schemas);
    }
}

impl SampleSetView {
    /// The whole series that fit in an answer; of the first, as many rows as fit.
    pub(super) fn new(
        query: &SampleQuery,
        set: SampleSet,
        (aggregates, fill): (&Aggregates, Fill),
        (kept_from, sees_totals): (Option<Timestamp>, bool),
    ) -> Result<Self, Problem> {
        let reduction = match (&query.resolution, &set.grid) {
            (_, None) => Reduction::None,
            (Resolution::Points(_), Some(_)) => Reduction::MinMax,
            (_, Some(_)) => Reduction::Buckets,
        };
        let mut view = Self {
            from: query.from,
            to: query.to,
            every_ms: set
                .grid
                .as_ref()
                .map(|grid| millis(Timestamp(grid.width()))),
            reduction,
            complete_to: sees_totals.then_some(set.complete_to.0),
            kept_from,
            truncated: set.truncated,
            series: Vec::new(),
        };
        let mut left = BYTES_MAX;
        for series in set.series {
            let series = SamplesView::new(series, aggregates, fill);
            let (series, is_whole) = series.within(left)?;
            if is_whole || view.series.is_empty() {
                left = left.saturating_sub(series.get().len());
                view.series.push(series);
            }
            if !is_whole {
                view.truncated = true;
                break;
            }
        }
        Ok(view)
    }
}

/// What was left out, and how.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Reduction {
    /// Nothing: these are the samples.
    None,
    /// For a plot: buckets, of which the least and the greatest number are told, so that no peak is
    /// lost.
    MinMax,
    /// The buckets that were asked for.
    Buckets,
}

/// The samples of one series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeriesSamples)]
struct SamplesView {
    /// Its topic.
    topic: String,
    /// Its JSON Pointer in the payload; empty for the payload itself.
    path: String,
    /// What its values are.
    kind: KindView,
    /// The physical unit, where one is known.
    unit: Option<String>,
    /// What people call it, where Home Assistant's MQTT discovery or Zigbee2MQTT announce that.
    description: Option<String>,
    /// Where the time of its last sample comes from: `receipt`, when its message was received;
    /// `format`, which has a place for it; or the name of the member of the payload that says it.
    #[schema(value_type = String, example = "timestamp_ms")]
    time_source: TimeSource,
    /// The last sample before `from`, which holds from there on: its time and its value. Null where
    /// there is none.
    #[schema(value_type = Option<Vec<serde_json::Value>>)]
    before: Option<RawRow>,
    /// What the columns of a row are: time and value, or of buckets time and the aggregates that were
    /// asked for. `integral` is each number times the seconds that it held within the bucket, from `from`
    /// on where there is a sample before that: of watts it is joules, of a switch for how long it was on,
    /// and divided by `seconds` the mean over time. `states` says for how many seconds each state held.
    #[schema(value_type = Vec<String>)]
    columns: Vec<String>,
    /// By time; times are milliseconds since 1970. Booleans count as 1 and 0. What has no sample
    /// has no row.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    rows: SampleRows,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum SampleRows {
    Raw(Vec<RawRow>),
    Buckets(Vec<BucketRow>),
}

impl SamplesView {
    /// The series as JSON with as many rows as fit in so many bytes, and whether these are all.
    fn within(mut self, bytes_max: usize) -> Result<(Box<RawValue>, bool), Problem> {
        let fit = self.rows.fit(bytes_max)?;
        let is_whole = fit == self.rows.len();
        self.rows.truncate(fit);
        let series = to_raw_value(&self).map_err(Problem::internal)?;
        Ok((series, is_whole))
    }
}

/// When a bucket begins, and what it comes to.
#[derive(Debug)]
struct BucketRow(Number, Vec<Cell>);

impl Serialize for BucketRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_seq(Some(1 + self.1.len()))?;
        row.serialize_element(&self.0)?;
        for cell in &self.1 {
            row.serialize_element(cell)?;
        }
        row.end()
    }
}

impl SampleRows {
    fn len(&self) -> usize {
        match self {
            Self::Raw(rows) => rows.len(),
            Self::Buckets(rows) => rows.len(),
        }
    }

    fn truncate(&mut self, len: usize) {
        match self {
            Self::Raw(rows) => rows.truncate(len),
            Self::Buckets(rows) => rows.truncate(len),
        }
    }

    /// How many rows fit in so many bytes of JSON.
    fn fit(&self, bytes_max: usize) -> Result<usize, Problem> {
        match self {
            Self::Raw(rows) => fit(rows, bytes_max),
            Self::Buckets(rows) => fit(rows, bytes_max),
        }
    }
}

fn fit(rows: &[impl Serialize], bytes_max: usize) -> Result<usize, Problem> {
    let mut row = Vec::new();
    let mut bytes = 0;
    for (at, one) in rows.iter().enumerate() {
        row.clear();
        serde_json::to_writer(&mut row, one).map_err(Problem::internal)?;
        bytes += row.len() + 1;
        if bytes > bytes_max {
            return Ok(at);
        }
    }
    Ok(rows.len())
}

impl SamplesView {
    fn new(series: SeriesSamples, aggregates: &Aggregates, fill: Fill) -> Self {
        let (columns, rows) = match &series.samples {
            Samples::Raw(samples) => (
                vec!["time".to_owned(), "value".to_owned()],
                SampleRows::Raw(samples.iter().map(raw_row).collect()),
            ),
            Samples::Buckets(buckets) => {
                let table = BucketTable::new(&series, buckets, fill);
                let rows = table.rows(aggregates).into_iter();
                let rows = rows.map(|(start, cells)| BucketRow(millis(start), cells));
                let names = aggregates.0.iter().map(|it| it.name.clone());
                let columns = std::iter::once("time".to_owned()).chain(names);
                (columns.collect(), SampleRows::Buckets(rows.collect()))
            }
        };
        Self {
            before: series.before.as_ref().map(raw_row),
            topic: series.topic.as_str().to_owned(),
            path: series.path.as_ref().to_owned(),
            kind: series.kind.into(),
            unit: series.unit.map(|unit| unit.as_ref().to_owned()),
            description: series.description.map(|text| text.as_ref().to_owned()),
            time_source: series.time_source,
            columns,
            rows,
        }
    }
}

fn raw_row(sample: &RawSample) -> RawRow {
    // A plot wants booleans as numbers.
    let value = ValueView::new(SeriesKind::Mixed, sample);
    (millis(sample.time), value)
}
