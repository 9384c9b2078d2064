//! Zigbee2MQTT's list of devices, each with what it exposes.

use super::fields::{JsonMembers, each};
use super::found::{Findings, is_short, push_name};
use crate::message::Topic;

/// The deepest nesting of features that is followed; real ones have three levels.
const DEPTH_MAX: usize = 6;

/// Reads the list of the devices below `base`.
pub(super) fn read(base: &str, payload: &str, found: &mut Findings) -> Option<()> {
    each(payload, &mut |device| {
        // The coordinator has no definition, and neither has a device that is not supported.
        let _skipped = read_device(base, device, found);
    })
}

fn read_device(base: &str, device: &str, found: &mut Findings) -> Option<()> {
    let device = JsonMembers::of(device)?;
    let name = device.text(&["friendly_name"])?;
    let topic = Topic::new(format!("{base}/{name}")).ok()?;
    let definition = device.fields(&["definition"])?;
    let exposes = definition.get(&["exposes"])?;
    read_features(exposes, (&topic, ""), DEPTH_MAX, found)
}

/// Features of what is at `path`. Those of a composite are members of its object; those of a light
/// or a switch, which has no property itself, stand where it stands.
fn read_features(
    features: &str,
    (topic, path): (&Topic, &str),
    depth: usize,
    found: &mut Findings,
) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    each(features, &mut |feature| {
        let Some(feature) = JsonMembers::of(feature) else {
            return;
        };
        let mut path = path.to_owned();
        if feature.get(&["property"]).is_some() {
            let Some(property) = feature.text(&["property"]) else {
                return;
            };
            push_name(&mut path, &property);
        }
        if !is_short(&path) {
            return;
        }
        if let Some(features) = feature.get(&["features"]) {
            let _too_deep = read_features(features, (topic, &path), depth, found);
        } else if !path.is_empty() {
            let unit = feature.text(&["unit"]);
            let description = feature.text(&["description", "label", "name"]);
            found.add(topic, &path, unit.as_deref(), description.as_deref());
        }
    })
}
