//! Home Assistant's MQTT discovery: names in full and abbreviated, the base topic `~`.

use super::fields::JsonMembers;
use super::found::Findings;
use super::template::pointer;
use crate::message::Topic;

/// Members that say where a component's values come, and how they are taken out: in full, and
/// abbreviated.
const STATE_TOPIC: &[&str] = &["state_topic", "stat_t"];
const TEMPLATE: &[&str] = &["value_template", "val_tpl"];
const UNIT: &[&str] = &["unit_of_measurement", "unit_of_meas"];
const DEVICE: &[&str] = &["device", "dev"];
const COMPONENTS: &[&str] = &["components", "cmps"];

/// How many components of a device are read.
const COMPONENTS_MAX: usize = 500;

/// The configuration of one component.
pub(super) fn read_component(payload: &str, found: &mut Findings) -> Option<()> {
    let config = JsonMembers::of(payload)?;
    let device = device_name(&config);
    component(&config, &config, device.as_deref(), found);
    Some(())
}

/// That of all components of a device: what they share stands around them.
pub(super) fn read_device(payload: &str, found: &mut Findings) -> Option<()> {
    let shared = JsonMembers::of(payload)?;
    let device = device_name(&shared);
    let components = shared.fields(COMPONENTS)?;
    let configs = components.values().take(COMPONENTS_MAX);
    for config in configs.filter_map(JsonMembers::of) {
        // One that says only of what kind it was is withdrawn.
        if config.len() > 1 {
            component(&config, &shared, device.as_deref(), found);
        }
    }
    Some(())
}

fn component(
    config: &JsonMembers<'_>,
    shared: &JsonMembers<'_>,
    device: Option<&str>,
    found: &mut Findings,
) {
    let text = |names| config.text(names).or_else(|| shared.text(names));
    let path = match text(TEMPLATE) {
        Some(template) => pointer(&template),
        None => Some(String::new()),
    };
    let topic = text(STATE_TOPIC).map(|topic| based(topic, text(&["~"]).as_deref()));
    let topic = topic.and_then(|topic| Topic::new(topic).ok());
    if let (Some(topic), Some(path)) = (topic, path) {
        let name = full_name(config.text(&["name"]), device);
        found.add(&topic, &path, text(UNIT).as_deref(), name.as_deref());
    }
}

fn device_name(config: &JsonMembers<'_>) -> Option<String> {
    config.fields(DEVICE)?.text(&["name"])
}

/// A topic with the base in place of a `~` at either end.
fn based(topic: String, base: Option<&str>) -> String {
    let Some(base) = base else {
        return topic;
    };
    if let Some(behind) = topic.strip_prefix('~') {
        format!("{base}{behind}")
    } else if let Some(before) = topic.strip_suffix('~') {
        format!("{before}{base}")
    } else {
        topic
    }
}

/// The device's name and then the component's, as Home Assistant shows them; a component that is
/// the device itself has none.
fn full_name(name: Option<String>, device: Option<&str>) -> Option<String> {
    match (name, device) {
        (Some(name), Some(device)) if !name.starts_with(device) => Some(format!("{device} {name}")),
        (Some(name), _) => Some(name),
        (None, device) => device.map(str::to_owned),
    }
}
