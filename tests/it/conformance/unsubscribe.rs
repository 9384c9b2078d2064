//! UNSUBSCRIBE and UNSUBACK (sections 3.10 and 3.11).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::ack;

cases! {
    an_unsubscribe_ends_the_subscription: ["3.10.4-1", "3.10.4-2", "3.10.4-4"], ["3.10.4-1", "3.10.4-2", "3.10.4-4"];
    an_unsubscribe_of_nothing_is_answered: ["3.10.4-5"], ["3.10.4-5"];
    filters_are_compared_character_by_character: ["3.10.4-1"], ["3.10.4-1"];
    each_filter_is_taken_in_turn: ["3.10.4-6"], ["3.10.4-6", "3.11.3-1", "3.11.3-2"];
    what_was_begun_is_finished: ["3.10.4-3"], ["3.10.4-3"];
}

#[tokio::test]
async fn an_unsubscribe_ends_the_subscription() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        client.publish_and_receive(&topic).await;
        client.unsubscribe(&[&topic]).await;
        client.publish(&topic, Qos::AtLeastOnce, "x").await;
        client.is_silent().await;
    }
}

#[tokio::test]
async fn an_unsubscribe_of_nothing_is_answered() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        let reasons = client.unsubscribe(&[&unique("t")]).await;
        if version == Version::V5 {
            assert_eq!(reasons, [ReasonCode::NoSubscriptionExisted]);
        }
    }
}

#[tokio::test]
async fn filters_are_compared_character_by_character() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client
            .subscribe(&format!("{base}/+"), Qos::AtLeastOnce)
            .await;
        for other in ["a", "#", "+/", "+/+"] {
            client.unsubscribe(&[&format!("{base}/{other}")]).await;
        }
        client
            .unsubscribe(&[&format!("{}/+", base.to_uppercase())])
            .await;
        client.publish_and_receive(&format!("{base}/a")).await;
        client.unsubscribe(&[&format!("{base}/+")]).await;
        client
            .publish(&format!("{base}/a"), Qos::AtLeastOnce, "x")
            .await;
        client.is_silent().await;
    }
}

#[tokio::test]
async fn each_filter_is_taken_in_turn() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let names = ["a", "b", "c"].map(|name| format!("{base}/{name}"));
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&names[0], Qos::AtLeastOnce).await;
        client.subscribe(&names[2], Qos::AtLeastOnce).await;
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let reasons = client.unsubscribe(&all).await;
        if version == Version::V5 {
            use ReasonCode::{NoSubscriptionExisted, Success};
            assert_eq!(reasons, [Success, NoSubscriptionExisted, Success]);
        }
        for name in &names {
            client.publish(name, Qos::AtLeastOnce, "x").await;
        }
        client.is_silent().await;
    }
}

#[tokio::test]
async fn what_was_begun_is_finished() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::AtLeastOnce, "1").await;
        other.publish(&topic, Qos::ExactlyOnce, "2").await;
        let first = client.next_publish().await;
        let second = client.next_publish().await;
        client.unsubscribe(&[&topic]).await;
        client.acknowledge(&first).await;
        let id = second.packet_id.unwrap();
        client
            .send(Packet::PubRec(ack(id, ReasonCode::Success)))
            .await;
        assert_eq!(
            client.next().await,
            Packet::PubRel(ack(id, ReasonCode::Success))
        );
        client
            .send(Packet::PubComp(ack(id, ReasonCode::Success)))
            .await;
        client.is_silent().await;
    }
}
