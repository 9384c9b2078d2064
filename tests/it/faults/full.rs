//! The server at its limits. A full journal holds QoS 1 and 2 back, sheds and counts QoS 0, and
//! goes on without a restart once there is room; whoever would retain more than may be is told.

use serde_json::json;
use unspool::message::Qos;
use unspool::mqtt::codec::{ReasonCode, Version};

use crate::support::client::Client;
use crate::support::commands::{curl, run};
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::packets::{disconnect, publish, will};
use crate::support::publisher::Publishers;
use crate::support::reader::Readers;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const CLIENTS: u64 = 2;
/// More than fits into the journal of this test.
const EACH: u64 = 30_000;

#[test]
fn a_full_journal_holds_publishers_back_and_goes_on_when_there_is_room() {
    let server = Settings::default()
        .set("UNSPOOL_JOURNAL_SEGMENT_BYTES", "1048576")
        .set("UNSPOOL_JOURNAL_BYTES_MAX", "4194304")
        .set("UNSPOOL_JOURNAL_KEEP_BYTES", "0")
        .expect_in_log("journal")
        .expect_in_log("database")
        .start();
    let readers = Readers::start(&server);
    server.signal_database("STOP");
    let publishers = Publishers::start(&server, CLIENTS, EACH, None);
    eventually("the journal is full", || {
        let status = curl(&server.url("/api/v1/status"));
        (status["journal"]["full"] == json!(true)).then_some(())
    });
    assert!(publishers.acknowledged() < CLIENTS * EACH);
    let url = server.url("/healthz/ready");
    let ready = run("curl", &["-sS", "-w", "\n%{http_code}", &url]);
    assert!(ready.contains("/problems/journal-full"), "{ready}");
    assert!(ready.ends_with("\n503"), "{ready}");

    server.publish(&["-t", "shed", "-m", "1", "-q", "0"]);
    eventually("the shed message is counted", || {
        let ledger = curl(&server.url("/api/v1/ledger"));
        (ledger["shed"].as_u64()? > 0).then_some(())
    });

    server.signal_database("CONT");
    assert_eq!(publishers.finish(), 0, "publishers that had to come back");
    assert_nothing_is_lost(&server, CLIENTS * EACH, 0);
    readers.assert_saw_everything(&server);
}

#[test]
fn whoever_would_retain_too_much_over_rest_is_told_and_may_still_replace_and_delete() {
    let server = Settings::default().set("UNSPOOL_RETAINED_MAX", "1").start();
    let publish = |topic: &str, payload: &str| {
        let url = server.url(&format!("/api/v1/publish?retain=true&topic={topic}"));
        let status = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"];
        run(
            "curl",
            &[&status, &["--data-binary", payload, &url][..]].concat(),
        )
    };
    for (topic, payload, wanted) in [
        ("a", "1", "200"),
        ("b", "1", "507"),
        ("a", "2", "200"),
        ("b", "", "200"),
        ("a", "", "200"),
        ("b", "1", "200"),
    ] {
        assert_eq!(publish(topic, payload), wanted, "{topic} {payload}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_while_the_journal_is_full_outlives_a_kill() {
    let mut server = Settings::default()
        .set("UNSPOOL_JOURNAL_SEGMENT_BYTES", "1048576")
        .set("UNSPOOL_JOURNAL_BYTES_MAX", "4194304")
        .set("UNSPOOL_JOURNAL_KEEP_BYTES", "0")
        .set("UNSPOOL_WILL_GRACE_S", "0")
        .expect_in_log("cut a torn tail, of which nothing had been acknowledged")
        .expect_in_log("journal")
        .expect_in_log("database")
        .start();
    let with_will = async |topic: &str| {
        let connect = Client::connect_with(server.mqtt, Version::V5, |connect| {
            connect.will = Some(will(topic, "gone"));
        });
        connect.await.0
    };
    let mut leaves = with_will("leaves").await;
    let _stays = with_will("stays").await;
    server.signal_database("STOP");
    let mut fills = Client::connect(server.mqtt, Version::V5).await;
    let payload = "x".repeat(100_000);
    while server.metric("unspool_journal_full") == 0 {
        let publish = publish("fill", Qos::AtMostOnce, payload.clone());
        fills
            .send(unspool::mqtt::codec::Packet::Publish(publish))
            .await;
    }
    leaves.send(disconnect(ReasonCode::Success)).await;
    assert_eq!(leaves.closes().await, None);
    server.kill();
    server.signal_database("CONT");
    let server = server.restart();
    let deaths = || {
        let deaths = "select topic from unspool.message where payload = 'gone' order by 1";
        server.psql(deaths).trim().to_owned()
    };
    eventually("the death of who was there is on record", || {
        (!deaths().is_empty()).then_some(())
    });
    // Both would be due at once.
    server.wait_until_mirrored();
    assert_eq!(deaths(), "stays");
}
