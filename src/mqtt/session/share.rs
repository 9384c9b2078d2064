//! What a session and its shared groups give each other.

use crate::message::{Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::subscriptions::Group;

use super::outbound::Bounds;
use super::queue::{Queued, Stage};
use super::{Session, State};

/// Why a session does not take a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Busy {
    /// It can take none at once.
    Full,
    /// It has this one already, and has been silent about it.
    Silent,
}

impl Session {
    /// Offers a group's message. It is taken if the session is connected and, at QoS 1 and 2,
    /// could send it at once.
    pub(crate) fn offer(&self, entry: Queued, bounds: Bounds) -> Result<u64, Busy> {
        let mut state = self.state();
        let Some(link) = state.link else {
            return Err(Busy::Full);
        };
        if state.ended || (entry.qos > Qos::AtMostOnce && state.outbound.room(link.window) == 0) {
            return Err(Busy::Full);
        }
        let which = (entry.offset, entry.via.number());
        if state.outbound.given_away.contains(&which) {
            return Err(Busy::Silent);
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

    /// Copies of a group's QoS 1 messages that the client has not acknowledged since `before_s`,
    /// in their order, with their packet identifiers.
    pub(crate) fn unacknowledged(&self, group: &Group, before_s: u32) -> Vec<(PacketId, Queued)> {
        let state = self.state();
        let mut silent: Vec<_> = state
            .outbound
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
        silent.sort_by_key(|(_, entry)| entry.offset);
        silent
    }

    /// Others have these messages now, unless the client has acknowledged them in the meantime.
    pub(crate) fn given_away(&self, given: &[(PacketId, Offset)]) {
        let mut state = self.state();
        let outbound = &mut state.outbound;
        for (id, offset) in given {
            let Some(inflight) = outbound.inflight.get_mut(id) else {
                continue;
            };
            if inflight.entry.offset != *offset || inflight.stage != Stage::Sent {
                continue;
            }
            inflight.stage = Stage::GivenAway;
            let entry = inflight.entry.clone();
            inflight.entry.message = None;
            outbound.forget(&entry);
            outbound.given_away.insert((*offset, entry.via.number()));
            outbound.changed = true;
        }
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
