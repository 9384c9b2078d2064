//! What is in the database.

use super::*;
use crate::message::{DefectCode, Defects, TimeSource};
use crate::store::embedded::Postgres;
use crate::store::{MessageRow, NewSample, RowBatch, SeriesKind};

/// The first message is received then, each further one a second later.
const BEGIN: i64 = 1_795_327_200_000_000;

pub(super) fn message(n: u64, topic: &str, payload: &[u8]) -> Message {
    Message {
        offset: Offset(n),
        received_at: Timestamp(BEGIN + n.cast_signed() * 1_000_000),
        client: ClientId("press".into()),
        qos: Qos::AtLeastOnce,
        ..Message::new(Topic::new(topic).unwrap(), payload.to_vec())
    }
}

fn sample(path: &str, time: i64, value: f64) -> NewSample {
    NewSample {
        path: path.into(),
        time: Timestamp(time),
        value: Some(value),
        text: None,
        time_source: TimeSource::Receipt,
        kind: SeriesKind::Number,
    }
}

/// Messages 1 to 250 on `line/0` … `line/4`, and an image as message 251.
pub(super) fn rows() -> Vec<MessageRow> {
    let mut rows: Vec<_> = (1..=250)
        .map(|n| {
            let message = message(
                n,
                &format!("line/{}", n % 5),
                format!("{{\"n\":{n}}}").as_bytes(),
            );
            let time = message.received_at.0;
            MessageRow {
                message: Arc::new(message),
                samples: vec![sample("/n", time, n as f64)],
                defects: Defects::default(),
                remarks: None,
            }
        })
        .collect();
    rows.push(MessageRow {
        message: Arc::new(message(251, "camera", b"\xff\xd8\xff\xe0 a part")),
        samples: Vec::new(),
        defects: Defects::default(),
        remarks: None,
    });
    rows
}

pub(super) async fn line(rows: Vec<MessageRow>) -> (Line, Postgres) {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = TempDir::new().unwrap();
    // The database's user must get there.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let postgres = Postgres::start(&dir.path().join("database"), None)
        .await
        .unwrap();
    let line = Line::new(&postgres.database(), dir);
    line.store.prepare().await.unwrap();
    line.store.adopt(Epoch(7), Offset(1)).await.unwrap();
    let next = rows.last().unwrap().message.offset.plus(1);
    let first = Offset(1);
    line.store
        .write(&RowBatch {
            first,
            next,
            rows,
            left_out: Vec::new(),
        })
        .await
        .unwrap();
    (line, postgres)
}

fn seqs(page: &Value) -> Vec<u64> {
    let items = page["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_answered() {
    let (line, postgres) = line(rows()).await;
    pages_fit_together(&line).await;
    everything_is_streamed(&line).await;
    a_payload_is_cacheable_for_ever(&line).await;
    last_values_and_the_tree_are_told(&line).await;
    samples_are_told_raw_and_in_buckets(&line).await;
    dead_letters_are_told(&line).await;
    pages_show_one_moment(&line).await;
    line.stop().await;
    postgres.stop().await;
}

async fn pages_show_one_moment(line: &Line) {
    let head = line.store.complete_to();
    for (path, first) in [
        ("messages?from=0&order=asc&filter=line/%23", head.plus(1)),
        ("dead-letters?order=asc", head.plus(2)),
    ] {
        let page = line.get(&format!("/api/v1/{path}&limit=1")).await.json();
        assert_eq!(page["complete_to"], first.0 - 1, "{path}");
        let mut defects = Defects::default();
        defects.add(DefectCode::TooDeep, None, String::new);
        let rows = vec![MessageRow {
            message: Arc::new(message(first.0, "line/late", b"1")),
            samples: Vec::new(),
            defects,
            remarks: None,
        }];
        let next = first.plus(1);
        let batch = RowBatch {
            first,
            next,
            rows,
            left_out: Vec::new(),
        };
        line.store.write(&batch).await.unwrap();
        let cursor = page["next"].as_str().unwrap();
        let rest = line
            .get(&format!("/api/v1/{path}&limit=1000&cursor={cursor}"))
            .await
            .json();
        assert_eq!(rest["complete_to"], first.0 - 1, "{path}");
        assert!(!seqs(&rest).is_empty() && !seqs(&rest).contains(&first.0));
        let anew = line.get(&format!("/api/v1/{path}&limit=1000")).await.json();
        assert!(seqs(&anew).contains(&first.0), "{path}");
    }
}

async fn pages_fit_together(line: &Line) {
    for (order, filter, expected) in [
        ("asc", "line/%23", (1..=250).collect::<Vec<u64>>()),
        (
            "desc",
            "line/3",
            (1..=250).rev().filter(|n| n % 5 == 3).collect(),
        ),
    ] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!(
                "/api/v1/messages?filter={filter}&from={}&order={order}&limit=40&cursor={cursor}",
                BEGIN / 1_000_000
            );
            let page = line.get(&path).await.json();
            found.extend(seqs(&page));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, expected, "{order} {filter}");
    }
    let topics = line.get("/api/v1/topics?limit=4").await.json();
    let next = topics["next"].as_str().unwrap();
    let rest = line
        .get(&format!("/api/v1/topics?limit=4&cursor={next}"))
        .await
        .json();
    assert_eq!((seqs(&topics).len(), seqs(&rest).len()), (4, 2));
    assert_eq!(rest["next"], Value::Null);
    let bounds = format!("from={}&to={}", BEGIN + 10_000_000, BEGIN + 12_000_000);
    let page = line
        .get(&format!("/api/v1/messages?{bounds}&order=asc"))
        .await
        .json();
    assert_eq!(seqs(&page), [10, 11]);
}

async fn everything_is_streamed(line: &Line) {
    let answer = line
        .get(&format!(
            "/api/v1/messages?from={BEGIN}&order=asc&format=ndjson"
        ))
        .await;
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> = answer
        .text()
        .lines()
        .map(|l| serde_json::from_str(l).unwrap())
        .collect();
    assert_eq!(lines.len(), 251);
    assert_eq!(lines[9]["payload"], serde_json::json!({"n": 10}));
    let answer = line
        .get(&format!(
            "/api/v1/messages?from={BEGIN}&order=asc&format=csv&limit=2"
        ))
        .await;
    assert_eq!(
        answer.text(),
        "seq,time,topic,qos,retain,client,payload,mime,bytes,ref\r\n\
         1,2026-11-22T06:00:01Z,line/1,1,false,press,\"{\"\"n\"\":1}\",,,\r\n\
         2,2026-11-22T06:00:02Z,line/2,1,false,press,\"{\"\"n\"\":2}\",,,\r\n"
    );
}

async fn a_payload_is_cacheable_for_ever(line: &Line) {
    let message = line.get("/api/v1/messages/251").await.json();
    assert_eq!(message["mime"], "image/jpeg");
    let path = message["ref"].as_str().unwrap();
    let (address, epoch) = path.split_once("?epoch=").unwrap();
    let tag = format!("\"{epoch}-251\"");
    let payload = line.get(path).await;
    assert_eq!(&payload.body[..], b"\xff\xd8\xff\xe0 a part");
    for (name, value) in [
        ("content-type", "image/jpeg"),
        ("etag", &tag),
        ("cache-control", "private, max-age=31536000, immutable"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "same-origin"),
        ("content-disposition", "inline; filename=\"message-251\""),
    ] {
        assert_eq!(payload.header(name), value, "{name}");
    }
    // The same number may be another message's one day.
    let anyones = line.get(address).await;
    assert_eq!(anyones.header("cache-control"), "no-cache");
    let other = line.get(&format!("{address}?epoch={epoch}0")).await;
    assert_eq!(other.status, 404);
    let request = Request::get(path).header("if-none-match", &tag);
    let again = line.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    let head = line
        .ask(Request::head(path).body(Body::empty()).unwrap())
        .await;
    assert_eq!((head.status, head.header("content-length")), (200, "11"));
    assert_eq!(line.get("/api/v1/messages/252").await.status, 404);
    assert_eq!(
        line.get("/api/v1/messages/99999999999999999999")
            .await
            .status,
        400
    );
}

/// Behind what is there: one in three is as it should be.
async fn dead_letters_are_told(line: &Line) {
    let rows = (252..=281).map(|n| {
        let mut defects = Defects::default();
        let text = || "not\0fine".to_owned();
        match n % 3 {
            0 => defects.add(DefectCode::NotJson, None, text),
            2 => defects.add(DefectCode::ZeroInText, Some("/a\0"), text),
            _ => {}
        }
        let topic = format!("bad/{}", n % 2);
        MessageRow {
            message: Arc::new(message(n, &topic, b"{")),
            samples: Vec::new(),
            defects,
            remarks: None,
        }
    });
    let batch = RowBatch {
        first: Offset(252),
        next: Offset(282),
        rows: rows.collect(),
        left_out: Vec::new(),
    };
    line.store.write(&batch).await.unwrap();
    let code = |n: u64| match n % 3 {
        0 => Some("not_json"),
        2 => Some("zero_in_text"),
        _ => None,
    };
    for (query, wanted) in [
        ("", (|_, _| true) as fn(u64, &str) -> bool),
        ("defect=not_json&order=asc", |_, code| code == "not_json"),
        ("filter=bad/1", |n, _| n % 2 == 1),
        ("filter=line/%23&order=asc", |_, _| false),
        ("filter=bad/0&defect=zero_in_text", |n, code| {
            n % 2 == 0 && code == "zero_in_text"
        }),
    ] {
        let mut expected: Vec<u64> = (252..=281)
            .filter(|n| code(*n).is_some_and(|code| wanted(*n, code)))
            .collect();
        if !query.contains("asc") {
            expected.reverse();
        }
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/api/v1/dead-letters?{query}&limit=3&cursor={cursor}");
            let page = line.get(&path).await.json();
            found.extend(seqs(&page));
            match page["next"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => break,
            }
        }
        assert_eq!(found, expected, "{query}");
    }
    let page = line.get("/api/v1/dead-letters?limit=2").await.json();
    let zero = &page["items"][0];
    assert_eq!(
        zero,
        &serde_json::json!({
            "seq": 281,
            "topic": "bad/1",
            "time": "2026-11-22T06:04:41Z",
            "defects": [
                {"code": "zero_in_text", "path": "/a\u{fffd}", "text": "not\u{fffd}fine"}
            ],
            "message": "/api/v1/messages/281",
        })
    );
    let message = line.get(zero["message"].as_str().unwrap()).await.json();
    assert_eq!(message["payload"], "{");
    let ledger = line.get("/api/v1/ledger").await.json();
    assert_eq!(ledger["dead_lettered"], 20);
}

async fn last_values_and_the_tree_are_told(line: &Line) {
    let latest = line.get("/api/v1/latest?filter=line/%2B").await.json();
    assert_eq!(seqs(&latest), [250, 246, 247, 248, 249]);
    let first = &latest["items"][0];
    assert_eq!(
        (&first["messages"], &first["payload"]["n"]),
        (&50.into(), &250.into())
    );
    assert_eq!(first["series"][0]["path"], "/n");
    assert_eq!(first["series"][0]["value"], 250.0);
    let root = line.get("/api/v1/tree").await.json();
    let names: Vec<_> = root["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| &node["name"])
        .collect();
    assert_eq!(names, ["camera", "line"]);
    assert_eq!(root["items"][1]["topics"], 5);
    let below = line.get("/api/v1/tree?path=line&limit=2").await.json();
    assert_eq!(below["items"][0]["path"], "line/0");
    assert!(below["next"].is_string());
    let ledger = line.get("/api/v1/ledger").await.json();
    assert_eq!(
        (&ledger["stored"], &ledger["dead_lettered"]),
        (&251.into(), &0.into())
    );
}

async fn samples_are_told_raw_and_in_buckets(line: &Line) {
    let range = format!(
        "filter=line/0&path=/n&from={BEGIN}&to={}",
        BEGIN + 300_000_000
    );
    let raw = line
        .get(&format!("/api/v1/samples?{range}&raw=true"))
        .await
        .json();
    let series = &raw["series"][0];
    assert_eq!(
        (&series["topic"], &series["path"]),
        (&"line/0".into(), &"/n".into())
    );
    assert_eq!(series["rows"].as_array().unwrap().len(), 50);
    assert_eq!(
        series["rows"][0],
        serde_json::json!([BEGIN / 1000 + 5000, 5.0])
    );
    let buckets = line
        .get(&format!("/api/v1/samples?{range}&every=1m"))
        .await
        .json();
    assert_eq!(buckets["every_ms"], 60_000);
    assert_eq!(
        buckets["series"][0]["columns"],
        serde_json::json!([
            "time", "count", "min", "max", "avg", "first", "last", "integral", "seconds"
        ])
    );
    assert_eq!(
        buckets["series"][0]["rows"][0],
        // Each of the eleven holds for five seconds.
        serde_json::json!([BEGIN / 1000, 11, 5.0, 55.0, 30.0, 5.0, 55.0, 1650.0, 55.0])
    );
    let csv = line
        .get(&format!("/api/v1/samples?{range}&every=1m&format=csv"))
        .await;
    assert!(
        csv.text().starts_with(
            "time,topic,path,count,min,max,avg,first,last,integral,seconds,states\r\n"
        ),
        "{}",
        csv.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_streamed_each_once() {
    // Many at the same instant, more than are read at a time.
    let many = (0..6000)
        .map(|n| (0, n))
        .chain((6000..13_000).map(|n| (n, n)));
    let rows = many
        .map(|(at, n)| MessageRow {
            message: Arc::new(message(n + 1, "fast", b"{}")),
            samples: vec![sample("/v", BEGIN + at.cast_signed(), n as f64)],
            defects: Defects::default(),
            remarks: None,
        })
        .collect();
    let (line, postgres) = line(rows).await;
    let to = BEGIN + 1_000_000_000;
    let path = format!("/api/v1/samples?filter=fast&from={BEGIN}&to={to}&raw=true&format=ndjson");
    let answer = line.get(&path).await;
    let values: Vec<_> = answer
        .text()
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["seq"]
                .as_u64()
                .unwrap()
        })
        .collect();
    assert_eq!(values, (1..=13_000).collect::<Vec<_>>());
    let limited = line.get(&format!("{path}&limit=7001")).await;
    assert_eq!(limited.text().lines().count(), 7001);
    line.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn topics_are_removed_by_filter_after_a_look_at_what_that_takes() {
    let (line, postgres) = line(rows()).await;
    let delete = async |query: &str| {
        let request = Request::delete(format!("/api/v1/topics{query}"));
        line.ask(request.body(Body::empty()).unwrap()).await
    };
    let answer = delete("?filter=line/%2B&dry_run=true").await;
    let plan = answer.json();
    assert_eq!(answer.status, 200, "{plan}");
    for (member, expected) in [
        ("topics", 5),
        ("series", 5),
        ("messages", 250),
        ("samples", 250),
        ("dead_letters", 0),
        ("retained", 3),
    ] {
        assert_eq!(plan[member], expected, "{member}: {plan}");
    }
    assert_eq!(plan["names"][4], "line/4");
    let answer = delete("?filter=line/%2B").await;
    let asked = answer.json();
    assert_eq!((answer.status, &asked["state"]), (202, &"waiting".into()));
    let location = answer.header("location");
    assert_eq!(location, format!("/api/v1/removals/{}", asked["id"]));
    line.store.remove_all().await.unwrap();
    let done = line.get(location).await.json();
    assert_eq!(
        (&done["state"], &done["messages"]),
        (&"done".into(), &250.into())
    );
    assert_eq!(
        line.get("/api/v1/removals").await.json()["items"],
        Value::from(vec![done])
    );
    let topics = line.get("/api/v1/topics").await.json();
    assert_eq!(topics["items"].as_array().unwrap().len(), 1);
    let ledger = line.get("/api/v1/ledger").await.json();
    assert_eq!(
        (&ledger["removed"], &ledger["stored"]),
        (&250.into(), &1.into())
    );
    for path in ["removals/0", "removals/x", "removals/99"] {
        assert_eq!(
            line.get(&format!("/api/v1/{path}")).await.status,
            404,
            "{path}"
        );
    }
    // Nobody removes everything by forgetting to say what.
    for query in ["", "?filter=", "?filter=a%23", "?dry_run=true"] {
        let answer = delete(query).await;
        let problem = answer.json();
        assert_eq!(
            (answer.status, &problem["parameter"]),
            (400, &"filter".into())
        );
    }
    line.stop().await;
    postgres.stop().await;
}
