//! PUBLISH: flags, overlapping subscriptions, topic aliases (section 3.3).

use std::num::NonZeroU16;

use unspool::message::{Qos, Topic};
use unspool::mqtt::codec::{Packet, Publish, ReasonCode, Subscription, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{disconnect, publish, subscription};

cases! {
    a_message_matches_the_filter: ["3.3.2-3", "4.5.0-1"], ["3.3.2-3", "4.5.0-1"];
    dup_is_no_business_of_subscribers: ["3.3.1-3", "4.3.1-1"], ["3.3.1-3", "4.3.1-1"];
    each_qos_has_its_answer: ["3.3.4-1"], ["3.3.4-1", "3.4.2-1", "3.5.2-1", "3.7.2-1"];
    overlapping_subscriptions_get_the_greatest_qos: ["3.3.5-1"], ["3.3.4-2"];
    the_qos_is_the_lesser_of_published_and_granted: ["3.8.4-6"], ["3.8.4-8"];
    subscription_identifiers_come_with_the_message: [], ["3.3.4-3", "3.3.4-4", "3.3.4-5"];
    aliases_up_to_the_maximum_are_taken: [], ["3.3.2-12"];
    an_alias_over_the_maximum_is_refused: [], [];
    an_unknown_alias_is_refused: [], ["3.3.2-7"];
    the_servers_aliases_end_with_the_connection: [], ["3.3.2-7"];
    an_alias_is_used_only_where_it_was_allowed: [], ["3.1.2-26", "3.1.2-27", "3.3.2-11"];
}

#[tokio::test]
async fn a_message_matches_the_filter() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client
            .subscribe(&format!("{base}/+/x"), Qos::AtMostOnce)
            .await;
        let mut other = Client::connect(broker.mqtt, version).await;
        for name in ["y/a/x", "a/y", "a/x/y", "a/x"] {
            other
                .publish(&format!("{base}/{name}"), Qos::AtLeastOnce, "x")
                .await;
        }
        let message = client.message().await;
        assert_eq!(message.topic.unwrap().as_str(), format!("{base}/a/x"));
    }
}

#[tokio::test]
async fn dup_is_no_business_of_subscribers() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        for granted in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            client.subscribe(&topic, granted).await;
            for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
                let dup = Publish {
                    dup: true,
                    ..publish(&topic, qos, "x")
                };
                other.publish_with(dup).await;
                assert!(!client.message().await.dup);
            }
        }
    }
}

#[tokio::test]
async fn each_qos_has_its_answer() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            // The client asserts that it is the right one, with a reason that it may have.
            client.publish(&topic, qos, "x").await;
        }
    }
}

#[tokio::test]
async fn overlapping_subscriptions_get_the_greatest_qos() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client
            .subscribe(&format!("{base}/#"), Qos::AtMostOnce)
            .await;
        client
            .subscribe(&format!("{base}/+"), Qos::ExactlyOnce)
            .await;
        client
            .subscribe(&format!("{base}/a"), Qos::AtLeastOnce)
            .await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other
            .publish(&format!("{base}/a"), Qos::ExactlyOnce, "x")
            .await;
        other
            .publish(&format!("{base}/last"), Qos::AtLeastOnce, "last")
            .await;
        // One copy, or one for each subscription: the standard leaves it open.
        let mut greatest = Qos::AtMostOnce;
        loop {
            let message = client.message().await;
            if message.payload == "last" {
                break;
            }
            greatest = greatest.max(message.qos);
        }
        assert_eq!(greatest, Qos::ExactlyOnce);
    }
}

#[tokio::test]
async fn the_qos_is_the_lesser_of_published_and_granted() {
    const LEVELS: [Qos; 3] = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        for granted in LEVELS {
            assert_eq!(client.subscribe(&topic, granted).await as u8, granted as u8);
            for published in LEVELS {
                other.publish(&topic, published, "x").await;
                assert_eq!(client.message().await.qos, granted.min(published));
            }
        }
    }
}

#[tokio::test]
async fn subscription_identifiers_come_with_the_message() {
    let broker = Broker::start();
    let base = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    let to = |filter: &str| -> Vec<Subscription> {
        vec![subscription(&format!("{base}/{filter}"), Qos::AtLeastOnce)]
    };
    client.subscribe_as(Some(1), to("#")).await;
    client.subscribe_as(Some(268_435_455), to("+")).await;
    client.subscribe_as(None, to("a")).await;
    client.subscribe_as(Some(7), to("other")).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    other
        .publish(&format!("{base}/a"), Qos::AtLeastOnce, "x")
        .await;
    other
        .publish(&format!("{base}/last/one"), Qos::AtLeastOnce, "last")
        .await;
    let mut ids = Vec::new();
    loop {
        let message = client.message().await;
        if message.payload == "last" {
            assert_eq!(message.subscription_ids, [1]);
            break;
        }
        ids.extend(message.subscription_ids);
    }
    ids.sort_unstable();
    assert_eq!(ids, [1, 268_435_455]);
}

fn aliased(topic: &str, alias: u16, payload: &'static str) -> Publish {
    let named = if topic.is_empty() { "none" } else { topic };
    let mut publish = publish(named, Qos::AtMostOnce, payload);
    publish.topic_alias = NonZeroU16::new(alias);
    if topic.is_empty() {
        publish.topic = None;
    }
    publish
}

#[tokio::test]
async fn aliases_up_to_the_maximum_are_taken() {
    let broker = Broker::start();
    let topic = unique("t");
    let (mut client, connack) = Client::connect_with(broker.mqtt, Version::V5, |_| {}).await;
    let Some(maximum) = connack
        .properties
        .topic_alias_maximum
        .filter(|maximum| *maximum > 0)
    else {
        return;
    };
    client
        .subscribe(&format!("{topic}/+"), Qos::AtMostOnce)
        .await;
    for alias in [1, maximum] {
        let name = format!("{topic}/{alias}");
        for topic in [&name, ""] {
            client
                .send(Packet::Publish(aliased(topic, alias, "x")))
                .await;
            assert_eq!(client.message().await.topic.unwrap().as_str(), name);
        }
    }
    let name = format!("{topic}/changed");
    for topic in [&name, ""] {
        client.send(Packet::Publish(aliased(topic, 1, "x"))).await;
        assert_eq!(client.message().await.topic.unwrap().as_str(), name);
    }
}

#[tokio::test]
async fn an_alias_over_the_maximum_is_refused() {
    let broker = Broker::start();
    let (mut client, connack) = Client::connect_with(broker.mqtt, Version::V5, |_| {}).await;
    let maximum = connack.properties.topic_alias_maximum.unwrap_or(0);
    if maximum == u16::MAX {
        return;
    }
    client
        .send(Packet::Publish(aliased("a", maximum + 1, "x")))
        .await;
    if let Some(Packet::Disconnect(last)) = client.closes().await {
        assert_eq!(last.reason, ReasonCode::TopicAliasInvalid);
    }
}

#[tokio::test]
async fn an_unknown_alias_is_refused() {
    let broker = Broker::start();
    let id = unique("c");
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    client
        .send(Packet::Publish(aliased(&unique("t"), 1, "x")))
        .await;
    client.is_silent().await;
    client.send(disconnect(ReasonCode::Success)).await;
    assert_eq!(client.try_next().await, None);
    // The session goes on, the alias does not.
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    client.send(Packet::Publish(aliased("", 1, "x"))).await;
    client.closes().await;
}

#[tokio::test]
async fn the_servers_aliases_end_with_the_connection() {
    let broker = Broker::start();
    let (topic, id) = (unique("t"), unique("c"));
    let mut publisher = Client::connect(broker.mqtt, Version::V5).await;
    for round in ["first", "second"] {
        let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
            connect.client_id = id.as_str().into();
            connect.clean_start = false;
            connect.session_expiry_s = 3600;
            connect.topic_alias_maximum = 1;
        })
        .await;
        if round == "first" {
            client.subscribe(&topic, Qos::AtMostOnce).await;
        }
        for (name, payload) in [(Some(topic.as_str()), "named"), (None, "again")] {
            publisher.publish(&topic, Qos::AtMostOnce, payload).await;
            let publish = client.next_publish().await;
            let got = publish.topic.as_ref().map(Topic::as_str);
            assert_eq!(publish.payload, payload);
            // Whether a server uses an alias is its own affair; that it names the topic first is not.
            if name.is_some() || publish.topic_alias.is_none() {
                assert_eq!(got, Some(topic.as_str()), "{round} connection");
            }
        }
        client.vanish().await;
    }
}

#[tokio::test]
async fn an_alias_is_used_only_where_it_was_allowed() {
    let broker = Broker::start();
    let topic = unique("t");
    for maximum in [0, 2] {
        let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
            connect.topic_alias_maximum = maximum;
        })
        .await;
        client
            .subscribe(&format!("{topic}/+"), Qos::AtMostOnce)
            .await;
        let mut known = std::collections::HashMap::new();
        for round in 0..3 {
            for name in ["a", "b", "c", "d"] {
                let name = format!("{topic}/{name}");
                client
                    .send(Packet::Publish(publish(&name, Qos::AtMostOnce, "x")))
                    .await;
                let message = client.message().await;
                if let Some(alias) = message.topic_alias {
                    assert!(alias.get() <= maximum, "{alias} in round {round}");
                    if let Some(topic) = &message.topic {
                        known.insert(alias, topic.clone());
                    }
                    assert_eq!(known[&alias].as_str(), name);
                } else {
                    assert_eq!(message.topic.unwrap().as_str(), name);
                }
            }
        }
    }
}
