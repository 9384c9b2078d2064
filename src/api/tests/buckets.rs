//! What people ask of samples, and of the past.

use super::history::{line, message};
use super::*;
use crate::message::{Defects, TimeSource};
use crate::store::{MessageRow, NewSample, SeriesKind};

/// Message 1 is received a second later.
const BEGIN: i64 = 1_795_327_200;

/// What comes of one topic: when, in seconds, a number, a text.
type Said = (&'static str, u64, Option<f64>, Option<&'static str>);

const SAID: [Said; 12] = [
    ("count", 1, Some(90.0), None),
    ("state", 2, None, Some("run")),
    ("temp", 10, Some(20.0), None),
    ("count", 30, Some(95.0), None),
    ("state", 60, None, Some("idle")),
    ("temp", 70, Some(80.0), None),
    ("count", 70, Some(3.0), None),
    ("switch", 90, Some(1.0), None),
    ("state", 120, None, Some("run")),
    ("temp", 130, Some(50.0), None),
    ("switch", 150, Some(0.0), None),
    ("count", 170, Some(7.0), None),
];

fn rows() -> Vec<MessageRow> {
    let row = |(n, (topic, at, value, text)): (u64, Said)| {
        let received_at = Timestamp((BEGIN + at.cast_signed()) * 1_000_000);
        let payload = value.map_or_else(|| text.unwrap().to_owned(), |it| it.to_string());
        let message = Message {
            received_at,
            ..message(n, &format!("m/{topic}"), payload.as_bytes())
        };
        let sample = NewSample {
            path: String::new(),
            time: received_at,
            value,
            text: text.map(str::to_owned),
            time_source: TimeSource::Receipt,
            kind: match topic {
                "switch" => SeriesKind::Bool,
                "state" => SeriesKind::Text,
                _ => SeriesKind::Number,
            },
        };
        MessageRow {
            message: Arc::new(message),
            samples: vec![sample],
            defects: Defects::default(),
            remarks: None,
        }
    };
    (1..).zip(SAID).map(row).collect()
}

/// Answers to questions about three minutes, by topic, and what is told of each bucket.
#[tokio::test(flavor = "multi_thread")]
async fn samples_come_to_what_people_ask_for() {
    let (line, postgres) = line(rows()).await;
    let range = format!("from={BEGIN}&to={}", BEGIN + 180);
    for (question, expected) in [
        (
            "count&every=1m&agg=delta,increase",
            r"[[5,5],[-92,3],[4,4]]",
        ),
        (
            "count&every=1m&agg=increase,rate&wrap=100",
            r"[[5,0.0847457627118644],[8,0.13333333333333333],[4,0.06666666666666667]]",
        ),
        // Of the whole time.
        ("count&agg=increase,transitions,count", "[[12,3,4]]"),
        ("temp&agg=above&threshold=60", "[[60]]"),
        ("temp&agg=below,max&threshold=60", "[[110,80]]"),
        ("temp&agg=mean,median,p0,range,stddev", "[[50,50,20,60,30]]"),
        (
            "temp&every=1m&agg=time_weighted,interpolated",
            "[[20,null],[70,70],[55,55]]",
        ),
        (
            "temp&every=1m&agg=time_weighted_linear",
            "[[45],[68.75],[52.5]]",
        ),
        (
            "state&agg=states,transitions",
            r#"[[{"idle":60,"run":118},2]]"#,
        ),
        (
            "switch&agg=states,transitions",
            r#"[[{"false":30,"true":60},1]]"#,
        ),
        ("switch&every=1m&agg=max", "[[1],[0]]"),
        (
            "switch&every=1m&agg=max,integral&fill=null",
            "[[null,0],[1,30],[0,30]]",
        ),
        // What held before holds.
        (
            "temp&every=20s&agg=last,seconds&from=1795327220&to=1795327280&fill=previous",
            "[[20,20],[20,20],[80,20]]",
        ),
        (
            "temp&every=20s&agg=avg&from=1795327220&to=1795327280&fill=linear",
            "[[30],[50],[80]]",
        ),
        ("temp&every=1m&agg=count&offset=10s", "[[1],[1],[1]]"),
    ] {
        let range = if question.contains("from=") {
            String::new()
        } else {
            format!("&{range}")
        };
        let path = format!("/api/v1/samples?filter=m/{question}{range}");
        let answer = line.get(&path).await.json();
        let rows = answer["series"][0]["rows"].as_array();
        let rows = rows.unwrap_or_else(|| panic!("{path}: {answer}"));
        let cells = rows.iter().map(|row| row.as_array().unwrap()[1..].to_vec());
        let found: Vec<Vec<Value>> = cells.collect();
        let expected: Vec<Vec<Value>> = serde_json::from_str(expected).unwrap();
        let numbers = |rows: &[Vec<Value>]| format!("{rows:?}").replace(".0", "");
        assert_eq!(numbers(&found), numbers(&expected), "{path}");
    }
    let before = line.get("/api/v1/samples?filter=m/temp&from=1795327220&to=1795327225");
    let before = before.await.json();
    assert_eq!(
        before["series"][0]["before"],
        serde_json::json!([1_795_327_210_000_u64, 20.0])
    );
    assert_eq!(before["reduction"], "none");
    for (question, part) in [
        ("agg=above", "threshold"),
        ("agg=mode", "expected count"),
        ("agg=count&raw=true", "raw=true"),
        ("fill=zero", "expected none"),
        ("offset=1h", "every"),
        ("every=1h&offset=1h", "less than every"),
        ("shape=series&format=csv", "shape"),
        ("shape=long", "series, rows or wide"),
        ("threshold=NaN", "expected a number"),
        ("every=1s&from=0", "buckets"),
        ("every=8h&tz=Europe/Berlin&from=0", "buckets"),
    ] {
        let answer = line.get(&format!("/api/v1/samples?{question}")).await;
        assert_eq!(answer.status, 400, "{question}");
        assert!(
            answer.text().contains(part),
            "{question}: {}",
            answer.text()
        );
    }
    shapes(&line, &range).await;
    the_past(&line).await;
    line.stop().await;
    postgres.stop().await;
}

/// The same answer for those who make tables of it.
async fn shapes(line: &Line, range: &str) {
    for (question, expected) in [
        (
            "filter=m/%2B&every=1m&agg=last&shape=wide&format=csv",
            "time,m/count,m/state,m/switch,m/temp\r\n\
             2026-11-22T06:00:00Z,95,,,20\r\n\
             2026-11-22T06:01:00Z,3,,1,80\r\n\
             2026-11-22T06:02:00Z,7,,0,50\r\n",
        ),
        (
            "filter=m/temp&agg=min,max&shape=wide",
            "[{\"time\":\"2026-11-22T06:00:00Z\",\"m/temp min\":20.0,\"m/temp max\":80.0}\n]\n",
        ),
        (
            "filter=m/state&raw=true&shape=rows&limit=2",
            "[{\"time\":\"2026-11-22T06:00:02Z\",\"topic\":\"m/state\",\"path\":\"\",\"seq\":2,\"value\":\"run\"}\n\
             ,{\"time\":\"2026-11-22T06:01:00Z\",\"topic\":\"m/state\",\"path\":\"\",\"seq\":5,\"value\":\"idle\"}\n]\n",
        ),
        ("filter=m/none&raw=true&shape=rows", "[]\n"),
        ("filter=m/none&every=1m&shape=rows", "[]\n"),
        (
            "filter=m/none&raw=true&format=csv",
            "time,topic,path,seq,value\r\n",
        ),
        ("filter=m/none&raw=true&format=ndjson", ""),
        (
            "filter=m/state&raw=true&shape=wide&format=ndjson&limit=1",
            "{\"time\":\"2026-11-22T06:00:02Z\",\"m/state\":\"run\"}\n",
        ),
    ] {
        let path = format!("/api/v1/samples?{question}&{range}");
        assert_eq!(line.get(&path).await.text(), expected, "{question}");
    }
}

async fn the_past(line: &Line) {
    let told = async |query: &str| {
        let page = line.get(&format!("/api/v1/latest?{query}")).await.json();
        let items = page["items"].as_array();
        let items = items.unwrap_or_else(|| panic!("{query}: {page}"));
        let item = |item: &Value| {
            let value = &item["series"][0]["value"];
            format!("{} {value}", item["topic"].as_str().unwrap())
        };
        let told: Vec<String> = items.iter().map(item).collect();
        (told.join(", "), page)
    };
    for way in ["at", "as_of"] {
        let (told_then, page) = told(&format!("filter=m/%23&{way}={}", BEGIN + 100)).await;
        let expected = "m/count 3.0, m/state \"idle\", m/switch true, m/temp 80.0";
        assert_eq!(told_then, expected);
        assert!(page["items"][0].get("messages").is_none(), "{page}");
        assert_eq!(page["items"][0]["payload"], 3);
        let (told_then, _) = told(&format!("filter=m/%23&{way}={}", BEGIN - 1)).await;
        assert_eq!(told_then, "");
        // Page by page, of one moment.
        let mut pages = Vec::new();
        let mut cursor = String::new();
        loop {
            let query = format!("{way}={}&limit=3&cursor={cursor}", BEGIN + 100);
            let (told_then, page) = told(&query).await;
            pages.push(told_then);
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(pages.join(", "), expected);
        let local = "filter=m/temp&tz=Europe/Berlin&at=2026-11-22T07:00:30";
        assert_eq!(told(local).await.0, "m/temp 20.0");
    }
    let both = line.get("/api/v1/latest?at=now&as_of=now").await;
    assert_eq!(both.status, 400);
    let around = line.get("/api/v1/messages?around=6&within=10s&order=asc");
    let around = around.await.json();
    let seqs = around["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["seq"].clone());
    assert_eq!(seqs.collect::<Vec<_>>(), [5, 6, 7]);
    for wrong in ["around=6&from=0", "within=5s", "around=0", "around=x"] {
        let answer = line.get(&format!("/api/v1/messages?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    assert_eq!(line.get("/api/v1/messages?around=4711").await.status, 404);
}
