//! Last values as clients see them.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::message::MessageView;
use super::payload::PayloadView;
use super::value::{KindView, ValueView};
use crate::message::{Epoch, TimeSource, Timestamp};
use crate::store::{Latest, LatestSeries};

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
    /// What people call it, where Home Assistant's MQTT discovery or Zigbee2MQTT announce that.
    #[schema(value_type = Option<String>)]
    pub description: Option<Arc<str>>,
    /// Where the time of its last sample comes from: `receipt`, when its message was received;
    /// `format`, which has a place for it; or the name of the member of the payload that says it.
    #[schema(value_type = String, example = "timestamp_ms")]
    pub time_source: TimeSource,
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
            description: series.description.clone(),
            time_source: series.time_source,
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
    /// How many messages the topic has had; absent where the past was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<u64>,
    /// Messages a second, over about the last ten seconds; absent where the past was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// The last value of each series.
    pub series: Vec<SeriesView>,
    /// From when on the values are no longer true, where the edge node or the device of Sparkplug
    /// that they are of is dead; absent while they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Timestamp>,
    /// How far the payload's own time was ahead of the receipt in its last message that has one, in
    /// milliseconds; negative where it was behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
}

impl LatestView {
    /// How `latest` is shown.
    pub fn new(epoch: Epoch, latest: &Latest) -> Self {
        Self {
            message: message(epoch, latest),
            messages: Some(latest.messages),
            rate: Some(latest.rate),
            series: latest.series.iter().map(SeriesView::new).collect(),
            stale_since: latest.stale_since,
            clock_skew_ms: latest.clock_skew_us.map(|skew| skew / 1000),
        }
    }

    /// How a topic is shown as it was.
    pub fn past(epoch: Epoch, then: &Latest) -> Self {
        Self {
            messages: None,
            rate: None,
            clock_skew_ms: None,
            ..Self::new(epoch, then)
        }
    }
}

fn message(epoch: Epoch, latest: &Latest) -> MessageView {
    let payload = match &latest.payload {
        Some(payload) => PayloadView::new(epoch, latest.seq, payload),
        None => PayloadView::reference(epoch, latest.seq, latest.kind, latest.payload_bytes),
    };
    MessageView {
        is_stripped: latest.is_stripped,
        ..MessageView::from_parts(
            (latest.seq, latest.topic.clone(), latest.received_at),
            (latest.qos, latest.retain),
            payload,
        )
    }
}
