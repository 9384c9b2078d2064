//! The topic tree: every level of every topic, with what is at and below it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::message::{Rate, Timestamp, Topic};

/// How many levels of a topic get a place of their own; what is deeper stands in the last one,
/// slashes and all. A topic of 65,535 slashes must not cost as many places.
const DEPTH_MAX: usize = 32;

/// A place's number; the root is 0.
pub(super) type BranchId = u32;

#[derive(Debug)]
pub(super) struct TopicTree {
    nodes: Vec<Branch>,
    /// Places that nothing is at any more.
    free: Vec<BranchId>,
}

#[derive(Debug, Default)]
pub(super) struct Branch {
    pub(super) name: Arc<str>,
    parent: BranchId,
    children: BTreeMap<Arc<str>, BranchId>,
    pub(super) topics: u64,
    pub(super) messages: u64,
    pub(super) last_seen: Timestamp,
    pub(super) rate: Rate,
    /// The topic of exactly this path.
    pub(super) topic_id: Option<i32>,
}

impl Default for TopicTree {
    fn default() -> Self {
        Self {
            nodes: vec![Branch::default()],
            free: Vec::new(),
        }
    }
}

impl TopicTree {
    /// Makes a place for a new topic.
    pub(super) fn insert(&mut self, topic: &Topic, topic_id: i32) -> BranchId {
        let mut place: BranchId = 0;
        self.nodes[0].topics += 1;
        for level in topic.as_str().splitn(DEPTH_MAX, '/') {
            place = match self.nodes[place as usize].children.get(level) {
                Some(child) => *child,
                None => self.grow(place, level),
            };
            self.nodes[place as usize].topics += 1;
        }
        self.nodes[place as usize].topic_id = Some(topic_id);
        place
    }

    fn grow(&mut self, parent: BranchId, level: &str) -> BranchId {
        let name: Arc<str> = level.into();
        let node = Branch {
            name: Arc::clone(&name),
            parent,
            ..Branch::default()
        };
        let child = if let Some(free) = self.free.pop() {
            self.nodes[free as usize] = node;
            free
        } else {
            self.nodes.push(node);
            BranchId::try_from(self.nodes.len() - 1).unwrap_or(BranchId::MAX)
        };
        self.nodes[parent as usize].children.insert(name, child);
        child
    }

    /// Takes out the topic of a place, with so many messages, and the places that have nothing
    /// below them any more. When something was last seen stays as it was above them.
    pub(super) fn remove(&mut self, mut place: BranchId, messages: u64) {
        self.nodes[place as usize].topic_id = None;
        loop {
            let node = &mut self.nodes[place as usize];
            node.topics -= 1;
            node.messages -= messages;
            if place == 0 {
                return;
            }
            let parent = node.parent;
            if node.topics == 0 {
                let name = std::mem::take(node).name;
                self.nodes[parent as usize].children.remove(&name);
                self.free.push(place);
            }
            place = parent;
        }
    }

    /// Counts messages at a place and everywhere above it; `now` is `None` for messages of the
    /// past, which are no part of the rate.
    pub(super) fn count(
        &mut self,
        mut place: BranchId,
        n: u64,
        seen: Timestamp,
        now: Option<Timestamp>,
    ) {
        loop {
            let node = &mut self.nodes[place as usize];
            node.messages += n;
            node.last_seen = node.last_seen.max(seen);
            if let Some(now) = now {
                node.rate.add(n, now);
            }
            if place == 0 {
                return;
            }
            place = node.parent;
        }
    }

    /// The place of `path`, as [`Self::path`] writes it.
    pub(super) fn find(&self, path: &str) -> Option<&Branch> {
        let mut node = &self.nodes[0];
        if path.is_empty() {
            return Some(node);
        }
        for level in path
            .strip_suffix('/')
            .unwrap_or(path)
            .splitn(DEPTH_MAX, '/')
        {
            node = &self.nodes[*node.children.get(level)? as usize];
        }
        Some(node)
    }

    /// The children of a place beyond the one of the name `after`, by name.
    pub(super) fn children<'a>(
        &'a self,
        node: &'a Branch,
        after: Option<&str>,
    ) -> impl Iterator<Item = &'a Branch> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = after.map_or(Unbounded, Excluded);
        node.children
            .range::<str, _>((from, Unbounded))
            .map(|(_, child)| &self.nodes[*child as usize])
    }

    /// How many children a place has.
    pub(super) fn width(node: &Branch) -> u64 {
        node.children.len() as u64
    }

    /// The levels of the child `name` of the place with this [`Self::path`], joined by slashes: what
    /// a topic of it begins with.
    pub(super) fn levels(path: &str, name: &str) -> String {
        if path.is_empty() {
            return name.into();
        }
        format!("{}/{name}", path.strip_suffix('/').unwrap_or(path))
    }

    /// The levels of a place joined by slashes. Where the last level is empty one more slash
    /// follows, so that every place has a path of its own and only the root has the empty one.
    pub(super) fn path(parent: &str, parent_is_root: bool, name: &str) -> String {
        let parent = parent.strip_suffix('/').unwrap_or(parent);
        let mut path = String::with_capacity(parent.len() + name.len() + 2);
        if !parent_is_root {
            path.push_str(parent);
            path.push('/');
        }
        path.push_str(name);
        if name.is_empty() {
            path.push('/');
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(topics: &[&str]) -> TopicTree {
        let mut tree = TopicTree::default();
        for (id, topic) in (1..).zip(topics) {
            let place = tree.insert(&Topic::new(*topic).unwrap(), id);
            tree.count(place, 1, Timestamp(i64::from(id)), None);
        }
        tree
    }

    #[test]
    fn each_place_counts_what_is_below_it() {
        let tree = tree(&["a", "a/b", "a/b/c", "d"]);
        for (path, topics, children) in [("", 4, 2), ("a", 3, 1), ("a/b", 2, 1), ("d", 1, 0)] {
            let node = tree.find(path).unwrap();
            assert_eq!(
                (node.topics, node.messages, TopicTree::width(node)),
                (topics, topics, children),
                "{path}"
            );
        }
        assert!(tree.find("a/c").is_none());
    }

    #[test]
    fn empty_levels_have_places_of_their_own() {
        let tree = tree(&["/", "//", "/a", "a/", "a"]);
        let mut found = Vec::new();
        let mut open = vec![String::new()];
        while let Some(path) = open.pop() {
            let node = tree.find(&path).unwrap();
            found.extend(node.topic_id);
            for child in tree.children(node, None) {
                open.push(TopicTree::path(&path, path.is_empty(), &child.name));
            }
        }
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn what_is_taken_out_leaves_nothing_behind_and_its_place_to_others() {
        let mut tree = tree(&["a/b/c", "a/b", "d"]);
        let size = tree.nodes.len();
        for round in 0..3 {
            let place = tree.insert(&Topic::new("a/b/e/f").unwrap(), 9);
            tree.count(place, 5, Timestamp(9), None);
            assert_eq!(tree.find("a").unwrap().messages, 7, "{round}");
            tree.remove(place, 5);
            assert!(tree.find("a/b/e").is_none());
            let (node, root) = (tree.find("a/b").unwrap(), tree.find("").unwrap());
            assert_eq!((node.topics, node.messages), (2, 2));
            assert_eq!((root.topics, root.messages), (3, 3));
        }
        assert_eq!(tree.nodes.len(), size + 2);
    }

    #[test]
    fn a_very_deep_topic_is_one_place_at_the_end() {
        let deep = "/".repeat(60_000);
        assert!(tree(&[&deep]).nodes.len() <= DEPTH_MAX + 1);
    }
}
