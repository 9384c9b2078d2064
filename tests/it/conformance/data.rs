//! Data representation, fixed headers, packet identifiers (chapters 1 and 2).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::publish;

cases! {
    a_byte_order_mark_is_kept: ["1.5.3-3"], ["1.5.4-3"];
    a_qos_0_publish_has_no_packet_identifier: ["2.3.1-5"], ["2.2.1-2"];
    the_server_gives_each_message_an_identifier_of_its_own: ["2.3.1-1", "2.3.1-2", "2.3.1-4"], ["2.2.1-4", "4.3.2-1", "4.3.3-1"];
    an_acknowledgement_has_the_identifier_of_what_it_acknowledges: ["2.3.1-6", "2.3.1-7", "3.8.4-2", "3.10.4-5"], ["2.2.1-5", "2.2.1-6", "3.8.4-2", "3.10.4-5"];
    absent_properties_have_a_length_of_zero: [], ["2.2.2-1"];
}

#[tokio::test]
async fn a_byte_order_mark_is_kept() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = format!("{}/\u{feff}x\u{feff}", unique("t"));
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::AtMostOnce).await;
        let bare = topic.replace('\u{feff}', "");
        client.publish(&bare, Qos::AtLeastOnce, "stripped").await;
        client
            .send(Packet::Publish(publish(&topic, Qos::AtMostOnce, "kept")))
            .await;
        let message = client.message().await;
        assert_eq!(
            (message.topic.unwrap().as_str(), &message.payload[..]),
            (&*topic, &b"kept"[..])
        );
    }
}

#[tokio::test]
async fn a_qos_0_publish_has_no_packet_identifier() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        client
            .send(Packet::Publish(publish(&topic, Qos::AtMostOnce, "x")))
            .await;
        // With an identifier, it would be a part of the payload.
        let message = client.message().await;
        assert_eq!((message.packet_id, &message.payload[..]), (None, &b"x"[..]));
    }
}

#[tokio::test]
async fn the_server_gives_each_message_an_identifier_of_its_own() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        let mut used = Vec::new();
        for qos in [
            Qos::AtLeastOnce,
            Qos::ExactlyOnce,
            Qos::AtLeastOnce,
            Qos::ExactlyOnce,
        ] {
            other.publish(&topic, qos, "x").await;
            let message = client.next_publish().await;
            assert_eq!((message.qos, message.dup), (qos, false));
            used.push(message.packet_id.unwrap());
        }
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), 4, "none is used twice while unacknowledged");
    }
}

#[tokio::test]
async fn an_acknowledgement_has_the_identifier_of_what_it_acknowledges() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        // The client asserts it of each answer.
        client.subscribe(&topic, Qos::AtMostOnce).await;
        client.unsubscribe(&[&topic]).await;
        client.publish(&topic, Qos::AtLeastOnce, "x").await;
        client.publish(&topic, Qos::ExactlyOnce, "x").await;
    }
}

#[tokio::test]
async fn absent_properties_have_a_length_of_zero() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    client.subscribe(&topic, Qos::AtMostOnce).await;
    client
        .send(Packet::Publish(publish(&topic, Qos::AtMostOnce, "x")))
        .await;
    let message = client.message().await;
    assert_eq!(
        (message.properties, &message.payload[..]),
        (None, &b"x"[..])
    );
}
