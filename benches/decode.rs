//! What decoding costs, for each of the payloads that devices send, and beside the plain parser of
//! each format, which builds a tree of values and knows no series, times or bounds.
//!
//! `cargo bench --bench decode`; the table of formats alone with `-- --formats`

#![allow(clippy::unwrap_used)] // a benchmark, like a test, ends at the first surprise

use std::fmt;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use unspool::decode::decode;
use unspool::message::{Message, Topic};

#[path = "support/formats.rs"]
mod formats;
#[path = "support/payloads.rs"]
mod payloads;

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
    let message = Message::new(topic, (payload.bytes)());
    bencher
        .counter(BytesCount::new(message.payload.len()))
        .bench(|| decode(black_box(&message)));
}
