//! Arbitrary packets, as far as their version can say them.

use std::sync::Arc;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::message::{Properties, Qos, Topic, TopicFilter};
use crate::mqtt::codec::*;

/// A packet that a client sends.
pub(super) fn from_client(version: Version) -> BoxedStrategy<Packet> {
    let packet = prop_oneof![
        connect(version),
        publish(version, false),
        ack(version, false),
        subscribe(version),
        unsubscribe(version),
        Just(Packet::PingReq),
        disconnect(version, false),
    ];
    if version < Version::V5 {
        return packet.boxed();
    }
    prop_oneof![6 => packet, 1 => auth(vec![ReasonCode::ContinueAuthentication, ReasonCode::ReAuthenticate])].boxed()
}

/// A packet that a server sends.
pub(super) fn from_server(version: Version) -> BoxedStrategy<Packet> {
    let packet = prop_oneof![
        connack(version),
        publish(version, true),
        ack(version, true),
        suback(version),
        unsuback(version),
        Just(Packet::PingResp),
    ];
    if version < Version::V5 {
        return packet.boxed();
    }
    let reasons = vec![ReasonCode::ContinueAuthentication, ReasonCode::Success];
    prop_oneof![6 => packet, 1 => auth(reasons), 1 => disconnect(version, true)].boxed()
}

fn text() -> impl Strategy<Value = Arc<str>> {
    "[a-zé😀/+#$ ]{0,12}".prop_map(Arc::from)
}

fn data() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..200).prop_map(Bytes::from)
}

fn topic() -> impl Strategy<Value = Topic> {
    "[a-cé/$ ]{1,40}".prop_map(|name| Topic::new(name).unwrap())
}

fn filter() -> impl Strategy<Value = (Option<Arc<str>>, TopicFilter)> {
    let filter = "(\\+|[ab]{0,3})(/(\\+|[ab]{0,3})){1,3}(/#)?";
    let filter = filter.prop_map(|filter| TopicFilter::new(filter).unwrap());
    (of("[a-z]{1,5}".prop_map(Arc::from)), filter)
}

fn user() -> impl Strategy<Value = UserProperties> {
    vec((text(), text()), 0..3)
}

fn id() -> impl Strategy<Value = PacketId> {
    any::<PacketId>()
}

fn qos() -> impl Strategy<Value = Qos> {
    select(vec![Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce])
}

fn properties(version: Version) -> BoxedStrategy<Option<Box<Properties>>> {
    if version < Version::V5 {
        return Just(None).boxed();
    }
    (
        any::<bool>(),
        of(any::<u32>()),
        of(text()),
        of(topic()),
        of(data()),
        user(),
    )
        .prop_map(
            |(payload_is_utf8, expiry, content_type, response_topic, data, user)| {
                let all = Properties {
                    payload_is_utf8,
                    message_expiry_s: expiry,
                    content_type,
                    response_topic,
                    correlation_data: data,
                    user,
                };
                (all != Properties::default()).then(|| Box::new(all))
            },
        )
        .boxed()
}

fn will(version: Version) -> impl Strategy<Value = Will> {
    let v5 = version == Version::V5;
    (
        topic(),
        "[a-z]{0,9}",
        qos(),
        any::<bool>(),
        any::<u32>(),
        properties(version),
    )
        .prop_map(
            move |(topic, payload, qos, retain, delay, properties)| Will {
                topic,
                payload: payload.into(),
                qos,
                retain,
                delay_s: if v5 { delay } else { 0 },
                properties,
            },
        )
}

fn connect(version: Version) -> BoxedStrategy<Packet> {
    let v5 = version == Version::V5;
    let common = (
        text(),
        any::<bool>(),
        any::<u16>(),
        of(will(version)),
        of(text()),
        of(data()),
    );
    let limits = (any::<u32>(), 1..=u16::MAX, 1..=u32::MAX, any::<u16>());
    let asked = (
        any::<bool>(),
        any::<bool>(),
        user(),
        of((text(), of(data()))),
    );
    (common, limits, asked)
        .prop_map(move |(common, limits, asked)| {
            let (client_id, clean_start, keep_alive_s, will, username, password) = common;
            let password = password.filter(|_| v5 || username.is_some());
            let mut connect = Connect {
                version,
                is_bridge: !v5 && asked.0,
                client_id,
                clean_start,
                keep_alive_s,
                will,
                username,
                password,
                session_expiry_s: if clean_start { 0 } else { u32::MAX },
                receive_maximum: u16::MAX,
                packet_bytes_max: u32::MAX,
                topic_alias_maximum: 0,
                request_response_information: false,
                request_problem_information: true,
                user: Vec::new(),
                auth_method: None,
                auth_data: None,
            };
            if v5 {
                connect.session_expiry_s = limits.0;
                connect.receive_maximum = limits.1;
                connect.packet_bytes_max = limits.2;
                connect.topic_alias_maximum = limits.3;
                connect.request_response_information = asked.0;
                connect.request_problem_information = asked.1;
                connect.user = asked.2;
                let (method, data) = asked.3.unzip();
                connect.auth_method = method;
                connect.auth_data = data.flatten();
            }
            Packet::Connect(Box::new(connect))
        })
        .boxed()
}

fn connack(version: Version) -> BoxedStrategy<Packet> {
    if version < Version::V5 {
        let reasons = vec![ReasonCode::Success, ReasonCode::NotAuthorized];
        return (any::<bool>(), select(reasons))
            .prop_map(|(present, reason)| {
                Packet::ConnAck(Box::new(ConnAck {
                    session_present: present && !reason.is_error(),
                    reason,
                    properties: ConnAckProperties::default(),
                }))
            })
            .boxed();
    }
    let numbers = (
        of(any::<u32>()),
        of(1..=u16::MAX),
        of(1..=u32::MAX),
        of(any::<u16>()),
        of(any::<u16>()),
    );
    let flags = (
        of(any::<bool>()),
        of(any::<bool>()),
        of(any::<bool>()),
        of(any::<bool>()),
        of(any::<bool>()),
    );
    let texts = (
        of(text()),
        of(text()),
        of(text()),
        of(text()),
        of(text()),
        of(data()),
        user(),
    );
    (any::<bool>(), numbers, flags, texts)
        .prop_map(|(session_present, numbers, flags, texts)| {
            let properties = ConnAckProperties {
                session_expiry_s: numbers.0,
                receive_maximum: numbers.1,
                packet_bytes_max: numbers.2,
                topic_alias_maximum: numbers.3,
                server_keep_alive_s: numbers.4,
                maximum_qos: flags.0.map(|one| {
                    if one {
                        Qos::AtLeastOnce
                    } else {
                        Qos::AtMostOnce
                    }
                }),
                retain_available: flags.1,
                wildcard_subscription_available: flags.2,
                subscription_identifiers_available: flags.3,
                shared_subscription_available: flags.4,
                assigned_client_id: texts.0,
                reason_string: texts.1,
                response_information: texts.2,
                server_reference: texts.3,
                auth_method: texts.4,
                auth_data: texts.5,
                user: texts.6,
            };
            let reason = ReasonCode::Success;
            Packet::ConnAck(Box::new(ConnAck {
                session_present,
                reason,
                properties,
            }))
        })
        .boxed()
}

fn publish(version: Version, from_server: bool) -> BoxedStrategy<Packet> {
    let v5 = version == Version::V5;
    let head = (
        any::<bool>(),
        qos(),
        any::<bool>(),
        topic(),
        id(),
        any::<bool>(),
    );
    let ids = vec(1..=268_435_455_u32, 0..3);
    (
        head,
        of(any::<std::num::NonZeroU16>()),
        ids,
        properties(version),
        data(),
    )
        .prop_map(move |(head, alias, ids, properties, payload)| {
            let (dup, qos, retain, topic, id, alias_only) = head;
            let topic_alias = alias.filter(|_| v5);
            Packet::Publish(Publish {
                dup: dup && qos > Qos::AtMostOnce,
                qos,
                retain,
                topic: (topic_alias.is_none() || !alias_only).then_some(topic),
                topic_alias,
                packet_id: (qos > Qos::AtMostOnce).then_some(id),
                subscription_ids: if v5 && from_server { ids } else { Vec::new() },
                properties,
                payload,
            })
        })
        .boxed()
}

fn ack(version: Version, from_server: bool) -> BoxedStrategy<Packet> {
    let kind = 0..4_usize;
    (kind, id(), any::<prop::sample::Index>(), of(text()), user())
        .prop_map(move |(kind, packet_id, at, reason_string, user)| {
            use ReasonCode::*;
            let reasons: &[ReasonCode] = match (kind, from_server) {
                (0 | 1, false) => &[Success, Unspecified, QuotaExceeded, PayloadFormatInvalid],
                (0 | 1, true) => &[Success, NoMatchingSubscribers, NotAuthorized],
                _ => &[Success, PacketIdentifierNotFound],
            };
            let v5 = version == Version::V5;
            let ack = Ack {
                packet_id,
                reason: if v5 { *at.get(reasons) } else { Success },
                reason_string: reason_string.filter(|_| v5),
                user: if v5 { user } else { Vec::new() },
            };
            match kind {
                0 => Packet::PubAck(ack),
                1 => Packet::PubRec(ack),
                2 => Packet::PubRel(ack),
                _ => Packet::PubComp(ack),
            }
        })
        .boxed()
}

fn subscribe(version: Version) -> BoxedStrategy<Packet> {
    use RetainHandling::{Always, IfNew, Never};
    let v5 = version == Version::V5;
    let handling = select(vec![Always, IfNew, Never]);
    let subscription = (filter(), qos(), any::<bool>(), any::<bool>(), handling).prop_map(
        move |((share, filter), qos, no_local, retain_as_published, retain_handling)| {
            Subscription {
                no_local: v5 && no_local && share.is_none(),
                filter,
                share,
                qos,
                retain_as_published: v5 && retain_as_published,
                retain_handling: if v5 { retain_handling } else { Always },
            }
        },
    );
    (
        id(),
        of(1..=268_435_455_u32),
        user(),
        vec(subscription, 1..4),
    )
        .prop_map(move |(packet_id, subscription_id, user, subscriptions)| {
            Packet::Subscribe(Subscribe {
                packet_id,
                subscription_id: subscription_id.filter(|_| v5),
                user: if v5 { user } else { Vec::new() },
                subscriptions,
            })
        })
        .boxed()
}

fn unsubscribe(version: Version) -> BoxedStrategy<Packet> {
    let v5 = version == Version::V5;
    (id(), user(), vec(filter(), 1..4))
        .prop_map(move |(packet_id, user, filters)| {
            let user = if v5 { user } else { Vec::new() };
            Packet::Unsubscribe(Unsubscribe {
                packet_id,
                filters,
                user,
            })
        })
        .boxed()
}

fn suback(version: Version) -> BoxedStrategy<Packet> {
    use ReasonCode::{GrantedQos1, GrantedQos2, NotAuthorized, Success, Unspecified};
    let mut reasons = vec![Success, GrantedQos1, GrantedQos2, Unspecified];
    if version == Version::V5 {
        reasons.push(NotAuthorized);
    }
    answer(version, vec(select(reasons), 1..5))
        .prop_map(Packet::SubAck)
        .boxed()
}

fn unsuback(version: Version) -> BoxedStrategy<Packet> {
    let reasons = select(vec![ReasonCode::Success, ReasonCode::NoSubscriptionExisted]);
    let count = if version == Version::V5 { 1..5 } else { 0..1 };
    answer(version, vec(reasons, count))
        .prop_map(Packet::UnsubAck)
        .boxed()
}

fn answer(
    version: Version,
    reasons: impl Strategy<Value = Vec<ReasonCode>>,
) -> impl Strategy<Value = SubAck> {
    let v5 = version == Version::V5;
    (id(), reasons, of(text()), user()).prop_map(move |(packet_id, reasons, why, user)| SubAck {
        packet_id,
        reasons,
        reason_string: why.filter(|_| v5),
        user: if v5 { user } else { Vec::new() },
    })
}

fn disconnect(version: Version, from_server: bool) -> BoxedStrategy<Packet> {
    let v5 = version == Version::V5;
    let reasons = if from_server {
        vec![ReasonCode::SessionTakenOver, ReasonCode::ProtocolError]
    } else {
        vec![ReasonCode::Success, ReasonCode::DisconnectWithWill]
    };
    (
        select(reasons),
        of(any::<u32>()),
        of(text()),
        of(text()),
        user(),
    )
        .prop_map(move |(reason, expiry, why, reference, user)| {
            Packet::Disconnect(Disconnect {
                reason: if v5 { reason } else { ReasonCode::Success },
                session_expiry_s: expiry.filter(|_| v5 && !from_server),
                reason_string: why.filter(|_| v5),
                server_reference: reference.filter(|_| from_server),
                user: if v5 { user } else { Vec::new() },
            })
        })
        .boxed()
}

fn auth(reasons: Vec<ReasonCode>) -> BoxedStrategy<Packet> {
    (select(reasons), text(), of(data()), of(text()), user())
        .prop_map(|(reason, method, data, reason_string, user)| {
            let method = Some(method);
            Packet::Auth(Auth {
                reason,
                method,
                data,
                reason_string,
                user,
            })
        })
        .boxed()
}
