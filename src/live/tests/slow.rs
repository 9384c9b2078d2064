//! Those who read slowly, or not at all for a while.

use super::*;

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
