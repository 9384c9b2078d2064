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
        }
    }

    /// All topics of the filter, for the server's own questions and for who may read everything.
    pub fn unrestricted(filter: TopicFilter) -> Self {
        Self {
            filter,
            readable: None,
        }
    }

    /// Whether the filter alone decides.
    pub fn is_unrestricted(&self) -> bool {
        self.readable.is_none()
    }

    /// Whether the topic is one of them.
    pub fn holds(&self, topic: &Topic) -> bool {
        self.filter.matches(topic) && self.readable.as_ref().is_none_or(|may| may(topic))
    }

    /// The filter that was asked for.
    pub fn filter(&self) -> &TopicFilter {
        &self.filter
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
