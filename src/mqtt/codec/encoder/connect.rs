//! CONNECT and CONNACK (MQTT 5.0 sections 3.1 and 3.2).

use bytes::{BufMut, BytesMut};

use crate::message::Qos;
use crate::mqtt::codec::{
    ConnAck, ConnAckProperties, Connect, ReasonCode, Version, Will, property,
};

use super::fields::{
    Result, put_application, put_binary, put_bool, put_counted, put_data, put_str, put_text,
    put_u16, put_u32, put_user,
};
use super::keep::KeptFields;

pub(super) fn put_connect(connect: &Connect, out: &mut BytesMut) -> Result {
    out.put_u8(0x10);
    put_counted(out, |out| {
        let (name, level) = match connect.version {
            Version::V3 => ("MQIsdp", 3),
            Version::V4 => ("MQTT", 4),
            Version::V5 => ("MQTT", 5),
        };
        put_str(name, out)?;
        out.put_u8(level | u8::from(connect.is_bridge) << 7);
        out.put_u8(flags(connect));
        out.put_u16(connect.keep_alive_s);
        if connect.version == Version::V5 {
            put_counted(out, |out| put_connect_properties(connect, out))?;
        }
        put_str(&connect.client_id, out)?;
        if let Some(will) = &connect.will {
            put_will(will, connect.version, out)?;
        }
        if let Some(username) = &connect.username {
            put_str(username, out)?;
        }
        if let Some(password) = &connect.password {
            put_binary(password, out)?;
        }
        Ok(())
    })
}

fn flags(connect: &Connect) -> u8 {
    let bit = |set: bool, at: u8| u8::from(set) << at;
    let will = connect.will.as_ref().map_or(0, |will| {
        1 << 2 | (will.qos as u8) << 3 | bit(will.retain, 5)
    });
    bit(connect.clean_start, 1)
        | will
        | bit(connect.password.is_some(), 6)
        | bit(connect.username.is_some(), 7)
}

fn put_connect_properties(connect: &Connect, out: &mut BytesMut) -> Result {
    let unless = |value: u32, default: u32| (value != default).then_some(value);
    let unless_16 = |value: u16, default: u16| (value != default).then_some(value);
    let expiry = unless(connect.session_expiry_s, 0);
    put_u32(property::SESSION_EXPIRY_INTERVAL, expiry, out);
    let receive = unless_16(connect.receive_maximum, u16::MAX);
    put_u16(property::RECEIVE_MAXIMUM, receive, out);
    let bytes = unless(connect.packet_bytes_max, u32::MAX);
    put_u32(property::MAXIMUM_PACKET_SIZE, bytes, out);
    let alias = unless_16(connect.topic_alias_maximum, 0);
    put_u16(property::TOPIC_ALIAS_MAXIMUM, alias, out);
    let response = connect.request_response_information.then_some(true);
    put_bool(property::REQUEST_RESPONSE_INFORMATION, response, out);
    let problem = (!connect.request_problem_information).then_some(false);
    put_bool(property::REQUEST_PROBLEM_INFORMATION, problem, out);
    put_text(
        property::AUTHENTICATION_METHOD,
        connect.auth_method.as_deref(),
        out,
    )?;
    put_data(
        property::AUTHENTICATION_DATA,
        connect.auth_data.as_deref(),
        out,
    )?;
    put_user(&connect.user, out)
}

fn put_will(will: &Will, version: Version, out: &mut BytesMut) -> Result {
    if version == Version::V5 {
        put_counted(out, |out| {
            let delay = (will.delay_s > 0).then_some(will.delay_s);
            put_u32(property::WILL_DELAY_INTERVAL, delay, out);
            will.properties.as_ref().map_or(Ok(()), |all| {
                put_application(all, all.message_expiry_s, out)
            })
        })?;
    }
    put_str(will.topic.as_str(), out)?;
    put_binary(&will.payload, out)
}

pub(super) fn put_connack(
    connack: &ConnAck,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    out.put_u8(0x20);
    put_counted(out, |out| {
        // A refusal has no session [MQTT-3.2.2-6].
        out.put_u8(u8::from(
            connack.session_present && !connack.reason.is_error(),
        ));
        if version < Version::V5 {
            out.put_u8(return_code(connack.reason));
            return Ok(());
        }
        out.put_u8(connack.reason as u8);
        put_counted(out, |out| {
            put_connack_properties(&connack.properties, keep, out)
        })
    })
}

/// The Connect Return code of 3.1 and 3.1.1 that comes nearest.
fn return_code(reason: ReasonCode) -> u8 {
    match reason {
        ReasonCode::UnsupportedProtocolVersion => 1,
        ReasonCode::ClientIdentifierNotValid => 2,
        ReasonCode::BadUserNameOrPassword => 4,
        ReasonCode::NotAuthorized | ReasonCode::Banned | ReasonCode::BadAuthenticationMethod => 5,
        refusal if refusal.is_error() => 3,
        _ => 0,
    }
}

fn put_connack_properties(all: &ConnAckProperties, keep: KeptFields, out: &mut BytesMut) -> Result {
    put_u32(property::SESSION_EXPIRY_INTERVAL, all.session_expiry_s, out);
    put_u16(property::RECEIVE_MAXIMUM, all.receive_maximum, out);
    // 2 is what absence means, and can't be said (section 3.2.2.3.4).
    let qos = match all.maximum_qos {
        Some(Qos::AtMostOnce) => Some(false),
        Some(Qos::AtLeastOnce) => Some(true),
        Some(Qos::ExactlyOnce) | None => None,
    };
    put_bool(property::MAXIMUM_QOS, qos, out);
    put_bool(property::RETAIN_AVAILABLE, all.retain_available, out);
    put_u32(property::MAXIMUM_PACKET_SIZE, all.packet_bytes_max, out);
    let id = all.assigned_client_id.as_deref();
    put_text(property::ASSIGNED_CLIENT_IDENTIFIER, id, out)?;
    put_u16(property::TOPIC_ALIAS_MAXIMUM, all.topic_alias_maximum, out);
    let wildcard = all.wildcard_subscription_available;
    put_bool(property::WILDCARD_SUBSCRIPTION_AVAILABLE, wildcard, out);
    let identifiers = all.subscription_identifiers_available;
    put_bool(
        property::SUBSCRIPTION_IDENTIFIERS_AVAILABLE,
        identifiers,
        out,
    );
    let shared = all.shared_subscription_available;
    put_bool(property::SHARED_SUBSCRIPTION_AVAILABLE, shared, out);
    put_u16(property::SERVER_KEEP_ALIVE, all.server_keep_alive_s, out);
    put_text(
        property::RESPONSE_INFORMATION,
        all.response_information.as_deref(),
        out,
    )?;
    put_text(
        property::SERVER_REFERENCE,
        all.server_reference.as_deref(),
        out,
    )?;
    put_text(
        property::AUTHENTICATION_METHOD,
        all.auth_method.as_deref(),
        out,
    )?;
    put_data(property::AUTHENTICATION_DATA, all.auth_data.as_deref(), out)?;
    keep.put(all.reason_string.as_deref(), &all.user, out)
}
