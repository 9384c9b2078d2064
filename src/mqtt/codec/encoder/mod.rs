//! From packets to bytes.

mod connect;
mod fields;
mod keep;
mod publish;
mod rest;

use bytes::{BufMut, BytesMut};

use super::{EncodeError, Packet, PacketId, ReasonCode, VARIABLE_MAX, Version};
use fields::Result;
use keep::{KeptFields, LESS_AND_LESS};

pub use publish::PublishParts;

/// Appends packets of one connection to its write buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoder {
    /// The version that the connection is in.
    pub version: Version,
    /// The peer's Maximum Packet Size in bytes; `u32::MAX` where it has none.
    pub packet_bytes_max: u32,
}

impl Encoder {
    /// For a peer that takes packets of any size.
    pub fn new(version: Version) -> Self {
        Self {
            version,
            packet_bytes_max: u32::MAX,
        }
    }

    /// Appends `packet`. Where it would be larger than the peer takes, it goes without its user
    /// properties, or also without its reason string, if the standard lets it. What its version
    /// can't say (properties, reasons) is left out; `SubAck` and `ConnAck` are translated.
    pub fn encode(self, packet: &Packet, out: &mut BytesMut) -> Result {
        if let Packet::Publish(publish) = packet {
            return self.publish(&publish.into(), out);
        }
        let start = out.len();
        let mut result = Ok(());
        for keep in LESS_AND_LESS {
            out.truncate(start);
            result = self
                .put(packet, keep, out)
                .and_then(|()| self.check_size(out.len() - start));
            if !matches!(result, Err(EncodeError::TooLarge { .. })) {
                break;
            }
        }
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    /// Appends a PUBACK without anything to add: success, or a bare reason in 5.0.
    pub fn puback(self, packet_id: PacketId, reason: ReasonCode, out: &mut BytesMut) {
        self.acknowledge(0x40, packet_id, reason, out);
    }

    /// Appends a PUBREC without anything to add.
    pub fn pubrec(self, packet_id: PacketId, reason: ReasonCode, out: &mut BytesMut) {
        self.acknowledge(0x50, packet_id, reason, out);
    }

    /// Appends a PUBREL without anything to add.
    pub fn pubrel(self, packet_id: PacketId, reason: ReasonCode, out: &mut BytesMut) {
        self.acknowledge(0x62, packet_id, reason, out);
    }

    /// Appends a PUBCOMP without anything to add.
    pub fn pubcomp(self, packet_id: PacketId, reason: ReasonCode, out: &mut BytesMut) {
        self.acknowledge(0x70, packet_id, reason, out);
    }

    fn acknowledge(self, first: u8, id: PacketId, reason: ReasonCode, out: &mut BytesMut) {
        let [high, low] = id.get().to_be_bytes();
        if self.version < Version::V5 || reason == ReasonCode::Success {
            out.put_slice(&[first, 2, high, low]);
        } else {
            out.put_slice(&[first, 3, high, low, reason as u8]);
        }
    }

    fn check_size(self, bytes: usize) -> Result {
        let bytes_max = (self.packet_bytes_max as usize).min(VARIABLE_MAX as usize + 5);
        if bytes > bytes_max {
            return Err(EncodeError::TooLarge { bytes, bytes_max });
        }
        Ok(())
    }

    fn put(self, packet: &Packet, keep: KeptFields, out: &mut BytesMut) -> Result {
        match packet {
            Packet::Connect(connect) => connect::put_connect(connect, out),
            Packet::ConnAck(connack) => connect::put_connack(connack, self.version, keep, out),
            Packet::Publish(publish) => self.publish(&publish.into(), out),
            Packet::PubAck(ack) => rest::put_ack(0x40, ack, self.version, keep, out),
            Packet::PubRec(ack) => rest::put_ack(0x50, ack, self.version, keep, out),
            Packet::PubRel(ack) => rest::put_ack(0x62, ack, self.version, keep, out),
            Packet::PubComp(ack) => rest::put_ack(0x70, ack, self.version, keep, out),
            Packet::Subscribe(subscribe) => rest::put_subscribe(subscribe, self.version, out),
            Packet::SubAck(suback) => rest::put_suback(suback, self.version, keep, out),
            Packet::Unsubscribe(unsubscribe) => {
                rest::put_unsubscribe(unsubscribe, self.version, out)
            }
            Packet::UnsubAck(unsuback) => rest::put_unsuback(unsuback, self.version, keep, out),
            Packet::PingReq => {
                out.put_slice(&[0xc0, 0]);
                Ok(())
            }
            Packet::PingResp => {
                out.put_slice(&[0xd0, 0]);
                Ok(())
            }
            Packet::Disconnect(disconnect) => {
                rest::put_disconnect(disconnect, self.version, keep, out)
            }
            Packet::Auth(auth) => rest::put_auth(auth, self.version, keep, out),
        }
    }
}
