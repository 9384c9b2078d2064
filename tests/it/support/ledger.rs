//! The books, compared with what the clients say and with the rows that there are.

use std::collections::BTreeMap;

use serde_json::Value;

use super::commands::{curl, run};
use super::server::Server;

/// Once everything is mirrored: what was published and acknowledged is what the ledger says at
/// each of its three places, in `/metrics` too, and what the tables hold, in all and per topic.
/// `published` counts what the clients know to be acknowledged, `dead_lettered` what of it is wrong.
pub fn assert_nothing_is_lost(server: &Server, published: u64, dead_lettered: u64) {
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    let count = |name: &str| ledger[name].as_u64().unwrap_or(u64::MAX);
    assert_eq!(count("acknowledged"), published, "{ledger}");
    assert_eq!(count("received"), published + count("shed"), "{ledger}");
    assert_eq!(count("stored"), published - dead_lettered, "{ledger}");
    assert_eq!(count("dead_lettered"), dead_lettered, "{ledger}");
    assert_eq!((count("pending"), count("waiting")), (0, 0), "{ledger}");
    assert_eq!(ledger["balanced"], true, "{ledger}");
    assert_metrics_agree(server, &ledger);

    let rows = server.psql("select count(*), count(distinct seq) from unspool.message");
    assert_eq!(rows.trim(), format!("{published}|{published}"));
    let letters = server.psql("select count(*) from unspool.dead_letter");
    assert_eq!(letters.trim(), dead_lettered.to_string());
    let rows = server.psql("select topic, count(*) from unspool.message group by topic");
    let rows: BTreeMap<String, u64> = rows
        .lines()
        .filter_map(|row| row.rsplit_once('|'))
        .map(|(topic, count)| (topic.to_owned(), count.parse().expect("a count")))
        .collect();
    let topics = curl(&server.url("/api/v1/topics?limit=1000"));
    let topics = topics["items"].as_array().expect("topics").iter();
    let told: BTreeMap<String, u64> = topics
        .map(|topic| {
            let name = topic["topic"].as_str().expect("a name").to_owned();
            (name, topic["messages"].as_u64().expect("a count"))
        })
        .collect();
    assert_eq!(told, rows, "messages of each topic: the answer, the table");
}

/// Once everything is mirrored: the ledger fits, and each message that it counts as acknowledged is
/// a row or a dead letter, or both. How many these are.
pub fn count_on_record(server: &Server) -> u64 {
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    let count = |name: &str| ledger[name].as_u64().unwrap_or(u64::MAX);
    assert_eq!((count("pending"), count("waiting")), (0, 0), "{ledger}");
    assert_eq!(ledger["balanced"], true, "{ledger}");
    assert_metrics_agree(server, &ledger);
    let on_record = server.psql(
        "select count(*) from (select seq from unspool.message union
           select seq from unspool.dead_letter) as on_record",
    );
    let acknowledged = count("acknowledged");
    assert_eq!(on_record.trim(), acknowledged.to_string(), "{ledger}");
    acknowledged
}

fn assert_metrics_agree(server: &Server, ledger: &Value) {
    let metrics = run("curl", &["-sS", &server.url("/metrics")]);
    for (name, value) in ledger.as_object().expect("an object") {
        let value = value.as_u64().unwrap_or_else(|| u64::from(*value == true));
        let line = format!("unspool_ledger_{name} {value}\n");
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
}
