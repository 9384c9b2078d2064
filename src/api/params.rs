//! Query parameters: each is parsed by its type, and what is wrong is named.

use std::fmt::Display;

use super::problem::{Kind, Problem};
use crate::message::{Qos, Timestamp, Topic, TopicFilter, parse_duration, parse_time};
use crate::store::Order;

/// A type that a parameter's text can be read as.
pub(super) trait Param: Sized {
    /// The kind of problem that a wrong text is.
    const KIND: Kind = Kind::BadParameter;

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
            /// Reads the query string.
            pub(super) fn parse(query: &str) -> Result<Self, $crate::api::problem::Problem> {
                let mut params = Self::default();
                for (name, value) in $crate::api::params::pairs(query) {
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
                Self::parse(parts.uri.query().unwrap_or_default())
            }
        }
    };
}
pub(super) use params;

/// The names and values of a query string. Empty values count as not given.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| !name.is_empty() && (!value.is_empty() || name == "path"))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Reads one parameter into its place.
pub(super) fn take<T: Param>(
    name: &'static str,
    text: &str,
    place: &mut Option<T>,
) -> Result<(), Problem> {
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

/// An instant, absolute or relative to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct When(pub(super) Timestamp);

/// A duration in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Width(pub(super) i64);

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
pub(super) fn range(
    from: Option<When>,
    to: Option<When>,
) -> Result<(Timestamp, Timestamp), Problem> {
    const HOUR: i64 = 3_600_000_000;
    let to = to.map_or_else(Timestamp::now, |to| to.0);
    let from = from.map_or(Timestamp(to.0.saturating_sub(HOUR)), |from| from.0);
    if from > to {
        return Err(Problem::parameter(
            Kind::BadTime,
            "from",
            format!("{from} is after to = {to}"),
        ));
    }
    Ok((from, to))
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
        parse_time(text, Timestamp::now())
            .map(Self)
            .map_err(|error| quote(text, error))
    }
}

impl Param for Width {
    const KIND: Kind = Kind::BadTime;

    fn parse(text: &str) -> Result<Self, String> {
        parse_duration(text)
            .map(Self)
            .map_err(|error| quote(text, error))
    }
}

impl Param for Count {
    const KIND: Kind = Kind::BadLimit;

    fn parse(text: &str) -> Result<Self, String> {
        match text.parse() {
            Ok(count) if count > 0 => Ok(Self(count)),
            _ => Err(quote(text, "expected a whole number from 1 on")),
        }
    }
}

impl Param for bool {
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

impl Param for Qos {
    fn parse(text: &str) -> Result<Self, String> {
        text.parse()
            .ok()
            .and_then(Self::from_u8)
            .ok_or_else(|| quote(text, "expected 0, 1 or 2"))
    }
}

/// What was given, shortened, and why it is wrong.
fn quote(text: &str, why: impl Display) -> String {
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
        let params = Sample::parse("filter=a/%23&from=0&every=1m&limit=7&path=&raw=").unwrap();
        assert_eq!(params.filter.unwrap().as_str(), "a/#");
        assert_eq!(params.from, Some(When(Timestamp(0))));
        assert_eq!(params.every, Some(Width(60_000_000)));
        assert_eq!(params.limit, Some(Count(7)));
        assert_eq!((params.path.as_deref(), params.raw), (Some(""), None));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (query, kind, parameter) in [
            ("filter=a%23", Kind::BadFilter, Some("filter")),
            ("from=yesterday", Kind::BadTime, Some("from")),
            ("every=1", Kind::BadTime, Some("every")),
            ("limit=0", Kind::BadLimit, Some("limit")),
            ("limit=-1", Kind::BadLimit, Some("limit")),
            ("limit=x", Kind::BadLimit, Some("limit")),
            ("path=%00", Kind::BadParameter, Some("path")),
            ("raw=yes", Kind::BadParameter, Some("raw")),
            ("raw=1&raw=1", Kind::UnknownParameter, Some("raw")),
            ("limits=1", Kind::UnknownParameter, None),
        ] {
            let problem = Sample::parse(query).unwrap_err();
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
        let at = |micros| Some(When(Timestamp(micros)));
        assert!(range(at(5), at(4)).is_err());
        assert_eq!(range(at(5), at(5)).unwrap(), (Timestamp(5), Timestamp(5)));
        let (from, to) = range(None, at(3_600_000_001)).unwrap();
        assert_eq!((from.0, to.0), (1, 3_600_000_001));
    }
}
