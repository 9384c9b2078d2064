//! What has been kept long enough, and what it takes.

use super::history::{line, message};
use super::*;
use crate::message::{DAY_US, Defects, Keep, TimeSource};
use crate::store::{MessageRow, NewSample, SeriesKind};

/// Messages 1 to 10, one on each of the last ten days.
fn rows() -> Vec<MessageRow> {
    let today = Timestamp::now().0.div_euclid(DAY_US) * DAY_US;
    let row = |n: u64| {
        let at = Timestamp(today - (10 - n.cast_signed()) * DAY_US);
        let message = Message {
            received_at: at,
            ..message(n, "line/1", n.to_string().as_bytes())
        };
        let sample = NewSample {
            path: String::new(),
            time: at,
            value: Some(n as f64),
            text: None,
            time_source: TimeSource::Receipt,
            kind: SeriesKind::Number,
        };
        MessageRow {
            message: Arc::new(message),
            samples: vec![sample],
            defects: Defects::default(),
            remarks: None,
        }
    };
    (1..=10).map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_gone_is_said_wherever_it_is_asked_for() {
    let (line, postgres) = line(rows()).await;
    line.store.seal_all().await.unwrap();
    let everything = "/api/v1/messages?from=0";
    assert_eq!(
        line.get("/api/v1/storage").await.status,
        503,
        "not measured"
    );
    let page = line.get(everything).await.json();
    assert!(page.get("kept_from").is_none(), "{page}");

    line.store.keep(
        Keep {
            days: Some(3),
            bytes: None,
        },
        None,
    );
    line.store.expire_all().await.unwrap();
    let page = line.get(everything).await.json();
    assert_eq!(page["items"].as_array().unwrap().len(), 4, "{page}");
    let kept_from = page["kept_from"].as_str().unwrap().to_owned();
    assert!(kept_from.ends_with("T00:00:00Z"), "{kept_from}");
    // What is asked for is all there.
    for question in ["messages?from=-1d", "samples?from=-2d"] {
        let answer = line.get(&format!("/api/v1/{question}")).await.json();
        assert!(answer.get("kept_from").is_none(), "{answer}");
    }
    let samples = line.get("/api/v1/samples?from=-30d&raw=true").await.json();
    assert_eq!(samples["kept_from"], kept_from.as_str());
    for question in [
        "messages?from=0&format=ndjson",
        "samples?from=-30d&raw=true&format=csv",
        "samples?from=-30d&format=csv",
    ] {
        let answer = line.get(&format!("/api/v1/{question}")).await;
        let said = answer.header("unspool-kept-from");
        assert_eq!(said, kept_from, "{question}");
    }
    let gone = line.get("/api/v1/messages/2").await;
    assert_eq!(gone.status, 404);
    let detail = gone.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains(&kept_from), "{detail}");
    let never = line.get("/api/v1/messages/4711").await.json();
    assert!(!never["detail"].as_str().unwrap().contains("kept"));

    let storage = line.get("/api/v1/storage").await.json();
    assert_eq!(storage["keep"]["days"], 3, "{storage}");
    let parts = storage["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 3, "{storage}");
    assert_eq!(parts[2]["kind"], "rollups");
    for part in &parts[..2] {
        assert!(part["bytes_each"].as_f64().unwrap() > 1.0, "{storage}");
        assert_eq!(
            (&part["partitions"], &part["kept_from"]),
            (&4.into(), &kept_from.as_str().into())
        );
    }
    let ledger = line.get("/api/v1/ledger").await.json();
    assert_eq!(
        (&ledger["stored"], &ledger["expired"]),
        (&4.into(), &6.into())
    );
    line.stop().await;
    postgres.stop().await;
}
