//! A client that says exactly what a test wants.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::message::{Qos, Topic, TopicFilter};
use crate::mqtt::codec::{
    Ack, ConnAck, ConnAckProperties, Connect, Decoder, Encoder, Packet, PacketId, Publish,
    ReasonCode, RetainHandling, SubAck, Subscribe, Subscription, Unsubscribe, Version,
};

use super::Server;

/// How long anything may take.
const DEADLINE: Duration = Duration::from_secs(10);

pub(in crate::mqtt) struct Client {
    stream: TcpStream,
    decoder: Decoder,
    encoder: Encoder,
    buffer: BytesMut,
    next_id: u16,
    /// What came while something else was waited for.
    early: VecDeque<Publish>,
    pub(in crate::mqtt) connack: ConnAck,
}

/// A CONNECT of MQTT 5.0 with a session that is not kept.
pub(in crate::mqtt) fn connect(client_id: &str) -> Connect {
    Connect {
        keep_alive_s: 60,
        ..Connect::new(Version::V5, client_id)
    }
}

pub(in crate::mqtt) fn id(id: u16) -> PacketId {
    PacketId::new(id).unwrap()
}

pub(in crate::mqtt) fn subscription(filter: &str, qos: Qos) -> Subscription {
    let (share, filter) = crate::mqtt::codec::parse_share(filter).unwrap();
    Subscription {
        filter,
        share,
        qos,
        no_local: false,
        retain_as_published: false,
        retain_handling: RetainHandling::Always,
    }
}

pub(in crate::mqtt) fn message(topic: &str, qos: Qos, payload: &str) -> Publish {
    Publish {
        dup: false,
        qos,
        retain: false,
        topic: Some(Topic::new(topic).unwrap()),
        topic_alias: None,
        packet_id: None,
        subscription_ids: Vec::new(),
        properties: None,
        payload: Bytes::copy_from_slice(payload.as_bytes()),
    }
}

pub(in crate::mqtt) fn ack(packet_id: PacketId) -> Ack {
    Ack {
        packet_id,
        reason: ReasonCode::Success,
        reason_string: None,
        user: Vec::new(),
    }
}

/// A CONNECT of the account `name`.
pub(super) fn by(name: &str, client_id: &str) -> Connect {
    Connect {
        username: Some(name.into()),
        ..connect(client_id)
    }
}

/// The same, with a session that is kept.
pub(super) fn kept(name: &str, client_id: &str) -> Connect {
    Connect {
        session_expiry_s: 3600,
        clean_start: false,
        ..by(name, client_id)
    }
}

impl Client {
    pub(in crate::mqtt) async fn new(server: &Server, connect: Connect) -> Self {
        let version = connect.version;
        let stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut client = Self {
            stream,
            decoder: Decoder::client(version, u32::MAX),
            encoder: Encoder::new(version),
            buffer: BytesMut::new(),
            next_id: 0,
            early: VecDeque::new(),
            connack: ConnAck {
                session_present: false,
                reason: ReasonCode::Unspecified,
                properties: ConnAckProperties::default(),
            },
        };
        client.send(&Packet::Connect(Box::new(connect))).await;
        match client.recv().await {
            Some(Packet::ConnAck(connack)) => client.connack = *connack,
            other => panic!("no CONNACK but {other:?}"),
        }
        client
    }

    /// A connection that has said this and nothing else.
    pub(in crate::mqtt) async fn stranger(server: &Server, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    pub(in crate::mqtt) async fn named(server: &Server, client_id: &str) -> Self {
        Self::new(server, connect(client_id)).await
    }

    /// With a session that is kept.
    pub(in crate::mqtt) async fn kept(server: &Server, client_id: &str, clean: bool) -> Self {
        let connect = Connect {
            session_expiry_s: 3600,
            clean_start: clean,
            ..connect(client_id)
        };
        Self::new(server, connect).await
    }

    pub(in crate::mqtt) fn next_id(&mut self) -> PacketId {
        self.next_id += 1;
        id(self.next_id)
    }

    pub(in crate::mqtt) async fn send(&mut self, packet: &Packet) {
        let mut bytes = BytesMut::new();
        self.encoder.encode(packet, &mut bytes).unwrap();
        self.send_bytes(&bytes).await;
    }

    pub(in crate::mqtt) async fn send_bytes(&mut self, bytes: &[u8]) {
        // The server may have closed the connection: what it said before is what counts.
        let _ = self.stream.write_all(bytes).await;
    }

    /// The next packet; `None` where the server has closed the connection.
    pub(in crate::mqtt) async fn recv(&mut self) -> Option<Packet> {
        timeout(DEADLINE, self.read())
            .await
            .expect("nothing came in time")
    }

    async fn read(&mut self) -> Option<Packet> {
        loop {
            if let Some(packet) = self.decoder.decode(&mut self.buffer).unwrap() {
                return Some(packet);
            }
            if self.stream.read_buf(&mut self.buffer).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// Nothing has come by the time the server has answered a PINGREQ.
    pub(in crate::mqtt) async fn assert_silence(&mut self) {
        self.send(&Packet::PingReq).await;
        assert_eq!(self.recv().await, Some(Packet::PingResp));
    }

    pub(in crate::mqtt) async fn subscribe_with(
        &mut self,
        subscriptions: Vec<Subscription>,
        subscription_id: Option<u32>,
    ) -> SubAck {
        let packet_id = self.next_id();
        self.send(&Packet::Subscribe(Subscribe {
            packet_id,
            subscription_id,
            user: Vec::new(),
            subscriptions,
        }))
        .await;
        match self.recv().await {
            Some(Packet::SubAck(suback)) if suback.packet_id == packet_id => suback,
            other => panic!("no SUBACK but {other:?}"),
        }
    }

    pub(in crate::mqtt) async fn subscribe(&mut self, filter: &str, qos: Qos) {
        let suback = self
            .subscribe_with(vec![subscription(filter, qos)], None)
            .await;
        assert_eq!(suback.reasons[0] as u8, qos as u8);
    }

    pub(in crate::mqtt) async fn unsubscribe(&mut self, filter: &str) -> ReasonCode {
        let packet_id = self.next_id();
        self.send(&Packet::Unsubscribe(Unsubscribe {
            packet_id,
            user: Vec::new(),
            filters: vec![(None, TopicFilter::new(filter).unwrap())],
        }))
        .await;
        match self.recv().await {
            Some(Packet::UnsubAck(unsuback)) => unsuback.reasons[0],
            other => panic!("no UNSUBACK but {other:?}"),
        }
    }

    /// Publishes, and waits for the last acknowledgement.
    pub(in crate::mqtt) async fn publish(&mut self, publish: Publish) {
        let publish = match publish.qos {
            Qos::AtMostOnce => publish,
            _ => Publish {
                packet_id: Some(self.next_id()),
                ..publish
            },
        };
        let (qos, packet_id) = (publish.qos, publish.packet_id);
        self.send(&Packet::Publish(publish)).await;
        match (qos, packet_id) {
            (Qos::AtLeastOnce, Some(id)) => {
                self.puback(id).await;
            }
            (Qos::ExactlyOnce, Some(id)) => {
                assert_eq!(self.recv().await, Some(Packet::PubRec(ack(id))));
                self.send(&Packet::PubRel(ack(id))).await;
                assert_eq!(self.recv().await, Some(Packet::PubComp(ack(id))));
            }
            _ => {}
        }
    }

    /// The PUBACK of a message that was taken: whether anybody has subscribed to its topic, as far
    /// as the server says.
    pub(in crate::mqtt) async fn puback(&mut self, id: PacketId) -> ReasonCode {
        match self.recv().await {
            Some(Packet::PubAck(ack)) if ack.packet_id == id && !ack.reason.is_error() => {
                ack.reason
            }
            other => panic!("no PUBACK but {other:?}"),
        }
    }

    pub(in crate::mqtt) async fn say(&mut self, topic: &str, qos: Qos, payload: &str) {
        self.publish(message(topic, qos, payload)).await;
    }

    /// The next PUBLISH, without acknowledging it.
    pub(in crate::mqtt) async fn recv_publish(&mut self) -> Publish {
        if let Some(publish) = self.early.pop_front() {
            return publish;
        }
        match self.recv().await {
            Some(Packet::Publish(publish)) => publish,
            other => panic!("no PUBLISH but {other:?}"),
        }
    }

    /// The payload of the next PUBLISH, acknowledged.
    pub(in crate::mqtt) async fn hear(&mut self) -> String {
        let publish = self.recv_publish().await;
        match (publish.qos, publish.packet_id) {
            (Qos::AtLeastOnce, Some(id)) => self.send(&Packet::PubAck(ack(id))).await,
            (Qos::ExactlyOnce, Some(id)) => {
                self.send(&Packet::PubRec(ack(id))).await;
                loop {
                    match self.recv().await.unwrap() {
                        Packet::PubRel(released) if released == ack(id) => break,
                        Packet::Publish(publish) => self.early.push_back(publish),
                        other => panic!("no PUBREL but {other:?}"),
                    }
                }
                self.send(&Packet::PubComp(ack(id))).await;
            }
            _ => {}
        }
        String::from_utf8(publish.payload.to_vec()).unwrap()
    }

    /// Waits until the server has closed the connection, and answers with its last word.
    pub(in crate::mqtt) async fn closed(&mut self) -> Option<ReasonCode> {
        let mut last = None;
        while let Some(packet) = self.recv().await {
            if let Packet::Disconnect(disconnect) = packet {
                last = Some(disconnect.reason);
            }
        }
        last
    }

    pub(in crate::mqtt) async fn disconnect(mut self, reason: ReasonCode) {
        self.send(&Packet::Disconnect(crate::mqtt::codec::Disconnect {
            reason,
            session_expiry_s: None,
            reason_string: None,
            server_reference: None,
            user: Vec::new(),
        }))
        .await;
        assert_eq!(self.closed().await, None);
    }
}
