//! From the publishers to the journal, and from there to the subscribers.

use std::sync::Arc;

use crate::journal::AppendError;
use crate::message::{Message, Offset, Qos, Record, SPARKPLUG_NAMESPACE, Topic};
use crate::mqtt::batch_memory::BatchMemory;
use crate::mqtt::publishers::{PublisherSlot, Routed, Unheard};
use crate::mqtt::queued::{Queued, Via};
use crate::mqtt::session::Session;
use crate::mqtt::subscriptions::{Route, Target};
use crate::mqtt::terms::Terms;

use super::Broker;

impl Broker {
    /// Puts messages into the line, all or none.
    pub(crate) async fn publish_all(
        &self,
        messages: Vec<Message>,
    ) -> Result<Vec<Offset>, AppendError> {
        let slot = self.publishers.slot();
        let records = messages.into_iter();
        let records = records.map(|message| Record::Message(Arc::new(message)));
        let mut batch: Vec<Record> = records.collect();
        self.ingest(&slot, &mut batch).await?;
        Ok(batch.iter().map(Record::offset).collect())
    }

    /// Gives a batch to the journal and hands its messages to the subscribers.
    pub(crate) async fn ingest(
        &self,
        slot: &PublisherSlot,
        batch: &mut [Record],
    ) -> Result<Routed, AppendError> {
        self.ingest_then(slot, batch, || {}).await
    }

    /// As [`Self::ingest`]; what is done `then` is done before the state file is told that
    /// everything up to here has arrived.
    pub(crate) async fn ingest_then(
        &self,
        slot: &PublisherSlot,
        batch: &mut [Record],
        then: impl FnOnce(),
    ) -> Result<Routed, AppendError> {
        // Whoever reads the journal's head now, and this entry afterwards, either sees it or
        // knows that what is appended here gets an offset from that head on.
        slot.begin(self.journal.head());
        let result = self.journal.append(batch).await;
        let result = result.map(|()| {
            let routed = self.route(batch);
            then();
            routed
        });
        slot.end();
        result
    }

    fn route(&self, batch: &[Record]) -> Routed {
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
            if message.topic.as_str().starts_with(SPARKPLUG_NAMESPACE) {
                self.observe_sparkplug(message);
            }
            // Most devices publish to the same topic again and again.
            let route = match routes.last() {
                Some((before, route)) if before.topic == message.topic => Arc::clone(route),
                _ => self.subscriptions.route(&message.topic),
            };
            if route.is_empty() {
                unheard.push(at);
            } else {
                routes.push((message, route));
            }
        }
        self.metrics.messages_received.inc_by(count);
        self.metrics.messages_received_bytes.inc_by(bytes);
        Routed {
            messages: count,
            bytes,
            crowded: self.deliver(&routes),
            unheard,
        }
    }

    /// Hands messages to everyone on their routes; each session is locked and woken once. Answers
    /// with those that it would be good to wait for.
    fn deliver(&self, routes: &[(&Arc<Message>, Arc<Route>)]) -> Vec<Arc<Session>> {
        let mut dropped = 0;
        let mut crowded = Vec::new();
        let mut memory = BatchMemory::new(routes.len());
        let mut deliveries: Vec<(&Target, usize)> = Vec::with_capacity(routes.len());
        for (at, (message, route)) in routes.iter().enumerate() {
            deliveries.extend(route.targets.iter().map(|target| (target, at)));
            for shared in &route.groups {
                let may_read =
                    |member: &Session, topic: &Topic| self.member_may_read(member, topic);
                let group = &shared.group;
                dropped += group.dispatch(message, shared.everybody, may_read, self.bounds);
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
            let entries = run.iter().filter_map(|(target, at)| {
                let (message, _) = routes.get(*at)?;
                let terms = target.terms_for(message)?;
                let mut entry = queued(message, terms);
                if !target.is_checked {
                    entry.unload();
                }
                Some((entry, *at))
            });
            let small = run.iter().filter_map(|(_, at)| {
                let (message, route) = routes.get(*at)?;
                let is_alone = route.targets.len() == 1 && route.groups.is_empty();
                is_alone.then(|| BatchMemory::small(*at, message))?
            });
            let session = &target.session;
            let (lost, is_crowded) = session.push_all(entries, small, self.bounds, &mut memory);
            dropped += lost;
            if is_crowded {
                crowded.push(Arc::clone(&target.session));
            }
        }
        self.metrics.messages_dropped.inc_by(dropped);
        crowded
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
        for shared in &route.groups {
            if message.qos > Qos::AtMostOnce {
                shared.group.restore(queued(
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
        message: Some(Arc::clone(message).into()),
        ids: terms.ids.clone(),
        via: Via::Subscription,
        qos: message.qos.min(terms.qos),
        retain: message.retain && terms.retain_as_published,
        saved: false,
    }
}
