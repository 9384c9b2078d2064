//! SUBSCRIBE and UNSUBSCRIBE (MQTT 5.0 sections 3.8 and 3.10).

use crate::message::Qos;
use crate::mqtt::codec::{
    DecodeError, ReasonCode, RetainHandling, Subscribe, Subscription, Unsubscribe, Version,
};

use super::body::Body;
use super::context::Context;
use super::properties::{self, MISPLACED, Property, TWICE};
use super::topic::parse_share;

/// How many filters one packet may have. The standard has no limit; without one, three bytes on
/// the wire would become sixty on the heap.
pub const FILTERS_MAX: usize = 20_000;

pub(super) fn subscribe(body: &mut Body<'_>, context: Context) -> Result<Subscribe, DecodeError> {
    let mut subscribe = Subscribe {
        packet_id: body.packet_id()?,
        subscription_id: None,
        user: Vec::new(),
        subscriptions: Vec::new(),
    };
    if context.version == Version::V5 {
        properties::each(body, |property| {
            match property {
                Property::SubscriptionId(_) if subscribe.subscription_id.is_some() => {
                    return Err(TWICE);
                }
                Property::SubscriptionId(id) => subscribe.subscription_id = Some(id),
                Property::User(name, value) => subscribe.user.push((name, value)),
                _ => return Err(MISPLACED),
            }
            Ok(())
        })?;
    }
    while !body.is_empty() {
        room(subscribe.subscriptions.len())?;
        let subscription = subscription(body, context)?;
        subscribe.subscriptions.push(subscription);
    }
    if subscribe.subscriptions.is_empty() {
        return Err(DecodeError::protocol(
            "the SUBSCRIBE has no filter [MQTT-3.8.3-2]",
        ));
    }
    Ok(subscribe)
}

pub(super) fn unsubscribe(
    body: &mut Body<'_>,
    context: Context,
) -> Result<Unsubscribe, DecodeError> {
    let mut unsubscribe = Unsubscribe {
        packet_id: body.packet_id()?,
        filters: Vec::new(),
        user: Vec::new(),
    };
    if context.version == Version::V5 {
        properties::each(body, |property| {
            let Property::User(name, value) = property else {
                return Err(MISPLACED);
            };
            unsubscribe.user.push((name, value));
            Ok(())
        })?;
    }
    while !body.is_empty() {
        room(unsubscribe.filters.len())?;
        unsubscribe.filters.push(parse_share(body.str()?)?);
    }
    if unsubscribe.filters.is_empty() {
        return Err(DecodeError::protocol(
            "the UNSUBSCRIBE has no filter [MQTT-3.10.3-2]",
        ));
    }
    Ok(unsubscribe)
}

fn room(filters: usize) -> Result<(), DecodeError> {
    if filters < FILTERS_MAX {
        return Ok(());
    }
    Err(DecodeError::new(
        ReasonCode::QuotaExceeded,
        "the packet has more filters than this server takes",
    ))
}

fn subscription(body: &mut Body<'_>, context: Context) -> Result<Subscription, DecodeError> {
    let (share, filter) = parse_share(body.str()?)?;
    let options = body.u8()?;
    let reserved = match context.version {
        Version::V5 => 0b1100_0000,
        _ => 0b1111_1100,
    };
    if options & reserved != 0 {
        return Err(DecodeError::malformed(
            "reserved bits of the subscription options are set [MQTT-3.8.3-5]",
        ));
    }
    let qos = Qos::from_u8(options & 3).ok_or(DecodeError::protocol(
        "the QoS of a subscription is 3 [section 3.8.3.1]",
    ))?;
    let no_local = options & 1 << 2 != 0;
    if no_local && share.is_some() {
        return Err(DecodeError::protocol(
            "No Local on a shared subscription [MQTT-3.8.3-4]",
        ));
    }
    Ok(Subscription {
        filter,
        share,
        qos,
        no_local,
        retain_as_published: options & 1 << 3 != 0,
        retain_handling: match options >> 4 & 3 {
            0 => RetainHandling::Always,
            1 => RetainHandling::IfNew,
            2 => RetainHandling::Never,
            _ => {
                return Err(DecodeError::protocol(
                    "Retain Handling is 3 [section 3.8.3.1]",
                ));
            }
        },
    })
}
