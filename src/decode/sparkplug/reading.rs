//! What comes of a message of Sparkplug: its samples, and what it says of others.

use std::sync::Arc;

use super::metrics::MetricReader;
use crate::decode::sample::{Decoded, PayloadFormat};
use crate::message::{
    BirthChange, ClientId, DefectCode, Message, SparkplugTopic, Timestamp, Topic,
};

/// A message that was read.
#[derive(Debug, Default)]
pub struct SparkplugReading {
    pub decoded: Decoded,
    /// The units of samples, by their places.
    pub units: Vec<(usize, Arc<str>)>,
    /// The places of samples of the past, in their order: they were not true when the message was
    /// sent.
    pub historical: Vec<usize>,
    /// What it changes in what is remembered of births.
    pub births: Vec<BirthChange>,
    /// Topics whose values are no longer true from a time on, or (with `None`) are true again.
    pub stale: Vec<(Topic, Option<Timestamp>)>,
    /// The node that should be born again.
    pub wish: Option<RebirthWish>,
}

/// An edge node of which something is not known that its births would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RebirthWish {
    pub group: Arc<str>,
    pub node: Arc<str>,
    /// Whose message showed that, and when it came.
    pub client: ClientId,
    pub since: Timestamp,
}

impl RebirthWish {
    /// That the message of a topic makes.
    pub(super) fn of(topic: SparkplugTopic<'_>, message: &Message) -> Self {
        Self {
            group: topic.group.into(),
            node: topic.node.into(),
            client: message.client.clone(),
            since: message.received_at,
        }
    }
}

impl SparkplugReading {
    /// What the reader has found.
    pub(super) fn of(reader: MetricReader<'_>) -> Self {
        Self {
            decoded: reader.walk.finish(PayloadFormat::Sparkplug),
            units: reader.units,
            historical: reader.historical,
            ..Self::default()
        }
    }

    /// Of a payload that is none.
    pub(super) fn of_nothing(error: &str) -> Self {
        let mut reading = Self::default();
        reading.decoded.format = PayloadFormat::Sparkplug;
        reading.note(DefectCode::NotSparkplug, || {
            format!("not Sparkplug B: {error}")
        });
        reading
    }

    pub(super) fn note(&mut self, code: DefectCode, text: impl FnOnce() -> String) {
        self.decoded.defects.add(code, None, text);
    }

    pub(super) fn wish(&mut self, topic: SparkplugTopic<'_>, message: &Message) {
        let wish = || RebirthWish::of(topic, message);
        self.wish.get_or_insert_with(wish);
    }
}
