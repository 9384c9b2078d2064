//! How long a message may be delivered (MQTT 5.0 section 3.3.2.3.3).

use crate::message::{Message, Timestamp};

/// Whether the time for which the message may be delivered is over.
pub(crate) fn has_expired(message: &Message, now: Timestamp) -> bool {
    expires_at(message).is_some_and(|at| at <= now)
}

/// When the time for which the message may be delivered is over; `None` where it never is.
pub(crate) fn expires_at(message: &Message) -> Option<Timestamp> {
    let expiry_s = message.properties.as_ref()?.message_expiry_s?;
    let expiry = i64::from(expiry_s) * 1_000_000;
    Some(Timestamp(message.received_at.0.saturating_add(expiry)))
}
