//! CONNECT (MQTT 5.0 section 3.1).

use bytes::Bytes;

use crate::message::Qos;
use crate::mqtt::codec::{Connect, DecodeError, ReasonCode, Version, Will};

use super::body::{Body, text};
use super::properties::{self, MISPLACED, Property};
use super::topic;

/// Decodes the body; says the version as soon as it has read it.
pub(super) fn connect(frame: &Bytes, found: &mut Option<Version>) -> Result<Connect, DecodeError> {
    let mut body = Body::new(frame);
    let body = &mut body;
    let (version, is_bridge) = version(body)?;
    *found = Some(version);
    let flags = Flags::read(body, version)?;
    let mut connect = Connect {
        version,
        is_bridge,
        client_id: "".into(),
        clean_start: flags.clean_start,
        keep_alive_s: body.u16()?,
        will: None,
        username: None,
        password: None,
        session_expiry_s: match version {
            Version::V5 => 0,
            _ if flags.clean_start => 0,
            _ => u32::MAX,
        },
        receive_maximum: u16::MAX,
        packet_bytes_max: u32::MAX,
        topic_alias_maximum: 0,
        request_response_information: false,
        request_problem_information: true,
        user: Vec::new(),
        auth_method: None,
        auth_data: None,
    };
    if version == Version::V5 {
        connect_properties(body, &mut connect)?;
    }
    connect.client_id = body.string()?;
    if let Some((qos, retain)) = flags.will {
        connect.will = Some(will(body, version, qos, retain)?);
    }
    // "The Remaining Length takes precedence": in 3.1 a flag may be set and its field missing.
    let present = |body: &Body<'_>| version > Version::V3 || !body.is_empty();
    if flags.username && present(body) {
        connect.username = Some(body.string()?);
    }
    if flags.password && present(body) {
        connect.password = Some(body.binary()?);
    }
    body.end()?;
    Ok(connect)
}

/// The version, and whether it is a bridge that speaks it.
fn version(body: &mut Body<'_>) -> Result<(Version, bool), DecodeError> {
    let name = text(body.raw()?)?;
    match (name, body.u8()?) {
        ("MQIsdp", 3) => Ok((Version::V3, false)),
        ("MQIsdp", 0x83) => Ok((Version::V3, true)),
        ("MQTT", 4) => Ok((Version::V4, false)),
        ("MQTT", 0x84) => Ok((Version::V4, true)),
        ("MQTT", 5) => Ok((Version::V5, false)),
        ("MQIsdp" | "MQTT", _) => Err(DecodeError::new(
            ReasonCode::UnsupportedProtocolVersion,
            "the protocol's version is none that this server speaks [MQTT-3.1.2-2]",
        )),
        _ => Err(DecodeError::new(
            ReasonCode::UnsupportedProtocolVersion,
            "the protocol's name is not MQTT [MQTT-3.1.2-1]",
        )),
    }
}

/// The Connect Flags (section 3.1.2.3).
struct Flags {
    clean_start: bool,
    will: Option<(Qos, bool)>,
    username: bool,
    password: bool,
}

impl Flags {
    fn read(body: &mut Body<'_>, version: Version) -> Result<Self, DecodeError> {
        let bits = body.u8()?;
        let is_set = |bit: u8| bits & 1 << bit != 0;
        let malformed = |what| Err(DecodeError::malformed(what));
        if is_set(0) {
            return malformed("the reserved flag of the CONNECT is set [MQTT-3.1.2-3]");
        }
        let Some(qos) = Qos::from_u8(bits >> 3 & 3) else {
            return malformed("the Will QoS is 3 [MQTT-3.1.2-12]");
        };
        let retain = is_set(5);
        if !is_set(2) && qos != Qos::AtMostOnce {
            return malformed("a Will QoS without a Will [MQTT-3.1.2-11]");
        }
        if !is_set(2) && retain {
            return malformed("a Will Retain without a Will [MQTT-3.1.2-13]");
        }
        let (username, password) = (is_set(7), is_set(6));
        if password && !username && version < Version::V5 {
            return malformed("a password without a user name [MQTT-3.1.2-22 of 3.1.1]");
        }
        Ok(Self {
            clean_start: is_set(1),
            will: is_set(2).then_some((qos, retain)),
            username,
            password,
        })
    }
}

fn connect_properties(body: &mut Body<'_>, connect: &mut Connect) -> Result<(), DecodeError> {
    properties::each(body, |property| {
        match property {
            Property::SessionExpiry(seconds) => connect.session_expiry_s = seconds,
            Property::ReceiveMaximum(maximum) => connect.receive_maximum = maximum,
            Property::PacketBytesMax(bytes) => connect.packet_bytes_max = bytes,
            Property::TopicAliasMaximum(maximum) => connect.topic_alias_maximum = maximum,
            Property::RequestResponseInformation(wanted) => {
                connect.request_response_information = wanted;
            }
            Property::RequestProblemInformation(wanted) => {
                connect.request_problem_information = wanted;
            }
            Property::User(name, value) => connect.user.push((name, value)),
            Property::AuthMethod(method) => connect.auth_method = Some(method),
            Property::AuthData(data) => connect.auth_data = Some(data),
            _ => return Err(MISPLACED),
        }
        Ok(())
    })?;
    if connect.auth_data.is_some() && connect.auth_method.is_none() {
        return Err(DecodeError::protocol(
            "authentication data without a method [section 3.1.2.11.10]",
        ));
    }
    Ok(())
}

fn will(
    body: &mut Body<'_>,
    version: Version,
    qos: Qos,
    retain: bool,
) -> Result<Will, DecodeError> {
    let mut delay_s = 0;
    let mut all = None;
    if version == Version::V5 {
        properties::each(body, |property| {
            match properties::application(&mut all, property) {
                Ok(()) => {}
                Err(Property::WillDelay(seconds)) => delay_s = seconds,
                Err(_) => return Err(MISPLACED),
            }
            Ok(())
        })?;
    }
    let topic = topic::name(body.raw()?)?;
    let payload = body.binary()?;
    if all.as_ref().is_some_and(|all| all.payload_is_utf8) && std::str::from_utf8(&payload).is_err()
    {
        return Err(DecodeError::new(
            ReasonCode::PayloadFormatInvalid,
            "the Will Payload is not the UTF-8 that it says it is [section 3.1.3.2.3]",
        ));
    }
    Ok(Will {
        topic,
        payload,
        qos,
        retain,
        delay_s,
        properties: all,
    })
}
