//! DISCONNECT and AUTH (MQTT 5.0 sections 3.14 and 3.15).

use crate::mqtt::codec::{Auth, DecodeError, Disconnect, ReasonCode, Side, Version};

use super::body::Body;
use super::context::Context;
use super::properties::{self, MISPLACED, Property};
use super::reasons;

pub(super) fn disconnect(body: &mut Body<'_>, context: Context) -> Result<Disconnect, DecodeError> {
    let mut disconnect = Disconnect {
        reason: ReasonCode::Success,
        session_expiry_s: None,
        reason_string: None,
        server_reference: None,
        user: Vec::new(),
    };
    if context.version < Version::V5 || body.is_empty() {
        return Ok(disconnect);
    }
    disconnect.reason = reasons::reason(body.u8()?, reasons::DISCONNECT, context.side)?;
    if body.is_empty() {
        return Ok(disconnect);
    }
    properties::each(body, |property| {
        match (property, context.side) {
            (Property::SessionExpiry(seconds), Side::Server) => {
                disconnect.session_expiry_s = Some(seconds);
            }
            (Property::SessionExpiry(_), Side::Client) => {
                return Err(DecodeError::protocol(
                    "a server's DISCONNECT has a Session Expiry Interval [MQTT-3.14.2-2]",
                ));
            }
            (Property::ReasonString(text), _) => disconnect.reason_string = Some(text),
            (Property::ServerReference(text), Side::Client) => {
                disconnect.server_reference = Some(text);
            }
            (Property::User(name, value), _) => disconnect.user.push((name, value)),
            _ => return Err(MISPLACED),
        }
        Ok(())
    })?;
    Ok(disconnect)
}

pub(super) fn auth(body: &mut Body<'_>, context: Context) -> Result<Auth, DecodeError> {
    let mut auth = Auth {
        reason: ReasonCode::Success,
        method: None,
        data: None,
        reason_string: None,
        user: Vec::new(),
    };
    if body.is_empty() {
        // Stands for "Success, no properties", which only a server says.
        auth.reason = reasons::reason(0, reasons::AUTH, context.side)?;
        return Ok(auth);
    }
    auth.reason = reasons::reason(body.u8()?, reasons::AUTH, context.side)?;
    properties::each(body, |property| {
        match property {
            Property::AuthMethod(method) => auth.method = Some(method),
            Property::AuthData(data) => auth.data = Some(data),
            Property::ReasonString(text) => auth.reason_string = Some(text),
            Property::User(name, value) => auth.user.push((name, value)),
            _ => return Err(MISPLACED),
        }
        Ok(())
    })?;
    if auth.method.is_none() {
        return Err(DecodeError::protocol(
            "the AUTH has no authentication method [section 3.15.2.2.2]",
        ));
    }
    Ok(auth)
}
