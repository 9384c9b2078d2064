//! Where a reader finds what an answer only refers to.

use crate::message::Offset;

/// Where the message `seq` can be fetched.
pub(super) fn message_address(seq: Offset) -> String {
    format!("/api/v1/messages/{seq}")
}

/// Where the payload of the message `seq` can be fetched.
pub(super) fn payload_address(seq: Offset) -> String {
    format!("/api/v1/messages/{seq}/payload")
}
