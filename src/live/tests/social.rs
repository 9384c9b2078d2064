//! What a connection may do, and what it is told that it may not.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_and_the_connection_stays() {
    let line = Line::without_database();
    let mut client = line.connect("");
    assert_eq!(client.next().await["type"], "hello");
    for (request, code) in [
        ("no json", "bad_json"),
        (r#"{"type":"sub","id":1,"filter":"a#"}"#, "bad_filter"),
        (r#"{"type":"unsub","id":1}"#, "bad_id"),
        (r#"{"type":"pub","topic":"a/#"}"#, "bad_topic"),
    ] {
        client.send(request).await;
        let frame = client.next().await;
        assert_eq!(
            (&frame["type"], &frame["code"]),
            (&"error".into(), &code.into())
        );
    }
    client.send(r#"{"type":"sub","id":1,"filter":"a/#"}"#).await;
    client.wait_for("live").await;
    client.send(r#"{"type":"sub","id":1,"filter":"b/#"}"#).await;
    assert_eq!(client.next().await["code"], "bad_id");
    client.send(r#"{"type":"unsub"}"#).await;
    client.wait_for("ok").await;
    client.send(r#"{"type":"sub","id":1,"filter":"b/#"}"#).await;
    client.wait_for("live").await;
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_publishes_is_durable_when_it_is_told_so() {
    let line = Line::without_database();
    let mut client = line.connect("filter=t");
    client.wait_for("live").await;
    client
        .send(r#"{"type":"pub","id":10,"topic":"t","payload":{"v":1}}"#)
        .await;
    let (mut seq, mut payload) = (None, None);
    while seq.is_none() || payload.is_none() {
        let frame = client.next().await;
        match frame["type"].as_str() {
            Some("ok") => seq = frame["seq"].as_u64(),
            Some("msgs") => payload = Some(frame["msgs"][0].clone()),
            _ => panic!("{frame}"),
        }
    }
    assert_eq!(seq, Some(1));
    let message = payload.unwrap();
    assert_eq!(message["payload"], serde_json::json!({"v": 1}));
    assert_eq!(message["client"], "<live>");
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_query_string_is_told_before_the_end() {
    let line = Line::without_database();
    let mut client = line.connect("filter=a#");
    assert_eq!(client.next().await["type"], "hello");
    assert_eq!(client.next().await["code"], "bad_filter");
    assert_eq!(client.next().await["code"], "bad_request");
    assert_eq!(client.end.await, Ok(Ending::Bad));
    assert_eq!(Ending::Bad.codes().0, 4400);
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_frames_ends_the_connection() {
    let line = Line::without_database();
    let mut client = line.connect("");
    for _ in 0..900 {
        client.send(r#"{"type":"ping"}"#).await;
    }
    let bye = client.wait_for("bye").await;
    assert_eq!(bye["code"], "too_many");
    assert_eq!(client.end.await, Ok(Ending::TooMany));
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_has_a_limit_of_subscriptions() {
    let line = Line::without_database();
    let mut client = line.connect("");
    for id in 0..crate::live::SUBS_MAX {
        let request = format!(r#"{{"type":"sub","id":{id},"filter":"a/#"}}"#);
        client.send(&request).await;
        loop {
            let frame = client.next().await;
            assert_ne!(frame["type"], "error", "{frame}");
            if frame["type"] == "live" && frame["id"] == id {
                break;
            }
        }
    }
    client.send(r#"{"type":"sub","id":1000}"#).await;
    let refused = client.next().await;
    assert_eq!(refused["code"], "too_many");
    line.stop().await;
}
