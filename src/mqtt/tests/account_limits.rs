//! How much accounts may do at a time, and as which clients.

use tempfile::tempdir;

use crate::auth::Auth;
use crate::message::Qos;
use crate::mqtt::codec::{Connect, Packet, PacketId, Publish, ReasonCode, Version};

use super::client::by;
use super::client::message;
use super::{Client, Server, config};

async fn guarded(account: &str) -> Server {
    let accounts = format!(
        r#"account = [{{ name = "press", role = "operator", {account} }}, {{ name = "other", role = "viewer" }}]"#
    );
    let auth = Auth::with_accounts(&accounts);
    Server::open_with(tempdir().unwrap(), config(|_| {}), auth).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_no_more_connections_than_it_may_and_can_take_its_own_over() {
    let server = guarded("limits = { connections_max = 1 }").await;
    let mut first = Client::new(&server, by("press", "a")).await;
    for (version, reason) in [
        (Version::V4, ReasonCode::ServerUnavailable),
        (Version::V5, ReasonCode::QuotaExceeded),
    ] {
        let connect = Connect {
            version,
            ..by("press", "b")
        };
        let second = Client::new(&server, connect).await;
        assert_eq!(second.connack.reason, reason, "{version:?}");
    }
    let mut again = Client::new(&server, by("press", "a")).await;
    assert_eq!(again.connack.reason, ReasonCode::Success);
    assert_eq!(first.closed().await, Some(ReasonCode::SessionTakenOver));
    let other = Client::new(&server, by("other", "c")).await;
    assert_eq!(other.connack.reason, ReasonCode::Success);
    again.assert_silence().await;
    again.disconnect(ReasonCode::Success).await;
    // The place is free when the server has seen the end of the connection.
    while Client::new(&server, by("press", "b")).await.connack.reason != ReasonCode::Success {}
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_publishes_too_fast_is_held_back_and_still_answered() {
    let server = guarded("limits = { messages_per_second_max = 2 }").await;
    let mut press = Client::new(&server, by("press", "a")).await;
    for id in 1..=4 {
        let publish = Packet::Publish(Publish {
            packet_id: PacketId::new(id),
            ..message("t", Qos::AtLeastOnce, "x")
        });
        press.send(&publish).await;
    }
    press.send(&Packet::PingReq).await;
    let mut acknowledged = 0;
    let mut before_ping = None;
    while acknowledged < 4 {
        match press.recv().await {
            Some(Packet::PubAck(_)) => acknowledged += 1,
            Some(Packet::PingResp) => before_ping = Some(acknowledged),
            other => panic!("{other:?}"),
        }
    }
    assert!(
        before_ping.is_some_and(|count| count < 4),
        "{before_ping:?}"
    );
    assert!(server.metrics.mqtt_rate_held_back.get() >= 1);
    assert_eq!(server.metrics.mqtt_rate_dropped.get(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_bound_to_its_clients() {
    let server = guarded(r#"client = "press-*""#).await;
    for (version, refusal) in [
        (Version::V4, ReasonCode::ClientIdentifierNotValid),
        (Version::V5, ReasonCode::ClientIdentifierNotValid),
    ] {
        for (client, reason) in [
            ("press-17", ReasonCode::Success),
            ("lathe-3", refusal),
            ("", refusal),
        ] {
            let connect = Connect {
                version,
                ..by("press", client)
            };
            let client = Client::new(&server, connect).await;
            assert_eq!(client.connack.reason, reason, "{version:?}");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identifier_that_the_server_gives_stands_in_permissions_too() {
    let server = guarded(r#"permissions = { write = ["by/%c"] }"#).await;
    let mut press = Client::new(&server, by("press", "")).await;
    let properties = &press.connack.properties;
    let own = properties.assigned_client_id.clone().unwrap();
    press.say(&format!("by/{own}"), Qos::AtLeastOnce, "x").await;
    let id = press.next_id();
    let publish = Packet::Publish(Publish {
        packet_id: Some(id),
        ..message("by/", Qos::AtLeastOnce, "x")
    });
    press.send(&publish).await;
    let Some(Packet::PubAck(ack)) = press.recv().await else {
        panic!("no PUBACK");
    };
    assert_eq!(ack.reason, ReasonCode::NotAuthorized);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_says_of_itself_is_for_those_who_may_read_it() {
    for (permissions, reason, comes) in [
        ("", ReasonCode::Success, true),
        (
            r#"permissions = { read = ["$SYS/#"] }"#,
            ReasonCode::Success,
            true,
        ),
        (
            r##"permissions = { read = ["#"] }"##,
            ReasonCode::NotAuthorized,
            false,
        ),
        (
            r#"permissions = { deny_read = ["secret/#"] }"#,
            ReasonCode::NotAuthorized,
            false,
        ),
        (
            r#"permissions = { deny_read = ["$SYS/#"] }"#,
            ReasonCode::NotAuthorized,
            false,
        ),
    ] {
        let server = guarded(permissions).await;
        while server.metrics.mqtt_retained.get() == 0 {
            let topic = crate::message::Topic::new("$SYS/broker/version").unwrap();
            if server.broker.retained().get(&topic).is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        let mut press = Client::new(&server, by("press", "a")).await;
        let wanted = super::client::subscription("$SYS/broker/version", Qos::AtMostOnce);
        let suback = press.subscribe_with(vec![wanted], None).await;
        assert_eq!(suback.reasons, [reason], "{permissions}");
        if comes {
            assert!(press.hear().await.starts_with("unspool"), "{permissions}");
        } else {
            press.assert_silence().await;
        }
        server.stop().await;
    }
}
