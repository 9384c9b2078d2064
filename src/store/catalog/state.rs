//! What is remembered of each topic and series.

use std::sync::Arc;

use bytes::Bytes;

use super::tree::BranchId;
use crate::message::{
    Offset, PayloadKind, Qos, Rate, SeriesText, TimeSource, Timestamp, Topic, classify,
};
use crate::store::answer::{Latest, LatestSeries, RawSample, SeriesKind};

/// One topic and its last message.
#[derive(Debug, Clone)]
pub(crate) struct TopicState {
    pub(crate) topic: Topic,
    pub(crate) id: i32,
    pub(super) place: BranchId,
    pub(crate) seq: Offset,
    pub(crate) received_at: Timestamp,
    pub(super) qos: Qos,
    pub(super) retain: bool,
    pub(super) is_stripped: bool,
    /// Set where the payload is not kept.
    pub(super) kind: PayloadKind,
    pub(super) payload_bytes: u64,
    pub(super) payload: Option<Bytes>,
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) first_seen: Timestamp,
    /// From when on its values are no longer true.
    pub(super) stale_since: Option<Timestamp>,
    pub(super) rate: Rate,
    /// How far the event time of its last message that has one is ahead of the receipt, in
    /// microseconds. Of this run only.
    pub(super) clock_skew_us: Option<i64>,
    /// By id.
    pub(crate) series: Vec<SeriesState>,
    /// Whether the table is behind.
    pub(crate) dirty: bool,
}

/// One series and its last sample.
#[derive(Debug, Clone)]
pub(crate) struct SeriesState {
    pub(crate) id: i32,
    pub(crate) path: Arc<str>,
    pub(crate) kind: SeriesKind,
    /// What a birth or the payload says.
    pub(crate) unit: Option<Arc<str>>,
    /// What announcements say.
    pub(crate) discovered: Option<Arc<SeriesText>>,
    /// What a rule says.
    pub(crate) ruled: Option<Arc<SeriesText>>,
    /// Whether the table is behind in what a rule says.
    pub(super) is_ruled_dirty: bool,
    /// Whether the table is behind in the unit, which payloads say.
    pub(crate) is_unit_dirty: bool,
    /// Where the time of its last sample comes from.
    pub(crate) time_source: TimeSource,
    pub(crate) last: Option<RawSample>,
    pub(crate) dirty: bool,
}

impl TopicState {
    /// A topic without messages.
    pub(crate) fn new(topic: Topic, id: i32) -> Self {
        Self {
            topic,
            id,
            place: 0,
            seq: Offset(0),
            received_at: Timestamp(0),
            qos: Qos::AtMostOnce,
            retain: false,
            is_stripped: false,
            kind: PayloadKind::Text,
            payload_bytes: 0,
            payload: None,
            messages: 0,
            bytes: 0,
            first_seen: Timestamp(0),
            stale_since: None,
            rate: Rate::default(),
            clock_skew_us: None,
            series: Vec::new(),
            dirty: false,
        }
    }

    /// The series of this id.
    pub(crate) fn series_mut(&mut self, id: i32) -> Option<&mut SeriesState> {
        let at = self.series.binary_search_by_key(&id, |s| s.id).ok()?;
        self.series.get_mut(at)
    }

    /// As it is shown.
    pub(super) fn latest(&self, now: Timestamp) -> Latest {
        let kind = self.payload.as_deref().map_or(self.kind, classify);
        let series = self.series.iter().filter_map(|series| {
            Some(LatestSeries {
                path: Arc::clone(&series.path),
                kind: series.kind,
                unit: series.shown_unit(),
                description: series.description(),
                time_source: series.time_source,
                sample: series.last.clone()?,
            })
        });
        Latest {
            topic: self.topic.clone(),
            topic_id: self.id,
            seq: self.seq,
            received_at: self.received_at,
            qos: self.qos,
            retain: self.retain,
            is_stripped: self.is_stripped,
            kind,
            payload_bytes: self.payload_bytes,
            payload: self.payload.clone(),
            series: series.collect(),
            messages: self.messages,
            bytes: self.bytes,
            first_seen: self.first_seen,
            stale_since: self.stale_since,
            rate: self.rate.at(now),
            clock_skew_us: self.clock_skew_us,
        }
    }
}

impl SeriesState {
    /// The unit as people are shown it: what a rule says counts before what is announced, and that
    /// before what the payload says. Of what births say, nothing is announced.
    pub(super) fn shown_unit(&self) -> Option<Arc<str>> {
        let mut said = self.said().filter_map(|text| text.unit.clone());
        said.next().or_else(|| self.unit.clone())
    }

    pub(super) fn description(&self) -> Option<Arc<str>> {
        let mut said = self.said().filter_map(|text| text.description.clone());
        said.next()
    }

    /// Remembers what a rule says of it, to be written behind with its last sample.
    pub(super) fn note_ruled(&mut self, text: Option<&SeriesText>) {
        if self.ruled.as_deref() != text {
            self.ruled = text.cloned().map(Arc::new);
            self.is_ruled_dirty = true;
        }
    }

    /// What is said of it by others than its own messages, the surest first.
    fn said(&self) -> impl Iterator<Item = &SeriesText> {
        let said = [&self.ruled, &self.discovered];
        said.into_iter().filter_map(|text| text.as_deref())
    }

    /// A series without samples.
    pub(crate) fn new(id: i32, path: Arc<str>, kind: SeriesKind) -> Self {
        Self {
            id,
            path,
            kind,
            unit: None,
            discovered: None,
            ruled: None,
            is_ruled_dirty: false,
            is_unit_dirty: false,
            time_source: TimeSource::Receipt,
            last: None,
            dirty: false,
        }
    }
}
