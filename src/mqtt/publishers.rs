//! Who is on the way from the journal to the subscribers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::message::Offset;

use super::session::Session;

/// Who is between giving records to the journal and handing them to the subscribers. Everything
/// below the lowest of them has arrived wherever it had to.
#[derive(Debug, Default)]
pub(crate) struct Publishers {
    slots: Slots,
    next: AtomicU64,
}

type Slots = Arc<Mutex<HashMap<u64, Arc<AtomicU64>, foldhash::fast::RandomState>>>;

/// A publisher's entry among the [`Publishers`].
#[derive(Debug)]
pub(crate) struct PublisherSlot {
    id: u64,
    at: Arc<AtomicU64>,
    slots: Slots,
}

const IDLE: u64 = u64::MAX;

impl Publishers {
    /// An entry for one publisher.
    pub(crate) fn slot(&self) -> PublisherSlot {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let at = Arc::new(AtomicU64::new(IDLE));
        self.slots.lock().insert(id, Arc::clone(&at));
        PublisherSlot {
            id,
            at,
            slots: Arc::clone(&self.slots),
        }
    }

    /// Below this offset everything has been handed to the subscribers.
    pub(crate) fn settled(&self, head: Offset) -> Offset {
        let slots = self.slots.lock();
        slots
            .values()
            .map(|at| Offset(at.load(Ordering::SeqCst)))
            .fold(head, Ord::min)
    }
}

impl PublisherSlot {
    /// The publisher is about to append, at `head` or beyond.
    pub(crate) fn begin(&self, head: Offset) {
        self.at.store(head.0, Ordering::SeqCst);
    }

    /// What the publisher appended has arrived wherever it had to.
    pub(crate) fn end(&self) {
        self.at.store(IDLE, Ordering::SeqCst);
    }
}

impl Drop for PublisherSlot {
    fn drop(&mut self) {
        self.slots.lock().remove(&self.id);
    }
}

/// What became of a batch's messages.
#[derive(Debug, Default)]
pub(crate) struct Routed {
    /// How many there were, and the bytes of their payloads.
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) unheard: Unheard,
    /// Who gets more at QoS 0 than they can take at once.
    pub(crate) crowded: Vec<Arc<Session>>,
}

/// The places in a batch, in their order, of the messages to whose topics nobody has subscribed.
#[derive(Debug, Default)]
pub(crate) struct Unheard(Vec<usize>);

impl Unheard {
    /// Adds the message at that place, which is beyond all that are here.
    pub(crate) fn push(&mut self, at: usize) {
        self.0.push(at);
    }

    /// Whether the message at that place is one of them.
    pub(crate) fn contains(&self, at: usize) -> bool {
        self.0.binary_search(&at).is_ok()
    }
}
