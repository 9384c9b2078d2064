//! PUBLISH (MQTT 5.0 section 3.3), the packet that a broker sends most: written straight from its
//! parts.

use std::num::NonZeroU16;

use bytes::{BufMut, BytesMut};

use crate::message::{Properties, Qos, Topic};
use crate::mqtt::codec::{EncodeError, PacketId, Publish, Version, property};

use super::Encoder;
use super::fields::{
    Result, application_length, put_application, put_u16, put_variable, variable_length,
};

/// A PUBLISH to be sent, borrowed from wherever its parts are.
#[derive(Debug, Clone, Copy)]
pub struct PublishParts<'a> {
    pub dup: bool,
    pub qos: Qos,
    pub retain: bool,
    /// Topic Name; `None` where the alias says it.
    pub topic: Option<&'a Topic>,
    pub topic_alias: Option<NonZeroU16>,
    /// Packet Identifier, at QoS 1 and 2 only.
    pub packet_id: Option<PacketId>,
    /// The identifiers of the subscriptions that match.
    pub subscription_ids: &'a [u32],
    /// What travels with the message, but for its expiry.
    pub properties: Option<&'a Properties>,
    /// The Message Expiry Interval, less the time that the message has waited
    /// [MQTT-3.3.2-6].
    pub message_expiry_s: Option<u32>,
    pub payload: &'a [u8],
}

impl<'a> From<&'a Publish> for PublishParts<'a> {
    fn from(publish: &'a Publish) -> Self {
        let properties = publish.properties.as_deref();
        Self {
            dup: publish.dup,
            qos: publish.qos,
            retain: publish.retain,
            topic: publish.topic.as_ref(),
            topic_alias: publish.topic_alias,
            packet_id: publish.packet_id,
            subscription_ids: &publish.subscription_ids,
            properties,
            message_expiry_s: properties.and_then(|all| all.message_expiry_s),
            payload: &publish.payload,
        }
    }
}

impl PublishParts<'_> {
    fn properties_length(&self) -> usize {
        let none = Properties::default();
        let all = self.properties.unwrap_or(&none);
        let ids = self
            .subscription_ids
            .iter()
            .map(|id| 1 + variable_length(*id as usize));
        3 * usize::from(self.topic_alias.is_some())
            + application_length(all, self.message_expiry_s)
            + ids.sum::<usize>()
    }

    fn put_properties(&self, out: &mut BytesMut) -> Result {
        let alias = self.topic_alias.map(NonZeroU16::get);
        put_u16(property::TOPIC_ALIAS, alias, out);
        for id in self.subscription_ids {
            out.put_u8(property::SUBSCRIPTION_IDENTIFIER);
            put_variable(*id as usize, out);
        }
        let none = Properties::default();
        put_application(self.properties.unwrap_or(&none), self.message_expiry_s, out)
    }

    fn has_properties(&self) -> bool {
        self.properties.is_some()
            || self.message_expiry_s.is_some()
            || self.topic_alias.is_some()
            || !self.subscription_ids.is_empty()
    }
}

/// The lengths that a PUBLISH's fields before the payload are written with.
struct Lengths {
    properties: usize,
    remaining: usize,
}

impl Encoder {
    pub fn publish(self, parts: &PublishParts<'_>, out: &mut BytesMut) -> Result {
        self.publish_head(parts, out)?;
        out.reserve(parts.payload.len());
        out.put_slice(parts.payload);
        Ok(())
    }

    /// Appends a PUBLISH up to its payload, which is to be sent after it: a large one need not be
    /// copied for every subscriber.
    pub fn publish_head(self, parts: &PublishParts<'_>, out: &mut BytesMut) -> Result {
        let lengths = self.lengths(parts);
        let size = 1 + variable_length(lengths.remaining) + lengths.remaining;
        self.check_size(size)?;
        match (parts.qos, parts.packet_id) {
            (Qos::AtMostOnce, None) | (Qos::AtLeastOnce | Qos::ExactlyOnce, Some(_)) => {}
            _ => return Err(EncodeError::Inexpressible(PACKET_ID)),
        }
        if parts.topic.is_none() && (self.version < Version::V5 || parts.topic_alias.is_none()) {
            return Err(EncodeError::Inexpressible(NO_TOPIC));
        }
        let start = out.len();
        out.reserve(size - parts.payload.len());
        out.put_u8(
            0x30 | u8::from(parts.dup) << 3 | (parts.qos as u8) << 1 | u8::from(parts.retain),
        );
        put_variable(lengths.remaining, out);
        let name = parts.topic.map_or("", Topic::as_str);
        super::fields::put_str(name, out)?;
        if let Some(packet_id) = parts.packet_id {
            out.put_u16(packet_id.get());
        }
        if self.version == Version::V5 {
            put_variable(lengths.properties, out);
            if lengths.properties > 0
                && let Err(error) = parts.put_properties(out)
            {
                out.truncate(start);
                return Err(error);
            }
        }
        Ok(())
    }

    fn lengths(self, parts: &PublishParts<'_>) -> Lengths {
        let name = parts.topic.map_or(0, |topic| topic.as_str().len());
        let packet_id = 2 * usize::from(parts.packet_id.is_some());
        let mut remaining = 2 + name + packet_id + parts.payload.len();
        let mut properties = 0;
        if self.version == Version::V5 {
            if parts.has_properties() {
                properties = parts.properties_length();
            }
            remaining += variable_length(properties) + properties;
        }
        Lengths {
            properties,
            remaining,
        }
    }
}

const PACKET_ID: &str = "a PUBLISH has a packet identifier at QoS 1 and 2, and none at QoS 0";
const NO_TOPIC: &str = "a PUBLISH has a topic name or, in MQTT 5.0, a topic alias";
