//! What decoding costs, for each of the payloads that devices send, and beside the plain parser of
//! each format, which builds a tree of values and knows no series, times or bounds.
//!
//! `cargo bench --bench decode`; the table of formats alone with `-- --formats`

#![allow(clippy::unwrap_used)] // a benchmark, like a test, ends at the first surprise

use std::fmt;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use unspool::decode::decode;
use unspool::decode::sparkplug::Plant;
use unspool::message::{Message, Topic};

#[path = "support/formats.rs"]
mod formats;
#[path = "support/payloads.rs"]
mod payloads;
#[path = "support/sparkplug.rs"]
mod sparkplug;

use payloads::{PAYLOADS, Payload};

#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    if !std::env::args().any(|given| given == "--formats") {
        divan::main();
    }
    formats::print();
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

#[divan::bench(args = PAYLOADS)]
fn payload(bencher: Bencher<'_, '_>, payload: &Payload) {
    let topic = Topic::new("acme/plant7/line2/press").unwrap();
    // As it would be: times of the payload are about those of the receipt.
    let message = Message {
        received_at: sparkplug::RECEIVED_AT,
        ..Message::new(topic, (payload.bytes)())
    };
    bencher
        .counter(BytesCount::new(message.payload.len()))
        .bench(|| decode(black_box(&message), None));
}

/// How many metrics a message of Sparkplug has.
const METRICS: [u64; 3] = [1, 10, 100];

/// Data by alias, in its order, from a node whose birth is known.
#[divan::bench(args = METRICS)]
fn sparkplug_data(bencher: Bencher<'_, '_>, metrics: u64) {
    let messages: Vec<_> = (0..256).map(|seq| sparkplug::data(metrics, seq)).collect();
    let mut plant = Plant::new(2000);
    plant.read(&sparkplug::birth(metrics));
    let mut seq = 0;
    bencher
        .counter(BytesCount::new(messages[0].payload.len()))
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| {
            seq = (seq + 1) % 256;
            plant.read(black_box(&messages[seq]))
        });
}

#[divan::bench(args = METRICS)]
fn sparkplug_birth(bencher: Bencher<'_, '_>, metrics: u64) {
    let message = sparkplug::birth(metrics);
    let mut plant = Plant::new(2000);
    bencher
        .counter(BytesCount::new(message.payload.len()))
        .counter(ItemsCount::new(1_usize))
        .bench_local(|| plant.read(black_box(&message)));
}

/// What `prost` takes by itself for the same data.
#[divan::bench(args = METRICS)]
fn prost_alone_data(bencher: Bencher<'_, '_>, metrics: u64) {
    prost_alone(bencher, &sparkplug::data(metrics, 0));
}

#[divan::bench(args = METRICS)]
fn prost_alone_birth(bencher: Bencher<'_, '_>, metrics: u64) {
    prost_alone(bencher, &sparkplug::birth(metrics));
}

fn prost_alone(bencher: Bencher<'_, '_>, message: &Message) {
    use prost::Message as _;
    bencher
        .counter(BytesCount::new(message.payload.len()))
        .counter(ItemsCount::new(1_usize))
        .bench(|| sparkplug::Payload::decode(black_box(&*message.payload)));
}
