//! The topics that clients can't publish to.

use crate::message::Topic;

/// Whether only the server itself may publish to it.
pub(crate) fn is_reserved(topic: &Topic) -> bool {
    topic.as_str().starts_with("$SYS/") || topic.as_str() == "$SYS"
}
