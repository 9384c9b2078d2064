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

/// What the dictionary takes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NameLimits {
    /// How many topics are kept apart. Messages on further ones are dead-lettered.
    pub topics: usize,
    /// How many series one topic may have, where no rule says something else. Further ones are in the
    /// raw payload only.
    pub series_of_topic: usize,
    /// How many bytes the names of topics and the paths of series may come to.
    pub bytes: usize,
}

impl Default for NameLimits {
    fn default() -> Self {
        Self {
            topics: 500_000,
            series_of_topic: 2_000,
            bytes: 512 << 20,
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Dictionary {
    limits: NameLimits,
    topics: HashMap<Topic, NamedTopic, FixedState>,
    /// What each client has brought of these.
    brought: HashMap<ClientId, Brought, FixedState>,
    /// What all names come to.
    bytes: usize,
    topic_id_max: i32,
    series_id_max: i32,
    news: NewNames,
    /// What announcements say of series.
    discoveries: Discoveries,
}

/// What a client has brought.
#[derive(Debug, Clone, Copy, Default)]
struct Brought {
    topics: usize,
    /// Of their names, and of the paths of their series.
    bytes: usize,
}

#[derive(Debug)]
struct NamedTopic {
    id: i32,
    /// Who brought it.
    client: ClientId,
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

/// Why a topic or a series gets no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NameRefusal {
    #[error("more than {0} topics: raise topics_max, or remove topics")]
    Topics(usize),
    #[error(
        "the client {client:?} has brought {brought} topics, and what is left of {topics_max} is kept \
         for others: raise topics_max, or remove topics"
    )]
    TopicsReserved {
        client: String,
        brought: usize,
        topics_max: usize,
    },
    #[error(
        "more than {0} series on one topic: a rule with series_max admits more, one with \
         arrays = \"rows\", or with members to ignore, needs fewer"
    )]
    Series(usize),
    #[error(
        "the names of topics and series come to more than {0} bytes: raise names_bytes_max, or \
         remove topics"
    )]
    Bytes(usize),
    #[error(
        "the names that the client {client:?} has brought come to {brought} bytes, and what is left \
         of {bytes_max} is kept for others: raise names_bytes_max, or remove topics"
    )]
    BytesReserved {
        client: String,
        brought: usize,
        bytes_max: usize,
    },
}

impl NewNames {
    /// Whether nothing was added.
    pub(super) fn is_empty(&self) -> bool {
        self.topics.is_empty() && self.series.is_empty() && self.widened.is_empty()
    }
}

impl Dictionary {
    /// Knows nothing yet.
    pub(super) fn new(limits: NameLimits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    /// What all names come to, in bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Learns a topic from the table.
    pub(super) fn know_topic(&mut self, topic: Topic, id: i32, client: ClientId) {
        self.topic_id_max = self.topic_id_max.max(id);
        self.insert(topic, id, client);
    }

    fn insert(&mut self, topic: Topic, id: i32, client: ClientId) {
        let bytes = topic.as_str().len();
        let brought = self.brought.entry(client.clone()).or_default();
        brought.topics += 1;
        brought.bytes += bytes;
        self.bytes += bytes;
        let series = HashMap::default();
        self.topics.insert(topic, NamedTopic { id, client, series });
    }

    /// Learns a series from the table.
    pub(super) fn know_series(&mut self, topic: &Topic, path: Arc<str>, id: i32, kind: SeriesKind) {
        self.series_id_max = self.series_id_max.max(id);
        if let Some(topic) = self.topics.get_mut(topic) {
            self.bytes += path.len();
            if let Some(brought) = self.brought.get_mut(&topic.client) {
                brought.bytes += path.len();
            }
            topic.series.insert(path, NamedSeries { id, kind });
        }
    }

    /// The number of a topic, a new one if need be.
    pub(super) fn topic(
        &mut self,
        topic: &Topic,
        client: &ClientId,
        seen: Timestamp,
    ) -> Result<i32, NameRefusal> {
        if let Some(known) = self.topics.get(topic) {
            return Ok(known.id);
        }
        self.admit(client)?;
        self.admit_bytes(client, topic.as_str().len())?;
        self.topic_id_max += 1;
        let id = self.topic_id_max;
        self.insert(topic.clone(), id, client.clone());
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

    /// Forgets a topic, with its series.
    pub(super) fn remove(&mut self, topic: &Topic) {
        let Some(known) = self.topics.remove(topic) else {
            return;
        };
        let paths: usize = known.series.keys().map(|path| path.len()).sum();
        self.give_back(&known.client, 1, topic.as_str().len() + paths);
    }

    /// Forgets series of a topic.
    pub(super) fn remove_series(&mut self, topic: &Topic, ids: &[i32]) {
        let Some(known) = self.topics.get_mut(topic) else {
            return;
        };
        let mut bytes = 0;
        known.series.retain(|path, series| {
            let is_kept = !ids.contains(&series.id);
            bytes += if is_kept { 0 } else { path.len() };
            is_kept
        });
        let client = known.client.clone();
        self.give_back(&client, 0, bytes);
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
    fn admit(&self, client: &ClientId) -> Result<(), NameRefusal> {
        let topics_max = self.limits.topics;
        if self.topics.len() >= topics_max {
            return Err(NameRefusal::Topics(topics_max));
        }
        let brought = self.brought_by(client).topics;
        if is_for_others((self.topics.len(), topics_max), brought) {
            return Err(NameRefusal::TopicsReserved {
                client: shown(client),
                brought,
                topics_max,
            });
        }
        Ok(())
    }

    /// Whether it may bring a name of so many bytes.
    fn admit_bytes(&self, client: &ClientId, bytes: usize) -> Result<(), NameRefusal> {
        let bytes_max = self.limits.bytes;
        if self.bytes + bytes > bytes_max {
            return Err(NameRefusal::Bytes(bytes_max));
        }
        let brought = self.brought_by(client).bytes;
        if is_for_others((self.bytes + bytes, bytes_max), brought) {
            return Err(NameRefusal::BytesReserved {
                client: shown(client),
                brought,
                bytes_max,
            });
        }
        Ok(())
    }

    fn brought_by(&self, client: &ClientId) -> Brought {
        self.brought.get(client).copied().unwrap_or_default()
    }

    fn give_back(&mut self, client: &ClientId, topics: usize, bytes: usize) {
        self.bytes -= bytes;
        if let Some(brought) = self.brought.get_mut(client) {
            brought.topics -= topics;
            brought.bytes -= bytes;
            if brought.topics == 0 {
                self.brought.remove(client);
            }
        }
    }

    /// The number of a series of a known topic, a new one if need be. A topic has `series_max` of
    /// them at most, where a rule says so.
    pub(super) fn series(
        &mut self,
        topic: &Topic,
        path: &str,
        kind: SeriesKind,
        series_max: Option<usize>,
    ) -> Result<i32, NameRefusal> {
        let series_max = series_max.unwrap_or(self.limits.series_of_topic);
        let Some(known) = self.topics.get_mut(topic) else {
            return Err(NameRefusal::Series(0));
        };
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
            return Ok(series.id);
        }
        if known.series.len() >= series_max {
            return Err(NameRefusal::Series(series_max));
        }
        let (topic_id, client) = (known.id, known.client.clone());
        self.admit_bytes(&client, path.len())?;
        let id = self.series_id_max + 1;
        let path: Arc<str> = path.into();
        self.know_series(topic, Arc::clone(&path), id, kind);
        self.news.series.push(NewSeries {
            id,
            topic_id,
            topic: topic.clone(),
            path,
            kind,
        });
        Ok(id)
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
            self.remove_series(&series.topic, &[series.id]);
        }
        for topic in news.topics {
            self.topic_id_max = self.topic_id_max.min(topic.id - 1);
            self.remove(&topic.topic);
        }
    }
}

/// Whether what is left of `most`, with so much in use, is for those who have brought little.
fn is_for_others((used, most): (usize, usize), brought: usize) -> bool {
    used >= most - most / RESERVED_PART && brought > most / FEW_PART
}

/// The client as a text shows it.
fn shown(client: &ClientId) -> String {
    client.0.chars().take(64).collect()
}

#[cfg(test)]
mod tests;
