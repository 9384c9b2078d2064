//! How long one publisher is held back for its subscribers, in all.
//!
//! A subscriber that takes little, again and again, must not slow publishers down for long: after
//! a while they wait for a small part of their time only, and what does not fit is dropped.

use std::time::Duration;

use tokio::time::Instant;

/// How long a publisher waits, if it has not waited lately.
const PATIENCE_MAX: Duration = Duration::from_secs(5);

/// Patience comes back in as many times the time that it was spent in.
const RECOVERS_IN: u32 = 10;

/// What is left of a publisher's patience.
#[derive(Debug)]
pub(super) struct Patience {
    left: Duration,
    at: Instant,
}

impl Patience {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            left: PATIENCE_MAX,
            at: now,
        }
    }

    /// The publisher begins to wait: until when at the longest, if at all.
    pub(super) fn begin(&mut self, now: Instant) -> Option<Instant> {
        let recovered = (now - self.at) / RECOVERS_IN;
        self.left = (self.left + recovered).min(PATIENCE_MAX);
        self.at = now;
        (!self.left.is_zero()).then(|| now + self.left)
    }

    /// The publisher has waited since it began.
    pub(super) fn spend(&mut self, now: Instant) {
        self.left = self.left.saturating_sub(now - self.at);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_has_an_end_and_comes_back_slowly() {
        let seconds = Duration::from_secs;
        let mut now = Instant::now();
        let mut patience = Patience::new(now);
        assert_eq!(patience.begin(now), Some(now + PATIENCE_MAX));
        now += PATIENCE_MAX;
        patience.spend(now);
        assert_eq!(patience.begin(now), None);
        now += seconds(10);
        assert_eq!(patience.begin(now), Some(now + seconds(1)));
        now += seconds(1);
        patience.spend(now);
        now += seconds(1000);
        assert_eq!(patience.begin(now), Some(now + PATIENCE_MAX));
    }
}
