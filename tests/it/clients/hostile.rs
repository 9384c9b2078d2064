//! Clients that mean no good, or are merely broken: the others do not notice, memory stays
//! bounded, a metric counts it.

use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use unspool::message::Qos;
use unspool::mqtt::codec::{Connect, Packet, ReasonCode, Version};

use crate::support::client::{Client, unique};
use crate::support::packets::publish;
use crate::support::server::Server;
use crate::support::settings::Settings;

/// More than any of these clients may cost the server, in KiB.
const MEMORY_KIB_MAX: u64 = 500 * 1024;

/// Two well-behaved clients that talk to each other.
struct Others {
    publisher: Client,
    subscriber: Client,
    topic: String,
}

impl Others {
    async fn new(server: &Server) -> Self {
        let topic = unique("others");
        let mut subscriber = Client::connect(server.mqtt, Version::V5).await;
        subscriber.subscribe(&topic, Qos::AtLeastOnce).await;
        let publisher = Client::connect(server.mqtt, Version::V4).await;
        Self {
            publisher,
            subscriber,
            topic,
        }
    }

    async fn notice_nothing(&mut self) {
        for number in 0..20 {
            let payload = number.to_string();
            self.publisher
                .publish(&self.topic, Qos::AtLeastOnce, &payload)
                .await;
            assert_eq!(self.subscriber.message().await.payload, payload);
        }
    }
}

fn assert_memory_is_bounded(server: &Server) {
    let resident = server.resident_kib();
    assert!(resident < MEMORY_KIB_MAX, "{resident} KiB");
}

#[tokio::test]
async fn half_a_packet_and_then_silence_holds_nobody_up() {
    let server = Server::start();
    let mut others = Others::new(&server).await;
    let mut silent = Vec::new();
    for bytes in [&b""[..], b"\x10", b"\x10\x20\x00\x04MQ", b"\x10\xff\xff"] {
        let mut socket = TcpStream::connect(server.mqtt).await.expect("connect");
        socket.write_all(bytes).await.expect("write");
        silent.push(socket);
    }
    others.notice_nothing().await;
    let mut rest = Vec::new();
    for socket in &mut silent {
        let closed = tokio::io::AsyncReadExt::read_to_end(socket, &mut rest);
        let closed = tokio::time::timeout(Duration::from_secs(30), closed).await;
        assert!(
            closed.is_ok(),
            "a client that says no CONNECT stays for ever"
        );
    }
}

#[tokio::test]
async fn a_flood_of_connects_is_served_in_its_turn() {
    let server = Settings::default()
        .set("UNSPOOL_CONNECT_RATE_MAX", "200")
        .start();
    let mut others = Others::new(&server).await;
    let mut flood = Vec::new();
    for _ in 0..300 {
        flood.push(TcpStream::connect(server.mqtt).await.expect("connect"));
    }
    others.notice_nothing().await;
    drop(flood);
    Others::new(&server).await.notice_nothing().await;
}

#[tokio::test]
async fn ten_thousand_subscriptions_of_one_client_slow_nobody_down() {
    let server = Server::start();
    let mut others = Others::new(&server).await;
    let mut greedy = Client::connect(server.mqtt, Version::V5).await;
    for number in 0..10_000 {
        let reason = greedy
            .subscribe(&format!("greedy/{number}/+/#"), Qos::AtMostOnce)
            .await;
        assert_eq!(reason, ReasonCode::Success);
    }
    others.notice_nothing().await;
    others
        .publisher
        .publish("greedy/777/x/y", Qos::AtLeastOnce, "found")
        .await;
    assert_eq!(greedy.message().await.payload, "found");
    assert_memory_is_bounded(&server);
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_costs_the_others_nothing() {
    let server = Server::start();
    let mut others = Others::new(&server).await;
    let mut deaf = Client::connect(server.mqtt, Version::V5).await;
    deaf.subscribe("flood/#", Qos::AtMostOnce).await;
    let payload = vec![b'x'; 64 * 1024];
    let mut publisher = Client::connect(server.mqtt, Version::V5).await;
    for _ in 0..1000 {
        let message = publish("flood/a", Qos::AtMostOnce, payload.clone());
        publisher.send(Packet::Publish(message)).await;
    }
    publisher
        .publish("flood/end", Qos::AtLeastOnce, "all are taken")
        .await;
    others.notice_nothing().await;
    assert!(server.metric("unspool_messages_dropped_total") > 0);
    assert_memory_is_bounded(&server);
    drop(deaf);
}

#[tokio::test]
async fn a_client_that_never_acknowledges_gets_no_more_than_its_window() {
    let server = Settings::default()
        .set("UNSPOOL_INFLIGHT_MAX", "50")
        .start();
    let mut others = Others::new(&server).await;
    let mut mute = Client::connect(server.mqtt, Version::V4).await;
    mute.subscribe("window/#", Qos::AtLeastOnce).await;
    for number in 0..200 {
        let payload = number.to_string();
        others
            .publisher
            .publish("window/a", Qos::AtLeastOnce, &payload)
            .await;
    }
    let mut first = Vec::new();
    for number in 0..50 {
        let message = mute.next_publish().await;
        assert_eq!(message.payload, number.to_string());
        first.push(message);
    }
    mute.is_silent().await;
    others.notice_nothing().await;
    for message in &first {
        mute.acknowledge(message).await;
    }
    for number in 50..100 {
        assert_eq!(mute.next_publish().await.payload, number.to_string());
    }
}

#[tokio::test]
async fn a_packet_of_256_megabytes_is_refused_before_it_comes() {
    let server = Server::start();
    let mut others = Others::new(&server).await;
    let mut large = Client::connect(server.mqtt, Version::V5).await;
    large
        .send_bytes(&[0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01, b'a'])
        .await;
    let Some(Packet::Disconnect(told)) = large.closes().await else {
        panic!("no DISCONNECT")
    };
    assert_eq!(told.reason, ReasonCode::PacketTooLarge);
    others.notice_nothing().await;
    assert_eq!(server.metric("unspool_mqtt_protocol_errors_total"), 1);
    assert_memory_is_bounded(&server);
}

#[tokio::test]
async fn client_identifiers_may_be_odd_but_not_broken() {
    let server = Server::start();
    let mut others = Others::new(&server).await;
    for name in [
        "a/b",
        "#",
        "+",
        "$SYS",
        "../../etc/passwd",
        "é ü 漢字",
        "'; drop table topic; --",
        "%s%n",
    ] {
        for _ in 0..2 {
            let mut client = Client::open(server.mqtt, Version::V5).await;
            let mut hello = Connect::new(Version::V5, name);
            hello.session_expiry_s = 60;
            client.send(Packet::Connect(Box::new(hello))).await;
            assert_eq!(client.connack().await.reason, ReasonCode::Success, "{name}");
            client.publish(&unique("odd"), Qos::ExactlyOnce, name).await;
        }
    }
    let mut broken = TcpStream::connect(server.mqtt).await.expect("connect");
    let invalid = b"\x10\x0f\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x02\xc3\x28";
    broken.write_all(invalid).await.expect("write");
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut broken, &mut answer)
        .await
        .ok();
    assert_eq!(answer.get(3), Some(&0x81), "{answer:?}");
    others.notice_nothing().await;
}
