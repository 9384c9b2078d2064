//! What a client's acknowledgements do to its session.

use std::sync::Arc;

use crate::message::{Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::subscriptions::Group;

use super::queue::{Stage, Via};
use super::{Session, State};

/// A message that is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settled {
    /// Which.
    pub(crate) offset: Offset,
    /// How it had come, as a number.
    pub(crate) via: u64,
}

/// What a PUBREC came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Received {
    /// The message has arrived: PUBREL is to be sent.
    Release(Offset),
    /// It had arrived before: PUBREL is to be sent again.
    Again,
    /// The client did not want it: it is done with.
    Refused(Settled),
    /// There is no such message: PUBREL is to say so.
    Unknown,
}

impl State {
    /// PUBACK [MQTT-4.3.2-3]. It may come so late that the message has been given back to its
    /// group: then that may still have it.
    pub(crate) fn puback(&mut self, id: PacketId) -> Option<(Settled, Option<Arc<Group>>)> {
        let inflight = self.outbound.inflight.get(&id)?;
        if inflight.entry.qos != Qos::AtLeastOnce {
            return None;
        }
        let late = match (&inflight.entry.via, inflight.stage) {
            (Via::Share(group), Stage::GivenAway) => Some(Arc::clone(group)),
            _ => None,
        };
        Some((self.settle(id)?, late))
    }

    /// PUBREC [MQTT-4.3.3-4].
    pub(crate) fn pubrec(&mut self, id: PacketId, refused: bool) -> Received {
        let Some(inflight) = self.outbound.inflight.get(&id) else {
            return Received::Unknown;
        };
        if inflight.entry.qos != Qos::ExactlyOnce {
            return Received::Unknown;
        }
        let offset = inflight.entry.offset;
        if refused {
            return self.settle(id).map_or(Received::Unknown, Received::Refused);
        }
        if inflight.stage == Stage::Released {
            return Received::Again;
        }
        self.outbound.release(id);
        Received::Release(offset)
    }

    /// PUBCOMP.
    pub(crate) fn pubcomp(&mut self, id: PacketId) -> Option<Settled> {
        let inflight = self.outbound.inflight.get(&id)?;
        if inflight.stage != Stage::Released {
            return None;
        }
        self.settle(id)
    }

    /// A message that can't be sent to this client: it is treated as if it had been
    /// [MQTT-3.1.2-25].
    pub(crate) fn skip(&mut self, id: PacketId) -> Option<Settled> {
        self.settle(id)
    }

    fn settle(&mut self, id: PacketId) -> Option<Settled> {
        let inflight = self.outbound.settle(id)?;
        Some(Settled {
            offset: inflight.entry.offset,
            via: inflight.entry.via.number(),
        })
    }

    /// The journal has the packet identifier of a QoS 2 delivery.
    pub(crate) fn recorded(&mut self, id: PacketId, offset: Offset) {
        if let Some(inflight) = self.outbound.inflight.get_mut(&id) {
            inflight.recorded = Some(offset);
        }
    }

    /// PUBREL: whether the packet identifier was known.
    pub(crate) fn pubrel(&mut self, id: PacketId) -> bool {
        self.changed.session = true;
        self.inbound.remove(&id).is_some()
    }
}

impl Session {
    /// Whether the session could take one more QoS 1 or 2 message at once.
    pub(crate) fn has_room(&self) -> bool {
        let state = self.state();
        state
            .link
            .is_some_and(|link| state.outbound.room(link.window) > 0)
    }
}
