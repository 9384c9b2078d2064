//! What somebody may see of what was asked for.

use std::fmt;
use std::sync::Arc;

use super::{Topic, TopicFilter};

type Readable = Arc<dyn Fn(&Topic) -> bool + Send + Sync>;

/// The topics that a filter names and that whoever asks may read. Made by `auth`; store and live
/// streams answer for these topics only. Cheap to clone.
#[derive(Clone)]
pub struct Scope {
    filter: TopicFilter,
    /// `None` where every topic is.
    readable: Option<Readable>,
    /// Whether all topics of the filter are.
    is_whole: bool,
}

impl Scope {
    /// The topics of `filter` that are `readable`.
    pub fn new(
        filter: TopicFilter,
        readable: impl Fn(&Topic) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            filter,
            readable: Some(Arc::new(readable)),
            is_whole: false,
        }
    }

    /// The topics of `filter`, all of which are `readable`; others may not be.
    pub fn whole(
        filter: TopicFilter,
        readable: impl Fn(&Topic) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self {
            is_whole: true,
            ..Self::new(filter, readable)
        }
    }

    /// All topics of the filter, for the server's own questions.
    pub fn unrestricted(filter: TopicFilter) -> Self {
        Self {
            filter,
            readable: None,
            is_whole: true,
        }
    }

    /// Whether the filter alone decides.
    pub fn is_unrestricted(&self) -> bool {
        self.is_whole
    }

    /// Whether the topic is one of them.
    pub fn holds(&self, topic: &Topic) -> bool {
        self.filter.matches(topic) && (self.is_whole || self.shows(topic))
    }

    /// Whether the topic may be read, whatever was asked for.
    pub fn shows(&self, topic: &Topic) -> bool {
        self.readable.as_ref().is_none_or(|may| may(topic))
    }

    /// The filter that was asked for.
    pub fn filter(&self) -> &TopicFilter {
        &self.filter
    }
}

/// How many of the topics that a filter names somebody may read, now and later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// There can be no such topic.
    Nothing,
    /// There may be some, and some that may not be read.
    Part,
    /// Every one.
    Everything,
}

type ExtentOf = Arc<dyn Fn(&TopicFilter) -> Extent + Send + Sync>;

/// The topics that whoever asks may read, whatever they ask for. Made by `auth`; the tree of topics
/// shows and counts these only. Cheap to clone.
#[derive(Clone)]
pub struct Sight {
    readable: Readable,
    extent: ExtentOf,
}

impl Sight {
    /// The topics that are `readable`; `extent` says the same of all topics of a filter at once.
    pub fn new(
        readable: impl Fn(&Topic) -> bool + Send + Sync + 'static,
        extent: impl Fn(&TopicFilter) -> Extent + Send + Sync + 'static,
    ) -> Self {
        Self {
            readable: Arc::new(readable),
            extent: Arc::new(extent),
        }
    }

    /// Every topic, for the server's own questions.
    pub fn unrestricted() -> Self {
        Self::new(|_| true, |_| Extent::Everything)
    }

    /// Whether the topic may be read.
    pub fn holds(&self, topic: &Topic) -> bool {
        (self.readable)(topic)
    }

    /// How many of the topics of `filter` may be read.
    pub fn extent(&self, filter: &TopicFilter) -> Extent {
        (self.extent)(filter)
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sight").finish_non_exhaustive()
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&self.filter).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_holds_what_both_the_filter_names_and_the_asker_may_read() {
        let filter = TopicFilter::new("a/#").unwrap();
        let scope = Scope::new(filter, |topic| topic.as_str() != "a/secret");
        for (topic, holds) in [("a/b", true), ("a/secret", false), ("b", false)] {
            assert_eq!(scope.holds(&Topic::new(topic).unwrap()), holds, "{topic}");
        }
    }
}
