//! Finding topics and series. The one place that applies what an asker may read.

use std::ops::Bound::{Excluded, Unbounded};
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;

use parking_lot::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::data::CatalogData;
use super::seen::SeenTree;
use super::state::TopicState;
use super::tree::{Branch, TopicTree};
use crate::message::{Offset, Scope, Sight, TimeSource, Timestamp, Topic};
use crate::store::answer::{ClientClock, Latest, SeriesKind, TopicExtent, TreeNode};

/// So many topics are looked at before whoever waits to apply a batch is let in.
const TOPICS_AT_ONCE: usize = 4096;

/// The catalog; shared by everyone who reads it and the one who applies batches.
#[derive(Debug, Default)]
pub(in crate::store) struct Catalog {
    data: RwLock<CatalogData>,
    /// Held by the one flush at a time: two would set each other's place in the journal.
    pub(super) flushing: tokio::sync::Mutex<()>,
}

/// A series that was found for a query.
#[derive(Debug, Clone)]
pub(in crate::store) struct FoundSeries {
    pub(in crate::store) id: i32,
    pub(in crate::store) topic_id: i32,
    /// Another series whose samples belong to it, and the topic of that.
    pub(in crate::store) also: Option<(i32, i32)>,
    pub(in crate::store) topic: Topic,
    pub(in crate::store) path: Arc<str>,
    pub(in crate::store) kind: SeriesKind,
    pub(in crate::store) unit: Option<Arc<str>>,
    pub(in crate::store) description: Option<Arc<str>>,
    pub(in crate::store) time_source: TimeSource,
}

#[derive(Debug)]
pub(in crate::store) struct FoundTopics {
    /// Empty where these are all topics that there are.
    pub(in crate::store) ids: Vec<i32>,
    /// How many messages they have had.
    pub(in crate::store) messages: u64,
    /// What the payloads of these came to.
    pub(in crate::store) bytes: u64,
    /// The last message on any of them.
    pub(in crate::store) last_seq: Offset,
    /// Whether these are all topics that there are.
    pub(in crate::store) all: bool,
    /// How many messages there are in all.
    pub(in crate::store) messages_of_all: u64,
    /// How many topics had been taken out: who finds less than there should be may have missed
    /// what was read of one.
    pub(in crate::store) removed: u64,
}

/// A topic, and how much there is of it.
#[derive(Debug, Clone)]
pub(in crate::store) struct TopicSize {
    pub(in crate::store) id: i32,
    pub(in crate::store) topic: Topic,
    pub(in crate::store) messages: u64,
    pub(in crate::store) bytes: u64,
}

/// What some topics come to.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::store) struct TopicSizes {
    pub(in crate::store) topics: u64,
    pub(in crate::store) series: u64,
    pub(in crate::store) messages: u64,
    pub(in crate::store) bytes: u64,
}

impl FoundSeries {
    /// All that its samples are found by.
    pub(in crate::store) fn ids(&self) -> impl Iterator<Item = i32> + use<> {
        let also = self.also.map(|(id, _)| id);
        [Some(self.id), also].into_iter().flatten()
    }
}

impl TopicSize {
    fn of(state: &TopicState) -> Self {
        Self {
            id: state.id,
            topic: state.topic.clone(),
            messages: state.messages,
            bytes: state.bytes,
        }
    }
}

impl Catalog {
    pub(super) fn read(&self) -> RwLockReadGuard<'_, CatalogData> {
        self.data.read()
    }

    /// For whoever applies a batch.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, CatalogData> {
        self.data.write()
    }

    /// Shows `look` the topics of a scope beyond `after`, by name, until it breaks. They are not all
    /// of one moment.
    pub(super) fn each(
        &self,
        scope: &Scope,
        after: Option<&Topic>,
        mut look: impl FnMut(&CatalogData, &TopicState) -> ControlFlow<()>,
    ) {
        let mut after = after.cloned();
        loop {
            let data = self.read();
            let mut last = None;
            for (state, is_one) in data.candidates(scope, after.as_ref()).take(TOPICS_AT_ONCE) {
                if is_one && look(&data, state).is_break() {
                    return;
                }
                last = Some(&state.topic);
            }
            let Some(last) = last.cloned() else { return };
            drop(data);
            after = Some(last);
        }
    }

    pub(in crate::store) fn sizes(&self) -> (u64, u64) {
        let data = self.read();
        (data.topics_count(), data.series)
    }

    pub(in crate::store) fn topics(
        &self,
        scope: &Scope,
        q: Option<&str>,
        after: Option<&Topic>,
        limit: usize,
    ) -> Vec<Latest> {
        let q = q.map(str::to_lowercase);
        let now = Timestamp::now();
        let mut found = Vec::new();
        self.each(scope, after, |data, state| {
            let has = |q: &String| state.topic.as_str().to_lowercase().contains(q.as_str());
            if q.as_ref().is_none_or(has) {
                found.push(data.latest(state, now, |topic| scope.shows(topic)));
            }
            if found.len() < limit {
                Continue(())
            } else {
                Break(())
            }
        });
        found
    }

    pub(in crate::store) fn latest_since(
        &self,
        after: Offset,
        scope: &Scope,
        limit: usize,
    ) -> Vec<Latest> {
        let now = Timestamp::now();
        let data = self.read();
        data.by_seq
            .range((Excluded(after), Unbounded))
            .filter_map(|(_, id)| data.topic(*id))
            .filter(|state| scope.holds(&state.topic))
            .take(limit)
            .map(|state| data.latest(state, now, |topic| scope.shows(topic)))
            .collect()
    }

    pub(in crate::store) fn children(
        &self,
        sight: &Sight,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<TreeNode> {
        let now = Timestamp::now();
        let data = self.read();
        let Some(parent) = data.tree.find(path) else {
            return Vec::new();
        };
        let view = SeenTree {
            data: &data,
            sight,
            now,
        };
        let node = |node: &Branch| {
            let levels = TopicTree::levels(path, &node.name);
            let sum = view.sum(node, &levels)?;
            let latest = node.topic_id.and_then(|id| data.topic(id));
            let latest = latest.filter(|state| sight.holds(&state.topic));
            Some(TreeNode {
                name: node.name.to_string(),
                path: TopicTree::path(path, path.is_empty(), &node.name),
                children: sum.children,
                topics: sum.topics,
                messages: sum.messages,
                rate: sum.rate,
                last_seen: sum.last_seen,
                latest: latest.map(|state| data.latest(state, now, |topic| sight.holds(topic))),
            })
        };
        let children = data.tree.children(parent, after);
        children.filter_map(node).take(limit).collect()
    }

    /// `whole` says whether all rows that there are belong to topics that are here.
    pub(in crate::store) fn find_topics(&self, scope: &Scope, whole: bool) -> FoundTopics {
        let data = self.read();
        let mut found = FoundTopics {
            ids: Vec::new(),
            messages: 0,
            bytes: 0,
            last_seq: Offset(0),
            all: false,
            messages_of_all: data.tree.find("").map_or(0, |root| root.messages),
            removed: data.removed,
        };
        if whole
            && scope.is_unrestricted()
            && scope.filter().as_str() == "#"
            && data.system_topics == 0
        {
            found.messages = found.messages_of_all;
            found.bytes = data.bytes;
            found.last_seq = data.next.last_below();
            found.all = true;
            return found;
        }
        drop(data);
        self.each(scope, None, |_, state| {
            found.ids.push(state.id);
            found.messages += state.messages;
            found.bytes += state.bytes;
            found.last_seq = found.last_seq.max(state.seq);
            Continue(())
        });
        found
    }

    /// The series of the topics of a scope, by topic and path, and whether there are
    /// more than `limit`.
    pub(in crate::store) fn find_series(
        &self,
        scope: &Scope,
        path: Option<&str>,
        limit: usize,
    ) -> (Vec<FoundSeries>, bool) {
        let mut found = Vec::new();
        self.each(scope, None, |data, state| {
            let first = found.len();
            data.find_series(state, scope, path, &mut found);
            found[first..].sort_by(|a, b| a.path.cmp(&b.path));
            if found.len() > limit {
                return Break(());
            }
            Continue(())
        });
        let are_more = found.len() > limit;
        found.truncate(limit);
        (found, are_more)
    }

    /// How many topics have been taken out.
    pub(in crate::store) fn removed(&self) -> u64 {
        self.read().removed
    }

    /// Takes topics out.
    pub(in crate::store) fn remove(&self, ids: &[i32]) {
        let mut data = self.write();
        for id in ids {
            data.remove_topic(*id);
        }
    }

    /// The topics of a scope beyond `after` that were numbered up to `id_max`, by name: no more
    /// than `topics_max`, with no more than `series_max` series, but one at least.
    pub(in crate::store) fn some_of(
        &self,
        scope: &Scope,
        after: Option<&Topic>,
        id_max: i32,
        (topics_max, series_max): (usize, usize),
    ) -> Vec<TopicSize> {
        let (mut series, mut found) = (0, Vec::new());
        self.each(scope, after, |_, state| {
            if state.id > id_max {
                return Continue(());
            }
            series += state.series.len().max(1);
            if series > series_max && !found.is_empty() {
                return Break(());
            }
            found.push(TopicSize::of(state));
            if found.len() < topics_max {
                Continue(())
            } else {
                Break(())
            }
        });
        found
    }

    /// What the topics of a scope come to, and the names of the first of them.
    pub(in crate::store) fn sizes_of(
        &self,
        scope: &Scope,
        names_max: usize,
    ) -> (TopicSizes, Vec<Topic>) {
        let (mut sizes, mut names) = (TopicSizes::default(), Vec::new());
        self.each(scope, None, |_, state| {
            sizes.topics += 1;
            sizes.series += state.series.len() as u64;
            sizes.messages += state.messages;
            sizes.bytes += state.bytes;
            if names.len() < names_max {
                names.push(state.topic.clone());
            }
            Continue(())
        });
        (sizes, names)
    }

    /// The clocks of clients that are off the most.
    pub(in crate::store) fn clocks(&self, limit: usize) -> Vec<ClientClock> {
        self.read().clocks.worst(limit)
    }

    /// What there is of the topics of a scope that are meant, and some of their names.
    pub(in crate::store) fn extent(
        &self,
        scope: &Scope,
        is_meant: impl Fn(&Topic) -> bool,
        names_max: usize,
    ) -> TopicExtent {
        let now = Timestamp::now();
        let mut extent = TopicExtent::default();
        self.each(scope, None, |_, state| {
            if is_meant(&state.topic) {
                extent.topics += 1;
                extent.series += state.series.len() as u64;
                extent.messages_per_s += state.rate.at(now);
                if extent.names.len() < names_max {
                    extent.names.push(state.topic.clone());
                }
            }
            Continue(())
        });
        extent
    }

    /// How many topics of a scope there are, and their series.
    pub(in crate::store) fn sums(&self, scope: &Scope) -> (u64, u64) {
        let (mut topics, mut series) = (0, 0);
        self.each(scope, None, |_, state| {
            topics += 1;
            series += state.series.len() as u64;
            Continue(())
        });
        (topics, series)
    }

    /// The last message on any of these topics.
    pub(in crate::store) fn last_of(&self, topics: &[i32]) -> Offset {
        let data = self.read();
        let seqs = topics.iter().filter_map(|id| data.topic(*id));
        seqs.map(|topic| topic.seq).max().unwrap_or_default()
    }

    pub(in crate::store) fn name(&self, id: i32) -> Option<Topic> {
        self.read().topic(id).map(|state| state.topic.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::TopicFilter;

    #[test]
    fn who_applies_a_batch_does_not_wait_for_a_search_through_everything() {
        let catalog = Catalog::default();
        let add = |number: usize| {
            let topic = Topic::new(format!("t/{number:06}")).unwrap();
            let id = i32::try_from(number).unwrap();
            catalog.write().add_topic(TopicState::new(topic, id));
        };
        let count = 3 * TOPICS_AT_ONCE;
        (0..count).for_each(add);
        let scope = Scope::unrestricted(TopicFilter::new("+/#").unwrap());
        let mut seen = 0;
        std::thread::scope(|threads| {
            catalog.each(&scope, None, |_, _| {
                seen += 1;
                if seen == 1 {
                    threads.spawn(|| add(count));
                    // From when it waits on, nobody else gets in.
                    while catalog.data.try_read().is_some() {
                        std::thread::yield_now();
                    }
                }
                Continue(())
            });
        });
        assert_eq!(seen, count + 1, "the new one came in between, and is seen");
    }
}
