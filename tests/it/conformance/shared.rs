//! Shared subscriptions (section 4.8.2).

use std::collections::BTreeSet;

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode, Version};

use super::{Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::ack;

cases! {
    each_message_goes_to_one_member: [], ["4.8.2-1", "4.8.2-2"];
    each_member_has_its_own_qos: [], ["4.8.2-3"];
    two_groups_get_a_copy_each: [], [];
    a_begun_qos_2_delivery_goes_on_with_the_same_member: [], ["4.8.2-4"];
    a_begun_qos_2_delivery_ends_with_its_session: [], ["4.8.2-5"];
    a_refused_message_goes_to_nobody_else: [], ["4.8.2-6"];
    a_shared_subscription_gets_no_retained_messages: [], [];
}

#[tokio::test]
async fn each_message_goes_to_one_member() {
    const MESSAGES: usize = 60;
    let broker = Broker::start();
    let topic = unique("t");
    let share = format!("$share/{}/{topic}", unique("g"));
    let mut members = Vec::new();
    for _ in 0..3 {
        let mut member = Client::connect(broker.mqtt, Version::V5).await;
        assert!(!member.subscribe(&share, Qos::AtLeastOnce).await.is_error());
        members.push(member);
    }
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    for at in 0..MESSAGES {
        other
            .publish(&topic, Qos::AtLeastOnce, &at.to_string())
            .await;
    }
    let (mut seen, mut parts) = (BTreeSet::new(), [0; 3]);
    // What is on its way when a PINGREQ comes may be behind the PINGRESP.
    let mut member = 0;
    while seen.len() < MESSAGES {
        let own = &mut parts[member];
        let asked = &mut members[member];
        member = (member + 1) % 3;
        asked.send(Packet::PingReq).await;
        loop {
            match asked.next().await {
                Packet::PingResp => break,
                Packet::Publish(message) => {
                    asked.acknowledge(&message).await;
                    let text = String::from_utf8(message.payload.to_vec()).unwrap();
                    assert!(
                        seen.insert(text.parse::<usize>().unwrap()),
                        "{text} came twice"
                    );
                    *own += 1;
                }
                other => panic!("{other:?}"),
            }
        }
    }
    assert!(
        parts.iter().all(|own| *own > 0),
        "each member has its part: {parts:?}"
    );
}

#[tokio::test]
async fn each_member_has_its_own_qos() {
    let broker = Broker::start();
    for granted in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let topic = unique("t");
        let mut member = Client::connect(broker.mqtt, Version::V5).await;
        member
            .subscribe(&format!("$share/{}/{topic}", unique("g")), granted)
            .await;
        let mut other = Client::connect(broker.mqtt, Version::V5).await;
        other.publish(&topic, Qos::ExactlyOnce, "x").await;
        assert_eq!(member.message().await.qos, granted);
    }
}

#[tokio::test]
async fn two_groups_get_a_copy_each() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut members = Vec::new();
    for _ in 0..2 {
        let mut member = Client::connect(broker.mqtt, Version::V5).await;
        member
            .subscribe(&format!("$share/{}/{topic}", unique("g")), Qos::AtLeastOnce)
            .await;
        members.push(member);
    }
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    other.publish(&topic, Qos::AtLeastOnce, "x").await;
    for member in &mut members {
        assert_eq!(member.message().await.payload, "x");
        member.is_silent().await;
    }
}

#[tokio::test]
async fn a_begun_qos_2_delivery_goes_on_with_the_same_member() {
    let broker = Broker::start();
    let (topic, id) = (unique("t"), unique("c"));
    let share = format!("$share/{}/{topic}", unique("g"));
    let (mut first, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    first.subscribe(&share, Qos::ExactlyOnce).await;
    let mut publisher = Client::connect(broker.mqtt, Version::V5).await;
    publisher.publish(&topic, Qos::ExactlyOnce, "begun").await;
    let begun = first.next_publish().await;
    let mut second = Client::connect(broker.mqtt, Version::V5).await;
    second.subscribe(&share, Qos::ExactlyOnce).await;
    let received = ack(begun.packet_id.unwrap(), ReasonCode::Success);
    first.send(Packet::PubRec(received.clone())).await;
    assert_eq!(first.next().await, Packet::PubRel(received.clone()));
    first.vanish().await;
    second.is_silent().await;
    let (mut first, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    assert_eq!(first.next().await, Packet::PubRel(received.clone()));
    first.send(Packet::PubComp(received)).await;
    first.is_silent().await;
    second.is_silent().await;
}

#[tokio::test]
async fn a_begun_qos_2_delivery_ends_with_its_session() {
    let broker = Broker::start();
    for is_received in [false, true] {
        let (topic, id) = (unique("t"), unique("c"));
        let share = format!("$share/{}/{topic}", unique("g"));
        let (mut first, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
        first.subscribe(&share, Qos::ExactlyOnce).await;
        let mut publisher = Client::connect(broker.mqtt, Version::V5).await;
        publisher.publish(&topic, Qos::ExactlyOnce, "begun").await;
        let begun = first.next_publish().await;
        let mut second = Client::connect(broker.mqtt, Version::V5).await;
        second.subscribe(&share, Qos::ExactlyOnce).await;
        if is_received {
            let received = ack(begun.packet_id.unwrap(), ReasonCode::Success);
            first.send(Packet::PubRec(received.clone())).await;
            assert_eq!(first.next().await, Packet::PubRel(received));
        }
        first.vanish().await;
        second.is_silent().await;
        // A clean start ends the session.
        Client::connect_with(broker.mqtt, Version::V5, |c| {
            c.client_id = id.as_str().into();
        })
        .await;
        second.is_silent().await;
        publisher.publish(&topic, Qos::ExactlyOnce, "next").await;
        assert_eq!(second.message().await.payload, "next", "{is_received}");
    }
}

#[tokio::test]
async fn a_refused_message_goes_to_nobody_else() {
    let broker = Broker::start();
    for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let topic = unique("t");
        let share = format!("$share/{}/{topic}", unique("g"));
        let mut first = Client::connect(broker.mqtt, Version::V5).await;
        first.subscribe(&share, qos).await;
        let mut publisher = Client::connect(broker.mqtt, Version::V5).await;
        publisher.publish(&topic, qos, "refused").await;
        let id = first.next_publish().await.packet_id.unwrap();
        let mut second = Client::connect(broker.mqtt, Version::V5).await;
        second.subscribe(&share, qos).await;
        let refusal = ack(id, ReasonCode::QuotaExceeded);
        first
            .send(match qos {
                Qos::ExactlyOnce => Packet::PubRec(refusal),
                _ => Packet::PubAck(refusal),
            })
            .await;
        first.is_silent().await;
        second.is_silent().await;
        first.vanish().await;
        publisher.publish(&topic, qos, "next").await;
        assert_eq!(second.message().await.payload, "next");
    }
}

#[tokio::test]
async fn a_shared_subscription_gets_no_retained_messages() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    client.retain(&topic, Qos::AtLeastOnce, "x").await;
    client
        .subscribe(&format!("$share/{}/{topic}", unique("g")), Qos::AtLeastOnce)
        .await;
    client.is_silent().await;
}
