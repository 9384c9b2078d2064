//! Who gets which message: the tree of filters, the shared groups, and a cache of what the tree
//! says, since plants publish on the same topics for ever.

mod cache;
mod route;
mod shared;
mod tree;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::message::{Offset, Qos, Topic, TopicFilter};

use super::session::Session;
use cache::Cache;
use tree::Tree;

pub(crate) use route::{Route, Target, Terms};
pub(crate) use shared::Group;

/// The most levels that a filter may have, so that the tree stays shallow.
pub(crate) const LEVELS_MAX: usize = 200;

/// What names a subscription within its session: the filter, and the share name if it is shared.
pub(crate) type Key = (Option<Arc<str>>, TopicFilter);

/// What a session has subscribed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// The greatest QoS that is wanted.
    pub(crate) qos: Qos,
    /// Whether the session's own messages are left out.
    pub(crate) no_local: bool,
    /// Whether the RETAIN flag is kept as it was published.
    pub(crate) retain_as_published: bool,
    /// The Subscription Identifier.
    pub(crate) id: Option<u32>,
    /// From where in the journal on it holds.
    pub(crate) since: Offset,
}

/// All subscriptions of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    tree: RwLock<Tree>,
    groups: RwLock<HashMap<u64, Arc<Group>>>,
    /// Counts the changes of the tree: what was cached under another number is stale.
    generation: AtomicU64,
    cache: Cache,
}

impl Subscriptions {
    /// Adds a subscription or replaces its options. A shared one answers with its group, which is
    /// made with the number that `group_id` gives if it is new.
    pub(crate) fn subscribe(
        &self,
        session: &Arc<Session>,
        key: &Key,
        options: &Options,
        group_id: impl FnOnce() -> u64,
    ) -> Option<Arc<Group>> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let node = tree.at(&key.1);
        let group = match &key.0 {
            None => {
                node.subscribe(session, options.clone());
                None
            }
            Some(share) => {
                let group = node.group(share, || {
                    let group = Arc::new(Group::new(group_id(), key.clone()));
                    self.groups
                        .write()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(group.id, Arc::clone(&group));
                    group
                });
                group.join(session, options.clone());
                Some(group)
            }
        };
        self.generation.fetch_add(1, Ordering::Release);
        group
    }

    /// Takes a subscription away. The messages that only its group had are lost with the last
    /// member.
    pub(crate) fn unsubscribe(&self, session: &Session, key: &Key) {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = tree.remove(&key.1, key.0.as_ref(), session.id) {
            self.groups
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&group.id);
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Who gets what is published to `topic`.
    pub(crate) fn route(&self, topic: &Topic) -> Arc<Route> {
        let generation = self.generation.load(Ordering::Acquire);
        if let Some(route) = self.cache.get(topic, generation) {
            return route;
        }
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        // Changes hold the tree's lock for writing: what is read now stays true under it.
        let generation = self.generation.load(Ordering::Acquire);
        let route = Arc::new(tree.route(topic));
        drop(tree);
        self.cache.put(topic, generation, &route);
        route
    }

    /// Every shared group.
    pub(crate) fn groups(&self) -> Vec<Arc<Group>> {
        self.groups
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .values()
            .cloned()
            .collect()
    }

    /// The group of that number.
    pub(crate) fn group(&self, id: u64) -> Option<Arc<Group>> {
        self.groups
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&id)
            .cloned()
    }
}
