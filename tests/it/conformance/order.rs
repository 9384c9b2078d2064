//! Message ordering (section 4.6).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{ack, publish};

cases! {
    messages_keep_the_order_of_their_publisher: ["4.6.0-5", "4.6.0-6"], ["4.6.0-5", "4.6.0-6"];
    acknowledgements_keep_the_order_of_their_messages: ["4.6.0-2", "4.6.0-3"], [];
    releases_keep_the_order_of_their_receipts: ["4.6.0-4"], ["4.6.0-4"];
    what_waits_keeps_its_order: ["4.6.0-1", "4.6.0-6"], ["4.6.0-5"];
}

const MESSAGES: usize = 200;

#[tokio::test]
async fn messages_keep_the_order_of_their_publisher() {
    let broker = Broker::start();
    for version in BOTH {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let topic = unique("t");
            let mut client = Client::connect(broker.mqtt, version).await;
            client.subscribe(&topic, qos).await;
            let mut other = Client::connect(broker.mqtt, version).await;
            tokio::join!(
                publish_all(&mut other, &topic, qos),
                receive_all(&mut client),
            );
        }
    }
}

/// Sends them all at once, so that nothing but the server keeps them in order.
async fn publish_all(client: &mut Client, topic: &str, qos: Qos) {
    for at in 0..MESSAGES {
        let mut message = publish(topic, qos, at.to_string());
        message.packet_id = (qos > Qos::AtMostOnce).then(|| client.packet_id());
        client.send(Packet::Publish(message)).await;
    }
    let mut open = if qos == Qos::AtMostOnce { 0 } else { MESSAGES };
    while open > 0 {
        match client.next().await {
            Packet::PubRec(ack) => client.send(Packet::PubRel(ack)).await,
            Packet::PubAck(_) | Packet::PubComp(_) => open -= 1,
            other => panic!("{other:?}"),
        }
    }
}

async fn receive_all(client: &mut Client) {
    let mut expected = 0;
    while expected < MESSAGES {
        match client.next().await {
            Packet::Publish(message) => {
                assert_eq!(message.payload, expected.to_string());
                expected += 1;
                if let Some(id) = message.packet_id {
                    let ack = ack(id, ReasonCode::Success);
                    client
                        .send(match message.qos {
                            Qos::ExactlyOnce => Packet::PubRec(ack),
                            _ => Packet::PubAck(ack),
                        })
                        .await;
                }
            }
            Packet::PubRel(ack) => client.send(Packet::PubComp(ack)).await,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn acknowledgements_keep_the_order_of_their_messages() {
    let broker = Broker::start();
    for version in BOTH {
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let topic = unique("t");
            let mut client = Client::connect(broker.mqtt, version).await;
            let mut sent = Vec::new();
            for _ in 0..MESSAGES {
                let id = client.packet_id();
                let mut message = publish(&topic, qos, "x");
                message.packet_id = Some(id);
                client.send(Packet::Publish(message)).await;
                sent.push(id);
            }
            for id in sent {
                match client.next().await {
                    Packet::PubAck(ack) | Packet::PubRec(ack) => assert_eq!(ack.packet_id, id),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

#[tokio::test]
async fn releases_keep_the_order_of_their_receipts() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        let mut open = Vec::new();
        for _ in 0..10 {
            other.publish(&topic, Qos::ExactlyOnce, "x").await;
            open.push(client.next_publish().await.packet_id.unwrap());
        }
        for id in &open {
            client
                .send(Packet::PubRec(ack(*id, ReasonCode::Success)))
                .await;
        }
        for id in open {
            assert_eq!(
                client.next().await,
                Packet::PubRel(ack(id, ReasonCode::Success))
            );
        }
    }
}

#[tokio::test]
async fn what_waits_keeps_its_order() {
    let broker = Broker::start();
    for version in BOTH {
        let (topic, id) = (unique("t"), unique("c"));
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        for at in 0..5 {
            other
                .publish(&topic, Qos::AtLeastOnce, &at.to_string())
                .await;
            client.next_publish().await;
        }
        client.vanish().await;
        for at in 5..30 {
            other
                .publish(&topic, Qos::AtLeastOnce, &at.to_string())
                .await;
        }
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        for at in 0..30 {
            assert_eq!(client.message().await.payload, at.to_string());
        }
    }
}
