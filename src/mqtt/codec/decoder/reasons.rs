//! Which Reason Codes a packet may have, and from whom (MQTT 5.0 section 2.4).

use crate::mqtt::codec::DecodeError;
#[allow(clippy::enum_glob_use)] // the tables below are made of little else
use crate::mqtt::codec::ReasonCode::{self, *};

use super::context::Side;

/// What a packet allows: who may receive each code.
pub(super) struct Allowed {
    both: &'static [ReasonCode],
    /// Only from client to server.
    server: &'static [ReasonCode],
    /// Only from server to client.
    client: &'static [ReasonCode],
}

/// The code for its number, where a packet that `side` reads may have it.
pub(super) fn reason(code: u8, allowed: &Allowed, side: Side) -> Result<ReasonCode, DecodeError> {
    let reason = ReasonCode::from_u8(code).ok_or(DecodeError::malformed(
        "the standard has no such reason code [section 2.4]",
    ))?;
    let also = match side {
        Side::Server => allowed.server,
        Side::Client => allowed.client,
    };
    if allowed.both.contains(&reason) || also.contains(&reason) {
        return Ok(reason);
    }
    Err(DecodeError::protocol(
        "the reason code is none that this packet may have in this direction [section 2.4]",
    ))
}

pub(super) const CONNACK: &Allowed = &Allowed {
    both: &[],
    server: &[],
    client: &[
        Success,
        Unspecified,
        MalformedPacket,
        ProtocolError,
        ImplementationSpecific,
        UnsupportedProtocolVersion,
        ClientIdentifierNotValid,
        BadUserNameOrPassword,
        NotAuthorized,
        ServerUnavailable,
        ServerBusy,
        Banned,
        BadAuthenticationMethod,
        TopicNameInvalid,
        PacketTooLarge,
        QuotaExceeded,
        PayloadFormatInvalid,
        RetainNotSupported,
        QosNotSupported,
        UseAnotherServer,
        ServerMoved,
        ConnectionRateExceeded,
    ],
};

pub(super) const PUBACK: &Allowed = &Allowed {
    both: &[
        Success,
        Unspecified,
        ImplementationSpecific,
        NotAuthorized,
        TopicNameInvalid,
        PacketIdentifierInUse,
        QuotaExceeded,
        PayloadFormatInvalid,
        // Only a server has reason to say so (section 3.4.2.1). From a client it is a success like
        // any other, and some clients send back what they have received.
        NoMatchingSubscribers,
    ],
    server: &[],
    client: &[],
};

pub(super) const PUBREC: &Allowed = PUBACK;

pub(super) const PUBREL: &Allowed = &Allowed {
    both: &[Success, PacketIdentifierNotFound],
    server: &[],
    client: &[],
};

pub(super) const PUBCOMP: &Allowed = PUBREL;

pub(super) const SUBACK: &Allowed = &Allowed {
    both: &[],
    server: &[],
    client: &[
        Success,
        GrantedQos1,
        GrantedQos2,
        Unspecified,
        ImplementationSpecific,
        NotAuthorized,
        TopicFilterInvalid,
        PacketIdentifierInUse,
        QuotaExceeded,
        SharedSubscriptionsNotSupported,
        SubscriptionIdentifiersNotSupported,
        WildcardSubscriptionsNotSupported,
    ],
};

pub(super) const UNSUBACK: &Allowed = &Allowed {
    both: &[],
    server: &[],
    client: &[
        Success,
        NoSubscriptionExisted,
        Unspecified,
        ImplementationSpecific,
        NotAuthorized,
        TopicFilterInvalid,
        PacketIdentifierInUse,
    ],
};

pub(super) const DISCONNECT: &Allowed = &Allowed {
    both: &[
        Unspecified,
        MalformedPacket,
        ProtocolError,
        ImplementationSpecific,
        TopicNameInvalid,
        ReceiveMaximumExceeded,
        TopicAliasInvalid,
        PacketTooLarge,
        MessageRateTooHigh,
        QuotaExceeded,
        AdministrativeAction,
        PayloadFormatInvalid,
    ],
    server: &[Success, DisconnectWithWill],
    client: &[
        NotAuthorized,
        ServerBusy,
        ServerShuttingDown,
        KeepAliveTimeout,
        SessionTakenOver,
        TopicFilterInvalid,
        RetainNotSupported,
        QosNotSupported,
        UseAnotherServer,
        ServerMoved,
        SharedSubscriptionsNotSupported,
        ConnectionRateExceeded,
        MaximumConnectTime,
        SubscriptionIdentifiersNotSupported,
        WildcardSubscriptionsNotSupported,
    ],
};

pub(super) const AUTH: &Allowed = &Allowed {
    both: &[ContinueAuthentication],
    server: &[ReAuthenticate],
    client: &[Success],
};
