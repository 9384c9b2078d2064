//! What the journal says about a session at the start of the server.

use std::sync::Arc;

use crate::message::{Message, Offset, Qos};
use crate::mqtt::codec::PacketId;
use crate::mqtt::state::{RowKey, What};
use crate::mqtt::subscriptions::Group;

use super::outbound::{Bounds, Outbound};
use super::queue::{Queued, Stage, Via};
use super::save::InflightRow;
use super::{Session, Settled, State};

impl Session {
    /// A message that was published after the state was saved.
    pub(crate) fn replay_message(&self, entry: Queued, message: &Arc<Message>, bounds: Bounds) {
        if entry.qos == Qos::AtMostOnce {
            return;
        }
        let mut state = self.state();
        let via = entry.via.number();
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
            state.outbound.restore_inflight(&row, entry);
        } else {
            state.outbound.push(entry, false, bounds);
        }
    }

    /// An event that happened after the state was saved.
    pub(crate) fn replay(&self, what: &What) {
        let mut state = self.state();
        let state = &mut *state;
        state.changed.session = true;
        match what {
            What::Expiry(expiry_s) => state.expiry_s = *expiry_s,
            What::Released(ids) => {
                for id in ids {
                    state.inbound.remove(id);
                }
            }
            What::Sent(all) => {
                for (id, settled) in all {
                    state.replay_sent(*id, *settled);
                }
            }
            What::Received(all) => {
                for (id, offset) in all {
                    state.replay_received(*id, *offset);
                }
            }
            What::Completed(all) => {
                for (id, offset) in all {
                    if state.is_inflight(*id, *offset, Stage::Released) {
                        state.outbound.settle(*id);
                    }
                }
            }
            _ => {}
        }
    }

    /// A message that need not be sent any more.
    pub(crate) fn replay_settled(&self, settled: Settled) {
        let mut state = self.state();
        if state.outbound.remove(settled.offset, settled.via).is_none()
            && let Some(group) = state.group(settled.via)
        {
            drop(state);
            group.remove(settled.offset);
        }
    }

    /// Where the session began, if it is the one of that number.
    pub(crate) fn replay_since(&self, id: u64, offset: Offset) {
        if self.id == id {
            self.state().since = offset;
        }
    }
}

impl State {
    fn group(&self, id: u64) -> Option<Arc<Group>> {
        self.groups.get(&id).cloned()
    }

    fn is_inflight(&self, id: PacketId, offset: Offset, stage: Stage) -> bool {
        self.outbound
            .inflight
            .get(&id)
            .is_some_and(|it| it.entry.offset == offset && it.stage == stage)
    }

    fn replay_sent(&mut self, id: PacketId, settled: Settled) {
        if self.is_inflight(id, settled.offset, Stage::Sent) {
            return;
        }
        let group = self.group(settled.via);
        let entry = self
            .outbound
            .remove(settled.offset, settled.via)
            .or_else(|| group.as_ref()?.remove(settled.offset));
        let Some(entry) = entry else {
            // Nothing is left of the message, but the client may wait for PUBREL.
            self.replay_received(id, settled.offset);
            return;
        };
        let row = InflightRow {
            id,
            offset: settled.offset,
            via: settled.via,
            stage: Stage::Sent,
            qos: Qos::ExactlyOnce,
            topic: None,
            recorded: Some(settled.offset),
        };
        let via = match group {
            Some(group) => Via::Share(group),
            None => entry.via.clone(),
        };
        self.outbound.restore_inflight(
            &row,
            Queued {
                via,
                qos: Qos::ExactlyOnce,
                saved: false,
                ..entry
            },
        );
    }

    fn replay_received(&mut self, id: PacketId, offset: Offset) {
        if self.is_inflight(id, offset, Stage::Sent) {
            self.outbound.release(id);
        } else if !self.outbound.inflight.contains_key(&id) {
            let row = InflightRow {
                id,
                offset,
                via: 0,
                stage: Stage::Released,
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
            self.outbound.restore_inflight(&row, entry);
        }
    }
}

impl Outbound {
    /// The number of the session.
    pub(crate) fn owner(&self) -> u64 {
        self.owner
    }

    /// A row that the local state has in vain.
    pub(crate) fn remove_row(&mut self, key: RowKey) {
        self.removed.push(key);
    }
}
