//! CONNACK (MQTT 5.0 section 3.2).

use crate::mqtt::codec::{ConnAck, ConnAckProperties, DecodeError, ReasonCode, Version};

use super::body::Body;
use super::context::Context;
use super::properties::{self, MISPLACED, Property};
use super::reasons;

pub(super) fn connack(body: &mut Body<'_>, context: Context) -> Result<ConnAck, DecodeError> {
    let session_present = match body.u8()? {
        0 => false,
        1 => true,
        _ => {
            return Err(DecodeError::malformed(
                "reserved flags of the CONNACK are set [MQTT-3.2.2-1]",
            ));
        }
    };
    let code = body.u8()?;
    let reason = if context.version == Version::V5 {
        reasons::reason(code, reasons::CONNACK, context.side)?
    } else {
        return_code(code)?
    };
    if session_present && reason.is_error() {
        return Err(DecodeError::protocol(
            "Session Present although the connection is refused [MQTT-3.2.2-6]",
        ));
    }
    let mut all = ConnAckProperties::default();
    if context.version == Version::V5 {
        read(body, &mut all)?;
    }
    Ok(ConnAck {
        session_present,
        reason,
        properties: all,
    })
}

/// The Connect Return codes of 3.1 and 3.1.1.
fn return_code(code: u8) -> Result<ReasonCode, DecodeError> {
    Ok(match code {
        0 => ReasonCode::Success,
        1 => ReasonCode::UnsupportedProtocolVersion,
        2 => ReasonCode::ClientIdentifierNotValid,
        3 => ReasonCode::ServerUnavailable,
        4 => ReasonCode::BadUserNameOrPassword,
        5 => ReasonCode::NotAuthorized,
        _ => {
            return Err(DecodeError::malformed(
                "the return code is reserved [section 3.2.2.3 of 3.1.1]",
            ));
        }
    })
}

fn read(body: &mut Body<'_>, all: &mut ConnAckProperties) -> Result<(), DecodeError> {
    properties::each(body, |property| {
        match property {
            Property::SessionExpiry(seconds) => all.session_expiry_s = Some(seconds),
            Property::ReceiveMaximum(maximum) => all.receive_maximum = Some(maximum),
            Property::MaximumQos(qos) => all.maximum_qos = Some(qos),
            Property::RetainAvailable(available) => all.retain_available = Some(available),
            Property::PacketBytesMax(bytes) => all.packet_bytes_max = Some(bytes),
            Property::AssignedClientId(id) => all.assigned_client_id = Some(id),
            Property::TopicAliasMaximum(maximum) => all.topic_alias_maximum = Some(maximum),
            Property::ReasonString(text) => all.reason_string = Some(text),
            Property::User(name, value) => all.user.push((name, value)),
            Property::WildcardSubscriptionAvailable(available) => {
                all.wildcard_subscription_available = Some(available);
            }
            Property::SubscriptionIdentifiersAvailable(available) => {
                all.subscription_identifiers_available = Some(available);
            }
            Property::SharedSubscriptionAvailable(available) => {
                all.shared_subscription_available = Some(available);
            }
            Property::ServerKeepAlive(seconds) => all.server_keep_alive_s = Some(seconds),
            Property::ResponseInformation(text) => all.response_information = Some(text),
            Property::ServerReference(text) => all.server_reference = Some(text),
            Property::AuthMethod(method) => all.auth_method = Some(method),
            Property::AuthData(data) => all.auth_data = Some(data),
            _ => return Err(MISPLACED),
        }
        Ok(())
    })
}
