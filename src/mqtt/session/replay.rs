//! What the journal says about a session at the start of the server.

use std::sync::Arc;

use crate::message::{Message, Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::queued::{Queued, Settled, Via};
use crate::mqtt::share_group::ShareGroup;
use crate::mqtt::state::{InFlightRow, SessionChange, Stage};

use super::{Bounds, Session, SessionState};

impl Session {
    /// A message that was published after the state was saved.
    pub(crate) fn replay_message(&self, entry: Queued, message: &Arc<Message>, bounds: Bounds) {
        if entry.qos == Qos::AtMostOnce {
            return;
        }
        let mut state = self.state();
        let via = entry.via;
        let entry = Queued {
            message: None,
            ..entry
        };
        let pending = state
            .pending
            .iter()
            .position(|row| row.offset == message.offset && row.via == via);
        if let Some(at) = pending {
            let row = state.pending.swap_remove(at);
            state.outbound.restore_in_flight(&row, entry);
        } else {
            state.outbound.push(entry, false, bounds, &mut None);
        }
    }

    /// What happened to the session alone after the state was saved.
    pub(crate) fn replay(&self, change: &SessionChange) {
        let mut state = self.state();
        let state = &mut *state;
        state.changed.session = true;
        match change {
            SessionChange::HandedOver(account) => self.owner.hand_over(account),
            SessionChange::Expiry(expiry_s) => state.expiry_s = *expiry_s,
            SessionChange::PubrelReceived(ids) => {
                for id in ids {
                    state.inbound.remove(id);
                }
            }
            SessionChange::PublishSent(all) => {
                for (id, name) in all {
                    state.replay_publish_sent(*id, *name);
                }
            }
            SessionChange::PubrecReceived(all) => {
                for (id, offset) in all {
                    state.replay_pubrec_received(*id, *offset);
                }
            }
            SessionChange::PubcompReceived(all) => {
                for (id, offset) in all {
                    if state.is_in_flight(*id, *offset, Stage::PubrecReceived) {
                        state.outbound.in_flight.settle(*id);
                    }
                }
            }
            _ => {}
        }
    }

    /// A message that need not be sent any more.
    pub(crate) fn replay_settled(&self, name: Settled) {
        let mut state = self.state();
        if state.outbound.remove(name).is_none()
            && let Some(group) = state.group_of(name.via)
        {
            drop(state);
            group.remove(name.offset);
        }
    }
}

impl SessionState {
    fn group_of(&self, via: Via) -> Option<Arc<ShareGroup>> {
        match via {
            Via::Share(group) => self.groups.get(&group).cloned(),
            Via::Subscription | Via::Retained => None,
        }
    }

    fn is_in_flight(&self, id: PacketId, offset: Offset, stage: Stage) -> bool {
        let sent = self.outbound.in_flight.get(id);
        sent.is_some_and(|sent| sent.entry.offset == offset && sent.stage == stage)
    }

    fn replay_publish_sent(&mut self, id: PacketId, name: Settled) {
        if self.is_in_flight(id, name.offset, Stage::PublishSent) {
            return;
        }
        let group = self.group_of(name.via);
        let entry = self
            .outbound
            .remove(name)
            .or_else(|| group?.remove(name.offset));
        let Some(entry) = entry else {
            // Nothing is left of the message, but the client may wait for PUBREL.
            self.replay_pubrec_received(id, name.offset);
            return;
        };
        let row = InFlightRow {
            id,
            offset: name.offset,
            via: name.via,
            stage: Stage::PublishSent,
            qos: Qos::ExactlyOnce,
            topic: None,
            recorded: Some(name.offset),
        };
        let entry = Queued {
            qos: Qos::ExactlyOnce,
            saved: false,
            ..entry
        };
        self.outbound.restore_in_flight(&row, entry);
    }

    fn replay_pubrec_received(&mut self, id: PacketId, offset: Offset) {
        if self.is_in_flight(id, offset, Stage::PublishSent) {
            self.outbound.in_flight.pubrec(id);
        } else if self.outbound.in_flight.get(id).is_none() {
            let row = InFlightRow {
                id,
                offset,
                via: Via::Subscription,
                stage: Stage::PubrecReceived,
                qos: Qos::ExactlyOnce,
                topic: None,
                recorded: None,
            };
            let entry = Queued {
                offset,
                message: None,
                ids: None,
                via: Via::Subscription,
                qos: Qos::ExactlyOnce,
                retain: false,
                saved: true,
            };
            self.outbound.restore_in_flight(&row, entry);
        }
    }
}
