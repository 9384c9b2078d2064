//! What a client gets: the write buffer, and the answers that wait for the journal.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU16;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::message::{Message, Offset, Qos, Timestamp, Topic};
use crate::mqtt::codec::{
    EncodeError, Encoder, Packet, PacketId, PublishParts, ReasonCode, Version,
};
use crate::mqtt::memory::{ClientMemory, HeldMemory, UNCOUNTED_BYTES};
use crate::mqtt::queued::HeldMessage;
use crate::mqtt::session::Delivery;

/// Deliveries are encoded up to here; the rest waits in the session.
const BYTES_MAX: usize = 64 * 1024;

/// Answers are given up to here; beyond it nothing more is read.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// Payloads from here on are not copied into the buffer: all who get them share them.
const SHARED_BYTES_MIN: usize = 16 * 1024;

/// The most topic aliases that the server uses itself.
const ALIASES_MAX: u16 = 256;

/// The write side of a connection.
pub(super) struct Output {
    /// What is to be written before the buffer: large payloads, each with what is before it.
    parts: VecDeque<Part>,
    part_bytes: usize,
    pub(super) buffer: BytesMut,
    /// For all that is to be written, but for payloads that are counted elsewhere.
    memory: HeldMemory,
    pub(super) encoder: Encoder,
    /// Whether what was written may still be in a buffer of TLS or WebSocket.
    is_unflushed: bool,
    /// Messages that were encoded since that was counted, and the bytes of their payloads.
    pub(super) sent: (u64, u64),
    /// Whether what is first to be written may be the rest of a packet.
    is_torn: bool,
    /// How many bytes were written since somebody asked.
    pub(super) written: u64,
    replies: VecDeque<(Offset, Reply)>,
    /// How many of those are deliveries.
    pub(super) deliveries: usize,
    pub(super) aliases: Aliases,
}

/// A part of what is to be written, and the message whose payload it is.
struct Part {
    bytes: Bytes,
    message: Option<HeldMessage>,
}

impl Part {
    /// What it takes that is not counted with its message.
    fn own_bytes(&self) -> usize {
        match &self.message {
            Some(message) if message.is_counted() => 0,
            _ => self.bytes.len(),
        }
    }
}

/// Something that is sent when the journal is durable up to it.
#[derive(Debug)]
pub(super) enum Reply {
    PubAck(PacketId, ReasonCode),
    PubRec(PacketId, ReasonCode),
    PubRel(PacketId, ReasonCode),
    PubComp(PacketId, ReasonCode),
    SubAck(Box<Packet>),
    Packet(Box<Packet>),
    Deliver(Box<Delivery>),
}

/// The topic aliases that the server has made.
pub(super) struct Aliases {
    maximum: u16,
    known: HashMap<Topic, NonZeroU16>,
}

impl Aliases {
    pub(super) fn new(maximum: u16) -> Self {
        Self {
            maximum: maximum.min(ALIASES_MAX),
            known: HashMap::new(),
        }
    }

    /// What to write for `topic`, and whether its alias is a new one.
    fn get<'topic>(
        &self,
        topic: &'topic Topic,
    ) -> (Option<&'topic Topic>, Option<NonZeroU16>, bool) {
        if self.maximum == 0 {
            return (Some(topic), None, false);
        }
        if let Some(alias) = self.known.get(topic) {
            return (None, Some(*alias), false);
        }
        let next = u16::try_from(self.known.len() + 1).unwrap_or(u16::MAX);
        if next > self.maximum {
            return (Some(topic), None, false);
        }
        (Some(topic), NonZeroU16::new(next), true)
    }
}

impl Output {
    pub(super) fn new(encoder: Encoder, alias_maximum: u16, memory: &ClientMemory) -> Self {
        Self {
            memory: memory.held(),
            parts: VecDeque::new(),
            part_bytes: 0,
            buffer: BytesMut::new(),
            is_unflushed: false,
            sent: (0, 0),
            is_torn: false,
            written: 0,
            encoder,
            replies: VecDeque::new(),
            deliveries: 0,
            aliases: Aliases::new(alias_maximum),
        }
    }

    /// Appends a packet. One that the client can't take is left out, which the standard wants for
    /// all that the server sends by itself; an answer is never that large.
    pub(super) fn packet(&mut self, packet: &Packet) {
        if let Err(error) = self.encoder.encode(packet, &mut self.buffer) {
            tracing::debug!(%error, "a packet is not sent");
        }
    }

    /// Lets an answer wait until everything below and at `gate` is durable; answers keep their
    /// order.
    pub(super) fn reply(&mut self, gate: Option<Offset>, reply: Reply) {
        // Offsets begin with 1 at the earliest where the head is exclusive: `plus(1)` is the head
        // that includes the gate, and 0 is always reached.
        let head = gate.map_or(Offset::default(), |gate| gate.plus(1));
        self.replies.push_back((head, reply));
    }

    /// Lets a delivery wait, in order with the answers.
    pub(super) fn deliver(&mut self, gate: Option<Offset>, delivery: Delivery) {
        self.deliveries += 1;
        self.reply(gate, Reply::Deliver(Box::new(delivery)));
    }

    /// The next answer for which `durable` is enough.
    pub(super) fn next(&mut self, durable: Offset) -> Option<Reply> {
        let (head, _) = self.replies.front()?;
        if *head > durable {
            return None;
        }
        self.replies.pop_front().map(|(_, reply)| reply)
    }

    /// Whether answers wait for the journal.
    pub(super) fn owes(&self) -> bool {
        !self.replies.is_empty()
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.bytes() > 0 || self.is_unflushed
    }

    /// How much is to be written.
    pub(super) fn bytes(&self) -> usize {
        self.part_bytes + self.buffer.len()
    }

    /// Takes out all that is to be written, in its order.
    pub(super) fn take_all(&mut self) -> impl Iterator<Item = Bytes> + Send + use<> {
        self.part_bytes = 0;
        let buffer = self.buffer.split().freeze();
        let parts = std::mem::take(&mut self.parts);
        let parts = parts.into_iter().map(|part| part.bytes);
        parts.chain([buffer])
    }

    /// Lets go of all that is to be written, unless it may begin with the rest of a packet; whether
    /// another packet can be written now.
    pub(super) fn forget(&mut self) -> bool {
        if !self.is_torn {
            drop(self.take_all());
        }
        !self.is_torn
    }

    /// Writes once, and flushes when that was all; cancel-safe.
    pub(super) async fn write(
        &mut self,
        writer: &mut (impl AsyncWrite + Unpin),
    ) -> std::io::Result<()> {
        if let Some(part) = self.parts.front_mut() {
            let bytes = writer.write_buf(&mut part.bytes).await?;
            self.part_bytes -= bytes;
            self.written += bytes as u64;
            self.is_unflushed = true;
            if part.bytes.is_empty() {
                self.parts.pop_front();
            }
        } else if !self.buffer.is_empty() {
            self.written += writer.write_buf(&mut self.buffer).await? as u64;
            self.is_unflushed = true;
        }
        self.is_torn = self.bytes() > 0;
        if !self.is_torn {
            writer.flush().await?;
            self.is_unflushed = false;
        }
        Ok(())
    }

    /// Whether deliveries may be added.
    pub(super) fn has_room(&self) -> bool {
        self.room() > 0
    }

    /// How many bytes of deliveries may be added.
    pub(super) fn room(&self) -> usize {
        self.limit(BYTES_MAX).saturating_sub(self.bytes())
    }

    pub(super) fn has_room_for_answers(&self) -> bool {
        self.bytes() < self.limit(ANSWER_BYTES_MAX)
    }

    /// What may be to be written at a time: `most`, and little while memory is short. Nothing is lost
    /// for that, it only takes more steps.
    fn limit(&self, most: usize) -> usize {
        if self.memory.can_be(most - UNCOUNTED_BYTES) {
            most
        } else {
            UNCOUNTED_BYTES
        }
    }

    /// Counts what is to be written.
    pub(super) fn count(&mut self) {
        let parts: usize = self.parts.iter().map(Part::own_bytes).sum();
        let bytes = parts + self.buffer.len();
        self.memory.resize(bytes.saturating_sub(UNCOUNTED_BYTES));
    }

    pub(super) fn publish(
        &mut self,
        delivery: &Delivery,
        now: Timestamp,
    ) -> Result<(), EncodeError> {
        let message = &delivery.message;
        let is_v5 = self.encoder.version == Version::V5;
        let (topic, topic_alias, is_new) = self.aliases.get(&message.topic);
        let parts = PublishParts {
            dup: delivery.dup && delivery.qos > Qos::AtMostOnce,
            qos: delivery.qos,
            retain: delivery.retain,
            topic,
            topic_alias,
            packet_id: delivery.id,
            subscription_ids: match &delivery.ids {
                Some(ids) if is_v5 => ids,
                _ => &[],
            },
            properties: message.properties.as_deref().filter(|_| is_v5),
            message_expiry_s: expiry_left_s(message, now).filter(|_| is_v5),
            payload: &message.payload,
        };
        if message.payload.len() < SHARED_BYTES_MIN {
            self.encoder.publish(&parts, &mut self.buffer)?;
        } else {
            self.encoder.publish_head(&parts, &mut self.buffer)?;
            self.part_bytes += self.buffer.len() + message.payload.len();
            self.parts.push_back(Part {
                bytes: self.buffer.split().freeze(),
                message: None,
            });
            self.parts.push_back(Part {
                bytes: message.payload.clone(),
                message: Some(message.clone()),
            });
        }
        if let (true, Some(alias)) = (is_new, topic_alias) {
            self.aliases.known.insert(message.topic.clone(), alias);
        }
        self.sent.0 += 1;
        self.sent.1 += message.payload.len() as u64;
        Ok(())
    }

    /// Gives the buffer back while nothing is sent.
    pub(super) fn give_back(&mut self) {
        if self.bytes() == 0 {
            self.buffer = BytesMut::new();
            self.replies.shrink_to_fit();
        }
    }
}

/// The Message Expiry Interval, less the time that the message has waited [MQTT-3.3.2-6].
fn expiry_left_s(message: &Message, now: Timestamp) -> Option<u32> {
    let expiry_s = message.properties.as_ref()?.message_expiry_s?;
    let waited_s = (now.0 - message.received_at.0).max(0) / 1_000_000;
    Some(expiry_s.saturating_sub(u32::try_from(waited_s).unwrap_or(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, duplex};

    use super::*;
    use crate::mqtt::memory::tests::plenty;

    #[tokio::test]
    async fn all_that_waits_is_forgotten_unless_a_packet_is_half_written() {
        let encoder = Encoder::new(Version::V5);
        let mut output = Output::new(encoder, 0, &plenty());
        let (mut ours, mut theirs) = duplex(3);
        output.packet(&Packet::PingResp);
        assert!(output.forget() && !output.is_waiting());
        output.packet(&Packet::PingResp);
        output.packet(&Packet::PingResp);
        output.write(&mut ours).await.unwrap();
        assert!(!output.forget() && output.bytes() == 1);
        theirs.read_exact(&mut [0; 3]).await.unwrap();
        output.write(&mut ours).await.unwrap();
        output.packet(&Packet::PingResp);
        assert!(output.forget() && output.bytes() == 0);
    }
}
