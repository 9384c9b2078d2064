//! PUBLISH (MQTT 5.0 section 3.3).

use bytes::{Buf, Bytes};

use crate::message::Qos;
use crate::mqtt::codec::{DecodeError, Publish, Side, Version};

use super::body::Body;
use super::context::Context;
use super::properties::{self, MISPLACED, Property};
use super::topic::Topics;

pub(super) fn publish(
    mut frame: Bytes,
    context: Context,
    topics: &mut Topics,
) -> Result<Publish, DecodeError> {
    let dup = context.flags & 0b1000 != 0;
    let qos = Qos::from_u8(context.flags >> 1 & 3)
        .ok_or(DecodeError::malformed("the QoS is 3 [MQTT-3.3.1-4]"))?;
    if dup && qos == Qos::AtMostOnce {
        return Err(DecodeError::malformed("DUP at QoS 0 [MQTT-3.3.1-2]"));
    }
    let mut body = Body::new(&frame);
    let name = body.raw()?;
    let topic = if name.is_empty() && context.version == Version::V5 {
        None
    } else {
        Some(topics.topic(name)?)
    };
    let packet_id = match qos {
        Qos::AtMostOnce => None,
        _ => Some(body.packet_id()?),
    };
    let mut publish = Publish {
        dup,
        qos,
        retain: context.flags & 1 != 0,
        topic,
        topic_alias: None,
        packet_id,
        subscription_ids: Vec::new(),
        properties: None,
        payload: Bytes::new(),
    };
    if context.version == Version::V5 {
        read(&mut body, context.side, &mut publish)?;
    }
    if publish.topic.is_none() && publish.topic_alias.is_none() {
        return Err(DecodeError::protocol(
            "neither a topic name nor a topic alias [section 3.3.2.1]",
        ));
    }
    let payload = frame.len() - body.len();
    frame.advance(payload);
    publish.payload = frame;
    Ok(publish)
}

fn read(body: &mut Body<'_>, side: Side, publish: &mut Publish) -> Result<(), DecodeError> {
    properties::each(body, |property| {
        match properties::application(&mut publish.properties, property) {
            Ok(()) => {}
            Err(Property::TopicAlias(alias)) => publish.topic_alias = Some(alias),
            Err(Property::SubscriptionId(id)) if side == Side::Client => {
                publish.subscription_ids.push(id);
            }
            Err(Property::SubscriptionId(_)) => {
                return Err(DecodeError::protocol(
                    "a client's PUBLISH has a subscription identifier [MQTT-3.3.4-6]",
                ));
            }
            Err(_) => return Err(MISPLACED),
        }
        Ok(())
    })
}
