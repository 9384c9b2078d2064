//! PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK (MQTT 5.0 sections 3.4 to 3.7, 3.9, 3.11).

use std::sync::Arc;

use crate::mqtt::codec::{Ack, DecodeError, ReasonCode, SubAck, UserProperties, Version};

use super::body::Body;
use super::context::Context;
use super::properties::{self, MISPLACED, Property};
use super::reasons::{self, Allowed};

pub(super) fn ack(
    body: &mut Body<'_>,
    context: Context,
    allowed: &Allowed,
) -> Result<Ack, DecodeError> {
    let mut ack = Ack {
        packet_id: body.packet_id()?,
        reason: ReasonCode::Success,
        reason_string: None,
        user: Vec::new(),
    };
    if context.version == Version::V5 && !body.is_empty() {
        ack.reason = reasons::reason(body.u8()?, allowed, context.side)?;
        if !body.is_empty() {
            why(body, &mut ack.reason_string, &mut ack.user)?;
        }
    }
    Ok(ack)
}

pub(super) fn suback(body: &mut Body<'_>, context: Context) -> Result<SubAck, DecodeError> {
    let mut suback = start(body, context)?;
    while !body.is_empty() {
        let code = body.u8()?;
        let reason = reasons::reason(code, reasons::SUBACK, context.side)?;
        if context.version < Version::V5 && !matches!(code, 0..=2 | 0x80) {
            return Err(DecodeError::malformed(
                "the return code is reserved [MQTT-3.9.3-2 of 3.1.1]",
            ));
        }
        suback.reasons.push(reason);
    }
    at_least_one(suback)
}

pub(super) fn unsuback(body: &mut Body<'_>, context: Context) -> Result<SubAck, DecodeError> {
    let mut unsuback = start(body, context)?;
    if context.version < Version::V5 {
        return Ok(unsuback);
    }
    while !body.is_empty() {
        let reason = reasons::reason(body.u8()?, reasons::UNSUBACK, context.side)?;
        unsuback.reasons.push(reason);
    }
    at_least_one(unsuback)
}

fn start(body: &mut Body<'_>, context: Context) -> Result<SubAck, DecodeError> {
    let mut suback = SubAck {
        packet_id: body.packet_id()?,
        reasons: Vec::new(),
        reason_string: None,
        user: Vec::new(),
    };
    if context.version == Version::V5 {
        why(body, &mut suback.reason_string, &mut suback.user)?;
    }
    Ok(suback)
}

fn at_least_one(suback: SubAck) -> Result<SubAck, DecodeError> {
    if suback.reasons.is_empty() {
        return Err(DecodeError::malformed(
            "there is no reason code, and there was a filter [section 3.9.3]",
        ));
    }
    Ok(suback)
}

/// The properties that every acknowledgement has.
fn why(
    body: &mut Body<'_>,
    reason_string: &mut Option<Arc<str>>,
    user: &mut UserProperties,
) -> Result<(), DecodeError> {
    properties::each(body, |property| {
        match property {
            Property::ReasonString(text) => *reason_string = Some(text),
            Property::User(name, value) => user.push((name, value)),
            _ => return Err(MISPLACED),
        }
        Ok(())
    })
}
