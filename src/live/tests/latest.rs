//! What has changed since the last frame.

use std::collections::HashMap;

use super::*;

/// Topic, value and count of each row, until `done`.
async fn rows(client: &mut Client, done: impl Fn(&HashMap<String, (Value, u64)>) -> bool) {
    let mut names = HashMap::new();
    let mut seen: HashMap<String, (Value, u64)> = HashMap::new();
    while !done(&seen) {
        let frame = client.wait_for("values").await;
        for (alias, topic) in frame["topics"].as_object().unwrap() {
            names.insert(alias.clone(), topic.as_str().unwrap().to_owned());
        }
        for row in frame["rows"].as_array().unwrap() {
            let topic = names[&row[0].to_string()].clone();
            let entry = seen.entry(topic).or_default();
            entry.0 = row[2].clone();
            entry.1 += row[3].as_u64().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn last_values_come_first_and_changes_follow() {
    let line = Line::start().await;
    line.publish("a/1", br#"{"value":1,"x":0}"#).await;
    line.publish("a/2", br#"{"value":2}"#).await;
    line.mirror(line.head()).await;
    // Not yet in the database.
    line.publish("a/3", br#"{"value":3}"#).await;
    let mut client = line.connect("filter=a/#&mode=latest&hz=10&fields=/value");
    let value = |n: i32| Value::from(n);
    rows(&mut client, |seen| {
        seen.len() == 3
            && seen["a/1"] == (value(1), 0)
            && seen["a/2"] == (value(2), 0)
            && seen["a/3"] == (value(3), 1)
    })
    .await;
    client.wait_for("live").await;
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_messages_make_few_rows_and_none_is_uncounted() {
    let line = Line::without_database();
    let mut client = line.connect("filter=t/#&mode=latest&hz=10");
    client.wait_for("live").await;
    line.publish_many(5000).await;
    rows(&mut client, |seen| {
        seen.values().map(|(_, count)| count).sum::<u64>() == 5000
            && (0..5).all(|n| seen[&format!("t/{n}")].0 == 4995 + n)
    })
    .await;
    line.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_tells_its_children_as_they_change() {
    let line = Line::start().await;
    line.publish_many(10).await;
    line.mirror(line.head()).await;
    let mut client = line.connect("mode=tree&paths=t&hz=4");
    let frame = client.wait_for("tree").await;
    let nodes = frame["nodes"].as_array().unwrap();
    assert_eq!(nodes.len(), 5);
    assert_eq!(
        (&nodes[0]["path"], &nodes[0]["messages"]),
        (&"t/0".into(), &2.into())
    );
    assert_eq!(nodes[0]["latest"]["payload"], 5);
    line.publish("t/3", b"13").await;
    line.mirror(line.head()).await;
    loop {
        let frame = client.wait_for("tree").await;
        let nodes = frame["nodes"].as_array().unwrap();
        let changed = nodes.iter().find(|node| node["path"] == "t/3");
        if changed.is_some_and(|node| node["latest"]["payload"] == 13) {
            break;
        }
    }
    line.stop().await;
}
