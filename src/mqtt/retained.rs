//! Retained messages: the last one of each topic that was published with RETAIN.

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bytes::Bytes;

use crate::message::{Message, Offset, Topic, TopicFilter};

/// The retained messages, by topic.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    topics: RwLock<Topics>,
    count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Topics {
    messages: BTreeMap<Topic, Arc<Message>>,
    /// Deletions, kept until no older message can still arrive.
    deleted: BTreeMap<Topic, Offset>,
    /// How many of the messages are the server's own.
    own: usize,
    /// What the local state does not have yet.
    changed: HashSet<Topic>,
}

/// What a visitor of [`Retained::scan`] says to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    /// Done with it, go on.
    Next,
    /// Done with it, that is enough.
    Stop,
    /// Not now: come back to it.
    Refuse,
}

/// A change for the local state: the message, or `None` where there is none any more.
pub(crate) type Change = (Topic, Option<Arc<Message>>);

impl Retained {
    /// Takes a message that was published with RETAIN. The newer one wins, whoever comes first;
    /// one without a payload deletes [MQTT-3.3.1-6].
    pub(crate) fn put(&self, message: &Arc<Message>) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        let topics = &mut *topics;
        let topic = &message.topic;
        let known = topics.messages.get(topic).map(|known| known.offset);
        let deleted = topics.deleted.get(topic).copied();
        if known.max(deleted) > Some(message.offset) {
            return;
        }
        topics.changed.insert(topic.clone());
        if message.payload.is_empty() {
            topics.messages.remove(topic);
            topics.deleted.insert(topic.clone(), message.offset);
        } else {
            topics.deleted.remove(topic);
            topics.messages.insert(topic.clone(), own(message));
        }
        self.count
            .store(topics.messages.len() - topics.own, Ordering::Relaxed);
    }

    /// Takes a message that the local state had.
    pub(crate) fn load(&self, message: Message) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
        topics
            .messages
            .insert(message.topic.clone(), Arc::new(message));
        self.count
            .store(topics.messages.len() - topics.own, Ordering::Relaxed);
    }

    /// Replaces a message of the server's own, which is not in the journal.
    pub(crate) fn put_own(&self, message: Arc<Message>) {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
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

    /// The message of one topic.
    pub(crate) fn get(&self, topic: &Topic) -> Option<Arc<Message>> {
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
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
        let topics = self.topics.read().unwrap_or_else(PoisonError::into_inner);
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
    pub(crate) fn changes(&self, settled: Offset) -> Vec<Change> {
        let mut topics = self.topics.write().unwrap_or_else(PoisonError::into_inner);
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

/// What every topic that the filter matches begins with: the levels before the first wildcard,
/// without the last `/`, since `a/#` matches `a` too.
fn floor(filter: &TopicFilter) -> &str {
    let text = filter.as_str();
    let levels = &text[..text.find(['+', '#']).unwrap_or(text.len())];
    levels.strip_suffix('/').unwrap_or(levels)
}

/// The message with a payload of its own, which keeps no read buffer alive.
fn own(message: &Arc<Message>) -> Arc<Message> {
    Arc::new(Message {
        payload: Bytes::copy_from_slice(&message.payload),
        ..Message::clone(message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{ClientId, Qos, Timestamp};

    fn message(topic: &str, offset: u64, payload: &'static str) -> Arc<Message> {
        Arc::new(Message {
            offset: Offset(offset),
            received_at: Timestamp(0),
            client: ClientId("c".into()),
            topic: Topic::new(topic).unwrap(),
            qos: Qos::AtMostOnce,
            retain: true,
            packet_id: 0,
            properties: None,
            payload: Bytes::from_static(payload.as_bytes()),
        })
    }

    fn found(retained: &Retained, filter: &str, most: usize) -> Vec<String> {
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
        let retained = Retained::default();
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
    fn a_filter_finds_what_it_matches_in_portions_of_any_size() {
        let retained = Retained::default();
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
