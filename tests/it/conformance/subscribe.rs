//! SUBSCRIBE and SUBACK (sections 3.8 and 3.9).

use unspool::message::Qos;
use unspool::mqtt::codec::{Packet, ReasonCode, RetainHandling, Subscription, Version};

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};
use crate::support::packets::{publish, subscription};

cases! {
    a_subscribe_is_answered: ["3.8.4-1"], ["3.8.4-1"];
    each_filter_has_its_answer_in_its_place: ["3.8.4-4", "3.8.4-5", "3.9.3-1", "3.9.3-2"], ["3.8.4-5", "3.8.4-6", "3.8.4-7", "3.9.3-1", "3.9.3-2"];
    wildcards_are_supported: ["3.8.3-2"], [];
    the_same_filter_again_replaces: ["3.8.4-3"], ["3.8.4-3", "3.8.4-4"];
    nothing_is_lost_while_a_subscription_is_replaced: ["3.8.4-3"], ["3.8.4-4"];
    no_local_keeps_ones_own_messages_away: [], ["3.8.3-3"];
}

#[tokio::test]
async fn a_subscribe_is_answered() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        for filter in [
            unique("t"),
            format!("{}/#", unique("t")),
            format!("+/{}", unique("t")),
        ] {
            assert!(!client.subscribe(&filter, Qos::AtMostOnce).await.is_error());
        }
    }
}

#[tokio::test]
async fn each_filter_has_its_answer_in_its_place() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let levels = [
            Qos::ExactlyOnce,
            Qos::AtMostOnce,
            Qos::AtLeastOnce,
            Qos::AtMostOnce,
        ];
        let mut client = Client::connect(broker.mqtt, version).await;
        let asked = levels.iter().enumerate();
        let asked = asked
            .map(|(at, qos)| subscription(&format!("{base}/{at}"), *qos))
            .collect();
        let granted = client.subscribe_to(asked).await;
        for (at, (asked, granted)) in levels.iter().zip(granted).enumerate() {
            assert_eq!(granted as u8, *asked as u8);
            let topic = format!("{base}/{at}");
            client
                .send(Packet::Publish(publish(&topic, Qos::AtMostOnce, "x")))
                .await;
            assert_eq!(client.message().await.topic.unwrap().as_str(), topic);
        }
    }
}

#[tokio::test]
async fn wildcards_are_supported() {
    let broker = Broker::start();
    let base = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V4).await;
    client
        .subscribe(&format!("{base}/+/c/#"), Qos::AtMostOnce)
        .await;
    client
        .send(Packet::Publish(publish(
            &format!("{base}/b/c/d/e"),
            Qos::AtMostOnce,
            "x",
        )))
        .await;
    assert_eq!(client.message().await.payload, "x");
}

#[tokio::test]
async fn the_same_filter_again_replaces() {
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.retain(&topic, Qos::AtLeastOnce, "retained").await;
        client.subscribe(&topic, Qos::ExactlyOnce).await;
        assert_eq!(client.message().await.payload, "retained");
        client.subscribe(&topic, Qos::AtMostOnce).await;
        assert_eq!(client.message().await.payload, "retained", "sent again");
        let mut other = Client::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::ExactlyOnce, "x").await;
        let message = client.message().await;
        assert_eq!(
            (&message.payload[..], message.qos),
            (&b"x"[..], Qos::AtMostOnce)
        );
        client.is_silent().await;
    }
}

#[tokio::test]
async fn nothing_is_lost_while_a_subscription_is_replaced() {
    const MESSAGES: u32 = 300;
    let broker = Broker::start();
    for version in BOTH {
        let topic = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::AtLeastOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        let publishing = async {
            for at in 0..MESSAGES {
                other
                    .publish(&topic, Qos::AtLeastOnce, &at.to_string())
                    .await;
            }
        };
        let listening = async {
            let mut expected = 0;
            while expected < MESSAGES {
                if expected % 10 == 0 {
                    let id = client.packet_id();
                    let subscribe = unspool::mqtt::codec::Subscribe {
                        packet_id: id,
                        subscription_id: None,
                        user: Vec::new(),
                        subscriptions: vec![subscription(&topic, Qos::AtLeastOnce)],
                    };
                    client.send(Packet::Subscribe(subscribe)).await;
                }
                match client.next().await {
                    Packet::SubAck(_) => {}
                    Packet::Publish(message) => {
                        assert_eq!(message.payload, expected.to_string());
                        client.acknowledge(&message).await;
                        expected += 1;
                    }
                    other => panic!("{other:?}"),
                }
            }
        };
        tokio::join!(publishing, listening);
    }
}

#[tokio::test]
async fn no_local_keeps_ones_own_messages_away() {
    let broker = Broker::start();
    let topic = unique("t");
    let mut client = Client::connect(broker.mqtt, Version::V5).await;
    let asked = Subscription {
        no_local: true,
        retain_handling: RetainHandling::Never,
        ..subscription(&topic, Qos::AtLeastOnce)
    };
    assert_eq!(
        client.subscribe_to(vec![asked]).await,
        [ReasonCode::GrantedQos1]
    );
    client.publish(&topic, Qos::AtLeastOnce, "own").await;
    let mut other = Client::connect(broker.mqtt, Version::V5).await;
    other.publish(&topic, Qos::AtLeastOnce, "another's").await;
    assert_eq!(client.message().await.payload, "another's");
}
