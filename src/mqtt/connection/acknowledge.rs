//! Acknowledgements, both ways.

use tokio::io::{AsyncRead, AsyncWrite};

use crate::mqtt::codec::{Ack, Disconnect, ReasonCode, Version};
use crate::mqtt::session::PubrecOutcome;
use crate::mqtt::state::{SessionChange, StateEvent};

use super::Connection;
use super::batch::At;
use super::close::Close;
use super::output::Reply;

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Sends the answers whose records are durable by now.
    pub(super) fn answer(&mut self) {
        if !self.output.owes() {
            return;
        }
        let durable = *self.durable.borrow_and_update();
        let mut acknowledged = 0;
        while let Some(reply) = self.output.next(durable) {
            let encoder = self.output.encoder;
            let buffer = &mut self.output.buffer;
            match reply {
                Reply::PubAck(id, reason) => {
                    self.owed_qos1 = self.owed_qos1.saturating_sub(1);
                    acknowledged += u64::from(!reason.is_error());
                    encoder.puback(id, reason, buffer);
                }
                Reply::PubRec(id, reason) => {
                    acknowledged += u64::from(!reason.is_error());
                    encoder.pubrec(id, reason, buffer);
                }
                Reply::PubRel(id, reason) => encoder.pubrel(id, reason, buffer),
                Reply::PubComp(id, reason) => encoder.pubcomp(id, reason, buffer),
                Reply::SubAck(packet) => {
                    self.owed_subacks = self.owed_subacks.saturating_sub(1);
                    self.has_more = true;
                    self.output.packet(&packet);
                }
                Reply::Packet(packet) => self.output.packet(&packet),
                Reply::Deliver(delivery) => {
                    self.output.deliveries -= 1;
                    self.send(&delivery, crate::message::Timestamp::now());
                }
            }
        }
        if acknowledged > 0 {
            let metrics = self.broker.metrics();
            metrics.messages_acknowledged.inc_by(acknowledged);
        }
    }

    pub(super) fn puback(&mut self, ack: &Ack) {
        let mut state = self.session.state();
        let outcome = state.puback(ack.packet_id);
        let persistent = state.is_persistent();
        drop(state);
        if let Some(outcome) = outcome {
            self.has_more = true;
            if persistent {
                self.batch.settled(outcome.settled);
            }
            if let Some(group) = outcome.late {
                let offset = outcome.settled.offset;
                self.broker.acknowledged_late(group, offset);
            }
        }
    }

    pub(super) fn pubrec(&mut self, ack: &Ack) {
        let id = ack.packet_id;
        let mut state = self.session.state();
        let outcome = state.pubrec(id, ack.reason.is_error());
        let persistent = state.is_persistent();
        drop(state);
        let (at, reason) = match outcome {
            PubrecOutcome::Pubrel(offset) if persistent => {
                let at = At::Record(self.batch.pubrec(id, offset));
                (at, ReasonCode::Success)
            }
            PubrecOutcome::Pubrel(_) | PubrecOutcome::PubrelAgain => {
                (At::Once, ReasonCode::Success)
            }
            PubrecOutcome::Unknown if ack.reason.is_error() => return,
            PubrecOutcome::Unknown => (At::Once, ReasonCode::PacketIdentifierNotFound),
            PubrecOutcome::Refused(settled) => {
                self.has_more = true;
                if persistent {
                    self.batch.settled(settled);
                }
                return;
            }
        };
        self.batch.reply(at, Reply::PubRel(id, reason));
    }

    pub(super) fn pubcomp(&mut self, ack: &Ack) {
        let mut state = self.session.state();
        let settled = state.pubcomp(ack.packet_id);
        let persistent = state.is_persistent();
        drop(state);
        if let Some(settled) = settled {
            self.has_more = true;
            if persistent {
                self.batch.pubcomp(ack.packet_id, settled.offset);
            }
        }
    }

    pub(super) fn pubrel(&mut self, ack: &Ack) {
        let id = ack.packet_id;
        self.owed_qos2.remove(&id);
        let mut state = self.session.state();
        let known = state.pubrel(id);
        let persistent = state.is_persistent();
        drop(state);
        let (at, reason) = match known {
            // PUBCOMP frees the identifier: the next message with it must not be taken for this
            // one, even after a crash.
            true if persistent => (At::Record(self.batch.pubrel(id)), ReasonCode::Success),
            true => (At::Once, ReasonCode::Success),
            false => (At::Once, ReasonCode::PacketIdentifierNotFound),
        };
        self.batch.reply(at, Reply::PubComp(id, reason));
    }

    pub(super) fn disconnect(&mut self, disconnect: &Disconnect) -> Result<(), Close> {
        if let Some(expiry_s) = disconnect.session_expiry_s {
            if self.asked_expiry_s == 0 && expiry_s > 0 {
                return Err(Close::protocol(
                    "a session expiry in DISCONNECT where CONNECT had none [MQTT-3.14.2-2]",
                ));
            }
            self.change_expiry(expiry_s.min(self.broker.config().session_expiry_max_s));
        }
        Err(Close::Disconnected {
            with_will: self.version == Version::V5 && disconnect.reason != ReasonCode::Success,
        })
    }

    fn change_expiry(&mut self, expiry_s: u32) {
        let mut state = self.session.state();
        if state.expiry_s == expiry_s {
            return;
        }
        let change = match expiry_s {
            0 => SessionChange::Ended,
            expiry_s => SessionChange::Expiry(expiry_s),
        };
        state.expiry_s = expiry_s;
        state.changed.session = true;
        drop(state);
        if expiry_s == 0 {
            self.broker.forget_session(self.session.id);
        }
        self.batch
            .event(&StateEvent::Session(self.session.id, change));
    }
}
