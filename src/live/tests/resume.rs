//! Coming back.

use futures_util::StreamExt as _;

use super::*;

/// The events of an SSE stream, as id and data.
async fn events(line: &Line, subscription: StreamRequest, until: &str) -> Vec<(String, Value)> {
    let stream = line
        .live
        .events(line.live.admit().unwrap(), anonymous(), subscription);
    let mut stream = std::pin::pin!(stream);
    let mut events = Vec::new();
    loop {
        let bytes = timeout(PATIENCE, stream.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        let text = std::str::from_utf8(&bytes).unwrap().to_owned();
        let field = |name| {
            text.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default()
        };
        let Ok(data) = serde_json::from_str::<Value>(field("data: ")) else {
            continue;
        };
        let is_last = data["type"] == until;
        events.push((field("id: ").to_owned(), data));
        if is_last {
            return events;
        }
    }
}

fn seqs(events: &[(String, Value)]) -> Vec<u64> {
    let msgs = events
        .iter()
        .filter_map(|(_, frame)| frame["msgs"].as_array());
    msgs.flatten()
        .filter_map(|msg| msg["seq"].as_u64())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_source_resumes_where_it_was() {
    let line = Line::without_database();
    line.publish_many(20).await;
    let last = [
        ("filter".to_owned(), "t/#".to_owned()),
        ("last".to_owned(), "5".to_owned()),
    ];
    let subscription = StreamRequest::from_query(&last).unwrap().unwrap();
    let first = events(&line, subscription.clone(), "live").await;
    assert_eq!(seqs(&first), [16, 17, 18, 19, 20]);
    let id = &first.last().unwrap().0;
    assert_eq!(id, &format!("{}:20", line.journal.epoch()));
    line.publish_many(3).await;
    let resumed = events(&line, subscription.resumed(id), "live").await;
    assert_eq!(seqs(&resumed), [21, 22, 23]);
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_epoch_is_told_as_a_gap() {
    let line = Line::without_database();
    line.publish_many(5).await;
    let other = if line.journal.epoch().0 == 7 { 8 } else { 7 };
    let mut client = line.connect(&format!("filter=t/#&since={other}:3"));
    let gap = client.wait_for("gap").await;
    assert_eq!((&gap["from"], &gap["reason"]), (&4.into(), &"epoch".into()));
    assert_eq!(offset(&client.wait_for("live").await), 5);
    line.publish("t/1", b"1").await;
    assert_eq!(client.wait_for("msgs").await["msgs"][0]["seq"], 6);
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_from_the_future_is_refused() {
    let line = Line::without_database();
    line.publish_many(5).await;
    let epoch = line.journal.epoch();
    let mut client = line.connect(&format!("filter=t/#&since={epoch}:6"));
    let refused = loop {
        let frame = client.next().await;
        if frame["type"] == "error" {
            break frame;
        }
    };
    assert_eq!(refused["code"], "bad_since");
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_server_says_goodbye() {
    let line = Line::without_database();
    let mut client = line.connect("filter=t/#");
    client.wait_for("live").await;
    line.supervisor.stop();
    let bye = client.wait_for("bye").await;
    assert_eq!(
        (&bye["code"], &bye["retry_ms"]),
        (&"shutdown".into(), &1000.into())
    );
    assert_eq!(client.end.await, Ok(Ending::Stopping));
    assert_eq!(Ending::Stopping.codes().0, 1001);
    line.stop().await;
}
