use crate::message::Qos;
use crate::mqtt::codec::{
    Connect, Packet, Publish, ReasonCode, RetainHandling, Subscription, Version,
};

use super::client::{ack, id, message, subscription};
use super::{Client, Server, config, connect};

const QOS: [Qos; 3] = [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce];

#[tokio::test(flavor = "multi_thread")]
async fn a_message_arrives_with_the_lesser_qos_of_publisher_and_subscriber() {
    let server = Server::start().await;
    for version in [Version::V3, Version::V4, Version::V5] {
        for published in QOS {
            for wanted in QOS {
                let with = |name| Connect {
                    version,
                    ..connect(name)
                };
                let mut subscriber = Client::new(&server, with("s")).await;
                subscriber.subscribe("a/+", wanted).await;
                let mut publisher = Client::new(&server, with("p")).await;
                publisher.say("a/b", published, "x").await;
                let heard = subscriber.recv_publish().await;
                assert_eq!(heard.qos, published.min(wanted), "{version:?}");
                assert_eq!(heard.payload, "x");
                assert!(!heard.dup && !heard.retain);
            }
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_a_publisher_arrive_in_their_order() {
    let server = Server::start().await;
    let mut subscriber = Client::named(&server, "s").await;
    subscriber.subscribe("#", Qos::ExactlyOnce).await;
    for qos in QOS {
        let mut publisher = Client::named(&server, "p").await;
        for n in 0..500_u16 {
            let mut publish = message("a/b", qos, &n.to_string());
            publish.packet_id = (qos > Qos::AtMostOnce).then(|| id(n + 1));
            publisher.send(&Packet::Publish(publish)).await;
        }
        for n in 0..500 {
            assert_eq!(subscriber.hear().await, n.to_string());
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_subscriptions_bring_one_copy() {
    let server = Server::start().await;
    let mut client = Client::named(&server, "c").await;
    for (number, (filter, qos)) in [("a/#", QOS[0]), ("a/b", QOS[2]), ("+/b", QOS[1])]
        .into_iter()
        .enumerate()
    {
        let number = u32::try_from(number).unwrap() + 7;
        client
            .subscribe_with(vec![subscription(filter, qos)], Some(number))
            .await;
    }
    let mut publisher = Client::named(&server, "p").await;
    publisher.say("a/b", Qos::ExactlyOnce, "x").await;
    let mut heard = client.recv_publish().await;
    heard.subscription_ids.sort_unstable();
    assert_eq!(
        (heard.qos, heard.subscription_ids),
        (Qos::ExactlyOnce, vec![7, 8, 9])
    );
    client.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_local_and_retain_as_published_are_held() {
    let server = Server::start().await;
    let mut client = Client::named(&server, "c").await;
    let quiet = Subscription {
        no_local: true,
        retain_as_published: true,
        ..subscription("a", Qos::AtMostOnce)
    };
    client.subscribe_with(vec![quiet], None).await;
    client.say("a", Qos::AtLeastOnce, "mine").await;
    let mut other = Client::named(&server, "o").await;
    let retained = Publish {
        retain: true,
        ..message("a", Qos::AtLeastOnce, "other")
    };
    other.publish(retained).await;
    let heard = client.recv_publish().await;
    assert_eq!((&heard.payload[..], heard.retain), (&b"other"[..], true));
    client.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_come_as_retain_handling_says() {
    let server = Server::start().await;
    let mut publisher = Client::named(&server, "p").await;
    for topic in ["r/1", "r/2", "x"] {
        let retained = Publish {
            retain: true,
            ..message(topic, Qos::AtLeastOnce, topic)
        };
        publisher.publish(retained).await;
    }
    let deletion = Publish {
        retain: true,
        ..message("r/2", Qos::AtLeastOnce, "")
    };
    publisher.publish(deletion).await;
    let mut client = Client::named(&server, "c").await;
    for (handling, comes) in [
        (RetainHandling::Never, false),
        (RetainHandling::IfNew, false),
        (RetainHandling::Always, true),
    ] {
        let subscription = Subscription {
            retain_handling: handling,
            ..subscription("r/#", Qos::AtLeastOnce)
        };
        client.subscribe_with(vec![subscription], None).await;
        if comes {
            let heard = client.recv_publish().await;
            assert_eq!((&heard.payload[..], heard.retain), (&b"r/1"[..], true));
        }
        client.assert_silence().await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receive_maximum_of_a_client_is_held() {
    let server = Server::start().await;
    let mut client = Client::new(
        &server,
        Connect {
            receive_maximum: 2,
            ..connect("c")
        },
    )
    .await;
    client.subscribe("a", Qos::ExactlyOnce).await;
    let mut publisher = Client::named(&server, "p").await;
    for n in 0..4 {
        publisher.say("a", QOS[1 + n % 2], &n.to_string()).await;
    }
    publisher.say("a", Qos::AtMostOnce, "quick").await;
    let first = client.recv_publish().await;
    let second = client.recv_publish().await;
    // QoS 0 takes no place of the Receive Maximum.
    assert_eq!(client.recv_publish().await.payload, "quick");
    client.assert_silence().await;
    client
        .send(&Packet::PubAck(ack(first.packet_id.unwrap())))
        .await;
    assert_eq!(client.recv_publish().await.payload, "2");
    client.assert_silence().await;
    let second = second.packet_id.unwrap();
    client.send(&Packet::PubRec(ack(second))).await;
    assert_eq!(client.recv().await, Some(Packet::PubRel(ack(second))));
    client.assert_silence().await;
    client.send(&Packet::PubComp(ack(second))).await;
    assert_eq!(client.recv_publish().await.payload, "3");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_servers_receive_maximum_is_an_error() {
    let server = Server::with(config(|config| config.receive_maximum = 2)).await;
    let mut client = Client::named(&server, "c").await;
    assert_eq!(client.connack.properties.receive_maximum, Some(2));
    for n in 1..=3 {
        let publish = Publish {
            packet_id: Some(id(n)),
            ..message("a", Qos::ExactlyOnce, "x")
        };
        client.send(&Packet::Publish(publish)).await;
    }
    assert_eq!(
        client.closed().await,
        Some(ReasonCode::ReceiveMaximumExceeded)
    );
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_beyond_the_clients_packet_size_is_left_out() {
    let server = Server::start().await;
    let mut client = Client::new(
        &server,
        Connect {
            packet_bytes_max: 64,
            ..connect("c")
        },
    )
    .await;
    client.subscribe("a", Qos::AtLeastOnce).await;
    let mut publisher = Client::named(&server, "p").await;
    publisher.say("a", Qos::AtLeastOnce, &"x".repeat(100)).await;
    publisher.say("a", Qos::AtLeastOnce, "short").await;
    assert_eq!(client.hear().await, "short");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_not_take_waits_in_the_journal() {
    let server = Server::with(config(|config| config.queue_bytes_max = 10_000)).await;
    let mut client = Client::kept(&server, "c", true).await;
    client.subscribe("#", Qos::AtLeastOnce).await;
    let mut publisher = Client::named(&server, "p").await;
    for n in 0..3000_u32 {
        publisher
            .say("a", Qos::AtLeastOnce, &format!("{n} {}", "x".repeat(200)))
            .await;
    }
    for n in 0..3000 {
        assert!(client.hear().await.starts_with(&format!("{n} ")));
    }
    assert_eq!(server.metrics.messages_dropped.get(), 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shared_messages_are_balanced_and_go_on_to_others() {
    let server = Server::start().await;
    let mut one = Client::named(&server, "1").await;
    let mut two = Client::named(&server, "2").await;
    one.subscribe("$share/g/a", Qos::AtLeastOnce).await;
    two.subscribe("$share/g/a", Qos::AtLeastOnce).await;
    let mut publisher = Client::named(&server, "p").await;
    for n in 0..10 {
        publisher.say("a", Qos::AtLeastOnce, &n.to_string()).await;
    }
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(one.hear().await);
    }
    // The second one dies with its five unacknowledged.
    for _ in 0..5 {
        two.recv_publish().await;
    }
    drop(two);
    for _ in 0..5 {
        heard.push(one.hear().await);
    }
    heard.sort();
    assert_eq!(heard, (0..10).map(|n| n.to_string()).collect::<Vec<_>>());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publisher_is_told_where_nobody_has_subscribed() {
    let server = Server::start().await;
    let (heard, unheard) = (ReasonCode::Success, ReasonCode::NoMatchingSubscribers);
    let mut client = Client::named(&server, "c").await;
    let own = Subscription {
        no_local: true,
        ..subscription("own", Qos::AtMostOnce)
    };
    client.subscribe_with(vec![own], None).await;
    let mut other = Client::named(&server, "o").await;
    other.subscribe("$share/line/shared", Qos::AtMostOnce).await;
    let old = Connect {
        version: Version::V4,
        ..connect("old")
    };
    let mut old = Client::new(&server, old).await;
    for (topic, wanted) in [("a", unheard), ("own", heard), ("shared", heard)] {
        for (client, wanted) in [(&mut client, wanted), (&mut old, heard)] {
            let packet_id = client.next_id();
            let publish = Publish {
                packet_id: Some(packet_id),
                ..message(topic, Qos::AtLeastOnce, "x")
            };
            client.send(&Packet::Publish(publish)).await;
            let mut reason = client.recv().await;
            if matches!(reason, Some(Packet::Publish(_))) {
                reason = client.recv().await;
            }
            match reason {
                Some(Packet::PubAck(ack)) => assert_eq!(ack.reason, wanted, "{topic}"),
                other => panic!("no PUBACK but {other:?}"),
            }
        }
    }
    server.stop().await;
}
