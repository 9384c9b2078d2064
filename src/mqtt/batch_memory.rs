//! What the messages of one batch take in memory, where that is counted.
//!
//! A message counts once, however many it waits for. Small ones that wait for one session alone
//! count together, from when the first of them is counted until the last is let go of: to count
//! each by itself would cost a tenth of what the broker does for it.

use std::sync::Arc;

use crate::message::Message;

use super::memory::{ClientMemory, HeldMemory, UNCOUNTED_BYTES};
use super::queued::bytes_of;

/// Larger messages are counted by themselves. A batch is what one read brought, so that small ones
/// are never many.
const SMALL_BYTES_MAX: usize = 4096;

/// By the place of the message in the batch.
pub(crate) struct BatchMemory(Vec<Option<Arc<HeldMemory>>>);

/// A small message that waits for one session alone: its place in the batch, and what it takes.
pub(crate) type SmallMessage = (usize, usize);

impl BatchMemory {
    pub(crate) fn new(messages: usize) -> Self {
        Self(vec![None; messages])
    }

    /// What the message takes already.
    pub(crate) fn of(&mut self, at: usize) -> &mut Option<Arc<HeldMemory>> {
        &mut self.0[at]
    }

    /// What is known of a message that nobody else waits for.
    pub(crate) fn small(at: usize, message: &Message) -> Option<SmallMessage> {
        let bytes = bytes_of(message);
        (bytes <= SMALL_BYTES_MAX).then_some((at, bytes))
    }

    /// Counts small messages of one session, for which `waiting` bytes wait already, if they will have
    /// to be counted and there is room for all of them; where there is none, each is asked about
    /// by itself.
    pub(crate) fn count_together(
        &mut self,
        small: impl Iterator<Item = SmallMessage> + Clone,
        waiting: usize,
        memory: &ClientMemory,
    ) {
        let bytes: usize = small.clone().map(|(_, bytes)| bytes).sum();
        if bytes == 0 || waiting + bytes <= UNCOUNTED_BYTES || !memory.has_room(bytes) {
            return;
        }
        let held = memory.hold(bytes).map(Arc::new);
        for (at, _) in small {
            self.0[at].clone_from(&held);
        }
    }
}
