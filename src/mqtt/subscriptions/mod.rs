//! Who gets which message: the tree of filters, the shared groups, and a cache of what the tree
//! says, since plants publish on the same topics for ever.

mod cache;
mod route;
mod tree;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::RwLock;

use crate::auth::{Action, Auth};
use crate::message::Topic;

use super::ids::GroupId;
use super::session::Session;
use super::share_group::ShareGroup;
use super::terms::{SubscriptionKey, SubscriptionOptions};
use cache::{AsOf, Cache};
use tree::FilterTree;

pub(crate) use route::{Route, Target};

/// The most levels that a filter may have, so that the tree stays shallow: walking it takes a
/// call a level. A topic may have more; only `#` matches such a one.
pub(crate) const LEVELS_MAX: usize = 256;

/// How many ids of groups may be reserved in vain before they are looked through.
const RESERVED_SPARE: usize = 64;

/// A subscription that was checked and is about to be made.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) key: SubscriptionKey,
    pub(crate) options: SubscriptionOptions,
    /// Keeps the id of its group until then.
    pub(crate) _reserved: Option<Arc<GroupId>>,
}

/// All subscriptions of all sessions.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    auth: Auth,
    tree: RwLock<FilterTree>,
    groups: RwLock<ShareGroups>,
    /// Counts the changes of the tree: what was cached under another number is stale.
    generation: AtomicU64,
    cache: Cache,
}

#[derive(Debug, Default)]
struct ShareGroups {
    by_id: HashMap<GroupId, KnownGroup>,
    /// The groups that exist, or are about to: somebody holds the ids of those.
    ids: HashMap<SubscriptionKey, Weak<GroupId>>,
}

#[derive(Debug)]
struct KnownGroup {
    group: Arc<ShareGroup>,
    _id: Arc<GroupId>,
}

impl ShareGroups {
    fn insert(&mut self, group: &Arc<ShareGroup>) {
        let known = self.ids.get(&group.key).and_then(Weak::upgrade);
        let id = known
            .filter(|id| **id == group.id)
            .unwrap_or_else(|| Arc::new(group.id));
        self.ids.insert(group.key.clone(), Arc::downgrade(&id));
        let known = KnownGroup {
            group: Arc::clone(group),
            _id: id,
        };
        self.by_id.insert(group.id, known);
    }

    /// A group is over. Somebody may be about to make it anew.
    fn remove(&mut self, group: &ShareGroup) {
        self.by_id.remove(&group.id);
        let id = self.ids.get(&group.key);
        if id.is_some_and(|id| id.strong_count() == 0) {
            self.ids.remove(&group.key);
        }
    }
}

impl Subscriptions {
    /// None yet; who gets what says `auth`.
    pub(crate) fn new(auth: Auth) -> Self {
        Self {
            auth,
            ..Self::default()
        }
    }

    /// Whether a session gets what is published to `topic`; `None` where nobody can say yet, since
    /// it was there when the server started and its client has not come back, or what let that in
    /// holds no more.
    pub(crate) fn may_read(&self, session: &Session, topic: &Topic) -> Option<bool> {
        session
            .owner
            .ask(|principal| self.auth.may(principal, Action::Read, topic))
    }

    /// What was said of who gets what holds no more: a session has become somebody else's.
    pub(crate) fn ask_again(&self) {
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// The id of the group that a shared subscription belongs to, or will: as long as it is held,
    /// nobody else gives that group another one.
    pub(crate) fn reserve_group(
        &self,
        key: &SubscriptionKey,
        next: impl FnOnce() -> GroupId,
    ) -> Arc<GroupId> {
        let mut groups = self.groups.write();
        if let Some(known) = groups.ids.get(key).and_then(Weak::upgrade) {
            return known;
        }
        // Those who held the others may be gone without having made their groups.
        if groups.ids.len() >= 2 * groups.by_id.len() + RESERVED_SPARE {
            groups.ids.retain(|_, id| id.strong_count() > 0);
        }
        let id = Arc::new(next());
        groups.ids.insert(key.clone(), Arc::downgrade(&id));
        id
    }

    /// Adds a subscription or replaces its options. A shared one answers with its group.
    pub(crate) fn subscribe(
        &self,
        session: &Arc<Session>,
        key: &SubscriptionKey,
        options: &SubscriptionOptions,
    ) -> Option<Arc<ShareGroup>> {
        let mut tree = self.tree.write();
        let node = tree.at(&key.1);
        let group = match key.0.as_ref().zip(options.group) {
            None => {
                node.subscribe(session, options.clone());
                None
            }
            Some((share, id)) => {
                let group = node.group(share, || {
                    let group =
                        Arc::new(ShareGroup::new(id, key.clone(), &session.memory.sibling()));
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
    pub(crate) fn unsubscribe(&self, session: &Session, key: &SubscriptionKey) {
        let mut tree = self.tree.write();
        if let Some(group) = tree.remove(&key.1, key.0.as_ref(), session.id) {
            let mut groups = self.groups.write();
            groups.remove(&group);
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Who gets what is published to `topic`.
    pub(crate) fn route(&self, topic: &Topic) -> Arc<Route> {
        if let Some(route) = self.cache.get(topic, self.as_of()) {
            return route;
        }
        let tree = self.tree.read();
        // Changes hold the tree's lock for writing: what is read now stays true under it. Of what
        // somebody may do the number is read before they are asked.
        let as_of = self.as_of();
        let route = Arc::new(tree.route(topic, |session| self.may_read(session, topic)));
        drop(tree);
        self.cache.put(topic, as_of, &route);
        route
    }

    /// What routes depend on: who has subscribed, and what they may do.
    fn as_of(&self) -> AsOf {
        AsOf {
            generation: self.generation.load(Ordering::Acquire),
            auth: self.auth.version(),
        }
    }

    pub(crate) fn groups(&self) -> Vec<Arc<ShareGroup>> {
        self.groups
            .read()
            .by_id
            .values()
            .map(|known| Arc::clone(&known.group))
            .collect()
    }

    /// The group of that id.
    pub(crate) fn group(&self, id: GroupId) -> Option<Arc<ShareGroup>> {
        self.groups
            .read()
            .by_id
            .get(&id)
            .map(|known| Arc::clone(&known.group))
    }

    /// The group of that share name and filter.
    pub(crate) fn group_of(&self, key: &SubscriptionKey) -> Option<Arc<ShareGroup>> {
        let groups = self.groups.read();
        let id = groups.ids.get(key)?.upgrade()?;
        let known = groups.by_id.get(&id)?;
        Some(Arc::clone(&known.group))
    }
}
