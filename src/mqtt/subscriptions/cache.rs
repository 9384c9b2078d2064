//! What the tree said about a topic the last time.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::Arc;

use parking_lot::RwLock;

use crate::message::Topic;

use super::route::Route;

const SHARDS: usize = 16;
/// A shard that is full starts anew: topics that are still published to come back at once.
const SHARD_TOPICS_MAX: usize = 8192;

type Shard = HashMap<Topic, (AsOf, Arc<Route>), foldhash::fast::RandomState>;

/// As of when a route holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AsOf {
    /// Counts the changes of the tree.
    pub(super) generation: u64,
    /// Counts the changes of what anybody may do.
    pub(super) auth: u64,
}

/// Topics and their routes, bounded.
#[derive(Debug, Default)]
pub(super) struct Cache {
    hasher: foldhash::fast::RandomState,
    shards: [RwLock<Shard>; SHARDS],
}

impl Cache {
    /// The route that was put for `topic` under the same numbers.
    pub(super) fn get(&self, topic: &Topic, as_of: AsOf) -> Option<Arc<Route>> {
        let shard = self.shard(topic).read();
        match shard.get(topic) {
            Some((at, route)) if *at == as_of => Some(Arc::clone(route)),
            _ => None,
        }
    }

    pub(super) fn put(&self, topic: &Topic, as_of: AsOf, route: &Arc<Route>) {
        let mut shard = self.shard(topic).write();
        if shard.len() >= SHARD_TOPICS_MAX && !shard.contains_key(topic) {
            shard.clear();
        }
        shard.insert(topic.clone(), (as_of, Arc::clone(route)));
    }

    fn shard(&self, topic: &Topic) -> &RwLock<Shard> {
        let hash = self.hasher.hash_one(topic.as_str());
        #[allow(clippy::cast_possible_truncation)] // only the low bits are wanted
        let shard = hash as usize % SHARDS;
        &self.shards[shard]
    }
}
