//! What travels with a message, and how long a message lives (section 3.3.2.3).

use unspool::message::{Properties, Qos, Topic};
use unspool::mqtt::codec::{ReasonCode, Version};

use super::{Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{disconnect, publish};
use crate::support::wait::elapse;

cases! {
    properties_arrive_unaltered: [], ["3.3.2-4", "3.3.2-15", "3.3.2-16", "3.3.2-17", "3.3.2-18", "3.3.2-20"];
    an_expired_message_is_not_delivered: [], ["3.3.2-5"];
    the_expiry_is_less_the_time_waited: [], ["3.3.2-6"];
    an_expired_retained_message_is_gone: [], ["3.3.2-5"];
    properties_are_kept_for_those_who_are_away: [], ["3.3.2-17", "4.5.0-1"];
    an_old_client_gets_the_message_without_them: [], [];
}

fn everything() -> Properties {
    Properties {
        payload_is_utf8: true,
        message_expiry_s: None,
        content_type: Some("text/plain; charset=utf-8".into()),
        response_topic: Some(Topic::new("answers/here").unwrap()),
        correlation_data: Some(vec![0, 255, 7].into()),
        user: [("b", "2"), ("a", ""), ("", "1"), ("b", "2"), ("é", "😀")]
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec(),
    }
}

#[tokio::test]
async fn properties_arrive_unaltered() {
    let broker = Broker::start();
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, Version::V5).await;
        client.subscribe(&topic, qos).await;
        let mut other = Client::connect(broker.mqtt, Version::V5).await;
        let mut message = publish(&topic, qos, "x");
        message.properties = Some(Box::new(everything()));
        other.publish_with(message).await;
        assert_eq!(
            client.message().await.properties.as_deref(),
            Some(&everything())
        );
    }
}

/// A session with a subscription, whose client has gone.
async fn away(broker: &Broker, version: Version, topic: &str) -> String {
    let id = unique("c");
    let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
    client.subscribe(topic, Qos::AtLeastOnce).await;
    client.send(disconnect(ReasonCode::Success)).await;
    assert_eq!(client.try_next().await, None);
    id
}

fn expiring(topic: &str, payload: &'static str, seconds: u32) -> unspool::mqtt::codec::Publish {
    let mut message = publish(topic, Qos::AtLeastOnce, payload);
    message.properties = Some(Box::new(Properties {
        message_expiry_s: Some(seconds),
        ..Properties::default()
    }));
    message
}

#[tokio::test]
async fn an_expired_message_is_not_delivered() {
    let broker = Broker::start();
    let topic = unique("t");
    let id = away(&broker, Version::V5, &topic).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    other.publish_with(expiring(&topic, "expires", 1)).await;
    other.publish_with(expiring(&topic, "lasts", 3600)).await;
    elapse(2100).await;
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    assert_eq!(client.message().await.payload, "lasts");
    client.is_silent().await;
}

#[tokio::test]
async fn the_expiry_is_less_the_time_waited() {
    let broker = Broker::start();
    let topic = unique("t");
    let id = away(&broker, Version::V5, &topic).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    other.publish_with(expiring(&topic, "x", 3600)).await;
    elapse(2100).await;
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    let left = client
        .message()
        .await
        .properties
        .unwrap()
        .message_expiry_s
        .unwrap();
    assert!((3500..=3598).contains(&left), "{left} s are left");
}

#[tokio::test]
async fn an_expired_retained_message_is_gone() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    let mut message = expiring(&topic, "x", 1);
    message.retain = true;
    other.publish_with(message).await;
    elapse(2100).await;
    other.subscribe(&topic, Qos::AtMostOnce).await;
    other.is_silent().await;
}

#[tokio::test]
async fn properties_are_kept_for_those_who_are_away() {
    let broker = Broker::start();
    let topic = unique("t");
    let id = away(&broker, Version::V5, &topic).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    let mut message = publish(&topic, Qos::AtLeastOnce, "x");
    message.properties = Some(Box::new(everything()));
    other.publish_with(message).await;
    let (mut client, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    assert_eq!(
        client.message().await.properties.as_deref(),
        Some(&everything())
    );
}

#[tokio::test]
async fn an_old_client_gets_the_message_without_them() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V4).await;
    client.subscribe(&topic, Qos::AtLeastOnce).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    let mut message = publish(&topic, Qos::AtLeastOnce, "x");
    message.properties = Some(Box::new(everything()));
    other.publish_with(message).await;
    assert_eq!(client.message().await.payload, "x");
}
