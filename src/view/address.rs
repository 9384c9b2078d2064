//! Where a reader finds what an answer only refers to.

use crate::message::{Epoch, Offset};

/// Where the message `seq` can be fetched.
pub(super) fn message_address(seq: Offset) -> String {
    format!("/api/v1/messages/{seq}")
}

/// Where the payload of the message `seq` can be fetched, and kept for ever: in another epoch the
/// same `seq` is another message, and has another address.
pub(super) fn payload_address(epoch: Epoch, seq: Offset) -> String {
    format!("/api/v1/messages/{seq}/payload?epoch={epoch}")
}

/// Where the bytes at `path` in that payload can be fetched, decoded.
pub(super) fn embedded_address(epoch: Epoch, seq: Offset, path: &str) -> String {
    let path: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    format!("{}&path={path}", payload_address(epoch, seq))
}
