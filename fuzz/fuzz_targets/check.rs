//! What must hold for any input: of the fuzz targets, and of the tests that replay their corpora.

#![allow(dead_code, reason = "each target uses one of the checks")]

use bytes::BytesMut;
use unspool::decode::{PATH_BYTES_MAX, SAMPLES_MAX, TEXT_BYTES_MAX, Value, decode};
use unspool::message::{Message, Properties, Timestamp, Topic};
use unspool::mqtt::codec::{Decoder, Encoder, Packet, Version};

const PACKET_BYTES_MAX: u32 = 1 << 16;

/// The first byte says who reads and in which version, the rest is what is read.
///
/// Nothing panics, no packet is larger than the limit, and what is taken is taken again, the
/// same, from its own encoding.
pub(crate) fn packet(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let mut decoder = decoder(*kind);
    let mut buffer = BytesMut::from(bytes);
    loop {
        let before = buffer.len();
        let first = decoder.version().is_none();
        let Ok(Some(packet)) = decoder.decode(&mut buffer) else {
            return;
        };
        assert!(before - buffer.len() <= PACKET_BYTES_MAX as usize);
        let version = decoder.version().expect("a packet was taken");
        let mut again = BytesMut::new();
        Encoder::new(version)
            .encode(&packet, &mut again)
            .expect("what was read can be written");
        let mut fresh = if first {
            self::decoder(0)
        } else {
            self::decoder(*kind)
        };
        if *kind % 7 == 0 && !first {
            fresh = connected(version);
        }
        fresh.set_packet_bytes_max(u32::MAX);
        assert_eq!(fresh.decode(&mut again), Ok(Some(packet)));
    }
}

/// The first byte says what the publisher calls the payload, the rest is the payload.
///
/// Nothing panics, what comes of it keeps its bounds (of each name and text, and of all together by
/// the payload's size) and is the same each time, and every number is one that a database can hold.
pub(crate) fn payload(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let content_type = match kind % 3 {
        0 => None,
        1 => Some("application/json; charset=utf-8"),
        _ => Some("text/plain"),
    };
    let message = Message {
        received_at: Timestamp(1_795_000_000_000_000),
        properties: Some(Box::new(Properties {
            content_type: content_type.map(Into::into),
            ..Properties::default()
        })),
        ..Message::new(Topic::new("a/b").expect("a topic"), bytes.to_vec())
    };
    let decoded = decode(&message);
    assert!(decoded.samples.len() <= SAMPLES_MAX);
    let mut bytes_of_samples = 0;
    for sample in &decoded.samples {
        let text = match &sample.value {
            Value::Number(number) => {
                assert!(number.is_finite());
                ""
            }
            Value::Integer(number, digits) => {
                assert!(number.is_finite());
                digits
            }
            Value::Text(text) => text,
            Value::Bool(_) => "",
        };
        assert!(text.len() <= TEXT_BYTES_MAX);
        assert!(sample.path.is_empty() || sample.path.starts_with('/'));
        assert!(sample.path.len() <= PATH_BYTES_MAX);
        bytes_of_samples += size_of_val(sample) + sample.path.len() + text.len();
    }
    assert!(bytes_of_samples <= 128 * 1024 + 32 * bytes.len());
    assert_eq!(decode(&message), decoded);
}

fn decoder(kind: u8) -> Decoder {
    match kind % 7 {
        0 => Decoder::server(PACKET_BYTES_MAX),
        1 => connected(Version::V3),
        2 => connected(Version::V4),
        3 => connected(Version::V5),
        4 => Decoder::client(Version::V3, PACKET_BYTES_MAX),
        5 => Decoder::client(Version::V4, PACKET_BYTES_MAX),
        _ => Decoder::client(Version::V5, PACKET_BYTES_MAX),
    }
}

/// A server's decoder after a CONNECT.
fn connected(version: Version) -> Decoder {
    let connect: &[u8] = match version {
        Version::V3 => b"\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x00\x00\x01c",
        Version::V4 => b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01c",
        Version::V5 => b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01c",
    };
    let mut decoder = Decoder::server(PACKET_BYTES_MAX);
    let connect = decoder.decode(&mut BytesMut::from(connect));
    assert!(matches!(connect, Ok(Some(Packet::Connect(_)))));
    decoder
}
