//! The Wills that the server finds when it starts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::message::{ClientId, Timestamp};
use crate::mqtt::codec::Will;
use crate::mqtt::ids::WillId;
use crate::mqtt::kept::will_bytes;
use crate::mqtt::state::WillRow;
use crate::mqtt::wills::PendingWill;

use super::Broker;

impl Broker {
    /// A Will that a client left after the state was written.
    pub(super) fn replay_will(
        &self,
        id: WillId,
        client: Arc<str>,
        account: Arc<str>,
        will: Will,
        wills: &mut BTreeMap<WillId, WillRow>,
    ) {
        // It was connected then.
        if let Some(session) = self.clients.get(&client) {
            session.state().disconnected_at = None;
        }
        let row = WillRow {
            client,
            account,
            lost_at: None,
            will,
        };
        wills.insert(id, row);
    }

    /// Every Will that may still be published runs out its time. A client that was connected has
    /// lost its connection now, not of its own accord: it gets the grace, whatever its delay. Of
    /// one that was away already, no more than its delay is left, and no less than it would have
    /// had of the grace.
    pub(super) fn begin_wills(&self, wills: BTreeMap<WillId, WillRow>) {
        let now = Instant::now();
        let grace = Duration::from_secs(self.config.will_grace_s.into());
        for (id, row) in wills {
            let memory = self.memory.client().hold_anyway(will_bytes(&row.will));
            let client = ClientId(row.client);
            let pending = Arc::new(PendingWill::new(id, client, row.account, row.will, memory));
            self.wills.keep(&pending, row.lost_at);
            let delay = Duration::from_secs(pending.will.delay_s.into());
            let session = self.clients.get(&pending.client.0);
            let Some(lost_at) = row.lost_at else {
                let expiry_s = session.map_or(0, |session| session.state().expiry_s);
                let expiry = Duration::from_secs(expiry_s.into());
                self.publish_will_in(delay.min(expiry).max(grace), now, pending);
                continue;
            };
            let Some(session) = session else {
                self.wills.publish(pending);
                continue;
            };
            let left = delay.saturating_sub(since(lost_at)).max(grace.min(delay));
            let mut state = session.state();
            state.will_at = now.checked_add(left);
            let older = state.will.replace(pending);
            self.timers.schedule(&session, &mut state);
            drop(state);
            if let Some(older) = older {
                self.wills.delete(older.id);
            }
        }
    }

    /// A delay that never ends is none that anybody waits for.
    fn publish_will_in(&self, after: Duration, now: Instant, pending: Arc<PendingWill>) {
        if let Some(at) = now.checked_add(after) {
            self.wills.publish_at(at, pending);
        }
    }
}

/// How long ago that was, by the time of day.
pub(super) fn since(at: Timestamp) -> Duration {
    Duration::from_micros(u64::try_from(Timestamp::now().0 - at.0).unwrap_or(0))
}
