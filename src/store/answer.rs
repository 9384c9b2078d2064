//! What the store answers.

use std::sync::Arc;

use bytes::Bytes;

use crate::message::{ClientId, Defect, Offset, PayloadKind, Qos, TimeSource, Timestamp, Topic};

/// What a series' values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SeriesKind {
    Number = 1,
    /// `true` and `false`, kept as 1 and 0.
    Bool = 2,
    Text = 3,
    /// More than one of these over time.
    Mixed = 4,
}

/// How far the clock of a client is off.
#[derive(Debug, Clone, PartialEq)]
pub struct ClientClock {
    pub client: ClientId,
    /// How far the newest event time of a message is ahead of its receipt, in microseconds.
    pub skew_us: i64,
    /// The message.
    pub seq: Offset,
    pub topic: Topic,
    pub at: Timestamp,
}

/// What there is of some topics.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TopicExtent {
    pub topics: u64,
    pub series: u64,
    pub messages_per_s: f64,
    /// The first of them, by name.
    pub names: Vec<Topic>,
}

/// A sample as it was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct RawSample {
    pub time: Timestamp,
    /// The message that it came in.
    pub seq: Offset,
    /// The number, or 1 and 0 for `true` and `false`.
    pub value: Option<f64>,
    /// The text; of a number that a double does not hold its digits.
    pub text: Option<String>,
}

/// A topic and the last message on it.
#[derive(Debug, Clone)]
pub struct Latest {
    pub topic: Topic,
    /// The topic's number in the database, stable for ever.
    pub topic_id: i32,
    /// Its last message.
    pub seq: Offset,
    pub received_at: Timestamp,
    pub qos: Qos,
    /// Whether it was published as retained.
    pub retain: bool,
    /// Whether a rule had the payload left out where it is stored.
    pub is_stripped: bool,
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
    /// From when on its values are no longer true: the edge node or the device of Sparkplug that
    /// they are of is dead.
    pub stale_since: Option<Timestamp>,
    /// Messages a second, over about the last ten seconds.
    pub rate: f64,
    /// How far the event time of its last message that has one is ahead of the receipt, in
    /// microseconds; behind where negative.
    pub clock_skew_us: Option<i64>,
}

#[derive(Debug, Clone)]
pub struct LatestSeries {
    /// Its JSON Pointer in the payload.
    pub path: Arc<str>,
    /// What its values are.
    pub kind: SeriesKind,
    /// The physical unit, where one is known.
    pub unit: Option<Arc<str>>,
    /// What people call it, where that is announced.
    pub description: Option<Arc<str>>,
    /// Where the time of its last sample comes from.
    pub time_source: TimeSource,
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

/// The record of what is wrong with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    pub seq: Offset,
    pub received_at: Timestamp,
    /// Where it was published to.
    pub topic: Topic,
    /// What is wrong with it.
    pub defects: Vec<Defect>,
}
