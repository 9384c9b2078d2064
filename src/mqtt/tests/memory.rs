use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::config::Config;
use crate::message::{Properties, Qos, Topic};
use crate::mqtt::codec::{Connect, Encoder, Packet, Publish, ReasonCode, Version, Will};

use super::client::{ack, id, message, subscription};
use super::limits::eventually;
use super::{Client, Server, config, connect};

const MIB: usize = 1 << 20;

/// Four mebibytes for all, one for one client and for a packet.
fn narrow(change: impl FnOnce(&mut Config)) -> Config {
    config(|config| {
        config.packet_bytes_max = (MIB + 1000).try_into().unwrap();
        config.client_bytes_max = MIB;
        config.clients_bytes_max = 4 * MIB;
        change(config);
    })
}

fn used(server: &Server) -> usize {
    server.metrics.mqtt_memory_bytes.get().try_into().unwrap()
}

fn encoded(publish: Publish) -> BytesMut {
    let mut bytes = BytesMut::new();
    Encoder::new(Version::V5)
        .encode(&Packet::Publish(publish), &mut bytes)
        .unwrap();
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn packets_that_are_not_all_there_share_one_budget_and_wait_for_it() {
    const CLIENTS: u16 = 12;
    let server = Server::with(narrow(|_| {})).await;
    let mut subscriber = Client::named(&server, "s").await;
    // At QoS 0 it would have to go without where two are on their way to it at once.
    subscriber.subscribe("#", Qos::AtLeastOnce).await;
    let mut clients = Vec::new();
    for n in 1..=CLIENTS {
        let mut client = Client::named(&server, &format!("c{n}")).await;
        let publish = Publish {
            packet_id: Some(id(n)),
            ..message("large", Qos::AtLeastOnce, &"x".repeat(MIB))
        };
        let bytes = encoded(publish);
        let (begun, rest) = bytes.split_at(bytes.len() / 2);
        client.send_bytes(begun).await;
        clients.push((n, client, rest.to_vec()));
    }
    eventually("somebody waits for memory", || {
        server.metrics.mqtt_memory_refused.get() > 0
    })
    .await;
    assert!(used(&server) <= 4 * MIB, "{}", used(&server));
    // Others go on.
    let mut other = Client::named(&server, "other").await;
    other.say("small", Qos::AtLeastOnce, "x").await;
    assert_eq!(subscriber.hear().await, "x");
    // Whoever is done makes room for the next.
    let publishing = async {
        for (_, client, rest) in &mut clients {
            client.send_bytes(rest).await;
        }
        for (n, client, _) in &mut clients {
            client.puback(id(*n)).await;
        }
    };
    let hearing = async {
        for _ in 1..=CLIENTS {
            assert_eq!(subscriber.hear().await.len(), MIB);
        }
    };
    tokio::join!(publishing, hearing);
    // Only the subscription is left.
    eventually("all is given back", || used(&server) < 2000).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_packet_that_takes_too_long_ends_its_connection() {
    let server = Server::with(narrow(|config| config.packet_timeout_s = 1)).await;
    let mut slow = Client::named(&server, "slow").await;
    let bytes = encoded(message("large", Qos::AtMostOnce, &"x".repeat(MIB / 2)));
    slow.send_bytes(&bytes[..5000]).await;
    eventually("it is counted", || used(&server) > MIB / 2).await;
    // A few bytes now and then do not help.
    for at in 0..20 {
        slow.send_bytes(&bytes[5000 + at..=5000 + at]).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(slow.closed().await, Some(ReasonCode::QuotaExceeded));
    eventually("it is given back", || used(&server) == 0).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_share_a_small_part_of_the_budget() {
    let server = Server::with(narrow(|_| {})).await;
    let will = Will {
        topic: Topic::new("will").unwrap(),
        payload: Bytes::from(vec![0; 60_000]),
        qos: Qos::AtMostOnce,
        retain: false,
        delay_s: 0,
        properties: None,
    };
    let mut bytes = BytesMut::new();
    let stranger = Packet::Connect(Box::new(Connect {
        will: Some(will),
        ..connect("stranger")
    }));
    Encoder::new(Version::V5)
        .encode(&stranger, &mut bytes)
        .unwrap();
    let mut strangers = Vec::new();
    for _ in 0..20 {
        strangers.push(Client::stranger(&server, &bytes[..30_000]).await);
    }
    eventually("they have all there is for them", || {
        server.metrics.mqtt_memory_refused.get() > 0
    })
    .await;
    assert!(used(&server) <= 4 * MIB / 8, "{}", used(&server));
    // Who says less comes in.
    Client::named(&server, "c").await.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wills_and_subscriptions_are_refused_where_there_is_no_memory_for_them() {
    let server = Server::with(narrow(|_| {})).await;
    let large = "x".repeat(60_000);
    let properties = Properties {
        user: vec![(large.as_str().into(), large.as_str().into())],
        ..Properties::default()
    };
    let will = Will {
        topic: Topic::new("will").unwrap(),
        payload: Bytes::from(large.clone()),
        qos: Qos::AtMostOnce,
        retain: false,
        delay_s: 0,
        properties: Some(Box::new(properties)),
    };
    let mut clients = Vec::new();
    loop {
        let connect = Connect {
            will: Some(will.clone()),
            ..connect(&format!("c{}", clients.len()))
        };
        let client = Client::new(&server, connect).await;
        if client.connack.reason != ReasonCode::Success {
            assert_eq!(client.connack.reason, ReasonCode::QuotaExceeded);
            break;
        }
        clients.push(client);
    }
    // The rest is for packets.
    assert_eq!(clients.len(), 2 * MIB / 180_500);
    drop(clients);
    eventually("all is given back", || used(&server) == 0).await;

    let mut client = Client::named(&server, "s").await;
    let mut made = 0;
    loop {
        let filter = format!("{made}/{large}");
        let asked = vec![subscription(&filter, Qos::AtMostOnce)];
        match client.subscribe_with(asked, None).await.reasons[0] {
            ReasonCode::Success => made += 1,
            ReasonCode::QuotaExceeded => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(made, MIB / 120_500, "as much as one client may have");
    // Another client may.
    let mut other = Client::named(&server, "o").await;
    other.subscribe(&large, Qos::AtMostOnce).await;
    let unsubscribed = client.unsubscribe(&format!("0/{large}")).await;
    assert_eq!(unsubscribed, ReasonCode::Success);
    client.subscribe(&large, Qos::AtMostOnce).await;
    server.stop().await;
}

const PAYLOAD_BYTES: usize = 60_000;

/// So many of them are more than what the system holds for a socket that nobody reads from.
const PAYLOADS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_many_who_do_not_read_stays_in_the_budget() {
    const READERS: usize = 6;
    let server = Server::with(narrow(|_| {})).await;
    let mut readers = Vec::new();
    for n in 0..READERS {
        let mut reader = Client::kept(&server, &format!("r{n}"), true).await;
        for (kind, qos) in [("quick", Qos::AtMostOnce), ("sure", Qos::AtLeastOnce)] {
            reader.subscribe(&format!("{n}/{kind}"), qos).await;
        }
        readers.push(reader);
    }
    let mut publisher = Client::named(&server, "p").await;
    let payload = "x".repeat(PAYLOAD_BYTES);
    for number in 100..100 + PAYLOADS {
        for n in 0..READERS {
            for kind in ["quick", "sure"] {
                let (topic, payload) = (format!("{n}/{kind}"), format!("{number}{payload}"));
                publisher.say(&topic, Qos::AtLeastOnce, &payload).await;
            }
            assert!(used(&server) <= 4 * MIB, "{}", used(&server));
        }
    }
    assert!(server.metrics.mqtt_memory_refused.get() > 0);
    let dropped = server.metrics.messages_dropped.get();
    assert!(dropped > 0, "at QoS 0 somebody had to go without");
    drop(readers);
    // Whoever does read gets all that was sent at QoS 1.
    for n in 0..READERS {
        let mut reader = Client::kept(&server, &format!("r{n}"), false).await;
        let mut sure = std::collections::BTreeSet::new();
        while sure.len() < PAYLOADS {
            let publish = reader.recv_publish().await;
            sure.insert(publish.payload.slice(..3));
            if let Some(id) = publish.packet_id {
                reader.send(&Packet::PubAck(ack(id))).await;
            }
        }
        reader.disconnect(ReasonCode::Success).await;
    }
    let subscriptions = 2000 * READERS;
    eventually("all is given back", || used(&server) < subscriptions).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_for_many_is_counted_once() {
    const READERS: usize = 6;
    let server = Server::with(config(|config| config.queue_bytes_max = 64 * MIB)).await;
    let mut readers = Vec::new();
    for n in 0..READERS {
        let mut reader = Client::named(&server, &format!("r{n}")).await;
        reader.subscribe("all", Qos::AtMostOnce).await;
        readers.push(reader);
    }
    let mut publisher = Client::named(&server, "p").await;
    let payload = "x".repeat(PAYLOAD_BYTES);
    for _ in 0..PAYLOADS {
        publisher.say("all", Qos::AtLeastOnce, &payload).await;
    }
    let most = PAYLOADS * (PAYLOAD_BYTES + 1000);
    let held = used(&server);
    assert!(held > MIB && held <= most, "{held}");
    for reader in &mut readers {
        for _ in 0..PAYLOADS {
            assert_eq!(reader.hear().await.len(), PAYLOAD_BYTES);
        }
    }
    drop(readers);
    eventually("all is given back", || used(&server) == 0).await;
    server.stop().await;
}
