//! When values were true: found in the payload, told by everything that shows a series, with how far
//! the clock is off.

use serde_json::{Value, json};
use unspool::message::{Qos, Timestamp};
use unspool::mqtt::codec::Version;

use crate::support::client::Client;
use crate::support::commands::curl;
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::server::Server;

const DAY_US: i64 = 86_400_000_000;

/// How a series is told by `/topics`: its path, unit, and who says its time.
fn told(server: &Server) -> Vec<(String, Vec<Value>)> {
    let page = curl(&server.url("/api/v1/topics"));
    let topics = page["items"].as_array().expect("topics");
    let series = |topic: &Value| {
        let series = topic["series"].as_array().expect("series").iter();
        series
            .map(|one| json!([one["path"], one["unit"], one["time_source"]]))
            .collect()
    };
    let name = |topic: &Value| topic["topic"].as_str().expect("a name").to_owned();
    topics
        .iter()
        .map(|topic| (name(topic), series(topic)))
        .collect()
}

#[tokio::test]
async fn who_says_when_a_value_was_true_is_told_with_it() {
    let server = Server::start();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    let now = Timestamp::now();
    let late = Timestamp::from_millis(now.as_millis() - 2 * 3_600_000);
    let ahead = Timestamp(now.0 + 2 * DAY_US);
    let millis = |at: Timestamp| at.as_millis().to_string();
    for (topic, payload) in [
        ("a", r#"{"value":21.5,"unit":"°C"}"#.to_owned()),
        ("b", format!(r#"{{"ts":"{late}","value":7,"uom":"bar"}}"#)),
        (
            "c",
            format!(r#"{{"timestamp_ms":{},"v":1}}"#, millis(ahead)),
        ),
        ("d", r#"{"Time":"2025-11-24T12:00:00","v":1}"#.to_owned()),
        ("e", format!("m,l=1 f=2i {}000", ahead.0)),
    ] {
        client.publish(topic, Qos::AtLeastOnce, &payload).await;
    }
    assert_nothing_is_lost(&server, 5, 2);

    let expected = [
        (
            "a",
            vec![
                json!(["/value", "°C", "receipt"]),
                json!(["/unit", null, "receipt"]),
            ],
        ),
        (
            "b",
            vec![json!(["/value", "bar", "ts"]), json!(["/uom", null, "ts"])],
        ),
        ("c", vec![json!(["/v", null, "timestamp_ms"])]),
        (
            "d",
            vec![
                json!(["/Time", null, "receipt"]),
                json!(["/v", null, "receipt"]),
            ],
        ),
        ("e", vec![json!(["/m,l=1/f", null, "format"])]),
    ]
    .map(|(topic, series)| (topic.to_owned(), series));
    assert_eq!(told(&server), expected);

    let skews: Vec<Value> = curl(&server.url("/api/v1/latest"))["items"]
        .as_array()
        .expect("topics")
        .iter()
        .map(|topic| topic["clock_skew_ms"].clone())
        .collect();
    let hours = |skew: &Value| {
        skew.as_i64()
            .map(|ms| (ms + 1_800_000).div_euclid(3_600_000))
    };
    let skews: Vec<_> = skews.iter().map(hours).collect();
    assert_eq!(skews, [None, Some(-2), Some(48), None, Some(48)]);

    // Of the last message of the client that has a time.
    let clocks = curl(&server.url("/api/v1/clocks"));
    let clock = &clocks["items"][0];
    assert_eq!(
        (hours(&clock["clock_skew_ms"]), &clock["topic"]),
        (Some(48), &json!("e")),
        "{clocks}"
    );
    let samples = curl(&server.url("/api/v1/samples?filter=b&path=/value&from=-1d"));
    let series = &samples["series"][0];
    assert_eq!(
        (&series["unit"], &series["time_source"], &series["rows"]),
        (
            &json!("bar"),
            &json!("ts"),
            &json!([[late.as_millis(), 7.0]])
        ),
        "{samples}"
    );
    let flagged = curl(&server.url("/api/v1/dead-letters?order=asc"));
    let flagged: Vec<_> = flagged["items"]
        .as_array()
        .expect("dead letters")
        .iter()
        .collect();
    for letter in &flagged {
        assert_eq!(letter["defects"][0]["code"], "future_time", "{letter}");
    }

    let server = server.restart();
    assert_eq!(told(&server), expected, "after a restart");
    let rows = server.psql(
        "select path, unit, time_source from unspool.series where unit is not null order by id",
    );
    assert_eq!(rows.trim(), "/value|°C|receipt\n/value|bar|ts");
}
