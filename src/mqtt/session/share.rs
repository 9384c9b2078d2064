//! What a session and its shared groups give each other.

use crate::message::Qos;
use crate::mqtt::subscriptions::Group;

use super::outbound::Bounds;
use super::queue::{Queued, Stage};
use super::{Session, State};

/// The session can't take a message at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Busy;

impl Session {
    /// Offers a group's message. It is taken if the session is connected and, at QoS 1 and 2,
    /// could send it at once.
    pub(crate) fn offer(&self, entry: Queued, bounds: Bounds) -> Result<u64, Busy> {
        let mut state = self.state();
        let Some(link) = state.link else {
            return Err(Busy);
        };
        if state.ended || (entry.qos > Qos::AtMostOnce && state.outbound.room(link.window) == 0) {
            return Err(Busy);
        }
        let dropped = state.outbound.push(entry, true, bounds);
        self.wake(&mut state);
        Ok(dropped)
    }

    /// Takes back what of a group's messages the client has not acknowledged and other members
    /// may have: everything but what is in flight at QoS 2 [MQTT-4.8.2-4].
    pub(crate) fn give_back(&self, group: &Group) -> Vec<Queued> {
        self.state().give_back(group)
    }

    /// Copies of a group's QoS 1 messages that a silent client has not acknowledged since
    /// `before_s`; they are no longer its own.
    pub(crate) fn give_away(&self, group: &Group, before_s: u32) -> Vec<Queued> {
        let mut state = self.state();
        let outbound = &mut state.outbound;
        let silent: Vec<_> = outbound
            .inflight
            .iter()
            .filter(|(_, inflight)| {
                inflight.stage == Stage::Sent
                    && inflight.entry.qos == Qos::AtLeastOnce
                    && inflight.sent_s < before_s
                    && inflight.entry.via.is_share(group)
            })
            .map(|(id, inflight)| (*id, inflight.entry.clone()))
            .collect();
        for (id, entry) in &silent {
            if let Some(inflight) = outbound.inflight.get_mut(id) {
                inflight.stage = Stage::GivenAway;
                inflight.entry.message = None;
            }
            outbound.forget(entry);
            outbound.changed = true;
        }
        let mut silent: Vec<_> = silent.into_iter().map(|(_, entry)| entry).collect();
        silent.sort_by_key(|entry| entry.offset);
        silent
    }
}

impl State {
    fn give_back(&mut self, group: &Group) -> Vec<Queued> {
        let outbound = &mut self.outbound;
        let ids: Vec<_> = outbound
            .inflight
            .iter()
            .filter(|(_, inflight)| {
                inflight.stage == Stage::Sent
                    && inflight.entry.via.is_share(group)
                    && inflight.entry.qos == Qos::AtLeastOnce
            })
            .map(|(id, _)| *id)
            .collect();
        let mut back: Vec<_> = ids
            .into_iter()
            .filter_map(|id| outbound.settle(id))
            .map(|inflight| inflight.entry)
            .collect();
        let (given, kept) = std::mem::take(&mut outbound.queue)
            .into_iter()
            .partition::<Vec<_>, _>(|entry| entry.via.is_share(group));
        outbound.queue = kept.into();
        for entry in &given {
            outbound.forget(entry);
        }
        back.extend(given);
        back.sort_by_key(|entry| entry.offset);
        back
    }
}
