//! Where a client may publish: what was found for the topics that it published to last, since most
//! clients publish to a few for ever.

use crate::message::Topic;

const TOPICS_MAX: usize = 8;

/// Longer ones are asked about each time.
const TOPIC_BYTES_MAX: usize = 256;

/// Topics, and whether the client may publish to them, as of one state of what anybody may do.
#[derive(Debug, Default)]
pub(super) struct KnownTopics {
    version: u64,
    all: Vec<(Topic, bool)>,
    /// Which one makes room for the next.
    oldest: usize,
}

impl KnownTopics {
    /// What is known of `topic` as of `version`, or what `ask` says.
    pub(super) fn may(&mut self, version: u64, topic: &Topic, ask: impl FnOnce() -> bool) -> bool {
        if self.version != version {
            self.version = version;
            self.all.clear();
        }
        if let Some((_, may)) = self.all.iter().find(|(known, _)| known == topic) {
            return *may;
        }
        let may = ask();
        if topic.as_str().len() > TOPIC_BYTES_MAX {
            return may;
        }
        let known = (topic.clone(), may);
        if self.all.len() < TOPICS_MAX {
            self.all.push(known);
        } else {
            self.oldest = (self.oldest + 1) % TOPICS_MAX;
            self.all[self.oldest] = known;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_asked_again_until_something_changes() {
        let topic = |name: usize| Topic::new(format!("t/{name}")).unwrap();
        let mut known = KnownTopics::default();
        let never = || -> bool { panic!("it is known") };
        for name in 0..TOPICS_MAX {
            assert_eq!(known.may(1, &topic(name), || name % 2 == 0), name % 2 == 0);
            assert_eq!(known.may(1, &topic(name), never), name % 2 == 0);
        }
        assert!(known.may(1, &topic(1000), || true));
        assert!(known.may(1, &topic(1000), never));
        assert!(known.all.len() <= TOPICS_MAX);
        assert!(!known.may(2, &topic(1000), || false));
        let long = Topic::new("x".repeat(TOPIC_BYTES_MAX + 1)).unwrap();
        assert!(known.may(2, &long, || true));
        assert!(!known.may(2, &long, || false));
    }
}
