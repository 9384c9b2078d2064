//! Topic names and filters (section 4.7).

use unspool::message::Qos;
use unspool::mqtt::codec::Version;

use super::{BOTH, Broker, cases};
use crate::support::client::{Client, unique};

cases! {
    wildcards_match_as_they_should: ["4.7.1-2", "4.7.1-3"], ["4.7.1-1", "4.7.1-2"];
    wildcards_do_not_match_system_topics: ["4.7.2-1"], ["4.7.2-1"];
    topics_are_compared_as_they_are: ["4.7.3-4"], ["4.7.3-4"];
    the_longest_topic_is_taken: ["4.7.3-3"], ["4.7.3-3"];
}

/// Filter, topic, whether it matches, all below a topic of the test's own.
const MATCHES: &[(&str, &str, bool)] = &[
    ("sport/#", "sport", true),
    ("sport/#", "sport/", true),
    ("sport/#", "sport/tennis/player1", true),
    ("sport/#", "sports", false),
    ("sport/+", "sport", false),
    ("sport/+", "sport/", true),
    ("sport/+", "sport/tennis", true),
    ("sport/+", "sport/tennis/player1", false),
    ("+/tennis/#", "sport/tennis", true),
    ("+/+", "/finance", true),
    ("/+", "/finance", true),
    ("+", "/finance", false),
    ("a//c", "a//c", true),
    ("a/+/c", "a//c", true),
    ("a/c", "a//c", false),
    ("+/+/+", "//", true),
];

#[tokio::test]
async fn wildcards_match_as_they_should() {
    let broker = Broker::start();
    for version in BOTH {
        let mut client = Client::connect(broker.mqtt, version).await;
        for (filter, topic, matches) in MATCHES {
            let base = unique("t");
            let filter = format!("{base}/{filter}");
            client.subscribe(&filter, Qos::AtMostOnce).await;
            let mut other = Client::connect(broker.mqtt, version).await;
            other
                .publish(&format!("{base}/{topic}"), Qos::AtLeastOnce, "x")
                .await;
            if *matches {
                assert_eq!(client.message().await.payload, "x", "{filter} {topic}");
            }
            client.is_silent().await;
        }
    }
}

#[tokio::test]
async fn wildcards_do_not_match_system_topics() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        let mut client = Client::connect(broker.mqtt, version).await;
        client
            .subscribe(&format!("+/{base}"), Qos::AtMostOnce)
            .await;
        client
            .subscribe(&format!("+/{base}/#"), Qos::AtMostOnce)
            .await;
        let mut other = Client::connect(broker.mqtt, version).await;
        // Whether a client may publish to such a topic is the server's to say.
        let system = format!("$x/{base}");
        let properties = if version == Version::V5 { "[]" } else { "" };
        other
            .send_notation(&format!("30 [<'{system}'> {properties} 'x'] c0 00"))
            .await;
        other.try_next().await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other
            .publish(&format!("x/{base}"), Qos::AtLeastOnce, "last")
            .await;
        assert_eq!(client.message().await.payload, "last");
    }
}

#[tokio::test]
async fn topics_are_compared_as_they_are() {
    let broker = Broker::start();
    for version in BOTH {
        let base = unique("t");
        // An é in one character and in two, upper case, and a space.
        let names = [
            "caf\u{e9}",
            "cafe\u{301}",
            "CAF\u{c9}",
            "cafe",
            "cafe ",
            "%63afe",
            "caf\u{fffd}",
        ];
        let mut client = Client::connect(broker.mqtt, version).await;
        client
            .subscribe(&format!("{base}/{}", names[0]), Qos::AtMostOnce)
            .await;
        let mut other = Client::connect(broker.mqtt, version).await;
        for name in names.iter().rev() {
            other
                .publish(&format!("{base}/{name}"), Qos::AtLeastOnce, name)
                .await;
        }
        let message = client.message().await;
        assert_eq!(message.payload, names[0]);
        assert_eq!(
            message.topic.unwrap().as_str(),
            format!("{base}/{}", names[0])
        );
        client.is_silent().await;
    }
}

#[tokio::test]
async fn the_longest_topic_is_taken() {
    let broker = Broker::start();
    for version in BOTH {
        let mut topic = unique("t");
        topic.push_str(&"x".repeat(65_535 - topic.len()));
        let mut client = Client::connect(broker.mqtt, version).await;
        client.subscribe(&topic, Qos::AtMostOnce).await;
        let mut other = Client::connect(broker.mqtt, version).await;
        other.publish(&topic, Qos::AtLeastOnce, "x").await;
        assert_eq!(client.message().await.topic.unwrap().as_str(), topic);
    }
}
