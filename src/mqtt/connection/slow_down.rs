//! What is done about an account that publishes too fast.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep};

use crate::message::Qos;
use crate::mqtt::codec::{ReasonCode, Version};

use super::Connection;
use super::close::Close;

/// For how long a client may lose messages before it is sent away.
const FLOODING_MAX: Duration = Duration::from_secs(30);

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// One more message of a client whose account may publish only so fast; whether it is taken.
    pub(super) fn pace(&mut self, qos: Qos) -> Result<bool, Close> {
        let (version, principal) = (self.broker.auth().version(), &self.principal);
        let ask = || principal.limits().messages_per_second_max;
        let limit = self.rate.limit(version, ask);
        let (Some(per_second), Some(usage)) = (limit, &self.usage) else {
            return Ok(true);
        };
        let now = Instant::now();
        let until = self.rate.patience.begin(now);
        let patience = match qos {
            Qos::AtMostOnce => until.map_or(Duration::ZERO, |until| until - now),
            Qos::AtLeastOnce | Qos::ExactlyOnce => Duration::MAX,
        };
        let wait = usage.pace(per_second, now.into_std(), patience);
        let Some(wait) = wait else {
            self.broker.metrics().mqtt_rate_dropped.inc();
            let since = *self.rate.flooding_since.get_or_insert(now);
            if self.version == Version::V5 && now - since >= FLOODING_MAX {
                return Err(Close::Wrong(
                    ReasonCode::MessageRateTooHigh,
                    "the account publishes faster than it may",
                ));
            }
            return Ok(false);
        };
        if wait.is_zero() {
            self.rate.flooding_since = None;
        } else {
            self.broker.metrics().mqtt_rate_held_back.inc();
            self.slowed = Some(Box::pin(sleep(wait)));
        }
        Ok(true)
    }
}
