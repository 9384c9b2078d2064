//! Everything but CONNECT, CONNACK and PUBLISH (MQTT 5.0 sections 3.4 to 3.15).

use std::sync::Arc;

use bytes::{BufMut, BytesMut};

use crate::message::TopicFilter;
use crate::mqtt::codec::{
    Ack, Auth, Disconnect, EncodeError, ReasonCode, SubAck, Subscribe, Unsubscribe, Version,
    property,
};

use super::fields::{
    Result, put_counted, put_data, put_str, put_text, put_u32, put_user, put_variable,
};
use super::keep::KeptFields;

pub(super) fn put_ack(
    first: u8,
    ack: &Ack,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    out.put_u8(first);
    put_counted(out, |out| {
        out.put_u16(ack.packet_id.get());
        let bare = ack.reason_string.is_none() && ack.user.is_empty();
        if version < Version::V5 || bare && ack.reason == ReasonCode::Success {
            return Ok(());
        }
        out.put_u8(ack.reason as u8);
        if bare {
            return Ok(());
        }
        put_counted(out, |out| {
            keep.put(ack.reason_string.as_deref(), &ack.user, out)
        })
    })
}

pub(super) fn put_subscribe(subscribe: &Subscribe, version: Version, out: &mut BytesMut) -> Result {
    out.put_u8(0x82);
    put_counted(out, |out| {
        out.put_u16(subscribe.packet_id.get());
        if version == Version::V5 {
            put_counted(out, |out| {
                if let Some(id) = subscribe.subscription_id {
                    out.put_u8(property::SUBSCRIPTION_IDENTIFIER);
                    put_variable(id as usize, out);
                }
                put_user(&subscribe.user, out)
            })?;
        }
        for subscription in &subscribe.subscriptions {
            put_filter(subscription.share.as_ref(), &subscription.filter, out)?;
            let mut options = subscription.qos as u8;
            if version == Version::V5 {
                options |= u8::from(subscription.no_local) << 2
                    | u8::from(subscription.retain_as_published) << 3
                    | (subscription.retain_handling as u8) << 4;
            }
            out.put_u8(options);
        }
        Ok(())
    })
}

pub(super) fn put_unsubscribe(
    unsubscribe: &Unsubscribe,
    version: Version,
    out: &mut BytesMut,
) -> Result {
    out.put_u8(0xa2);
    put_counted(out, |out| {
        out.put_u16(unsubscribe.packet_id.get());
        if version == Version::V5 {
            put_counted(out, |out| put_user(&unsubscribe.user, out))?;
        }
        for (share, filter) in &unsubscribe.filters {
            put_filter(share.as_ref(), filter, out)?;
        }
        Ok(())
    })
}

fn put_filter(share: Option<&Arc<str>>, filter: &TopicFilter, out: &mut BytesMut) -> Result {
    match share {
        None => put_str(filter.as_str(), out),
        Some(share) => put_str(&format!("$share/{share}/{filter}"), out),
    }
}

pub(super) fn put_suback(
    suback: &SubAck,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    out.put_u8(0x90);
    put_counted(out, |out| {
        put_suback_head(suback, version, keep, out)?;
        for reason in &suback.reasons {
            out.put_u8(match reason {
                failure if version < Version::V5 && failure.is_error() => 0x80,
                reason => *reason as u8,
            });
        }
        Ok(())
    })
}

pub(super) fn put_unsuback(
    unsuback: &SubAck,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    out.put_u8(0xb0);
    put_counted(out, |out| {
        put_suback_head(unsuback, version, keep, out)?;
        if version == Version::V5 {
            out.extend(unsuback.reasons.iter().map(|reason| *reason as u8));
        }
        Ok(())
    })
}

fn put_suback_head(
    suback: &SubAck,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    out.put_u16(suback.packet_id.get());
    if version < Version::V5 {
        return Ok(());
    }
    put_counted(out, |out| {
        keep.put(suback.reason_string.as_deref(), &suback.user, out)
    })
}

pub(super) fn put_disconnect(
    disconnect: &Disconnect,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    out.put_u8(0xe0);
    put_counted(out, |out| {
        let bare = disconnect.session_expiry_s.is_none()
            && disconnect.reason_string.is_none()
            && disconnect.server_reference.is_none()
            && disconnect.user.is_empty();
        if version < Version::V5 || bare && disconnect.reason == ReasonCode::Success {
            return Ok(());
        }
        out.put_u8(disconnect.reason as u8);
        if bare {
            return Ok(());
        }
        put_counted(out, |out| {
            let expiry = disconnect.session_expiry_s;
            put_u32(property::SESSION_EXPIRY_INTERVAL, expiry, out);
            let reference = disconnect.server_reference.as_deref();
            put_text(property::SERVER_REFERENCE, reference, out)?;
            keep.put(disconnect.reason_string.as_deref(), &disconnect.user, out)
        })
    })
}

pub(super) fn put_auth(
    auth: &Auth,
    version: Version,
    keep: KeptFields,
    out: &mut BytesMut,
) -> Result {
    if version < Version::V5 {
        return Err(EncodeError::Inexpressible(
            "there is no AUTH before MQTT 5.0",
        ));
    }
    out.put_u8(0xf0);
    put_counted(out, |out| {
        let bare = auth.method.is_none()
            && auth.data.is_none()
            && auth.reason_string.is_none()
            && auth.user.is_empty();
        if bare && auth.reason == ReasonCode::Success {
            return Ok(());
        }
        out.put_u8(auth.reason as u8);
        put_counted(out, |out| {
            put_text(property::AUTHENTICATION_METHOD, auth.method.as_deref(), out)?;
            put_data(property::AUTHENTICATION_DATA, auth.data.as_deref(), out)?;
            keep.put(auth.reason_string.as_deref(), &auth.user, out)
        })
    })
}
