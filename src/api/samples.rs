//! Decoded history, for plots.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Number;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::asker::Asker;
use super::bucket_row::BucketRow;
use super::calendar::{CalendarWidth, part_of_days};
use super::export;
use super::format::{Format, with_kept_from};
use super::page::{json, millis};
use super::params::{Count, When, Width, Zone, params, range};
use super::problem::{Kind, Problem, Problems, ready};
use super::readers::{ANSWER_BYTES_MAX, Readers};
use crate::message::{TimeSource, Timestamp, TopicFilter};
use crate::readers::Effort;
use crate::store::{
    RawSample, Resolution, SampleQuery, SampleSet, Samples, SeriesKind, SeriesSamples, Store,
};
use crate::view::{KindView, ValueView};

/// The most points, buckets or samples of one series in an answer.
pub(super) const POINTS_MAX: usize = 20_000;
/// The most values in an answer.
const VALUES_MAX: usize = 1_000_000;
const SERIES_MAX: usize = 200;
/// The most of the store's buckets that those of one series are put together from.
const PARTS_MAX: usize = 100_000;
/// The rows of an answer come to so many bytes at most.
const SERIES_BYTES_MAX: usize = ANSWER_BYTES_MAX - 64 * 1024;

params! {
    /// Which samples, and how finely.
    SamplesParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/line1/press")]
        filter: TopicFilter,
        /// A series: its JSON Pointer in the payload, empty for the payload itself; all series
        /// where it is absent
        #[param(pattern = r"^[^\x00]*$", example = "/temp")]
        path: String,
        /// Event time at or after (now-1h)
        #[param(value_type = Option<String>, format = "instant", example = "now-6h")]
        from: When,
        /// Event time before (now)
        #[param(value_type = Option<String>, format = "instant", example = "now")]
        to: When,
        /// For a plot of about so many points: raw where there are no more, else buckets (2000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 20000)]
        points: Count,
        /// The time zone of dates and local times, in which days, weeks and months begin (UTC)
        #[param(value_type = Option<String>, format = "time-zone", example = "Europe/Berlin")]
        tz: Zone,
        /// Buckets of this width: 30s, 1m, 6h; days (1d), weeks from Monday (1w), months (1mo) and
        /// years (1y) are those of the calendar in `tz`
        #[param(value_type = Option<String>, format = "duration-text", example = "1m")]
        every: Width,
        /// Every sample
        raw: bool,
        /// At most so many raw samples of each series (20000), or of all in NDJSON and CSV
        #[param(value_type = Option<u64>, minimum = 1)]
        limit: Count,
        /// `json`, or `ndjson` or `csv`, which are streamed where they are raw; the `Accept`
        /// header does as well
        #[param(inline, example = "json")]
        format: Format,
    }
}

/// Samples, series by series.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SampleSetView {
    /// Event time at or after.
    from: Timestamp,
    /// Event time before.
    to: Timestamp,
    /// The width of the buckets in milliseconds, about, where they are the calendar's; null where
    /// the samples are raw.
    #[schema(value_type = Option<f64>)]
    every_ms: Option<Number>,
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

impl SampleSetView {
    /// The whole series that fit in an answer; of the first, as many rows as fit.
    fn new(
        query: &SampleQuery,
        set: SampleSet,
        kept_from: Option<Timestamp>,
        sees_totals: bool,
    ) -> Result<Self, Problem> {
        let mut view = Self {
            from: query.from,
            to: query.to,
            every_ms: set.every.map(|every| millis(Timestamp(every))),
            complete_to: sees_totals.then_some(set.complete_to.0),
            kept_from,
            truncated: set.truncated,
            series: Vec::new(),
        };
        let mut left = SERIES_BYTES_MAX;
        for series in set.series {
            let (series, is_whole) = SamplesView::from(series).within(left)?;
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
    /// What the columns of a row are: time and value, or of buckets time, count, min, max, avg, first,
    /// last, integral, seconds, and of texts states. `integral` is each number times the seconds that it
    /// held within the bucket, from the first sample of the answer on: of watts it is joules, of a
    /// switch for how long it was on, and divided by `seconds` the mean over time. `states` says for how
    /// many seconds each text held.
    #[schema(value_type = Vec<String>)]
    columns: &'static [&'static str],
    /// By time; times are milliseconds since 1970. Booleans count as 1 and 0. What has no sample
    /// has no row.
    #[schema(value_type = Vec<Vec<serde_json::Value>>)]
    rows: SampleRows,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum SampleRows {
    Raw(Vec<(Number, Option<ValueView>)>),
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

impl From<SeriesSamples> for SamplesView {
    fn from(series: SeriesSamples) -> Self {
        let (columns, rows): (&[_], _) = match &series.samples {
            Samples::Raw(samples) => (
                &["time", "value"],
                SampleRows::Raw(samples.iter().map(raw_row).collect()),
            ),
            Samples::Buckets(buckets) => {
                let has_states = buckets.iter().any(|it| !it.states.is_empty());
                let rows = buckets.iter().map(|it| BucketRow::new(it, has_states));
                let rows = SampleRows::Buckets(rows.collect());
                (BucketRow::columns(has_states), rows)
            }
        };
        Self {
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

fn raw_row(sample: &RawSample) -> (Number, Option<ValueView>) {
    // A plot wants booleans as numbers.
    let value = ValueView::new(SeriesKind::Mixed, sample);
    (millis(sample.time), value)
}

/// Samples for plots
///
/// Raw, or in buckets that keep the shape of the curve. Gaps stay gaps.
#[utoipa::path(get, path = "/samples", tag = "samples", params(SamplesParams),
    responses((status = OK, content((SampleSetView = "application/json"),
        (String = "application/x-ndjson"), (String = "text/csv"))), Problems))]
pub(super) async fn samples(
    State(store): State<Store>,
    State(readers): State<Readers>,
    asker: Asker,
    params: SamplesParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::wanted(params.format, &headers);
    let streamed = format != Format::Json;
    let zone = Zone::or_utc(params.tz.clone());
    let (from, to, _) = range(params.from.clone(), params.to.clone(), &zone)?;
    let (resolution, calendar) = resolution(&params, (from, to), &zone, streamed)?;
    let query = SampleQuery {
        scope: asker.scope(params.filter),
        path: params.path,
        from,
        to,
        up_to: None,
        resolution,
        series_limit: series_limit(resolution, to.0.saturating_sub(from.0)),
    };
    let store = ready(store)?;
    let kept_from = store.samples_kept_from(query.scope.filter());
    let kept_from = kept_from.filter(|kept_from| query.from < *kept_from);
    if streamed && let Resolution::Raw(limit) = resolution {
        let response = export::raw((&readers, &asker), store, query, limit, format)?;
        return Ok(with_kept_from(response, kept_from));
    }
    if streamed {
        let set = readers.ask(Effort::Any, async move {
            read(&store, &query, calendar, &zone).await
        });
        let response = export::buckets((&readers, &asker), set.await?, format)?;
        return Ok(with_kept_from(response, kept_from));
    }
    let sees_totals = asker.sees_totals();
    let body = readers.answer(Effort::Any, async move {
        let set = read(&store, &query, calendar, &zone).await?;
        json(&SampleSetView::new(&query, set, kept_from, sees_totals)?)
    });
    Ok(format.respond(body.await?))
}

/// Asks the store; buckets of a day and more become those of the calendar.
async fn read(
    store: &Store,
    query: &SampleQuery,
    calendar: Option<CalendarWidth>,
    zone: &TimeZone,
) -> Result<SampleSet, Problem> {
    let mut set = store.samples(query).await?;
    let chosen = matches!(query.resolution, Resolution::Points(_))
        .then(|| set.every.and_then(CalendarWidth::of))
        .flatten();
    if chosen.is_some() {
        // The range was so long that the store chose days or more.
        let parts_max = VALUES_MAX / set.series.len().max(1);
        let part = part_of_days((query.from, query.to), zone, parts_max);
        let parts = SampleQuery {
            resolution: Resolution::Every(part),
            ..query.clone()
        };
        set = store.samples(&parts).await?;
    }
    if let Some(width) = calendar.or(chosen) {
        let part_us = set.every.unwrap_or_default();
        let until = query.to.min(Timestamp::now());
        set.every = Some(width.micros());
        for series in &mut set.series {
            if let Samples::Buckets(parts) = &mut series.samples {
                *parts = width.together(std::mem::take(parts), part_us, until, zone);
            }
        }
    }
    Ok(set)
}

/// How finely the store is asked, and the calendar's buckets that this is put together to.
fn resolution(
    params: &SamplesParams,
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
    streamed: bool,
) -> Result<(Resolution, Option<CalendarWidth>), Problem> {
    let raw = params.raw == Some(true);
    let ways = [params.points.is_some(), params.every.is_some(), raw];
    if ways.iter().filter(|way| **way).count() > 1 {
        return Err(Problem::new(
            Kind::BadParameter,
            "points, every and raw exclude each other: give one of them",
        ));
    }
    if !raw && params.limit.is_some() {
        return Err(Problem::parameter(
            Kind::BadLimit,
            "limit",
            "goes with raw=true only",
        ));
    }
    if raw {
        let limit = if streamed {
            params.limit.map_or(usize::MAX, |limit| limit.0)
        } else {
            Count::within(params.limit, "limit", POINTS_MAX, POINTS_MAX)?
        };
        return Ok((Resolution::Raw(limit), None));
    }
    let Some(every) = params.every else {
        let points = Count::within(params.points, "points", 2000, POINTS_MAX)?;
        return Ok((Resolution::Points(points), None));
    };
    let width = match every {
        Width::Micros(every) => every,
        Width::Calendar(width) => width.micros(),
    };
    let buckets = to.0.saturating_sub(from.0) / width;
    if usize::try_from(buckets).unwrap_or(usize::MAX) > POINTS_MAX {
        return Err(Problem::parameter(
            Kind::BadTime,
            "every",
            format!("would make {buckets} buckets, the most is {POINTS_MAX}"),
        ));
    }
    Ok(match every {
        Width::Micros(every) => (Resolution::Every(every), None),
        Width::Calendar(width) => {
            let part = part_of_days((from, to), zone, PARTS_MAX);
            (Resolution::Every(part), Some(width))
        }
    })
}

/// How many series there may be, so that their values come to no more than may be in an answer.
fn series_limit(resolution: Resolution, span: i64) -> usize {
    let points = match resolution {
        Resolution::Points(points) => points,
        Resolution::Every(every) => usize::try_from(span / every.max(1)).unwrap_or(usize::MAX),
        Resolution::Raw(limit) => limit,
    };
    (VALUES_MAX / points.max(1)).clamp(1, SERIES_MAX)
}
