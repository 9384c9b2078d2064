//! Packets with nothing unusual about them, for a test to change where it is unusual.

use bytes::Bytes;
use unspool::message::{Qos, Topic};
use unspool::mqtt::codec::{
    Ack, Disconnect, Packet, PacketId, Publish, ReasonCode, RetainHandling, Subscription, Will,
    parse_share,
};

/// A Will at QoS 1, due at once.
pub fn will(topic: &str, payload: &str) -> Will {
    Will {
        topic: Topic::new(topic).unwrap(),
        payload: Bytes::copy_from_slice(payload.as_bytes()),
        qos: Qos::AtLeastOnce,
        retain: false,
        delay_s: 0,
        properties: None,
    }
}

/// A PUBLISH; its packet identifier is given when it is sent.
pub fn publish(topic: &str, qos: Qos, payload: impl Into<Bytes>) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: Some(Topic::new(topic).unwrap()),
        topic_alias: None,
        packet_id: None,
        subscription_ids: Vec::new(),
        properties: None,
        payload: payload.into(),
    }
}

/// One filter of a SUBSCRIBE.
pub fn subscription(filter: &str, qos: Qos) -> Subscription {
    let (share, filter) = parse_share(filter).unwrap();
    Subscription {
        filter,
        share,
        qos,
        no_local: false,
        retain_as_published: false,
        retain_handling: RetainHandling::Always,
    }
}

/// An acknowledgement without anything to add.
pub fn ack(packet_id: PacketId, reason: ReasonCode) -> Ack {
    Ack {
        packet_id,
        reason,
        reason_string: None,
        user: Vec::new(),
    }
}

pub fn disconnect(reason: ReasonCode) -> Packet {
    Packet::Disconnect(Disconnect {
        reason,
        session_expiry_s: None,
        reason_string: None,
        server_reference: None,
        user: Vec::new(),
    })
}
