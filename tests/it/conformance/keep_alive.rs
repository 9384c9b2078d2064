//! Keep Alive, PINGREQ, DISCONNECT (sections 3.1.2.10, 3.12 and 3.14).

use std::time::{Duration, Instant};

use unspool::mqtt::codec::{Packet, ReasonCode};

use super::{BOTH, Broker, cases};
use crate::support::client::Client;
use crate::support::packets::disconnect;

cases! {
    a_silent_client_is_disconnected: ["3.1.2-24"], ["3.1.2-22"];
    any_packet_keeps_a_client_alive: ["3.1.2-24"], ["3.1.2-22"];
    a_ping_is_answered: ["3.12.4-1"], ["3.12.4-1"];
    nothing_comes_after_a_disconnect: [], ["3.14.4-1"];
}

#[tokio::test]
async fn a_silent_client_is_disconnected() {
    let broker = Broker::start();
    for version in BOTH {
        let (mut client, _) =
            Client::connect_with(broker.mqtt, version, |connect| connect.keep_alive_s = 1).await;
        let begun = Instant::now();
        if let Some(Packet::Disconnect(last)) = client.closes().await {
            assert_eq!(last.reason, ReasonCode::KeepAliveTimeout);
        }
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_millis(1200), "after {waited:?}");
        assert!(waited <= Duration::from_secs(6), "after {waited:?}");
    }
}

#[tokio::test]
async fn any_packet_keeps_a_client_alive() {
    let broker = Broker::start();
    for version in BOTH {
        let (mut client, _) =
            Client::connect_with(broker.mqtt, version, |connect| connect.keep_alive_s = 1).await;
        let until = Instant::now() + Duration::from_secs(3);
        let mut beat = tokio::time::interval(Duration::from_millis(700));
        while Instant::now() < until {
            beat.tick().await;
            client.is_silent().await;
        }
    }
}

#[tokio::test]
async fn a_ping_is_answered() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        client.send_notation("c0 00 c0 00 c0 00").await;
        for _ in 0..3 {
            assert_eq!(client.next().await, Packet::PingResp);
        }
    }
}

#[tokio::test]
async fn nothing_comes_after_a_disconnect() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        client.send(disconnect(ReasonCode::Success)).await;
        client.send(Packet::PingReq).await;
        assert_eq!(client.try_next().await, None);
    }
}
