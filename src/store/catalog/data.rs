//! What the catalog holds.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::FixedState;

use super::clocks::ClientClocks;
use super::state::{SeriesState, TopicState};
use super::tree::TopicTree;
use crate::message::{Message, Offset, Scope, SeriesText, TimeSource, Timestamp, Topic, classify};
use crate::store::answer::RawSample;

/// The largest payload that is kept.
pub(super) const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// How many bytes of payloads are kept in all.
pub(super) const PAYLOADS_BYTES_MAX: usize = 256 * 1024 * 1024;

#[derive(Debug, Default)]
pub(super) struct CatalogData {
    /// By id.
    pub(super) topics: HashMap<i32, Box<TopicState>, FixedState>,
    by_name: BTreeMap<Topic, i32>,
    pub(super) by_seq: BTreeMap<Offset, i32>,
    pub(super) clocks: ClientClocks,
    pub(super) tree: TopicTree,
    pub(super) payloads_bytes: usize,
    /// What all payloads came to that there ever were.
    pub(super) bytes: u64,
    pub(super) series: u64,
    /// How many topics `#` does not match.
    pub(super) system_topics: usize,
    /// How many topics have been taken out.
    pub(super) removed: u64,
    /// Everything below is in here.
    pub(super) next: Offset,
}

impl CatalogData {
    pub(super) fn topic(&self, id: i32) -> Option<&TopicState> {
        self.topics.get(&id).map(|topic| &**topic)
    }

    pub(super) fn topic_mut(&mut self, id: i32) -> Option<&mut TopicState> {
        self.topics.get_mut(&id).map(|topic| &mut **topic)
    }

    /// Adds a topic with what is known of it.
    pub(super) fn add_topic(&mut self, mut state: TopicState) {
        state.place = self.tree.insert(&state.topic, state.id);
        if state.messages > 0 {
            self.tree
                .count(state.place, state.messages, state.received_at, None);
            self.by_seq.insert(state.seq, state.id);
        }
        self.system_topics += usize::from(state.topic.is_system());
        self.bytes += state.bytes;
        self.by_name.insert(state.topic.clone(), state.id);
        self.series += state.series.len() as u64;
        self.topics.insert(state.id, Box::new(state));
    }

    /// Takes a topic out, and with it what it counts for.
    pub(super) fn remove_topic(&mut self, id: i32) {
        let Some(state) = self.topics.remove(&id) else {
            return;
        };
        self.by_name.remove(&state.topic);
        if self.by_seq.get(&state.seq) == Some(&id) {
            self.by_seq.remove(&state.seq);
        }
        self.tree.remove(state.place, state.messages);
        self.system_topics -= usize::from(state.topic.is_system());
        self.bytes -= state.bytes;
        self.payloads_bytes -= state.payload.as_ref().map_or(0, Bytes::len);
        self.series -= state.series.len() as u64;
        self.removed += 1;
    }

    /// Adds a series, or widens the kind of one that is there.
    pub(super) fn put_series(&mut self, topic_id: i32, series: SeriesState) {
        let Some(topic) = self.topic_mut(topic_id) else {
            return;
        };
        match topic.series.binary_search_by_key(&series.id, |s| s.id) {
            Ok(at) => topic.series[at].kind = series.kind,
            Err(at) => {
                topic.series.insert(at, series);
                self.series += 1;
            }
        }
    }

    /// Counts `n` messages on a topic, of which `last` is the last.
    pub(super) fn count(&mut self, id: i32, n: u64, bytes: u64, last: &Message, now: Timestamp) {
        let Some(before) = self.topic(id).map(|topic| topic.seq) else {
            return;
        };
        self.by_seq.remove(&before);
        self.by_seq.insert(last.offset, id);
        let kept = self.payloads_bytes;
        let Some(topic) = self.topic_mut(id) else {
            return;
        };
        let without = kept - topic.payload.as_ref().map_or(0, Bytes::len);
        topic.messages += n;
        topic.bytes += bytes;
        topic.seq = last.offset;
        topic.received_at = last.received_at;
        topic.qos = last.qos;
        topic.retain = last.retain;
        topic.is_stripped = last.is_stripped;
        topic.rate.add(n, now);
        topic.dirty = true;
        topic.keep(&last.payload, without);
        let with = without + topic.payload.as_ref().map_or(0, Bytes::len);
        let place = topic.place;
        self.bytes += bytes;
        self.payloads_bytes = with;
        self.tree.count(place, n, last.received_at, Some(now));
    }

    /// Remembers the last sample of a series, where its time comes from, and what a rule says of the
    /// series.
    pub(super) fn sample(
        &mut self,
        (topic_id, series_id): (i32, i32),
        sample: RawSample,
        time_source: TimeSource,
        ruled: Option<&SeriesText>,
    ) {
        let series = self
            .topic_mut(topic_id)
            .and_then(|topic| topic.series_mut(series_id));
        if let Some(series) = series {
            series.last = Some(sample);
            series.time_source = time_source;
            series.note_ruled(ruled);
            series.dirty = true;
        }
    }

    /// Takes series of a topic out.
    pub(super) fn remove_series(&mut self, topic_id: i32, ids: &[i32]) {
        let Some(topic) = self.topic_mut(topic_id) else {
            return;
        };
        let before = topic.series.len();
        topic.series.retain(|series| !ids.contains(&series.id));
        let gone = before - topic.series.len();
        self.series -= gone as u64;
    }

    /// The topic of that name.
    pub(super) fn named(&self, topic: &Topic) -> Option<&TopicState> {
        self.topic(*self.by_name.get(topic)?)
    }

    /// Remembers the unit of a series.
    pub(super) fn note_unit(&mut self, topic_id: i32, series_id: i32, unit: &Arc<str>) {
        let topic = self.topic_mut(topic_id);
        if let Some(series) = topic.and_then(|topic| topic.series_mut(series_id)) {
            series.unit = Some(Arc::clone(unit));
        }
    }

    /// Remembers the unit of a series that a payload says, to be written behind.
    pub(super) fn note_said_unit(&mut self, topic_id: i32, series_id: i32, unit: &Arc<str>) {
        let topic = self.topic_mut(topic_id);
        if let Some(series) = topic.and_then(|topic| topic.series_mut(series_id))
            && series.unit.as_ref() != Some(unit)
        {
            series.unit = Some(Arc::clone(unit));
            series.is_unit_dirty = true;
            series.dirty = true;
        }
    }

    /// Remembers what announcements say of a series.
    pub(super) fn note_discovered(&mut self, topic_id: i32, series_id: i32, text: &SeriesText) {
        let topic = self.topic_mut(topic_id);
        if let Some(series) = topic.and_then(|topic| topic.series_mut(series_id)) {
            let is_said = *text != SeriesText::default();
            series.discovered = is_said.then(|| Arc::new(text.clone()));
        }
    }

    /// Remembers how far the clock of a topic's last message is ahead.
    pub(super) fn note_skew(&mut self, topic_id: i32, skew_us: i64) {
        if let Some(topic) = self.topic_mut(topic_id) {
            topic.clock_skew_us = Some(skew_us);
        }
    }

    /// Remembers since when the values of a topic are no longer true: what that is beside what it
    /// was.
    pub(super) fn note_stale(
        &mut self,
        topic_id: i32,
        since: impl FnOnce(Option<Timestamp>) -> Option<Timestamp>,
    ) {
        if let Some(topic) = self.topic_mut(topic_id) {
            topic.stale_since = since(topic.stale_since);
        }
    }

    /// Everything below `next` is in here now.
    pub(super) fn advance(&mut self, next: Offset) {
        self.next = next;
    }

    /// The topics beyond `after` among which all of a scope are, by name, and whether each is one.
    pub(super) fn candidates<'a>(
        &'a self,
        scope: &'a Scope,
        after: Option<&'a Topic>,
    ) -> impl Iterator<Item = (&'a TopicState, bool)> {
        let text = scope.filter().as_str();
        let literal = &text[..text.find(['+', '#']).unwrap_or(text.len())];
        // `a/#` matches `a` too.
        let literal = literal.strip_suffix('/').unwrap_or(literal);
        let prefix = Topic::new(literal).ok();
        let from = match (prefix, after) {
            (Some(prefix), Some(after)) if *after >= prefix => Excluded(after.clone()),
            (Some(prefix), _) => Included(prefix),
            (None, Some(after)) => Excluded(after.clone()),
            (None, None) => Unbounded,
        };
        self.by_name
            .range((from, Unbounded))
            .take_while(move |(topic, _)| topic.as_str().starts_with(literal))
            .filter_map(|(_, id)| self.topic(*id))
            .map(|state| (state, scope.holds(&state.topic)))
    }

    pub(super) fn topics_count(&self) -> u64 {
        self.by_name.len() as u64
    }
}

impl TopicState {
    /// Keeps a payload if it is small enough and there is room beside the `kept` bytes of the
    /// others.
    fn keep(&mut self, payload: &Bytes, kept: usize) {
        self.payload_bytes = payload.len() as u64;
        // A copy: the message's own bytes are a part of a much larger buffer.
        let fits = payload.len() <= PAYLOAD_BYTES_MAX && kept + payload.len() <= PAYLOADS_BYTES_MAX;
        self.payload = fits.then(|| Bytes::copy_from_slice(payload));
        if !fits {
            self.kind = classify(payload);
        }
    }
}
