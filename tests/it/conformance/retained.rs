//! Retained messages (section 3.3.1.3).

use unspool::message::Qos;
use unspool::mqtt::codec::{Publish, RetainHandling, Subscription, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{publish, subscription};

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

#[tokio::test]
async fn a_new_subscription_gets_the_last_retained_message() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.retain(&topic, Qos::AtLeastOnce, "first").await;
        client.retain(&topic, Qos::ExactlyOnce, "second").await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        let message = client.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (&b"second"[..], Qos::ExactlyOnce)
        );
        assert!(message.retain && !message.dup);
        client.is_silent().await;
    }
}

#[tokio::test]
async fn each_matching_topic_has_its_own() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        for name in ["a", "b", "b/c", "d/e/f"] {
            client
                .retain(&format!("{base}/{name}"), Qos::AtLeastOnce, name)
                .await;
        }
        for (filter, expected) in [("#", 4), ("+", 2), ("+/#", 4), ("b/#", 2), ("x", 0)] {
            client
                .subscribe(&format!("{base}/{filter}"), Qos::AtMostOnce)
                .await;
            for _ in 0..expected {
                let message = client.message().await;
                let topic = message.topic.unwrap();
                assert!(
                    topic
                        .as_str()
                        .ends_with(std::str::from_utf8(&message.payload).unwrap())
                );
            }
            client.is_silent().await;
            client.unsubscribe(&[&format!("{base}/{filter}")]).await;
        }
    }
}

#[tokio::test]
async fn an_established_subscription_sees_no_retain_flag() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other.retain(&topic, Qos::AtLeastOnce, "x").await;
        assert!(!client.message().await.retain);
    }
}

#[tokio::test]
async fn an_empty_payload_removes() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let mut client = Client::connect(broker.mqtt, version).await;
        client.retain(&topic, Qos::AtLeastOnce, "x").await;
        client.retain(&topic, Qos::AtLeastOnce, "").await;
        assert_eq!(listener.message().await.payload, "x");
        assert_eq!(
            listener.message().await.payload,
            "",
            "it is delivered as any other"
        );
        client.subscribe(&topic, Qos::AtMostOnce).await;
        client.is_silent().await;
    }
}

#[tokio::test]
async fn an_unretained_message_changes_nothing() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client
            .publish(&topic, Qos::AtLeastOnce, "not retained")
            .await;
        client.subscribe(&topic, Qos::AtMostOnce).await;
        client.is_silent().await;
        client.unsubscribe(&[&topic]).await;
        client.retain(&topic, Qos::AtLeastOnce, "kept").await;
        client
            .publish(&topic, Qos::AtLeastOnce, "not retained")
            .await;
        client.publish(&topic, Qos::AtLeastOnce, "").await;
        client.subscribe(&topic, Qos::AtMostOnce).await;
        assert_eq!(client.message().await.payload, "kept");
    }
}

#[tokio::test]
async fn a_qos_0_message_replaces() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.retain(&topic, Qos::AtLeastOnce, "old").await;
        client.retain(&topic, Qos::AtMostOnce, "new").await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        let message = client.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (&b"new"[..], Qos::AtMostOnce)
        );
    }
}

#[tokio::test]
async fn a_retained_message_outlives_its_session() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V4).await;
    client.retain(&topic, Qos::AtLeastOnce, "x").await;
    client.disconnect().await;
    let mut client = Client::connect(broker.mqtt, Version::V4).await;
    client.subscribe(&topic, Qos::AtMostOnce).await;
    assert_eq!(client.message().await.payload, "x");
}

#[tokio::test]
async fn retain_handling_says_when() {
    use RetainHandling::{Always, IfNew, Never};
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    client.retain(&topic, Qos::AtLeastOnce, "x").await;
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
        client.subscribe_to(vec![asked]).await;
        if comes {
            assert_eq!(client.message().await.payload, "x");
        }
        client.is_silent().await;
    }
    client.unsubscribe(&[&topic]).await;
    let asked = Subscription {
        retain_handling: IfNew,
        ..subscription(&topic, Qos::AtMostOnce)
    };
    client.subscribe_to(vec![asked]).await;
    assert_eq!(client.message().await.payload, "x");
}

#[tokio::test]
async fn retain_as_published_keeps_the_flag() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    for retain_as_published in [true, false] {
        let asked = Subscription {
            retain_as_published,
            retain_handling: RetainHandling::Never,
            ..subscription(&topic, Qos::AtLeastOnce)
        };
        client.subscribe_to(vec![asked]).await;
        for retain in [true, false] {
            let message = Publish {
                retain,
                ..publish(&topic, Qos::AtLeastOnce, "x")
            };
            other.publish_with(message).await;
            assert_eq!(client.message().await.retain, retain && retain_as_published);
        }
    }
}

#[tokio::test]
async fn a_retained_message_comes_with_the_granted_qos() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.retain(&topic, Qos::ExactlyOnce, "x").await;
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            client.subscribe(&topic, qos).await;
            assert_eq!(client.message().await.qos, qos);
        }
        client.is_silent().await;
    }
}
