//! When values were true, as payloads say it, and in which unit they are.

use super::odd::{check, shown};
use super::*;

/// The time and its source of the first sample at `path`.
fn time_at(payload: &str, path: &str) -> (i64, &'static str) {
    let decoded = decode(None, payload.as_bytes(), NOW);
    let sample = decoded.samples.iter().find(|one| one.path == path);
    let sample = sample.unwrap_or_else(|| panic!("{payload}: {decoded:?}"));
    (sample.time.0, sample.time_source.name())
}

#[test]
fn a_time_is_found_however_it_is_written() {
    let at = 1_763_848_053_293_000;
    for (time, micros) in [
        ("1763848053293", at),
        ("1763848053", at - 293_000),
        ("1763848053.293", at),
        ("1763848053293000", at),
        ("1763848053293000000", at),
        ("\"1763848053293\"", at),
        ("\"2025-11-22T21:47:33.293Z\"", at),
        ("\"2025-11-22 21:47:33.293Z\"", at),
        ("\"2025-11-22T21:47:33,293Z\"", at),
        ("\"2025-11-22T22:47:33.293+01:00\"", at),
        ("\"2025-11-22T22:47:33.293+0100\"", at),
        ("\"20251122T214733.293Z\"", at),
        ("\"2025-11-22T22:47:33.293+01:00[Europe/Berlin]\"", at),
    ] {
        let payload = format!(r#"{{"ts":{time},"v":1}}"#);
        assert_eq!(time_at(&payload, "/v"), (micros, "ts"), "{time}");
    }
}

#[test]
fn what_is_no_time_for_sure_stays_a_value() {
    for time in [
        "21.5",
        "0",
        "true",
        "null",
        "[1763848053293]",
        "{\"x\":1763848053293}",
        // An uptime.
        "86400",
        "400000000",
        "\"running\"",
        // A place that nobody knows.
        "\"2025-11-22T21:47:33\"",
        "\"2025-11-22 21:47\"",
        "\"2025-11-22\"",
    ] {
        let payload = format!(r#"{{"time":{time},"v":1}}"#);
        assert_eq!(time_at(&payload, "/v"), (NOW.0, "receipt"), "{time}");
        let decoded = decode(None, payload.as_bytes(), NOW);
        assert!(decoded.defects.is_empty(), "{time}");
        let is_kept = decoded
            .samples
            .iter()
            .any(|one| one.path.starts_with("/time"));
        assert_eq!(is_kept, time != "null", "{time}");
    }
}

#[test]
fn the_nearest_and_surest_member_counts() {
    check(&[
        // Its own before that of what is around it.
        (
            r#"{"ts":1763848053,"a":1,"b":{"ts":1763848054,"c":2},"d":{"e":3}}"#,
            &["/a=1 @ts", "/b/c=2 @ts", "/d/e=3 @ts"][..],
            &[][..],
        ),
        // OPC UA names two: the device's counts, and the other stays a value.
        (
            r#"{"ServerTimestamp":"2025-11-24T12:00:01Z","SourceTimestamp":"2025-11-24T12:00:00Z","Value":7}"#,
            &[
                "/ServerTimestamp=\"2025-11-24T12:00:01Z\" @SourceTimestamp",
                "/Value=7 @SourceTimestamp",
            ],
            &[],
        ),
        (
            r#"{"SourceTimestamp":"2025-11-24T12:00:00Z","ServerTimestamp":"2025-11-24T12:00:01Z","Value":7}"#,
            &[
                "/ServerTimestamp=\"2025-11-24T12:00:01Z\" @SourceTimestamp",
                "/Value=7 @SourceTimestamp",
            ],
            &[],
        ),
        // The convention before everything.
        (
            r#"{"timestamp":"2025-11-24T12:00:00Z","timestamp_ms":1763848053293,"v":1}"#,
            &["/v=1", "/timestamp=\"2025-11-24T12:00:00Z\""],
            &[],
        ),
        // An item of an array has its own.
        (
            r#"[{"t":1763848053,"v":1},{"t":1763848054,"v":2},{"v":3}]"#,
            &["/0/v=1 @t", "/1/v=2 @t", "/2/v=3"],
            &[],
        ),
        // Two values, each with its own.
        (
            "{\"ts\":1763848053,\"v\":1}\n{\"v\":2}",
            &["/v=1 @ts", "/v=2"],
            &[],
        ),
        // Alone it is the value.
        (
            r#"{"time":"2025-11-24T12:00:00Z"}"#,
            &["/time=\"2025-11-24T12:00:00Z\""],
            &[],
        ),
        // Twice: the last counts.
        (
            r#"{"ts":1763848053,"v":1,"ts":1763848054}"#,
            &["/v=1 @ts"],
            &["repeated_member /ts"],
        ),
        (
            r#"{"ts":1763848053,"v":1,"ts":"none"}"#,
            &["/v=1", "/ts=\"none\""],
            &["repeated_member /ts"],
        ),
        // What is cut off is sure up to there.
        (
            r#"{"ts":1763848053,"temp":21.5,"hum":4"#,
            &["/temp=21.5 @ts"],
            &["not_json -"],
        ),
    ]);
    let twice = r#"{"ts":1763848053,"v":1,"ts":1763848054}"#;
    assert_eq!(time_at(twice, "/v"), (1_763_848_054_000_000, "ts"));
}

#[test]
fn absurd_times_are_kept_and_told() {
    let day = 86_400_000_000;
    for (payload, micros, code) in [
        // A clock that was never set.
        (
            r#"{"ts":"1970-01-01T00:03:12Z","v":1}"#.to_owned(),
            NOW.0,
            DefectCode::ImplausibleTime,
        ),
        (
            r#"{"ts":"9999-12-31T23:59:59Z","v":1}"#.to_owned(),
            NOW.0,
            DefectCode::ImplausibleTime,
        ),
        (
            format!(r#"{{"ts":{},"v":1}}"#, (NOW.0 + 2 * day) / 1000),
            NOW.0 + 2 * day,
            DefectCode::FutureTime,
        ),
        (
            format!(r#"{{"timestamp_ms":{},"v":1}}"#, (NOW.0 + 2 * day) / 1000),
            NOW.0 + 2 * day,
            DefectCode::FutureTime,
        ),
    ] {
        let decoded = decode(None, payload.as_bytes(), NOW);
        let codes: Vec<_> = decoded.defects.all().iter().map(|one| one.code).collect();
        assert_eq!(codes, [code], "{payload}");
        let sample = decoded.samples.iter().find(|one| one.path == "/v");
        assert_eq!(sample.unwrap().time.0, micros, "{payload}");
    }
    let kept = decode(None, br#"{"ts":"1970-01-01T00:03:12Z","v":1}"#, NOW);
    assert_eq!(shown(&kept).0, ["/ts=\"1970-01-01T00:03:12Z\"", "/v=1"]);
    // An hour ahead is a clock that goes wrong, and no reason to flag each message.
    let ahead = format!(r#"{{"ts":{},"v":1}}"#, NOW.0 / 1_000_000 + 3600);
    assert!(decode(None, ahead.as_bytes(), NOW).defects.is_empty());
}

#[test]
fn a_unit_is_that_of_the_value_beside_it() {
    for (payload, units) in [
        (r#"{"value":21.5,"unit":"°C"}"#, &["/value °C"][..]),
        (
            r#"{"unit_of_measurement":"kWh","state":7}"#,
            &["/state kWh"],
        ),
        (r#"{"v":1,"q":192,"uom":" bar "}"#, &["/v bar"]),
        (
            r#"{"a":{"value":1,"unit":"m"},"b":{"value":2,"unit":"s"}}"#,
            &["/a/value m", "/b/value s"],
        ),
        (
            r#"{"values":[1,2],"unit":"mm"}"#,
            &["/values/0 mm", "/values/1 mm"],
        ),
        (r#"{"ts":1763848053,"value":1,"unit":"V"}"#, &["/value V"]),
        // Which one is meant, nobody knows.
        (r#"{"temp":1,"hum":2,"unit":"°C"}"#, &[]),
        (r#"{"value":"on","unit":"°C"}"#, &[]),
        (r#"{"value":1,"unit":7}"#, &[]),
        (r#"{"value":1,"unit":""}"#, &[]),
        (r#"{"value":1,"unit":"a\u0000b"}"#, &[]),
        // The last of a name counts.
        (r#"{"value":1,"unit":"V","value":2}"#, &["/value V"]),
    ] {
        let decoded = decode(None, payload.as_bytes(), NOW);
        let named = decoded.units.as_deref().map_or(&[][..], |units| units);
        let found = named.iter().map(|(place, unit)| {
            let path = &decoded.samples[*place].path;
            format!("{path} {unit}")
        });
        assert_eq!(found.collect::<Vec<_>>(), units, "{payload}");
    }
    let long = format!(r#"{{"value":1,"unit":"{}"}}"#, "x".repeat(65));
    assert!(decode(None, long.as_bytes(), NOW).units.is_none());
}
