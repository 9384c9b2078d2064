//! Clients, as those see them who look after them.

use crate::message::{Qos, TopicFilter};
use crate::mqtt::broker::entrance::Entrance;
use crate::mqtt::codec::ReasonCode;
use crate::port::{ClientsWish, Oversee, Retain};

use super::{Client, Server};

fn overseer(server: &Server) -> Entrance {
    Entrance(server.broker.clone())
}

fn named(overseer: &Entrance, wish: ClientsWish) -> Vec<String> {
    let found = overseer.clients(&ClientsWish { limit: 10, ..wish });
    found.iter().map(|it| it.client.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_with_what_they_have() {
    let server = Server::start().await;
    let overseer = overseer(&server);
    let mut press = Client::named(&server, "Press/1").await;
    let mut kept = Client::kept(&server, "kept", true).await;
    kept.subscribe("line/+", Qos::AtLeastOnce).await;
    kept.subscribe("$share/group/other/#", Qos::AtMostOnce)
        .await;
    press.say("line/1", Qos::AtLeastOnce, "12345").await;
    assert_eq!(kept.hear().await, "12345");
    let details = overseer.client("kept").unwrap();
    assert_eq!(details.facts.subscriptions, 2);
    assert_eq!(details.facts.sent.messages, 1);
    let told = details.subscriptions.iter();
    let told: Vec<_> = told
        .map(|it| (it.share.as_deref(), it.filter.as_str(), it.qos))
        .collect();
    assert_eq!(
        told,
        [
            (None, "line/+", Qos::AtLeastOnce),
            (Some("group"), "other/#", Qos::AtMostOnce)
        ]
    );
    kept.disconnect(ReasonCode::Success).await;
    press.say("line/2", Qos::AtLeastOnce, "waits").await;
    let facts = overseer.client("Press/1").unwrap().facts;
    assert_eq!((facts.received.messages, facts.received.bytes), (2, 10));
    assert!(facts.received.rate > 0.0);
    let link = facts.link.unwrap();
    assert_eq!((link.transport, link.version), ("tcp", "5.0"));
    // It may take a moment until the connection has let go.
    let details = loop {
        let details = overseer.client("kept").unwrap();
        if details.facts.link.is_none() && details.timeline.len() == 2 {
            break details;
        }
        tokio::task::yield_now().await;
    };
    assert!(details.facts.disconnected_at.is_some());
    assert_eq!(details.facts.queued, 1);
    let timeline = details.timeline.iter().map(|event| event.what);
    let timeline: Vec<_> = timeline.collect();
    assert_eq!(
        timeline,
        ["the client disconnected", "the client connected"]
    );

    let all = ["Press/1", "kept"];
    assert_eq!(named(&overseer, ClientsWish::default()), all);
    let wish = |q: Option<&str>, is_connected, after: Option<&str>| ClientsWish {
        q: q.map(str::to_owned),
        is_connected,
        after: after.map(str::to_owned),
        limit: 0,
    };
    assert_eq!(
        named(&overseer, wish(Some("press"), None, None)),
        ["Press/1"]
    );
    assert_eq!(named(&overseer, wish(None, Some(false), None)), ["kept"]);
    assert_eq!(
        named(&overseer, wish(None, None, Some("Press/1"))),
        ["kept"]
    );
    assert!(overseer.client("nobody").is_none());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_disconnected_and_its_session_ended() {
    let server = Server::start().await;
    let overseer = overseer(&server);
    assert_eq!(overseer.disconnect("c", false), None);
    let mut client = Client::kept(&server, "c", true).await;
    client.subscribe("a", Qos::AtLeastOnce).await;
    assert_eq!(overseer.disconnect("c", false), Some(true));
    let reason = client.closed().await;
    assert_eq!(reason, Some(ReasonCode::AdministrativeAction));
    // Nothing is left of that: it comes back to its session, and stays.
    let mut client = Client::kept(&server, "c", false).await;
    assert!(client.connack.session_present);
    client.say("a", Qos::AtMostOnce, "1").await;
    assert_eq!(client.hear().await, "1");
    let what = overseer.client("c").unwrap().timeline[1].what;
    assert_eq!(what, "an operator ended the connection");

    assert_eq!(overseer.disconnect("c", true), Some(true));
    assert_eq!(
        client.closed().await,
        Some(ReasonCode::AdministrativeAction)
    );
    let mut client = Client::kept(&server, "c", false).await;
    assert!(!client.connack.session_present, "it has ended");
    client.subscribe("b", Qos::AtLeastOnce).await;
    client.disconnect(ReasonCode::Success).await;
    // Also where nobody is connected, and after a restart.
    while overseer.client("c").unwrap().facts.link.is_some() {
        tokio::task::yield_now().await;
    }
    assert_eq!(overseer.disconnect("c", false), Some(false));
    assert_eq!(overseer.disconnect("c", true), Some(true));
    assert!(overseer.client("c").is_none());
    drop(overseer);
    let dir = server.stop().await;
    let server = Server::open(dir, super::config(|_| {})).await;
    let client = Client::kept(&server, "c", false).await;
    assert!(!client.connack.session_present);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn retained_messages_are_listed_by_topic() {
    let server = Server::start().await;
    let overseer = overseer(&server);
    let mut client = Client::named(&server, "c").await;
    for topic in ["b", "a/1", "a/2", "c"] {
        let message = crate::mqtt::codec::Publish {
            retain: true,
            ..super::client::message(topic, Qos::AtLeastOnce, topic)
        };
        client.publish(message).await;
    }
    for (filter, expected) in [
        ("#", vec!["a/1", "a/2", "b", "c"]),
        ("a/+", vec!["a/1", "a/2"]),
        ("b", vec!["b"]),
        ("none", vec![]),
    ] {
        let filter = TopicFilter::new(filter).unwrap();
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let (messages, next) = overseer.retained_after(&filter, after, 2);
            found.extend(messages.iter().map(|it| it.topic.to_string()));
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{filter}");
    }
    server.stop().await;
}
