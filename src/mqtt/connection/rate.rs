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
}

impl PublishRate {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            patience: Patience::new(now),
            flooding_since: None,
        }
    }

    /// The client was not read from for a while.
    pub(super) fn waited(&mut self, now: Instant) {
        self.patience.spend(now);
    }
}
