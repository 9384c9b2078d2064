//! Every way to follow what happens: modes of subscriptions, and frames that clients send.

use std::io::Read as _;
use std::time::Instant;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use unspool::live::{CLIENT_FRAMES, MODES};

use super::people::{Plant, Request, Who};
use crate::support::wait::DEADLINE;

/// What is asked for in each mode, about all topics.
const MODE_ROWS: &[(&str, &str)] = &[
    ("all", "mode=all&last=100"),
    ("latest", "mode=latest&hz=10"),
    ("tree", "mode=tree&hz=4&paths=,open,secret"),
];

#[test]
fn every_mode_and_every_frame_has_a_row() {
    let modes: Vec<_> = MODE_ROWS.iter().map(|(mode, _)| *mode).collect();
    assert_eq!(modes, MODES);
    let frames: Vec<_> = FRAME_ROWS.iter().map(|(frame, _)| *frame).collect();
    assert_eq!(frames, CLIENT_FRAMES);
}

/// The events of a stream until `enough`.
fn events(plant: &Plant, who: Who, query: &str, enough: impl Fn(&str) -> bool) -> String {
    let request = Request::new("GET", &format!("/api/v1/stream?{query}"));
    let request = match plant.token(who) {
        Some(token) => request.header("authorization", &format!("Bearer {token}")),
        None => request,
    };
    let mut socket = plant.open(&request);
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    let until = Instant::now() + DEADLINE;
    while !enough(&text) {
        let read = socket.read(&mut piece).unwrap_or_default();
        assert!(
            read > 0 && Instant::now() < until,
            "{who:?} {query}: {text}"
        );
        text += &String::from_utf8_lossy(&piece[..read]);
    }
    text
}

#[test]
fn a_stream_has_nothing_that_may_not_be_read() {
    for with_anonymous in [false, true] {
        let plant = Plant::start(with_anonymous);
        for who in plant.people() {
            for (mode, query) in MODE_ROWS {
                if who == Who::Nobody {
                    let request = Request::new("GET", &format!("/api/v1/stream?{query}"));
                    assert_eq!(plant.ask(who, &request).status, 401, "{mode}");
                    continue;
                }
                let text = events(&plant, who, query, |text| {
                    text.contains("open/b") && (!who.reads_all() || text.contains("secret/b"))
                });
                assert_eq!(
                    text.contains("secret"),
                    who.reads_all(),
                    "{who:?} {mode}: {text}"
                );
                // What all comes to is not for everybody.
                assert_eq!(
                    text.contains("\"head\""),
                    who.reads_all(),
                    "{who:?} {mode}: {text}"
                );
            }
        }
    }
}

/// Digits tell places in the order of everything, and those differ.
fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[test]
fn a_stream_of_what_may_not_be_read_is_one_of_nothing() {
    let plant = Plant::start(false);
    for who in plant
        .people()
        .filter(|who| *who != Who::Nobody && !who.reads_all())
    {
        let of = |name: &str| {
            let query = format!("filter={name}/%23&last=100");
            let text = events(&plant, who, &query, |text| text.contains("\"live\""));
            // Pieces of the transfer, and whether a tick came before the end, are no part of it.
            let lines = text.lines().filter(|line| line.starts_with("data: "));
            without_digits(&lines.collect::<Vec<_>>().join("\n").replace(name, ""))
        };
        assert_eq!(of("secret"), of("absent"), "{who:?}");
    }
}

/// The type of a frame, and one about this topic.
type FrameRow = (&'static str, fn(&str) -> Value);

/// What somebody sends, and what comes of it where the topic is forbidden to whom it is.
const FRAME_ROWS: &[FrameRow] = &[
    (
        "sub",
        |topic| json!({ "type": "sub", "id": 1, "filter": topic, "last": 10 }),
    ),
    (
        "pub",
        |topic| json!({ "type": "pub", "id": 2, "topic": topic, "payload": 1 }),
    ),
    ("pause", |_| json!({ "type": "pause", "id": 1 })),
    ("resume", |_| json!({ "type": "resume", "id": 1 })),
    ("unsub", |_| json!({ "type": "unsub", "id": 1 })),
    ("ping", |_| json!({ "type": "ping", "id": 3 })),
];

/// All frames on a connection of `who`, about this topic: what comes back, without places.
async fn said(plant: &Plant, who: Who, topic: &str) -> Vec<String> {
    let url = format!("ws://{}/api/v1/ws", plant.server.http);
    let mut request = url.into_client_request().unwrap();
    if let Some(token) = plant.token(who) {
        let value = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", value);
    }
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    for (_, frame) in FRAME_ROWS {
        socket
            .send(Message::text(frame(topic).to_string()))
            .await
            .unwrap();
    }
    let mut said = Vec::new();
    loop {
        let next = tokio::time::timeout(DEADLINE, socket.next())
            .await
            .expect("a frame");
        let Some(Ok(Message::Text(text))) = next else {
            panic!("{who:?} {topic}: {next:?}");
        };
        let frame: Value = serde_json::from_str(&text).unwrap();
        match frame["type"].as_str() {
            Some("hello" | "tick" | "live") => {}
            _ => said.push(without_digits(&text)),
        }
        if frame["id"] == 3 {
            break;
        }
    }
    // Replay and publishing answer when they are done.
    said.sort();
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_about_what_is_forbidden_is_answered_as_one_about_nothing() {
    let plant = tokio::task::spawn_blocking(|| Plant::start(false))
        .await
        .unwrap();
    for who in [Who::Viewer, Who::Device, Who::Denied, Who::Token] {
        let secret = said(&plant, who, "secret/b").await;
        let refused = secret.iter().any(|frame| frame.contains("not_authorized"));
        assert!(refused, "{who:?}: {secret:?}");
        let shown = secret.iter().any(|frame| frame.contains("msgs"));
        assert!(!shown || who.reads_all(), "{who:?}: {secret:?}");
        if matches!(who, Who::Device | Who::Token) {
            let absent = said(&plant, who, "absent/b").await;
            let absent: Vec<_> = absent
                .iter()
                .map(|frame| frame.replace("absent", "secret"))
                .collect();
            assert_eq!(secret, absent, "{who:?}");
        }
    }
    tokio::task::spawn_blocking(move || drop(plant))
        .await
        .unwrap();
}
