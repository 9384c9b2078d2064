//! Query parameters: each is parsed by its type, and what is wrong is named.

use std::fmt::Display;

use jiff::tz::TimeZone;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::calendar::CalendarWidth;
use super::problem::{Kind, Problem};
use crate::message::{Qos, Timestamp, Topic, TopicFilter, parse_duration, parse_time};
use crate::store::Order;

/// A type that a parameter's text can be read as.
pub(super) trait Param: Sized {
    /// The kind of problem that a wrong text is.
    const KIND: Kind = Kind::BadParameter;
    /// What it is in JSON.
    const JSON: JsonKind = JsonKind::Text;

    /// Reads `text`, or says what is wrong with it.
    fn parse(text: &str) -> Result<Self, String>;
}

/// Declares the parameters of one operation, and how they are read from a query string: unknown
/// and doubled names are refused. Their documentation goes into the OpenAPI document.
macro_rules! params {
    ($(#[$meta:meta])* $params:ident { $($(#[$field_meta:meta])* $name:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Default, utoipa::IntoParams)]
        #[into_params(parameter_in = Query)]
        pub(super) struct $params { $($(#[$field_meta])* pub $name: Option<$type>,)* }

        impl $params {
            /// Reads the pairs of a query string.
            pub(super) fn read(
                pairs: impl IntoIterator<Item = (String, String)>,
            ) -> Result<Self, $crate::api::problem::Problem> {
                let mut params = Self::default();
                for (name, value) in pairs {
                    match &*name {
                        $(stringify!($name) => $crate::api::params::take(
                            stringify!($name), &value, &mut params.$name)?,)*
                        _ => return Err($crate::api::params::unknown(
                            &name, &[$(stringify!($name)),*])),
                    }
                }
                Ok(params)
            }
        }

        impl<S: Sync> axum::extract::FromRequestParts<S> for $params {
            type Rejection = $crate::api::problem::Problem;

            async fn from_request_parts(
                parts: &mut axum::http::request::Parts,
                _: &S,
            ) -> Result<Self, Self::Rejection> {
                let mut pairs = $crate::api::params::pairs(parts.uri.query().unwrap_or_default());
                if let Some(asked) = parts.extensions.get::<$crate::api::params::Asked>() {
                    $(asked.check(
                        stringify!($name),
                        <$type as $crate::api::params::Param>::JSON,
                    )?;)*
                    let given = asked.0.iter().cloned();
                    pairs.extend(given.map(|(name, text, _)| (name, text)));
                }
                Self::read(pairs)
            }
        }
    };
}
pub(super) use params;

/// What a parameter is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JsonKind {
    Text,
    Number,
    Flag,
}

/// The parameters that came in the body of a question by POST, beside those of the query string;
/// of JSON with what each was.
#[derive(Debug, Clone)]
pub(super) struct Asked(pub(super) Vec<(String, String, Option<JsonKind>)>);

impl Asked {
    /// Refuses a member of JSON that is not what the parameter of its name is.
    pub(super) fn check(&self, name: &'static str, kind: JsonKind) -> Result<(), Problem> {
        let mut members = self.0.iter().filter(|(member, ..)| member == name);
        if members.all(|(_, _, given)| given.is_none_or(|given| given == kind)) {
            return Ok(());
        }
        let expected = match kind {
            JsonKind::Text => "expected a text",
            JsonKind::Number => "expected a number",
            JsonKind::Flag => "expected true or false",
        };
        Err(Problem::parameter(Kind::BadParameter, name, expected))
    }
}

/// The names and values of a query string.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Reads one parameter into its place. An empty text counts as not given, as forms of a browser send
/// what was left empty; but an empty path is one.
pub(super) fn take<T: Param>(
    name: &'static str,
    text: &str,
    place: &mut Option<T>,
) -> Result<(), Problem> {
    if text.is_empty() && name != "path" {
        return Ok(());
    }
    if place.is_some() {
        return Err(Problem::parameter(
            Kind::UnknownParameter,
            name,
            "is given twice",
        ));
    }
    let value = T::parse(text).map_err(|why| Problem::parameter(T::KIND, name, why))?;
    *place = Some(value);
    Ok(())
}

/// There is no parameter of this name.
pub(super) fn unknown(name: &str, known: &[&str]) -> Problem {
    let known = if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    let name: String = name.chars().take(64).collect();
    Problem::new(
        Kind::UnknownParameter,
        format!("there is no parameter \"{name}\" here: {known}"),
    )
}

/// An instant, absolute or relative to now; where it is depends on the time zone, which another
/// parameter names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct When {
    text: String,
    now: Timestamp,
    in_utc: Timestamp,
}

impl When {
    /// The instant that is meant in `zone`.
    pub(super) fn within(&self, zone: &TimeZone) -> Timestamp {
        // What can be read in one time zone can be read in all.
        parse_time(&self.text, self.now, zone).unwrap_or(self.in_utc)
    }
}

/// How wide buckets are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Micros(i64),
    Calendar(CalendarWidth),
}

/// A length of time, in microseconds; at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimeSpan(pub(super) i64);

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Zone(TimeZone);

impl Zone {
    /// The one that was asked for, else UTC.
    pub(super) fn or_utc(zone: Option<Self>) -> TimeZone {
        zone.map_or(TimeZone::UTC, |zone| zone.0)
    }
}

/// How many of something, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub(super) usize);

impl Count {
    /// The count, where it was given and does not go over `max`.
    pub(super) fn within(
        count: Option<Self>,
        name: &'static str,
        default: usize,
        max: usize,
    ) -> Result<usize, Problem> {
        match count {
            None => Ok(default),
            Some(Self(count)) if count <= max => Ok(count),
            Some(_) => Err(Problem::parameter(
                Kind::BadLimit,
                name,
                format!("must be from 1 to {max}"),
            )),
        }
    }
}

/// The time from which until which: the last hour where nothing is said.
/// No end is where now is; `to` is absent then, too, for who knows better.
pub(super) fn range(
    from: Option<When>,
    to: Option<When>,
    zone: &TimeZone,
) -> Result<(Timestamp, Timestamp, Option<Timestamp>), Problem> {
    const HOUR: i64 = 3_600_000_000;
    let given = to
        .map(|to| to.within(zone))
        .filter(|to| *to != Timestamp::NO_END);
    let to = given.unwrap_or_else(Timestamp::now);
    let from = from.map_or(Timestamp(to.0.saturating_sub(HOUR)), |from| {
        from.within(zone)
    });
    if from > to {
        return Err(Problem::parameter(
            Kind::BadTime,
            "from",
            format!("{from} is after to = {to}"),
        ));
    }
    Ok((from, to, given))
}

impl Param for String {
    fn parse(text: &str) -> Result<Self, String> {
        if text.contains('\0') {
            return Err("must not contain the null character".into());
        }
        Ok(text.to_owned())
    }
}

impl Param for TopicFilter {
    const KIND: Kind = Kind::BadFilter;

    fn parse(text: &str) -> Result<Self, String> {
        Self::new(text).map_err(|error| error.to_string())
    }
}

impl Param for Topic {
    const KIND: Kind = Kind::BadTopic;

    fn parse(text: &str) -> Result<Self, String> {
        Self::new(text).map_err(|error| error.to_string())
    }
}

impl Param for When {
    const KIND: Kind = Kind::BadTime;

    fn parse(text: &str) -> Result<Self, String> {
        let now = Timestamp::now();
        let in_utc = parse_time(text, now, &TimeZone::UTC).map_err(|error| quote(text, error))?;
        Ok(Self {
            text: text.to_owned(),
            now,
            in_utc,
        })
    }
}

impl Param for Width {
    const KIND: Kind = Kind::BadTime;

    fn parse(text: &str) -> Result<Self, String> {
        if let Some(width) = CalendarWidth::parse(text) {
            return Ok(Self::Calendar(width));
        }
        parse_duration(text)
            .map(Self::Micros)
            .map_err(|error| quote(text, error))
    }
}

impl Param for TimeSpan {
    const KIND: Kind = Kind::BadTime;

    fn parse(text: &str) -> Result<Self, String> {
        let span = parse_duration(text).map_err(|error| quote(text, error))?;
        Ok(Self(span))
    }
}

impl Param for f64 {
    const JSON: JsonKind = JsonKind::Number;

    fn parse(text: &str) -> Result<Self, String> {
        let number = text.parse().ok().filter(|number: &Self| number.is_finite());
        number.ok_or_else(|| quote(text, "expected a number"))
    }
}

impl Param for Zone {
    const KIND: Kind = Kind::BadTime;

    fn parse(text: &str) -> Result<Self, String> {
        let offset = || {
            // A space is what is left of a plus sign in a query string.
            let offset = format!("2000-01-01T00:00{}", text.replace(' ', "+"));
            let pieces = jiff::fmt::temporal::DateTimeParser::new().parse_timestamp(&offset);
            let local: jiff::civil::DateTime = jiff::civil::date(2000, 1, 1).into();
            let seconds = local.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second()
                - pieces.ok()?.as_second();
            let offset = jiff::tz::Offset::from_seconds(i32::try_from(seconds).ok()?).ok()?;
            Some(TimeZone::fixed(offset))
        };
        TimeZone::get(text)
            .ok()
            .or_else(offset)
            .map(Self)
            .ok_or_else(|| {
                quote(
                    text,
                    "expected a time zone, such as Europe/Berlin or +02:00",
                )
            })
    }
}

impl Param for Count {
    const KIND: Kind = Kind::BadLimit;
    const JSON: JsonKind = JsonKind::Number;

    fn parse(text: &str) -> Result<Self, String> {
        // No more than the format int64 has, which is documented.
        let count = text.parse::<i64>().ok().map(usize::try_from);
        match count {
            Some(Ok(count)) if count > 0 => Ok(Self(count)),
            _ => Err(quote(text, "expected a whole number from 1 on")),
        }
    }
}

impl Param for bool {
    const JSON: JsonKind = JsonKind::Flag;

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(quote(text, "expected true or false")),
        }
    }
}

impl Param for Order {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "asc" => Ok(Self::Ascending),
            "desc" => Ok(Self::Descending),
            _ => Err(quote(text, "expected asc or desc")),
        }
    }
}

impl PartialSchema for Order {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(["asc", "desc"]))
            .into()
    }
}

impl ToSchema for Order {}

impl Param for Qos {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .and_then(Self::from_u8)
            .ok_or_else(|| quote(text, "expected 0, 1 or 2"))
    }
}

/// What was given, shortened, and why it is wrong.
pub(super) fn quote(text: &str, why: impl Display) -> String {
    let shown: String = text.chars().take(64).collect();
    format!("\"{}\": {why}", shown.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    params! {
        Sample {
            #[param(value_type = Option<String>)]
            filter: TopicFilter,
            #[param(value_type = Option<String>)]
            from: When,
            #[param(value_type = Option<String>)]
            every: Width,
            #[param(value_type = Option<u64>)]
            limit: Count,
            path: String,
            raw: bool,
        }
    }

    #[test]
    fn parameters_are_read_by_their_types() {
        let params =
            Sample::read(pairs("filter=a/%23&from=0&every=1m&limit=7&path=&raw=")).unwrap();
        assert_eq!(params.filter.unwrap().as_str(), "a/#");
        assert_eq!(params.from.unwrap().within(&TimeZone::UTC), Timestamp(0));
        assert_eq!(params.every, Some(Width::Micros(60_000_000)));
        assert_eq!(params.limit, Some(Count(7)));
        assert_eq!((params.path.as_deref(), params.raw), (Some(""), None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, kind, parameter) in [
            ("filter=a%23", Kind::BadFilter, Some("filter")),
            ("from=someday", Kind::BadTime, Some("from")),
            ("every=1", Kind::BadTime, Some("every")),
            ("limit=0", Kind::BadLimit, Some("limit")),
            ("limit=-1", Kind::BadLimit, Some("limit")),
            ("limit=9223372036854775808", Kind::BadLimit, Some("limit")),
            ("limit=x", Kind::BadLimit, Some("limit")),
            ("path=%00", Kind::BadParameter, Some("path")),
            ("raw=yes", Kind::BadParameter, Some("raw")),
            ("raw=1&raw=1", Kind::UnknownParameter, Some("raw")),
            ("limits=1", Kind::UnknownParameter, None),
            ("limits=", Kind::UnknownParameter, None),
        ] {
            let problem = Sample::read(pairs(query)).unwrap_err();
            let view = problem.view(None);
            assert_eq!(
                (problem.kind(), view.parameter),
                (kind, parameter),
                "{query}"
            );
            if parameter.is_none() {
                assert!(view.detail.contains("\"limits\""), "{}", view.detail);
            }
        }
    }

    #[test]
    fn a_range_may_not_end_before_it_begins() {
        let at = |text| Some(When::parse(text).unwrap());
        let range = |from, to| range(from, to, &TimeZone::UTC);
        assert!(range(at("5"), at("4")).is_err());
        let (from, to, given) = range(at("5"), at("5")).unwrap();
        assert_eq!((from, to, given), (to, to, Some(Timestamp(5_000_000))));
        let (from, to, _) = range(None, at("3600.000001")).unwrap();
        assert_eq!((from.0, to.0), (1, 3_600_000_001));
        let (_, to, given) = range(at("0"), at("infinity")).unwrap();
        assert!(given.is_none() && to <= Timestamp::now());
    }

    #[test]
    fn a_time_zone_is_a_name_or_an_offset() {
        let at = Timestamp::parse_rfc3339("2026-07-01T06:30:00Z").unwrap();
        let local = When::parse("2026-07-01T08:30").unwrap();
        for zone in ["Europe/Berlin", "+02:00", " 02:00", "europe/berlin"] {
            let zone = Zone::or_utc(Some(Zone::parse(zone).unwrap()));
            assert_eq!(local.within(&zone), at, "{zone:?}");
        }
        for zone in ["", "Europe", "Mars/Base", "02:00", "+99:00", "+2x"] {
            assert!(Zone::parse(zone).is_err(), "{zone}");
        }
    }
}
