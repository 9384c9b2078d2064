//! What can be asked of the store, and what it answers.

use bytes::Bytes;
use std::sync::Arc;

use crate::message::{Offset, PayloadKind, Qos, Timestamp, Topic, TopicFilter};

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Oldest first.
    Ascending,
    /// Newest first.
    #[default]
    Descending,
}

/// A question for raw messages, answered in the order of `seq`.
#[derive(Debug, Clone)]
pub struct MessageQuery {
    /// Topics.
    pub filter: TopicFilter,
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received before.
    pub to: Option<Timestamp>,
    /// Only messages beyond this one, in the direction of `order`; the keyset cursor.
    pub after: Option<Offset>,
    /// Only messages up to and with this one; a live reader's upper end.
    pub up_to: Option<Offset>,
    /// Direction.
    pub order: Order,
    /// At most so many.
    pub limit: usize,
}

/// A question for decoded samples, answered for each series in the order of event time.
#[derive(Debug, Clone)]
pub struct SampleQuery {
    /// Topics.
    pub filter: TopicFilter,
    /// Series: a JSON Pointer such as `/motor/temp`; the empty one is the payload itself. `None`
    /// asks for all series of the topics.
    pub path: Option<String>,
    /// Event time at or after.
    pub from: Timestamp,
    /// Event time before.
    pub to: Timestamp,
    /// How finely.
    pub resolution: Resolution,
    /// At most so many series.
    pub series_limit: usize,
}

/// How finely samples are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// So that a plot of about so many points keeps its shape: raw where there are no more than
    /// that, else buckets aligned to absolute time.
    Points(usize),
    /// Buckets of this width in microseconds, aligned to absolute time.
    Every(i64),
    /// Every sample, up to a limit for each series.
    Raw(usize),
}

/// What a series' values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SeriesKind {
    /// Numbers.
    Number = 1,
    /// `true` and `false`, kept as 1 and 0.
    Bool = 2,
    /// Texts.
    Text = 3,
    /// More than one of these over time.
    Mixed = 4,
}

/// The samples asked for.
#[derive(Debug, Clone)]
pub struct SampleSet {
    /// The width of the buckets in microseconds; `None` where the samples are raw.
    pub every: Option<i64>,
    /// Every message up to and with this one is in the answer.
    pub complete_to: Offset,
    /// Whether there are more series, or more samples in one, than were asked for.
    pub truncated: bool,
    /// The series, by topic and path.
    pub series: Vec<SeriesSamples>,
}

/// The samples of one series.
#[derive(Debug, Clone)]
pub struct SeriesSamples {
    /// Its topic.
    pub topic: Topic,
    /// Its JSON Pointer in the payload.
    pub path: Arc<str>,
    /// What its values are.
    pub kind: SeriesKind,
    /// The physical unit, where one is known.
    pub unit: Option<Arc<str>>,
    /// The samples.
    pub samples: Samples,
}

/// Raw or in buckets.
#[derive(Debug, Clone)]
pub enum Samples {
    /// In the order of time, then `seq`.
    Raw(Vec<RawSample>),
    /// In the order of time; a bucket without a sample is absent.
    Buckets(Vec<Bucket>),
}

/// One sample.
#[derive(Debug, Clone, PartialEq)]
pub struct RawSample {
    /// Event time.
    pub time: Timestamp,
    /// The message that it came in.
    pub seq: Offset,
    /// The number, or 1 and 0 for `true` and `false`.
    pub value: Option<f64>,
    /// The text; of an integer beyond 2^53 its digits.
    pub text: Option<String>,
}

/// What the samples of one span of time come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    /// Its beginning.
    pub start: Timestamp,
    /// How many samples.
    pub count: u64,
    /// Least number.
    pub min: f64,
    /// Greatest number.
    pub max: f64,
    /// Sum of the numbers.
    pub sum: f64,
    /// First number.
    pub first: f64,
    /// Last number.
    pub last: f64,
}

/// A topic and the last message on it.
#[derive(Debug, Clone)]
pub struct Latest {
    /// The topic.
    pub topic: Topic,
    /// The topic's number in the database, stable for ever.
    pub topic_id: i32,
    /// Its last message.
    pub seq: Offset,
    /// When that was received.
    pub received_at: Timestamp,
    /// Its quality of service.
    pub qos: Qos,
    /// Whether it was published as retained.
    pub retain: bool,
    /// What its payload is.
    pub kind: PayloadKind,
    /// The length of its payload in bytes.
    pub payload_bytes: u64,
    /// Its payload, unless that is too large to keep in memory.
    pub payload: Option<Bytes>,
    /// The last value of each of its series.
    pub series: Vec<LatestSeries>,
    /// How many messages the topic has had, and how many bytes in them.
    pub messages: u64,
    /// Payload bytes of all its messages.
    pub bytes: u64,
    /// When its first message was received.
    pub first_seen: Timestamp,
    /// Messages a second, over about the last ten seconds.
    pub rate: f64,
}

/// The last value of one series.
#[derive(Debug, Clone)]
pub struct LatestSeries {
    /// Its JSON Pointer in the payload.
    pub path: Arc<str>,
    /// What its values are.
    pub kind: SeriesKind,
    /// The physical unit, where one is known.
    pub unit: Option<Arc<str>>,
    /// The last sample.
    pub sample: RawSample,
}

/// A place in the topic tree.
#[derive(Debug, Clone)]
pub struct TreeNode {
    /// The last level of its path.
    pub name: String,
    /// The whole path, levels joined by slashes.
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
    /// The topic itself, where messages came on exactly this path.
    pub latest: Option<Latest>,
}
