//! Rules by topic filter: what is stored and how it is read, from the configuration file and over
//! REST, before and after a restart.

use std::io::Write as _;

use serde_json::{Value, json};
use unspool::message::Qos;
use unspool::mqtt::codec::Version;

use crate::support::client::Client;
use crate::support::commands::{command, curl, run};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::eventually;

const DECLARED: &str = r#"
[[rule]]
filter = "plant/+/meter"
value = "/value"
time = "/when"
time_zone = "Europe/Berlin"
members = [{ path = "/value", unit = "kWh", description = "Energy", scale = 0.001 }]

[[rule]]
filter = "plant/#"
format = "text"
"#;

/// Sends JSON with `curl`; the status, and the answer.
fn send(server: &Server, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let (url, body) = (server.url(path), body.to_string());
    let arguments = [
        "-sS",
        "-X",
        method,
        "-H",
        "content-type: application/json",
        "--data",
        &body,
        "-w",
        "\n%{http_code}",
        &url,
    ];
    let told = run("curl", &arguments);
    let (answer, status) = told.rsplit_once('\n').expect("a status");
    let answer = serde_json::from_str(answer).unwrap_or_default();
    (status.parse().expect("a status"), answer)
}

fn delete(server: &Server, filter: &str) -> u16 {
    let path = format!("/api/v1/rules?filter={filter}");
    send(server, "DELETE", &path, &json!({})).0
}

/// All series that are left when everything is mirrored: topic, path, value, unit and description.
fn series(server: &Server) -> Vec<Value> {
    server.wait_until_mirrored();
    let latest = curl(&server.url("/api/v1/latest"));
    let items = latest["items"].as_array().expect("topics").iter();
    let rows = items.flat_map(|topic| {
        let series = topic["series"].as_array().expect("series").iter();
        let row = |one: &Value| {
            json!([
                topic["topic"],
                one["path"],
                one["value"],
                one["unit"],
                one["description"]
            ])
        };
        series.map(row).collect::<Vec<_>>()
    });
    rows.collect()
}

async fn publish(server: &Server, messages: &[(&str, &str)]) {
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    for (topic, payload) in messages {
        client.publish(topic, Qos::AtLeastOnce, payload).await;
    }
}

fn configuration(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("write it");
    file
}

#[tokio::test]
async fn rules_of_the_configuration_file_say_how_payloads_are_read() {
    let file = configuration(DECLARED);
    let path = file.path().to_str().expect("a path");
    let server = Settings::default().set("UNSPOOL_CONFIG", path).start();
    let reading = r#"{"value":21500,"when":"2026-11-24 15:03:00","raw":7}"#;
    publish(
        &server,
        &[("plant/a/meter", reading), ("plant/a/state", "007")],
    )
    .await;
    let expected = [
        json!(["plant/a/meter", "", 21.5, "kWh", "Energy"]),
        json!(["plant/a/state", "", "007", null, null]),
    ];
    assert_eq!(series(&server), expected);
    let latest = curl(&server.url("/api/v1/latest?filter=plant/a/meter"));
    let one = &latest["items"][0]["series"][0];
    assert_eq!(
        (&one["time"], &one["time_source"]),
        (&json!("2026-11-24T14:03:00Z"), &json!("rule")),
        "{latest}"
    );

    let rules = curl(&server.url("/api/v1/rules"));
    let declared = |at: usize| {
        (
            &rules["items"][at]["declared"],
            &rules["items"][at]["rule"]["filter"],
        )
    };
    assert_eq!(declared(0), (&json!(true), &json!("plant/+/meter")));
    assert_eq!(declared(1), (&json!(true), &json!("plant/#")));
    // It is the file's business.
    let (status, why) = send(
        &server,
        "PUT",
        "/api/v1/rules",
        &json!({"filter": "plant/#"}),
    );
    assert_eq!((status, delete(&server, "plant/%23")), (409, 409), "{why}");

    let server = server.restart();
    assert_eq!(series(&server), expected, "after a restart");
}

#[test]
fn a_wrong_rule_in_the_configuration_file_is_told_with_its_place() {
    let data = tempfile::tempdir().expect("a folder");
    for (text, named) in [
        (
            "[[rule]]\nfilter = \"a/#\"\n[[rule]]\nfilter = \"b\"\nscale = 2\n",
            "number 2",
        ),
        ("[[rule]]\nfilter = \"a/#/b\"\n", "number 1"),
        (
            "[[rule]]\nfilter = \"a\"\n[[rule]]\nfilter = \"a\"\n",
            "already",
        ),
        (
            "[[rule]]\nfilter = \"a\"\ntime_zone = \"UTC\"\n",
            "time_zone",
        ),
    ] {
        let file = configuration(text);
        let path = file.path().to_str().expect("a path");
        let output = command(data.path(), &["serve", "--config", path], "");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{text}");
        assert!(error.contains(named), "{text}: {error}");
    }
}

#[tokio::test]
async fn a_rule_counts_from_when_it_is_made_until_it_is_deleted() {
    let server = Server::start();
    let reading = r#"{"t":215,"debug":{"a":1},"axes":[1,2]}"#;
    publish(
        &server,
        &[
            ("m/1", reading),
            ("noise/1", "1"),
            ("cam/1", r#"{"ok":true}"#),
        ],
    )
    .await;
    server.wait_until_mirrored();

    let rule = json!({"filter": "m/+", "arrays": "rows", "members": [
        {"path": "/t", "rename": "/temperature", "scale": 0.1, "unit": "°C"},
        {"path": "/debug/**", "ignore": true},
    ]});
    let (status, trial) = send(&server, "POST", "/api/v1/rules/trial", &rule);
    assert_eq!((status, &trial["topics"]), (200, &json!(1)), "{trial}");
    let tried = &trial["messages"][0];
    assert_eq!(tried["before"]["samples_count"], 4, "{trial}");
    let after = tried["after"]["samples"]
        .as_array()
        .expect("samples")
        .iter();
    let after: Vec<_> = after
        .map(|one| json!([one["path"], one["value"], one["unit"]]))
        .collect();
    assert_eq!(
        after,
        [
            json!(["/temperature", 21.5, "°C"]),
            json!(["/axes", 1.0, null]),
            json!(["/axes", 2.0, null]),
        ]
    );
    let bytes = |part: &str| trial["bytes"][part].as_u64().expect("bytes");
    assert_eq!(bytes("before") - bytes("after"), 13, "{trial}");
    assert_eq!(
        curl(&server.url("/api/v1/rules"))["items"],
        json!([]),
        "a trial makes nothing"
    );

    for rule in [
        rule,
        json!({"filter": "noise/#", "store": "nothing"}),
        json!({"filter": "cam/#", "store": "samples"}),
        json!({"filter": "quiet/+", "members": [{"path": "", "dead_band": 0.5}]}),
    ] {
        let (status, answer) = send(&server, "PUT", "/api/v1/rules", &rule);
        assert_eq!((status, &answer["rule"]), (200, &rule), "{answer}");
    }
    let (status, why) = send(
        &server,
        "PUT",
        "/api/v1/rules",
        &json!({"filter": "x", "scale": 1}),
    );
    assert_eq!(status, 422);
    assert!(
        why["detail"].as_str().expect("why").contains("scale"),
        "{why}"
    );

    // Whatever is known of rules is known after a restart, before the first message.
    let server = server.restart();
    publish(
        &server,
        &[
            ("m/1", reading),
            ("noise/1", "2"),
            ("noise/2", "2"),
            ("cam/1", r#"{"ok":false,"image":"large"}"#),
            ("quiet/1", "20"),
            ("quiet/1", "20.4"),
            ("quiet/1", "21"),
        ],
    )
    .await;
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(
        (&ledger["stored"], &ledger["left_out"], &ledger["balanced"]),
        (&json!(8), &json!(2), &json!(true)),
        "{ledger}"
    );
    let found = series(&server);
    for row in [
        json!(["m/1", "/temperature", 21.5, "°C", null]),
        json!(["m/1", "/axes", 2.0, null, null]),
        json!(["noise/1", "", 1.0, null, null]),
        json!(["cam/1", "/ok", false, null, null]),
        json!(["quiet/1", "", 21.0, null, null]),
    ] {
        assert!(found.contains(&row), "{row} in {found:?}");
    }
    let samples = server.psql("select count(*) from unspool.sample where topic = 'quiet/1'");
    assert_eq!(samples.trim(), "2");
    let stripped = curl(&server.url("/api/v1/messages?filter=cam/1&limit=1"));
    let message = &stripped["items"][0];
    assert_eq!(
        (&message["stripped"], &message["payload"]),
        (&json!(true), &json!("")),
        "{stripped}"
    );
    let latest = curl(&server.url("/api/v1/latest?filter=cam/1"));
    assert_eq!(latest["items"][0]["stripped"], true, "{latest}");
    let units = "select distinct unit from unspool.sample where path = '/temperature'";
    eventually("the unit is in the table", || {
        (server.psql(units).trim() == "°C").then_some(())
    });

    for filter in ["m/%2B", "noise/%23", "cam/%23"] {
        assert_eq!(delete(&server, filter), 204);
        assert_eq!(delete(&server, filter), 404);
    }
    publish(&server, &[("m/1", r#"{"t":1}"#), ("noise/1", "3")]).await;
    let found = series(&server);
    for row in [
        json!(["m/1", "/t", 1.0, null, null]),
        json!(["noise/1", "", 3.0, null, null]),
    ] {
        assert!(found.contains(&row), "{row} in {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_is_decoded_again_by_the_rules_of_now_while_more_comes() {
    let server = Settings::default()
        .expect_in_log("cut a torn tail, of which nothing had been acknowledged")
        .expect_in_log("database")
        .start();
    let mut messages: Vec<(String, String)> = Vec::new();
    for n in 0..600 {
        messages.push((format!("m/{}", n % 3), format!(r#"{{"t":{n}}}"#)));
        messages.push((format!("other/{}", n % 3), n.to_string()));
    }
    // It begins as JSON, and is cut off: a dead letter, which a rule makes a text.
    messages.push(("m/text".into(), r#"{"a":1,"b""#.into()));
    let borrowed: Vec<_> = messages
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    publish(&server, &borrowed).await;
    server.wait_until_mirrored();
    for rule in [
        json!({"filter": "m/+", "members": [{"path": "/t", "rename": "/temp", "scale": 0.1, "unit": "°C"}]}),
        json!({"filter": "m/text", "format": "text"}),
    ] {
        assert_eq!(send(&server, "PUT", "/api/v1/rules", &rule).0, 200);
    }
    let path = "/api/v1/redecodings?filter=m/%2B";
    let (status, asked) = send(&server, "POST", path, &json!({}));
    assert_eq!(status, 202, "{asked}");
    // What is asked for is done, also where the server dies meanwhile.
    let mut server = server;
    for _ in 0..3 {
        server.kill();
        server = server.restart();
        publish(&server, &[("m/0", r#"{"t":-10}"#), ("other/0", "7")]).await;
    }
    let path = format!("/api/v1/redecodings/{}", asked["id"]);
    let done = eventually("all is decoded again", || {
        let state = curl(&server.url(&path));
        (state["state"] == "done").then_some(state)
    });
    assert_eq!(
        (
            &done["topics_done"],
            &done["dead_letters_before"],
            &done["dead_letters"]
        ),
        (&json!(4), &json!(1), &json!(0)),
        "{done}"
    );
    server.wait_until_mirrored();
    let sums = server.psql(
        "select path, count(*), round(sum(value)), min(unit) from unspool.sample
         where topic like 'm/%' group by path order by path",
    );
    assert_eq!(sums.trim(), "|1||\n/temp|603|17967|°C");
    let others = server.psql("select count(*) from unspool.sample where topic like 'other/%'");
    assert_eq!(others.trim(), "603");
    assert_eq!(
        server
            .psql("select count(*) from unspool.dead_letter")
            .trim(),
        "0"
    );
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(
        (&ledger["stored"], &ledger["balanced"]),
        (&json!(1207), &json!(true)),
        "{ledger}"
    );
    let found = series(&server);
    assert!(
        found.contains(&json!(["m/1", "/temp", 59.8, "°C", null])),
        "{found:?}"
    );
    assert!(
        found.contains(&json!(["m/text", "", r#"{"a":1,"b""#, null, null])),
        "{found:?}"
    );
    assert!(!found.iter().any(|row| row[1] == "/t"), "{found:?}");

    let (status, stopped) = send(&server, "POST", &format!("{path}/stop"), &json!({}));
    assert_eq!((status, &stopped["state"]), (200, &json!("done")));
    let server = server.restart();
    assert_eq!(series(&server).len(), found.len());
}
