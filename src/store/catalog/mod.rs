//! Every topic and series with its last value, in memory: what is asked for most never costs a
//! query.
//!
//! It shows what is committed, and nothing else: a batch is applied after its transaction. Memory
//! is bounded by the limits on topics and on series for each topic ([`super::names`]) and by a
//! budget for payloads: beyond [`PAYLOADS_BYTES_MAX`] in all, or [`PAYLOAD_BYTES_MAX`] in one, a
//! payload is not kept and is read from the table.

mod apply;
mod flush;
mod load;
mod rate;
mod state;
mod tree;

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

pub(super) use self::flush::Pace;
pub(super) use self::state::{SeriesState, TopicState};
use self::tree::Tree;
use super::{Latest, RawSample, SeriesKind, TreeNode};
use crate::message::{Message, Offset, Timestamp, Topic, TopicFilter, classify};

/// The largest payload that is kept.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;

/// How many bytes of payloads are kept in all.
const PAYLOADS_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The catalog; shared by everyone who reads it and the one who applies batches.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    inner: RwLock<Inner>,
    /// Held by the one flush at a time: two would set each other's place in the journal.
    flushing: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
pub(super) struct Inner {
    /// By id; ids are given one after the other.
    topics: Vec<Option<TopicState>>,
    by_name: BTreeMap<Topic, i32>,
    by_seq: BTreeMap<Offset, i32>,
    tree: Tree,
    payloads_bytes: usize,
    /// What all payloads came to that there ever were.
    bytes: u64,
    series: u64,
    /// How many topics `#` does not match.
    system_topics: usize,
    /// Everything below is in here.
    next: Offset,
}

/// A series that was found for a query.
#[derive(Debug, Clone)]
pub(super) struct FoundSeries {
    pub(super) id: i32,
    pub(super) topic_id: i32,
    pub(super) topic: Topic,
    pub(super) path: Arc<str>,
    pub(super) kind: SeriesKind,
    pub(super) unit: Option<Arc<str>>,
}

/// The topics that a filter names.
#[derive(Debug)]
pub(super) struct FoundTopics {
    /// Empty where these are all topics that there are.
    pub(super) ids: Vec<i32>,
    /// How many messages they have had.
    pub(super) messages: u64,
    /// What the payloads of these came to.
    pub(super) bytes: u64,
    /// The last message on any of them.
    pub(super) last_seq: Offset,
    /// Whether these are all topics that there are.
    pub(super) all: bool,
    /// How many messages there are in all.
    pub(super) messages_of_all: u64,
}

impl Catalog {
    fn read(&self) -> RwLockReadGuard<'_, Inner> {
        self.inner.read()
    }

    /// For whoever applies a batch.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write()
    }

    /// How many topics and series there are.
    pub(super) fn sizes(&self) -> (u64, u64) {
        let inner = self.read();
        (inner.by_name.len() as u64, inner.series)
    }

    pub(super) fn topics(
        &self,
        filter: &TopicFilter,
        q: Option<&str>,
        after: Option<&Topic>,
        limit: usize,
    ) -> Vec<Latest> {
        let q = q.map(str::to_lowercase);
        let now = Timestamp::now();
        let inner = self.read();
        inner
            .matching(filter, after)
            .filter(|state| {
                q.as_ref()
                    .is_none_or(|q| state.topic.as_str().to_lowercase().contains(q.as_str()))
            })
            .take(limit)
            .map(|state| state.latest(now))
            .collect()
    }

    pub(super) fn latest_since(
        &self,
        after: Offset,
        filter: &TopicFilter,
        limit: usize,
    ) -> Vec<Latest> {
        let now = Timestamp::now();
        let inner = self.read();
        inner
            .by_seq
            .range((Excluded(after), Unbounded))
            .filter_map(|(_, id)| inner.topic(*id))
            .filter(|state| filter.matches(&state.topic))
            .take(limit)
            .map(|state| state.latest(now))
            .collect()
    }

    pub(super) fn children(&self, path: &str, after: Option<&str>, limit: usize) -> Vec<TreeNode> {
        let now = Timestamp::now();
        let inner = self.read();
        let Some(parent) = inner.tree.find(path) else {
            return Vec::new();
        };
        let node = |node: &tree::Node| TreeNode {
            name: node.name.to_string(),
            path: Tree::path(path, path.is_empty(), &node.name),
            children: Tree::width(node),
            topics: node.topics,
            messages: node.messages,
            rate: node.rate.at(now),
            last_seen: node.last_seen,
            latest: node
                .topic_id
                .and_then(|id| inner.topic(id))
                .map(|state| state.latest(now)),
        };
        let children = inner.tree.children(parent, after);
        children.take(limit).map(node).collect()
    }

    /// The topics that `filter` names.
    pub(super) fn find_topics(&self, filter: &TopicFilter) -> FoundTopics {
        let inner = self.read();
        let mut found = FoundTopics {
            ids: Vec::new(),
            messages: 0,
            bytes: 0,
            last_seq: Offset(0),
            all: false,
            messages_of_all: inner.tree.find("").map_or(0, |root| root.messages),
        };
        if filter.as_str() == "#" && inner.system_topics == 0 {
            found.messages = found.messages_of_all;
            found.bytes = inner.bytes;
            found.last_seq = Offset(inner.next.0.saturating_sub(1));
            found.all = true;
            return found;
        }
        for state in inner.matching(filter, None) {
            found.ids.push(state.id);
            found.messages += state.messages;
            found.bytes += state.bytes;
            found.last_seq = found.last_seq.max(state.seq);
        }
        found
    }

    /// The series of the topics that `filter` names, by topic and path, and whether there are
    /// more than `limit`.
    pub(super) fn find_series(
        &self,
        filter: &TopicFilter,
        path: Option<&str>,
        limit: usize,
    ) -> (Vec<FoundSeries>, bool) {
        let inner = self.read();
        let mut found = Vec::new();
        for state in inner.matching(filter, None) {
            let first = found.len();
            let series = state.series.iter();
            found.extend(
                series
                    .filter(|series| path.is_none_or(|path| *series.path == *path))
                    .map(|series| FoundSeries {
                        id: series.id,
                        topic_id: state.id,
                        topic: state.topic.clone(),
                        path: Arc::clone(&series.path),
                        kind: series.kind,
                        unit: series.unit.clone(),
                    }),
            );
            found[first..].sort_by(|a, b| a.path.cmp(&b.path));
            if found.len() > limit {
                found.truncate(limit);
                return (found, true);
            }
        }
        (found, false)
    }

    /// The last message on any of these topics.
    pub(super) fn last_of(&self, topics: &[i32]) -> Offset {
        let inner = self.read();
        let seqs = topics.iter().filter_map(|id| inner.topic(*id));
        seqs.map(|topic| topic.seq).max().unwrap_or_default()
    }

    /// The name of a topic.
    pub(super) fn name(&self, id: i32) -> Option<Topic> {
        self.read().topic(id).map(|state| state.topic.clone())
    }
}

impl Inner {
    pub(super) fn topic(&self, id: i32) -> Option<&TopicState> {
        self.topics.get(usize::try_from(id).ok()?)?.as_ref()
    }

    fn topic_mut(&mut self, id: i32) -> Option<&mut TopicState> {
        self.topics.get_mut(usize::try_from(id).ok()?)?.as_mut()
    }

    /// Adds a topic with what is known of it.
    pub(super) fn add_topic(&mut self, mut state: TopicState) {
        let Ok(at) = usize::try_from(state.id) else {
            return;
        };
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
        if self.topics.len() <= at {
            self.topics.resize_with(at + 1, || None);
        }
        self.topics[at] = Some(state);
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
        topic.rate.add(n, now);
        topic.dirty = true;
        topic.keep(&last.payload, without);
        let with = without + topic.payload.as_ref().map_or(0, Bytes::len);
        let place = topic.place;
        self.bytes += bytes;
        self.payloads_bytes = with;
        self.tree.count(place, n, last.received_at, Some(now));
    }

    /// Remembers the last sample of a series.
    pub(super) fn sample(&mut self, topic_id: i32, series_id: i32, sample: RawSample) {
        let series = self
            .topic_mut(topic_id)
            .and_then(|topic| topic.series_mut(series_id));
        if let Some(series) = series {
            series.last = Some(sample);
            series.dirty = true;
        }
    }

    /// Everything below `next` is in here now.
    pub(super) fn advance(&mut self, next: Offset) {
        self.next = next;
    }

    /// The topics that `filter` names beyond `after`, by name.
    fn matching<'a>(
        &'a self,
        filter: &'a TopicFilter,
        after: Option<&'a Topic>,
    ) -> impl Iterator<Item = &'a TopicState> {
        let text = filter.as_str();
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
            .filter(move |(topic, _)| filter.matches(topic))
            .filter_map(|(_, id)| self.topic(*id))
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
