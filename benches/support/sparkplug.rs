//! Messages of Sparkplug B, and the structures that the specification's own definition
//! (`sparkplug_b.proto`) comes to, which are what a decoder costs by itself.

use prost::Message as _;
use unspool::message::{Message, Timestamp, Topic};

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Payload {
    #[prost(uint64, optional, tag = "1")]
    pub(crate) timestamp: Option<u64>,
    #[prost(message, repeated, tag = "2")]
    pub(crate) metrics: Vec<Metric>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) seq: Option<u64>,
    #[prost(string, optional, tag = "4")]
    pub(crate) uuid: Option<String>,
    #[prost(bytes = "vec", optional, tag = "5")]
    pub(crate) body: Option<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Metric {
    #[prost(string, optional, tag = "1")]
    pub(crate) name: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(crate) alias: Option<u64>,
    #[prost(uint64, optional, tag = "3")]
    pub(crate) timestamp: Option<u64>,
    #[prost(uint32, optional, tag = "4")]
    pub(crate) datatype: Option<u32>,
    #[prost(bool, optional, tag = "5")]
    pub(crate) is_historical: Option<bool>,
    #[prost(bool, optional, tag = "6")]
    pub(crate) is_transient: Option<bool>,
    #[prost(bool, optional, tag = "7")]
    pub(crate) is_null: Option<bool>,
    #[prost(oneof = "Value", tags = "10, 11, 12, 13, 14, 15, 16")]
    pub(crate) value: Option<Value>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Value {
    #[prost(uint32, tag = "10")]
    Int(u32),
    #[prost(uint64, tag = "11")]
    Long(u64),
    #[prost(float, tag = "12")]
    Float(f32),
    #[prost(double, tag = "13")]
    Double(f64),
    #[prost(bool, tag = "14")]
    Boolean(bool),
    #[prost(string, tag = "15")]
    Text(String),
    #[prost(bytes = "vec", tag = "16")]
    Bytes(Vec<u8>),
}

const NOW: u64 = 1_795_000_000_000;
/// When messages are received: then, so that no time in a payload is ahead of it.
pub(crate) const RECEIVED_AT: Timestamp = Timestamp(1_795_000_000_000_000);

/// The birth of a node with so many metrics.
pub(crate) fn birth(metrics: u64) -> Message {
    let metric = |n| Metric {
        name: Some(format!("Line {}/Motor {n}/Temperature", n / 10)),
        datatype: Some(10),
        ..data_of(n)
    };
    message("spBv1.0/G/NBIRTH/N", 0, (0..metrics).map(metric).collect())
}

/// Data of so many of its metrics, by their aliases.
pub(crate) fn data(metrics: u64, seq: u64) -> Message {
    message(
        "spBv1.0/G/NDATA/N",
        seq,
        (0..metrics).map(data_of).collect(),
    )
}

fn data_of(n: u64) -> Metric {
    Metric {
        alias: Some(n),
        timestamp: Some(NOW),
        value: Some(Value::Double(20.5 + n as f64)),
        ..Metric::default()
    }
}

fn message(topic: &str, seq: u64, metrics: Vec<Metric>) -> Message {
    let payload = Payload {
        timestamp: Some(NOW),
        metrics,
        seq: Some(seq),
        ..Payload::default()
    };
    Message {
        received_at: RECEIVED_AT,
        ..Message::new(Topic::new(topic).unwrap(), payload.encode_to_vec())
    }
}
