//! Every packet that a client may send.

use bytes::Bytes;
use unspool::message::Qos;
use unspool::mqtt::codec::{Connect, Packet, ReasonCode, Version};

use super::people::{Plant, Who};
use crate::support::client::{Client, unique};
use crate::support::packets::{publish, will};

/// Where a packet has its row. A packet that is new does not compile here before it has one.
fn row(packet: &Packet) -> &'static str {
    match packet {
        Packet::Connect(_) => "who comes in, and with what Will",
        Packet::Publish(_) => "what may be published",
        Packet::Subscribe(_) => "what may be subscribed to, and what is delivered",
        Packet::PubAck(_)
        | Packet::PubRec(_)
        | Packet::PubRel(_)
        | Packet::PubComp(_)
        | Packet::Unsubscribe(_)
        | Packet::PingReq
        | Packet::Disconnect(_) => "about what was let through before",
        Packet::Auth(_) => "refused: there is no such way in",
        Packet::ConnAck(_) | Packet::SubAck(_) | Packet::UnsubAck(_) | Packet::PingResp => {
            "sent by the server only"
        }
    }
}

fn connect(plant: &Plant, who: Who, version: Version) -> Connect {
    let mut connect = Connect::new(version, &unique("c"));
    if let Some(token) = plant.token(who) {
        connect.username = Some("".into());
        connect.password = Some(Bytes::from(token.to_owned()));
    }
    connect
}

async fn client(plant: &Plant, who: Who, version: Version) -> Client {
    let (shown, _) = Client::connect_with(plant.server.mqtt, version, |given| {
        let shown = connect(plant, who, version);
        given.username = shown.username;
        given.password = shown.password;
    })
    .await;
    shown
}

async fn start(with_anonymous: bool) -> Plant {
    tokio::task::spawn_blocking(move || Plant::start(with_anonymous))
        .await
        .unwrap()
}

async fn end(plant: Plant) {
    tokio::task::spawn_blocking(move || drop(plant))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_who_shows_nothing_good() {
    let plant = start(false).await;
    for version in [Version::V4, Version::V5] {
        for (username, password) in [
            (None, None),
            (Some(""), Some("usp_viewer_wrong")),
            (Some("viewer"), Some("wrong")),
            (Some("absent"), Some("wrong")),
        ] {
            let mut client = Client::open(plant.server.mqtt, version).await;
            let mut connect = connect(&plant, Who::Nobody, version);
            connect.username = username.map(Into::into);
            connect.password = password.map(|text: &'static str| Bytes::from(text));
            let packet = Packet::Connect(Box::new(connect));
            assert_eq!(row(&packet), "who comes in, and with what Will");
            client.send(packet).await;
            match client.try_next().await {
                Some(Packet::ConnAck(connack)) => {
                    assert!(connack.reason.is_error(), "{username:?}: {connack:?}");
                }
                other => panic!("{username:?}: {other:?}"),
            }
        }
    }
    end(plant).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_gets_what_it_may_read_whatever_it_asks_for() {
    for with_anonymous in [false, true] {
        let plant = start(with_anonymous).await;
        for who in plant.people().filter(|who| *who != Who::Nobody) {
            for filter in ["#", "+/b", "$share/g/#", "$history/0/#"] {
                let mut subscriber = client(&plant, who, Version::V5).await;
                let granted = subscriber.subscribe(filter, Qos::AtLeastOnce).await;
                assert!(!granted.is_error(), "{who:?} {filter}: {granted:?}");
                // Retained messages, and then one that comes now; the last one ends it.
                let mut publisher = client(&plant, Who::Administrator, Version::V5).await;
                publisher.publish("secret/b", Qos::AtLeastOnce, "now").await;
                publisher.publish("open/b", Qos::AtLeastOnce, "now").await;
                let mut topics = Vec::new();
                loop {
                    let publish = subscriber.message().await;
                    let topic = publish
                        .topic
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default();
                    let is_last = topic == "open/b" && publish.payload == "now";
                    topics.push(topic);
                    if is_last {
                        break;
                    }
                }
                let sees = topics.iter().any(|topic| topic.starts_with("secret"));
                assert_eq!(sees, who.reads_all(), "{who:?} {filter}: {topics:?}");
            }
            let mut subscriber = client(&plant, who, Version::V5).await;
            // What counts the messages of all topics tells of those on `secret/b`, too.
            for filter in [
                "secret/b",
                "$SYS/#",
                "$SYS/broker/messages/received",
                "$SYS/broker/retained messages/count",
                "$share/g/$SYS/#",
            ] {
                let granted = subscriber.subscribe(filter, Qos::AtLeastOnce).await;
                assert_eq!(
                    !granted.is_error(),
                    who.reads_all(),
                    "{who:?} {filter}: {granted:?}"
                );
            }
        }
        end(plant).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_published_is_not_on_record() {
    let plant = start(false).await;
    let before = plant.secret;
    for who in [Who::Viewer, Who::Device, Who::Denied, Who::Token] {
        for version in [Version::V4, Version::V5] {
            let mut publisher = client(&plant, who, version).await;
            let mut forged = publish("secret/b", Qos::AtLeastOnce, "forged");
            forged.packet_id = Some(publisher.packet_id());
            publisher.send(Packet::Publish(forged)).await;
            match publisher.answer().await {
                Packet::PubAck(ack) if version == Version::V5 => {
                    assert_eq!(ack.reason, ReasonCode::NotAuthorized, "{who:?}");
                }
                // Before 5.0 nothing can be said of it.
                Packet::PubAck(_) => {}
                other => panic!("{who:?}: {other:?}"),
            }
            let mut dying = Client::open(plant.server.mqtt, version).await;
            let mut connect = connect(&plant, who, version);
            connect.will = Some(will("secret/b", "forged"));
            dying.send(Packet::Connect(Box::new(connect))).await;
            if let Some(Packet::ConnAck(connack)) = dying.try_next().await {
                let refused = connack.reason.is_error();
                assert!(refused || version == Version::V4, "{who:?}: {connack:?}");
            }
            dying.vanish().await;
        }
    }
    let seq = tokio::task::spawn_blocking(move || {
        let seq = plant.publish("secret/b", "last");
        let request = super::people::Request::new(
            "GET",
            "/api/v1/messages?filter=secret/b&from=2020-01-01&limit=1000",
        );
        let messages = plant.ask(Who::Administrator, &request);
        assert!(!messages.text.contains("forged"), "{}", messages.text);
        seq
    })
    .await
    .unwrap();
    assert!(seq > before);
}
