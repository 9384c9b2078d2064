//! What devices announce of themselves for home automation: units and names of the series that they
//! will send, on topics of their own.
//!
//! - Home Assistant's MQTT discovery: `homeassistant/<component>/[<node>/]<object>/config`, and
//!   `homeassistant/device/…/config` for all components of a device at once.
//! - The list of devices of Zigbee2MQTT, `<base>/bridge/devices`.
//!
//! It is read and never required, and says nothing of topics of Sparkplug, whose births do. Pure
//! and total as all that decodes. Nothing of the payload is built but the members on the way to what
//! is looked for, and what is found comes to no more than that of any other payload.

mod fields;
mod found;
mod home_assistant;
mod template;
#[cfg(test)]
mod tests;
mod zigbee2mqtt;

use crate::message::{DescribedSeries, Message};

use self::found::Findings;

/// What `message` says of series, in place of what was said on its topic before; nothing where it
/// withdraws that with an empty payload. `None` where it is no announcement that can be read.
pub fn read(message: &Message) -> Option<Vec<DescribedSeries>> {
    let topic = message.topic.as_str();
    let announcer = if let Some(base) = topic.strip_suffix("/bridge/devices") {
        Announcer::Zigbee2Mqtt { base }
    } else {
        let levels = topic.strip_prefix("homeassistant/")?;
        Announcer::home_assistant(levels.strip_suffix("/config")?)?
    };
    if !found::is_short(topic) {
        return None;
    }
    let mut found = Findings::default();
    if !message.payload.is_empty() {
        let payload = str::from_utf8(&message.payload).ok()?;
        match announcer {
            Announcer::Zigbee2Mqtt { base } => zigbee2mqtt::read(base, payload, &mut found)?,
            Announcer::Component => home_assistant::read_component(payload, &mut found)?,
            Announcer::Device => home_assistant::read_device(payload, &mut found)?,
        }
    }
    Some(found.series)
}

/// Who writes on a topic of announcements.
enum Announcer<'a> {
    Zigbee2Mqtt { base: &'a str },
    Component,
    Device,
}

impl Announcer<'_> {
    /// By the levels between the first and the last: component, perhaps a node, and an object.
    fn home_assistant(levels: &str) -> Option<Self> {
        let count = levels.split('/').count();
        let (component, _) = levels.split_once('/')?;
        (count <= 3).then_some(if component == "device" {
            Self::Device
        } else {
            Self::Component
        })
    }
}
