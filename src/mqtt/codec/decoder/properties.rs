//! The properties of a packet (MQTT 5.0 section 2.2.2).

use std::num::NonZeroU16;
use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Properties, Qos, Topic};
use crate::mqtt::codec::{DecodeError, ReasonCode, property};

use super::body::Body;
use super::topic;

/// How many user properties one packet may have. The standard has no limit; without one, five
/// bytes on the wire would become a hundred on the heap.
pub const USER_PROPERTIES_MAX: usize = 16_384;

/// A property with its value, which is within the range that the standard gives it.
pub(super) enum Property {
    PayloadIsUtf8(bool),
    MessageExpiry(u32),
    ContentType(Arc<str>),
    ResponseTopic(Topic),
    CorrelationData(Bytes),
    SubscriptionId(u32),
    SessionExpiry(u32),
    AssignedClientId(Arc<str>),
    ServerKeepAlive(u16),
    AuthMethod(Arc<str>),
    AuthData(Bytes),
    RequestProblemInformation(bool),
    WillDelay(u32),
    RequestResponseInformation(bool),
    ResponseInformation(Arc<str>),
    ServerReference(Arc<str>),
    ReasonString(Arc<str>),
    ReceiveMaximum(u16),
    TopicAliasMaximum(u16),
    TopicAlias(NonZeroU16),
    MaximumQos(Qos),
    RetainAvailable(bool),
    User(Arc<str>, Arc<str>),
    PacketBytesMax(u32),
    WildcardSubscriptionAvailable(bool),
    SubscriptionIdentifiersAvailable(bool),
    SharedSubscriptionAvailable(bool),
}

/// The answer of `take` to a property that the packet can't have.
pub(super) const MISPLACED: DecodeError =
    DecodeError::malformed("the packet has a property that is not its own [section 2.2.2.2]");

/// Hands every property to `take`; refuses those that come twice but may not.
pub(super) fn each(
    body: &mut Body<'_>,
    mut take: impl FnMut(Property) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let length = body.variable()?;
    if length == 0 {
        return Ok(());
    }
    let mut part = body.part(length as usize)?;
    let mut seen = 0_u64;
    let mut users = 0;
    while !part.is_empty() {
        let number = part.variable()?;
        let property = read(number, &mut part)?;
        match property {
            Property::User(..) => {
                users += 1;
                if users > USER_PROPERTIES_MAX {
                    return Err(DecodeError::new(
                        ReasonCode::QuotaExceeded,
                        "the packet has more user properties than this server takes",
                    ));
                }
            }
            // Whether it may come more than once is the PUBLISH's or SUBSCRIBE's to say.
            Property::SubscriptionId(_) => {}
            _ => {
                if seen & 1 << number != 0 {
                    return Err(TWICE);
                }
                seen |= 1 << number;
            }
        }
        take(property)?;
    }
    Ok(())
}

/// The answer to a property that comes more than once.
pub(super) const TWICE: DecodeError =
    DecodeError::protocol("a property comes more than once [section 2.2.2.2]");

/// Takes what travels with a message; the rest is given back.
pub(super) fn application(
    properties: &mut Option<Box<Properties>>,
    property: Property,
) -> Result<(), Property> {
    match property {
        // 0 is what absence means (section 3.3.2.3.2).
        Property::PayloadIsUtf8(false) => {}
        Property::PayloadIsUtf8(true) => properties.get_or_insert_default().payload_is_utf8 = true,
        Property::MessageExpiry(seconds) => {
            properties.get_or_insert_default().message_expiry_s = Some(seconds);
        }
        Property::ContentType(text) => properties.get_or_insert_default().content_type = Some(text),
        Property::ResponseTopic(topic) => {
            properties.get_or_insert_default().response_topic = Some(topic);
        }
        Property::CorrelationData(data) => {
            properties.get_or_insert_default().correlation_data = Some(data);
        }
        Property::User(name, value) => properties.get_or_insert_default().user.push((name, value)),
        other => return Err(other),
    }
    Ok(())
}

fn positive<T: PartialEq + Default>(value: T, what: &'static str) -> Result<T, DecodeError> {
    if value == T::default() {
        return Err(DecodeError::protocol(what));
    }
    Ok(value)
}

fn read(number: u32, body: &mut Body<'_>) -> Result<Property, DecodeError> {
    let number = u8::try_from(number).map_err(|_| MISPLACED)?;
    Ok(match number {
        property::PAYLOAD_FORMAT_INDICATOR => Property::PayloadIsUtf8(body.bool()?),
        property::MESSAGE_EXPIRY_INTERVAL => Property::MessageExpiry(body.u32()?),
        property::CONTENT_TYPE => Property::ContentType(body.string()?),
        property::RESPONSE_TOPIC => Property::ResponseTopic(topic::name(body.raw()?)?),
        property::CORRELATION_DATA => Property::CorrelationData(body.binary()?),
        property::SUBSCRIPTION_IDENTIFIER => Property::SubscriptionId(positive(
            body.variable()?,
            "the subscription identifier is 0 [section 3.8.2.1.2]",
        )?),
        property::SESSION_EXPIRY_INTERVAL => Property::SessionExpiry(body.u32()?),
        property::ASSIGNED_CLIENT_IDENTIFIER => Property::AssignedClientId(body.string()?),
        property::SERVER_KEEP_ALIVE => Property::ServerKeepAlive(body.u16()?),
        property::AUTHENTICATION_METHOD => Property::AuthMethod(body.string()?),
        property::AUTHENTICATION_DATA => Property::AuthData(body.binary()?),
        property::REQUEST_PROBLEM_INFORMATION => Property::RequestProblemInformation(body.bool()?),
        property::WILL_DELAY_INTERVAL => Property::WillDelay(body.u32()?),
        property::REQUEST_RESPONSE_INFORMATION => {
            Property::RequestResponseInformation(body.bool()?)
        }
        property::RESPONSE_INFORMATION => Property::ResponseInformation(body.string()?),
        property::SERVER_REFERENCE => Property::ServerReference(body.string()?),
        property::REASON_STRING => Property::ReasonString(body.string()?),
        property::RECEIVE_MAXIMUM => Property::ReceiveMaximum(positive(
            body.u16()?,
            "the Receive Maximum is 0 [section 3.1.2.11.3]",
        )?),
        property::TOPIC_ALIAS_MAXIMUM => Property::TopicAliasMaximum(body.u16()?),
        property::TOPIC_ALIAS => {
            Property::TopicAlias(NonZeroU16::new(body.u16()?).ok_or(DecodeError::new(
                ReasonCode::TopicAliasInvalid,
                "the topic alias is 0 [MQTT-3.3.2-8]",
            ))?)
        }
        property::MAXIMUM_QOS => Property::MaximumQos(if body.bool()? {
            Qos::AtLeastOnce
        } else {
            Qos::AtMostOnce
        }),
        property::RETAIN_AVAILABLE => Property::RetainAvailable(body.bool()?),
        property::USER_PROPERTY => Property::User(body.string()?, body.string()?),
        property::MAXIMUM_PACKET_SIZE => Property::PacketBytesMax(positive(
            body.u32()?,
            "the Maximum Packet Size is 0 [section 3.1.2.11.4]",
        )?),
        property::WILDCARD_SUBSCRIPTION_AVAILABLE => {
            Property::WildcardSubscriptionAvailable(body.bool()?)
        }
        property::SUBSCRIPTION_IDENTIFIERS_AVAILABLE => {
            Property::SubscriptionIdentifiersAvailable(body.bool()?)
        }
        property::SHARED_SUBSCRIPTION_AVAILABLE => {
            Property::SharedSubscriptionAvailable(body.bool()?)
        }
        _ => return Err(MISPLACED),
    })
}
