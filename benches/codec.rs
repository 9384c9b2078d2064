//! What the codec costs: one 100-byte QoS 1 PUBLISH, as a broker reads and writes it.
//!
//! `cargo bench --bench codec`

#![allow(clippy::unwrap_used)] // a benchmark, like a test, ends at the first surprise

use bytes::BytesMut;
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use unspool::message::{Qos, Topic};
use unspool::mqtt::codec::{Connect, Decoder, Encoder, Packet, PacketId, PublishParts, Version};

fn main() {
    divan::main();
}

const VERSIONS: [Version; 2] = [Version::V4, Version::V5];

/// How many packets one read brings.
const BATCH: usize = 100;

/// How many topics the client publishes to in turn.
const TOPICS: [usize; 2] = [1, 1000];

fn connected(version: Version) -> Decoder {
    let connect = Connect::new(version, "bench");
    let mut bytes = BytesMut::new();
    Encoder::new(version)
        .encode(&Packet::Connect(Box::new(connect)), &mut bytes)
        .unwrap();
    let mut decoder = Decoder::server(1 << 20);
    decoder.decode(&mut bytes).unwrap();
    decoder
}

fn publish(topic: &Topic) -> PublishParts<'_> {
    PublishParts {
        dup: false,
        qos: Qos::AtLeastOnce,
        retain: false,
        topic: Some(topic),
        topic_alias: None,
        packet_id: PacketId::new(7),
        subscription_ids: &[],
        properties: None,
        message_expiry_s: None,
        payload: &[b'x'; 100],
    }
}

#[divan::bench(consts = TOPICS, args = VERSIONS)]
fn decode<const TOPICS: usize>(bencher: Bencher<'_, '_>, version: Version) {
    let mut bytes = BytesMut::new();
    let topics: Vec<_> = (0..TOPICS)
        .map(|at| Topic::new(format!("acme/plant7/line2/press/temperature{at}")).unwrap())
        .collect();
    let mut decoder = connected(version);
    let mut turn = topics.iter().cycle();
    bencher
        .counter(ItemsCount::new(BATCH))
        .with_inputs(|| {
            bytes.clear();
            for topic in turn.by_ref().take(BATCH) {
                Encoder::new(version)
                    .publish(&publish(topic), &mut bytes)
                    .unwrap();
            }
            BytesMut::from(&bytes[..])
        })
        .bench_local_values(|mut buffer| {
            while let Some(packet) = decoder.decode(&mut buffer).unwrap() {
                black_box(packet);
            }
            buffer
        });
}

#[divan::bench(args = VERSIONS)]
fn encode(bencher: Bencher<'_, '_>, version: Version) {
    let topic = Topic::new("acme/plant7/line2/press/temperature").unwrap();
    let mut out = BytesMut::with_capacity(BATCH * 200);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        out.clear();
        for _ in 0..BATCH {
            let parts = black_box(publish(&topic));
            Encoder::new(version).publish(&parts, &mut out).unwrap();
        }
    });
}

#[divan::bench(args = VERSIONS)]
fn encode_puback(bencher: Bencher<'_, '_>, version: Version) {
    let mut out = BytesMut::with_capacity(BATCH * 4);
    let reason = unspool::mqtt::codec::ReasonCode::Success;
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        out.clear();
        for _ in 0..BATCH {
            Encoder::new(version).puback(black_box(PacketId::MIN), reason, &mut out);
        }
    });
}
