//! What Sparkplug B 3.0 says in the names of topics (section 4), and what is remembered of the
//! births of edge nodes and devices.

use std::sync::Arc;

use super::{Offset, Topic};

/// The first level of every topic of Sparkplug B.
pub const SPARKPLUG_NAMESPACE: &str = "spBv1.0";

/// Below which the births are kept for late subscribers (section 10.1.4).
const CERTIFICATES: &str = "$sparkplug/certificates/";

/// Where the last birth of the node or device is kept that this is a topic of births of.
pub fn certificate_topic(topic: &Topic) -> Option<Topic> {
    let levels = SparkplugTopic::of(topic)?;
    if !levels.verb.is_birth() {
        return None;
    }
    Topic::new(format!("{CERTIFICATES}{topic}")).ok()
}

/// The topic, or filter of topics, of the births that are kept below this one.
pub fn certified(certificates: &str) -> Option<&str> {
    certificates.strip_prefix(CERTIFICATES)
}

/// What a message of Sparkplug is (section 4.1.1, `message_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    NodeBirth,
    NodeData,
    NodeCommand,
    NodeDeath,
    DeviceBirth,
    DeviceData,
    DeviceCommand,
    DeviceDeath,
}

/// The levels of a topic that carries a payload of Sparkplug B.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SparkplugTopic<'a> {
    pub group: &'a str,
    pub verb: Verb,
    pub node: &'a str,
    /// Of what belongs to a device.
    pub device: Option<&'a str>,
}

/// What an edge node or one of its devices said in its last birth that later messages need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Birth {
    pub group: Arc<str>,
    pub node: Arc<str>,
    /// `None` for the node itself.
    pub device: Option<Arc<str>>,
    /// The message that it was.
    pub seq: Offset,
    /// By which a death is known to be of the same connection; only of a node.
    pub bd_seq: Option<u64>,
    pub metrics: Vec<BornMetric>,
}

/// A metric as a birth defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BornMetric {
    pub name: Arc<str>,
    /// The number that stands for the name in later messages.
    pub alias: Option<u64>,
    /// Its data type (section 6.4.16).
    pub datatype: u32,
}

/// What a message changes in what is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BirthChange {
    /// In place of the birth before. What the devices of a node had said is forgotten with the
    /// node's own.
    Born(Arc<Birth>),
    /// The node is gone, and its devices with it.
    NodeGone { group: Arc<str>, node: Arc<str> },
    DeviceGone {
        group: Arc<str>,
        node: Arc<str>,
        device: Arc<str>,
    },
}

impl Verb {
    const ALL: [(&'static str, Self); 8] = [
        ("NBIRTH", Self::NodeBirth),
        ("NDATA", Self::NodeData),
        ("NCMD", Self::NodeCommand),
        ("NDEATH", Self::NodeDeath),
        ("DBIRTH", Self::DeviceBirth),
        ("DDATA", Self::DeviceData),
        ("DCMD", Self::DeviceCommand),
        ("DDEATH", Self::DeviceDeath),
    ];

    /// As it is written in a topic.
    pub fn name(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(_, verb)| *verb == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether it is about a device, and not about the node itself.
    pub fn is_of_device(self) -> bool {
        use Verb::{DeviceBirth, DeviceCommand, DeviceData, DeviceDeath};
        matches!(self, DeviceBirth | DeviceData | DeviceCommand | DeviceDeath)
    }

    pub fn is_birth(self) -> bool {
        matches!(self, Self::NodeBirth | Self::DeviceBirth)
    }

    pub fn is_command(self) -> bool {
        matches!(self, Self::NodeCommand | Self::DeviceCommand)
    }
}

impl<'a> SparkplugTopic<'a> {
    /// The levels of `topic`, if it is one of Sparkplug's: with a device where the verb has one,
    /// and without where not.
    pub fn of(topic: &'a Topic) -> Option<Self> {
        let rest = topic.as_str().strip_prefix(SPARKPLUG_NAMESPACE)?;
        let mut levels = rest.strip_prefix('/')?.split('/');
        let (group, verb, node) = (levels.next()?, levels.next()?, levels.next()?);
        let (_, verb) = Verb::ALL.into_iter().find(|(name, _)| *name == verb)?;
        let device = levels.next();
        let is_whole = levels.next().is_none() && device.is_some() == verb.is_of_device();
        is_whole.then_some(Self {
            group,
            verb,
            node,
            device,
        })
    }

    /// The topic of another verb of the same node, or of the same device.
    pub fn with(&self, verb: Verb, device: Option<&str>) -> Option<Topic> {
        let Self { group, node, .. } = self;
        let verb = verb.name();
        Topic::new(match device {
            Some(device) => format!("{SPARKPLUG_NAMESPACE}/{group}/{verb}/{node}/{device}"),
            None => format!("{SPARKPLUG_NAMESPACE}/{group}/{verb}/{node}"),
        })
        .ok()
    }

    /// Where the births come whose metrics go on on this topic of data.
    pub fn birth_of_data(topic: &Topic) -> Option<Topic> {
        let levels = SparkplugTopic::of(topic)?;
        match levels.verb {
            Verb::NodeData => levels.with(Verb::NodeBirth, None),
            Verb::DeviceData => levels.with(Verb::DeviceBirth, levels.device),
            _ => None,
        }
    }

    /// Where the metrics go on that this topic of births defines.
    pub fn data_of_birth(topic: &Topic) -> Option<Topic> {
        let levels = SparkplugTopic::of(topic)?;
        match levels.verb {
            Verb::NodeBirth => levels.with(Verb::NodeData, None),
            Verb::DeviceBirth => levels.with(Verb::DeviceData, levels.device),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_topic_of_sparkplug_has_all_its_levels_and_no_more() {
        for (topic, levels) in [
            ("spBv1.0/G/NDATA/N", Some(("G", Verb::NodeData, "N", None))),
            (
                "spBv1.0/G/DBIRTH/N/D",
                Some(("G", Verb::DeviceBirth, "N", Some("D"))),
            ),
            ("spBv1.0/G/NDATA/N/D", None),
            ("spBv1.0/G/DDATA/N", None),
            ("spBv1.0/G/DDATA/N/D/E", None),
            ("spBv1.0/G/XDATA/N", None),
            ("spBv1.0/G", None),
            ("spBv1.0/STATE/host", None),
            ("spAv1.0/G/NDATA/N", None),
            ("a/spBv1.0/G/NDATA/N", None),
        ] {
            let topic = Topic::new(topic).unwrap();
            let found = SparkplugTopic::of(&topic);
            let found = found.map(|it| (it.group, it.verb, it.node, it.device));
            assert_eq!(found, levels, "{topic}");
        }
    }

    #[test]
    fn births_and_data_know_each_other() {
        for (birth, data) in [
            ("spBv1.0/G/NBIRTH/N", "spBv1.0/G/NDATA/N"),
            ("spBv1.0/G/DBIRTH/N/D", "spBv1.0/G/DDATA/N/D"),
        ] {
            let (birth, data) = (Topic::new(birth).unwrap(), Topic::new(data).unwrap());
            assert_eq!(SparkplugTopic::birth_of_data(&data), Some(birth.clone()));
            assert_eq!(SparkplugTopic::data_of_birth(&birth), Some(data.clone()));
            assert_eq!(SparkplugTopic::birth_of_data(&birth), None);
            assert_eq!(SparkplugTopic::data_of_birth(&data), None);
        }
    }
}
