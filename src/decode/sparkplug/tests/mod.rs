//! What becomes of messages of Sparkplug, by themselves and after each other.

mod births;
mod bounds;
mod values;

use bytes::Bytes;

use super::wire::{WireProperties, WireProperty, WireScalar, WireTemplate};
use super::*;
use crate::decode::{Decoded, PayloadFormat, Value};
use crate::message::{ClientId, Offset};

/// In milliseconds since 1970.
const NOW: u64 = 1_795_000_000_000;

const NODE: &str = "spBv1.0/G/NBIRTH/N";

fn at(millis: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(millis).unwrap())
}

fn metric(name: &str, datatype: u32, value: WireValue) -> WireMetric {
    WireMetric {
        name: Some(name.to_owned()),
        datatype: Some(datatype),
        value: Some(value),
        ..WireMetric::default()
    }
}

fn by_alias(alias: u64, value: WireValue) -> WireMetric {
    WireMetric {
        alias: Some(alias),
        value: Some(value),
        ..WireMetric::default()
    }
}

fn with_alias(alias: u64, metric: WireMetric) -> WireMetric {
    WireMetric {
        alias: Some(alias),
        ..metric
    }
}

fn bd_seq(number: u64) -> WireMetric {
    metric("bdSeq", 4, WireValue::Long(number))
}

fn encoded(message: &impl prost::Message) -> Bytes {
    message.encode_to_vec().into()
}

fn payload(seq: Option<u64>, metrics: &[WireMetric]) -> WirePayload {
    WirePayload {
        timestamp: Some(NOW),
        metrics: metrics.iter().map(encoded).collect(),
        seq,
        ..WirePayload::default()
    }
}

fn message(topic: &str, payload: &WirePayload) -> Message {
    Message {
        received_at: at(NOW + 1),
        offset: Offset(7),
        client: ClientId("edge".into()),
        ..Message::new(Topic::new(topic).unwrap(), encoded(payload))
    }
}

/// A plant, and what it makes of messages.
struct Fed(Plant);

impl Fed {
    fn new() -> Self {
        Self(Plant::new(1000))
    }

    /// With a node that was born with these metrics, as its message 0.
    fn with_node(metrics: &[WireMetric]) -> Self {
        let mut fed = Self::new();
        let all: Vec<_> = [bd_seq(3)].iter().chain(metrics).cloned().collect();
        let reading = fed.read(NODE, &payload(Some(0), &all));
        assert!(reading.decoded.defects.is_empty(), "{reading:?}");
        fed
    }

    fn read(&mut self, topic: &str, payload: &WirePayload) -> SparkplugReading {
        self.0.read(&message(topic, payload)).unwrap()
    }
}

fn shown(decoded: &Decoded) -> Vec<(&str, Value)> {
    let samples = decoded.samples.iter();
    samples
        .map(|sample| (sample.path.as_str(), sample.value.clone()))
        .collect()
}

fn codes(decoded: &Decoded) -> Vec<DefectCode> {
    decoded.defects.all().iter().map(|one| one.code).collect()
}

fn number(number: f64) -> Value {
    Value::Number(number)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}
