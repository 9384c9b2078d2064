//! What a client's acknowledgements do to its session.

use crate::message::{Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::queued::{Settled, Via};
use crate::mqtt::state::Stage;

use super::{PubackOutcome, PubrecOutcome, Session, SessionState};

impl SessionState {
    /// PUBACK [MQTT-4.3.2-3].
    pub(crate) fn puback(&mut self, id: PacketId) -> Option<PubackOutcome> {
        let sent = self.outbound.in_flight.get(id)?;
        if sent.entry.qos != Qos::AtLeastOnce {
            return None;
        }
        let late = match (sent.entry.via, sent.stage) {
            (Via::Share(group), Stage::GivenAway) => Some(group),
            _ => None,
        };
        Some(PubackOutcome {
            settled: self.settle(id)?,
            late,
        })
    }

    /// PUBREC [MQTT-4.3.3-4].
    pub(crate) fn pubrec(&mut self, id: PacketId, is_refused: bool) -> PubrecOutcome {
        let in_flight = &mut self.outbound.in_flight;
        let sent = in_flight.get(id);
        let Some(sent) = sent.filter(|sent| sent.entry.qos == Qos::ExactlyOnce) else {
            return PubrecOutcome::Unknown;
        };
        let (offset, stage) = (sent.entry.offset, sent.stage);
        if is_refused {
            let settled = self.settle(id);
            return settled.map_or(PubrecOutcome::Unknown, PubrecOutcome::Refused);
        }
        if stage == Stage::PubrecReceived {
            return PubrecOutcome::PubrelAgain;
        }
        in_flight.pubrec(id);
        PubrecOutcome::Pubrel(offset)
    }

    pub(crate) fn pubcomp(&mut self, id: PacketId) -> Option<Settled> {
        let sent = self.outbound.in_flight.get(id)?;
        if sent.stage != Stage::PubrecReceived {
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
        let entry = self.outbound.in_flight.settle(id)?;
        Some(entry.name())
    }

    /// The journal has the packet identifier of a QoS 2 delivery.
    pub(crate) fn recorded(&mut self, id: PacketId, offset: Offset) {
        self.outbound.in_flight.recorded(id, offset);
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
