//! Flow control and the peer's limits (sections 3.1.2.11 and 4.9).

use unspool::message::{Properties, Qos};
use unspool::mqtt::codec::{Connect, Packet, ReasonCode, Version};

use super::{Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{ack, disconnect, publish};

cases! {
    no_more_are_in_flight_than_the_client_takes: [], ["3.3.4-9", "4.9.0-1", "4.9.0-2"];
    other_packets_do_not_wait_for_acknowledgements: [], ["3.3.4-10", "4.9.0-3"];
    more_than_the_receive_maximum_is_refused: [], [];
    nothing_larger_than_the_client_takes_is_sent: [], ["3.1.2-24", "3.1.2-25"];
    an_answer_fits_the_clients_limit: [], ["3.2.2-19", "3.2.2-20", "3.4.2-2", "3.4.2-3", "3.5.2-2", "3.5.2-3", "3.6.2-2", "3.6.2-3", "3.7.2-2", "3.7.2-3", "3.9.2-1", "3.9.2-2", "3.11.2-1", "3.11.2-2", "3.14.2-3", "3.14.2-4"];
    problems_are_not_explained_to_who_does_not_ask: [], ["3.1.2-29"];
    too_large_a_packet_is_refused: [], [];
}

#[tokio::test]
async fn no_more_are_in_flight_than_the_client_takes() {
    let broker = Broker::start();
    let topic = unique("t");
    let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.receive_maximum = 2;
    })
    .await;
    client.subscribe(&topic, Qos::ExactlyOnce).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    for at in 0..6_u8 {
        let qos = if at % 2 == 0 {
            Qos::AtLeastOnce
        } else {
            Qos::ExactlyOnce
        };
        other.publish(&topic, qos, &at.to_string()).await;
    }
    let mut open = vec![client.next_publish().await, client.next_publish().await];
    for at in 2..6_u8 {
        client.is_silent().await;
        let first = open.remove(0);
        client.acknowledge(&first).await;
        open.push(client.next_publish().await);
        assert_eq!(open[1].payload, at.to_string());
    }
    // A PUBREC does not make room, unless it refuses.
    let qos_2 = open
        .into_iter()
        .find(|message| message.qos == Qos::ExactlyOnce)
        .unwrap();
    other.publish(&topic, Qos::AtLeastOnce, "waits").await;
    let id = qos_2.packet_id.unwrap();
    client
        .send(Packet::PubRec(ack(id, ReasonCode::Success)))
        .await;
    assert_eq!(
        client.next().await,
        Packet::PubRel(ack(id, ReasonCode::Success))
    );
    client.is_silent().await;
    client
        .send(Packet::PubComp(ack(id, ReasonCode::Success)))
        .await;
    assert_eq!(client.next_publish().await.payload, "waits");
}

#[tokio::test]
async fn other_packets_do_not_wait_for_acknowledgements() {
    let broker = Broker::start();
    let topic = unique("t");
    let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.receive_maximum = 1;
    })
    .await;
    client.subscribe(&topic, Qos::AtLeastOnce).await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    other.publish(&topic, Qos::AtLeastOnce, "1").await;
    other.publish(&topic, Qos::AtLeastOnce, "2").await;
    let first = client.next_publish().await;
    client.is_silent().await;
    client.subscribe(&unique("t"), Qos::AtLeastOnce).await;
    client.publish(&unique("t"), Qos::ExactlyOnce, "x").await;
    client.unsubscribe(&[&unique("t")]).await;
    client.acknowledge(&first).await;
    assert_eq!(client.message().await.payload, "2");
}

#[tokio::test]
async fn more_than_the_receive_maximum_is_refused() {
    let broker = Broker::start();
    let topic = unique("t");
    let (mut client, connack) = Client::connect_with(broker.mqtt, Version::V5, |_| {}).await;
    let maximum = connack.properties.receive_maximum.unwrap_or(u16::MAX);
    if maximum > 2000 {
        return;
    }
    for _ in 0..=maximum {
        let mut message = publish(&topic, Qos::ExactlyOnce, "x");
        message.packet_id = Some(client.packet_id());
        client.send(Packet::Publish(message)).await;
    }
    loop {
        match client.try_next().await {
            Some(Packet::PubRec(_)) => {}
            Some(Packet::Disconnect(last)) => {
                assert_eq!(last.reason, ReasonCode::ReceiveMaximumExceeded);
                break;
            }
            None => break,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn nothing_larger_than_the_client_takes_is_sent() {
    let broker = Broker::start();
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
        let topic = unique("t");
        let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
            connect.packet_bytes_max = 200;
            connect.receive_maximum = 1;
        })
        .await;
        client.subscribe(&topic, qos).await;
        let mut other = Client::connect(broker.mqtt, Version::V5).await;
        other.publish(&topic, qos, &"x".repeat(300)).await;
        let mut large = publish(&topic, qos, "properties count too");
        large.properties = Some(Box::new(Properties {
            content_type: Some("x".repeat(300).into()),
            ..Properties::default()
        }));
        other.publish_with(large).await;
        other.publish(&topic, qos, "fits").await;
        assert_eq!(
            client.message().await.payload,
            "fits",
            "the others count as delivered"
        );
        client.is_silent().await;
    }
}

#[tokio::test]
async fn an_answer_fits_the_clients_limit() {
    let broker = Broker::start();
    let id = unique("c");
    let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.client_id = id.as_str().into();
        connect.packet_bytes_max = 64;
    })
    .await;
    client.limit_received(64);
    client.subscribe(&unique("t"), Qos::AtLeastOnce).await;
    client.unsubscribe(&[&unique("t")]).await;
    client.publish(&unique("t"), Qos::AtLeastOnce, "x").await;
    client.publish(&unique("t"), Qos::ExactlyOnce, "x").await;
    let unknown = client.packet_id();
    client
        .send(Packet::PubRel(ack(unknown, ReasonCode::Success)))
        .await;
    assert!(matches!(client.next().await, Packet::PubComp(_)));
    client
        .send(Packet::PubRec(ack(unknown, ReasonCode::Success)))
        .await;
    assert!(matches!(client.next().await, Packet::PubRel(_)));
    client.send_notation("00 00").await;
    client.closes().await;
    the_last_words_fit_too(&broker).await;
}

/// What refuses a client or ends its connection comes with a reason string where it may: here there
/// is room for hardly more than the reason.
async fn the_last_words_fit_too(broker: &Broker) {
    const LIMIT: u32 = 24;
    let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.packet_bytes_max = LIMIT;
    })
    .await;
    client.limit_received(LIMIT);
    client.send_notation("82 [0001 [] <'a/#/b'> 00]").await;
    match client.closes().await {
        Some(Packet::Disconnect(last)) => assert!(last.reason.is_error(), "{last:?}"),
        last => panic!("{last:?}"),
    }
    let mut client = Client::open(broker.mqtt, Version::V5).await;
    client.limit_received(LIMIT);
    let mut refused = Connect::new(Version::V5, &unique("c"));
    refused.packet_bytes_max = LIMIT;
    refused.auth_method = Some("none that there is".into());
    client.send(Packet::Connect(Box::new(refused))).await;
    let connack = client.connack().await;
    assert!(connack.reason.is_error(), "{connack:?}");
}

#[tokio::test]
async fn problems_are_not_explained_to_who_does_not_ask() {
    let broker = Broker::start();
    let (mut client, _) = Client::connect_with(broker.mqtt, Version::V5, |connect| {
        connect.request_problem_information = false;
    })
    .await;
    let topic = unique("t");
    let id = client.packet_id();
    client
        .send_notation(&format!(
            "82 [0001 [26<'k'><'v'>] <'{topic}'> 01 <'$SYS/none'> 00]"
        ))
        .await;
    match client.next().await {
        Packet::SubAck(suback) => {
            assert_eq!((suback.reason_string, suback.user.len()), (None, 0));
        }
        other => panic!("{other:?}"),
    }
    for packet in [
        Packet::PubRel(ack(id, ReasonCode::Success)),
        Packet::PubRec(ack(id, ReasonCode::Success)),
    ] {
        client.send(packet).await;
        match client.next().await {
            Packet::PubComp(ack) | Packet::PubRel(ack) => {
                assert_eq!((ack.reason_string, ack.user.len()), (None, 0));
            }
            other => panic!("{other:?}"),
        }
    }
    client.send_notation("a2 [0003 [] <'nothing/there'>]").await;
    match client.next().await {
        Packet::UnsubAck(unsuback) => {
            assert_eq!((unsuback.reason_string, unsuback.user.len()), (None, 0));
        }
        other => panic!("{other:?}"),
    }
    client.send(disconnect(ReasonCode::Success)).await;
}

#[tokio::test]
async fn too_large_a_packet_is_refused() {
    let broker = Broker::start();
    let (mut client, connack) = Client::connect_with(broker.mqtt, Version::V5, |_| {}).await;
    let Some(maximum) = connack.properties.packet_bytes_max else {
        return;
    };
    // The header alone says it.
    let remaining = maximum.min(268_435_455) as usize;
    let mut header = vec![0x30];
    let mut rest = remaining;
    while rest > 0x7f {
        header.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
        rest >>= 7;
    }
    header.push(u8::try_from(rest).unwrap());
    client.send_bytes(&header).await;
    if let Some(Packet::Disconnect(last)) = client.closes().await {
        assert_eq!(last.reason, ReasonCode::PacketTooLarge);
    }
}
