//! From the publishers to the journal, and from there to the subscribers.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::journal::AppendError;
use crate::message::{Message, Offset, Record};

use super::broker::Broker;
use super::session::{Queued, Via};
use super::subscriptions::{Route, Target, Terms};

/// Who is between giving records to the journal and handing them to the subscribers. Everything
/// below the lowest of them has arrived wherever it had to.
#[derive(Debug, Default)]
pub(crate) struct Publishers {
    slots: Mutex<HashMap<u64, Arc<AtomicU64>, foldhash::fast::RandomState>>,
    next: AtomicU64,
}

/// A publisher's entry among the [`Publishers`].
#[derive(Debug)]
pub(crate) struct Slot {
    id: u64,
    at: Arc<AtomicU64>,
    broker: Arc<Broker>,
}

/// The places in a batch, in their order, of the messages to whose topics nobody has subscribed.
#[derive(Debug, Default)]
pub(crate) struct Unheard(Vec<usize>);

impl Unheard {
    /// Whether the message at that place is one of them.
    pub(crate) fn contains(&self, at: usize) -> bool {
        self.0.binary_search(&at).is_ok()
    }
}

const IDLE: u64 = u64::MAX;

impl Publishers {
    /// Below this offset everything has been handed to the subscribers.
    pub(crate) fn settled(&self, head: Offset) -> Offset {
        let slots = self.slots.lock();
        slots
            .values()
            .map(|at| Offset(at.load(Ordering::SeqCst)))
            .fold(head, Ord::min)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let slots = &self.broker.publishers.slots;
        slots.lock().remove(&self.id);
    }
}

impl Broker {
    /// An entry for one publisher.
    pub(crate) fn slot(self: &Arc<Self>) -> Slot {
        let id = self.publishers.next.fetch_add(1, Ordering::Relaxed);
        let at = Arc::new(AtomicU64::new(IDLE));
        self.publishers.slots.lock().insert(id, Arc::clone(&at));
        Slot {
            id,
            at,
            broker: Arc::clone(self),
        }
    }

    /// Gives a batch to the journal and hands its messages to the subscribers.
    pub(crate) async fn ingest(
        &self,
        slot: &Slot,
        batch: &mut [Record],
    ) -> Result<Unheard, AppendError> {
        self.ingest_then(slot, batch, || {}).await
    }

    /// As [`Self::ingest`]; what is done `then` is done before the local state is told that
    /// everything up to here has arrived.
    pub(crate) async fn ingest_then(
        &self,
        slot: &Slot,
        batch: &mut [Record],
        then: impl FnOnce(),
    ) -> Result<Unheard, AppendError> {
        // Whoever reads the journal's head now, and this entry afterwards, either sees it or
        // knows that what is appended here gets an offset from that head on.
        slot.at.store(self.journal.head().0, Ordering::SeqCst);
        let result = self.journal.append(batch).await;
        let result = result.map(|()| {
            let unheard = self.route(batch);
            then();
            unheard
        });
        slot.at.store(IDLE, Ordering::SeqCst);
        result
    }

    fn route(&self, batch: &[Record]) -> Unheard {
        let (mut count, mut bytes) = (0, 0);
        let mut unheard = Unheard::default();
        let mut routes: Vec<(&Arc<Message>, Arc<Route>)> = Vec::with_capacity(batch.len());
        for (at, record) in batch.iter().enumerate() {
            let Record::Message(message) = record else {
                continue;
            };
            count += 1;
            bytes += message.payload.len() as u64;
            if message.retain {
                self.retained.put(message);
                self.count_retained();
            }
            let route = self.subscriptions.route(&message.topic);
            if route.is_empty() {
                unheard.0.push(at);
            } else {
                routes.push((message, route));
            }
        }
        self.metrics.messages_received.inc_by(count);
        self.metrics.messages_received_bytes.inc_by(bytes);
        self.deliver(&routes);
        unheard
    }

    /// Shows how many retained messages there are.
    pub(crate) fn count_retained(&self) {
        let count = i64::try_from(self.retained.len()).unwrap_or(i64::MAX);
        self.metrics.mqtt_retained.set(count);
    }

    /// Hands messages to everyone on their routes; each session is locked and woken once.
    fn deliver(&self, routes: &[(&Arc<Message>, Arc<Route>)]) {
        let mut dropped = 0;
        let mut deliveries: Vec<(&Target, &Arc<Message>)> = Vec::with_capacity(routes.len());
        for (message, route) in routes {
            deliveries.extend(route.targets.iter().map(|target| (target, *message)));
            for group in &route.groups {
                dropped += group.dispatch(message, self.bounds);
            }
        }
        if routes.len() > 1 {
            // Stable: each session's messages stay in their order.
            deliveries.sort_by_key(|(target, _)| target.session.id);
        }
        for run in deliveries.chunk_by(|one, other| one.0.session.id == other.0.session.id) {
            let Some((target, _)) = run.first() else {
                continue;
            };
            let entries = run.iter().filter_map(|(target, message)| {
                let terms = target.terms_for(message)?;
                Some(queued(message, terms))
            });
            dropped += target.session.push_all(entries, self.bounds);
        }
        self.metrics.messages_dropped.inc_by(dropped);
    }

    /// Hands over a message that is not in the journal: the server's own. It goes at QoS 0.
    pub(crate) fn deliver_own(&self, message: &Arc<Message>) {
        let route = self.subscriptions.route(&message.topic);
        self.deliver(&[(message, route)]);
    }

    /// Whether anyone has subscribed to it.
    pub(crate) fn has_subscriber(&self, message: &Message) -> bool {
        !self.subscriptions.route(&message.topic).is_empty()
    }

    /// Hands a message that was read from the journal at the start to the sessions that are kept:
    /// only to those that had subscribed before it came.
    pub(crate) fn route_again(&self, message: &Arc<Message>) {
        let route = self.subscriptions.route(&message.topic);
        for target in &route.targets {
            if let Some(terms) = target.terms_for(message) {
                let entry = queued(message, terms);
                target.session.replay_message(entry, message, self.bounds);
            }
        }
        for group in &route.groups {
            if message.qos > crate::message::Qos::AtMostOnce {
                group.restore(queued(
                    message,
                    &Terms {
                        qos: message.qos,
                        retain_as_published: true,
                        ids: None,
                    },
                ));
            }
        }
    }
}

fn queued(message: &Arc<Message>, terms: &Terms) -> Queued {
    Queued {
        offset: message.offset,
        message: Some(Arc::clone(message)),
        ids: terms.ids.clone(),
        via: Via::Subscription,
        qos: message.qos.min(terms.qos),
        retain: message.retain && terms.retain_as_published,
        saved: false,
    }
}
