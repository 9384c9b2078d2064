use tempfile::tempdir;

use crate::auth::Auth;
use crate::message::{Qos, Topic};
use crate::mqtt::codec::{Connect, Packet, PacketId, Publish, ReasonCode, Version, Will};

use super::client::{ack, message, subscription};
use super::client::{by, kept};
use super::{Client, Server, config, connect};

/// Alice may do everything; Bob may have and say what is below `open`.
const ACCOUNTS: &str = r#"
[[account]]
name = "alice"
role = "operator"

[[account]]
name = "bob"
role = "device"
permissions = { read = ["open/#"], write = ["open/#"] }
"#;

async fn guarded() -> Server {
    let dir = tempdir().unwrap();
    Server::open_with(dir, config(|_| {}), Auth::with_accounts(ACCOUNTS)).await
}

fn retained(topic: &str, payload: &str) -> Publish {
    Publish {
        retain: true,
        ..message(topic, Qos::AtLeastOnce, payload)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_is_told_why() {
    let server = guarded().await;
    let secret = Will {
        topic: Topic::new("secret").unwrap(),
        payload: bytes::Bytes::new(),
        qos: Qos::AtMostOnce,
        retain: false,
        delay_s: 0,
        properties: None,
    };
    let wrong = Connect {
        password: Some(bytes::Bytes::from_static(b"wrong")),
        ..by("bob", "c")
    };
    let will = Connect {
        will: Some(secret),
        ..by("bob", "c")
    };
    for (count, (connect, reason)) in [
        (wrong.clone(), ReasonCode::BadUserNameOrPassword),
        (connect("c"), ReasonCode::NotAuthorized),
        (will, ReasonCode::NotAuthorized),
    ]
    .into_iter()
    .enumerate()
    {
        for version in [Version::V4, Version::V5] {
            let connect = Connect {
                version,
                ..connect.clone()
            };
            let client = Client::new(&server, connect).await;
            assert_eq!(client.connack.reason, reason, "{version:?}");
        }
        assert_eq!(server.metrics.mqtt_denied.get(), 2 * (count as u64 + 1));
    }
    let client = Client::new(&server, by("bob", "c")).await;
    assert_eq!(client.connack.reason, ReasonCode::Success);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_identifier_is_not_for_somebody_else() {
    let server = guarded().await;
    let mut bob = Client::new(&server, kept("bob", "c")).await;
    let other = Client::new(&server, kept("alice", "c")).await;
    assert_eq!(
        other.connack.reason,
        ReasonCode::ClientIdentifierNotValid,
        "the session is Bob's"
    );
    bob.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_may_not_publish_goes_nowhere() {
    let server = guarded().await;
    let mut alice = Client::new(&server, by("alice", "a")).await;
    alice.subscribe("#", Qos::AtMostOnce).await;
    for version in [Version::V4, Version::V5] {
        let connect = Connect {
            version,
            ..by("bob", "b")
        };
        let mut bob = Client::new(&server, connect).await;
        let refusal = match version {
            Version::V5 => ReasonCode::NotAuthorized,
            _ => ReasonCode::Success,
        };
        let say = |qos, id| {
            Packet::Publish(Publish {
                packet_id: PacketId::new(id),
                ..message("secret", qos, "x")
            })
        };
        let answer = |id| crate::mqtt::codec::Ack {
            reason: refusal,
            ..ack(PacketId::new(id).unwrap())
        };
        let before = server.metrics.mqtt_denied.get();
        bob.send(&say(Qos::AtMostOnce, 0)).await;
        bob.send(&say(Qos::AtLeastOnce, 1)).await;
        assert_eq!(bob.recv().await, Some(Packet::PubAck(answer(1))));
        bob.send(&say(Qos::ExactlyOnce, 2)).await;
        assert_eq!(bob.recv().await, Some(Packet::PubRec(answer(2))));
        assert_eq!(server.metrics.mqtt_denied.get(), before + 3);
        bob.say("open", Qos::AtLeastOnce, "y").await;
        assert_eq!(alice.hear().await, "y", "{version:?}");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_may_not_subscribe_to_is_refused() {
    let server = guarded().await;
    for (version, refusal) in [
        (Version::V4, ReasonCode::Unspecified),
        (Version::V5, ReasonCode::NotAuthorized),
    ] {
        let connect = Connect {
            version,
            ..by("bob", "b")
        };
        let mut bob = Client::new(&server, connect).await;
        let asked = ["secret/#", "open/#", "$share/g/secret"];
        let asked = asked.map(|filter| subscription(filter, Qos::AtMostOnce));
        let suback = bob.subscribe_with(asked.to_vec(), None).await;
        assert_eq!(suback.reasons, [refusal, ReasonCode::Success, refusal]);
    }
    assert_eq!(server.metrics.mqtt_denied.get(), 4);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_gets_only_what_it_may_read() {
    let server = guarded().await;
    let mut alice = Client::new(&server, by("alice", "a")).await;
    for topic in ["secret", "open", "other"] {
        alice.publish(retained(topic, "retained")).await;
    }
    let mut bob = Client::new(&server, by("bob", "b")).await;
    bob.subscribe("#", Qos::AtLeastOnce).await;
    let publish = bob.recv_publish().await;
    assert_eq!(publish.topic, Some(Topic::new("open").unwrap()));
    bob.send(&Packet::PubAck(ack(publish.packet_id.unwrap())))
        .await;
    // Twice: by a new route, and by the one that is known.
    for _ in 0..2 {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce] {
            alice.say("secret", qos, "no").await;
            alice.say("open", qos, "yes").await;
            assert_eq!(bob.hear().await, "yes");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_message_goes_to_a_member_that_may_read_it() {
    let server = guarded().await;
    let mut alice = Client::new(&server, by("alice", "a")).await;
    let mut bob = Client::new(&server, by("bob", "b")).await;
    for member in [&mut alice, &mut bob] {
        member.subscribe("$share/g/#", Qos::AtLeastOnce).await;
    }
    let mut publisher = Client::new(&server, by("alice", "p")).await;
    for n in 0..4 {
        publisher
            .say("secret", Qos::AtLeastOnce, &n.to_string())
            .await;
        assert_eq!(alice.hear().await, n.to_string());
    }
    // Nobody is there who may: it waits, and Bob, who has room, does not get it.
    alice.disconnect(ReasonCode::Success).await;
    publisher.say("secret", Qos::AtLeastOnce, "later").await;
    publisher.say("open", Qos::AtLeastOnce, "now").await;
    assert_eq!(bob.hear().await, "now");
    let mut alice = Client::new(&server, by("alice", "a")).await;
    alice.subscribe("$share/g/#", Qos::AtLeastOnce).await;
    assert_eq!(alice.hear().await, "later");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_over_a_restart_is_looked_at_when_the_client_is_back() {
    let server = guarded().await;
    let mut bob = Client::new(&server, kept("bob", "b")).await;
    bob.subscribe("#", Qos::AtLeastOnce).await;
    bob.disconnect(ReasonCode::Success).await;
    let dir = server.stop().await;
    let server = Server::open_with(dir, config(|_| {}), Auth::with_accounts(ACCOUNTS)).await;
    let mut alice = Client::new(&server, by("alice", "a")).await;
    // Nobody can say yet whose the session is.
    alice.say("secret", Qos::AtLeastOnce, "no").await;
    alice.say("open", Qos::AtLeastOnce, "yes").await;
    let mut bob = Client::new(&server, kept("bob", "b")).await;
    assert!(bob.connack.session_present);
    assert_eq!(bob.hear().await, "yes");
    bob.assert_silence().await;
    alice.say("secret", Qos::AtLeastOnce, "no").await;
    alice.say("open", Qos::AtLeastOnce, "yes").await;
    assert_eq!(bob.hear().await, "yes");
    server.stop().await;
}
