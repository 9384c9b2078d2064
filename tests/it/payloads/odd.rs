//! Messages that a database might refuse: each is on record with its raw bytes, what can be read
//! of it is in its series, what can't is told as a dead letter, and nothing waits for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use unspool::message::{Properties, Qos};
use unspool::mqtt::codec::Version;

use crate::support::client::Client;
use crate::support::commands::curl;
use crate::support::ledger::assert_nothing_is_lost;
use crate::support::packets::publish;
use crate::support::server::Server;

/// A payload, and what is to become of it.
struct Case {
    content_type: Option<&'static str>,
    payload: Vec<u8>,
    /// Code and path of what is wrong with it.
    wrong: Option<(&'static str, Option<&'static str>)>,
    /// Its samples: path, and value or text.
    samples: Vec<(&'static str, &'static str)>,
}

fn fine(payload: &[u8], samples: &[(&'static str, &'static str)]) -> Case {
    Case {
        content_type: None,
        payload: payload.to_vec(),
        wrong: None,
        samples: samples.to_vec(),
    }
}

fn wrong(
    payload: &[u8],
    code: &'static str,
    path: Option<&'static str>,
    samples: &[(&'static str, &'static str)],
) -> Case {
    Case {
        wrong: Some((code, path)),
        ..fine(payload, samples)
    }
}

fn cases() -> Vec<Case> {
    let mut cases = well_formed();
    cases.extend(malformed());
    cases.extend(unheld());
    cases
}

fn well_formed() -> Vec<Case> {
    let long = "x".repeat(1 << 20);
    vec![
        fine(b"", &[]),
        fine(b"\xff\xfe\x00", &[]),
        fine(b"a\0b", &[]),
        fine(long.as_bytes(), &[]),
        fine(
            format!(r#"{{"text":"{long}","n":1}}"#).as_bytes(),
            &[("/n", "1")],
        ),
        fine(
            br#"{"least":5e-324,"most":-1.7976931348623157e308}"#,
            &[("/least", "5e-324"), ("/most", "-1.7976931348623157e+308")],
        ),
        fine(
            b"123456789012345678901234567890",
            &[("", "123456789012345678901234567890")],
        ),
        fine(b"18446744073709551616", &[("", "18446744073709551616")]),
        fine(
            br#"{"d":123456789.123456789,"e":0.1}"#,
            &[("/d", "123456789.123456789"), ("/e", "0.1")],
        ),
        fine(b"0012345678905", &[("", "0012345678905")]),
        fine(b"12E34567", &[("", "12E34567")]),
        fine(b"1e999", &[("", "1e999")]),
        fine(b"{\"a\":1}\n{\"b\":2}\n", &[("/a", "1"), ("/b", "2")]),
        Case {
            content_type: Some("application/cbor"),
            ..fine(b"\xa2\x61v\xf9\x4d\x60\x62id\x42\xff\0", &[("/v", "21.5")])
        },
        Case {
            content_type: Some("application/msgpack"),
            ..fine(b"\x81\xa1v\x15", &[("/v", "21")])
        },
        fine(
            b"press,line=2 temp=21.5,n=9007199254740993i 1763848053000000000",
            &[
                ("/press,line=2/n", "9007199254740993"),
                ("/press,line=2/temp", "21.5"),
            ],
        ),
    ]
}

fn malformed() -> Vec<Case> {
    let not_json = |payload: &[u8]| wrong(payload, "not_json", None, &[]);
    vec![
        wrong(b"NaN", "not_a_number", Some(""), &[]),
        not_json(br#"{"temp":21."#),
        wrong(
            br#"{"temp":NaN,"hum":40.5}"#,
            "not_a_number",
            Some("/temp"),
            &[("/hum", "40.5")],
        ),
        not_json(b"{\"temp\":\"a\0b\"}"),
        wrong(
            b"{\"temp\":\"21 \xb0C\"}",
            "other_encoding",
            None,
            &[("/temp", "21 °C")],
        ),
        wrong(b"21.5\0\0", "other_encoding", None, &[("", "21.5")]),
        wrong(
            br#"{"temp":21.5,"hum":4"#,
            "not_json",
            None,
            &[("/temp", "21.5")],
        ),
        wrong(b"{'a':1}", "near_json", Some(""), &[("/a", "1")]),
        wrong(
            br#"{"a":1,"b":2,"a":3}"#,
            "repeated_member",
            Some("/a"),
            &[("/a", "3"), ("/b", "2")],
        ),
        wrong(
            br#"{"timestamp_ms":1763848053,"v":1}"#,
            "other_time_unit",
            Some("/timestamp_ms"),
            &[("/v", "1")],
        ),
        wrong(
            format!(r#"{{"{}":[1,2,3],"v":1}}"#, "n".repeat(900_000)).as_bytes(),
            "name_too_long",
            Some(""),
            &[("/v", "1")],
        ),
        Case {
            content_type: Some("application/json"),
            ..not_json(b"running")
        },
        Case {
            content_type: Some("application/cbor"),
            ..wrong(b"\xa1\x61v\xf9\x7e\x00", "not_a_number", Some("/v"), &[])
        },
        wrong(b"\x1f\x8b\x08\0\0", "malformed", None, &[]),
    ]
}

/// JSON in which something can't be held.
fn unheld() -> Vec<Case> {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    vec![
        wrong(
            br#"{"a":"x\u0000y","b":1}"#,
            "zero_in_text",
            Some("/a"),
            &[("/a", "x\u{fffd}y"), ("/b", "1")],
        ),
        wrong(
            br#"{"p\u0000q":1}"#,
            "zero_in_text",
            Some("/p\u{fffd}q"),
            &[("/p\u{fffd}q", "1")],
        ),
        wrong(br#""\ud800""#, "unreadable", Some(""), &[]),
        wrong(
            br#"{"a":1e999,"b":{"c":[2,-1e999]},"d":3}"#,
            "unreadable",
            Some("/a"),
            &[
                ("/a", "1e999"),
                ("/b/c/0", "2"),
                ("/b/c/1", "-1e999"),
                ("/d", "3"),
            ],
        ),
        wrong(
            br#"{"a":"\ud800","b":2}"#,
            "unreadable",
            Some("/a"),
            &[("/b", "2")],
        ),
        wrong(
            br#"{"timestamp_ms":9223372036854775807,"v":1}"#,
            "implausible_time",
            Some("/timestamp_ms"),
            &[("/v", "1")],
        ),
        wrong(
            br#"{"timestamp_ms":-1e300,"v":1}"#,
            "implausible_time",
            Some("/timestamp_ms"),
            &[("/v", "1")],
        ),
        wrong(
            deep.as_bytes(),
            "too_deep",
            Some("/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0"),
            &[],
        ),
    ]
}

#[tokio::test]
async fn whatever_is_in_a_message_it_is_on_record_and_blocks_no_other() {
    let server = Server::start();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    let cases = cases();
    let topic = |number: usize| format!("odd/{number:02}");
    for (number, case) in cases.iter().enumerate() {
        let mut message = publish(&topic(number), Qos::AtLeastOnce, case.payload.clone());
        message.properties = case.content_type.map(|content_type| {
            Box::new(Properties {
                content_type: Some(content_type.into()),
                ..Properties::default()
            })
        });
        client.publish_with(message).await;
    }
    client.publish("fine", Qos::AtLeastOnce, "1").await;
    let wrong = cases.iter().filter(|case| case.wrong.is_some()).count() as u64;
    assert_nothing_is_lost(&server, cases.len() as u64 + 1, wrong);

    let rows = server.psql(
        "select encode(payload, 'hex') from unspool.message where topic <> 'fine' order by topic",
    );
    let hex = |case: &Case| -> String {
        let digits = case.payload.iter().map(|byte| format!("{byte:02x}"));
        digits.collect::<Vec<_>>().concat()
    };
    assert!(rows.lines().eq(cases.iter().map(hex)), "raw bytes differ");

    let letters = curl(&server.url("/api/v1/dead-letters?order=asc&limit=1000"));
    let letters: BTreeMap<&str, &Value> = letters["items"]
        .as_array()
        .expect("dead letters")
        .iter()
        .map(|letter| (letter["topic"].as_str().expect("a topic"), letter))
        .collect();
    let samples = server.psql(
        "select topic, path, coalesce(text, value::text) from unspool.sample
         where topic <> 'fine' order by seq, path",
    );
    for (number, case) in cases.iter().enumerate() {
        let topic = topic(number);
        let shown = String::from_utf8_lossy(&case.payload[..case.payload.len().min(60)]);
        let told = letters.get(&*topic).map(|letter| {
            let problems = letter["defects"].as_array().expect("defects");
            assert_eq!(problems.len(), 1, "{letter}");
            let message = curl(&server.url(letter["message"].as_str().expect("a link")));
            assert_eq!(message["seq"], letter["seq"], "{message}");
            (
                problems[0]["code"].as_str().expect("a code"),
                problems[0]["path"].as_str(),
            )
        });
        assert_eq!(told, case.wrong, "{shown}");
        let found: Vec<_> = samples
            .lines()
            .filter_map(|row| row.strip_prefix(&format!("{topic}|"))?.split_once('|'))
            .collect();
        assert_eq!(found, case.samples, "{shown}");
    }
}

#[tokio::test]
async fn odd_names_and_properties_are_kept_as_they_are() {
    let server = Server::start();
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    let odd = "\u{1}\u{feff}\u{ffff}😀 %s \\ ' \" {}";
    let user: Vec<(Arc<str>, Arc<str>)> = vec![
        (odd.into(), "".into()),
        ("".into(), odd.into()),
        (odd.into(), odd.into()),
    ];
    let topics = [
        format!("odd/{odd}"),
        "x/".repeat(10_000),
        "\u{10fffd}".into(),
    ];
    for topic in &topics {
        let mut message = publish(topic, Qos::AtLeastOnce, "1");
        message.properties = Some(Box::new(Properties {
            content_type: Some(odd.into()),
            user: user.clone(),
            ..Properties::default()
        }));
        client.publish_with(message).await;
    }
    assert_nothing_is_lost(&server, topics.len() as u64, 0);
    let messages = curl(&server.url("/api/v1/messages?order=asc"));
    for (topic, message) in topics
        .iter()
        .zip(messages["items"].as_array().expect("all"))
    {
        assert_eq!(message["topic"], json!(topic));
        let properties = &message["properties"];
        assert_eq!(properties["content_type"], json!(odd));
        assert_eq!(properties["user"], json!(user));
    }
}

#[tokio::test]
async fn a_row_that_the_database_refuses_is_kept_as_a_dead_letter() {
    let server = Server::start();
    server.wait_until_mirrored();
    // Nothing that we know of is refused, so the database is made to refuse something.
    server.psql("alter table unspool.message_hot_0 add check (payload <> 'refused')");
    let mut client = Client::connect(server.mqtt, Version::V5).await;
    for payload in ["1", "refused", "2", "refused", "3"] {
        client.publish("a/b", Qos::AtLeastOnce, payload).await;
    }
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(
        (
            &ledger["stored"],
            &ledger["dead_lettered"],
            &ledger["balanced"]
        ),
        (&json!(3), &json!(2), &json!(true)),
        "{ledger}"
    );
    let texts = server.psql("select text from unspool.message order by seq");
    assert_eq!(texts, "1\n2\n3\n");
    let letters = curl(&server.url("/api/v1/dead-letters?defect=refused&filter=a/%2B"));
    let letters = letters["items"].as_array().expect("dead letters");
    assert_eq!(letters.len(), 2);
    for letter in letters {
        let message = curl(&server.url(letter["message"].as_str().expect("a link")));
        assert_eq!(
            (&message["topic"], &message["payload"]),
            (&json!("a/b"), &json!("refused"))
        );
    }
}
