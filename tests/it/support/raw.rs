//! MQTT 3.1.1 written by hand, so that nothing of the server's own code vouches for it.

use std::io::Read;

/// CONNECT, of a client that keeps its session or begins a clean one.
pub fn connect(client_id: &str, clean_session: bool, keep_alive_s: u16) -> Vec<u8> {
    let mut body = prefixed(b"MQTT");
    body.extend([4, u8::from(clean_session) << 1]);
    body.extend(keep_alive_s.to_be_bytes());
    body.extend(prefixed(client_id.as_bytes()));
    packet(0x10, &body)
}

/// CONNECT with a clean session, which leaves a Will at QoS 1.
pub fn connect_with_will(client_id: &str, topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = prefixed(b"MQTT");
    body.extend([4, 0b0000_1110, 0, 0]);
    for field in [client_id.as_bytes(), topic.as_bytes(), payload] {
        body.extend(prefixed(field));
    }
    packet(0x10, &body)
}

pub const DISCONNECT: [u8; 2] = [0xe0, 0];

/// SUBSCRIBE to one filter.
pub fn subscribe(packet_id: u16, filter: &str, qos: u8) -> Vec<u8> {
    let mut body = packet_id.to_be_bytes().to_vec();
    body.extend(prefixed(filter.as_bytes()));
    body.push(qos);
    packet(0x82, &body)
}

/// PUBLISH above QoS 0, for the first time or again.
pub fn publish(topic: &str, qos: u8, packet_id: u16, payload: &[u8], again: bool) -> Vec<u8> {
    let mut body = prefixed(topic.as_bytes());
    body.extend(packet_id.to_be_bytes());
    body.extend(payload);
    packet(0x30 | u8::from(again) << 3 | qos << 1, &body)
}

/// PUBLISH at QoS 0.
pub fn publish_once(topic: &str, payload: &[u8]) -> Vec<u8> {
    let mut body = prefixed(topic.as_bytes());
    body.extend(payload);
    packet(0x30, &body)
}

/// PUBACK, PUBREL and the like: a packet identifier and nothing else.
pub fn acknowledge(first: u8, packet_id: u16) -> Vec<u8> {
    packet(first, &packet_id.to_be_bytes())
}

/// A packet: its first byte, its length, its body.
pub fn packet(first: u8, body: &[u8]) -> Vec<u8> {
    let mut packet = vec![first];
    packet.extend(variable(body.len()));
    packet.extend(body);
    packet
}

/// Behind its length in two bytes.
pub fn prefixed(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("at most 65,535 bytes");
    let mut prefixed = length.to_be_bytes().to_vec();
    prefixed.extend(bytes);
    prefixed
}

/// A variable byte integer.
pub fn variable(mut rest: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let digit = u8::try_from(rest % 128).expect("below 128");
        rest /= 128;
        bytes.push(if rest > 0 { digit | 0x80 } else { digit });
        if rest == 0 {
            return bytes;
        }
    }
}

/// Reads one packet: its first byte and its body.
pub fn read(arrived: &mut impl Read) -> std::io::Result<(u8, Vec<u8>)> {
    let mut byte = [0];
    arrived.read_exact(&mut byte)?;
    let first = byte[0];
    let (mut length, mut shift) = (0, 0);
    loop {
        arrived.read_exact(&mut byte)?;
        length |= usize::from(byte[0] & 0x7f) << shift;
        shift += 7;
        if byte[0] < 0x80 {
            break;
        }
    }
    let mut body = vec![0; length];
    arrived.read_exact(&mut body)?;
    Ok((first, body))
}
