//! What a client subscribes to, in a `sub` frame or in the query string.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::Deserialize;

use super::error::{Refusal, RefusalCode};
use super::latest::Wish;
use super::limits::HZ_MAX;
use super::start::Since;
use crate::message::{Timestamp, TopicFilter, parse_time};

/// The most messages before now.
const LAST_MAX: u64 = 100_000;
/// The fewest frames a second.
const HZ_MIN: f64 = 0.01;
const FIELDS_MAX: usize = 100;
/// `tree` reads the tree anew for each frame.
const TREE_HZ_MAX: f64 = 4.0;

/// How a client may want what it is sent; the first one where it does not say.
pub const MODES: [&str; 3] = ["all", "latest", "tree"];

/// What a client wants to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRequest {
    pub(super) id: Option<u64>,
    pub(super) mode: Mode,
}

/// How a client wants it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Mode {
    All {
        filter: TopicFilter,
        since: Since,
    },
    Latest {
        filter: TopicFilter,
        wish: Wish,
    },
    /// Counts in the topic tree.
    Tree {
        paths: Vec<String>,
        every: Duration,
    },
}

/// A subscription as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Sub {
    pub(super) id: Option<u64>,
    filter: Option<String>,
    mode: Option<String>,
    since: Option<String>,
    last: Option<u64>,
    hz: Option<f64>,
    #[serde(default)]
    fields: Vec<String>,
    #[serde(default)]
    paths: Vec<String>,
}

impl StreamRequest {
    /// The names that a query string may have.
    pub const PARAMETERS: &[&str] = &[
        "filter", "mode", "since", "last", "hz", "fields", "paths", "id",
    ];

    /// Reads the pairs of a query string; `None` where they ask for nothing. Lists are separated
    /// by commas, or given name by name.
    pub fn from_query(pairs: &[(String, String)]) -> Result<Option<Self>, Refusal> {
        if pairs.is_empty() {
            return Ok(None);
        }
        let mut sub = Sub::default();
        for (name, value) in pairs {
            let list = || value.split(',').map(ToOwned::to_owned);
            match &**name {
                known if value.is_empty() && Self::PARAMETERS.contains(&known) => {}
                "filter" => sub.filter = Some(value.clone()),
                "mode" => sub.mode = Some(value.clone()),
                "since" => sub.since = Some(value.clone()),
                "last" => sub.last = Some(number(name, value)?),
                "hz" => sub.hz = Some(number(name, value)?),
                "id" => sub.id = Some(number(name, value)?),
                "fields" => sub.fields.extend(list()),
                "paths" => sub.paths.extend(list()),
                _ => {
                    let known = Self::PARAMETERS.join(", ");
                    let name: String = name.chars().take(64).collect();
                    return Err(Refusal::new(
                        RefusalCode::UnknownParameter,
                        format!("there is no parameter \"{name}\" here: there are {known}"),
                    ));
                }
            }
        }
        Self::new(sub).map(Some)
    }

    /// Everything from now on.
    pub fn everything() -> Self {
        Self {
            id: None,
            mode: Mode::All {
                filter: TopicFilter::all(),
                since: Since::Now,
            },
        }
    }

    /// The same, going on after what the client has seen; of an `EventSource` that comes back.
    #[must_use]
    pub fn resumed(mut self, last_event_id: &str) -> Self {
        if let Mode::All { since, .. } = &mut self.mode
            && let Ok(cursor) = last_event_id.parse()
        {
            *since = Since::Cursor(cursor);
        }
        self
    }

    pub(super) fn new(sub: Sub) -> Result<Self, Refusal> {
        let filter = match &sub.filter {
            Some(filter) => TopicFilter::new(filter.as_str())
                .map_err(|error| Refusal::new(RefusalCode::BadFilter, error.to_string()))?,
            None => TopicFilter::all(),
        };
        let mode = sub.mode.as_deref().unwrap_or(MODES[0]);
        let mode = match MODES.iter().find(|known| **known == mode).copied() {
            Some("all") => Mode::All {
                filter,
                since: since(&sub)?,
            },
            Some("latest") => Mode::Latest {
                filter,
                wish: Wish {
                    every: every(sub.hz.unwrap_or(4.0), HZ_MAX)?,
                    fields: pointers(sub.fields)?,
                },
            },
            Some("tree") => Mode::Tree {
                every: every(sub.hz.unwrap_or(1.0), TREE_HZ_MAX)?,
                paths: paths(sub.paths)?,
            },
            _ => {
                return Err(Refusal::new(
                    RefusalCode::BadMode,
                    "mode must be all, latest or tree",
                ));
            }
        };
        Ok(Self { id: sub.id, mode })
    }
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, Refusal> {
    text.parse()
        .map_err(|_| Refusal::new(RefusalCode::BadNumber, format!("{name} must be a number")))
}

fn since(sub: &Sub) -> Result<Since, Refusal> {
    match (&sub.since, sub.last) {
        (Some(_), Some(_)) => Err(Refusal::new(
            RefusalCode::BadSince,
            "since and last exclude each other",
        )),
        (None, None) => Ok(Since::Now),
        (None, Some(last)) if last <= LAST_MAX => {
            Ok(Since::Last(usize::try_from(last).unwrap_or_default()))
        }
        (None, Some(_)) => Err(Refusal::new(
            RefusalCode::BadLast,
            format!("last must be at most {LAST_MAX}"),
        )),
        (Some(text), None) => {
            if let Ok(cursor) = text.parse() {
                return Ok(Since::Cursor(cursor));
            }
            parse_time(text, Timestamp::now(), &TimeZone::UTC)
                .map(Since::Time)
                .map_err(|error| {
                    Refusal::new(
                        RefusalCode::BadSince,
                        format!("neither a cursor nor a time: {error}"),
                    )
                })
        }
    }
}

/// The time between two frames; more than `hz_max` are not to be had.
fn every(hz: f64, hz_max: f64) -> Result<Duration, Refusal> {
    if !hz.is_finite() || hz < HZ_MIN {
        return Err(Refusal::new(
            RefusalCode::BadHz,
            format!("hz must be at least {HZ_MIN}"),
        ));
    }
    Ok(Duration::from_secs_f64(1.0 / hz.min(hz_max)))
}

fn pointers(fields: Vec<String>) -> Result<Vec<String>, Refusal> {
    let is_pointer = |field: &String| field.is_empty() || field.starts_with('/');
    if fields.len() > FIELDS_MAX || !fields.iter().all(is_pointer) {
        return Err(Refusal::new(
            RefusalCode::BadFields,
            format!("fields must be at most {FIELDS_MAX} JSON Pointers, such as /motor/temp"),
        ));
    }
    Ok(fields)
}

fn paths(mut paths: Vec<String>) -> Result<Vec<String>, Refusal> {
    if paths.len() > FIELDS_MAX {
        return Err(Refusal::new(
            RefusalCode::BadPaths,
            format!("there may be at most {FIELDS_MAX} paths"),
        ));
    }
    if paths.is_empty() {
        paths.push(String::new());
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Cursor, Epoch, Offset};

    fn query(text: &str) -> Result<Option<StreamRequest>, Refusal> {
        let pairs: Vec<_> = text
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        StreamRequest::from_query(&pairs)
    }

    #[test]
    fn a_subscription_fits_in_a_query_string() {
        let all = |since| Mode::All {
            filter: TopicFilter::new("a/#").unwrap(),
            since,
        };
        let cursor = Cursor::after(Epoch(35), Offset(7));
        let wish = Wish {
            fields: vec!["/a".into(), "/b".into()],
            every: Duration::from_millis(100),
        };
        for (text, mode) in [
            ("filter=a/#", all(Since::Now)),
            ("filter=a/#&last=5", all(Since::Last(5))),
            ("filter=a/#&since=z:7", all(Since::Cursor(cursor))),
            (
                "filter=a/#&since=1795327200",
                all(Since::Time(Timestamp(1_795_327_200_000_000))),
            ),
            (
                "mode=latest&hz=50&fields=/a,/b",
                Mode::Latest {
                    filter: TopicFilter::all(),
                    wish,
                },
            ),
            (
                "mode=tree",
                Mode::Tree {
                    paths: vec![String::new()],
                    every: Duration::from_secs(1),
                },
            ),
        ] {
            assert_eq!(query(text).unwrap().unwrap().mode, mode, "{text}");
        }
        assert_eq!(query(""), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_told_by_its_code() {
        for (text, code) in [
            ("filter=a#", RefusalCode::BadFilter),
            ("mode=some", RefusalCode::BadMode),
            ("since=someday", RefusalCode::BadSince),
            ("since=z:1&last=1", RefusalCode::BadSince),
            ("last=1000001", RefusalCode::BadLast),
            ("last=x", RefusalCode::BadNumber),
            ("mode=latest&hz=0", RefusalCode::BadHz),
            ("mode=latest&hz=NaN", RefusalCode::BadHz),
            ("mode=latest&fields=a", RefusalCode::BadFields),
            ("filters=a", RefusalCode::UnknownParameter),
        ] {
            assert_eq!(query(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn an_event_source_resumes_after_its_last_event() {
        let resumed = StreamRequest::everything().resumed("z:7");
        assert!(matches!(
            resumed.mode,
            Mode::All {
                since: Since::Cursor(_),
                ..
            }
        ));
        let not = StreamRequest::everything().resumed("17");
        assert_eq!(not, StreamRequest::everything());
    }
}
