//! Those who read slowly, or not at all for a while.

use super::*;
use crate::live::limits::{CONNECTION_SHARE, HELD_BYTES_MAX};

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_client_falls_back_and_catches_up() {
    let line = Line::start().await;
    let mut slow = line.connect("filter=big/#");
    let mut quick = line.connect("filter=big/#");
    for client in [&mut slow, &mut quick] {
        client.wait_for("live").await;
    }
    // More than the ring holds, while the slow one reads nothing.
    let payload = vec![b'x'; 60_000];
    for _ in 0..10 {
        let mut batch: Vec<_> = (0..100)
            .map(|_| Record::Message(Arc::new(message("big/one", &payload))))
            .collect();
        line.journal.append(&mut batch).await.unwrap();
        let seqs = collect(&mut quick, 100).await;
        assert_eq!(seqs.len(), 100);
    }
    assert!(
        line.live.hub.ring.at(Offset(1)).is_none(),
        "still in the ring"
    );
    // A part of what it has missed is in the database only.
    line.mirror(Offset(400)).await;
    line.forgotten(Offset(300)).await;
    let seqs = collect(&mut slow, 1000).await;
    assert_eq!(seqs, (1..=1000).collect::<Vec<_>>());
    line.publish("big/one", b"now").await;
    assert_eq!(slow.wait_for("msgs").await["msgs"][0]["payload"], "now");
    line.stop().await;
}

/// The `seq` of the next messages of a client that is live already.
async fn collect(client: &mut Client, count: usize) -> Vec<u64> {
    let mut seqs = Vec::new();
    while seqs.len() < count {
        let frame = client.wait_for("msgs").await;
        assert!(frame["replay"].is_null(), "{frame}");
        let msgs = frame["msgs"].as_array().unwrap();
        seqs.extend(msgs.iter().map(|msg| msg["seq"].as_u64().unwrap()));
    }
    seqs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_subscription_goes_on_where_it_was() {
    let line = Line::without_database();
    let mut client = line.connect("filter=t/#&id=1");
    client.wait_for("live").await;
    client.send(r#"{"type":"pause","id":1}"#).await;
    client.wait_for("ok").await;
    line.publish_many(50).await;
    client.send(r#"{"type":"ping","id":9}"#).await;
    let pong = client.next().await;
    assert_eq!(pong, serde_json::json!({"type": "ok", "id": 9}));
    client.send(r#"{"type":"resume","id":1}"#).await;
    client.wait_for("ok").await;
    let seqs = collect(&mut client, 50).await;
    assert_eq!(seqs, (1..=50).collect::<Vec<_>>());
    line.stop().await;
}

/// No text, so that nothing looks through it.
static LARGE: [u8; 1 << 20] = [0xff; _];

/// So many of them are more than one connection may hold.
const TOO_MANY: usize = 40;

/// The first refusal among the frames.
async fn refusal(client: &mut Client) -> Value {
    loop {
        let frame = client.next().await;
        if frame["type"] == "error" {
            return frame;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_one_who_never_reads_is_bounded() {
    let line = Line::without_database();
    for _ in 0..30 {
        line.publish("big/one", &LARGE).await;
    }
    let mut client = line.connect("");
    let since = line.live.hub.cursor(Offset(1));
    for id in 1..=TOO_MANY {
        let replay = format!(r#"{{"type":"sub","id":{id},"filter":"big/#","since":"{since}"}}"#);
        client.send(&replay).await;
    }
    // Each is begun once the answer to the one before is read; then it reads no more.
    for _ in 1..=TOO_MANY {
        client.wait_for("ok").await;
    }
    let metrics = Arc::clone(&line.live.hub.metrics);
    let refused = async {
        while metrics.live_memory_refused.get() == 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, refused).await.unwrap();
    let most = i64::try_from(HELD_BYTES_MAX / CONNECTION_SHARE).unwrap();
    assert!(metrics.live_memory_bytes.get() <= most);
    let refusal = refusal(&mut client).await;
    assert_eq!(refusal["code"], "too_many");
    assert_eq!(refusal["retry"], true);
    drop(client);
    let freed = async {
        while metrics.live_memory_bytes.get() > 0 {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, freed).await.unwrap();
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn last_values_that_wait_for_a_paused_client_are_bounded() {
    let line = Line::without_database();
    let mut client = line.connect("filter=big/#&mode=latest&hz=10&id=1");
    client.wait_for("live").await;
    client.send(r#"{"type":"pause","id":1}"#).await;
    client.wait_for("ok").await;
    let publish = async {
        for topic in (0..TOO_MANY).cycle() {
            line.publish(&format!("big/{topic}"), &LARGE).await;
            line.journal.release(line.head());
        }
    };
    let refused = tokio::select! {
        () = publish => unreachable!("it goes on"),
        refused = refusal(&mut client) => refused,
    };
    assert_eq!(refused["code"], "too_many");
    line.stop().await;
}
