//! What of a packet is kept.

use bytes::BytesMut;

use crate::mqtt::codec::{UserProperties, property};

use super::fields::{Result, put_text, put_user};

/// What may be left out of a packet that would be too large for the peer
/// ([MQTT-3.2.2-19], [MQTT-3.4.2-2] and their like).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeptFields {
    pub(super) user: bool,
    pub(super) reason_string: bool,
}

/// From everything to what no packet can do without.
pub(super) const LESS_AND_LESS: [KeptFields; 3] = [
    KeptFields {
        user: true,
        reason_string: true,
    },
    KeptFields {
        user: false,
        reason_string: true,
    },
    KeptFields {
        user: false,
        reason_string: false,
    },
];

impl KeptFields {
    /// The reason string and the user properties, as far as they are kept.
    pub(super) fn put(
        self,
        reason_string: Option<&str>,
        user: &UserProperties,
        out: &mut BytesMut,
    ) -> Result {
        if self.reason_string {
            put_text(property::REASON_STRING, reason_string, out)?;
        }
        if self.user {
            put_user(user, out)?;
        }
        Ok(())
    }
}
