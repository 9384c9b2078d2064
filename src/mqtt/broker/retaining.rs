//! What the broker retains, within its bounds.

use crate::message::{Properties, Timestamp, Topic};
use crate::mqtt::retained::EXPIRED_MAX;

use super::Broker;

/// How many portions of messages that have expired are taken out in a second.
const EXPIRED_PORTIONS: usize = 16;

impl Broker {
    /// Whether a message of that topic, payload and properties may be retained, or deletes one.
    pub(crate) fn may_retain(
        &self,
        topic: &Topic,
        payload: &[u8],
        properties: Option<&Properties>,
    ) -> bool {
        let bounds = (self.config.retained_max, self.config.retained_bytes_max);
        self.retained.may_put(topic, payload, properties, bounds)
    }

    /// Lets go of the retained messages that have expired.
    pub(crate) fn expire_retained(&self) {
        let now = Timestamp::now();
        let mut expired = 0;
        for _ in 0..EXPIRED_PORTIONS {
            let portion = self.retained.expire(now);
            expired += portion;
            if portion < EXPIRED_MAX {
                break;
            }
        }
        if expired > 0 {
            self.count_retained();
        }
    }

    /// Shows how many retained messages there are.
    pub(super) fn count_retained(&self) {
        let count = i64::try_from(self.retained.len()).unwrap_or(i64::MAX);
        self.metrics.mqtt_retained.set(count);
    }
}
