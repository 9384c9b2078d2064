//! What several answers show: pages, series, last values.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::message::{Offset, Timestamp, Topic};
use crate::store::{KindView, Latest};

/// One page of something.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    /// What was asked for.
    pub(super) items: Vec<T>,
    /// The `cursor` of the next page; null on the last one.
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `items`, of which one more than `limit` was asked for, and shows each with `view`.
    pub(super) fn cut<F>(
        mut items: Vec<F>,
        limit: usize,
        cursor: impl Fn(&F) -> String,
        view: impl Fn(F) -> T,
    ) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self {
            items: items.into_iter().map(view).collect(),
            next,
        }
    }
}

/// A topic in the dictionary.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Topic)]
pub(super) struct TopicView {
    /// Its name.
    #[schema(value_type = String, example = "factory/line1/press")]
    pub(super) topic: Topic,
    /// How many messages it has had.
    pub(super) messages: u64,
    /// Payload bytes of all its messages.
    pub(super) bytes: u64,
    /// Messages a second, over about the last ten seconds.
    pub(super) rate: f64,
    /// When its first message was received.
    pub(super) first_seen: Timestamp,
    /// When its last message was received.
    pub(super) last_seen: Timestamp,
    /// Its last message.
    pub(super) seq: u64,
    /// Its series.
    pub(super) series: Vec<TopicSeries>,
}

/// A series of a topic.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TopicSeries {
    /// Its JSON Pointer in the payload; empty for the payload itself.
    #[schema(value_type = String, example = "/motor/temp")]
    pub(super) path: Arc<str>,
    /// What its values are.
    pub(super) kind: KindView,
    /// The physical unit, where one is known.
    #[schema(value_type = Option<String>)]
    pub(super) unit: Option<Arc<str>>,
}

impl From<Latest> for TopicView {
    fn from(latest: Latest) -> Self {
        Self {
            topic: latest.topic,
            messages: latest.messages,
            bytes: latest.bytes,
            rate: latest.rate,
            first_seen: latest.first_seen,
            last_seen: latest.received_at,
            seq: latest.seq.0,
            series: latest
                .series
                .into_iter()
                .map(|series| TopicSeries {
                    path: series.path,
                    kind: series.kind.into(),
                    unit: series.unit,
                })
                .collect(),
        }
    }
}

/// An instant in milliseconds since 1970, with a fraction where it has one.
pub(super) fn millis(at: Timestamp) -> serde_json::Number {
    if at.0 % 1000 == 0 {
        return at.as_millis().into();
    }
    serde_json::Number::from_f64(at.0 as f64 / 1000.0).unwrap_or_else(|| at.as_millis().into())
}

/// The last record that is below `head`.
pub(super) fn last_below(head: Offset) -> u64 {
    head.0.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_keep_their_fraction() {
        for (micros, shown) in [
            (1_763_848_053_293_000, "1763848053293"),
            (1_763_848_053_293_142, "1763848053293.142"),
            (-1, "-0.001"),
        ] {
            assert_eq!(millis(Timestamp(micros)).to_string(), shown);
        }
    }

    #[test]
    fn a_page_tells_where_the_next_begins() {
        let page = |n: u32, limit| {
            let page = Page::cut((0..n).collect(), limit, ToString::to_string, |n| n);
            (page.items.len(), page.next)
        };
        assert_eq!(page(4, 3), (3, Some("2".into())));
        assert_eq!(page(3, 3), (3, None));
        assert_eq!(page(0, 3), (0, None));
    }
}
