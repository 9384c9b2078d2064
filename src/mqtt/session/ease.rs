//! How long publishers wait for a subscriber that gets more at QoS 0 than it can take at once.
//!
//! They wait while it takes something, so that a burst is not lost to a client that only needs a
//! moment; not for one that takes nothing.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Bounds, Session, SessionState};

/// Who takes nothing for as long as this is not waited for any more, until it takes something.
const STALL: Duration = Duration::from_millis(250);

impl SessionState {
    /// Whether more might soon have to be dropped, and waiting might help.
    pub(super) fn is_worth_waiting_for(&self, bounds: Bounds) -> bool {
        self.link.is_some() && !self.pace.is_stalled && self.outbound.is_crowded(bounds)
    }

    /// Whether somebody waits who need not any more.
    pub(crate) fn has_eased(&mut self, bounds: Bounds) -> bool {
        self.pace.is_awaited
            && !self.outbound.is_crowded(bounds)
            && std::mem::take(&mut self.pace.is_awaited)
    }
}

impl Session {
    /// Waits until there is room again, as long as the client takes something, but not beyond
    /// `until`.
    pub(crate) async fn ease(&self, bounds: Bounds, until: Instant) {
        loop {
            let eased = self.eased.notified();
            tokio::pin!(eased);
            eased.as_mut().enable();
            let taken = {
                let mut state = self.state();
                if !state.is_worth_waiting_for(bounds) {
                    return;
                }
                state.pace.is_awaited = true;
                state.pace.taken
            };
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || timeout(left.min(STALL), eased).await.is_ok() {
                return;
            }
            let mut state = self.state();
            if left >= STALL && state.pace.taken == taken {
                state.pace.is_stalled = true;
                return;
            }
        }
    }
}
