//! What the store's answers look like to clients: the same in REST and in live frames.

use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{Latest, LatestSeries, RawSample, SeriesKind, TreeNode};
use crate::message::{MessageView, PayloadView, Timestamp};

/// What the values of a series are.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SeriesKind)]
pub enum KindView {
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
pub enum ValueView {
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
    pub fn new(kind: SeriesKind, sample: &RawSample) -> Option<Self> {
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
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = LatestSeries)]
pub struct SeriesView {
    /// Its JSON Pointer in the payload; empty for the payload itself.
    #[schema(value_type = String, example = "/motor/temp")]
    pub path: Arc<str>,
    /// What its values are.
    pub kind: KindView,
    /// The physical unit, where one is known.
    #[schema(value_type = Option<String>)]
    pub unit: Option<Arc<str>>,
    /// Event time of the last sample.
    pub time: Timestamp,
    /// The last value.
    pub value: Option<ValueView>,
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
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Latest)]
pub struct LatestView {
    /// The message.
    #[serde(flatten)]
    pub message: MessageView,
    /// How many messages the topic has had.
    pub messages: u64,
    /// Messages a second, over about the last ten seconds.
    pub rate: f64,
    /// The last value of each series.
    pub series: Vec<SeriesView>,
}

impl LatestView {
    /// How `latest` is shown.
    pub fn new(latest: &Latest) -> Self {
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

/// A place in the topic tree.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = TreeNode)]
pub struct NodeView {
    /// The last level of its path.
    pub name: String,
    /// The whole path.
    pub path: String,
    /// How many children it has.
    pub children: u64,
    /// How many topics there are at and below it.
    pub topics: u64,
    /// How many messages these have had.
    pub messages: u64,
    /// Their messages a second, over about the last ten seconds.
    pub rate: f64,
    /// When the last of these was received.
    pub last_seen: Timestamp,
    /// The last message on exactly this path, where there is one.
    pub latest: Option<LatestView>,
}

impl From<TreeNode> for NodeView {
    fn from(node: TreeNode) -> Self {
        Self {
            name: node.name,
            path: node.path,
            children: node.children,
            topics: node.topics,
            messages: node.messages,
            rate: node.rate,
            last_seen: node.last_seen,
            latest: node.latest.as_ref().map(LatestView::new),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Offset;

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
}
