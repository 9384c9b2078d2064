//! Topics, as far as there may be, and how to be rid of them.

use serde_json::Value;

use unspool::message::Qos;
use unspool::mqtt::codec::Version;

use crate::support::client::Client;
use crate::support::commands::{curl, run};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

/// Asks for topics to be removed; where to look how far that has come.
fn remove(server: &Server, filter: &str) -> String {
    let url = server.url(&format!("/api/v1/topics?filter={filter}"));
    let answer = run("curl", &["-sS", "-X", "DELETE", &url]);
    let removal: Value = serde_json::from_str(&answer).expect("JSON");
    format!("/api/v1/removals/{}", removal["id"])
}

fn wait_until_done(server: &Server, removal: &str) -> Value {
    eventually("the removal is done", || {
        let removal = curl(&server.url(removal));
        (removal["state"] == "done").then_some(removal)
    })
}

/// Publishes `count` messages on each of the topics `{below}/0` and so on.
async fn publish(client: &mut Client, below: &str, topics: usize, count: usize) {
    for n in 0..topics * count {
        let topic = format!("{below}/{}", n % topics);
        client.publish(&topic, Qos::AtLeastOnce, "21.5").await;
    }
}

fn ledger(server: &Server, name: &str) -> u64 {
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(ledger["balanced"], true, "{ledger}");
    ledger[name].as_u64().expect("a count")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_outlives_kills_and_a_database_that_is_away_and_devices_go_on() {
    let mut server = Settings::default()
        .expect_in_log("cut a torn tail, of which nothing had been acknowledged")
        .expect_in_log("database")
        .start();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    publish(&mut client, "old", 200, 5).await;
    publish(&mut client, "new", 20, 5).await;
    server.wait_until_mirrored();
    let mut removal = remove(&server, "old/%23");
    for _ in 0..5 {
        server.kill();
        server = server.restart();
    }
    let done = wait_until_done(&server, &removal);
    assert_eq!(
        (&done["messages"], &done["topics"]),
        (&1000.into(), &200.into())
    );
    assert_eq!(
        (ledger(&server, "removed"), ledger(&server, "stored")),
        (1000, 100)
    );

    let mut client = Client::connect(server.mqtt, Version::V5).await;
    publish(&mut client, "old", 50, 2).await;
    server.wait_until_mirrored();
    server.signal_database("STOP");
    let asking = std::thread::scope(|scope| {
        let asked = scope.spawn(|| remove(&server, "old/%23"));
        // It is published meanwhile, too: what comes before its topic's turn is removed with it.
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(publish(&mut client, "old", 50, 2));
        });
        server.signal_database("CONT");
        asked.join()
    });
    removal = asking.expect("an answer");
    if removal.ends_with("null") {
        // It was told that the database is away, and asks again.
        removal = remove(&server, "old/%23");
    }
    wait_until_done(&server, &removal);
    let (removed, stored) = (ledger(&server, "removed"), ledger(&server, "stored"));
    assert_eq!(removed + stored, 1300);
    let rows = server.psql("select count(*) from unspool.message");
    assert_eq!(rows.trim(), stored.to_string());
    let left = server.psql("select count(*) from unspool.removed_topic");
    assert_eq!(left.trim(), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_told_in_time_that_there_will_be_no_room_for_more_topics() {
    let server = Settings::default()
        .set("UNSPOOL_TOPICS_MAX", "10")
        .expect_in_log("most of the topics that are kept apart are in use")
        .start();
    let warnings = || {
        let log = server.log_text();
        log.matches("most of the topics that are kept apart")
            .count()
    };
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    publish(&mut client, "a", 7, 1).await;
    server.wait_until_mirrored();
    assert_eq!(warnings(), 0);
    publish(&mut client, "b", 1, 1).await;
    eventually("it is told", || (warnings() == 1).then_some(()));
    let metric = |name: &str| server.metric(&format!("unspool_topics{name}"));
    assert_eq!((metric(""), metric("_max")), (8, 10));
    // Another one for each: no client may bring them all.
    for n in 0..4 {
        let mut client = Client::connect(server.mqtt, Version::V5).await;
        publish(&mut client, &format!("c{n}"), 1, 1).await;
    }
    server.wait_until_mirrored();
    assert_eq!((metric(""), metric("_refused_total")), (10, 2));
    assert_eq!(warnings(), 1, "once");

    let removal = remove(&server, "a/%23");
    assert_eq!(wait_until_done(&server, &removal)["topics"], 7);
    assert_eq!(metric(""), 3);
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    publish(&mut client, "d", 5, 1).await;
    eventually("it is told again", || (warnings() == 2).then_some(()));
    assert_eq!((metric(""), metric("_refused_total")), (8, 2));
}
