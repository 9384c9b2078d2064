//! The numbers of topics and series, as the writer knows them.
//!
//! The writer gives the numbers itself, one after the other; a batch that does not come to be is
//! taken back with [`Dictionary::undo`], so that the same batch gets the same numbers the next time.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::answer::SeriesKind;
use super::discoveries::{Discoveries, SeriesName};
use crate::message::{ClientId, Timestamp, Topic};

/// One part in so many of the topics that there may be is kept for clients that have brought few: a
/// client that is out of its mind must not leave nothing to the others.
const RESERVED_PART: usize = 10;

/// A client has brought few where it has brought no more than one part in so many.
const FEW_PART: usize = 100;

/// How many series one topic may have. Further ones are in the raw payload only.
pub(super) const SERIES_MAX: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// How many topics are kept apart. Messages on further ones are dead-lettered.
    topics_max: usize,
    topics: HashMap<Topic, NamedTopic, FixedState>,
    /// How many of these each client has brought.
    brought: HashMap<ClientId, usize, FixedState>,
    topic_id_max: i32,
    series_id_max: i32,
    news: NewNames,
    /// What announcements say of series.
    discoveries: Discoveries,
}

#[derive(Debug)]
struct NamedTopic {
    id: i32,
    series: HashMap<Arc<str>, NamedSeries, FixedState>,
}

#[derive(Debug, Clone, Copy)]
struct NamedSeries {
    id: i32,
    kind: SeriesKind,
}

/// What a batch added to the dictionary.
#[derive(Debug, Default)]
pub(super) struct NewNames {
    pub(super) topics: Vec<NewTopic>,
    pub(super) series: Vec<NewSeries>,
    pub(super) widened: Vec<Widened>,
}

#[derive(Debug)]
pub(super) struct NewTopic {
    pub(super) id: i32,
    pub(super) topic: Topic,
    pub(super) client: ClientId,
    pub(super) first_seen: Timestamp,
}

#[derive(Debug)]
pub(super) struct NewSeries {
    pub(super) id: i32,
    pub(super) topic_id: i32,
    pub(super) topic: Topic,
    pub(super) path: Arc<str>,
    pub(super) kind: SeriesKind,
}

/// A series whose values turned out to be of more than one kind.
#[derive(Debug)]
pub(super) struct Widened {
    pub(super) id: i32,
    pub(super) topic_id: i32,
    topic: Topic,
    pub(super) path: Arc<str>,
    from: SeriesKind,
}

/// Why a topic gets no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TopicRefusal {
    #[error("more than {0} topics (topics_max)")]
    Full(usize),
    #[error(
        "the client {client:?} has brought {brought} topics, and what is left of {topics_max} \
         (topics_max) is kept for others"
    )]
    Reserved {
        client: String,
        brought: usize,
        topics_max: usize,
    },
}

impl NewNames {
    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.series.is_empty() && self.widened.is_empty()
    }
}

impl Dictionary {
    /// Knows nothing yet, and takes up to `topics_max` topics.
    pub(super) fn new(topics_max: usize) -> Self {
        Self {
            topics_max,
            ..Self::default()
        }
    }

    /// Learns a topic from the table.
    pub(super) fn know_topic(&mut self, topic: Topic, id: i32, client: ClientId) {
        *self.brought.entry(client).or_default() += 1;
        self.topic_id_max = self.topic_id_max.max(id);
        let series = HashMap::default();
        self.topics.insert(topic, NamedTopic { id, series });
    }

    /// Learns a series from the table.
    pub(super) fn know_series(&mut self, topic: &Topic, path: Arc<str>, id: i32, kind: SeriesKind) {
        self.series_id_max = self.series_id_max.max(id);
        if let Some(topic) = self.topics.get_mut(topic) {
            topic.series.insert(path, NamedSeries { id, kind });
        }
    }

    /// The number of a topic, a new one if need be.
    pub(super) fn topic(
        &mut self,
        topic: &Topic,
        client: &ClientId,
        seen: Timestamp,
    ) -> Result<i32, TopicRefusal> {
        if let Some(known) = self.topics.get(topic) {
            return Ok(known.id);
        }
        self.admit(client)?;
        *self.brought.entry(client.clone()).or_default() += 1;
        self.topic_id_max += 1;
        let id = self.topic_id_max;
        let series = HashMap::default();
        self.topics.insert(topic.clone(), NamedTopic { id, series });
        self.news.topics.push(NewTopic {
            id,
            topic: topic.clone(),
            client: client.clone(),
            first_seen: seen,
        });
        Ok(id)
    }

    /// The number of a topic that has one.
    pub(super) fn id_of(&self, topic: &Topic) -> Option<i32> {
        self.topics.get(topic).map(|known| known.id)
    }

    /// Forgets a topic that `client` had brought.
    pub(super) fn remove(&mut self, topic: &Topic, client: &ClientId) {
        if self.topics.remove(topic).is_some() {
            self.forget(client);
        }
    }

    /// Forgets series of a topic.
    pub(super) fn remove_series(&mut self, topic: &Topic, ids: &[i32]) {
        if let Some(known) = self.topics.get_mut(topic) {
            known.series.retain(|_, series| !ids.contains(&series.id));
        }
    }

    /// The numbers of the topic and of a series that has one.
    pub(super) fn series_of(&self, (topic, path): &SeriesName) -> Option<(i32, i32)> {
        let known = self.topics.get(topic)?;
        known.series.get(path).map(|series| (known.id, series.id))
    }

    /// What announcements say of series.
    pub(super) fn discoveries(&mut self) -> &mut Discoveries {
        &mut self.discoveries
    }

    /// The series that were added and of which announcements say something.
    pub(super) fn new_series_described(&self) -> Vec<SeriesName> {
        let series = self.news.series.iter();
        let names = series.map(|new| (new.topic.clone(), Arc::clone(&new.path)));
        names.filter(|name| self.discoveries.says(name)).collect()
    }

    /// Gives no number again up to these: rows may still have them.
    pub(super) fn skip_ids(&mut self, topic_id: i32, series_id: i32) {
        self.topic_id_max = self.topic_id_max.max(topic_id);
        self.series_id_max = self.series_id_max.max(series_id);
    }

    /// The greatest number that a topic has been given.
    pub(super) fn topic_id_max(&self) -> i32 {
        self.topic_id_max
    }

    /// Whether `client` may bring one more topic.
    fn admit(&self, client: &ClientId) -> Result<(), TopicRefusal> {
        let topics_max = self.topics_max;
        if self.topics.len() >= topics_max {
            return Err(TopicRefusal::Full(topics_max));
        }
        let brought = self.brought.get(client).copied().unwrap_or_default();
        let is_reserved = self.topics.len() >= topics_max - topics_max / RESERVED_PART;
        if is_reserved && brought > topics_max / FEW_PART {
            return Err(TopicRefusal::Reserved {
                client: client.0.chars().take(64).collect(),
                brought,
                topics_max,
            });
        }
        Ok(())
    }

    fn forget(&mut self, client: &ClientId) {
        if let Some(brought) = self.brought.get_mut(client) {
            *brought -= 1;
            if *brought == 0 {
                self.brought.remove(client);
            }
        }
    }

    /// The number of a series of a known topic, a new one if need be; `None` beyond the limit.
    pub(super) fn series(&mut self, topic: &Topic, path: &str, kind: SeriesKind) -> Option<i32> {
        let known = self.topics.get_mut(topic)?;
        if let Some(series) = known.series.get_mut(path) {
            if series.kind != kind && series.kind != SeriesKind::Mixed {
                self.news.widened.push(Widened {
                    id: series.id,
                    topic_id: known.id,
                    topic: topic.clone(),
                    path: path.into(),
                    from: series.kind,
                });
                series.kind = SeriesKind::Mixed;
            }
            return Some(series.id);
        }
        if known.series.len() >= SERIES_MAX {
            return None;
        }
        self.series_id_max += 1;
        let id = self.series_id_max;
        let path: Arc<str> = path.into();
        known
            .series
            .insert(Arc::clone(&path), NamedSeries { id, kind });
        self.news.series.push(NewSeries {
            id,
            topic_id: known.id,
            topic: topic.clone(),
            path,
            kind,
        });
        Some(id)
    }

    /// What was added since it was taken, or undone.
    pub(super) fn news(&self) -> &NewNames {
        &self.news
    }

    /// What was added, which the database has now too.
    pub(super) fn take_news(&mut self) -> NewNames {
        self.discoveries.settle();
        std::mem::take(&mut self.news)
    }

    /// Forgets what a batch added, since its transaction was not committed.
    pub(super) fn undo(&mut self) {
        self.discoveries.undo();
        let news = self.take_news();
        for widened in news.widened {
            if let Some(topic) = self.topics.get_mut(&widened.topic)
                && let Some(series) = topic.series.get_mut(&widened.path)
            {
                series.kind = widened.from;
            }
        }
        for series in news.series {
            self.series_id_max = self.series_id_max.min(series.id - 1);
            if let Some(topic) = self.topics.get_mut(&series.topic) {
                topic.series.remove(&series.path);
            }
        }
        for topic in news.topics {
            self.topic_id_max = self.topic_id_max.min(topic.id - 1);
            self.topics.remove(&topic.topic);
            self.forget(&topic.client);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undone_gets_the_same_numbers_again() {
        let mut names = Dictionary::new(10);
        let client = ClientId("c".into());
        let topic = Topic::new("a").unwrap();
        names.know_topic(topic.clone(), 7, client.clone());
        names.know_series(&topic, "/x".into(), 9, SeriesKind::Number);
        for _ in 0..2 {
            let new = Topic::new("b").unwrap();
            assert_eq!(names.topic(&new, &client, Timestamp(0)), Ok(8));
            assert_eq!(names.series(&new, "/y", SeriesKind::Text), Some(10));
            assert_eq!(names.series(&topic, "/x", SeriesKind::Text), Some(9));
            let news = names.news();
            assert_eq!(
                (news.topics.len(), news.series.len(), news.widened.len()),
                (1, 1, 1)
            );
            names.undo();
        }
    }

    #[test]
    fn no_client_brings_all_the_topics_that_there_may_be() {
        let mut names = Dictionary::new(1000);
        let mut bring = |client: &str, n: usize| {
            let topic = Topic::new(format!("{client}/{n}")).unwrap();
            names.topic(&topic, &ClientId(client.into()), Timestamp(0))
        };
        let greedy = (0..2000).filter(|n| bring("greedy", *n).is_ok()).count();
        assert_eq!(greedy, 900);
        assert!(matches!(
            bring("greedy", 2000),
            Err(TopicRefusal::Reserved { brought: 900, .. })
        ));
        let modest = (0..200).filter(|n| bring(&format!("c{}", n % 20), *n).is_ok());
        assert_eq!(modest.count(), 100);
        assert_eq!(bring("late", 1), Err(TopicRefusal::Full(1000)));
        // What it has is its own.
        assert!(bring("greedy", 0).is_ok());
    }
}
