//! Topics and their tree as clients see them.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::latest::LatestView;
use super::value::KindView;
use crate::message::{Epoch, TimeSource, Timestamp, Topic};
use crate::store::{Latest, TreeNode};

/// A topic in the dictionary.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Topic)]
pub struct TopicView {
    /// Its name.
    #[schema(value_type = String, example = "factory/line1/press")]
    pub topic: Topic,
    /// How many messages it has had.
    pub messages: u64,
    /// Payload bytes of all its messages.
    pub bytes: u64,
    /// Messages a second, over about the last ten seconds.
    pub rate: f64,
    /// When its first message was received.
    pub first_seen: Timestamp,
    /// When its last message was received.
    pub last_seen: Timestamp,
    /// Its last message.
    pub seq: u64,
    /// How far the payload's own time was ahead of the receipt in its last message that has one, in
    /// milliseconds; negative where it was behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_skew_ms: Option<i64>,
    /// Its series.
    pub series: Vec<TopicSeriesView>,
}

/// A series of a topic.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TopicSeries)]
pub struct TopicSeriesView {
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
            clock_skew_ms: latest.clock_skew_us.map(|skew| skew / 1000),
            series: latest
                .series
                .into_iter()
                .map(|series| TopicSeriesView {
                    path: series.path,
                    kind: series.kind.into(),
                    unit: series.unit,
                    description: series.description,
                    time_source: series.time_source,
                })
                .collect(),
        }
    }
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

impl NodeView {
    /// How `node` is shown.
    pub fn new(epoch: Epoch, node: TreeNode) -> Self {
        Self {
            name: node.name,
            path: node.path,
            children: node.children,
            topics: node.topics,
            messages: node.messages,
            rate: node.rate,
            last_seen: node.last_seen,
            latest: node.latest.map(|latest| LatestView::new(epoch, &latest)),
        }
    }
}
