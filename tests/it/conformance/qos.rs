//! The delivery protocols (section 4.3).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, Publish, ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{ack, publish};

cases! {
    an_acknowledged_identifier_is_free_again: ["4.3.2-2"], ["4.3.2-4", "4.3.2-5"];
    qos_1_is_delivered_with_its_own_identifier: ["4.3.2-1"], ["4.3.2-1", "4.3.2-2"];
    qos_2_is_taken_once: ["4.3.3-2"], ["4.3.3-8", "4.3.3-10", "4.3.3-11", "4.3.3-12"];
    qos_2_is_released_once: ["4.3.3-1"], ["4.3.3-2", "4.3.3-4"];
    a_refused_qos_2_message_is_over: [], ["4.3.3-4", "4.4.0-2"];
    a_release_of_nothing_is_answered: ["4.3.3-2"], ["4.3.3-11", "3.7.2-1"];
    a_receipt_of_nothing_is_answered: [], ["3.6.2-1"];
}

#[tokio::test]
async fn an_acknowledged_identifier_is_free_again() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let mut client = Client::connect(broker.mqtt, version).await;
        let id = client.packet_id();
        for (payload, dup) in [("a", false), ("b", false), ("c", true)] {
            let mut message = Publish {
                dup,
                ..publish(&topic, Qos::AtLeastOnce, payload)
            };
            message.packet_id = Some(id);
            client.send(Packet::Publish(message)).await;
            match client.next().await {
                Packet::PubAck(ack) => assert_eq!(ack.packet_id, id),
                other => panic!("{other:?}"),
            }
            assert_eq!(
                listener.message().await.payload,
                payload,
                "it is a new message"
            );
        }
    }
}

#[tokio::test]
async fn qos_1_is_delivered_with_its_own_identifier() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtLeastOnce).await;
        let mut client = Client::connect(broker.mqtt, version).await;
        client.publish(&topic, Qos::AtLeastOnce, "x").await;
        let message = listener.next_publish().await;
        assert!(!message.dup && message.packet_id.is_some());
        // It stays unacknowledged, and is not sent again while the connection lasts.
        listener.is_silent().await;
        listener.acknowledge(&message).await;
        listener.is_silent().await;
    }
}

#[tokio::test]
async fn qos_2_is_taken_once() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let mut client = Client::connect(broker.mqtt, version).await;
        let id = client.packet_id();
        for payload in ["a", "b"] {
            for dup in [false, true, true] {
                let mut message = Publish {
                    dup,
                    ..publish(&topic, Qos::ExactlyOnce, payload)
                };
                message.packet_id = Some(id);
                client.send(Packet::Publish(message)).await;
                match client.next().await {
                    Packet::PubRec(ack) => {
                        assert_eq!(ack.packet_id, id);
                        assert!(!ack.reason.is_error());
                    }
                    other => panic!("{other:?}"),
                }
            }
            client
                .send(Packet::PubRel(ack(id, ReasonCode::Success)))
                .await;
            assert_eq!(
                client.next().await,
                Packet::PubComp(ack(id, ReasonCode::Success))
            );
            assert_eq!(listener.message().await.payload, payload);
            listener.is_silent().await;
        }
    }
}

#[tokio::test]
async fn qos_2_is_released_once() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::ExactlyOnce).await;
        let mut client = Client::connect(broker.mqtt, version).await;
        client.publish(&topic, Qos::ExactlyOnce, "x").await;
        let message = listener.next_publish().await;
        assert!(!message.dup);
        let ack = ack(message.packet_id.unwrap(), ReasonCode::Success);
        listener.send(Packet::PubRec(ack.clone())).await;
        assert_eq!(listener.next().await, Packet::PubRel(ack.clone()));
        listener.is_silent().await;
        listener.send(Packet::PubComp(ack)).await;
        listener.is_silent().await;
    }
}

#[tokio::test]
async fn a_refused_qos_2_message_is_over() {
    let broker = Broker::start();
    let (topic, id) = (unique("t"), unique("c"));
    let (mut listener, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    listener.subscribe(&topic, Qos::ExactlyOnce).await;
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    for qos in [Qos::ExactlyOnce, Qos::AtLeastOnce] {
        client.publish(&topic, qos, "x").await;
        let refused = ack(
            listener.next_publish().await.packet_id.unwrap(),
            ReasonCode::QuotaExceeded,
        );
        listener
            .send(match qos {
                Qos::ExactlyOnce => Packet::PubRec(refused),
                _ => Packet::PubAck(refused),
            })
            .await;
        listener.is_silent().await;
    }
    listener.vanish().await;
    let (mut listener, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    listener.is_silent().await;
}

#[tokio::test]
async fn a_release_of_nothing_is_answered() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        let id = client.packet_id();
        client
            .send(Packet::PubRel(ack(id, ReasonCode::Success)))
            .await;
        match client.next().await {
            Packet::PubComp(ack) => assert_eq!(ack.packet_id, id),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_receipt_of_nothing_is_answered() {
    let broker = Broker::start();
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    let id = client.packet_id();
    client
        .send(Packet::PubRec(ack(id, ReasonCode::Success)))
        .await;
    match client.next().await {
        Packet::PubRel(ack) => {
            assert_eq!(ack.packet_id, id);
            assert!(matches!(
                ack.reason,
                ReasonCode::PacketIdentifierNotFound | ReasonCode::Success
            ));
        }
        other => panic!("{other:?}"),
    }
}
