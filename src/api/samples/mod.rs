//! Decoded history, for plots.

mod aggregate;
mod export;
mod grid;
mod row;
mod series;
mod wide;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use self::aggregate::{Aggregates, Fill};
pub(super) use self::grid::POINTS_MAX;
use self::grid::{about, grid, too_many};
use self::series::{SampleSetView, SamplesAnswer};
use super::asker::Asker;
use super::calendar::CalendarWidth;
use super::format::{Format, with_kept_from};
use super::page::json;
use super::params::{Count, Param, TimeSpan, When, Width, Zone, params, range};
use super::problem::{Kind, Problem, Problems, ready};
use super::readers::Readers;
use crate::message::{Timestamp, TopicFilter};
use crate::readers::Effort;
use crate::store::{Grid, Resolution, SampleQuery, SampleSet, Store};

/// The most values in an answer.
const VALUES_MAX: usize = 1_000_000;
const SERIES_MAX: usize = 200;

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
        /// For a plot of about so many points: raw where there are no more, else buckets, whose least
        /// and greatest numbers keep its peaks (2000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 20000)]
        points: Count,
        /// The time zone of dates and local times, in which days, weeks and months begin (UTC)
        #[param(value_type = Option<String>, format = "time-zone", example = "Europe/Berlin")]
        tz: Zone,
        /// Buckets of this width: 30s, 1m, 6h; days (1d), weeks from Monday (1w), months (1mo) and
        /// years (1y) are those of the calendar in `tz`
        #[param(value_type = Option<String>, format = "duration-text", example = "1m")]
        every: Width,
        /// Buckets begin so much later: days at six with 6h, shifts with every=8h. Less than `every`
        #[param(value_type = Option<String>, format = "duration-text", example = "6h")]
        offset: TimeSpan,
        /// What to tell of each bucket, with commas between: count, min, max, avg (or mean), sum, first,
        /// last, range, delta (from the number before the bucket to its last), increase (of a counter that
        /// may restart) and rate (increase a second), stddev, median and percentiles (p95, p99.9), integral
        /// and seconds, `time_weighted` (the mean over time; a number holds until the next),
        /// `time_weighted_linear` (on straight lines between numbers), interpolated (at the bucket's start),
        /// states (seconds of each), transitions (how often the value changed), above and below (seconds
        /// beyond `threshold`). Without `every` and `points`: of the whole time as one bucket
        #[param(value_type = Option<String>, format = "aggregates", example = "mean,p95")]
        agg: Aggregates,
        /// What to tell of buckets without samples (none)
        #[param(inline)]
        fill: Fill,
        /// For above and below
        #[param(value_type = Option<f64>, example = 80.0)]
        threshold: f64,
        /// For increase and rate: where the counter goes on from 0. Without it, a number that is less than
        /// the one before is a restart
        #[param(value_type = Option<f64>, example = 65536.0)]
        wrap: f64,
        /// Every sample
        raw: bool,
        /// At most so many raw samples of each series (20000), or of all where they are streamed
        #[param(value_type = Option<u64>, minimum = 1)]
        limit: Count,
        /// `json`, or `ndjson`, `csv` or `csv-safe` (without formulas); the `Accept` header does as
        /// well
        #[param(inline, example = "json")]
        format: Format,
        /// `series`: one after the other, with what is known of each (in JSON, where nothing is said).
        /// `rows`: each row by itself, with its topic and path; raw ones are streamed. `wide`: one column
        /// of times, and a column for each series
        #[param(inline)]
        shape: TableShape,
    }
}

/// How series stand beside each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TableShape {
    Series,
    Rows,
    Wide,
}

impl Param for TableShape {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "series" => Ok(Self::Series),
            "rows" => Ok(Self::Rows),
            "wide" => Ok(Self::Wide),
            _ => Err("expected series, rows or wide".into()),
        }
    }
}

/// Samples for plots
///
/// Raw, or in buckets that keep the shape of the curve. Gaps stay gaps, unless `fill` says otherwise.
#[utoipa::path(get, path = "/samples", tag = "samples", params(SamplesParams),
    responses((status = OK, content((SamplesAnswer = "application/json"),
        (String = "application/x-ndjson"), (String = "text/csv"))), Problems))]
pub(super) async fn samples(
    State(store): State<Store>,
    State(readers): State<Readers>,
    asker: Asker,
    params: SamplesParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (format, shape) = form(&params, &headers)?;
    let zone = Zone::or_utc(params.tz.clone());
    let (from, to, _) = range(params.from.clone(), params.to.clone(), &zone)?;
    let is_streamed = params.raw == Some(true) && shape == TableShape::Rows;
    let resolution = resolution(&params, (from, to), &zone, is_streamed)?;
    let aggregates = aggregates(&params)?;
    let fill = params.fill.unwrap_or_default();
    let details = aggregates.as_ref();
    let details = details.and_then(|it| it.details(params.threshold, params.wrap));
    let query = SampleQuery {
        scope: asker.scope(params.filter),
        path: params.path,
        from,
        to,
        up_to: None,
        series_limit: series_limit(&resolution, to.0.saturating_sub(from.0)),
        resolution,
        carries: true,
        with_gaps: fill != Fill::None,
        details,
    };
    let store = ready(store)?;
    let kept_from = store.samples_kept_from(query.scope.filter());
    let kept_from = kept_from.filter(|kept_from| query.from < *kept_from);
    if is_streamed && let Resolution::Raw(limit) = query.resolution {
        let response = export::raw((&readers, &asker), store, query, limit, format)?;
        return Ok(with_kept_from(response, kept_from));
    }
    if shape == TableShape::Rows {
        let set = readers.ask(
            Effort::Any,
            async move { read(&store, &query, &zone).await },
        );
        let set = set.await?;
        let aggregates = match aggregates {
            // Scripts count on the columns.
            None if format.is_csv() => Aggregates::usual().with_states(),
            named => aggregates_of(&set, named),
        };
        let by = (&readers, &asker);
        let response = export::rows(by, set, (aggregates, fill), format)?;
        return Ok(with_kept_from(response, kept_from));
    }
    let sees_totals = asker.sees_totals();
    let body = readers.answer(Effort::Any, async move {
        let set = read(&store, &query, &zone).await?;
        let aggregates = aggregates_of(&set, aggregates);
        if shape == TableShape::Wide {
            return bounded(wide::wide(&set, &aggregates, fill, format)?.take());
        }
        let told = (&aggregates, fill);
        json(&SampleSetView::new(
            &query,
            set,
            told,
            (kept_from, sees_totals),
        )?)
    });
    Ok(with_kept_from(format.respond(body.await?), kept_from))
}

/// How the answer is written.
fn form(params: &SamplesParams, headers: &HeaderMap) -> Result<(Format, TableShape), Problem> {
    let format = Format::wanted(params.format, headers);
    let is_json = format == Format::Json;
    let usual = if is_json {
        TableShape::Series
    } else {
        TableShape::Rows
    };
    let shape = params.shape.unwrap_or(usual);
    if shape == TableShape::Series && !is_json {
        return Err(Problem::parameter(
            Kind::BadParameter,
            "shape",
            "series goes with format=json only: ask for rows or wide",
        ));
    }
    Ok((format, shape))
}

/// What is asked for of buckets, where anything is.
fn aggregates(params: &SamplesParams) -> Result<Option<Aggregates>, Problem> {
    let raw = params.raw == Some(true);
    let of_buckets = [
        ("agg", params.agg.is_some()),
        ("fill", params.fill.is_some()),
        ("offset", params.offset.is_some()),
        ("threshold", params.threshold.is_some()),
        ("wrap", params.wrap.is_some()),
    ];
    if let Some((name, _)) = of_buckets.iter().find(|(_, is_given)| raw && *is_given) {
        let why = "goes with buckets only, not with raw=true";
        return Err(Problem::parameter(Kind::BadParameter, name, why));
    }
    if params.offset.is_some() && params.every.is_none() {
        let why = "goes with every only";
        return Err(Problem::parameter(Kind::BadParameter, "offset", why));
    }
    let needs_threshold = params.agg.as_ref().is_some_and(Aggregates::need_threshold);
    if needs_threshold && params.threshold.is_none() {
        let why = "is needed for above and below";
        return Err(Problem::parameter(Kind::BadParameter, "threshold", why));
    }
    Ok(params.agg.clone())
}

/// What is told of the buckets of an answer.
fn aggregates_of(set: &SampleSet, asked: Option<Aggregates>) -> Aggregates {
    asked.unwrap_or_else(|| {
        let usual = Aggregates::usual();
        if set.has_states() {
            usual.with_states()
        } else {
            usual
        }
    })
}

/// An answer that is not streamed, if it is not too large.
fn bounded(answer: Bytes) -> Result<Bytes, Problem> {
    if answer.len() <= series::BYTES_MAX {
        return Ok(answer);
    }
    Err(wide::too_large())
}

/// Asks the store; buckets of a day and more are those of the calendar.
async fn read(store: &Store, query: &SampleQuery, zone: &TimeZone) -> Result<SampleSet, Problem> {
    let set = store.samples(query).await?;
    let chosen = match (&query.resolution, &set.grid) {
        (Resolution::Points(_), Some(Grid::Even { every, .. })) => CalendarWidth::of(*every),
        _ => None,
    };
    let Some(chosen) = chosen else {
        return Ok(set);
    };
    // The range was so long that the store chose days or more. How long, it knows: nothing may be as
    // old as was asked for.
    let span = set.span().unwrap_or((query.from, query.to));
    let days = SampleQuery {
        resolution: Resolution::Every(grid(Width::Calendar(chosen), span, zone, None)?),
        ..query.clone()
    };
    Ok(store.samples(&days).await?)
}

/// How finely the store is asked.
fn resolution(
    params: &SamplesParams,
    (from, to): (Timestamp, Timestamp),
    zone: &TimeZone,
    is_streamed: bool,
) -> Result<Resolution, Problem> {
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
    if raw && is_streamed {
        let limit = params.limit.map_or(usize::MAX, |limit| limit.0);
        return Ok(Resolution::Raw(limit));
    }
    if raw {
        let limit = Count::within(params.limit, "limit", POINTS_MAX, POINTS_MAX)?;
        return Ok(Resolution::Raw(limit));
    }
    let Some(every) = params.every else {
        if params.agg.is_some() && params.points.is_none() && from < to {
            return Ok(Resolution::Every(Grid::Edges([from.0, to.0].into())));
        }
        let points = Count::within(params.points, "points", 2000, POINTS_MAX)?;
        return Ok(Resolution::Points(points));
    };
    let buckets = to.0.saturating_sub(from.0) / about(every);
    if usize::try_from(buckets).unwrap_or(usize::MAX) > POINTS_MAX {
        return Err(too_many((from, to), every));
    }
    let grid = grid(every, (from, to), zone, params.offset)?;
    Ok(Resolution::Every(grid))
}

/// How many series there may be, so that their values come to no more than may be in an answer.
fn series_limit(resolution: &Resolution, span: i64) -> usize {
    let points = match resolution {
        Resolution::Points(points) => *points,
        Resolution::Every(Grid::Even { every, .. }) => {
            usize::try_from(span / every).unwrap_or(usize::MAX)
        }
        Resolution::Every(Grid::Edges(edges)) => edges.len(),
        Resolution::Raw(limit) => *limit,
    };
    (VALUES_MAX / points.max(1)).clamp(1, SERIES_MAX)
}
