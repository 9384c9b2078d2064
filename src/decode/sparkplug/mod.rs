//! Sparkplug B 3.0, as a host application reads it.
//!
//! A payload of protocol buffers means something only with what came before: births say which
//! metric an alias is and which type its values have, numbers say which message is missing, deaths
//! say which values are no longer true. [`Plant`] has that, and is fed with every message in the
//! order of the journal.
//!
//! - The series of a metric is its name, below a slash: `Motor/Temp` is `/Motor/Temp`, two levels
//!   (section 6.4.6 calls them folders), as a member of an object in an object would be. A tilde is
//!   `~0`, as in any JSON Pointer.
//! - Births and data come on topics of their own, and so their series are kept apart; who asks for
//!   the series of an NDATA or DDATA topic gets the samples of the birth's topic among them.
//! - Arrays are `/name/0`, data sets `/name/0/column`, members of a template `/name/member`. Bytes
//!   and files have no sample.
//! - A value that is null has no sample, nor has a transient metric (section 6.4.8: it is not to be
//!   stored). One of the past (`is_historical`) has its own time, and does not become the last
//!   value. The property `Quality` is a series of its own below the metric's.
//! - A date is its number of milliseconds since 1970.
//! - Integers come without a sign, and get it from their type.
//! - The messages of a node are decoded as they come, also out of order: only a gap that stays is
//!   a defect.

mod births;
mod datatype;
mod metrics;
mod packed;
mod plant;
mod reading;
mod sequence;
mod wire;

use std::sync::Arc;

use prost::Message as _;

pub use self::births::BORN_METRICS_MAX;
use self::births::KnownBirth;
use self::datatype::BOOLEAN;
use self::metrics::MetricReader;
pub use self::plant::{BIRTHS_BYTES_MAX, DEVICES_MAX, NODES_MAX, Plant};
pub use self::reading::{RebirthWish, SparkplugReading};
use self::sequence::Sequence;
use self::wire::{WireMetric, WirePayload, WireValue};
use super::format::KnownFormat;
use crate::message::{
    Birth, BirthChange, DefectCode, Message, SparkplugTopic, Timestamp, Topic, Verb,
};

/// What asks an edge node to be born again (section 5.11.1).
const REBIRTH: &str = "Node Control/Rebirth";

/// A payload by itself, without what came before. It has no bytes of its own to be known by.
pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |_| false,
    topic: Some(|topic| SparkplugTopic::of(topic).is_some()),
    read: |given| {
        let reading = given.is_claimed.then(|| Plant::new(0).read(given.message));
        reading.flatten().map(|reading| reading.decoded)
    },
};

impl RebirthWish {
    /// The command that makes the wish (NCMD).
    pub fn request(&self, now: Timestamp) -> Option<Message> {
        let topic = SparkplugTopic {
            group: &self.group,
            verb: Verb::NodeCommand,
            node: &self.node,
            device: None,
        };
        let now = u64::try_from(now.as_millis()).ok();
        let metric = WireMetric {
            name: Some(REBIRTH.to_owned()),
            timestamp: now,
            datatype: Some(BOOLEAN),
            value: Some(WireValue::Boolean(true)),
            ..WireMetric::default()
        };
        let payload = WirePayload {
            timestamp: now,
            metrics: vec![metric.encode_to_vec().into()],
            ..WirePayload::default()
        };
        let topic = topic.with(Verb::NodeCommand, None)?;
        Some(Message::new(topic, payload.encode_to_vec()))
    }
}

impl Plant {
    /// Reads a message, if it is on a topic of Sparkplug B.
    pub fn read(&mut self, message: &Message) -> Option<SparkplugReading> {
        let topic = SparkplugTopic::of(&message.topic)?;
        let (payload, compression) = match packed::read(message.payload.clone()) {
            Ok(payload) => payload,
            Err(error) => return Some(SparkplugReading::of_nothing(&error)),
        };
        let given = (topic, message, &payload);
        let mut reading = match topic.verb {
            Verb::NodeBirth => self.node_birth(given),
            Verb::DeviceBirth => self.device_birth(given),
            Verb::NodeDeath => self.node_death(given),
            Verb::DeviceDeath => self.device_death(given),
            Verb::NodeData | Verb::DeviceData | Verb::NodeCommand | Verb::DeviceCommand => {
                self.data(given)
            }
        };
        reading.decoded.compression = compression;
        Some(reading)
    }

    /// Everything that the node and its devices said before is over.
    fn node_birth(&mut self, (topic, message, payload): ReceivedMessage<'_>) -> SparkplugReading {
        let mut reader = MetricReader::of_birth(message);
        reader.read(payload, message.received_at);
        let (birth, mut reading) = born(topic, message, reader);
        let sequence = match payload.seq.map(u8::try_from) {
            Some(Ok(seq)) => Sequence::after(seq),
            _ => Sequence::default(),
        };
        let birth = Arc::new(birth);
        if self.put_node(KnownBirth::new(Arc::clone(&birth)), sequence) {
            reading.births.push(BirthChange::Born(birth));
        } else {
            reading.note(DefectCode::TooManyBirths, || {
                format!(
                    "more than {NODES_MAX} edge nodes, or {BIRTHS_BYTES_MAX} bytes of their births"
                )
            });
            reading.births.push(node_gone(topic));
        }
        let fresh = [Verb::NodeBirth, Verb::NodeData];
        mark(&mut reading, topic, fresh, None, None);
        reading
    }

    fn device_birth(&mut self, (topic, message, payload): ReceivedMessage<'_>) -> SparkplugReading {
        let mut reader = MetricReader::of_birth(message);
        reader.read(payload, message.received_at);
        let (birth, mut reading) = born(topic, message, reader);
        if self.node(topic).is_none() {
            no_birth(&mut reading, (topic, message), "the edge node");
            return reading;
        }
        let birth = Arc::new(birth);
        if self.put_device(KnownBirth::new(Arc::clone(&birth))) {
            reading.births.push(BirthChange::Born(birth));
        } else {
            reading.note(DefectCode::TooManyBirths, || {
                format!(
                    "more than {DEVICES_MAX} devices of one edge node, or {BIRTHS_BYTES_MAX} \
                     bytes of all births"
                )
            });
            reading.births.extend(device_gone(topic));
        }
        let fresh = [Verb::DeviceBirth, Verb::DeviceData];
        mark(&mut reading, topic, fresh, topic.device, None);
        self.in_order(topic, payload, message, &mut reading);
        reading
    }

    fn data(&mut self, (topic, message, payload): ReceivedMessage<'_>) -> SparkplugReading {
        let node = self.node(topic);
        let has_node = node.is_some();
        let known = node.and_then(|node| node.birth_of(topic.device));
        let is_known = known.is_some();
        let mut reader = MetricReader::new(message, known);
        reader.read(payload, message.received_at);
        let has_missed = reader.has_missed_birth();
        let mut reading = SparkplugReading::of(reader);
        if topic.verb.is_command() {
            return reading;
        }
        if !is_known {
            let whose = if has_node {
                "the device"
            } else {
                "the edge node"
            };
            no_birth(&mut reading, (topic, message), whose);
        } else if has_missed {
            reading.wish(topic, message);
        }
        self.in_order(topic, payload, message, &mut reading);
        reading
    }

    /// All metrics of the node and of its devices are stale from now on (section 5.4).
    fn node_death(&mut self, (topic, message, payload): ReceivedMessage<'_>) -> SparkplugReading {
        let own = self.node(topic).map(|node| &node.own);
        let alive = own.and_then(|own| own.birth.bd_seq);
        let mut reader = MetricReader::new(message, own);
        reader.read(payload, message.received_at);
        let dead = reader.bd_seq;
        let mut reading = SparkplugReading::of(reader);
        if let (Some(dead), Some(alive)) = (dead, alive)
            && is_behind(dead, alive)
        {
            reading.note(DefectCode::LateDeath, || {
                format!("of the connection {dead} (bdSeq); the edge node is on its {alive}")
            });
            return reading;
        }
        let since = Some(message.received_at);
        let own = [Verb::NodeBirth, Verb::NodeData];
        mark(&mut reading, topic, own, None, since);
        if let Some(node) = self.take_node(topic) {
            for device in node.devices.keys() {
                let verbs = [Verb::DeviceBirth, Verb::DeviceData];
                mark(&mut reading, topic, verbs, Some(device), since);
            }
            reading.births.push(node_gone(topic));
        }
        reading
    }

    /// All metrics of the device are stale from the time on that the payload says.
    fn device_death(&mut self, (topic, message, payload): ReceivedMessage<'_>) -> SparkplugReading {
        let mut reader = MetricReader::new(message, None);
        let since = reader.time(payload.timestamp, message.received_at);
        reader.read(payload, message.received_at);
        let mut reading = SparkplugReading::of(reader);
        if self.node(topic).is_none() {
            no_birth(&mut reading, (topic, message), "the edge node");
            return reading;
        }
        if self.forget_device(topic) {
            reading.births.extend(device_gone(topic));
        }
        let verbs = [Verb::DeviceBirth, Verb::DeviceData];
        mark(&mut reading, topic, verbs, topic.device, Some(since));
        self.in_order(topic, payload, message, &mut reading);
        reading
    }
}

/// A message with the levels of its topic and its payload.
type ReceivedMessage<'a> = (SparkplugTopic<'a>, &'a Message, &'a WirePayload);

fn born(
    topic: SparkplugTopic<'_>,
    message: &Message,
    mut reader: MetricReader<'_>,
) -> (Birth, SparkplugReading) {
    let births = reader.births.take();
    let bd_seq = reader.bd_seq;
    let mut reading = SparkplugReading::of(reader);
    let (metrics, is_full) = births.map_or_else(Default::default, |it| (it.metrics, it.is_full));
    if is_full {
        reading.note(DefectCode::TooManyBirths, || {
            format!("more than {BORN_METRICS_MAX} metrics, or too long names, in one birth")
        });
    }
    let birth = Birth {
        group: topic.group.into(),
        node: topic.node.into(),
        device: topic.device.map(Into::into),
        seq: message.offset,
        bd_seq,
        metrics,
    };
    (birth, reading)
}

fn no_birth(
    reading: &mut SparkplugReading,
    (topic, message): (SparkplugTopic<'_>, &Message),
    whose: &str,
) {
    reading.note(DefectCode::NoBirth, || {
        format!("there was no birth of {whose} before")
    });
    reading.wish(topic, message);
}

/// The topics of these verbs are stale from a time on, or fresh.
fn mark(
    reading: &mut SparkplugReading,
    topic: SparkplugTopic<'_>,
    verbs: [Verb; 2],
    device: Option<&str>,
    since: Option<Timestamp>,
) {
    let topics = verbs
        .into_iter()
        .filter_map(|verb| topic.with(verb, device));
    reading
        .stale
        .extend(topics.map(|topic: Topic| (topic, since)));
}

/// Whether a death is of an earlier connection than the birth, by their numbers, which count from 0
/// to 255 and begin again. One whose number is ahead is of a connection that ended before its birth,
/// and by which the one of the birth was over, too.
fn is_behind(dead: u64, alive: u64) -> bool {
    const NUMBERS: u64 = 256;
    if dead < NUMBERS && alive < NUMBERS {
        let ahead = (dead + NUMBERS - alive) % NUMBERS;
        ahead >= NUMBERS / 2
    } else {
        dead < alive
    }
}

fn node_gone(topic: SparkplugTopic<'_>) -> BirthChange {
    BirthChange::NodeGone {
        group: topic.group.into(),
        node: topic.node.into(),
    }
}

fn device_gone(topic: SparkplugTopic<'_>) -> Option<BirthChange> {
    Some(BirthChange::DeviceGone {
        group: topic.group.into(),
        node: topic.node.into(),
        device: topic.device?.into(),
    })
}

#[cfg(test)]
mod tests;
