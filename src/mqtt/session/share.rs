//! What a session and its share groups give each other.

use crate::message::{Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::ids::GroupId;
use crate::mqtt::queued::Queued;

use super::{Bounds, Busy, Session};

impl Session {
    /// Offers a group's message. It is taken if the session is connected and, at QoS 1 and 2,
    /// could send it at once.
    pub(crate) fn offer(&self, entry: Queued, bounds: Bounds) -> Result<u64, Busy> {
        let mut state = self.state();
        let Some(link) = state.link else {
            return Err(Busy::Full);
        };
        let has_room = match entry.qos {
            Qos::AtMostOnce => state.outbound.has_quick_room(&entry, bounds),
            _ => state.outbound.room(link.window) > 0,
        };
        if state.ended || !has_room {
            return Err(Busy::Full);
        }
        if state.outbound.in_flight.is_given_away(entry.name()) {
            return Err(Busy::Silent);
        }
        let dropped = state.outbound.push(entry, true, bounds, &mut None);
        self.wake(&mut state);
        Ok(dropped)
    }

    /// Takes back what of a group's messages the client has not acknowledged and other members
    /// may have: everything but what is in flight at QoS 2 [MQTT-4.8.2-4].
    pub(crate) fn give_back(&self, group: GroupId) -> Vec<Queued> {
        self.state().outbound.give_back(group)
    }

    /// Copies of a group's QoS 1 messages that the client has not acknowledged since `before_s`,
    /// in their order, with their packet identifiers.
    pub(crate) fn unacknowledged(&self, group: GroupId, before_s: u32) -> Vec<(PacketId, Queued)> {
        let state = self.state();
        state.outbound.in_flight.unacknowledged(group, before_s)
    }

    /// Others have these messages now, unless the client has acknowledged them in the meantime.
    pub(crate) fn given_away(&self, given: &[(PacketId, Offset)]) {
        let mut state = self.state();
        for (id, offset) in given {
            state.outbound.in_flight.give_away(*id, *offset);
        }
    }
}
