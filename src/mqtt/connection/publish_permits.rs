//! Where a client may publish: what was found for the topics that it published to, since most
//! clients publish to the same ones for ever.
//!
//! Of a topic only a hash is kept, with a key that nobody knows (SipHash): that another topic has the
//! same one is as likely as to guess a key of 60 bits.

use std::hash::{BuildHasher, RandomState};

use crate::message::Topic;

/// How many topics are known at first, and at most: a gateway publishes for many devices.
const SLOTS_MIN: usize = 16;
const SLOTS_MAX: usize = 512;

/// What the lowest bits of a slot say.
const MAY: u64 = 1;
const TAKEN: u64 = 2;

/// Topics, and whether the client may publish to them, as of one state of what anybody may do.
#[derive(Debug, Default)]
pub(super) struct PublishPermits {
    version: u64,
    /// The topic of the last message, which needs no hash.
    last: Option<(Topic, bool)>,
    hasher: RandomState,
    /// Each has the hash of a topic and what is known of it, at the place that the hash says.
    slots: Vec<u64>,
}

impl PublishPermits {
    /// What is known of `topic` as of `version`, or what `ask` says.
    pub(super) fn may(&mut self, version: u64, topic: &Topic, ask: impl FnOnce() -> bool) -> bool {
        if self.version != version {
            self.version = version;
            self.last = None;
            self.slots.clear();
        }
        if let Some((last, may)) = &self.last
            && last == topic
        {
            return *may;
        }
        let may = self.look_up(topic, ask);
        self.last = Some((topic.clone(), may));
        may
    }

    fn look_up(&mut self, topic: &Topic, ask: impl FnOnce() -> bool) -> bool {
        let hash = self.hasher.hash_one(topic.as_str()) & !MAY | TAKEN;
        let known = self.slots.get(self.place(hash)).copied();
        if let Some(known) = known.filter(|known| known & !MAY == hash) {
            return known & MAY != 0;
        }
        let may = ask();
        if known.is_none() {
            self.slots.resize(SLOTS_MIN, 0);
        } else if known.is_some_and(|known| known != 0) && self.slots.len() < SLOTS_MAX {
            self.grow();
        }
        let place = self.place(hash);
        self.slots[place] = hash | u64::from(may);
        may
    }

    fn place(&self, hash: u64) -> usize {
        let high = usize::try_from(hash >> 32).unwrap_or_default();
        high & self.slots.len().saturating_sub(1)
    }

    fn grow(&mut self) {
        let more = vec![0; 2 * self.slots.len()];
        let known = std::mem::replace(&mut self.slots, more);
        for slot in known.into_iter().filter(|slot| *slot != 0) {
            let place = self.place(slot);
            self.slots[place] = slot;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_asked_again_until_something_changes() {
        let topic = |name: usize| Topic::new(format!("t/{name}")).unwrap();
        let mut known = PublishPermits::default();
        let never = || -> bool { panic!("it is known") };
        for name in 0..10_000 {
            assert_eq!(known.may(1, &topic(name), || name % 2 == 0), name % 2 == 0);
            assert_eq!(known.may(1, &topic(name), never), name % 2 == 0);
        }
        assert_eq!(known.slots.len(), SLOTS_MAX);
        assert!(known.may(2, &topic(9_999), || true));
        assert!(!known.may(3, &topic(9_999), || false));
        assert_eq!(known.slots.len(), SLOTS_MIN);
    }

    #[test]
    fn a_gateway_is_hardly_ever_asked_about() {
        let topics: Vec<_> = (0..100)
            .map(|name| Topic::new(format!("plant/device{name}/temperature")).unwrap())
            .collect();
        let mut known = PublishPermits::default();
        let mut asked = 0;
        for topic in topics.iter().cycle().take(10_000) {
            known.may(1, topic, || {
                asked += 1;
                true
            });
        }
        assert!(asked < 5_000, "{asked}");
    }
}
