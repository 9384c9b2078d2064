//! What becomes of clients, sessions and Wills when accounts change.

use std::time::{Duration, Instant};

use tempfile::{TempDir, tempdir};

use crate::auth::Auth;
use crate::message::{Qos, Topic};
use crate::mqtt::codec::{Connect, Packet, ReasonCode, Version, Will};

use super::client::{ack, message};
use super::client::{by, kept};
use super::{Client, Server, config};

const ALICE: &str = r#"{ name = "alice", role = "operator" }"#;
const BOB: &str =
    r#"{ name = "bob", role = "device", permissions = { read = ["open/#"], write = ["open/#"] } }"#;

fn accounts(all: &[&str]) -> String {
    format!("account = [{}]", all.join(","))
}

async fn guarded_in(dir: TempDir, all: &[&str]) -> Server {
    let auth = Auth::with_accounts(&accounts(all));
    Server::open_with(dir, config(|_| {}), auth).await
}

async fn guarded(all: &[&str]) -> Server {
    guarded_in(tempdir().unwrap(), all).await
}

fn declare(server: &Server, all: &[&str]) {
    server.broker.auth().declare(&accounts(all));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_come_in_any_more_is_sent_away_at_once() {
    for (version, told) in [
        (Version::V4, None),
        (Version::V5, Some(ReasonCode::NotAuthorized)),
    ] {
        let server = guarded(&[ALICE, BOB]).await;
        let connect = Connect {
            version,
            ..by("bob", "b")
        };
        let mut bob = Client::new(&server, connect).await;
        let mut alice = Client::new(&server, by("alice", "a")).await;
        bob.subscribe("#", Qos::AtLeastOnce).await;
        declare(&server, &[ALICE]);
        alice.say("open", Qos::AtLeastOnce, "not for Bob").await;
        assert_eq!(bob.closed().await, told, "{version:?}");
        alice.assert_silence().await;
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_first_account_everybody_has_to_show_theirs() {
    let server = Server::start().await;
    let mut anyone = Client::named(&server, "c").await;
    declare(&server, &[ALICE]);
    assert_eq!(anyone.closed().await, Some(ReasonCode::NotAuthorized));
    let anyone = Client::named(&server, "c").await;
    assert_eq!(anyone.connack.reason, ReasonCode::NotAuthorized);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_permissions_hold_for_the_next_message() {
    let server = guarded(&[ALICE, BOB]).await;
    let mut alice = Client::new(&server, by("alice", "a")).await;
    let mut bob = Client::new(&server, by("bob", "b")).await;
    bob.subscribe("#", Qos::AtLeastOnce).await;
    let moved = BOB.replace("open", "other");
    for (accounts, heard) in [(BOB, "open"), (&*moved, "other"), (BOB, "open")] {
        declare(&server, &[ALICE, accounts]);
        // Twice: by a new route, and by the one that is known.
        for _ in 0..2 {
            for qos in [Qos::AtMostOnce, Qos::AtLeastOnce] {
                alice.say("open", qos, "open").await;
                alice.say("other", qos, "other").await;
                assert_eq!(bob.hear().await, heard);
            }
        }
        for topic in ["open", "other"] {
            let publish = Packet::Publish(crate::mqtt::codec::Publish {
                packet_id: Some(bob.next_id()),
                ..message(topic, Qos::AtLeastOnce, "said")
            });
            bob.send(&publish).await;
            let mut refused = None;
            while refused.is_none() {
                match bob.recv().await {
                    Some(Packet::PubAck(ack)) => refused = Some(ack.reason.is_error()),
                    Some(Packet::Publish(publish)) => {
                        let id = publish.packet_id.unwrap();
                        bob.send(&Packet::PubAck(ack(id))).await;
                    }
                    other => panic!("{other:?}"),
                }
            }
            assert_eq!(refused, Some(topic != heard), "{topic}");
        }
        // His own message comes back to him.
        bob.send(&Packet::PingReq).await;
        while let Some(packet) = bob.recv().await {
            match packet {
                Packet::PingResp => break,
                Packet::Publish(publish) => {
                    let id = publish.packet_id.unwrap();
                    bob.send(&Packet::PubAck(ack(id))).await;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_client_is_looked_at_once_more() {
    let server = guarded(&[ALICE, BOB]).await;
    let mut alice = Client::new(&server, by("alice", "a")).await;
    let slow = Connect {
        receive_maximum: 1,
        ..kept("bob", "b")
    };
    let mut bob = Client::new(&server, slow).await;
    bob.subscribe("#", Qos::AtLeastOnce).await;
    for topic in ["open/1", "open/2", "open/3"] {
        alice.say(topic, Qos::AtLeastOnce, topic).await;
    }
    let first = bob.recv_publish().await;
    let less = BOB.replace(
        r#"read = ["open/#"]"#,
        r#"read = ["open/1", "open/3", "later"]"#,
    );
    declare(&server, &[ALICE, &less]);
    bob.send(&Packet::PubAck(ack(first.packet_id.unwrap())))
        .await;
    assert_eq!(bob.hear().await, "open/3");
    alice.say("later", Qos::AtLeastOnce, "later").await;
    assert_eq!(bob.hear().await, "later");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_full_journal_is_not_taken_once_it_may_not_be_published_any_more() {
    for version in [Version::V4, Version::V5] {
        let auth = Auth::with_accounts(&accounts(&[ALICE, BOB]));
        let small = config(|config| {
            config.journal_segment_bytes = 1 << 20;
            config.journal_bytes_max = 4 << 20;
            config.journal_keep_bytes = 0;
        });
        let server = Server::open_with(tempdir().unwrap(), small, auth).await;
        let connect = Connect {
            version,
            ..by("bob", "b")
        };
        let mut bob = Client::new(&server, connect).await;
        let mut alice = Client::new(&server, by("alice", "a")).await;
        let payload = "x".repeat(100_000);
        while server.metrics.journal_full.get() == 0 {
            let publish = message("fill", Qos::AtMostOnce, &payload);
            alice.send(&Packet::Publish(publish)).await;
        }
        alice.disconnect(ReasonCode::Success).await;
        let before = server.metrics.messages_received.get();
        let ids = [Qos::AtLeastOnce, Qos::ExactlyOnce].map(|qos| (qos, bob.next_id()));
        for (qos, id) in ids {
            let publish = Packet::Publish(crate::mqtt::codec::Publish {
                packet_id: Some(id),
                ..message("open", qos, "held")
            });
            bob.send(&publish).await;
        }
        // The first may be answered before what came with it is given to the journal.
        for _ in 0..2 {
            bob.assert_silence().await;
        }
        let mute = BOB.replace(r#"write = ["open/#"]"#, "write = []");
        declare(&server, &[ALICE, &mute]);
        // As the mirror does: what becomes durable only now, too.
        let mut durable = server.log.durable();
        let mirror = async {
            loop {
                server.log.release(*durable.borrow_and_update());
                durable.changed().await.unwrap();
            }
        };
        let told = match version {
            Version::V5 => ReasonCode::NotAuthorized,
            _ => ReasonCode::Success,
        };
        let answers = async {
            for (qos, id) in ids {
                let answer = match (qos, bob.recv().await) {
                    (Qos::AtLeastOnce, Some(Packet::PubAck(ack)))
                    | (Qos::ExactlyOnce, Some(Packet::PubRec(ack))) => ack,
                    (_, other) => panic!("{version:?} {qos:?}: {other:?}"),
                };
                assert_eq!((answer.packet_id, answer.reason), (id, told), "{version:?}");
            }
        };
        tokio::select! {
            () = mirror => {}
            () = answers => {}
        }
        assert_eq!(server.metrics.messages_received.get(), before);
        assert_eq!(server.metrics.mqtt_denied.get(), 2);
        // The identifiers are free for what may be published.
        declare(&server, &[ALICE, BOB]);
        if version == Version::V4 {
            bob.send(&Packet::PubRel(ack(ids[1].1))).await;
            assert_eq!(bob.recv().await, Some(Packet::PubComp(ack(ids[1].1))));
        }
        let again = crate::mqtt::codec::Publish {
            packet_id: Some(ids[1].1),
            ..message("open", Qos::ExactlyOnce, "again")
        };
        bob.send(&Packet::Publish(again)).await;
        assert_eq!(bob.recv().await, Some(Packet::PubRec(ack(ids[1].1))));
        assert_eq!(server.metrics.messages_received.get(), before + 1);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_on_for_who_comes_back_to_its_account() {
    let server = guarded(&[ALICE, BOB]).await;
    let mut bob = Client::new(&server, kept("bob", "b")).await;
    bob.subscribe("#", Qos::AtLeastOnce).await;
    let locked = BOB.replace("role =", "disabled = true, role =");
    declare(&server, &[ALICE, &locked]);
    assert_eq!(bob.closed().await, Some(ReasonCode::NotAuthorized));
    let mut alice = Client::new(&server, by("alice", "a")).await;
    alice.say("open", Qos::AtLeastOnce, "meanwhile").await;
    alice.say("secret", Qos::AtLeastOnce, "no").await;
    let refused = Client::new(&server, kept("bob", "b")).await;
    assert_eq!(refused.connack.reason, ReasonCode::BadUserNameOrPassword);
    declare(&server, &[ALICE, BOB]);
    let mut bob = Client::new(&server, kept("bob", "b")).await;
    assert!(bob.connack.session_present);
    assert_eq!(bob.hear().await, "meanwhile");
    alice.say("open", Qos::AtLeastOnce, "now").await;
    assert_eq!(bob.hear().await, "now");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_its_accounts_over_a_restart() {
    let server = guarded(&[ALICE, BOB]).await;
    let bob = Client::new(&server, kept("bob", "b")).await;
    bob.disconnect(ReasonCode::Success).await;
    let dir = server.stop().await;
    let server = guarded_in(dir, &[ALICE, BOB]).await;
    let alice = Client::new(&server, kept("alice", "b")).await;
    assert_eq!(alice.connack.reason, ReasonCode::ClientIdentifierNotValid);
    let bob = Client::new(&server, kept("bob", "b")).await;
    assert!(bob.connack.session_present);
    bob.disconnect(ReasonCode::Success).await;
    let dir = server.crash().await;
    let server = guarded_in(dir, &[ALICE, BOB]).await;
    let alice = Client::new(&server, kept("alice", "b")).await;
    assert_eq!(alice.connack.reason, ReasonCode::ClientIdentifierNotValid);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_with_its_account() {
    let server = guarded(&[ALICE, BOB]).await;
    let mut bob = Client::new(&server, kept("bob", "b")).await;
    bob.subscribe("#", Qos::AtLeastOnce).await;
    let other = Client::new(&server, kept("bob", "other")).await;
    other.disconnect(ReasonCode::Success).await;
    declare(&server, &[ALICE]);
    bob.closed().await;
    let alice = Client::new(&server, kept("alice", "b")).await;
    assert_eq!(alice.connack.reason, ReasonCode::Success);
    assert!(!alice.connack.session_present);
    let until = Instant::now() + Duration::from_secs(10);
    while server.metrics.mqtt_sessions.get() > 1 {
        assert!(Instant::now() < until, "Bob's other session is still there");
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_anybodys_is_handed_over_to_the_account_that_claims_it() {
    let server = Server::start().await;
    let mut device = Client::kept(&server, "press-17", false).await;
    device.subscribe("#", Qos::AtLeastOnce).await;
    device.disconnect(ReasonCode::Success).await;
    let mut other = Client::named(&server, "other").await;
    other.say("open", Qos::AtLeastOnce, "for Bob").await;
    other.say("secret", Qos::AtLeastOnce, "not for Bob").await;
    let auth = Auth::with_accounts(&accounts(&[ALICE, BOB]));
    let dir = server.stop().await;
    let server = Server::open_with(dir, config(|_| {}), auth).await;
    let mut bob = Client::new(&server, kept("bob", "press-17")).await;
    assert!(bob.connack.session_present);
    assert_eq!(bob.hear().await, "for Bob");
    bob.assert_silence().await;
    bob.disconnect(ReasonCode::Success).await;
    let dir = server.crash().await;
    let server = guarded_in(dir, &[ALICE, BOB]).await;
    let alice = Client::new(&server, kept("alice", "press-17")).await;
    assert_eq!(alice.connack.reason, ReasonCode::ClientIdentifierNotValid);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_account_goes_before_those_who_show_nothing() {
    const ANYBODY: &str = r#"{ name = "anonymous", role = "operator" }"#;
    let server = guarded(&[ALICE, BOB, ANYBODY]).await;
    let mut squatter = Client::kept(&server, "press-17", false).await;
    squatter.subscribe("#", Qos::AtLeastOnce).await;
    let mut bob = Client::new(&server, kept("bob", "press-17")).await;
    assert_eq!(bob.connack.reason, ReasonCode::Success);
    assert!(!bob.connack.session_present);
    assert_eq!(squatter.closed().await, Some(ReasonCode::SessionTakenOver));
    let squatter = Client::kept(&server, "press-17", false).await;
    let refused = ReasonCode::ClientIdentifierNotValid;
    assert_eq!(squatter.connack.reason, refused);
    let mut alice = Client::new(&server, by("alice", "a")).await;
    alice.say("open", Qos::AtLeastOnce, "x").await;
    bob.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_is_published_only_where_its_account_still_may() {
    let will = Will {
        topic: Topic::new("open/will").unwrap(),
        payload: "gone".into(),
        qos: Qos::AtLeastOnce,
        retain: false,
        delay_s: 0,
        properties: None,
    };
    let locked = BOB.replace("role =", "disabled = true, role =");
    let mute = BOB.replace(r#"write = ["open/#"]"#, "write = []");
    let wider = BOB.replace(r#"write = ["open/#"]"#, r#"write = ["open/#", "x"]"#);
    for (after, published) in [
        (&[ALICE, BOB][..], true),
        (&[ALICE, &wider], true),
        (&[ALICE, &mute], false),
        (&[ALICE, &locked], false),
        (&[ALICE], false),
    ] {
        let server = guarded(&[ALICE, BOB]).await;
        let mut alice = Client::new(&server, by("alice", "a")).await;
        alice.subscribe("#", Qos::AtMostOnce).await;
        let connect = Connect {
            will: Some(will.clone()),
            ..by("bob", "b")
        };
        let bob = Client::new(&server, connect).await;
        declare(&server, after);
        let before = server.metrics.mqtt_denied.get();
        drop(bob);
        if published {
            assert_eq!(alice.hear().await, "gone", "{after:?}");
        } else {
            let until = Instant::now() + Duration::from_secs(10);
            while server.metrics.mqtt_denied.get() == before {
                assert!(Instant::now() < until, "{after:?}");
                tokio::task::yield_now().await;
            }
            while server.metrics.mqtt_connections.get() > 1 {
                tokio::task::yield_now().await;
            }
            alice.assert_silence().await;
        }
        server.stop().await;
    }
}
