//! What the codec takes, what it refuses, and what it does with anything else.

mod arbitrary;
mod malformed;
mod notation;
mod properties;
mod wellformed;

use bytes::BytesMut;

use super::{DecodeError, Decoder, Packet, Version};

const PACKET_BYTES_MAX: u32 = 1 << 20;

/// A decoder that a CONNECT of `version` has come through; new where there is none.
fn server(version: Option<Version>) -> Decoder {
    let mut decoder = Decoder::server(PACKET_BYTES_MAX);
    let connect = match version {
        None => return decoder,
        Some(Version::V3) => "10 [<'MQIsdp'> 03 02 0000 <'c'>]",
        Some(Version::V4) => "10 [<'MQTT'> 04 02 0000 <'c'>]",
        Some(Version::V5) => "10 [<'MQTT'> 05 02 0000 [] <'c'>]",
    };
    let connect = notation::bytes(connect);
    decoder
        .decode(&mut BytesMut::from(&connect[..]))
        .unwrap()
        .unwrap();
    decoder
}

/// The packets in `bytes` until there are no more, or until the first error.
fn all(decoder: &mut Decoder, bytes: &[u8]) -> (Vec<Packet>, Option<DecodeError>) {
    let mut buffer = BytesMut::from(bytes);
    let mut packets = Vec::new();
    loop {
        match decoder.decode(&mut buffer) {
            Ok(Some(packet)) => packets.push(packet),
            Ok(None) => return (packets, None),
            Err(error) => return (packets, Some(error)),
        }
    }
}
