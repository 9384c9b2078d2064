use crate::message::Qos;
use crate::mqtt::codec::{Connect, Disconnect, Packet, Publish, ReasonCode, Version};

use super::client::{ack, id, message};
use super::wills::will;
use super::{Client, Server, config, connect};

#[tokio::test(flavor = "multi_thread")]
async fn the_second_connection_takes_over() {
    let server = Server::start().await;
    let mut first = Client::kept(&server, "c", true).await;
    let second = Client::kept(&server, "c", false).await;
    assert!(second.connack.session_present);
    assert_eq!(first.closed().await, Some(ReasonCode::SessionTakenOver));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_said_before_it_connected_again_counts() {
    let server = Server::start().await;
    let mut subscriber = Client::named(&server, "s").await;
    subscriber.subscribe("#", Qos::AtMostOnce).await;
    let with_will = |clean_start| Connect {
        will: Some(will(0)),
        session_expiry_s: 3600,
        clean_start,
        ..connect("c")
    };
    let mut client = Client::new(&server, with_will(true)).await;
    for round in 0..50 {
        let last = Packet::Publish(message("last", Qos::AtMostOnce, &round.to_string()));
        let goodbye = Packet::Disconnect(Disconnect {
            reason: ReasonCode::Success,
            session_expiry_s: Some(0),
            reason_string: None,
            server_reference: None,
            user: Vec::new(),
        });
        client.send(&last).await;
        client.send(&goodbye).await;
        let next = Client::new(&server, with_will(false)).await;
        assert!(!next.connack.session_present, "round {round}");
        assert_eq!(client.closed().await, None, "round {round}");
        assert_eq!(subscriber.hear().await, round.to_string());
        subscriber.assert_silence().await;
        client = next;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_3_1_resumes_without_being_told() {
    let server = Server::start().await;
    for version in [Version::V3, Version::V4] {
        let kept = |clean_start| Connect {
            version,
            clean_start,
            session_expiry_s: u32::MAX,
            ..connect("c")
        };
        Client::new(&server, kept(true))
            .await
            .disconnect(ReasonCode::Success)
            .await;
        let mut first = Client::new(&server, kept(false)).await;
        first.subscribe("a", Qos::AtLeastOnce).await;
        first.disconnect(ReasonCode::Success).await;
        let mut second = Client::new(&server, kept(false)).await;
        // Before 3.1.1 that byte of CONNACK is reserved.
        assert_eq!(second.connack.session_present, version == Version::V4);
        second.say("a", Qos::AtMostOnce, "kept").await;
        assert_eq!(second.hear().await, "kept");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_will_is_published_unless_the_client_says_goodbye() {
    let server = Server::start().await;
    let mut subscriber = Client::named(&server, "s").await;
    subscriber.subscribe("will", Qos::AtLeastOnce).await;
    for (reason, comes) in [
        (Some(ReasonCode::Success), false),
        (Some(ReasonCode::DisconnectWithWill), true),
        (None, true),
    ] {
        let client = Client::new(
            &server,
            Connect {
                will: Some(will(0)),
                ..connect("c")
            },
        )
        .await;
        match reason {
            Some(reason) => client.disconnect(reason).await,
            None => drop(client),
        }
        if comes {
            assert_eq!(subscriber.hear().await, "gone", "{reason:?}");
        }
        subscriber.assert_silence().await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_will_is_taken_back_by_resuming_and_hurried_by_a_clean_start() {
    let server = Server::start().await;
    let mut subscriber = Client::named(&server, "s").await;
    subscriber.subscribe("will", Qos::AtLeastOnce).await;
    let with_will = |clean_start| Connect {
        will: Some(will(3600)),
        session_expiry_s: 7200,
        clean_start,
        ..connect("c")
    };
    let client = Client::new(&server, with_will(true)).await;
    drop(client);
    let client = Client::new(&server, with_will(false)).await;
    assert!(client.connack.session_present);
    drop(client);
    subscriber.assert_silence().await;
    let _client = Client::new(&server, with_will(true)).await;
    assert_eq!(subscriber.hear().await, "gone");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_its_time_is_over() {
    let server = Server::start().await;
    let short = |clean_start| Connect {
        session_expiry_s: 1,
        will: Some(will(3600)),
        clean_start,
        ..connect("c")
    };
    let mut subscriber = Client::named(&server, "s").await;
    subscriber.subscribe("will", Qos::AtLeastOnce).await;
    drop(Client::new(&server, short(true)).await);
    // The Will comes with the end of the session at the latest.
    assert_eq!(subscriber.hear().await, "gone");
    let client = Client::new(&server, short(false)).await;
    assert!(!client.connack.session_present);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_client_is_let_go() {
    let server = Server::start().await;
    let mut client = Client::new(
        &server,
        Connect {
            keep_alive_s: 1,
            ..connect("c")
        },
    )
    .await;
    assert_eq!(client.closed().await, Some(ReasonCode::KeepAliveTimeout));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_longer_keep_alive_than_the_servers_is_shortened() {
    let server = Server::with(config(|config| config.keep_alive_max_s = 1)).await;
    for (version, asked_s, told_s) in [
        (Version::V5, 0, None),
        (Version::V5, 1, None),
        (Version::V5, 3600, Some(1)),
        (Version::V4, 3600, None),
    ] {
        let connect = Connect {
            version,
            keep_alive_s: asked_s,
            ..connect("c")
        };
        let mut client = Client::new(&server, connect).await;
        let told = client.connack.properties.server_keep_alive_s;
        assert_eq!(told, told_s, "{version:?} asked for {asked_s}");
        if told.is_some() {
            assert_eq!(client.closed().await, Some(ReasonCode::KeepAliveTimeout));
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_client_id_gets_one() {
    let server = Server::start().await;
    let client = Client::named(&server, "").await;
    assert!(client.connack.properties.assigned_client_id.is_some());
    let kept = Connect {
        version: Version::V4,
        clean_start: false,
        session_expiry_s: u32::MAX,
        ..connect("")
    };
    let refused = Client::new(&server, kept).await;
    assert_eq!(refused.connack.reason, ReasonCode::ClientIdentifierNotValid);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_packet_ids_are_answered_with_their_reason() {
    let server = Server::start().await;
    let mut client = Client::named(&server, "c").await;
    client.send(&Packet::PubRel(ack(id(7)))).await;
    client.send(&Packet::PubRec(ack(id(8)))).await;
    for _ in 0..2 {
        match client.recv().await.unwrap() {
            Packet::PubComp(ack) | Packet::PubRel(ack) => {
                assert_eq!(ack.reason, ReasonCode::PacketIdentifierNotFound);
            }
            other => panic!("{other:?}"),
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_topics_are_not_for_clients() {
    let server = Server::start().await;
    let mut client = Client::named(&server, "c").await;
    client
        .subscribe("$SYS/broker/version", Qos::AtMostOnce)
        .await;
    assert!(client.hear().await.starts_with("unspool "));
    let publish = Publish {
        packet_id: Some(id(1)),
        ..message("$SYS/broker/version", Qos::AtLeastOnce, "mine")
    };
    client.send(&Packet::Publish(publish)).await;
    match client.recv().await.unwrap() {
        Packet::PubAck(ack) => assert_eq!(ack.reason, ReasonCode::NotAuthorized),
        other => panic!("{other:?}"),
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_says_so() {
    let server = Server::start().await;
    let mut client = Client::named(&server, "c").await;
    server.stop().await;
    assert_eq!(client.closed().await, Some(ReasonCode::ServerShuttingDown));
}
