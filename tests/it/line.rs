//! The straight line, as a new user would walk it: device, journal, database, REST, live.

use std::process::{Command, Stdio};

use futures_util::StreamExt;
use serde_json::{Value, json};

use crate::support::commands::{curl, run};
use crate::support::server::Server;
use crate::support::settings::Settings;
use crate::support::wait::{DEADLINE, eventually};

const PAYLOAD: &str = r#"{"temp":21.5,"state":"run","ok":true}"#;
const TOPIC: &str = "factory/line1/press";

/// The first messages of a subscription over WebSocket, up to `count`.
async fn frames(server: &Server, query: &str, count: usize) -> Vec<Value> {
    let url = format!("ws://{}/api/v1/ws?{query}", server.http);
    let (mut socket, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("a WebSocket");
    let mut messages = Vec::new();
    while messages.len() < count {
        let frame = tokio::time::timeout(DEADLINE, socket.next())
            .await
            .expect("in time");
        let frame = frame.expect("not closed").expect("no error");
        if let Ok(text) = frame.into_text()
            && let Ok(Value::Object(frame)) = serde_json::from_str(&text)
            && frame["type"] == "msgs"
        {
            messages.extend(frame["msgs"].as_array().expect("an array").iter().cloned());
        }
    }
    messages
}

#[tokio::test]
async fn a_message_can_be_read_at_every_station_of_the_line() {
    let server = Settings::default().on_new_data().start();
    server.publish(&["-q", "1", "-t", TOPIC, "-m", PAYLOAD]);
    server.wait_until_mirrored();
    let payload: Value = serde_json::from_str(PAYLOAD).expect("JSON");

    let latest = curl(&server.url("/api/v1/latest?filter=factory/%23"));
    let item = &latest["items"][0];
    assert_eq!(
        (&item["topic"], &item["payload"]),
        (&json!(TOPIC), &payload)
    );
    let series = item["series"].as_array().expect("series");
    let value = |path: &str| {
        series
            .iter()
            .find(|series| series["path"] == path)
            .map(|series| series["value"].clone())
    };
    assert_eq!(value("/temp"), Some(json!(21.5)));
    assert_eq!(value("/state"), Some(json!("run")));
    assert_eq!(value("/ok"), Some(json!(true)));

    let messages = curl(&server.url("/api/v1/messages?filter=factory/%23&from=-1h"));
    assert_eq!(messages["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(messages["items"][0]["payload"], payload);
    let seq = messages["items"][0]["seq"].as_u64().expect("a seq");

    let samples = curl(&server.url("/api/v1/samples?filter=factory/%23&path=/temp&from=-1h"));
    assert_eq!(samples["series"][0]["rows"][0][1], json!(21.5), "{samples}");

    let replayed = frames(&server, "filter=factory/%23&last=5", 1).await;
    assert_eq!(
        (&replayed[0]["seq"], &replayed[0]["payload"]),
        (&json!(seq), &payload)
    );

    let rows = server.psql(
        "select m.topic, convert_from(m.payload, 'UTF8') from unspool.message m;
         select path, value, text from unspool.sample order by path",
    );
    assert_eq!(
        rows.lines().collect::<Vec<_>>(),
        [
            format!("{TOPIC}|{PAYLOAD}").as_str(),
            "/ok|1|",
            "/state||run",
            "/temp|21.5|"
        ]
    );

    let raw = run(
        "curl",
        &[
            "-sS",
            &server.url(&format!("/api/v1/messages/{seq}/payload")),
        ],
    );
    assert_eq!(raw, PAYLOAD);
    let tree = curl(&server.url("/api/v1/tree?path=factory"));
    assert_eq!(tree["items"][0]["path"], json!("factory/line1"));
}

#[tokio::test]
async fn a_live_subscription_goes_on_from_replay_to_live() {
    let server = Settings::default().on_new_data().start();
    server.publish(&["-q", "1", "-t", TOPIC, "-m", "1"]);
    server.wait_until_mirrored();
    let (live, ()) = tokio::join!(frames(&server, "filter=factory/%23&last=5", 3), async {
        for payload in ["2", "3"] {
            server.publish(&["-q", "2", "-t", TOPIC, "-m", payload]);
        }
    });
    let payloads: Vec<_> = live
        .iter()
        .map(|message| message["payload"].clone())
        .collect();
    assert_eq!(payloads, [json!(1), json!(2), json!(3)]);
}

#[test]
fn what_rest_publishes_reaches_mqtt_and_history() {
    let server = Settings::default().on_new_data().start();
    let port = server.mqtt.port().to_string();
    let mut subscriber = Command::new("mosquitto_sub")
        .args([
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-t",
            "a/b",
            "-C",
            "1",
            "-W",
            "30",
            "-v",
            "-q",
            "1",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .expect("mosquitto_sub");
    eventually("the subscription", || {
        let status = curl(&server.url("/api/v1/status"));
        (status["subscriptions"].as_u64() == Some(1)).then_some(())
    });
    let url = server.url("/api/v1/publish?topic=a/b&qos=1");
    let answer = run(
        "curl",
        &["-sS", "-X", "POST", "--data-binary", "hello", &url],
    );
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert!(answer["seq"].is_u64(), "{answer}");
    let output = subscriber.stdout.take().map(std::io::read_to_string);
    assert!(subscriber.wait().is_ok_and(|status| status.success()));
    assert_eq!(output.and_then(Result::ok).as_deref(), Some("a/b hello\n"));
    server.wait_until_mirrored();
    assert_eq!(
        server.psql("select convert_from(payload, 'UTF8') from unspool.message"),
        "hello\n"
    );
}

#[test]
fn everything_is_there_after_an_orderly_stop_and_a_second_start() {
    let mut server = Settings::default().on_new_data().start();
    server.publish(&["-q", "1", "-r", "-t", TOPIC, "-m", PAYLOAD]);
    assert_eq!(server.stop(), Some(0));
    assert_eq!(processes_in(&server), Vec::<String>::new(), "left running");
    let server = server.restart();
    let latest = curl(&server.url("/api/v1/latest?filter=%23"));
    assert_eq!(latest["items"][0]["topic"], json!(TOPIC));
    let port = server.mqtt.port().to_string();
    let retained = run(
        "mosquitto_sub",
        &[
            "-h",
            "127.0.0.1",
            "-p",
            &port,
            "-t",
            "#",
            "-C",
            "1",
            "-W",
            "30",
        ],
    );
    assert_eq!(retained.trim(), PAYLOAD);
}

/// The command lines of processes that mention the server's data directory.
fn processes_in(server: &Server) -> Vec<String> {
    let data = server.data_dir();
    let data = data.to_str().expect("UTF-8");
    let processes = std::fs::read_dir("/proc").expect("/proc").flatten();
    let lines = processes.filter_map(|process| std::fs::read(process.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(data))
        .collect()
}

#[test]
fn the_database_dies_with_a_killed_server() {
    let mut server = Settings::default().on_new_data().start();
    assert!(!processes_in(&server).is_empty());
    server.kill();
    eventually("PostgreSQL ends", || {
        processes_in(&server).is_empty().then_some(())
    });
}
