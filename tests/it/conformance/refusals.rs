//! What a server must close the connection for (sections 2, 3 and 4.13).

use std::fmt::Write;

use unspool::message::Qos;
use unspool::mqtt::codec::{Connect, Packet, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};

cases! {
    the_first_packet_is_a_connect: ["3.1.0-1"], ["3.1.0-1"];
    a_second_connect_ends_the_connection: ["3.1.0-2"], ["3.1.0-2"];
    a_malformed_connect_is_refused: ["3.1.2-3", "3.1.2-9", "3.1.2-11", "3.1.2-13", "3.1.2-14", "3.1.2-15", "3.1.2-18", "3.1.2-19", "3.1.2-20", "3.1.2-21", "3.1.2-22", "3.1.3-1", "3.1.3-4", "3.1.3-10", "3.1.3-11", "3.1.4-1", "3.2.2-6"], ["3.1.2-3", "3.1.2-9", "3.1.2-11", "3.1.2-12", "3.1.2-13", "3.1.2-16", "3.1.2-17", "3.1.2-18", "3.1.2-19", "3.1.3-1", "3.1.3-4", "3.1.3-11", "3.1.3-12", "3.1.4-1"];
    malformed_packets_end_the_connection: ["1.5.3-1", "1.5.3-2", "2.2.2-1", "2.2.2-2", "2.3.1-1", "3.3.1-2", "3.3.1-4", "3.3.2-1", "3.3.2-2", "3.6.1-1", "3.8.1-1", "3.8.3-1", "3.8.3-3", "3-8.3-4", "3.10.1-1", "3.10.3-1", "3.10.3-2", "3.14.1-1", "4.7.1-1", "4.7.1-2", "4.7.1-3", "4.7.3-1", "4.7.3-2", "4.8.0-1"], ["1.5.4-1", "1.5.4-2", "1.5.5-1", "1.5.7-1", "2.1.3-1", "2.2.1-3", "3.3.1-2", "3.3.1-4", "3.3.2-1", "3.3.2-2", "3.3.2-8", "3.3.2-13", "3.3.2-14", "3.3.2-19", "3.3.4-6", "3.6.1-1", "3.8.1-1", "3.8.3-1", "3.8.3-2", "3.8.3-4", "3.8.3-5", "3.10.1-1", "3.10.3-1", "3.10.3-2", "3.14.1-1", "3.14.2-1", "3.14.2-2", "3.14.4-2", "3.15.1-1", "4.7.0-1", "4.7.1-1", "4.7.1-2", "4.7.3-1", "4.7.3-2", "4.8.2-1", "4.8.2-2", "4.13.1-1", "4.13.2-1"];
    an_error_on_one_connection_is_nothing_to_another: [], [];
    no_disconnect_comes_before_the_connack: [], ["3.14.0-1"];
}

#[tokio::test]
async fn the_first_packet_is_a_connect() {
    let broker = Broker::start();
    for version in BOTH {
        for first in [
            "c0 00",
            "30 [<'a'> 'x']",
            "82 [0001 <'a'> 00]",
            "e0 00",
            "40 [0001]",
            "f0 00",
            "00 00",
        ] {
            let mut client = Client::open(broker.mqtt, version).await;
            client.send_notation(first).await;
            assert_eq!(client.try_next().await, None, "{first}");
        }
    }
}

#[tokio::test]
async fn a_second_connect_ends_the_connection() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        let again = Connect::new(version, &client.id.clone());
        client.send(Packet::Connect(Box::new(again))).await;
        client.closes().await;
    }
}

/// Body of a CONNECT after the protocol's name: level, flags, keep alive, …
const CONNECTS: &[(Version, &str)] = &[
    (Version::V4, "04 03 0000 <'c'>"),
    (Version::V4, "04 0a 0000 <'c'>"),
    (Version::V4, "04 22 0000 <'c'>"),
    (Version::V4, "04 1e 0000 <'c'> <'t'> <'w'>"),
    (Version::V4, "04 06 0000 <'c'>"),
    (Version::V4, "04 02 0000 <'c'> <'t'> <'w'>"),
    (Version::V4, "04 42 0000 <'c'> <'secret'>"),
    (Version::V4, "04 82 0000 <'c'>"),
    (Version::V4, "04 c2 0000 <'c'> <'user'>"),
    (Version::V4, "04 02 0000 <'c'> <'user'>"),
    (Version::V4, "04 82 0000 <'c'> <'user'> <'secret'>"),
    (Version::V4, "04 02 0000 <ff>"),
    (Version::V4, "04 02 0000 <'c' 00>"),
    (Version::V4, "04 06 0000 <'c'> <'t' ff> <'w'>"),
    (Version::V4, "04 82 0000 <'c'> <eda080>"),
    (Version::V4, "04 02"),
    (Version::V5, "05 03 0000 [] <'c'>"),
    (Version::V5, "05 0a 0000 [] <'c'>"),
    (Version::V5, "05 22 0000 [] <'c'>"),
    (Version::V5, "05 1e 0000 [] <'c'> [] <'t'> <'w'>"),
    (Version::V5, "05 06 0000 [] <'c'>"),
    (Version::V5, "05 02 0000 [] <'c'> [] <'t'> <'w'>"),
    (Version::V5, "05 82 0000 [] <'c'>"),
    (Version::V5, "05 c2 0000 [] <'c'> <'user'>"),
    (Version::V5, "05 42 0000 [] <'c'>"),
    (Version::V5, "05 02 0000 [] <'c'> <'user'>"),
    (Version::V5, "05 82 0000 [] <'c'> <'user'> <'secret'>"),
    (Version::V5, "05 02 0000 [] <ff>"),
    (Version::V5, "05 06 0000 [] <'c'> [] <'t' ff> <'w'>"),
    (Version::V5, "05 82 0000 [] <'c'> <eda080>"),
    (Version::V5, "05 02 0000 [210000] <'c'>"),
    (Version::V5, "05 02 0000 [2700000000] <'c'>"),
    (Version::V5, "05 02 0000 [1902] <'c'>"),
    (Version::V5, "05 02 0000 [1702] <'c'>"),
    (Version::V5, "05 02 0000 [16<'x'>] <'c'>"),
    (Version::V5, "05 02 0000 [210001 210001] <'c'>"),
    (Version::V5, "05 02 0000 [230001] <'c'>"),
    (Version::V5, "05 02 0000 [] "),
];

#[tokio::test]
async fn a_malformed_connect_is_refused() {
    let broker = Broker::start();
    let mut failed = String::new();
    for (version, body) in CONNECTS {
        let mut client = Client::open(broker.mqtt, *version).await;
        client.send_notation(&format!("10 [<'MQTT'> {body}]")).await;
        // 3.1.1 has no return code for it, and says to send none.
        match client.refusal().await {
            Ok(None) => {}
            Ok(Some(Packet::ConnAck(_))) if *version == Version::V5 => {}
            other => writeln!(failed, "  {body}: {other:?}").unwrap(),
        }
    }
    assert!(failed.is_empty(), "\n{failed}");
}

const PACKETS: &[(Version, &str)] = &[
    (Version::V4, "00 00"),
    (Version::V4, "f0 00"),
    (Version::V4, "20 0000"),
    (Version::V4, "d0 00"),
    (Version::V4, "c1 00"),
    (Version::V4, "e1 00"),
    (Version::V4, "30 ffffffff"),
    (Version::V4, "36 [<'a'> 0001]"),
    (Version::V4, "38 [<'a'>]"),
    (Version::V4, "32 [<'a'> 0000]"),
    (Version::V4, "30 [<>]"),
    (Version::V4, "30 [<'a/+'>]"),
    (Version::V4, "30 [<'#'>]"),
    (Version::V4, "30 [<'a' 00>]"),
    (Version::V4, "30 [<'a' ff>]"),
    (Version::V4, "30 [<eda080>]"),
    (Version::V4, "60 [0001]"),
    (Version::V4, "80 [0001 <'a'> 00]"),
    (Version::V4, "82 [0000 <'a'> 00]"),
    (Version::V4, "82 [0001]"),
    (Version::V4, "82 [0001 <'a'> 03]"),
    (Version::V4, "82 [0001 <'a'> 04]"),
    (Version::V4, "82 [0001 <'a'> 80]"),
    (Version::V4, "82 [0001 <> 00]"),
    (Version::V4, "82 [0001 <ff> 00]"),
    (Version::V4, "82 [0001 <'a#'> 00]"),
    (Version::V4, "82 [0001 <'#/a'> 00]"),
    (Version::V4, "82 [0001 <'a+'> 00]"),
    (Version::V4, "82 [0001 <'a' 00> 00]"),
    (Version::V4, "a0 [0001 <'a'>]"),
    (Version::V4, "a2 [0000 <'a'>]"),
    (Version::V4, "a2 [0001]"),
    (Version::V4, "a2 [0001 <ff>]"),
    (Version::V5, "00 00"),
    (Version::V5, "20 00 00 00"),
    (Version::V5, "c1 00"),
    (Version::V5, "e1 00"),
    (Version::V5, "f1 00"),
    (Version::V5, "30 ffffffff"),
    (Version::V5, "36 [<'a'> 0001 []]"),
    (Version::V5, "38 [<'a'> []]"),
    (Version::V5, "32 [<'a'> 0000 []]"),
    (Version::V5, "30 [<> []]"),
    (Version::V5, "30 [<'a/+'> []]"),
    (Version::V5, "30 [<'a' 00> []]"),
    (Version::V5, "30 [<'a' ff> []]"),
    (Version::V5, "30 [<'a'> 8000]"),
    (Version::V5, "30 [<'a'> [230000]]"),
    (Version::V5, "30 [<'a'> [0b01]]"),
    (Version::V5, "30 [<'a'> [0102]]"),
    (Version::V5, "30 [<'a'> [03<ff>]]"),
    (Version::V5, "30 [<'a'> [08<ff>]]"),
    (Version::V5, "30 [<'a'> [08<'r/+'>]]"),
    (Version::V5, "30 [<'a'> [26<ff><'v'>]]"),
    (Version::V5, "30 [<'a'> [26<'k'><'v' 00>]]"),
    (Version::V5, "30 [<'a'> [0200000001 0200000001]]"),
    (Version::V5, "30 [<'a'> [1100000001]]"),
    (Version::V5, "40 [0001 7f]"),
    (Version::V5, "60 [0001]"),
    (Version::V5, "80 [0001 [] <'a'> 00]"),
    (Version::V5, "82 [0000 [] <'a'> 00]"),
    (Version::V5, "82 [0001 []]"),
    (Version::V5, "82 [0001 [] <'a'> 03]"),
    (Version::V5, "82 [0001 [] <'a'> 30]"),
    (Version::V5, "82 [0001 [] <'a'> 40]"),
    (Version::V5, "82 [0001 [] <'a'> 80]"),
    (Version::V5, "82 [0001 [] <> 00]"),
    (Version::V5, "82 [0001 [] <ff> 00]"),
    (Version::V5, "82 [0001 [] <'a#'> 00]"),
    (Version::V5, "82 [0001 [] <'+a'> 00]"),
    (Version::V5, "82 [0001 [0b00] <'a'> 00]"),
    (Version::V5, "82 [0001 [] <'$share/g/a'> 04]"),
    (Version::V5, "82 [0001 [] <'$share//a'> 00]"),
    (Version::V5, "82 [0001 [] <'$share/g'> 00]"),
    (Version::V5, "82 [0001 [] <'$share/g/'> 00]"),
    (Version::V5, "82 [0001 [] <'$share/g+/a'> 00]"),
    (Version::V5, "a0 [0001 [] <'a'>]"),
    (Version::V5, "a2 [0001 []]"),
    (Version::V5, "a2 [0001 [] <ff>]"),
    (Version::V5, "e0 [03]"),
    (Version::V5, "e0 [00 [1f<ff>]]"),
];

#[tokio::test]
async fn malformed_packets_end_the_connection() {
    let broker = Broker::start();
    let tried = PACKETS.iter().map(|(version, packet)| async move {
        let mut client = Client::connect(broker.mqtt, *version).await;
        client.send_notation(packet).await;
        match client.refusal().await {
            Ok(None) => None,
            Ok(Some(Packet::Disconnect(_))) if *version == Version::V5 => None,
            other => Some(format!("  {version:?} {packet}: {other:?}\n")),
        }
    });
    let failed: Vec<_> = futures_util::future::join_all(tried).await;
    let failed: String = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "\n{failed}");
}

#[tokio::test]
async fn an_error_on_one_connection_is_nothing_to_another() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut good = Client::connect(broker.mqtt, Version::V5).await;
    good.subscribe(&topic, Qos::AtMostOnce).await;
    let mut bad = Client::connect(broker.mqtt, Version::V5).await;
    bad.send_notation("00 00").await;
    bad.closes().await;
    let mut other = Client::connect(broker.mqtt, Version::V4).await;
    other.publish(&topic, Qos::AtLeastOnce, "x").await;
    assert_eq!(good.message().await.payload, "x");
}

#[tokio::test]
async fn no_disconnect_comes_before_the_connack() {
    let broker = Broker::start();
    let mut client = Client::open(broker.mqtt, Version::V5).await;
    client
        .send_notation("10 [<'MQTT'> 05 03 0000 [] <'c'>]")
        .await;
    let last = client.closes().await;
    assert!(!matches!(last, Some(Packet::Disconnect(_))), "{last:?}");
}
