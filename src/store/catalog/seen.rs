//! The topic tree as far as somebody may read it. What may not be read is not there, and is not in
//! any count.

use super::data::CatalogData;
use super::tree::{Branch, TopicTree};
use crate::message::{Extent, Sight, Timestamp, TopicFilter};

/// The tree, and who looks at it.
pub(super) struct SeenTree<'a> {
    pub(super) data: &'a CatalogData,
    pub(super) sight: &'a Sight,
    pub(super) now: Timestamp,
}

/// What there is to be seen at a place and below it.
pub(super) struct Sum {
    /// Children with something to be seen.
    pub(super) children: u64,
    pub(super) topics: u64,
    pub(super) messages: u64,
    pub(super) rate: f64,
    pub(super) last_seen: Timestamp,
}

impl SeenTree<'_> {
    /// What there is at `branch`, whose levels joined by slashes are `levels`; `None` where there is
    /// nothing. Only where a part may be read is it counted topic by topic.
    pub(super) fn sum(&self, branch: &Branch, levels: &str) -> Option<Sum> {
        // A topic may be too long to have a filter below it.
        let below = TopicFilter::new(format!("{levels}/#"));
        let extent = below.map_or(Extent::Part, |below| self.sight.extent(&below));
        match extent {
            Extent::Nothing => None,
            Extent::Everything => Some(Sum {
                children: TopicTree::width(branch),
                topics: branch.topics,
                messages: branch.messages,
                rate: branch.rate.at(self.now),
                last_seen: branch.last_seen,
            }),
            Extent::Part => self.part(branch, levels),
        }
    }

    fn part(&self, branch: &Branch, levels: &str) -> Option<Sum> {
        let mut sum = Sum {
            children: 0,
            topics: 0,
            messages: 0,
            rate: 0.0,
            last_seen: Timestamp::default(),
        };
        let own = branch.topic_id.and_then(|id| self.data.topic(id));
        if let Some(state) = own.filter(|state| self.sight.holds(&state.topic)) {
            sum.topics = 1;
            sum.messages = state.messages;
            sum.rate = state.rate.at(self.now);
            sum.last_seen = state.received_at;
        }
        for child in self.data.tree.children(branch, None) {
            let below = self.sum(child, &format!("{levels}/{}", child.name));
            if let Some(below) = below {
                sum.children += 1;
                sum.topics += below.topics;
                sum.messages += below.messages;
                sum.rate += below.rate;
                sum.last_seen = sum.last_seen.max(below.last_seen);
            }
        }
        (sum.topics > 0).then_some(sum)
    }
}
