//! Every edge node that is alive: what its births said, and which of its messages comes next.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::births::KnownBirth;
use super::reading::{RebirthWish, SparkplugReading};
use super::sequence::{MissedSeq, Sequence};
use super::wire::WirePayload;
use crate::message::{Birth, DefectCode, Message, SparkplugTopic, Timestamp};

/// The most edge nodes that are known at a time.
pub const NODES_MAX: usize = 10_000;

/// The most devices of one node.
pub const DEVICES_MAX: usize = 2_000;

/// What all births together may take in memory, in bytes, about.
pub const BIRTHS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// The edge nodes. What is decoded depends on nothing but the messages that came before and the
/// births that it was given to begin with.
#[derive(Debug)]
pub struct Plant {
    /// By group and node, which have no slash.
    pub(super) nodes: HashMap<Arc<str>, EdgeNode, RandomState>,
    /// Those of which a message is missing.
    waiting: BTreeSet<Arc<str>>,
    /// How long a message may come late, in microseconds.
    pub(super) window: i64,
    bytes: usize,
    /// What a key is written in.
    key: String,
}

#[derive(Debug)]
pub(super) struct EdgeNode {
    pub(super) own: KnownBirth,
    pub(super) devices: HashMap<Arc<str>, KnownBirth, RandomState>,
    pub(super) sequence: Sequence,
    /// What the first message makes that came before its turn.
    early: Option<RebirthWish>,
}

impl Plant {
    /// Knows nobody yet. A message may come `reorder_ms` milliseconds after one that was sent
    /// behind it.
    pub fn new(reorder_ms: u32) -> Self {
        Self {
            nodes: HashMap::default(),
            waiting: BTreeSet::new(),
            window: i64::from(reorder_ms) * 1000,
            bytes: 0,
            key: String::new(),
        }
    }

    /// Learns births that were kept.
    pub fn restore(&mut self, births: Vec<Birth>) {
        let (of_nodes, of_devices): (Vec<_>, Vec<_>) =
            births.into_iter().partition(|birth| birth.device.is_none());
        for birth in of_nodes {
            self.put_node(KnownBirth::new(Arc::new(birth)), Sequence::default());
        }
        for birth in of_devices {
            self.put_device(KnownBirth::new(Arc::new(birth)));
        }
    }

    /// Whether a message of some node is missing, so that [`Self::overdue`] may have something to
    /// say though no message comes.
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The nodes of which a message is missing that can't be expected any more.
    pub fn overdue(&mut self, now: Timestamp) -> Vec<RebirthWish> {
        let (nodes, window) = (&mut self.nodes, self.window);
        let mut wishes = Vec::new();
        self.waiting.retain(|key| {
            let Some(node) = nodes.get_mut(key) else {
                return false;
            };
            if node.sequence.give_up(now, window).is_some() {
                wishes.extend(node.early.take());
            }
            node.sequence.is_waiting()
        });
        wishes
    }

    /// Takes the number of a message of a node; a gap before it is a defect, and a reason for a
    /// rebirth.
    pub(super) fn in_order(
        &mut self,
        topic: SparkplugTopic<'_>,
        payload: &WirePayload,
        message: &Message,
        reading: &mut SparkplugReading,
    ) {
        let Some(seq) = payload.seq else {
            return;
        };
        let Ok(seq) = u8::try_from(seq) else {
            let text = || format!("the sequence number {seq}, which is greater than 255");
            return reading.note(DefectCode::NotSparkplug, text);
        };
        self.write_key(topic);
        let Some((key, _)) = self.nodes.get_key_value(&*self.key) else {
            return;
        };
        let key = Arc::clone(key);
        let Some(node) = self.nodes.get_mut(&key) else {
            return;
        };
        let gap = node.sequence.take(seq, message.received_at, self.window);
        if node.sequence.is_waiting() {
            let wish = || RebirthWish::of(topic, message);
            node.early.get_or_insert_with(wish);
            self.waiting.insert(key);
        } else if node.early.take().is_some() {
            self.waiting.remove(&key);
        }
        if let Some(MissedSeq { missing }) = gap {
            reading.note(DefectCode::SequenceGap, || {
                format!("message {missing} of this edge node is missing before {seq}")
            });
            reading.wish(topic, message);
        }
    }

    pub(super) fn node(&mut self, topic: SparkplugTopic<'_>) -> Option<&EdgeNode> {
        self.write_key(topic);
        self.nodes.get(&*self.key)
    }

    /// Puts a node in the place of the one of its name; whether there is room for it.
    pub(super) fn put_node(&mut self, own: KnownBirth, sequence: Sequence) -> bool {
        let birth = &own.birth;
        let key: Arc<str> = format!("{}/{}", birth.group, birth.node).into();
        self.forget_node(&key);
        let bytes = self.bytes + KnownBirth::bytes(birth);
        if self.nodes.len() >= NODES_MAX || bytes > BIRTHS_BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        let devices = HashMap::default();
        let node = EdgeNode {
            own,
            devices,
            sequence,
            early: None,
        };
        self.nodes.insert(key, node);
        true
    }

    /// Puts a device in the place of the one of its name; whether there is room for it. Its node
    /// is known.
    pub(super) fn put_device(&mut self, device: KnownBirth) -> bool {
        let birth = &device.birth;
        let key = format!("{}/{}", birth.group, birth.node);
        let (Some(node), Some(name)) = (self.nodes.get_mut(&*key), birth.device.clone()) else {
            return false;
        };
        if let Some(before) = node.devices.remove(&name) {
            self.bytes -= KnownBirth::bytes(&before.birth);
        }
        let bytes = self.bytes + KnownBirth::bytes(birth);
        if node.devices.len() >= DEVICES_MAX || bytes > BIRTHS_BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        node.devices.insert(name, device);
        true
    }

    /// Forgets the node of a topic, and answers with it.
    pub(super) fn take_node(&mut self, topic: SparkplugTopic<'_>) -> Option<EdgeNode> {
        self.write_key(topic);
        let key = std::mem::take(&mut self.key);
        let node = self.forget_node(&key);
        self.key = key;
        node
    }

    /// Forgets the device of a topic; whether it was known.
    pub(super) fn forget_device(&mut self, topic: SparkplugTopic<'_>) -> bool {
        self.write_key(topic);
        let device = self.nodes.get_mut(&*self.key);
        let device = device.zip(topic.device);
        let Some(device) = device.and_then(|(node, device)| node.devices.remove(device)) else {
            return false;
        };
        self.bytes -= KnownBirth::bytes(&device.birth);
        true
    }

    fn forget_node(&mut self, key: &str) -> Option<EdgeNode> {
        let node = self.nodes.remove(key)?;
        self.waiting.remove(key);
        let devices = node.devices.values();
        let devices: usize = devices.map(|it| KnownBirth::bytes(&it.birth)).sum();
        self.bytes -= KnownBirth::bytes(&node.own.birth) + devices;
        Some(node)
    }

    fn write_key(&mut self, topic: SparkplugTopic<'_>) {
        self.key.clear();
        self.key.push_str(topic.group);
        self.key.push('/');
        self.key.push_str(topic.node);
    }
}

impl EdgeNode {
    /// What its own birth said, or that of its device.
    pub(super) fn birth_of(&self, device: Option<&str>) -> Option<&KnownBirth> {
        match device {
            None => Some(&self.own),
            Some(device) => self.devices.get(device),
        }
    }
}
