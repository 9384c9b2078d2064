//! A second connection with the same client identifier (section 3.1.4).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{disconnect, will};

cases! {
    the_older_connection_is_closed: ["3.1.4-2"], ["3.1.4-3"];
    the_newer_connection_takes_the_session: ["3.1.4-2", "3.1.3-2"], ["3.1.4-3", "3.1.3-2"];
    the_older_connections_will_is_published: ["3.1.2-8"], ["3.1.2-8"];
    a_goodbye_just_before_the_newer_connection_counts: ["3.1.2-10", "3.14.4-3"], ["3.1.2-10"];
}

#[tokio::test]
async fn the_older_connection_is_closed() {
    let broker = Broker::start();
    for version in BOTH {
        let mut old = Client::connect(broker.mqtt, version).await;
        let id = old.id.clone();
        let (mut new, connack) =
            Client::connect_with(broker.mqtt, version, |c| c.client_id = id.as_str().into()).await;
        assert!(!connack.session_present);
        match old.closes().await {
            Some(Packet::Disconnect(last)) => assert_eq!(last.reason, ReasonCode::SessionTakenOver),
            last => assert!(version == Version::V4 && last.is_none(), "{last:?}"),
        }
        new.is_silent().await;
    }
}

#[tokio::test]
async fn the_newer_connection_takes_the_session() {
    let broker = Broker::start();
    for (first, second) in [(0, 0), (1, 1), (0, 1), (1, 0)] {
        let (topic, id) = (unique("t"), unique("c"));
        let (mut old, _) = Client::resume(broker.mqtt, BOTH[first], &id).await;
        old.subscribe(&topic, Qos::AtLeastOnce).await;
        let mut other = Client::connect(broker.mqtt, Version::V4).await;
        other.publish(&topic, Qos::AtLeastOnce, "x").await;
        let unacknowledged = old.next_publish().await;
        let (mut new, connack) = Client::resume(broker.mqtt, BOTH[second], &id).await;
        assert!(connack.session_present);
        let again = new.message().await;
        assert_eq!(again.packet_id, unacknowledged.packet_id);
        assert!(again.dup);
        other.publish(&topic, Qos::AtLeastOnce, "y").await;
        assert_eq!(new.message().await.payload, "y");
    }
}

#[tokio::test]
async fn the_older_connections_will_is_published() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let (mut old, _) = Client::connect_with(broker.mqtt, version, |connect| {
            connect.will = Some(will(&topic, "will"));
        })
        .await;
        let id = old.id.clone();
        let _new =
            Client::connect_with(broker.mqtt, version, |c| c.client_id = id.as_str().into()).await;
        old.closes().await;
        assert_eq!(listener.message().await.payload, "will");
    }
}

#[tokio::test]
async fn a_goodbye_just_before_the_newer_connection_counts() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let id = unique("c");
        for _ in 0..10 {
            let (mut old, _) = Client::connect_with(broker.mqtt, version, |connect| {
                connect.client_id = id.as_str().into();
                connect.will = Some(will(&topic, "will"));
            })
            .await;
            old.send(disconnect(ReasonCode::Success)).await;
            Client::connect_with(broker.mqtt, version, |c| c.client_id = id.as_str().into()).await;
            assert_eq!(old.closes().await, None, "{version:?}");
        }
        listener.is_silent().await;
    }
}
