//! The one budget of memory for what clients can make the server hold: packets that are not all
//! there yet, Wills, subscriptions, messages that wait, and what is to be written to them.
//!
//! Who wants more than there is gets a rule of its own, which says so where it asks: a packet waits
//! for a while, a CONNECT or a subscription is refused, a queue drops its oldest.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use crate::metrics::Metrics;

/// What waits for one client, and what is to be written to it, is not counted up to this much each:
/// hardly anything waits for most clients.
pub(crate) const UNCOUNTED_BYTES: usize = 16 * 1024;

/// What is on its way to clients has a quarter: messages in memory, and what is to be written.
/// Nobody else has it, so that those who send can't take it from those who read.
const DELIVERIES_SHARE: usize = 4;

/// Packets of clients whose CONNECT has not been accepted may take an eighth of all.
const STRANGERS_SHARE: usize = 8;

/// What is kept may take a half. The quarter that is left is for packets alone, so that whoever is
/// refused something can ask for it.
const KEPT_SHARE: usize = 2;

/// What memory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// What is kept for as long as it takes: subscriptions, Wills, messages that wait.
    Keep,
    /// What is on its way to clients: messages in memory, and what is to be written.
    Deliver,
    /// A packet that is not all there.
    Packet,
    /// A packet of a client that has not been let in.
    Stranger,
}

/// What all clients together may take.
#[derive(Debug)]
pub(crate) struct Memory {
    bytes_max: usize,
    client_bytes_max: usize,
    /// By everything but what is on its way to clients.
    used: AtomicUsize,
    kept: AtomicUsize,
    delivering: AtomicUsize,
    strangers: AtomicUsize,
    freed: Notify,
    metrics: Arc<Metrics>,
}

/// What one client may take, of what all may.
#[derive(Debug, Clone)]
pub(crate) struct ClientMemory {
    all: Arc<Memory>,
    used: Arc<AtomicUsize>,
    purpose: Purpose,
}

/// Memory that is taken as long as this exists.
#[derive(Debug)]
pub(crate) struct HeldMemory {
    client: ClientMemory,
    bytes: usize,
}

impl Memory {
    pub(crate) fn new(bytes_max: usize, client_bytes_max: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            bytes_max,
            client_bytes_max,
            used: AtomicUsize::new(0),
            kept: AtomicUsize::new(0),
            delivering: AtomicUsize::new(0),
            strangers: AtomicUsize::new(0),
            freed: Notify::new(),
            metrics,
        }
    }

    /// For what is kept of a client.
    pub(crate) fn client(self: &Arc<Self>) -> ClientMemory {
        self.with(Purpose::Keep)
    }

    /// For what is on its way to clients.
    pub(crate) fn deliveries(self: &Arc<Self>) -> ClientMemory {
        self.with(Purpose::Deliver)
    }

    /// Whether little is left for what is on its way to clients.
    pub(crate) fn is_short_of_deliveries(&self) -> bool {
        let most = self.bytes_max / DELIVERIES_SHARE;
        self.delivering.load(Ordering::Relaxed) > most - most / 4
    }

    /// For the packets of a client.
    pub(crate) fn packets(self: &Arc<Self>) -> ClientMemory {
        self.with(Purpose::Packet)
    }

    /// For the first packet of a client.
    pub(crate) fn stranger(self: &Arc<Self>) -> ClientMemory {
        self.with(Purpose::Stranger)
    }

    fn with(self: &Arc<Self>, purpose: Purpose) -> ClientMemory {
        ClientMemory {
            all: Arc::clone(self),
            used: Arc::default(),
            purpose,
        }
    }

    /// Waits until somebody has given some back, from the call on.
    pub(crate) fn freed(&self) -> impl Future<Output = ()> {
        let mut freed = Box::pin(self.freed.notified());
        freed.as_mut().enable();
        freed
    }

    fn show(&self) {
        let delivering = self.delivering.load(Ordering::Relaxed);
        let used = self.used.load(Ordering::Relaxed) + delivering;
        let used = i64::try_from(used).unwrap_or(i64::MAX);
        self.metrics.mqtt_memory_bytes.set(used);
    }
}

impl ClientMemory {
    /// For somebody else, of what all may take.
    pub(crate) fn sibling(&self) -> Self {
        self.all.client()
    }

    /// For what is on its way to clients.
    pub(crate) fn deliveries(&self) -> Self {
        self.all.deliveries()
    }

    /// Waits until somebody has given some back, from the call on.
    pub(crate) fn freed(&self) -> impl Future<Output = ()> {
        self.all.freed()
    }

    /// Takes nothing yet.
    pub(crate) fn held(&self) -> HeldMemory {
        HeldMemory {
            client: self.clone(),
            bytes: 0,
        }
    }

    /// Takes so much, if it is there; counted where not.
    pub(crate) fn hold(&self, bytes: usize) -> Option<HeldMemory> {
        let mut held = self.held();
        if held.try_resize(bytes) {
            return Some(held);
        }
        self.refused();
        None
    }

    /// Counts that there was not enough.
    pub(crate) fn refused(&self) {
        self.all.metrics.mqtt_memory_refused.inc();
    }

    /// Takes so much, whether it is there or not: what the server had held before it started.
    pub(crate) fn hold_anyway(&self, bytes: usize) -> HeldMemory {
        let mut held = self.held();
        held.resize(bytes);
        held
    }

    /// Whether so much more might be taken.
    pub(crate) fn has_room(&self, more: usize) -> bool {
        let fits = |used: &AtomicUsize, max: usize| {
            let used = used.load(Ordering::Relaxed);
            used.checked_add(more).is_some_and(|used| used <= max)
        };
        let all = &*self.all;
        let deliveries_max = all.bytes_max / DELIVERIES_SHARE;
        let fits_all = || fits(&all.used, all.bytes_max - deliveries_max);
        match self.purpose {
            // One message always may, however large it is.
            Purpose::Deliver if all.delivering.load(Ordering::Relaxed) == 0 => true,
            Purpose::Deliver => fits(&all.delivering, deliveries_max),
            Purpose::Packet => fits_all(),
            Purpose::Keep => {
                let kept_max = all.bytes_max / KEPT_SHARE;
                fits(&self.used, all.client_bytes_max) && fits(&all.kept, kept_max) && fits_all()
            }
            Purpose::Stranger => {
                fits(&all.strangers, all.bytes_max / STRANGERS_SHARE) && fits_all()
            }
        }
    }

    fn counters(&self) -> impl Iterator<Item = &AtomicUsize> {
        let all = &*self.all;
        let [one, other] = match self.purpose {
            Purpose::Keep => [&all.used, &all.kept].map(Some),
            Purpose::Deliver => [Some(&all.delivering), None],
            Purpose::Packet => [Some(&all.used), None],
            Purpose::Stranger => [&all.used, &all.strangers].map(Some),
        };
        let of_all = one.into_iter().chain(other);
        [&*self.used].into_iter().chain(of_all)
    }
}

impl HeldMemory {
    /// Takes so much instead, if it is there. Two who ask at once may both get the last of it: the
    /// bound is not for the last byte.
    pub(crate) fn try_resize(&mut self, bytes: usize) -> bool {
        if !self.can_be(bytes) {
            return false;
        }
        self.resize(bytes);
        true
    }

    /// Takes so much instead, whether it is there or not.
    pub(crate) fn resize(&mut self, bytes: usize) {
        if bytes == self.bytes {
            return;
        }
        for counter in self.client.counters() {
            if bytes > self.bytes {
                counter.fetch_add(bytes - self.bytes, Ordering::Relaxed);
            } else {
                counter.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
            }
        }
        if bytes < self.bytes {
            self.client.all.freed.notify_waiters();
        }
        self.bytes = bytes;
        self.client.all.show();
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether so much could be taken instead.
    pub(crate) fn can_be(&self, bytes: usize) -> bool {
        bytes <= self.bytes || self.client.has_room(bytes - self.bytes)
    }

    /// Counts that there was not enough.
    pub(crate) fn refused(&self) {
        self.client.refused();
    }
}

impl Drop for HeldMemory {
    fn drop(&mut self) {
        self.resize(0);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// As much as there is.
    pub(crate) fn plenty() -> ClientMemory {
        Arc::new(Memory::new(usize::MAX, usize::MAX, Arc::default())).client()
    }

    #[test]
    fn one_client_and_all_together_have_their_bounds() {
        let metrics = Arc::<Metrics>::default();
        let memory = Arc::new(Memory::new(160, 60, Arc::clone(&metrics)));
        let (one, two) = (memory.client(), memory.client());
        assert!(one.hold(61).is_none(), "one client");
        let mut first = one.hold(40).unwrap();
        assert!(one.hold(21).is_none(), "all of one client");
        let second = two.hold(40).unwrap();
        assert!(!first.try_resize(41), "what is kept, all together");
        let packet = memory.packets().hold(40).unwrap();
        assert!(memory.packets().hold(1).is_none(), "all together");
        assert_eq!(metrics.mqtt_memory_refused.get(), 3);
        assert_eq!(metrics.mqtt_memory_bytes.get(), 120);
        drop((second, packet));
        assert!(first.try_resize(60));
        first.resize(10);
        assert_eq!(metrics.mqtt_memory_bytes.get(), 10);
        drop(first);
        assert_eq!(metrics.mqtt_memory_bytes.get(), 0);
    }

    #[test]
    fn strangers_have_only_their_share() {
        let memory = Arc::new(Memory::new(80, 80, Arc::default()));
        let held = memory.stranger().hold(10).unwrap();
        assert!(memory.stranger().hold(1).is_none());
        assert!(memory.client().hold(40).is_some());
        drop(held);
        assert!(memory.stranger().hold(1).is_some());
    }

    #[test]
    fn what_is_on_its_way_to_clients_has_a_quarter_that_nobody_else_takes() {
        let metrics = Arc::<Metrics>::default();
        let memory = Arc::new(Memory::new(80, 80, Arc::clone(&metrics)));
        let packets = memory.packets().hold(60).unwrap();
        assert!(memory.packets().hold(1).is_none());
        let deliveries = memory.deliveries().hold(20).unwrap();
        assert!(memory.is_short_of_deliveries());
        assert!(memory.deliveries().hold(1).is_none());
        assert_eq!(metrics.mqtt_memory_bytes.get(), 80);
        drop((packets, deliveries));
        assert!(!memory.is_short_of_deliveries());
        assert_eq!(metrics.mqtt_memory_bytes.get(), 0);
    }
}
