//! Retained messages (section 3.3.1.3).

use unspool::message::Qos;
use unspool::mqtt::codec::{Publish, RetainHandling, Subscription, Version};

use super::{BOTH, Broker, cases};
use crate::wire::{Wire, publish, subscription, unique};

cases! {
    a_new_subscription_gets_the_last_retained_message: ["3.3.1-5", "3.3.1-6", "3.3.1-8"], ["3.3.1-5", "3.3.1-9"];
    each_matching_topic_has_its_own: ["3.3.1-6"], ["3.3.1-9"];
    an_established_subscription_sees_no_retain_flag: ["3.3.1-9"], ["3.3.1-12"];
    an_empty_payload_removes: ["3.3.1-10", "3.3.1-11"], ["3.3.1-6", "3.3.1-7"];
    an_unretained_message_changes_nothing: ["3.3.1-12"], ["3.3.1-8"];
    a_qos_0_message_replaces: ["3.3.1-7"], ["3.3.1-5"];
    a_retained_message_outlives_its_session: ["3.1.2-7"], [];
    retain_handling_says_when: [], ["3.3.1-9", "3.3.1-10", "3.3.1-11"];
    retain_as_published_keeps_the_flag: [], ["3.3.1-13"];
    a_retained_message_comes_with_the_granted_qos: ["3.8.4-6"], ["3.8.4-8"];
}

async fn a_new_subscription_gets_the_last_retained_message(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.retain(&topic, Qos::AtLeastOnce, "first").await;
        wire.retain(&topic, Qos::ExactlyOnce, "second").await;
        wire.subscribe(&topic, Qos::ExactlyOnce).await;
        let message = wire.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (&b"second"[..], Qos::ExactlyOnce)
        );
        assert!(message.retain && !message.dup);
        wire.is_silent().await;
    }
}

async fn each_matching_topic_has_its_own(broker: Broker) {
    for version in BOTH {
        let base = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        for name in ["a", "b", "b/c", "d/e/f"] {
            wire.retain(&format!("{base}/{name}"), Qos::AtLeastOnce, name)
                .await;
        }
        for (filter, expected) in [("#", 4), ("+", 2), ("+/#", 4), ("b/#", 2), ("x", 0)] {
            wire.subscribe(&format!("{base}/{filter}"), Qos::AtMostOnce)
                .await;
            for _ in 0..expected {
                let message = wire.message().await;
                let topic = message.topic.unwrap();
                assert!(
                    topic
                        .as_str()
                        .ends_with(std::str::from_utf8(&message.payload).unwrap())
                );
            }
            wire.is_silent().await;
            wire.unsubscribe(&[&format!("{base}/{filter}")]).await;
        }
    }
}

async fn an_established_subscription_sees_no_retain_flag(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.subscribe(&topic, Qos::AtLeastOnce).await;
        let mut other = Wire::connect(broker.mqtt, version).await;
        other.retain(&topic, Qos::AtLeastOnce, "x").await;
        assert!(!wire.message().await.retain);
    }
}

async fn an_empty_payload_removes(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Wire::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.retain(&topic, Qos::AtLeastOnce, "x").await;
        wire.retain(&topic, Qos::AtLeastOnce, "").await;
        assert_eq!(listener.message().await.payload, "x");
        assert_eq!(
            listener.message().await.payload,
            "",
            "it is delivered as any other"
        );
        wire.subscribe(&topic, Qos::AtMostOnce).await;
        wire.is_silent().await;
    }
}

async fn an_unretained_message_changes_nothing(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.publish(&topic, Qos::AtLeastOnce, "not retained").await;
        wire.subscribe(&topic, Qos::AtMostOnce).await;
        wire.is_silent().await;
        wire.unsubscribe(&[&topic]).await;
        wire.retain(&topic, Qos::AtLeastOnce, "kept").await;
        wire.publish(&topic, Qos::AtLeastOnce, "not retained").await;
        wire.publish(&topic, Qos::AtLeastOnce, "").await;
        wire.subscribe(&topic, Qos::AtMostOnce).await;
        assert_eq!(wire.message().await.payload, "kept");
    }
}

async fn a_qos_0_message_replaces(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.retain(&topic, Qos::AtLeastOnce, "old").await;
        wire.retain(&topic, Qos::AtMostOnce, "new").await;
        wire.subscribe(&topic, Qos::AtLeastOnce).await;
        let message = wire.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (&b"new"[..], Qos::AtMostOnce)
        );
    }
}

async fn a_retained_message_outlives_its_session(broker: Broker) {
    let topic = unique("t");
    let mut wire = Wire::connect(broker.mqtt, Version::V4).await;
    wire.retain(&topic, Qos::AtLeastOnce, "x").await;
    wire.disconnect().await;
    let mut wire = Wire::connect(broker.mqtt, Version::V4).await;
    wire.subscribe(&topic, Qos::AtMostOnce).await;
    assert_eq!(wire.message().await.payload, "x");
}

async fn retain_handling_says_when(broker: Broker) {
    use RetainHandling::{Always, IfNew, Never};
    let topic = unique("t");
    let mut wire = Wire::connect(broker.mqtt, Version::V5).await;
    wire.retain(&topic, Qos::AtLeastOnce, "x").await;
    for (retain_handling, comes) in [
        (Never, false),
        (IfNew, false), // there is one by now
        (Always, true),
        (Always, true),
        (IfNew, false),
        (Never, false),
    ] {
        let asked = Subscription {
            retain_handling,
            ..subscription(&topic, Qos::AtMostOnce)
        };
        wire.subscribe_to(vec![asked]).await;
        if comes {
            assert_eq!(wire.message().await.payload, "x");
        }
        wire.is_silent().await;
    }
    wire.unsubscribe(&[&topic]).await;
    let asked = Subscription {
        retain_handling: IfNew,
        ..subscription(&topic, Qos::AtMostOnce)
    };
    wire.subscribe_to(vec![asked]).await;
    assert_eq!(wire.message().await.payload, "x");
}

async fn retain_as_published_keeps_the_flag(broker: Broker) {
    let topic = unique("t");
    let mut wire = Wire::connect(broker.mqtt, Version::V5).await;
    let mut other = Wire::connect(broker.mqtt, Version::V5).await;
    for retain_as_published in [true, false] {
        let asked = Subscription {
            retain_as_published,
            retain_handling: RetainHandling::Never,
            ..subscription(&topic, Qos::AtLeastOnce)
        };
        wire.subscribe_to(vec![asked]).await;
        for retain in [true, false] {
            let message = Publish {
                retain,
                ..publish(&topic, Qos::AtLeastOnce, "x")
            };
            other.publish_with(message).await;
            assert_eq!(wire.message().await.retain, retain && retain_as_published);
        }
    }
}

async fn a_retained_message_comes_with_the_granted_qos(broker: Broker) {
    for version in BOTH {
        let topic = unique("t");
        let mut wire = Wire::connect(broker.mqtt, version).await;
        wire.retain(&topic, Qos::ExactlyOnce, "x").await;
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            wire.subscribe(&topic, qos).await;
            assert_eq!(wire.message().await.qos, qos);
        }
        wire.is_silent().await;
    }
}
