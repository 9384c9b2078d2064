//! How fast an account may publish.
//!
//! Who is too fast is not read from for a moment, so that TCP holds the client back. A client that
//! publishes at QoS 0 loses messages once it has been held back for too long: devices that can't
//! wait would be lost altogether. One that goes on like that is told, where it can be, and sent
//! away.

use tokio::time::Instant;

use super::patience::Patience;

/// How fast the client was lately.
pub(super) struct PublishRate {
    pub(super) patience: Patience,
    /// Since when it has been losing messages.
    pub(super) flooding_since: Option<Instant>,
    /// How many messages a second there may be, as of which state of what anybody may do.
    limit: Option<(u64, Option<u32>)>,
}

impl PublishRate {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            patience: Patience::new(now),
            flooding_since: None,
            limit: None,
        }
    }

    /// How many messages a second the account may publish: what was found as of `version`, or what
    /// `ask` says.
    pub(super) fn limit(&mut self, version: u64, ask: impl FnOnce() -> Option<u32>) -> Option<u32> {
        if let Some((known_at, limit)) = self.limit
            && known_at == version
        {
            return limit;
        }
        let limit = ask();
        self.limit = Some((version, limit));
        limit
    }

    /// The client was not read from for a while.
    pub(super) fn waited(&mut self, now: Instant) {
        self.patience.spend(now);
    }
}
