//! Retained messages: the last one of each topic that was published with RETAIN.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use parking_lot::RwLock;

use crate::message::{Message, Offset, Properties, Timestamp, Topic, TopicFilter};

use super::expiry::expires_at;
use super::kept::{own_properties, properties_bytes};

/// How many messages that have expired are taken out in one go, under the lock.
pub(crate) const EXPIRED_MAX: usize = 1000;

/// How many topics are looked at in one go, under the lock, by whoever counts.
const COUNTED_MAX: usize = 10_000;

/// The retained messages, by topic.
#[derive(Debug, Default)]
pub(crate) struct RetainedMessages {
    topics: RwLock<RetainedTopics>,
    count: AtomicUsize,
    bytes: AtomicUsize,
}

#[derive(Debug, Default)]
struct RetainedTopics {
    messages: BTreeMap<Topic, Arc<Message>>,
    /// Deletions, kept until no older message can still arrive.
    deleted: BTreeMap<Topic, Offset>,
    /// When which of the messages expires.
    expiring: BTreeSet<(Timestamp, Topic)>,
    /// How many of the messages are the server's own.
    own: usize,
    /// What the others take in memory, about.
    bytes: usize,
    /// What the state file does not have yet.
    changed: HashSet<Topic>,
}

/// What a visitor of [`RetainedMessages::scan`] says to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Done with it, go on.
    Next,
    /// Done with it, that is enough.
    Stop,
    /// Not now: come back to it.
    Refuse,
}

/// A change for the state file: the message, or `None` where there is none any more.
pub(crate) type RetainedChange = (Topic, Option<Arc<Message>>);

impl RetainedMessages {
    /// Takes a message that was published with RETAIN. The newer one wins, whoever comes first;
    /// one without a payload deletes [MQTT-3.3.1-6].
    pub(crate) fn put(&self, message: &Arc<Message>) {
        let mut topics = self.topics.write();
        let topics = &mut *topics;
        let topic = &message.topic;
        let known = topics.messages.get(topic).map(|known| known.offset);
        let deleted = topics.deleted.get(topic).copied();
        if known.max(deleted) > Some(message.offset) {
            return;
        }
        topics.changed.insert(topic.clone());
        if message.payload.is_empty() {
            topics.remove(topic);
            topics.deleted.insert(topic.clone(), message.offset);
        } else {
            topics.deleted.remove(topic);
            topics.insert(own(message));
        }
        self.count(topics);
    }

    /// Takes a message that the state file had.
    pub(crate) fn load(&self, message: Message) {
        let mut topics = self.topics.write();
        topics.insert(Arc::new(message));
        self.count(&topics);
    }

    fn count(&self, topics: &RetainedTopics) {
        let count = topics.messages.len() - topics.own;
        self.count.store(count, Ordering::Relaxed);
        self.bytes.store(topics.bytes, Ordering::Relaxed);
    }

    /// Whether a message of that topic, payload and properties may be retained, or deletes one,
    /// where there may be so many messages and bytes of them.
    pub(crate) fn may_put(
        &self,
        topic: &Topic,
        payload: &[u8],
        properties: Option<&Properties>,
        bounds: (usize, usize),
    ) -> bool {
        let properties = properties_bytes(properties);
        let bytes = FIXED_BYTES + topic.as_str().len() + payload.len() + properties;
        payload.is_empty() || self.has_room(topic, bytes, bounds)
    }

    /// Whether a message that takes so many bytes may be retained.
    fn has_room(&self, topic: &Topic, bytes: usize, bounds: (usize, usize)) -> bool {
        let (count_max, bytes_max) = bounds;
        let fits = self.bytes.load(Ordering::Relaxed).saturating_add(bytes) <= bytes_max;
        if fits && self.len() < count_max {
            return true;
        }
        // In the place of another one it may still fit.
        let known = self.get(topic).map(|known| bytes_of(&known));
        known.is_some_and(|known| fits || bytes <= known)
    }

    /// Takes out what has expired by `now`, but not more than is good for those who wait for the
    /// lock; how many that were.
    pub(crate) fn expire(&self, now: Timestamp) -> usize {
        let mut topics = self.topics.write();
        let topics = &mut *topics;
        let mut expired = 0;
        while expired < EXPIRED_MAX
            && let Some((at, _)) = topics.expiring.first()
            && *at <= now
            && let Some((_, topic)) = topics.expiring.pop_first()
        {
            if let Some(message) = topics.remove(&topic) {
                topics.deleted.insert(topic.clone(), message.offset);
                topics.changed.insert(topic);
                expired += 1;
            }
        }
        self.count(topics);
        expired
    }

    /// Replaces a message of the server's own, which is not in the journal.
    pub(crate) fn put_own(&self, message: Arc<Message>) {
        let mut topics = self.topics.write();
        if topics
            .messages
            .insert(message.topic.clone(), message)
            .is_none()
        {
            topics.own += 1;
        }
    }

    /// How many topics have one, but for the server's own.
    pub(crate) fn len(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many messages a filter names.
    pub(crate) fn count_of(&self, filter: &TopicFilter) -> u64 {
        let (mut after, mut count) = (None, 0);
        loop {
            // Others get the lock in between.
            let is_all = self.scan(filter, &mut after, COUNTED_MAX, |_| {
                count += 1;
                Visit::Next
            });
            if is_all {
                return count;
            }
        }
    }

    /// The message of one topic.
    pub(crate) fn get(&self, topic: &Topic) -> Option<Arc<Message>> {
        let topics = self.topics.read();
        topics.messages.get(topic).cloned()
    }

    /// Visits, in the order of their names, the messages of the topics after `after` that
    /// `filter` matches, and moves `after` to the last topic that is done with. At most `most`
    /// topics are looked at. Answers whether that was all.
    pub(crate) fn scan(
        &self,
        filter: &TopicFilter,
        after: &mut Option<Topic>,
        most: usize,
        mut visit: impl FnMut(&Arc<Message>) -> Visit,
    ) -> bool {
        let topics = self.topics.read();
        if let Some(topic) = filter.as_topic() {
            let message = topics.messages.get(&topic);
            return message.is_none_or(|message| visit(message) != Visit::Refuse);
        }
        let floor = floor(filter);
        let start = match (&*after, Topic::new(floor)) {
            (Some(after), _) => Bound::Excluded(after.clone()),
            (None, Ok(first)) => Bound::Included(first),
            (None, Err(_)) => Bound::Unbounded,
        };
        let range = topics.messages.range((start, Bound::Unbounded));
        for (looked, (topic, message)) in range.enumerate() {
            if !topic.as_str().starts_with(floor) {
                return true;
            }
            if looked >= most {
                return false;
            }
            let visited = if filter.matches(topic) {
                visit(message)
            } else {
                Visit::Next
            };
            if visited == Visit::Refuse {
                return false;
            }
            *after = Some(topic.clone());
            if visited == Visit::Stop {
                return false;
            }
        }
        true
    }

    /// What has changed since the last time; deletions below `settled` are forgotten, since no
    /// older message can come any more.
    pub(crate) fn changes(&self, settled: Offset) -> Vec<RetainedChange> {
        let mut topics = self.topics.write();
        topics.deleted.retain(|_, offset| *offset >= settled);
        let changed = std::mem::take(&mut topics.changed);
        changed
            .into_iter()
            .map(|topic| {
                let message = topics.messages.get(&topic).cloned();
                (topic, message)
            })
            .collect()
    }
}

impl RetainedTopics {
    fn insert(&mut self, message: Arc<Message>) {
        self.remove(&message.topic);
        self.bytes += bytes_of(&message);
        if let Some(at) = expires_at(&message) {
            self.expiring.insert((at, message.topic.clone()));
        }
        self.messages.insert(message.topic.clone(), message);
    }

    fn remove(&mut self, topic: &Topic) -> Option<Arc<Message>> {
        let message = self.messages.remove(topic)?;
        self.bytes -= bytes_of(&message);
        if let Some(at) = expires_at(&message) {
            self.expiring.remove(&(at, topic.clone()));
        }
        Some(message)
    }
}

/// What a retained message takes beside its texts and bytes, about.
const FIXED_BYTES: usize = 256;

/// What a retained message takes in memory, about.
fn bytes_of(message: &Message) -> usize {
    let properties = properties_bytes(message.properties.as_deref());
    FIXED_BYTES + message.topic.as_str().len() + message.payload.len() + properties
}

/// What every topic that the filter matches begins with: the levels before the first wildcard,
/// without the last `/`, since `a/#` matches `a` too.
fn floor(filter: &TopicFilter) -> &str {
    let text = filter.as_str();
    let levels = &text[..text.find(['+', '#']).unwrap_or(text.len())];
    levels.strip_suffix('/').unwrap_or(levels)
}

/// The message with bytes of its own, which keep no read buffer alive.
fn own(message: &Arc<Message>) -> Arc<Message> {
    Arc::new(Message {
        payload: Bytes::copy_from_slice(&message.payload),
        properties: own_properties(message.properties.clone()),
        ..Message::clone(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::ClientId;

    fn message(topic: &str, offset: u64, payload: &'static str) -> Arc<Message> {
        Arc::new(Message {
            offset: Offset(offset),
            client: ClientId("c".into()),
            retain: true,
            ..Message::new(Topic::new(topic).unwrap(), payload)
        })
    }

    fn expiring(topic: &str, offset: u64, expiry_s: u32) -> Arc<Message> {
        Arc::new(Message {
            properties: Some(Box::new(crate::message::Properties {
                message_expiry_s: Some(expiry_s),
                ..Default::default()
            })),
            ..Message::clone(&message(topic, offset, "x"))
        })
    }

    fn found(retained: &RetainedMessages, filter: &str, most: usize) -> Vec<String> {
        let filter = TopicFilter::new(filter).unwrap();
        let mut after = None;
        let mut topics = Vec::new();
        while !retained.scan(&filter, &mut after, most, |message| {
            topics.push(message.topic.to_string());
            Visit::Next
        }) {}
        topics
    }

    #[test]
    fn the_newer_message_wins_in_whatever_order_they_come() {
        let retained = RetainedMessages::default();
        retained.put(&message("a", 7, "new"));
        retained.put(&message("a", 6, "old"));
        assert_eq!(
            retained.get(&Topic::new("a").unwrap()).unwrap().offset,
            Offset(7)
        );
        retained.put(&message("a", 9, ""));
        retained.put(&message("a", 8, "late"));
        assert_eq!(retained.len(), 0);
        retained.put(&message("a", 10, "again"));
        assert_eq!(retained.len(), 1);
    }

    #[test]
    fn what_has_expired_leaves_memory_and_the_local_state_in_bounded_portions() {
        const SECOND: i64 = 1_000_000;
        let retained = RetainedMessages::default();
        retained.put(&message("stays", 0, "x"));
        for n in 1..=EXPIRED_MAX as u64 + 1 {
            retained.put(&expiring(&format!("a/{n}"), n, 5));
        }
        retained.put(&expiring("later", 5000, 9));
        retained.put(&expiring("a/1", 5001, 9));
        retained.put(&message("a/2", 5002, "does not expire any more"));
        retained.changes(Offset(0));
        assert_eq!(retained.expire(Timestamp(5 * SECOND - 1)), 0);
        assert_eq!(retained.expire(Timestamp(5 * SECOND)), EXPIRED_MAX - 1);
        assert_eq!(retained.len(), 4);
        let changes = retained.changes(Offset(0));
        assert_eq!(changes.len(), EXPIRED_MAX - 1);
        assert!(changes.iter().all(|(_, message)| message.is_none()));
        // An older message that comes late does not come back in its place.
        retained.put(&message("a/3", 2, "late"));
        assert_eq!(retained.len(), 4);
        assert_eq!(retained.expire(Timestamp(9 * SECOND)), 2);
        assert_eq!(found(&retained, "#", 100), ["a/2", "stays"]);
        retained.put(&message("a/2", 6000, ""));
        retained.put(&message("stays", 6001, ""));
        assert_eq!(retained.bytes.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn a_full_store_takes_what_replaces_another_and_is_no_larger() {
        let retained = RetainedMessages::default();
        retained.put(&message("a", 1, "12345"));
        let topic = |name: &str| Topic::new(name).unwrap();
        let size = retained.bytes.load(Ordering::Relaxed);
        for (name, bytes, bounds, fits) in [
            ("b", size, (2, 2 * size), true),
            ("b", size, (1, 2 * size), false),
            ("b", size, (2, 2 * size - 1), false),
            ("a", size, (1, size), true),
            ("a", size + 1, (1, size), false),
            ("a", size + 1, (1, 3 * size), true),
        ] {
            let has_room = retained.has_room(&topic(name), bytes, bounds);
            assert_eq!(has_room, fits, "{name} {bytes} {bounds:?}");
        }
    }

    #[test]
    fn a_filter_finds_what_it_matches_in_portions_of_any_size() {
        let retained = RetainedMessages::default();
        let topics = [
            "$SYS/x", "/", "a", "a-b", "a/b", "a/b/c", "a/c", "ab", "b/c",
        ];
        for (offset, topic) in topics.iter().enumerate() {
            retained.put(&message(topic, offset as u64, "x"));
        }
        for filter in [
            "#", "a/#", "a", "+/c", "+", "a/+", "$SYS/#", "/+", "+/+", "x/#", "a/b/#",
        ] {
            let wanted = TopicFilter::new(filter).unwrap();
            let matching: Vec<_> = topics
                .iter()
                .filter(|topic| wanted.matches(&Topic::new(**topic).unwrap()))
                .map(ToString::to_string)
                .collect();
            for most in [1, 2, 100] {
                assert_eq!(
                    found(&retained, filter, most),
                    matching,
                    "{filter} by {most}"
                );
            }
        }
    }
}
