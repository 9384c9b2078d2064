use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::message::Qos;
use crate::mqtt::codec::{Connect, Packet, Publish, ReasonCode};
use crate::mqtt::subscriptions::LEVELS_MAX;

use super::client::{ack, id, message, subscription};
use super::{Client, Server, config, connect};

pub(super) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < until, "waited in vain: {what}");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_retained_messages_all_arrive_while_others_publish() {
    const TOPICS: usize = 20_000;
    let server = Server::start().await;
    let mut publisher = Client::named(&server, "p").await;
    for n in 0..TOPICS {
        let retained = Publish {
            retain: true,
            ..message(&format!("r/{n}"), Qos::AtMostOnce, &n.to_string())
        };
        publisher.send(&Packet::Publish(retained)).await;
    }
    publisher.say("done", Qos::AtLeastOnce, "x").await;
    for qos in [Qos::AtMostOnce, Qos::AtLeastOnce] {
        let mut client = Client::named(&server, "c").await;
        client
            .subscribe_with(vec![subscription("r/#", qos)], None)
            .await;
        // The subscriber has not taken anything yet, and nobody waits for it.
        for n in 0..100 {
            publisher
                .say("other", Qos::AtLeastOnce, &n.to_string())
                .await;
        }
        let mut seen = vec![false; TOPICS];
        for _ in 0..TOPICS {
            let n: usize = client.hear().await.parse().unwrap();
            assert!(!std::mem::replace(&mut seen[n], true), "{n} came twice");
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_subscriber_that_does_not_read() {
    let server = Server::with(config(|config| config.queue_bytes_max = 100_000)).await;
    let mut deaf = Client::named(&server, "deaf").await;
    deaf.subscribe("#", Qos::AtMostOnce).await;
    let mut other = Client::named(&server, "other").await;
    other.subscribe("#", Qos::AtMostOnce).await;
    let mut publisher = Client::named(&server, "p").await;
    let payload = "x".repeat(50_000);
    let mut sent = 0;
    while server.metrics.messages_dropped.get() < 100 {
        publisher.say("a", Qos::AtMostOnce, &payload).await;
        assert_eq!(other.hear().await.len(), payload.len());
        sent += 1;
        assert!(sent < 10_000, "nothing was dropped");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_journal_holds_qos_1_back_and_sheds_qos_0() {
    let server = Server::with(config(|config| {
        config.journal_segment_bytes = 1 << 20;
        config.journal_bytes_max = 4 << 20;
        config.journal_keep_bytes = 0;
    }))
    .await;
    let payload = "x".repeat(100_000);
    let mut publisher = Client::kept(&server, "p", true).await;
    let mut subscriber = Client::kept(&server, "s", true).await;
    subscriber.subscribe("small", Qos::AtLeastOnce).await;
    let mut number = 0;
    let metrics = std::sync::Arc::clone(&server.metrics);
    let full = eventually("the journal is full", || metrics.journal_full.get() == 1);
    tokio::pin!(full);
    loop {
        number += 1;
        let publish = Publish {
            packet_id: Some(id(number)),
            ..message("a", Qos::AtLeastOnce, &payload)
        };
        publisher.send(&Packet::Publish(publish)).await;
        tokio::select! {
            _ = publisher.puback(id(number)) => {}
            () = &mut full => break,
        }
    }
    // However many are still acknowledged, one more is not, but PINGREQ is answered.
    let held = Publish {
        packet_id: Some(id(number + 1)),
        ..message("small", Qos::AtLeastOnce, "held")
    };
    publisher.send(&Packet::Publish(held)).await;
    publisher.send(&Packet::PingReq).await;
    let mut acknowledged = 0;
    loop {
        match publisher.recv().await.unwrap() {
            Packet::PubAck(ack) => acknowledged = acknowledged.max(ack.packet_id.get()),
            Packet::PingResp => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(acknowledged <= number);
    let mut other = Client::named(&server, "o").await;
    other.say("a", Qos::AtMostOnce, "shed").await;
    eventually("the message is shed", || {
        server.metrics.messages_shed.get() == 1
    })
    .await;
    // The mirror has caught up.
    let durable = *server.log.durable().borrow();
    server.log.release(durable);
    while acknowledged <= number {
        match publisher.recv().await.unwrap() {
            Packet::PubAck(ack) => acknowledged = ack.packet_id.get(),
            other => panic!("{other:?}"),
        }
        server.log.release(*server.log.durable().borrow());
    }
    assert_eq!(subscriber.hear().await, "held");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_may_be_deep_but_not_bottomless() {
    let server = Server::start().await;
    let mut client = Client::named(&server, "c").await;
    let deep = |levels: usize| "/".repeat(levels - 1);
    for (levels, wanted) in [
        (LEVELS_MAX, ReasonCode::Success),
        (LEVELS_MAX + 1, ReasonCode::QuotaExceeded),
        (usize::from(u16::MAX), ReasonCode::QuotaExceeded),
    ] {
        let asked = subscription(&deep(levels), Qos::AtMostOnce);
        let suback = client.subscribe_with(vec![asked], None).await;
        assert_eq!(suback.reasons, [wanted], "{levels} levels");
    }
    client.subscribe("+/+/#", Qos::AtMostOnce).await;
    for levels in [LEVELS_MAX, usize::from(u16::MAX)] {
        let topic = deep(levels);
        client.say(&topic, Qos::AtMostOnce, "deep").await;
        assert_eq!(client.hear().await, "deep", "{levels} levels");
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn quotas_have_their_reasons() {
    let server = Server::with(config(|config| {
        config.retained_max = 1;
        config.subscriptions_max = 2;
    }))
    .await;
    let mut client = Client::named(&server, "c").await;
    let three = ["a", "b", "c"].map(|filter| subscription(filter, Qos::AtMostOnce));
    let suback = client.subscribe_with(three.to_vec(), None).await;
    let (success, quota) = (ReasonCode::Success, ReasonCode::QuotaExceeded);
    assert_eq!(suback.reasons, [success, success, quota]);
    let unheard = ReasonCode::NoMatchingSubscribers;
    for (n, (topic, wanted)) in [("r/1", unheard), ("r/2", quota), ("r/1", unheard)]
        .into_iter()
        .enumerate()
    {
        let publish = Publish {
            retain: true,
            packet_id: Some(id(100 + u16::try_from(n).unwrap())),
            ..message(topic, Qos::AtLeastOnce, "x")
        };
        client.send(&Packet::Publish(publish)).await;
        match client.recv().await.unwrap() {
            Packet::PubAck(ack) => assert_eq!(ack.reason, wanted, "{topic}"),
            other => panic!("{other:?}"),
        }
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_subscription_survives_a_crash_with_what_waits() {
    let server = Server::start().await;
    let mut one = Client::kept(&server, "1", true).await;
    let mut two = Client::kept(&server, "2", true).await;
    for member in [&mut one, &mut two] {
        member.subscribe("$share/g/a", Qos::AtLeastOnce).await;
    }
    let mut publisher = Client::named(&server, "p").await;
    for n in 0..6 {
        publisher.say("a", Qos::AtLeastOnce, &n.to_string()).await;
    }
    // One of them acknowledges one message, and the server has taken note.
    let mut first = one.recv_publish().await;
    for member in [&mut one, &mut two] {
        for _ in 0..2 {
            member.recv_publish().await;
        }
    }
    let done = String::from_utf8(std::mem::take(&mut first.payload).to_vec()).unwrap();
    one.send(&Packet::PubAck(ack(first.packet_id.unwrap())))
        .await;
    one.say("other", Qos::AtLeastOnce, "x").await;
    let dir = server.crash().await;
    let server = Server::open(dir, config(|_| {})).await;
    let mut two = Client::kept(&server, "2", false).await;
    let mut heard = Vec::new();
    for _ in 0..5 {
        heard.push(two.hear().await);
    }
    heard.push(done);
    heard.sort();
    assert_eq!(heard, ["0", "1", "2", "3", "4", "5"]);
    two.assert_silence().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn topic_aliases_work_both_ways() {
    let server = Server::start().await;
    let mut client = Client::new(
        &server,
        Connect {
            topic_alias_maximum: 1,
            ..connect("c")
        },
    )
    .await;
    client.subscribe("#", Qos::AtMostOnce).await;
    let mut publisher = Client::named(&server, "p").await;
    let alias = std::num::NonZeroU16::new(3);
    for topic in [Some("a"), None, Some("b"), None] {
        let publish = Publish {
            topic: topic.map(|topic| crate::message::Topic::new(topic).unwrap()),
            topic_alias: alias,
            ..message("x", Qos::AtMostOnce, "x")
        };
        publisher.send(&Packet::Publish(publish)).await;
    }
    let mut heard = Vec::new();
    for _ in 0..4 {
        let publish = client.recv_publish().await;
        let topic = publish.topic.map(|topic| topic.to_string());
        heard.push((topic, publish.topic_alias.is_some()));
    }
    let named = |topic: &str| Some(topic.to_owned());
    let wanted = [
        (named("a"), true),
        (None, true),
        (named("b"), false),
        (named("b"), false),
    ];
    assert_eq!(heard, wanted);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_at_qos_0_is_not_lost_to_a_subscriber_that_reads() {
    for (count, bytes) in [(100_000, 20), (20_000, 1000)] {
        let server = Server::start().await;
        let mut subscriber = Client::named(&server, "s").await;
        subscriber.subscribe("a", Qos::AtMostOnce).await;
        let mut publisher = Client::named(&server, "p").await;
        let payload = "x".repeat(bytes);
        let publishing = async {
            for _ in 0..count {
                publisher.say("a", Qos::AtMostOnce, &payload).await;
            }
        };
        let hearing = async {
            for n in 0..count {
                assert_eq!(subscriber.hear().await.len(), bytes, "{n}");
            }
        };
        tokio::join!(publishing, hearing);
        assert_eq!(server.metrics.messages_dropped.get(), 0);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_larger_than_what_may_wait_comes_to_a_subscriber_that_is_idle() {
    let server = Server::with(config(|config| config.queue_bytes_max = 100_000)).await;
    let payload = "x".repeat(1_000_000);
    for (published, subscribed) in [
        (Qos::AtMostOnce, Qos::AtMostOnce),
        (Qos::AtLeastOnce, Qos::AtMostOnce),
        (Qos::AtLeastOnce, Qos::AtLeastOnce),
    ] {
        for filter in ["a", "$share/g/a"] {
            let mut subscriber = Client::named(&server, "s").await;
            subscriber
                .subscribe_with(vec![subscription(filter, subscribed)], None)
                .await;
            let mut publisher = Client::named(&server, "p").await;
            publisher.say("a", published, &payload).await;
            assert_eq!(subscriber.hear().await.len(), payload.len());
            publisher.say("a", published, "small").await;
            assert_eq!(subscriber.hear().await, "small");
        }
    }
    assert_eq!(server.metrics.messages_dropped.get(), 0);
    server.stop().await;
}
