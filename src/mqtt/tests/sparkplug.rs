//! The broker for those who speak Sparkplug: certificates for late subscribers, and the server as
//! a host application.

use std::sync::Arc;

use tempfile::tempdir;

use crate::auth::Auth;
use crate::config::Config;
use crate::message::{ClientId, Message, Qos, Timestamp, Topic};
use crate::mqtt::Entrance;
use crate::mqtt::codec::{Packet, Publish, ReasonCode};
use crate::port::AskRebirth as _;

use super::client::{ack, by, message, subscription};
use super::resume::{Down, down_with};
use super::{Client, Server, config, connect};

const STATE: &str = "spBv1.0/STATE/plant";

/// Alice may read births, Bob what devices say after them.
const ACCOUNTS: &str = r##"
[[account]]
name = "edge"
role = "operator"

[[account]]
name = "alice"
role = "device"
permissions = { read = ["spBv1.0/G/NBIRTH/#"], write = ["#"] }

[[account]]
name = "bob"
role = "device"
permissions = { read = ["spBv1.0/G/NDATA/#"] }
"##;

fn host(config: &mut Config) {
    config.sparkplug_host_id = Some("plant".to_owned());
}

fn told(publish: &Publish) -> (&str, &[u8], bool) {
    (
        publish.topic.as_ref().unwrap().as_str(),
        &publish.payload,
        publish.retain,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_birth_is_there_for_who_subscribes_late() {
    for how in [Down::Not, Down::Stop, Down::Crash] {
        let server = Server::start().await;
        let mut edge = Client::named(&server, "edge").await;
        for (topic, payload) in [
            ("spBv1.0/G/NBIRTH/N", "old"),
            ("spBv1.0/G/NBIRTH/N", "new"),
            ("spBv1.0/G/DBIRTH/N/D", "device"),
            ("spBv1.0/G/NDATA/N", "data"),
            ("spBv1.0/G/NDEATH/N", "death"),
        ] {
            edge.say(topic, Qos::AtMostOnce, payload).await;
        }
        // What comes behind it has been taken after them.
        edge.say("last", Qos::AtLeastOnce, "x").await;
        let server = down_with(server, how, config(|_| {})).await;
        let mut late = Client::named(&server, "late").await;
        late.subscribe("$sparkplug/certificates/#", Qos::AtLeastOnce)
            .await;
        for expected in [
            (
                "$sparkplug/certificates/spBv1.0/G/DBIRTH/N/D",
                &b"device"[..],
                true,
            ),
            ("$sparkplug/certificates/spBv1.0/G/NBIRTH/N", b"new", true),
        ] {
            let publish = late.recv_publish().await;
            assert_eq!(told(&publish), expected, "{how:?}");
        }
        // The births themselves are not retained.
        late.subscribe("spBv1.0/#", Qos::AtMostOnce).await;
        late.assert_silence().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_birth_reaches_who_has_subscribed_to_certificates_too() {
    let server = Server::start().await;
    let mut listener = Client::named(&server, "listener").await;
    let filter = "$sparkplug/certificates/spBv1.0/+/NBIRTH/+";
    listener.subscribe(filter, Qos::AtMostOnce).await;
    let mut edge = Client::named(&server, "edge").await;
    edge.say("spBv1.0/G/NBIRTH/N", Qos::AtMostOnce, "birth")
        .await;
    let publish = listener.recv_publish().await;
    assert_eq!(
        publish.topic.as_ref().unwrap().as_str(),
        "$sparkplug/certificates/spBv1.0/G/NBIRTH/N"
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_read_by_who_may_read_births_and_written_by_nobody() {
    let server = Server::open_with(
        tempdir().unwrap(),
        config(|_| {}),
        Auth::with_accounts(ACCOUNTS),
    )
    .await;
    let mut edge = Client::new(&server, by("edge", "edge")).await;
    edge.say("spBv1.0/G/NBIRTH/N", Qos::AtMostOnce, "birth")
        .await;
    edge.say("spBv1.0/G/DBIRTH/N/D", Qos::AtLeastOnce, "device")
        .await;
    let mut alice = Client::new(&server, by("alice", "alice")).await;
    for filter in ["$sparkplug/certificates/#", "$sparkplug/#"] {
        alice.subscribe(filter, Qos::AtMostOnce).await;
        let publish = alice.recv_publish().await;
        assert_eq!(publish.payload, "birth", "{filter}");
        alice.assert_silence().await;
    }
    let mut bob = Client::new(&server, by("bob", "bob")).await;
    let births = subscription(
        "$sparkplug/certificates/spBv1.0/G/NBIRTH/#",
        Qos::AtMostOnce,
    );
    let suback = bob.subscribe_with(vec![births], None).await;
    assert_eq!(suback.reasons, [ReasonCode::NotAuthorized]);
    let mut forged = message(
        "$sparkplug/certificates/spBv1.0/G/NBIRTH/N",
        Qos::AtLeastOnce,
        "x",
    );
    let id = alice.next_id();
    forged.packet_id = Some(id);
    alice.send(&Packet::Publish(forged)).await;
    let Some(Packet::PubAck(answer)) = alice.recv().await else {
        panic!("no PUBACK");
    };
    assert_eq!(answer.reason, ReasonCode::NotAuthorized);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_have_the_room_of_retained_messages() {
    let server = Server::with(config(|config| config.retained_max = 1)).await;
    let mut edge = Client::named(&server, "edge").await;
    for node in ["N", "M"] {
        let topic = format!("spBv1.0/G/NBIRTH/{node}");
        edge.say(&topic, Qos::AtLeastOnce, "birth").await;
    }
    assert_eq!(server.metrics.sparkplug_certificates_refused.get(), 1);
    assert_eq!(server.metrics.mqtt_retained.get(), 1);
    server.stop().await;
}

async fn states(server: &Server, client_id: &str) -> Client {
    let mut client = Client::named(server, client_id).await;
    client.subscribe(STATE, Qos::AtLeastOnce).await;
    client
}

/// The next state that is told: whether it is online, and since when.
async fn state(client: &mut Client) -> (bool, i64) {
    let publish = client.recv_publish().await;
    assert_eq!(publish.qos, Qos::AtLeastOnce);
    if let Some(id) = publish.packet_id {
        client.send(&Packet::PubAck(ack(id))).await;
    }
    let state: serde_json::Value = serde_json::from_slice(&publish.payload).unwrap();
    (
        state["online"].as_bool().unwrap(),
        state["timestamp"].as_i64().unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_online_from_its_start_to_its_end() {
    let server = Server::with(config(host)).await;
    let before = Timestamp::now().as_millis();
    server.broker.begin_host().await.unwrap();
    let mut edge = states(&server, "edge").await;
    let (online, since) = state(&mut edge).await;
    assert!(online && since >= before);
    server.broker.end_host().await.unwrap();
    let (online, until) = state(&mut edge).await;
    assert!(!online && until >= since);
    // After an end that was told nothing is left to be told.
    let server = down_with(server, Down::Stop, config(host)).await;
    let mut edge = states(&server, "edge").await;
    assert_eq!(state(&mut edge).await, (false, until));
    server.broker.begin_host().await.unwrap();
    assert!(state(&mut edge).await.0);
    edge.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_was_killed_tells_its_will_before_it_is_online_again() {
    let server = Server::with(config(host)).await;
    server.broker.begin_host().await.unwrap();
    let mut edge = states(&server, "edge").await;
    let (_, since) = state(&mut edge).await;
    let server = down_with(server, Down::Crash, config(host)).await;
    let mut edge = states(&server, "edge").await;
    assert_eq!(state(&mut edge).await, (true, since));
    server.broker.begin_host().await.unwrap();
    assert_eq!(state(&mut edge).await, (false, since));
    let (online, again) = state(&mut edge).await;
    assert!(online && again >= since);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_the_host_is_offline_is_contradicted() {
    let server = Server::with(config(host)).await;
    server.broker.begin_host().await.unwrap();
    let mut edge = states(&server, "edge").await;
    let (_, since) = state(&mut edge).await;
    let mut other = Client::named(&server, "other").await;
    let payload = r#"{"online":false,"timestamp":5}"#;
    let lie = Publish {
        retain: true,
        ..message(STATE, Qos::AtLeastOnce, payload)
    };
    other.publish(lie).await;
    assert_eq!(state(&mut edge).await, (false, 5));
    assert_eq!(state(&mut edge).await, (true, since));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rebirth_is_asked_of_who_is_still_on_that_connection() {
    for (is_host, client, since, is_asked) in [
        (true, "edge", Timestamp::NO_END, true),
        // From before it came, as what is decoded late.
        (true, "edge", Timestamp(0), false),
        (true, "gone", Timestamp::NO_END, false),
        (false, "edge", Timestamp::NO_END, false),
    ] {
        let server = Server::with(config(|config| {
            if is_host {
                host(config);
            }
        }))
        .await;
        let mut edge = Client::new(&server, connect("edge")).await;
        edge.subscribe("spBv1.0/G/NCMD/N", Qos::AtLeastOnce).await;
        let topic = Topic::new("spBv1.0/G/NCMD/N").unwrap();
        let request = Message::new(topic, "rebirth");
        let entrance = Entrance(Arc::clone(&server.broker));
        let client = ClientId(client.into());
        for _ in 0..3 {
            entrance.ask_rebirth(&client, since, request.clone());
        }
        if is_asked {
            let publish = edge.recv_publish().await;
            assert_eq!(told(&publish), ("spBv1.0/G/NCMD/N", &b"rebirth"[..], false));
            assert_eq!(publish.qos, Qos::AtMostOnce);
        }
        edge.assert_silence().await;
        assert_eq!(server.metrics.sparkplug_rebirths.get(), u64::from(is_asked));
        server.stop().await;
    }
}
