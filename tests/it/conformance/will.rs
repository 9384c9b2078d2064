//! Wills (sections 3.1.2.5 to 3.1.2.7 and 3.1.3.2).

use std::time::{Duration, Instant};

use unspool::message::{Properties, Qos};
use unspool::mqtt::codec::{ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{disconnect, will};

cases! {
    a_will_is_published_when_the_connection_breaks: ["3.1.2-8", "3.1.2-16"], ["3.1.2-7", "3.1.2-8", "3.1.2-14"];
    a_will_is_published_after_an_error: ["3.1.2-8"], ["3.1.2-8"];
    a_will_is_published_when_the_keep_alive_runs_out: ["3.1.2-8"], ["3.1.2-8"];
    a_goodbye_deletes_the_will: ["3.1.2-8", "3.1.2-10", "3.14.4-3"], ["3.1.2-8", "3.1.2-10", "3.14.4-3"];
    a_will_is_published_once: ["3.1.2-10"], ["3.1.2-10"];
    without_a_will_nothing_is_published: ["3.1.2-12"], [];
    a_retained_will_is_retained: ["3.1.2-17"], ["3.1.2-15"];
    a_goodbye_may_ask_for_the_will: [], ["3.1.2-8"];
    a_will_waits_for_its_delay: [], ["3.1.2-8"];
    a_will_is_not_sent_to_a_client_that_is_back: [], ["3.1.3-9"];
    a_will_does_not_wait_for_longer_than_its_session: [], ["3.1.2-8"];
    a_wills_user_properties_keep_their_order: [], ["3.1.3-10"];
}

/// A listener, and a client that left a will on the topic.
async fn pair(broker: &Broker, version: Version, topic: &str) -> (Client, Client) {
    let mut listener = Client::connect(broker.mqtt, version).await;
    listener.subscribe(topic, Qos::ExactlyOnce).await;
    let (client, _) = Client::connect_with(broker.mqtt, version, |connect| {
        connect.will = Some(will(topic, "will"));
    })
    .await;
    (listener, client)
}

#[tokio::test]
async fn a_will_is_published_when_the_connection_breaks() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let (mut listener, client) = pair(&broker, version, &topic).await;
        client.vanish().await;
        let message = listener.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (&b"will"[..], Qos::AtLeastOnce)
        );
        assert!(!message.retain);
        let mut late = Client::connect(broker.mqtt, version).await;
        late.subscribe(&topic, Qos::AtMostOnce).await;
        late.is_silent().await;
    }
}

#[tokio::test]
async fn a_will_is_published_after_an_error() {
    let broker = Broker::start();
    for version in BOTH {
        let (mut listener, mut client) = pair(&broker, version, &unique("t")).await;
        client.send_notation("00 00").await;
        client.closes().await;
        assert_eq!(listener.message().await.payload, "will");
    }
}

#[tokio::test]
async fn a_will_is_published_when_the_keep_alive_runs_out() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut listener = Client::connect(broker.mqtt, Version::V4).await;
    listener.subscribe(&topic, Qos::AtMostOnce).await;
    let (mut client, _) = Client::connect_with(broker.mqtt, Version::V4, |connect| {
        connect.will = Some(will(&topic, "will"));
        connect.keep_alive_s = 1;
    })
    .await;
    client.closes().await;
    assert_eq!(listener.message().await.payload, "will");
}

#[tokio::test]
async fn a_goodbye_deletes_the_will() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let (mut listener, client) = pair(&broker, version, &topic).await;
        client.disconnect().await;
        listener.publish(&topic, Qos::AtLeastOnce, "last").await;
        assert_eq!(listener.message().await.payload, "last");
    }
}

#[tokio::test]
async fn a_will_is_published_once() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let (mut listener, client) = pair(&broker, version, &topic).await;
        let id = client.id.clone();
        client.vanish().await;
        assert_eq!(listener.message().await.payload, "will");
        let (client, _) =
            Client::connect_with(broker.mqtt, version, |c| c.client_id = id.as_str().into()).await;
        client.vanish().await;
        listener.publish(&topic, Qos::AtLeastOnce, "last").await;
        assert_eq!(listener.message().await.payload, "last");
    }
}

#[tokio::test]
async fn without_a_will_nothing_is_published() {
    let broker = Broker::start();
    let base = unique("t");
    let mut listener = Client::connect(broker.mqtt, Version::V4).await;
    listener
        .subscribe(&format!("{base}/#"), Qos::AtMostOnce)
        .await;
    Client::connect(broker.mqtt, Version::V4)
        .await
        .vanish()
        .await;
    listener.is_silent().await;
}

#[tokio::test]
async fn a_retained_will_is_retained() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut listener = Client::connect(broker.mqtt, version).await;
        listener.subscribe(&topic, Qos::AtMostOnce).await;
        let (client, _) = Client::connect_with(broker.mqtt, version, |connect| {
            connect.will = Some(will(&topic, "will"));
            connect.will.as_mut().unwrap().retain = true;
        })
        .await;
        client.vanish().await;
        assert!(
            !listener.message().await.retain,
            "to an established subscription"
        );
        let mut late = Client::connect(broker.mqtt, version).await;
        late.subscribe(&topic, Qos::AtMostOnce).await;
        let message = late.message().await;
        assert_eq!((&message.payload[..], message.retain), (&b"will"[..], true));
        late.retain(&topic, Qos::AtLeastOnce, "").await;
    }
}

#[tokio::test]
async fn a_goodbye_may_ask_for_the_will() {
    let broker = Broker::start();
    let (mut listener, mut client) = pair(&broker, Version::V5, &unique("t")).await;
    client
        .send(disconnect(ReasonCode::DisconnectWithWill))
        .await;
    assert_eq!(listener.message().await.payload, "will");
}

#[tokio::test]
async fn a_will_waits_for_its_delay() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut listener = Client::connect(broker.mqtt, Version::V5).await;
    listener.subscribe(&topic, Qos::AtMostOnce).await;
    let (client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.session_expiry_s = 60;
        connect.will = Some(will(&topic, "will"));
        connect.will.as_mut().unwrap().delay_s = 2;
    })
    .await;
    client.vanish().await;
    let begun = Instant::now();
    assert_eq!(listener.message().await.payload, "will");
    let waited = begun.elapsed();
    assert!(waited >= Duration::from_millis(900), "after {waited:?}");
}

#[tokio::test]
async fn a_will_is_not_sent_to_a_client_that_is_back() {
    let broker = Broker::start();
    let (topic, id) = (unique("t"), unique("c"));
    let mut listener = Client::connect(broker.mqtt, Version::V5).await;
    listener.subscribe(&topic, Qos::AtMostOnce).await;
    let (client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.client_id = id.as_str().into();
        connect.session_expiry_s = 60;
        connect.will = Some(will(&topic, "will"));
        connect.will.as_mut().unwrap().delay_s = 1;
    })
    .await;
    client.vanish().await;
    let (_back, _) = Client::resume(broker.mqtt, Version::V5, &id).await;
    // What is due after the delay of the other will comes behind it, if that were still to come.
    let (other, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.session_expiry_s = 60;
        connect.will = Some(will(&topic, "other"));
        connect.will.as_mut().unwrap().delay_s = 3;
    })
    .await;
    other.vanish().await;
    assert_eq!(listener.message().await.payload, "other");
}

#[tokio::test]
async fn a_will_does_not_wait_for_longer_than_its_session() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut listener = Client::connect(broker.mqtt, Version::V5).await;
    listener.subscribe(&topic, Qos::AtMostOnce).await;
    let (client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.session_expiry_s = 1;
        connect.will = Some(will(&topic, "will"));
        connect.will.as_mut().unwrap().delay_s = 3600;
    })
    .await;
    client.vanish().await;
    assert_eq!(listener.message().await.payload, "will");
}

#[tokio::test]
async fn a_wills_user_properties_keep_their_order() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut listener = Client::connect(broker.mqtt, Version::V5).await;
    listener.subscribe(&topic, Qos::AtMostOnce).await;
    let properties = Properties {
        payload_is_utf8: true,
        content_type: Some("text/plain".into()),
        user: [("b", "2"), ("a", "1"), ("b", "1")]
            .map(|(k, v)| (k.into(), v.into()))
            .to_vec(),
        ..Properties::default()
    };
    let (client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.will = Some(will(&topic, "will"));
        connect.will.as_mut().unwrap().properties = Some(Box::new(properties.clone()));
    })
    .await;
    client.vanish().await;
    let message = listener.message().await;
    assert_eq!(message.properties.as_deref(), Some(&properties));
}
