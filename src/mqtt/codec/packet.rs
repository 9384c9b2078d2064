//! The control packets, as both versions of the standard have them in common: what only
//! MQTT 5.0 has is empty or absent in 3.1 and 3.1.1.

use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Properties, Qos, Topic, TopicFilter};

use super::reason::ReasonCode;

/// The versions of the protocol that a CONNECT can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 3.1, protocol level 3, "MQIsdp".
    V3,
    /// 3.1.1, protocol level 4, "MQTT".
    V4,
    /// 5.0, protocol level 5, "MQTT".
    V5,
}

impl Version {
    /// As people name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::V3 => "3.1",
            Self::V4 => "3.1.1",
            Self::V5 => "5.0",
        }
    }
}

/// A packet identifier; never 0 on the wire [MQTT-2.2.1-2].
pub type PacketId = std::num::NonZeroU16;

/// Any control packet, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// Section 3.1.
    Connect(Box<Connect>),
    /// Section 3.2.
    ConnAck(Box<ConnAck>),
    /// Section 3.3.
    Publish(Publish),
    /// Section 3.4.
    PubAck(Ack),
    /// Section 3.5.
    PubRec(Ack),
    /// Section 3.6.
    PubRel(Ack),
    /// Section 3.7.
    PubComp(Ack),
    /// Section 3.8.
    Subscribe(Subscribe),
    /// Section 3.9.
    SubAck(SubAck),
    /// Section 3.10.
    Unsubscribe(Unsubscribe),
    /// Section 3.11.
    UnsubAck(SubAck),
    /// Section 3.12.
    PingReq,
    /// Section 3.13.
    PingResp,
    /// Section 3.14.
    Disconnect(Disconnect),
    /// Section 3.15.
    Auth(Auth),
}

/// User properties: name and value pairs in their order.
pub type UserProperties = Vec<(Arc<str>, Arc<str>)>;

/// CONNECT (section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // the flags that the packet has
pub struct Connect {
    /// The protocol that everything on this connection is in.
    pub version: Version,
    /// Whether another broker connects as a bridge: before 5.0, which has options of subscriptions
    /// for that, mosquitto and its like say so in the highest bit of the protocol level.
    pub is_bridge: bool,
    /// The client identifier; empty where the server is to assign one.
    pub client_id: Arc<str>,
    /// Clean Start; in 3.1 and 3.1.1 Clean Session.
    pub clean_start: bool,
    /// Keep Alive in seconds; 0 turns it off.
    pub keep_alive_s: u16,
    pub will: Option<Will>,
    pub username: Option<Arc<str>>,
    pub password: Option<Bytes>,
    /// Session Expiry Interval in seconds; in 3.1 and 3.1.1 0 with, `u32::MAX` without
    /// Clean Session. `u32::MAX` is never.
    pub session_expiry_s: u32,
    /// Receive Maximum; 65,535 where absent.
    pub receive_maximum: u16,
    /// Maximum Packet Size in bytes; `u32::MAX` where absent.
    pub packet_bytes_max: u32,
    /// Topic Alias Maximum; 0 where absent.
    pub topic_alias_maximum: u16,
    pub request_response_information: bool,
    /// Request Problem Information; true where absent.
    pub request_problem_information: bool,
    pub user: UserProperties,
    pub auth_method: Option<Arc<str>>,
    pub auth_data: Option<Bytes>,
}

impl Connect {
    /// A CONNECT with a clean start that says nothing that it need not say.
    pub fn new(version: Version, client_id: &str) -> Self {
        Self {
            version,
            is_bridge: false,
            client_id: client_id.into(),
            clean_start: true,
            keep_alive_s: 0,
            will: None,
            username: None,
            password: None,
            session_expiry_s: 0,
            receive_maximum: u16::MAX,
            packet_bytes_max: u32::MAX,
            topic_alias_maximum: 0,
            request_response_information: false,
            request_problem_information: true,
            user: Vec::new(),
            auth_method: None,
            auth_data: None,
        }
    }
}

/// The Will of a CONNECT (section 3.1.2.5 and 3.1.3.2).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Will {
    pub topic: Topic,
    pub payload: Bytes,
    /// The quality of service.
    pub qos: Qos,
    /// Whether it is to be retained.
    pub retain: bool,
    /// Will Delay Interval in seconds.
    pub delay_s: u32,
    /// What travels with it.
    pub properties: Option<Box<Properties>>,
}

/// CONNACK (section 3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnAck {
    pub session_present: bool,
    /// The Reason Code; the codec translates it for 3.1 and 3.1.1.
    pub reason: ReasonCode,
    /// What only 5.0 has.
    pub properties: ConnAckProperties,
}

/// The properties of a CONNACK (section 3.2.2.3); what is `None` is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnAckProperties {
    pub session_expiry_s: Option<u32>,
    pub receive_maximum: Option<u16>,
    pub maximum_qos: Option<Qos>,
    pub retain_available: Option<bool>,
    pub packet_bytes_max: Option<u32>,
    pub assigned_client_id: Option<Arc<str>>,
    pub topic_alias_maximum: Option<u16>,
    pub reason_string: Option<Arc<str>>,
    pub user: UserProperties,
    pub wildcard_subscription_available: Option<bool>,
    pub subscription_identifiers_available: Option<bool>,
    pub shared_subscription_available: Option<bool>,
    pub server_keep_alive_s: Option<u16>,
    pub response_information: Option<Arc<str>>,
    pub server_reference: Option<Arc<str>>,
    pub auth_method: Option<Arc<str>>,
    pub auth_data: Option<Bytes>,
}

/// PUBLISH (section 3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    pub dup: bool,
    pub qos: Qos,
    pub retain: bool,
    /// Topic Name; `None` where only the alias says it.
    pub topic: Option<Topic>,
    /// Topic Alias; never 0 [MQTT-3.3.2-8].
    pub topic_alias: Option<std::num::NonZeroU16>,
    /// Packet Identifier, at QoS 1 and 2.
    pub packet_id: Option<PacketId>,
    /// Subscription Identifiers; only from server to client.
    pub subscription_ids: Vec<u32>,
    /// What travels with the message.
    pub properties: Option<Box<Properties>>,
    /// The bytes: a slice of what was read, not a copy.
    pub payload: Bytes,
}

/// PUBACK, PUBREC, PUBREL, PUBCOMP (sections 3.4 to 3.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    pub packet_id: PacketId,
    /// Reason Code; success in 3.1 and 3.1.1.
    pub reason: ReasonCode,
    pub reason_string: Option<Arc<str>>,
    pub user: UserProperties,
}

/// SUBSCRIBE (section 3.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscribe {
    pub packet_id: PacketId,
    /// Subscription Identifier, 1 to 268,435,455.
    pub subscription_id: Option<u32>,
    pub user: UserProperties,
    /// What is subscribed to; at least one [MQTT-3.8.3-2].
    pub subscriptions: Vec<Subscription>,
}

/// One Topic Filter of a SUBSCRIBE with its options (section 3.8.3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The filter, without `$share/name/`.
    pub filter: TopicFilter,
    /// The Share Name of a shared subscription (section 4.8.2).
    pub share: Option<Arc<str>>,
    /// The greatest QoS that the client wants.
    pub qos: Qos,
    pub no_local: bool,
    pub retain_as_published: bool,
    pub retain_handling: RetainHandling,
}

/// When retained messages are sent (section 3.8.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RetainHandling {
    #[default]
    Always = 0,
    /// Only where the subscription is a new one.
    IfNew = 1,
    Never = 2,
}

/// SUBACK and UNSUBACK (sections 3.9 and 3.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubAck {
    pub packet_id: PacketId,
    /// One for each filter, in their order; an UNSUBACK of 3.1 and 3.1.1 does not send them.
    pub reasons: Vec<ReasonCode>,
    pub reason_string: Option<Arc<str>>,
    pub user: UserProperties,
}

/// UNSUBSCRIBE (section 3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsubscribe {
    pub packet_id: PacketId,
    /// Share names and filters; at least one [MQTT-3.10.3-2].
    pub filters: Vec<(Option<Arc<str>>, TopicFilter)>,
    pub user: UserProperties,
}

/// DISCONNECT (section 3.14).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnect {
    /// Reason Code; `NormalDisconnection` in 3.1 and 3.1.1.
    pub reason: ReasonCode,
    /// Session Expiry Interval in seconds; only from client to server.
    pub session_expiry_s: Option<u32>,
    pub reason_string: Option<Arc<str>>,
    pub server_reference: Option<Arc<str>>,
    pub user: UserProperties,
}

/// AUTH (section 3.15).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    pub reason: ReasonCode,
    pub method: Option<Arc<str>>,
    pub data: Option<Bytes>,
    pub reason_string: Option<Arc<str>>,
    pub user: UserProperties,
}
