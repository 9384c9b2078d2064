//! Who gets which message: the tree of filters, the shared groups, and a cache of what the tree
//! says, since plants publish on the same topics for ever.

mod cache;
mod route;
mod shared;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::RwLock;

use crate::message::{Offset, Qos, Topic, TopicFilter};

use super::session::Session;
use cache::Cache;
use tree::Tree;

pub(crate) use route::{Route, Target, Terms};
pub(crate) use shared::Group;

/// The most levels that a filter may have, so that the tree stays shallow: walking it takes a
/// call a level. A topic may have more; only `#` matches such a one.
pub(crate) const LEVELS_MAX: usize = 256;

/// How many numbers of groups may be held in vain before they are looked through.
const NUMBERS_SPARE: usize = 64;

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
    /// The number of the group, where it is shared; otherwise 0.
    pub(crate) group: u64,
}

/// All subscriptions of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    tree: RwLock<Tree>,
    groups: RwLock<Groups>,
    /// Counts the changes of the tree: what was cached under another number is stale.
    generation: AtomicU64,
    cache: Cache,
}

#[derive(Debug, Default)]
struct Groups {
    by_number: HashMap<u64, Entry>,
    /// The numbers of the groups that exist, or are about to: somebody holds those.
    numbers: HashMap<Key, Weak<u64>>,
}

#[derive(Debug)]
struct Entry {
    group: Arc<Group>,
    _number: Arc<u64>,
}

impl Groups {
    fn insert(&mut self, group: &Arc<Group>) {
        let known = self.numbers.get(&group.key).and_then(Weak::upgrade);
        let number = known
            .filter(|number| **number == group.id)
            .unwrap_or_else(|| Arc::new(group.id));
        let weak = Arc::downgrade(&number);
        self.numbers.insert(group.key.clone(), weak);
        let entry = Entry {
            group: Arc::clone(group),
            _number: number,
        };
        self.by_number.insert(group.id, entry);
    }

    /// A group is over. Somebody may be about to make it anew.
    fn remove(&mut self, group: &Group) {
        self.by_number.remove(&group.id);
        let number = self.numbers.get(&group.key);
        if number.is_some_and(|number| number.strong_count() == 0) {
            self.numbers.remove(&group.key);
        }
    }
}

impl Subscriptions {
    /// The number of the group that a shared subscription belongs to, or will: as long as it is
    /// held, nobody else gives that group another one.
    pub(crate) fn number_of(&self, key: &Key, next: impl FnOnce() -> u64) -> Arc<u64> {
        let mut groups = self.groups.write();
        if let Some(known) = groups.numbers.get(key).and_then(Weak::upgrade) {
            return known;
        }
        // Those who held the others may be gone without having made their groups.
        if groups.numbers.len() >= 2 * groups.by_number.len() + NUMBERS_SPARE {
            groups.numbers.retain(|_, number| number.strong_count() > 0);
        }
        let number = Arc::new(next());
        groups.numbers.insert(key.clone(), Arc::downgrade(&number));
        number
    }

    /// Adds a subscription or replaces its options. A shared one answers with its group.
    pub(crate) fn subscribe(
        &self,
        session: &Arc<Session>,
        key: &Key,
        options: &Options,
    ) -> Option<Arc<Group>> {
        let mut tree = self.tree.write();
        let node = tree.at(&key.1);
        let group = match &key.0 {
            None => {
                node.subscribe(session, options.clone());
                None
            }
            Some(share) => {
                let group = node.group(share, || {
                    let group = Arc::new(Group::new(options.group, key.clone()));
                    let mut groups = self.groups.write();
                    groups.insert(&group);
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
        let mut tree = self.tree.write();
        if let Some(group) = tree.remove(&key.1, key.0.as_ref(), session.id) {
            let mut groups = self.groups.write();
            groups.remove(&group);
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Who gets what is published to `topic`.
    pub(crate) fn route(&self, topic: &Topic) -> Arc<Route> {
        let generation = self.generation.load(Ordering::Acquire);
        if let Some(route) = self.cache.get(topic, generation) {
            return route;
        }
        let tree = self.tree.read();
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
            .by_number
            .values()
            .map(|entry| Arc::clone(&entry.group))
            .collect()
    }

    /// The group of that number.
    pub(crate) fn group(&self, id: u64) -> Option<Arc<Group>> {
        self.groups
            .read()
            .by_number
            .get(&id)
            .map(|entry| Arc::clone(&entry.group))
    }

    /// The group of that share name and filter.
    pub(crate) fn group_of(&self, key: &Key) -> Option<Arc<Group>> {
        let groups = self.groups.read();
        let number = groups.numbers.get(key)?.upgrade()?;
        let entry = groups.by_number.get(&number)?;
        Some(Arc::clone(&entry.group))
    }
}
