//! UNSUBSCRIBE and UNSUBACK (sections 3.10 and 3.11).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::wire::{Wire, ack, unique};

cases! {
    an_unsubscribe_ends_the_subscription: ["3.10.4-1", "3.10.4-2", "3.10.4-4"], ["3.10.4-1", "3.10.4-2", "3.10.4-4"];
    an_unsubscribe_of_nothing_is_answered: ["3.10.4-5"], ["3.10.4-5"];
    filters_are_compared_character_by_character: ["3.10.4-1"], ["3.10.4-1"];
    each_filter_is_taken_in_turn: ["3.10.4-6"], ["3.10.4-6", "3.11.3-1", "3.11.3-2"];
    what_was_begun_is_finished: ["3.10.4-3"], ["3.10.4-3"];
}

async fn an_unsubscribe_ends_the_subscription(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.subscribe(&topic, Qos::AtLeastOnce).await;
        wire.publish_and_receive(&topic).await;
        wire.unsubscribe(&[&topic]).await;
        wire.publish(&topic, Qos::AtLeastOnce, "x").await;
        wire.is_silent().await;
    }
}

async fn an_unsubscribe_of_nothing_is_answered(broker: Broker) {
    for version in BOTH {
        let mut wire = Wire::connect(broker.mqtt, version).await;
        let reasons = wire.unsubscribe(&[&unique("t")]).await;
        if version == Version::V5 {
            assert_eq!(reasons, [ReasonCode::NoSubscriptionExisted]);
        }
    }
}

async fn filters_are_compared_character_by_character(broker: Broker) {
    for version in BOTH {
        let base = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.subscribe(&format!("{base}/+"), Qos::AtLeastOnce).await;
        for other in ["a", "#", "+/", "+/+"] {
            wire.unsubscribe(&[&format!("{base}/{other}")]).await;
        }
        wire.unsubscribe(&[&format!("{}/+", base.to_uppercase())])
            .await;
        wire.publish_and_receive(&format!("{base}/a")).await;
        wire.unsubscribe(&[&format!("{base}/+")]).await;
        wire.publish(&format!("{base}/a"), Qos::AtLeastOnce, "x")
            .await;
        wire.is_silent().await;
    }
}

async fn each_filter_is_taken_in_turn(broker: Broker) {
    for version in BOTH {
        let base = unique("t");
        let names = ["a", "b", "c"].map(|name| format!("{base}/{name}"));
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.subscribe(&names[0], Qos::AtLeastOnce).await;
        wire.subscribe(&names[2], Qos::AtLeastOnce).await;
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        let reasons = wire.unsubscribe(&all).await;
        if version == Version::V5 {
            use ReasonCode::{NoSubscriptionExisted, Success};
            assert_eq!(reasons, [Success, NoSubscriptionExisted, Success]);
        }
        for name in &names {
            wire.publish(name, Qos::AtLeastOnce, "x").await;
        }
        wire.is_silent().await;
    }
}

async fn what_was_begun_is_finished(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.subscribe(&topic, Qos::ExactlyOnce).await;
        let mut other = Wire::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::AtLeastOnce, "1").await;
        other.publish(&topic, Qos::ExactlyOnce, "2").await;
        let first = wire.next_publish().await;
        let second = wire.next_publish().await;
        wire.unsubscribe(&[&topic]).await;
        wire.acknowledge(&first).await;
        let id = second.packet_id.unwrap();
        wire.send(Packet::PubRec(ack(id, ReasonCode::Success)))
            .await;
        assert_eq!(
            wire.next().await,
            Packet::PubRel(ack(id, ReasonCode::Success))
        );
        wire.send(Packet::PubComp(ack(id, ReasonCode::Success)))
            .await;
        wire.is_silent().await;
    }
}
