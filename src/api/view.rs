//! What several answers show: pages, series, last values.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::message::{MessageView, Offset, PayloadView, Timestamp, Topic};
use crate::store::{Latest, LatestSeries, RawSample, SeriesKind};

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

/// What the values of a series are.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SeriesKind)]
pub(super) enum KindView {
    /// Numbers.
    Number,
    /// `true` and `false`.
    Bool,
    /// Texts.
    Text,
    /// More than one of these over time.
    Mixed,
}

impl From<SeriesKind> for KindView {
    fn from(kind: SeriesKind) -> Self {
        match kind {
            SeriesKind::Number => Self::Number,
            SeriesKind::Bool => Self::Bool,
            SeriesKind::Text => Self::Text,
            SeriesKind::Mixed => Self::Mixed,
        }
    }
}

/// The value of one sample. An integer beyond 2^53 keeps all its digits.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Value)]
pub(super) enum ValueView {
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A whole number that a double would round.
    #[schema(value_type = i64)]
    Digits(Box<RawValue>),
    /// A text.
    Text(String),
}

impl ValueView {
    /// How the value of `sample` is shown in a series of this kind.
    pub(super) fn new(kind: SeriesKind, sample: &RawSample) -> Option<Self> {
        match (kind, sample.value, &sample.text) {
            (SeriesKind::Bool, Some(value), _) => Some(Self::Bool(value != 0.0)),
            (_, Some(value), Some(text)) => Some(digits(text).unwrap_or(Self::Number(value))),
            (_, Some(value), None) => Some(Self::Number(value)),
            (_, None, Some(text)) => Some(Self::Text(text.clone())),
            (_, None, None) => None,
        }
    }
}

fn digits(text: &str) -> Option<ValueView> {
    serde_json::from_str::<serde_json::Number>(text).ok()?;
    RawValue::from_string(text.to_owned())
        .ok()
        .map(ValueView::Digits)
}

/// A series and its last value.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LatestSeries)]
pub(super) struct SeriesView {
    /// Its JSON Pointer in the payload; empty for the payload itself.
    #[schema(value_type = String, example = "/motor/temp")]
    pub(super) path: Arc<str>,
    /// What its values are.
    pub(super) kind: KindView,
    /// The physical unit, where one is known.
    #[schema(value_type = Option<String>)]
    pub(super) unit: Option<Arc<str>>,
    /// Event time of the last sample.
    pub(super) time: Timestamp,
    /// The last value.
    pub(super) value: Option<ValueView>,
}

impl SeriesView {
    fn new(series: &LatestSeries) -> Self {
        Self {
            path: Arc::clone(&series.path),
            kind: series.kind.into(),
            unit: series.unit.clone(),
            time: series.sample.time,
            value: ValueView::new(series.kind, &series.sample),
        }
    }
}

/// The last message on a topic, and the last value of each of its series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Latest)]
pub(super) struct LatestView {
    /// The message.
    #[serde(flatten)]
    pub(super) message: MessageView,
    /// How many messages the topic has had.
    pub(super) messages: u64,
    /// Messages a second, over about the last ten seconds.
    pub(super) rate: f64,
    /// The last value of each series.
    pub(super) series: Vec<SeriesView>,
}

impl LatestView {
    /// How `latest` is shown.
    pub(super) fn new(latest: &Latest) -> Self {
        Self {
            message: message(latest),
            messages: latest.messages,
            rate: latest.rate,
            series: latest.series.iter().map(SeriesView::new).collect(),
        }
    }
}

fn message(latest: &Latest) -> MessageView {
    let payload = match &latest.payload {
        Some(payload) => PayloadView::new(latest.seq, payload),
        None => PayloadView::reference(latest.seq, latest.kind, latest.payload_bytes),
    };
    MessageView::from_parts(
        (latest.seq, latest.topic.clone(), latest.received_at),
        (latest.qos, latest.retain),
        payload,
    )
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
    fn a_value_is_shown_as_it_was() {
        for (kind, value, text, shown) in [
            (SeriesKind::Number, Some(21.5), None, "21.5"),
            (
                SeriesKind::Number,
                Some(9e15),
                Some("9007199254740993"),
                "9007199254740993",
            ),
            (SeriesKind::Bool, Some(1.0), None, "true"),
            (SeriesKind::Text, None, Some("run"), "\"run\""),
            (SeriesKind::Mixed, None, Some("run"), "\"run\""),
            (SeriesKind::Mixed, Some(2.0), None, "2.0"),
            (SeriesKind::Mixed, None, None, "null"),
        ] {
            let sample = RawSample {
                time: Timestamp(0),
                seq: Offset(0),
                value,
                text: text.map(Into::into),
            };
            let view = serde_json::to_string(&ValueView::new(kind, &sample)).unwrap();
            assert_eq!(view, shown);
        }
    }

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
