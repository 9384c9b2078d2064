//! Session state, redelivery (sections 4.1, 4.4 and 4.5).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, Publish, ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{ack, disconnect, publish};
use crate::support::wait::elapse;

cases! {
    messages_wait_for_a_session: ["3.1.2-5", "4.1.0-1", "4.5.0-1"], ["3.1.2-23", "4.1.0-1", "4.5.0-1"];
    what_is_unacknowledged_is_sent_again: ["2.3.1-3", "3.3.1-1", "4.4.0-1"], ["3.3.1-1", "4.3.2-3", "4.3.3-3", "4.4.0-1"];
    a_release_is_sent_again_and_not_the_message: ["4.3.3-1", "4.4.0-1"], ["4.3.3-5", "4.3.3-6", "4.4.0-1"];
    a_resent_qos_2_message_is_known_again: ["4.3.3-2"], ["4.3.3-10"];
    a_session_lasts_as_long_as_its_connection: ["4.1.0-2"], ["4.1.0-1"];
    a_session_ends_when_it_expires: [], ["4.1.0-2"];
    a_goodbye_may_change_the_expiry: [], ["4.1.0-2"];
    an_expiry_of_zero_can_not_be_prolonged: [], [];
    a_sent_message_is_finished_although_it_expires: [], ["4.3.3-7", "4.3.3-13"];
}

#[tokio::test]
async fn messages_wait_for_a_session() {
    let broker = Broker::start();
    for version in BOTH {
        for goodbye in [true, false] {
            let (topic, id) = (unique("t"), unique("c"));
            let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
            client.subscribe(&topic, Qos::ExactlyOnce).await;
            if goodbye {
                client.disconnect().await;
            } else {
                client.vanish().await;
            }
            let mut other = Client::connect(broker.mqtt, version).await;
            other.publish(&topic, Qos::AtLeastOnce, "1").await;
            other.publish(&topic, Qos::ExactlyOnce, "2").await;
            let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
            for (payload, qos) in [("1", Qos::AtLeastOnce), ("2", Qos::ExactlyOnce)] {
                let message = client.message().await;
                assert_eq!(
                    (&message.payload[..], message.qos),
                    (payload.as_bytes(), qos)
                );
            }
            client.is_silent().await;
        }
    }
}

#[tokio::test]
async fn what_is_unacknowledged_is_sent_again() {
    let broker = Broker::start();
    for version in BOTH {
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let (topic, id) = (unique("t"), unique("c"));
            let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
            client.subscribe(&topic, qos).await;
            let mut other = Client::connect(broker.mqtt, version).await;
            let mut sent = Vec::new();
            for payload in ["a", "b", "c"] {
                other.publish(&topic, qos, payload).await;
                sent.push(client.next_publish().await);
            }
            client.vanish().await;
            let (mut client, connack) = Client::resume(broker.mqtt, version, &id).await;
            assert!(connack.session_present);
            for first in sent {
                let again = client.next_publish().await;
                assert_eq!(again, Publish { dup: true, ..first });
                client.acknowledge(&again).await;
            }
            client.is_silent().await;
            client.vanish().await;
            let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
            client.is_silent().await;
        }
    }
}

#[tokio::test]
async fn a_release_is_sent_again_and_not_the_message() {
    let broker = Broker::start();
    for version in BOTH {
        let (topic, id) = (unique("t"), unique("c"));
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::ExactlyOnce, "x").await;
        let ack = ack(
            client.next_publish().await.packet_id.unwrap(),
            ReasonCode::Success,
        );
        client.send(Packet::PubRec(ack.clone())).await;
        assert_eq!(client.next().await, Packet::PubRel(ack.clone()));
        client.vanish().await;
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        assert_eq!(client.next().await, Packet::PubRel(ack.clone()));
        client.send(Packet::PubComp(ack)).await;
        client.is_silent().await;
        client.vanish().await;
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        client.is_silent().await;
    }
}

#[tokio::test]
async fn a_resent_qos_2_message_is_known_again() {
    let broker = Broker::start();
    for version in BOTH {
        let (topic, id) = (unique("t"), unique("c"));
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        let packet_id = client.packet_id();
        let mut message = publish(&topic, Qos::ExactlyOnce, "x");
        message.packet_id = Some(packet_id);
        client.send(Packet::Publish(message.clone())).await;
        assert!(matches!(client.next().await, Packet::PubRec(_)));
        client.vanish().await;
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        message.dup = true;
        client.send(Packet::Publish(message)).await;
        assert!(matches!(client.next().await, Packet::PubRec(_)));
        client
            .send(Packet::PubRel(ack(packet_id, ReasonCode::Success)))
            .await;
        assert_eq!(
            client.next().await,
            Packet::PubComp(ack(packet_id, ReasonCode::Success))
        );
        assert_eq!(listener.message().await.payload, "x");
        listener.is_silent().await;
    }
}

#[tokio::test]
async fn a_session_lasts_as_long_as_its_connection() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        elapse(1200).await;
        client
            .send(Packet::Publish(publish(&topic, Qos::AtMostOnce, "x")))
            .await;
        assert_eq!(client.message().await.payload, "x");
    }
}

async fn with_expiry(broker: &Broker, id: &str, seconds: u32) -> (Client, bool) {
    let (client, connack) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.client_id = id.into();
        connect.clean_start = false;
        connect.session_expiry_s = seconds;
    })
    .await;
    (client, connack.session_present)
}

#[tokio::test]
async fn a_session_ends_when_it_expires() {
    let broker = Broker::start();
    for (seconds, survives) in [(0, false), (1, false), (3600, true), (u32::MAX, true)] {
        let id = unique("c");
        with_expiry(&broker, &id, seconds).await.0.vanish().await;
        if seconds == 1 {
            elapse(2500).await;
        }
        let (_, present) = with_expiry(&broker, &id, 0).await;
        assert_eq!(present, survives, "{seconds} s");
    }
}

#[tokio::test]
async fn a_goodbye_may_change_the_expiry() {
    let broker = Broker::start();
    let id = unique("c");
    let (mut client, _) = with_expiry(&broker, &id, 3600).await;
    client.send_notation("e0 [00 [1100000000]]").await;
    assert_eq!(client.try_next().await, None);
    let (mut client, present) = with_expiry(&broker, &id, 1).await;
    assert!(!present);
    client.send_notation("e0 [00 [1100000e10]]").await;
    assert_eq!(client.try_next().await, None);
    elapse(2500).await;
    assert!(with_expiry(&broker, &id, 0).await.1);
}

#[tokio::test]
async fn an_expiry_of_zero_can_not_be_prolonged() {
    let broker = Broker::start();
    let id = unique("c");
    let (mut client, _) = with_expiry(&broker, &id, 0).await;
    client.send_notation("e0 [00 [1100000e10]]").await;
    client.closes().await;
    assert!(!with_expiry(&broker, &id, 0).await.1);
}

#[tokio::test]
async fn a_sent_message_is_finished_although_it_expires() {
    let broker = Broker::start();
    let (topic, id) = (unique("t"), unique("c"));
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    client.subscribe(&topic, Qos::ExactlyOnce).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    let mut message = publish(&topic, Qos::ExactlyOnce, "x");
    message.properties = Some(Box::new(unspool::message::Properties {
        message_expiry_s: Some(1),
        ..Default::default()
    }));
    other.publish_with(message).await;
    let first = client.next_publish().await;
    client.vanish().await;
    elapse(2100).await;
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    let again = client.message().await;
    assert_eq!((again.packet_id, again.dup), (first.packet_id, true));
    client.send(disconnect(ReasonCode::Success)).await;
}
