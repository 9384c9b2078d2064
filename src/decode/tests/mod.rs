//! The table of what becomes what.

mod bounds;
mod cbor;
mod compression;
mod images;
mod line_protocol;
mod message_pack;
mod near;
mod odd;
mod producers;
mod times;

use std::str::from_utf8;

use super::*;
use crate::message::{DefectCode, Properties, TimeMember, TimeSource, Timestamp, Topic};

const NOW: Timestamp = Timestamp(1_795_000_000_000_000);

fn decode(content_type: Option<&str>, payload: &[u8], received_at: Timestamp) -> Decoded {
    let content_type = content_type.map(Into::into);
    super::decode(
        &Message {
            received_at,
            properties: Some(Box::new(Properties {
                content_type,
                ..Properties::default()
            })),
            ..Message::new(Topic::new("a/b").unwrap(), payload.to_vec())
        },
        None,
    )
}

/// The bytes that `digits` mean, two each; spaces don't count.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> = digits.bytes().filter(|digit| *digit != b' ').collect();
    let (bytes, []) = digits.as_chunks::<2>() else {
        panic!("half a byte");
    };
    let byte = |digits: &[u8; 2]| u8::from_str_radix(from_utf8(digits).unwrap(), 16).unwrap();
    bytes.iter().map(byte).collect()
}

/// Holds that payloads of a content type become these samples, with these defects.
fn check_as<B: AsRef<[u8]>>(
    content_type: Option<&str>,
    format: PayloadFormat,
    cases: &[(B, &[&str], &[&str])],
) {
    for (payload, samples, defects) in cases {
        let payload = payload.as_ref();
        let decoded = decode(content_type, payload, NOW);
        let (found, told) = odd::shown(&decoded);
        let shown = String::from_utf8_lossy(payload);
        assert_eq!(found, *samples, "samples of {shown} {payload:x?}");
        assert_eq!(told, *defects, "defects of {shown} {payload:x?}");
        assert_eq!(decoded.format, format, "{shown} {payload:x?}");
    }
}

fn number(value: f64) -> Value {
    Value::Number(value)
}

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn values(payload: &str) -> Vec<(String, Value)> {
    let decoded = decode(None, payload.as_bytes(), NOW);
    assert!(decoded.defects.is_empty(), "{payload}");
    assert!(decoded.samples.iter().all(|sample| sample.time == NOW));
    decoded
        .samples
        .into_iter()
        .map(|sample| (sample.path, sample.value))
        .collect()
}

#[test]
fn each_leaf_becomes_a_series() {
    for (payload, expected) in [
        (
            r#"{"temp":21.5,"state":"run","ok":true}"#,
            vec![
                ("/temp", number(21.5)),
                ("/state", text("run")),
                ("/ok", Value::Bool(true)),
            ],
        ),
        (
            r#"{"m":{"t":1,"axes":[2,-3]}}"#,
            vec![
                ("/m/t", number(1.0)),
                ("/m/axes/0", number(2.0)),
                ("/m/axes/1", number(-3.0)),
            ],
        ),
        (
            r#"{"a/b":1,"c~d":2,"":3}"#,
            vec![
                ("/a~1b", number(1.0)),
                ("/c~0d", number(2.0)),
                ("/", number(3.0)),
            ],
        ),
        (r#"{"\u00e9\n":1}"#, vec![("/é\n", number(1.0))]),
        ("21.5", vec![("", number(21.5))]),
        ("true", vec![("", Value::Bool(true))]),
        (r#""x""#, vec![("", text("x"))]),
        ("running", vec![("", text("running"))]),
        ("+5", vec![("", text("+5"))]),
        (" 007 ", vec![("", text(" 007 "))]),
        (
            "9007199254740993",
            vec![(
                "",
                Value::Long(9_007_199_254_740_992.0, "9007199254740993".into()),
            )],
        ),
        ("null", vec![]),
        ("{}", vec![]),
        (r#"{"a":null,"b":[],"c":{}}"#, vec![]),
        ("", vec![]),
    ] {
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(path, value)| (path.to_owned(), value))
            .collect();
        assert_eq!(values(payload), expected, "{payload}");
    }
}

#[test]
fn an_image_has_no_samples_and_is_no_problem() {
    let decoded = decode(Some("image/jpeg"), b"\xff\xd8\xff\xe0\x00", NOW);
    assert_eq!(decoded.format, PayloadFormat::Image("image/jpeg"));
    assert!(decoded.samples.is_empty() && decoded.defects.is_empty());
}

#[test]
fn what_claims_to_be_json_and_is_not_is_a_problem() {
    for (content_type, payload) in [
        (None, &br#"{"temp":21."#[..]),
        (None, b"{\"temp\":\"a\0b\"}"),
        (Some("application/json; charset=utf-8"), b"running"),
        (Some("application/senml+json"), b"\xff\xff"),
    ] {
        let decoded = decode(content_type, payload, NOW);
        let [defect] = decoded.defects.all() else {
            panic!("{decoded:?}");
        };
        assert_eq!((defect.code, &defect.path), (DefectCode::NotJson, &None));
        assert!(defect.text.contains("JSON"), "{payload:?}");
        assert!(decoded.samples.is_empty());
    }
}

#[test]
fn only_a_value_that_nothing_can_hold_is_missing() {
    for (payload, at, paths) in [
        (
            r#"{"a":[1,{"x":"\ud800","y":2}],"c":"z"}"#,
            "/a/1/x",
            vec!["/a/0", "/a/1/y", "/c"],
        ),
        (r#"{"a":1,"\ud800":2,"c":3}"#, "", vec!["/a", "/c"]),
        (r#""\ud800""#, "", vec![]),
    ] {
        let decoded = decode(None, payload.as_bytes(), NOW);
        let [defect] = decoded.defects.all() else {
            panic!("{payload}: {decoded:?}");
        };
        assert_eq!(defect.code, DefectCode::Unreadable, "{payload}");
        assert_eq!(defect.path.as_deref(), Some(at), "{payload}");
        let found: Vec<_> = decoded.samples.iter().map(|one| &*one.path).collect();
        assert_eq!(found, paths, "{payload}");
    }
}

#[test]
fn a_payload_can_say_when_it_was_true() {
    for payload in [
        r#"{"timestamp_ms":1763848053293,"value":1}"#,
        r#"{"value":1,"timestamp_ms":1763848053293}"#,
    ] {
        let decoded = decode(None, payload.as_bytes(), NOW);
        assert_eq!(decoded.samples.len(), 1);
        assert_eq!(decoded.samples[0].time, Timestamp(1_763_848_053_293_000));
    }
}

#[test]
fn an_implausible_time_is_a_problem_and_the_receipt_stands() {
    for time in ["0", "-5", "1e300", "\"yesterday\"", "true"] {
        let payload = format!(r#"{{"timestamp_ms":{time},"value":1}}"#);
        let decoded = decode(None, payload.as_bytes(), NOW);
        let [defect] = decoded.defects.all() else {
            panic!("{payload}: {decoded:?}");
        };
        assert_eq!(defect.code, DefectCode::ImplausibleTime);
        assert_eq!(defect.path.as_deref(), Some("/timestamp_ms"));
        assert_eq!(decoded.samples[0].time, NOW);
    }
}

#[test]
fn a_long_text_stays_in_the_raw_payload_only() {
    let long = "x".repeat(TEXT_BYTES_MAX + 1);
    for (payload, format) in [
        (long.clone(), PayloadFormat::Text),
        (format!("\"{long}\""), PayloadFormat::Json),
    ] {
        let nothing = Decoded {
            format,
            ..Decoded::default()
        };
        assert_eq!(decode(None, payload.as_bytes(), NOW), nothing);
    }
}

#[test]
fn a_payload_is_read_as_what_it_is() {
    for (content_type, payload, format) in [
        (None, &b"{\"a\":1}"[..], PayloadFormat::Json),
        (None, b"21.5", PayloadFormat::Json),
        (None, b"{\"a\":", PayloadFormat::Json),
        (None, b"{\"a\":\"\xb0\"}", PayloadFormat::Json),
        (None, b"running", PayloadFormat::Text),
        (None, b"", PayloadFormat::Text),
        (
            None,
            b"\xff\xd8\xff\xe0",
            PayloadFormat::Image("image/jpeg"),
        ),
        (None, b"\0\0\0\0", PayloadFormat::Binary),
        (Some("text/plain"), b"{\"a\":1}", PayloadFormat::Json),
        (Some("image/png"), b"running", PayloadFormat::Text),
        (Some("application/json"), b"running", PayloadFormat::Json),
        (
            Some(" Application/SenML+JSON ;v=1"),
            b"running",
            PayloadFormat::Json,
        ),
    ] {
        let decoded = decode(content_type, payload, NOW);
        assert_eq!(decoded.format, format, "{content_type:?} {payload:?}");
    }
}
