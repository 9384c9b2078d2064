//! The tree of topic filters, a level of the filter at each node.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::message::{Topic, TopicFilter};
use crate::mqtt::ids::SessionId;
use crate::mqtt::session::Session;
use crate::mqtt::share_group::ShareGroup;
use crate::mqtt::terms::SubscriptionOptions;

use super::route::{Route, SharedTarget, Target};

/// The root: it stands for no level yet.
#[derive(Debug, Default)]
pub(super) struct FilterTree {
    root: FilterNode,
}

/// What subscribed to exactly the filter that leads here.
#[derive(Debug, Default)]
pub(super) struct FilterNode {
    /// By the name of the next level; `+` and `#` are names like any other here, since no topic
    /// has them.
    children: HashMap<Box<str>, FilterNode, foldhash::fast::RandomState>,
    subscribers: BTreeMap<SessionId, (Arc<Session>, SubscriptionOptions)>,
    /// By the share name.
    groups: BTreeMap<Arc<str>, Arc<ShareGroup>>,
}

impl FilterNode {
    /// Adds a session or replaces its options.
    pub(super) fn subscribe(&mut self, session: &Arc<Session>, options: SubscriptionOptions) {
        self.subscribers
            .insert(session.id, (Arc::clone(session), options));
    }

    /// The group of that share name.
    pub(super) fn group(
        &mut self,
        share: &Arc<str>,
        new: impl FnOnce() -> Arc<ShareGroup>,
    ) -> Arc<ShareGroup> {
        Arc::clone(self.groups.entry(Arc::clone(share)).or_insert_with(new))
    }

    fn is_empty(&self) -> bool {
        self.children.is_empty() && self.subscribers.is_empty() && self.groups.is_empty()
    }

    fn remove(
        &mut self,
        levels: &mut std::str::Split<'_, char>,
        share: Option<&Arc<str>>,
        session: SessionId,
    ) -> Option<Arc<ShareGroup>> {
        let Some(level) = levels.next() else {
            let Some(share) = share else {
                self.subscribers.remove(&session);
                return None;
            };
            let left = self.groups.get(share)?.leave(session);
            return if left == 0 {
                self.groups.remove(share)
            } else {
                None
            };
        };
        let child = self.children.get_mut(level)?;
        let ended = child.remove(levels, share, session);
        if child.is_empty() {
            self.children.remove(level);
        }
        ended
    }

    fn collect<'tree>(
        &'tree self,
        mut levels: std::str::Split<'_, char>,
        wildcards: bool,
        found: &mut Vec<&'tree FilterNode>,
    ) {
        if wildcards && let Some(rest) = self.children.get("#") {
            found.push(rest);
        }
        let Some(level) = levels.next() else {
            found.push(self);
            return;
        };
        if let Some(child) = self.children.get(level) {
            child.collect(levels.clone(), true, found);
        }
        if wildcards && let Some(child) = self.children.get("+") {
            child.collect(levels, true, found);
        }
    }
}

impl FilterTree {
    /// The node of `filter`, made if there is none.
    pub(super) fn at(&mut self, filter: &TopicFilter) -> &mut FilterNode {
        filter.levels().fold(&mut self.root, |node, level| {
            node.children.entry(level.into()).or_default()
        })
    }

    /// Takes a session's subscription away; answers with the group if that was its last member.
    pub(super) fn remove(
        &mut self,
        filter: &TopicFilter,
        share: Option<&Arc<str>>,
        session: SessionId,
    ) -> Option<Arc<ShareGroup>> {
        self.root.remove(&mut filter.levels(), share, session)
    }

    /// Everyone whose filters match `topic`. A wildcard in the first level does not match a topic
    /// that begins with `$` [MQTT-4.7.2-1].
    ///
    /// Sessions that may not read it are left out; `may_read` answers `None` where nobody can say.
    pub(super) fn route(
        &self,
        topic: &Topic,
        may_read: impl Fn(&Session) -> Option<bool>,
    ) -> Route {
        let mut nodes = Vec::new();
        self.root
            .collect(topic.levels(), !topic.is_system(), &mut nodes);
        let mut route = Route::default();
        let mut seen: HashMap<SessionId, usize> = HashMap::new();
        let several = nodes.len() > 1;
        for node in nodes {
            for (id, (session, options)) in &node.subscribers {
                if several && let Some(at) = seen.get(id) {
                    route.targets[*at].add(options);
                    continue;
                }
                let may = may_read(session);
                if may == Some(false) {
                    continue;
                }
                if several {
                    seen.insert(*id, route.targets.len());
                }
                let target = Target::new(Arc::clone(session), options, may.is_some());
                route.targets.push(target);
            }
            let groups = node.groups.values().map(|group| SharedTarget {
                group: Arc::clone(group),
                everybody: group.everybody(|session| may_read(session) == Some(true)),
            });
            route.groups.extend(groups);
        }
        route
    }
}

#[cfg(test)]
impl FilterTree {
    /// Whether nobody has subscribed to anything, and nothing is left of those who had.
    pub(super) fn is_empty(&self) -> bool {
        self.root.is_empty()
    }
}
