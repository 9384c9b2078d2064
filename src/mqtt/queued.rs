//! A message that waits for somebody.

use std::collections::VecDeque;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::message::{Message, Offset, Qos};

use super::ids::{FIRST_ID, GroupId};
use super::kept::properties_bytes;
use super::memory::{ClientMemory, HeldMemory};

/// One message that waits for a session, or is on its way to it. It names the message by its
/// place in the journal; the message itself is there only while memory allows.
#[derive(Debug, Clone)]
pub(crate) struct Queued {
    pub(crate) offset: Offset,
    /// The message, where it is in memory.
    pub(crate) message: Option<HeldMessage>,
    /// The Subscription Identifiers to send it with.
    pub(crate) ids: Option<Arc<Vec<u32>>>,
    pub(crate) via: Via,
    /// The QoS to send it with.
    pub(crate) qos: Qos,
    /// The RETAIN flag to send it with.
    pub(crate) retain: bool,
    /// Whether the state file has a row of it.
    pub(crate) saved: bool,
}

/// A message in memory, and what it takes of what clients may make the server hold, where that is
/// counted: once, however many it waits for.
#[derive(Debug, Clone)]
pub(crate) struct HeldMessage {
    message: Arc<Message>,
    memory: Option<Arc<HeldMemory>>,
}

/// How a message came to a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Via {
    /// By the session's own subscriptions.
    Subscription,
    /// It was retained when the session subscribed.
    Retained,
    /// The session was chosen among the members of a share group.
    Share(GroupId),
}

/// Which message, and how it came: what names it within one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Settled {
    pub(crate) offset: Offset,
    pub(crate) via: Via,
}

impl Via {
    /// The number that stands for it in a row's key.
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Subscription => 0,
            Self::Retained => 1,
            Self::Share(group) => group.0,
        }
    }

    /// What that number stands for.
    pub(crate) fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Subscription),
            1 => Some(Self::Retained),
            FIRST_ID.. => Some(Self::Share(GroupId(number))),
            _ => None,
        }
    }
}

impl Queued {
    /// What it takes in memory, while the message is there. A retained message lives on with the
    /// others of its kind.
    pub(crate) fn bytes(&self) -> usize {
        match &self.message {
            Some(message) if self.via != Via::Retained => bytes_of(message),
            _ => 0,
        }
    }

    /// What names it within its session.
    pub(crate) fn name(&self) -> Settled {
        Settled {
            offset: self.offset,
            via: self.via,
        }
    }

    /// Lets go of the message where it is counted what it takes.
    pub(crate) fn unload_counted(&mut self) {
        if self.message.as_ref().is_some_and(HeldMessage::is_counted) {
            self.unload();
        }
    }

    /// Lets go of the message; the journal has it. A retained one may be gone from there.
    pub(crate) fn unload(&mut self) {
        if self.via != Via::Retained {
            self.message = None;
        }
    }
}

impl From<Arc<Message>> for HeldMessage {
    fn from(message: Arc<Message>) -> Self {
        Self {
            message,
            memory: None,
        }
    }
}

impl Deref for HeldMessage {
    type Target = Arc<Message>;

    fn deref(&self) -> &Arc<Message> {
        &self.message
    }
}

impl HeldMessage {
    /// Whether it is counted what it takes.
    pub(crate) fn is_counted(&self) -> bool {
        self.memory.is_some()
    }

    /// Counts what it takes from now on, if there is room for it; `once` is what it takes already on
    /// account of others that it waits for.
    pub(crate) fn count(
        &mut self,
        memory: &ClientMemory,
        once: &mut Option<Arc<HeldMemory>>,
    ) -> bool {
        if self.memory.is_none() {
            if once.is_none() {
                *once = memory.hold(bytes_of(&self.message)).map(Arc::new);
            }
            self.memory.clone_from(once);
        }
        self.is_counted()
    }
}

/// What a message takes in memory, about.
pub(crate) fn bytes_of(message: &Message) -> usize {
    let properties = properties_bytes(message.properties.as_deref());
    128 + message.topic.as_str().len() + message.payload.len() + properties
}

/// Puts `entry` where it belongs by its offset. Almost always that is the end; only publishers
/// that append at the same moment can arrive in another order than the journal's.
pub(crate) fn insert_in_order(queue: &mut VecDeque<Queued>, entry: Queued) {
    if queue.back().is_none_or(|last| last.offset <= entry.offset) {
        queue.push_back(entry);
        return;
    }
    let at = queue.partition_point(|other| other.offset <= entry.offset);
    queue.insert(at, entry);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_survives_its_number_and_numbers_that_are_none_are_known() {
        for via in [
            Via::Subscription,
            Via::Retained,
            Via::Share(GroupId(FIRST_ID)),
            Via::Share(GroupId(u64::MAX)),
        ] {
            assert_eq!(Via::from_number(via.number()), Some(via));
        }
        assert_eq!(Via::from_number(2), None);
        assert_eq!(Via::from_number(FIRST_ID - 1), None);
    }
}
