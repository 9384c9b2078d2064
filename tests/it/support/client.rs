//! An MQTT client that does nothing of its own accord: what it sends, also what no client should
//! send, and what it expects is the test's to say. Nothing waits longer than [`ANSWER_DEADLINE`].

use std::collections::VecDeque;
use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use unspool::message::Qos;
use unspool::mqtt::codec::{
    ConnAck, Connect, Decoder, Encoder, Packet, PacketId, Publish, ReasonCode, Subscribe,
    Subscription, Unsubscribe, Version, parse_share,
};

use super::notation;
use super::packets::{ack, disconnect, publish, subscription};

/// How long one packet may take.
pub const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// A name that no other test uses.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{name}{}x{number}", std::process::id())
}

pub struct Client {
    stream: TcpStream,
    decoder: Decoder,
    encoder: Encoder,
    buffer: BytesMut,
    /// What came while the answer to something else was waited for.
    early: VecDeque<Publish>,
    next_id: u16,
    /// The client identifier, where it has said one.
    pub id: String,
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(ANSWER_DEADLINE, future)
        .await
        .unwrap_or_else(|_| panic!("{what}: nothing within {ANSWER_DEADLINE:?}"))
}

impl Client {
    /// A connection on which nothing has been said.
    pub async fn open(broker: SocketAddr, version: Version) -> Self {
        let stream = within("connect", TcpStream::connect(broker)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream,
            decoder: Decoder::client(version, u32::MAX),
            encoder: Encoder::new(version),
            buffer: BytesMut::new(),
            early: VecDeque::new(),
            next_id: 0,
            id: String::new(),
        }
    }

    /// A client with a new session.
    pub async fn connect(broker: SocketAddr, version: Version) -> Self {
        Self::connect_with(broker, version, |_| {}).await.0
    }

    /// A client whose CONNECT `change` has changed; the server must accept it.
    pub async fn connect_with(
        broker: SocketAddr,
        version: Version,
        change: impl FnOnce(&mut Connect),
    ) -> (Self, ConnAck) {
        let mut client = Self::open(broker, version).await;
        let mut connect = Connect::new(version, &unique("c"));
        change(&mut connect);
        client.id = connect.client_id.to_string();
        client.send(Packet::Connect(Box::new(connect))).await;
        let connack = client.connack().await;
        assert_eq!(connack.reason, ReasonCode::Success, "{connack:?}");
        (client, connack)
    }

    /// A client that comes back to its session, which lasts an hour.
    pub async fn resume(broker: SocketAddr, version: Version, id: &str) -> (Self, ConnAck) {
        Self::connect_with(broker, version, |connect| {
            connect.client_id = id.into();
            connect.clean_start = false;
            connect.session_expiry_s = 3600;
        })
        .await
    }

    /// Sends a packet.
    pub async fn send(&mut self, packet: Packet) {
        let mut bytes = BytesMut::new();
        self.encoder.encode(&packet, &mut bytes).unwrap();
        self.send_bytes(&bytes).await;
    }

    /// Sends bytes. That the server has closed is not this one's to find out.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = within("send", self.stream.write_all(bytes)).await;
    }

    /// Sends what the notation stands for: hexadecimal, `'text'`, `<…>` behind a length of two
    /// bytes, `[…]` behind a variable one.
    pub async fn send_notation(&mut self, text: &str) {
        self.send_bytes(&notation::bytes(text)).await;
    }

    /// The next packet; `None` where the server has closed.
    pub async fn try_next(&mut self) -> Option<Packet> {
        within("read", self.read()).await
    }

    async fn read(&mut self) -> Option<Packet> {
        if let Some(publish) = self.early.pop_front() {
            return Some(Packet::Publish(publish));
        }
        self.read_on().await
    }

    async fn read_on(&mut self) -> Option<Packet> {
        loop {
            match self.decoder.decode(&mut self.buffer) {
                Ok(Some(packet)) => return Some(packet),
                Ok(None) => {}
                Err(error) => panic!("the server sent what is no packet: {error}"),
            }
            match self.stream.read_buf(&mut self.buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next packet that is no PUBLISH; messages that come before it wait for their turn.
    pub async fn answer(&mut self) -> Packet {
        loop {
            match within("read", self.read_on()).await {
                Some(Packet::Publish(publish)) => self.early.push_back(publish),
                Some(answer) => return answer,
                None => panic!("the server closed the connection"),
            }
        }
    }

    /// The next packet.
    pub async fn next(&mut self) -> Packet {
        let packet = self.try_next().await;
        packet.expect("the server closed the connection")
    }

    /// The CONNACK.
    pub async fn connack(&mut self) -> ConnAck {
        match self.next().await {
            Packet::ConnAck(connack) => *connack,
            other => panic!("{other:?} instead of a CONNACK"),
        }
    }

    /// The server closes; in 5.0 it may say why before, with an error. The last packet, if any.
    pub async fn closes(&mut self) -> Option<Packet> {
        self.refusal().await.unwrap()
    }

    /// As [`Self::closes`], or what happened instead.
    pub async fn refusal(&mut self) -> Result<Option<Packet>, String> {
        let patience = tokio::time::timeout(ANSWER_DEADLINE, self.read()).await;
        let Some(last) = patience.map_err(|_| "it is not closed".to_owned())? else {
            return Ok(None);
        };
        let reason = match &last {
            Packet::Disconnect(disconnect) => disconnect.reason,
            Packet::ConnAck(connack) => connack.reason,
            other => return Err(format!("{other:?} instead of the end of the connection")),
        };
        if !reason.is_error() {
            return Err(format!("{last:?}"));
        }
        match self.try_next().await {
            None => Ok(Some(last)),
            Some(more) => Err(format!("{last:?}, then {more:?}")),
        }
    }

    /// A packet identifier that is not in use.
    pub fn packet_id(&mut self) -> PacketId {
        self.next_id += 1;
        NonZeroU16::new(self.next_id).unwrap()
    }

    /// The next packet, which is a PUBLISH.
    pub async fn next_publish(&mut self) -> Publish {
        match self.next().await {
            Packet::Publish(publish) => publish,
            other => panic!("{other:?} instead of a PUBLISH"),
        }
    }

    /// The next packet, which is a PUBLISH, acknowledged as its QoS asks.
    pub async fn message(&mut self) -> Publish {
        let publish = self.next_publish().await;
        self.acknowledge(&publish).await;
        publish
    }

    /// Acknowledges as the QoS asks, to the end.
    pub async fn acknowledge(&mut self, publish: &Publish) {
        let Some(id) = publish.packet_id else { return };
        let ack = ack(id, ReasonCode::Success);
        if publish.qos == Qos::AtLeastOnce {
            return self.send(Packet::PubAck(ack)).await;
        }
        self.send(Packet::PubRec(ack.clone())).await;
        assert_eq!(self.answer().await, Packet::PubRel(ack.clone()));
        self.send(Packet::PubComp(ack)).await;
    }

    /// Nothing comes: not before the server has taken a message of this client's, on its way
    /// through all that others have published before, nor before it answers a PINGREQ after that.
    pub async fn is_silent(&mut self) {
        self.pass_through().await;
        self.send(Packet::PingReq).await;
        assert_eq!(self.next().await, Packet::PingResp);
    }

    /// Publishes a message that nobody gets, and waits until the server has taken it: what this
    /// client sent before is behind it.
    async fn pass_through(&mut self) {
        let mut nobodys = publish(&unique("nobodys"), Qos::AtLeastOnce, "");
        nobodys.packet_id = Some(PacketId::MAX);
        self.send(Packet::Publish(nobodys)).await;
        match self.answer().await {
            Packet::PubAck(ack) if ack.packet_id == PacketId::MAX => {}
            other => panic!("{other:?} instead of silence"),
        }
    }

    /// Subscribes to one filter; what was granted.
    pub async fn subscribe(&mut self, filter: &str, qos: Qos) -> ReasonCode {
        self.subscribe_to(vec![subscription(filter, qos)]).await[0]
    }

    /// Subscribes; what was granted. Retained messages may only come afterwards.
    pub async fn subscribe_to(&mut self, subscriptions: Vec<Subscription>) -> Vec<ReasonCode> {
        self.subscribe_as(None, subscriptions).await
    }

    /// Subscribes with a subscription identifier.
    pub async fn subscribe_as(
        &mut self,
        subscription_id: Option<u32>,
        subscriptions: Vec<Subscription>,
    ) -> Vec<ReasonCode> {
        let packet_id = self.packet_id();
        let count = subscriptions.len();
        let subscribe = Subscribe {
            packet_id,
            subscription_id,
            user: Vec::new(),
            subscriptions,
        };
        self.send(Packet::Subscribe(subscribe)).await;
        match self.answer().await {
            Packet::SubAck(suback) if suback.packet_id == packet_id => {
                assert_eq!(suback.reasons.len(), count);
                suback.reasons
            }
            other => panic!("{other:?} instead of the SUBACK"),
        }
    }

    /// Unsubscribes; in 5.0 what came of it.
    pub async fn unsubscribe(&mut self, filters: &[&str]) -> Vec<ReasonCode> {
        let packet_id = self.packet_id();
        let filters = filters.iter().map(|text| parse_share(text).unwrap());
        let unsubscribe = Unsubscribe {
            packet_id,
            filters: filters.collect(),
            user: Vec::new(),
        };
        self.send(Packet::Unsubscribe(unsubscribe)).await;
        match self.answer().await {
            Packet::UnsubAck(unsuback) if unsuback.packet_id == packet_id => unsuback.reasons,
            other => panic!("{other:?} instead of the UNSUBACK"),
        }
    }

    /// Publishes and waits until the server has taken it.
    pub async fn publish(&mut self, topic: &str, qos: Qos, payload: &str) {
        let payload = Bytes::copy_from_slice(payload.as_bytes());
        self.publish_with(publish(topic, qos, payload)).await;
    }

    /// Publishes a retained message and waits until the server has taken it.
    pub async fn retain(&mut self, topic: &str, qos: Qos, payload: &str) {
        let payload = Bytes::copy_from_slice(payload.as_bytes());
        let mut publish = publish(topic, qos, payload);
        publish.retain = true;
        self.publish_with(publish).await;
    }

    /// Publishes and waits until the server has taken it; its packet identifier.
    pub async fn publish_with(&mut self, mut publish: Publish) -> Option<PacketId> {
        if publish.qos == Qos::AtMostOnce {
            self.send(Packet::Publish(publish)).await;
            self.pass_through().await;
            return None;
        }
        let id = self.packet_id();
        publish.packet_id = Some(id);
        let qos = publish.qos;
        self.send(Packet::Publish(publish)).await;
        if qos == Qos::AtLeastOnce {
            match self.answer().await {
                Packet::PubAck(ack) if ack.packet_id == id && !ack.reason.is_error() => {}
                other => panic!("{other:?} instead of the PUBACK"),
            }
            return Some(id);
        }
        match self.answer().await {
            Packet::PubRec(ack) if ack.packet_id == id && !ack.reason.is_error() => {}
            other => panic!("{other:?} instead of the PUBREC"),
        }
        let ack = ack(id, ReasonCode::Success);
        self.send(Packet::PubRel(ack.clone())).await;
        assert_eq!(self.answer().await, Packet::PubComp(ack));
        Some(id)
    }

    /// Publishes to a topic that it has subscribed to, and receives it.
    pub async fn publish_and_receive(&mut self, topic: &str) {
        let payload = unique("p");
        self.send(Packet::Publish(publish(
            topic,
            Qos::AtMostOnce,
            payload.clone(),
        )))
        .await;
        assert_eq!(self.message().await.payload, payload);
    }

    /// From now on, the server must send nothing larger.
    pub fn limit_received(&mut self, packet_bytes_max: u32) {
        self.decoder.set_packet_bytes_max(packet_bytes_max);
    }

    /// Says goodbye, and waits until the server has closed.
    pub async fn disconnect(mut self) {
        self.send(disconnect(ReasonCode::Success)).await;
        assert_eq!(self.try_next().await, None);
    }

    /// Goes without a word, and waits until the server has noticed.
    pub async fn vanish(mut self) {
        within("shut down", self.stream.shutdown()).await.unwrap();
        while self.try_next().await.is_some() {}
    }
}
