//! The database goes away and comes back: publishers and subscribers notice nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::json;

use super::publisher::Publisher;
use super::server::{Server, Settings, curl, eventually, run, run_until_mirrored};

const EACH: u64 = 20_000;

fn readiness(server: &Server) -> String {
    let url = server.url("/healthz/ready");
    run(
        "curl",
        &["-sS", "-o", "/dev/null", "-w", "%{http_code}", &url],
    )
}

/// Publishes while the database does not answer; nobody notices.
fn publish_meanwhile(server: &Server) {
    let acknowledged = Arc::new(AtomicU64::new(0));
    Publisher::new(
        "meanwhile".into(),
        server.mqtt,
        EACH,
        Arc::clone(&acknowledged),
    )
    .run();
    assert_eq!(acknowledged.load(Ordering::Relaxed), EACH, "nobody noticed");
}

/// Everything that was published is there, once.
fn assert_all_is_there(server: &Server) {
    run_until_mirrored(server);
    let rows = server.psql("select count(*), count(distinct seq) from unspool.message");
    assert_eq!(rows.trim(), format!("{EACH}|{EACH}"));
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(ledger["balanced"], json!(true), "{ledger}");
    assert_eq!(readiness(server), "200");
}

#[test]
fn a_frozen_database_holds_nobody_up() {
    let server = Settings::default().expect_in_log("database").start();
    server.signal_database("STOP");
    publish_meanwhile(&server);
    eventually("the backlog is told", || {
        let status = curl(&server.url("/api/v1/status"));
        (status["mirror"]["backlog"].as_u64()? > 0).then_some(())
    });
    server.signal_database("CONT");
    assert_all_is_there(&server);
}

#[test]
fn a_killed_database_comes_back_and_catches_up() {
    let server = Settings::default().expect_in_log("database").start();
    server.signal_database("KILL");
    publish_meanwhile(&server);
    assert_all_is_there(&server);
}
