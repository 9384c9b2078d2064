//! The straight line on the databases that administrators run.

use serde_json::json;
use unspool::message::Qos;
use unspool::mqtt::codec::Version;

use crate::support::client::Client;
use crate::support::commands::{curl, unspool};
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::pgbouncer::PgBouncer;
use crate::support::postgres::Postgres;
use crate::support::settings::Settings;

/// The version that is at hand on Debian 12.
const DEBIANS: u32 = 15;

const MESSAGES: u64 = 500;

/// Published, stored, read, stopped, started, killed, started: nothing is lost.
async fn assert_the_line_holds(settings: Settings) {
    let mut server = settings
        .expect_in_log("cut a torn tail, of which nothing had been acknowledged")
        .start();
    for round in 1..=3 {
        let mut client = Client::connect(server.mqtt, Version::V5).await;
        for number in 0..MESSAGES {
            let topic = format!("site/{}/\u{20ac}", number % 5);
            let payload = format!(r#"{{"n":{number},"state":"run","unit":"\u20ac"}}"#);
            client.publish(&topic, Qos::AtLeastOnce, &payload).await;
        }
        assert_nothing_is_lost(&server, round * MESSAGES, 0);
        let latest = curl(&server.url("/api/v1/latest?filter=site/%2B/%23"));
        let items = latest["items"].as_array().expect("topics");
        let numbers = items.iter().map(|item| &item["payload"]["n"]);
        assert!(
            numbers.eq(&(MESSAGES - 5..MESSAGES)
                .map(|n| json!(n))
                .collect::<Vec<_>>())
        );
        let samples = curl(&server.url("/api/v1/samples?filter=site/0/%23&path=/n&from=-1h"));
        let rows = samples["series"][0]["rows"].as_array().expect("rows").len() as u64;
        assert_eq!(rows, round * MESSAGES / 5, "{samples}");
        if round == 1 {
            assert_eq!(server.stop(), Some(0));
        } else {
            server.kill();
        }
        server = server.restart();
    }
}

async fn assert_the_line_holds_on(major: u32) {
    let postgres = Postgres::start(major, &["--encoding=UTF8", "--locale=C"]);
    assert_the_line_holds(Settings::default().on_postgres(&postgres)).await;
}

#[tokio::test]
async fn the_line_holds_on_postgresql_14() {
    assert_the_line_holds_on(14).await;
}

#[tokio::test]
async fn the_line_holds_on_postgresql_18() {
    assert_the_line_holds_on(18).await;
}

async fn assert_the_line_holds_behind_pgbouncer(pool_mode: &str) {
    let postgres = Postgres::start(DEBIANS, &["--encoding=UTF8", "--locale=C"]);
    let pgbouncer = PgBouncer::start(&postgres, pool_mode);
    let settings = Settings::default().on_postgres(&postgres);
    assert_the_line_holds(settings.set("UNSPOOL_DATABASE_URL", &pgbouncer.url())).await;
    let elsewhere = postgres.psql_in(
        "unspool",
        "select count(*) from pg_class where relkind = 'r'
           and relnamespace not in ('unspool'::regnamespace, 'pg_catalog'::regnamespace,
             'information_schema'::regnamespace)",
    );
    assert_eq!(elsewhere.trim(), "0", "tables outside of our schema");
}

#[tokio::test]
async fn the_line_holds_behind_pgbouncer_by_session() {
    assert_the_line_holds_behind_pgbouncer("session").await;
}

#[tokio::test]
async fn the_line_holds_on_ten_connections() {
    let postgres = Postgres::start(DEBIANS, &["--encoding=UTF8", "--locale=C"]);
    postgres.psql("alter role unspool connection limit 7");
    assert_the_line_holds(Settings::default().on_postgres(&postgres)).await;
}

#[tokio::test]
async fn the_line_holds_for_a_role_with_short_time_limits() {
    let postgres = Postgres::start(DEBIANS, &["--encoding=UTF8", "--locale=C"]);
    for limit in [
        "statement_timeout = '2s'",
        "lock_timeout = 1",
        "idle_in_transaction_session_timeout = 1",
        "default_transaction_isolation = 'serializable'",
        "search_path = ''",
        "datestyle = 'German'",
        "bytea_output = 'escape'",
        "standard_conforming_strings = off",
        "work_mem = '64kB'",
        "timezone = 'Asia/Kathmandu'",
        "row_security = off",
    ] {
        postgres.psql(&format!("alter role unspool set {limit}"));
    }
    assert_the_line_holds(Settings::default().on_postgres(&postgres)).await;
}

/// What a server says that does not start on a database.
fn refusal(url: &str) -> String {
    let folder = tempfile::tempdir().expect("make a folder");
    let output = unspool()
        .args(["serve", "--mqtt-listen", "127.0.0.1:0"])
        .args(["--http-listen", "127.0.0.1:0", "--data-dir"])
        .arg(folder.path().join("data"))
        .env("UNSPOOL_DATABASE_URL", url)
        .output()
        .expect("start the server");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{told}");
    told
}

#[test]
fn what_can_not_be_used_is_refused_with_what_to_do() {
    let old = Postgres::start(13, &["--encoding=UTF8", "--locale=C"]);
    let latin = Postgres::start(DEBIANS, &["--encoding=LATIN1", "--locale=C"]);
    let fine = Postgres::start(DEBIANS, &["--encoding=UTF8", "--locale=C"]);
    let pooled = PgBouncer::start(&fine, "transaction");
    for (url, names) in [
        (old.url(), ["PostgreSQL 13", "14"]),
        (latin.url(), ["LATIN1", "encoding 'UTF8'"]),
        (pooled.url(), ["transaction", "session"]),
    ] {
        let told = refusal(&url);
        assert!(names.iter().all(|name| told.contains(name)), "{told}");
    }
}
