//! The topics that clients can't publish to.

use crate::message::Topic;

/// Whether only the server itself may publish to it.
pub(crate) fn is_reserved(topic: &Topic) -> bool {
    let mut levels = topic.levels();
    matches!(levels.next(), Some("$SYS" | "$sparkplug"))
}
