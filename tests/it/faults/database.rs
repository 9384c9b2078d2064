//! The database goes away and comes back: publishers and subscribers notice nothing, and live
//! readers see no gap.

use serde_json::{Value, json};

use crate::support::commands::{curl, run};
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::proxy::Proxy;
use crate::support::publisher::Publishers;
use crate::support::reader::Readers;
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::subscriber::Subscriber;
use crate::support::wait::eventually;

const CLIENTS: u64 = 4;
const EACH: u64 = 5_000;
const ALL: u64 = CLIENTS * EACH;

/// How often connections are cut, and how many readings a second a device publishes meanwhile.
const CUTS: u64 = 20;
const RATE: u64 = 500;

fn readiness(server: &Server) -> Value {
    let ready = curl(&server.url("/healthz/ready"));
    assert_eq!(ready["status"], json!("ready"), "{ready}");
    ready
}

/// Publishes while the database does not answer, until `back` brings it back; nobody notices.
fn publish_meanwhile(server: &Server, back: impl FnOnce()) {
    let (readers, subscriber) = (Readers::start(server), Subscriber::start(server, ALL));
    let publishers = Publishers::start(server, CLIENTS, EACH, None);
    assert_eq!(publishers.finish(), 0, "publishers that had to come back");
    subscriber.finish();
    back();
    assert_nothing_is_lost(server, ALL, 0);
    readers.assert_saw_everything(server);
    assert_eq!(readiness(server)["database"], json!(true));
}

#[test]
fn a_frozen_database_holds_nobody_up() {
    let server = Settings::default().expect_in_log("database").start();
    server.signal_database("STOP");
    publish_meanwhile(&server, || {
        eventually("the backlog is told", || {
            let ready = readiness(&server);
            (ready["backlog"].as_u64()? > 0).then_some(())
        });
        server.signal_database("CONT");
    });
}

#[test]
fn a_killed_database_comes_back_and_catches_up() {
    let server = Settings::default().expect_in_log("database").start();
    server.signal_database("KILL");
    publish_meanwhile(&server, || {});
}

/// Publishes while all of the server's connections are cut again and again.
fn publish_through_cuts(server: &Server, cut: impl Fn()) {
    let (readers, subscriber) = (Readers::start(server), Subscriber::start(server, ALL));
    let publishers = Publishers::start(server, CLIENTS, EACH, Some(RATE));
    for number in 1..=CUTS {
        eventually("messages are acknowledged", || {
            (publishers.acknowledged() >= ALL * number / (CUTS + 1)).then_some(())
        });
        cut();
    }
    assert_eq!(publishers.finish(), 0, "publishers that had to come back");
    subscriber.finish();
    assert_nothing_is_lost(server, ALL, 0);
    readers.assert_saw_everything(server);
}

#[test]
fn connections_that_the_database_ends_cost_nothing() {
    let server = Settings::default().expect_in_log("database").start();
    server.wait_until_mirrored();
    publish_through_cuts(&server, || {
        server.psql(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where application_name = 'unspool'",
        );
    });
}

#[test]
fn connections_that_the_network_cuts_cost_nothing() {
    let other = Server::start();
    let proxy = Proxy::start(other.socket_dir());
    let settings = Settings::default().expect_in_log("database");
    let server = settings.on_database_of(&other, &proxy).start();
    publish_through_cuts(&server, || proxy.cut_at_next_commit());
    assert!(proxy.cuts() > 0);
}

/// Ten seconds' worth of 10,000 messages a second, or as many seconds as `UNSPOOL_SOAK_AWAY_S`
/// says; a machine that is slower than that takes longer.
#[test]
fn a_database_that_is_away_for_long_is_caught_up_with() {
    const DEVICES: u64 = 20;
    const RATE: u64 = 10_000 / DEVICES;
    let seconds = std::env::var("UNSPOOL_SOAK_AWAY_S").ok();
    let seconds: u64 = seconds.and_then(|s| s.parse().ok()).unwrap_or(10);
    let all = DEVICES * RATE * seconds;

    let other = Server::start();
    let proxy = Proxy::start(other.socket_dir());
    let settings = Settings::default().expect_in_log("database");
    let server = settings.on_database_of(&other, &proxy).start();
    let (readers, subscriber) = (Readers::start(&server), Subscriber::start(&server, all));
    let publishers = Publishers::start(&server, DEVICES, RATE * seconds, Some(RATE));
    let published = |tenths: u64| {
        let mut before = 0;
        while before < all * tenths / 10 {
            before = eventually("messages are acknowledged", || {
                let acknowledged = publishers.acknowledged();
                (acknowledged > before).then_some(acknowledged)
            });
        }
    };
    published(1);
    proxy.go_away();
    published(9);
    let ready = readiness(&server);
    assert_eq!(ready["database"], json!(false), "{ready}");
    let backlog = ready["backlog"].as_u64().expect("a backlog");
    assert!(backlog > all / 2, "{ready}");
    assert!(ready["lag_ms"].as_u64() > Some(0), "{ready}");
    let metrics = run("curl", &["-sS", &server.url("/metrics")]);
    let told = metrics
        .lines()
        .find_map(|line| line.strip_prefix("unspool_mirror_backlog_records "));
    assert!(
        told.and_then(|n| n.parse().ok()) >= Some(backlog),
        "{told:?}"
    );
    assert!(metrics.contains("\nunspool_mirror_up 0\n"), "{metrics}");
    proxy.come_back();
    assert_eq!(publishers.finish(), 0, "publishers that had to come back");
    subscriber.finish();
    eventually("the database is back", || {
        (readiness(&server)["database"] == json!(true)).then_some(())
    });
    assert_nothing_is_lost(&server, all, 0);
    readers.assert_saw_everything(&server);
}
