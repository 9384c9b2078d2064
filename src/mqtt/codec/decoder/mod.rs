//! From bytes to packets.

mod acknowledgement;
mod body;
mod connack;
mod connect;
mod context;
mod properties;
mod publish;
mod reasons;
mod session;
mod subscribe;
mod topic;

use bytes::{Buf, Bytes, BytesMut};

use super::{DecodeError, Packet, ReasonCode, Version};
use body::Body;
use context::Context;

pub use context::Side;
pub use properties::USER_PROPERTIES_MAX;
pub use subscribe::FILTERS_MAX;
pub use topic::parse_share;

/// Takes the packets of one connection from its read buffer. After an error it must not be used
/// again.
#[derive(Debug)]
pub struct Decoder {
    side: Side,
    version: Option<Version>,
    /// Whether a server's decoder has seen the CONNECT.
    connected: bool,
    packet_bytes_max: u32,
    needed: usize,
    topics: topic::Topics,
}

/// The fixed header (section 2.1).
struct FixedHeader {
    first: u8,
    bytes: usize,
    remaining: usize,
    shortest: bool,
}

impl Decoder {
    /// For what a client sends: the first packet must be its CONNECT, which says the version.
    pub fn server(packet_bytes_max: u32) -> Self {
        Self::new(Side::Server, None, packet_bytes_max)
    }

    /// For what a server sends, in the version that the client has asked for.
    pub fn client(version: Version, packet_bytes_max: u32) -> Self {
        Self::new(Side::Client, Some(version), packet_bytes_max)
    }

    fn new(side: Side, version: Option<Version>, packet_bytes_max: u32) -> Self {
        Self {
            side,
            version,
            connected: side == Side::Client,
            packet_bytes_max,
            needed: 2,
            topics: topic::Topics::default(),
        }
    }

    /// The version of the connection. A server's decoder knows it as soon as it has read it in a
    /// CONNECT, even if the rest of that is malformed.
    pub fn version(&self) -> Option<Version> {
        self.version
    }

    /// How large a packet may be from now on, in bytes with its fixed header: small before the
    /// CONNECT, say, and larger afterwards.
    pub fn set_packet_bytes_max(&mut self, packet_bytes_max: u32) {
        self.packet_bytes_max = packet_bytes_max;
    }

    /// After [`Self::decode`] found no whole packet: how many more bytes it needs at least. Never
    /// more than the packet limit, but a peer may announce what it does not send, so read in
    /// portions rather than reserve it all.
    pub fn needed(&self) -> usize {
        self.needed
    }

    /// Takes the next packet from the front of `buffer`; `None` where it is not all there.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Packet>, DecodeError> {
        let Some(&first) = buffer.first() else {
            self.needed = 2;
            return Ok(None);
        };
        self.check_first(first)?;
        let Some(header) = fixed_header(first, buffer)? else {
            self.needed = 1;
            return Ok(None);
        };
        let total = header.bytes + header.remaining;
        if total > self.packet_bytes_max as usize {
            return Err(DecodeError::new(
                ReasonCode::PacketTooLarge,
                "the packet is larger than the Maximum Packet Size [MQTT-3.1.2-24]",
            ));
        }
        // 3.1.1 does not ask for the shortest form, and there are clients that pad.
        if !header.shortest && self.version == Some(Version::V5) {
            return Err(body::NOT_SHORTEST);
        }
        if buffer.len() < total {
            self.needed = total - buffer.len();
            return Ok(None);
        }
        let mut frame = buffer.split_to(total).freeze();
        frame.advance(header.bytes);
        self.packet(&header, frame).map(Some)
    }

    /// What can be said from the first byte alone is said at once: type and flags.
    fn check_first(&self, first: u8) -> Result<(), DecodeError> {
        let protocol = |what| Err(DecodeError::protocol(what));
        let kind = first >> 4;
        if !self.connected && kind != CONNECT {
            return protocol("the first packet is not a CONNECT [MQTT-3.1.0-1]");
        }
        match (kind, self.side) {
            (0, _) => {
                return Err(DecodeError::malformed(
                    "packet type 0 is reserved [section 2.1.2]",
                ));
            }
            (CONNECT, Side::Server) if self.connected => {
                return protocol("a second CONNECT [MQTT-3.1.0-2]");
            }
            (CONNACK | SUBACK | UNSUBACK | PINGRESP, Side::Server)
            | (CONNECT | SUBSCRIBE | UNSUBSCRIBE | PINGREQ, Side::Client) => {
                return protocol("the packet's type goes in the other direction [section 2.1.2]");
            }
            (AUTH, _) if self.version.is_some_and(|version| version < Version::V5) => {
                return Err(DecodeError::malformed(
                    "packet type 15 is reserved before MQTT 5.0 [section 2.2.1]",
                ));
            }
            (DISCONNECT, Side::Client) if self.version != Some(Version::V5) => {
                return protocol("a server sends no DISCONNECT before MQTT 5.0 [section 3.14]");
            }
            _ => {}
        }
        let flags = match kind {
            PUBLISH => return Ok(()),
            PUBREL | SUBSCRIBE | UNSUBSCRIBE => 0b0010,
            _ => 0,
        };
        // In 3.1 these packets had DUP and QoS flags, whose values nothing depends on.
        if first & 0x0f != flags && self.version != Some(Version::V3) {
            return Err(DecodeError::malformed(
                "reserved flags of the fixed header are not as they must be [MQTT-2.1.3-1]",
            ));
        }
        Ok(())
    }

    fn packet(&mut self, header: &FixedHeader, frame: Bytes) -> Result<Packet, DecodeError> {
        let kind = header.first >> 4;
        if kind == CONNECT {
            let connect = connect::connect(&frame, &mut self.version)?;
            if !header.shortest && connect.version == Version::V5 {
                return Err(body::NOT_SHORTEST);
            }
            self.connected = true;
            return Ok(Packet::Connect(Box::new(connect)));
        }
        let context = Context {
            side: self.side,
            // `check_first` lets nothing pass while there is no version.
            version: self.version.unwrap_or(Version::V5),
            flags: header.first & 0x0f,
        };
        if kind == PUBLISH {
            return publish::publish(frame, context, &mut self.topics).map(Packet::Publish);
        }
        let mut body = Body::new(&frame);
        let body = &mut body;
        let packet = match kind {
            CONNACK => Packet::ConnAck(Box::new(connack::connack(body, context)?)),
            PUBACK => Packet::PubAck(acknowledgement::ack(body, context, reasons::PUBACK)?),
            PUBREC => Packet::PubRec(acknowledgement::ack(body, context, reasons::PUBREC)?),
            PUBREL => Packet::PubRel(acknowledgement::ack(body, context, reasons::PUBREL)?),
            PUBCOMP => Packet::PubComp(acknowledgement::ack(body, context, reasons::PUBCOMP)?),
            SUBSCRIBE => Packet::Subscribe(subscribe::subscribe(body, context)?),
            SUBACK => Packet::SubAck(acknowledgement::suback(body, context)?),
            UNSUBSCRIBE => Packet::Unsubscribe(subscribe::unsubscribe(body, context)?),
            UNSUBACK => Packet::UnsubAck(acknowledgement::unsuback(body, context)?),
            PINGREQ => Packet::PingReq,
            PINGRESP => Packet::PingResp,
            DISCONNECT => Packet::Disconnect(session::disconnect(body, context)?),
            _ => Packet::Auth(session::auth(body, context)?),
        };
        body.end()?;
        Ok(packet)
    }
}

/// Reads the fixed header; `None` where it is not all there.
fn fixed_header(first: u8, buffer: &[u8]) -> Result<Option<FixedHeader>, DecodeError> {
    let Some((remaining, length)) = body::variable(&buffer[1..])? else {
        return Ok(None);
    };
    Ok(Some(FixedHeader {
        first,
        bytes: 1 + length,
        remaining: remaining as usize,
        shortest: length == 1 || remaining >= 1 << (7 * (length - 1)),
    }))
}

const CONNECT: u8 = 1;
const CONNACK: u8 = 2;
const PUBLISH: u8 = 3;
const PUBACK: u8 = 4;
const PUBREC: u8 = 5;
const PUBREL: u8 = 6;
const PUBCOMP: u8 = 7;
const SUBSCRIBE: u8 = 8;
const SUBACK: u8 = 9;
const UNSUBSCRIBE: u8 = 10;
const UNSUBACK: u8 = 11;
const PINGREQ: u8 = 12;
const PINGRESP: u8 = 13;
const DISCONNECT: u8 = 14;
const AUTH: u8 = 15;
