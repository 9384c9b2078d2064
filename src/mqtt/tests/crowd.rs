use crate::message::{Qos, Topic};
use crate::mqtt::codec::{Connect, Packet, Publish, ReasonCode, Version};

use super::client::{ack, message};
use super::{Client, Server, config, connect};

#[tokio::test(flavor = "multi_thread")]
async fn a_client_too_many_is_told_so_at_once_and_comes_in_later() {
    let server = Server::with(config(|config| config.connections_max = 2)).await;
    let mut first = Client::named(&server, "first").await;
    let second = Client::named(&server, "second").await;
    for (version, reason) in [
        (Version::V3, ReasonCode::ServerUnavailable),
        (Version::V4, ReasonCode::ServerUnavailable),
        (Version::V5, ReasonCode::ServerBusy),
    ] {
        let connect = Connect {
            version,
            ..connect("third")
        };
        let client = Client::new(&server, connect).await;
        assert_eq!(client.connack.reason, reason, "{version:?}");
    }
    assert_eq!(server.metrics.mqtt_refused.get(), 3);
    first.assert_silence().await;
    second.disconnect(ReasonCode::Success).await;
    // The place is free when the server has seen the end of the connection.
    loop {
        let third = Client::named(&server, "third").await;
        if third.connack.reason == ReasonCode::Success {
            break;
        }
        assert_eq!(third.connack.reason, ReasonCode::ServerBusy);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bridge_gets_no_message_back_and_sees_what_was_retained() {
    let server = Server::start().await;
    for version in [Version::V3, Version::V4] {
        let bridge = Connect {
            version,
            is_bridge: true,
            ..connect("bridge")
        };
        let mut bridge = Client::new(&server, bridge).await;
        bridge.subscribe("#", Qos::AtLeastOnce).await;
        let mut other = Client::named(&server, "other").await;
        bridge.say("own", Qos::AtLeastOnce, "x").await;
        let retained = Publish {
            retain: true,
            ..message("other", Qos::AtLeastOnce, "y")
        };
        other.publish(retained.clone()).await;
        let publish = bridge.recv_publish().await;
        assert_eq!(publish.topic, Some(Topic::new("other").unwrap()));
        assert!(publish.retain, "as it was published");
        bridge
            .send(&Packet::PubAck(ack(publish.packet_id.unwrap())))
            .await;
        bridge.assert_silence().await;
        other
            .publish(Publish {
                payload: bytes::Bytes::new(),
                ..retained
            })
            .await;
    }
    server.stop().await;
}
