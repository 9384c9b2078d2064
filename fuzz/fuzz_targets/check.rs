//! What must hold for any input: of the fuzz targets, and of the tests that replay their corpora.

#![allow(dead_code, reason = "each target uses one of the checks")]

use bytes::BytesMut;
use unspool::decode::sparkplug::Plant;
use unspool::decode::{
    Decoded, EMBEDDED_MAX, PATH_BYTES_MAX, SAMPLES_MAX, TEXT_BYTES_MAX, Value, decode, describe,
    discovery, embedded,
};
use unspool::message::{Birth, BirthChange, Message, Properties, Timestamp, Topic, classify};
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
pub(crate) fn payload(input: &[u8]) {
    let Some((kind, bytes)) = input.split_first() else {
        return;
    };
    let content_type = match kind % 3 {
        0 => None,
        1 => Some("application/json; charset=utf-8"),
        _ => Some("text/plain"),
    };
    holds(content_type, None, bytes);
    for topic in [
        "homeassistant/sensor/x/config",
        "homeassistant/device/x/config",
        "zigbee2mqtt/bridge/devices",
    ] {
        let topic = Topic::new(topic).expect("a topic");
        let message = Message::new(topic, bytes.to_vec());
        let found = discovery::read(&message).unwrap_or_default();
        assert!(found.len() <= bytes.len());
    }
}

/// What a publisher may say of a payload: content type and content encoding.
const CLAIMS: [(Option<&str>, Option<&str>); 11] = [
    (None, None),
    (Some("application/cbor"), None),
    (Some("application/msgpack"), None),
    (Some("application/vnd.influx.line-protocol"), None),
    (Some("application/json"), None),
    (Some("application/gzip"), None),
    (Some("application/zlib"), None),
    (Some("application/zstd"), None),
    (Some("application/json"), Some("gzip")),
    (Some("application/cbor"), Some("deflate")),
    (None, Some("zstd")),
];

/// The first byte picks the format by what is said of the payload, the rest is the payload.
pub(crate) fn formats(input: &[u8]) {
    if let Some((kind, bytes)) = input.split_first() {
        let (content_type, encoding) = CLAIMS[usize::from(*kind) % CLAIMS.len()];
        holds(content_type, encoding, bytes);
    }
}

/// Nothing panics, what comes of a payload keeps its bounds (of each name and text, and of all
/// together by the payload's size) and is the same each time, every number is one that a database
/// can hold, and bytes inside are found where they are told.
fn holds(content_type: Option<&str>, encoding: Option<&str>, bytes: &[u8]) {
    let encoding = encoding.map(|encoding| ("content-encoding".into(), encoding.into()));
    let message = Message {
        received_at: Timestamp(1_795_000_000_000_000),
        properties: Some(Box::new(Properties {
            content_type: content_type.map(Into::into),
            user: encoding.into_iter().collect(),
            ..Properties::default()
        })),
        ..Message::new(Topic::new("a/b").expect("a topic"), bytes.to_vec())
    };
    let decoded = decode(&message, None);
    assert!(decoded.embedded.len() <= EMBEDDED_MAX);
    let mut taken = samples_bytes(&decoded);
    for (at, part) in decoded.embedded.iter().enumerate() {
        assert!(part.path.len() <= PATH_BYTES_MAX);
        taken += size_of_val(part) + part.path.len();
        let behind = &decoded.embedded[at + 1..];
        // Of several at one place the last is given.
        if behind.iter().all(|one| one.path != part.path) {
            let found = embedded(&message, None, &part.path).expect("what was told");
            assert_eq!(found.len() as u64, part.bytes);
        }
    }
    let plain = match decoded.compression {
        None => bytes.len(),
        Some(_) => (64 * 1024 + 64 * bytes.len()).min(16 << 20),
    };
    assert!(taken <= 128 * 1024 + 32 * plain);
    let (name, parts) = describe(&message, None, classify(bytes));
    assert_eq!(name.compression, decoded.compression);
    assert_eq!(name.format, decoded.format);
    assert_eq!(parts, decoded.embedded);
    assert_eq!(decode(&message, None), decoded);
}

/// Messages of Sparkplug one after the other: of each the first byte says what it is, the second how
/// long its payload is, in units of four bytes.
///
/// Nothing panics, what comes of each keeps the bounds of any payload, what is remembered of births
/// is bounded by their size, and messages mean the same to who has been told the births.
pub(crate) fn sparkplug(input: &[u8]) {
    let mut plant = Plant::new(1000);
    let mut known: Vec<Birth> = Vec::new();
    let mut rest = input;
    let mut at = 1_795_000_000_000_000;
    while let [kind, length, behind @ ..] = rest {
        let (bytes, others) = behind.split_at(behind.len().min(usize::from(*length) * 4));
        rest = others;
        at += 100_000;
        let topics = [
            "spBv1.0/G/NBIRTH/N",
            "spBv1.0/G/DBIRTH/N/D",
            "spBv1.0/G/NDATA/N",
            "spBv1.0/G/DDATA/N/D",
            "spBv1.0/G/NDEATH/N",
            "spBv1.0/G/DDEATH/N/D",
            "spBv1.0/G/NCMD/N",
            "spBv1.0/G/DCMD/N/D",
        ];
        let message = Message {
            received_at: Timestamp(at),
            ..Message::new(
                Topic::new(topics[usize::from(*kind) % topics.len()]).expect("a topic"),
                bytes.to_vec(),
            )
        };
        let mut told = Plant::new(1000);
        told.restore(known.clone());
        let reading = plant.read(&message).expect("a topic of Sparkplug");
        assert!(samples_bytes(&reading.decoded) <= 128 * 1024 + 32 * bytes.len());
        let again = told.read(&message).expect("a topic of Sparkplug");
        assert_eq!(again.decoded.samples, reading.decoded.samples);
        for change in reading.births {
            let BirthChange::Born(birth) = change else {
                let is_node = matches!(change, BirthChange::NodeGone { .. });
                known.retain(|it| !is_node && it.device.is_none());
                continue;
            };
            let names: usize = birth.metrics.iter().map(|it| it.name.len()).sum();
            assert!(names <= 32 * 1024 + 16 * bytes.len());
            known.retain(|it| birth.device.is_some() && it.device != birth.device);
            known.push(Birth::clone(&birth));
        }
    }
    plant.overdue(Timestamp(i64::MAX));
    assert!(!plant.is_waiting());
}

/// What the samples take, each of which keeps its bounds.
fn samples_bytes(decoded: &Decoded) -> usize {
    assert!(decoded.samples.len() <= SAMPLES_MAX);
    let mut taken = 0;
    for sample in &decoded.samples {
        let text = match &sample.value {
            Value::Number(number) => {
                assert!(number.is_finite());
                ""
            }
            Value::Long(number, digits) => {
                assert!(number.is_finite());
                digits
            }
            Value::Text(text) => text,
            Value::Bool(_) => "",
        };
        assert!(text.len() <= TEXT_BYTES_MAX);
        assert!(sample.path.is_empty() || sample.path.starts_with('/'));
        assert!(sample.path.len() <= PATH_BYTES_MAX);
        taken += size_of_val(sample) + sample.path.len() + text.len();
    }
    taken
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
