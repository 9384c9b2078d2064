//! CONNECT and CONNACK (sections 3.1 and 3.2).

use unspool::message::Qos;
use unspool::mqtt::codec::{Connect, Packet, ReasonCode, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::disconnect;

cases! {
    a_connect_is_answered_once: ["3.1.4-4", "3.2.0-1"], ["3.1.4-5", "3.2.0-1", "3.2.0-2", "3.2.2-1", "3.2.2-8"];
    an_unknown_version_is_refused: ["3.1.2-1", "3.1.2-2"], ["3.1.2-1", "3.1.2-2"];
    mqtt_3_1_is_spoken: [], [];
    plain_client_ids_are_taken: ["3.1.3-3", "3.1.3-5"], ["3.1.3-3", "3.1.3-5"];
    an_empty_client_id_gets_one: ["3.1.3-6", "3.1.3-7"], ["3.1.3-6", "3.1.3-7", "3.2.2-16"];
    an_empty_client_id_needs_a_clean_session: ["3.1.3-8", "3.1.3-9", "3.2.2-4", "3.2.2-5"], [];
    what_follows_a_refused_connect_is_not_processed: ["3.1.4-5"], ["3.1.4-6", "3.1.3-8", "3.2.2-6", "3.2.2-7"];
    what_follows_an_accepted_connect_is_processed_at_once: [], [];
    a_clean_session_is_a_new_one: ["3.1.2-6", "3.1.4-3", "3.2.2-1"], ["3.1.2-4", "3.1.4-4", "3.2.2-2"];
    a_session_is_resumed: ["3.1.2-4", "3.1.3-2", "3.2.2-2"], ["3.1.2-5", "3.1.2-23", "3.1.3-2", "3.2.2-3"];
    without_a_session_there_is_none_present: ["3.1.2-4", "3.2.2-3"], ["3.1.2-6", "3.2.2-3"];
    no_response_information_is_pressed_on_anybody: [], ["3.1.2-28"];
    the_keep_alive_is_the_clients_own: [], ["3.2.2-22"];
}

#[tokio::test]
async fn a_connect_is_answered_once() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::open(broker.mqtt, version).await;
        let connect = Connect::new(version, &unique("c"));
        client.send(Packet::Connect(Box::new(connect))).await;
        let connack = client.connack().await;
        assert_eq!(connack.reason, ReasonCode::Success);
        assert!(!connack.session_present);
        client.is_silent().await;
        client.disconnect().await;
    }
}

#[tokio::test]
async fn an_unknown_version_is_refused() {
    let broker = Broker::start();
    for connect in [
        "10 [<'MQTT'> 03 02 0000 <'c'>]",
        "10 [<'MQTT'> 06 02 0000 [] <'c'>]",
        "10 [<'MQTT'> 09 02 0000 <'c'>]",
    ] {
        let mut client = Client::open(broker.mqtt, Version::V4).await;
        client.send_notation(connect).await;
        let connack = client.connack().await;
        assert_eq!(
            connack.reason,
            ReasonCode::UnsupportedProtocolVersion,
            "{connect}"
        );
        assert_eq!(client.try_next().await, None);
    }
    for connect in [
        "10 [<'MQTX'> 04 02 0000 <'c'>]",
        "10 [<'mqtt'> 05 02 0000 [] <'c'>]",
    ] {
        let mut client = Client::open(broker.mqtt, Version::V4).await;
        client.send_notation(connect).await;
        client.closes().await;
    }
}

#[tokio::test]
async fn mqtt_3_1_is_spoken() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V3).await;
    client.subscribe(&topic, Qos::ExactlyOnce).await;
    client
        .send(Packet::Publish(crate::support::packets::publish(
            &topic,
            Qos::AtMostOnce,
            "x",
        )))
        .await;
    assert_eq!(client.message().await.payload, "x");
    client.disconnect().await;
}

#[tokio::test]
async fn plain_client_ids_are_taken() {
    let broker = Broker::start();
    let longest = unique("0123456789ABCxyz");
    for version in BOTH {
        for id in ["Z", &longest[..23.min(longest.len())]] {
            let (client, _) = Client::connect_with(broker.mqtt, version, |connect| {
                connect.client_id = id.into();
            })
            .await;
            client.disconnect().await;
        }
    }
}

#[tokio::test]
async fn an_empty_client_id_gets_one() {
    let broker = Broker::start();
    let mut first = Client::connect_with(broker.mqtt, Version::V4, |c| c.client_id = "".into())
        .await
        .0;
    let mut second = Client::connect_with(broker.mqtt, Version::V4, |c| c.client_id = "".into())
        .await
        .0;
    first.is_silent().await;
    second.is_silent().await;
    let mut ids = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..2 {
        let (client, connack) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
            connect.client_id = "".into();
            connect.session_expiry_s = 60;
        })
        .await;
        ids.push(
            connack
                .properties
                .assigned_client_id
                .expect("an identifier"),
        );
        clients.push(client);
    }
    assert_ne!(ids[0], ids[1]);
    for client in &mut clients {
        client.is_silent().await;
    }
    clients.pop().unwrap().disconnect().await;
    let (_, connack) = Client::resume(broker.mqtt, Version::V5, &ids[1]).await;
    assert!(
        connack.session_present,
        "the identifier is as good as one of the client's own"
    );
}

#[tokio::test]
async fn an_empty_client_id_needs_a_clean_session() {
    let broker = Broker::start();
    let mut client = Client::open(broker.mqtt, Version::V4).await;
    client.send_notation("10 [<'MQTT'> 04 00 0000 <>]").await;
    let connack = client.connack().await;
    assert_eq!(connack.reason, ReasonCode::ClientIdentifierNotValid);
    assert!(!connack.session_present);
    assert_eq!(client.try_next().await, None);
}

#[tokio::test]
async fn what_follows_a_refused_connect_is_not_processed() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut listener = Client::connect(broker.mqtt, Version::V5).await;
    listener.subscribe(&topic, Qos::AtMostOnce).await;
    for (version, connect) in [
        (Version::V4, "10 [<'MQTT'> 04 00 0000 <>]"),
        (
            Version::V5,
            "10 [<'MQTT'> 05 02 0000 [15<'no such method'>] <'c'>]",
        ),
        (Version::V4, "10 [<'MQTT'> 07 02 0000 <'c'>]"),
    ] {
        let mut client = Client::open(broker.mqtt, version).await;
        let properties = if version == Version::V5 { "[]" } else { "" };
        let publish = format!("{connect} 30 [<'{topic}'> {properties} 'x']");
        client.send_notation(&publish).await;
        client.closes().await;
    }
    listener.publish(&topic, Qos::AtLeastOnce, "last").await;
    assert_eq!(listener.message().await.payload, "last");
}

#[tokio::test]
async fn what_follows_an_accepted_connect_is_processed_at_once() {
    let broker = Broker::start();
    for (version, properties) in BOTH.into_iter().zip(["", "[]"]) {
        let (topic, id) = (unique("t"), unique("c"));
        let level = if version == Version::V5 { "05" } else { "04" };
        let mut client = Client::open(broker.mqtt, version).await;
        client
            .send_notation(&format!(
                "10 [<'MQTT'> {level} 02 0000 {properties} <'{id}'>] \
             82 [0001 {properties} <'{topic}'> 00] 30 [<'{topic}'> {properties} 'x'] c0 00"
            ))
            .await;
        assert_eq!(client.connack().await.reason, ReasonCode::Success);
        // In which order they are answered is not said.
        let answers = [client.answer().await, client.answer().await];
        assert!(
            answers
                .iter()
                .any(|packet| matches!(packet, Packet::SubAck(_))),
            "{answers:?}"
        );
        assert!(answers.contains(&Packet::PingResp), "{answers:?}");
        assert_eq!(client.message().await.payload, "x");
    }
}

#[tokio::test]
async fn a_clean_session_is_a_new_one() {
    let broker = Broker::start();
    for version in BOTH {
        let (topic, id) = (unique("t"), unique("c"));
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        client.disconnect().await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::AtLeastOnce, "while away").await;
        let (mut client, connack) = Client::connect_with(broker.mqtt, version, |connect| {
            connect.client_id = id.as_str().into();
        })
        .await;
        assert!(!connack.session_present);
        other
            .publish(&topic, Qos::AtLeastOnce, "no subscription")
            .await;
        client.is_silent().await;
        client.disconnect().await;
        // Nothing of the clean session is used in the next one.
        let (mut client, connack) = Client::resume(broker.mqtt, version, &id).await;
        assert!(!connack.session_present);
        client.is_silent().await;
    }
}

#[tokio::test]
async fn a_session_is_resumed() {
    let broker = Broker::start();
    for version in BOTH {
        let (topic, id) = (unique("t"), unique("c"));
        let (mut client, _) = Client::resume(broker.mqtt, version, &id).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        client.disconnect().await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::AtLeastOnce, "while away").await;
        let (mut client, connack) = Client::resume(broker.mqtt, version, &id).await;
        assert!(connack.session_present);
        assert_eq!(client.message().await.payload, "while away");
        other.publish(&topic, Qos::AtLeastOnce, "afterwards").await;
        assert_eq!(client.message().await.payload, "afterwards");
    }
}

#[tokio::test]
async fn without_a_session_there_is_none_present() {
    let broker = Broker::start();
    for version in BOTH {
        let id = unique("c");
        let (mut client, connack) = Client::resume(broker.mqtt, version, &id).await;
        assert!(!connack.session_present);
        client.send(disconnect(ReasonCode::Success)).await;
        assert_eq!(client.try_next().await, None);
        let (_, connack) = Client::resume(broker.mqtt, version, &id).await;
        assert!(connack.session_present, "it was created");
    }
}

#[tokio::test]
async fn no_response_information_is_pressed_on_anybody() {
    let broker = Broker::start();
    let (_, connack) = Client::connect_with(broker.mqtt, Version::V5, |_| {}).await;
    assert_eq!(connack.properties.response_information, None);
}

#[tokio::test]
async fn the_keep_alive_is_the_clients_own() {
    let broker = Broker::start();
    let (mut client, connack) =
        Client::connect_with(broker.mqtt, Version::V5, |connect| connect.keep_alive_s = 1).await;
    if connack.properties.server_keep_alive_s.is_none() {
        let begun = std::time::Instant::now();
        client.closes().await;
        assert!(begun.elapsed().as_millis() >= 1000);
    }
}
