//! What rules say, tried on payloads.

use super::bounds::MEMBERS_MAX;
use super::*;
use crate::decode::{Value, decode};
use crate::message::{Message, Timestamp, Topic};

const NOW: Timestamp = Timestamp(1_764_000_000_000_000);

fn rule(json: &str) -> Rule {
    try_rule(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

fn try_rule(json: &str) -> Result<Rule, String> {
    let rule: Rule = serde_json::from_str(json).map_err(|error| error.to_string())?;
    rule.check().map_err(|error| error.to_string())?;
    Ok(rule)
}

fn known(filter: &str) -> KnownRule {
    KnownRule {
        rule: rule(&format!(r#"{{"filter":"{filter}"}}"#)),
        made: None,
    }
}

fn message(payload: &str) -> Message {
    Message {
        received_at: NOW,
        ..Message::new(Topic::new("a/b").unwrap(), payload.to_owned())
    }
}

/// What a payload comes to by a rule: `path=value unit @seconds` of each sample.
fn read(rule: &Rule, payload: &str, bands: &mut DeadBands) -> Vec<String> {
    let message = message(payload);
    let mut decoded = decode(&message, rule.format);
    let before = decoded.samples.len();
    let effect = rule.apply(&message, &mut decoded, bands);
    assert_eq!(
        before - decoded.samples.len(),
        usize::try_from(effect.left_out).unwrap()
    );
    let places = effect.places.as_ref().map_or(before, Vec::len);
    assert_eq!(places, decoded.samples.len());
    let shown = decoded.samples.iter().enumerate().map(|(place, sample)| {
        let value = match &sample.value {
            Value::Number(number) => number.to_string(),
            Value::Long(_, digits) => digits.clone(),
            Value::Bool(bool) => bool.to_string(),
            Value::Text(text) => format!("'{text}'"),
        };
        let text = effect.texts.iter().find(|(at, _)| *at == place);
        let part =
            |part: Option<&std::sync::Arc<str>>| part.map_or(String::new(), |it| format!(" {it}"));
        let unit = part(text.and_then(|(_, text)| text.unit.as_ref()));
        let description = part(text.and_then(|(_, text)| text.description.as_ref()));
        let at = (sample.time.0 - NOW.0) / 1_000_000;
        let at = if at == 0 {
            String::new()
        } else {
            format!(" @{at}")
        };
        format!("{}={value}{unit}{description}{at}", sample.path)
    });
    shown.collect()
}

#[allow(clippy::too_many_lines)] // a table
#[test]
fn a_rule_says_what_a_payload_comes_to() {
    for (members, payload, expected) in [
        (
            r#""store":"all""#,
            r#"{"a":1,"b":"x"}"#,
            &["/a=1", "/b='x'"][..],
        ),
        // Formats.
        (r#""format":"text""#, "21.5", &["='21.5'"]),
        (r#""format":"binary""#, "21.5", &[]),
        (r#""format":"line_protocol""#, "m v=1", &["/m/v=1"]),
        // The value.
        (r#""value":"/v""#, r#"{"v":1,"q":2}"#, &["=1"]),
        (
            r#""value":"/v""#,
            r#"{"v":{"x":1,"y":2},"vv":3}"#,
            &["/x=1", "/y=2"],
        ),
        (
            r#""value":"/v","members":[{"path":"/q"}]"#,
            r#"{"v":1,"q":2,"z":3}"#,
            &["=1", "/q=2"],
        ),
        (
            r#""value":"/v","members":[{"path":"/v","unit":"V","scale":2}]"#,
            r#"{"v":1}"#,
            &["=2 V"],
        ),
        (r#""value":"/gone""#, r#"{"v":1}"#, &[]),
        // Times.
        (
            r#""time":"/h/at""#,
            r#"{"h":{"at":1764000060,"n":1},"v":2}"#,
            &["/h/n=1 @60", "/v=2 @60"],
        ),
        (
            r#""time":"/when""#,
            r#"{"when":"2025-11-24T16:01:00","v":2}"#,
            &["/v=2 @60"],
        ),
        (
            r#""time":"/when","time_zone":"Europe/Berlin""#,
            r#"{"when":"2025-11-24T17:01:00","v":2}"#,
            &["/v=2 @60"],
        ),
        (
            r#""time":"/when","time_format":"%d.%m.%y %H.%M""#,
            r#"{"when":"24.11.25 16.01","v":2}"#,
            &["/v=2 @60"],
        ),
        (
            r#""time":"/ts""#,
            r#"{"ts":1764000060000,"v":2}"#,
            &["/v=2 @60"],
        ),
        (
            r#""time":"receipt""#,
            r#"{"ts":1764000060000,"v":2}"#,
            &["/v=2"],
        ),
        (
            r#""time":"receipt""#,
            r#"{"timestamp_ms":1764000060000,"v":2}"#,
            &["/v=2"],
        ),
        (
            r#""time":"/gone""#,
            r#"{"ts":1764000060000,"v":2}"#,
            &["/v=2 @60"],
        ),
        (r#""time":"/v""#, r#"{"v":"soon","w":1}"#, &["/w=1"]),
        // Quality.
        (
            r#""quality":"/q""#,
            r#"{"v":1,"q":192}"#,
            &["/v=1", "/q=192"],
        ),
        (r#""quality":"/q""#, r#"{"v":1,"q":0}"#, &["/q=0"]),
        (
            r#""quality":"/q""#,
            r#"{"v":1,"q":"Good"}"#,
            &["/v=1", "/q='Good'"],
        ),
        (r#""quality":"/q""#, r#"{"v":1,"q":false}"#, &["/q=false"]),
        (r#""quality":"/q""#, r#"{"v":1}"#, &["/v=1"]),
        (
            r#""quality":"/q","good":[0,"ok"]"#,
            r#"{"v":1,"q":"OK"}"#,
            &["/v=1", "/q='OK'"],
        ),
        (
            r#""quality":"/q","good":[0]"#,
            r#"{"v":1,"q":192}"#,
            &["/q=192"],
        ),
        (
            r#""quality":"/q","value":"/v""#,
            r#"{"v":1,"q":192}"#,
            &["=1", "/q=192"],
        ),
        // Arrays, and bounds.
        (
            r#""arrays":"rows""#,
            r#"{"x":[1,2],"y":{"0":3}}"#,
            &["/x=1", "/x=2", "/y=3"],
        ),
        (
            r#""arrays":"rows""#,
            r#"[{"v":1,"ts":1764000060},{"v":2}]"#,
            &["/v=1 @60", "/v=2"],
        ),
        (r#""samples_max":2"#, "[1,2,3]", &["/0=1", "/1=2"]),
        (r#""samples_max":0"#, "[1,2,3]", &[]),
        // Members.
        (
            r#""members":[{"path":"/a","ignore":true}]"#,
            r#"{"a":1,"b":2}"#,
            &["/b=2"],
        ),
        (
            r#""members":[{"path":"/a/**","ignore":true}]"#,
            r#"{"a":{"x":1},"b":2}"#,
            &["/b=2"],
        ),
        (
            r#""members":[{"path":"/a"},{"path":"/**","ignore":true}]"#,
            r#"{"a":1,"b":{"c":2}}"#,
            &["/a=1"],
        ),
        (
            r#""members":[{"path":"/a","rename":"/x/y"}]"#,
            r#"{"a":1}"#,
            &["/x/y=1"],
        ),
        (
            r#""members":[{"path":"/a","rename":""}]"#,
            r#"{"a":1}"#,
            &["=1"],
        ),
        (
            r#""members":[{"path":"/a/**","rename":""}]"#,
            r#"{"a":{"b":[1]}}"#,
            &["/b/0=1"],
        ),
        (
            r#""members":[{"path":"/a","unit":"°C","description":"Oil"}]"#,
            r#"{"a":1}"#,
            &["/a=1 °C Oil"],
        ),
        (
            r#""members":[{"path":"/a","unit_member":"/u"}]"#,
            r#"{"a":1,"u":"bar"}"#,
            &["/a=1 bar", "/u='bar'"],
        ),
        (
            r#""members":[{"path":"/a","scale":0.1}]"#,
            r#"{"a":3}"#,
            &["/a=0.3"],
        ),
        (
            r#""members":[{"path":"/a","scale":0.1,"offset":-40}]"#,
            r#"{"a":615}"#,
            &["/a=21.5"],
        ),
        (
            r#""members":[{"path":"/a","offset":1}]"#,
            r#"{"a":"x","b":1}"#,
            &["/a='x'", "/b=1"],
        ),
        (
            r#""members":[{"path":"/*","scale":2}]"#,
            r#"{"a":1,"b":true}"#,
            &["/a=2", "/b=true"],
        ),
    ] {
        let rule = rule(&format!(r##"{{"filter":"#",{members}}}"##));
        let found = read(&rule, payload, &mut DeadBands::default());
        assert_eq!(found, expected, "{members} {payload}");
    }
}

#[test]
fn only_what_has_changed_has_a_sample() {
    let sent = |band: &str, values: &[(i64, &str)]| -> Vec<i64> {
        let rule = rule(&format!(
            r#"{{"filter":"a/b","members":[{{"path":"/v",{band}}}]}}"#
        ));
        let mut bands = DeadBands::default();
        let kept = values.iter().filter(|(at, value)| {
            let at = NOW.as_millis() + at * 1000;
            let payload = format!(r#"{{"timestamp_ms":{at},"v":{value}}}"#);
            !read(&rule, &payload, &mut bands).is_empty()
        });
        kept.map(|(at, _)| *at).collect()
    };
    for (band, values, kept) in [
        (
            r#""dead_band":0.5"#,
            &[(0, "1"), (1, "1.5"), (2, "1.6"), (3, "1.4"), (4, "1")][..],
            &[0, 2, 4][..],
        ),
        (
            r#""dead_band":0"#,
            &[(0, "1"), (1, "1"), (2, "1.0"), (3, "2")],
            &[0, 3],
        ),
        (
            r#""dead_band":0"#,
            &[(0, r#""a""#), (1, r#""a""#), (2, "true"), (3, "true")],
            &[0, 2],
        ),
        (
            r#""dead_band_percent":10"#,
            &[(0, "100"), (1, "109"), (2, "111"), (3, "100"), (4, "-5")],
            &[0, 2, 4],
        ),
        (
            r#""dead_band":1,"longest_interval_s":10"#,
            &[(0, "1"), (9, "1"), (10, "1"), (19, "1"), (21, "1")],
            &[0, 10, 21],
        ),
        (
            r#""dead_band":1"#,
            &[(0, "1"), (3599, "1"), (3600, "1")],
            &[0, 3600],
        ),
        // What comes late is kept, and is not what comes next is compared with.
        (
            r#""dead_band":1"#,
            &[(10, "1"), (5, "1"), (11, "1.5")],
            &[10, 5],
        ),
    ] {
        assert_eq!(sent(band, values), kept, "{band} {values:?}");
    }
}

#[test]
fn the_most_specific_rule_is_the_one() {
    let filters = ["#", "+/b", "a/#", "a/+", "a/b", "a/+/c", "a/b/#", "$SYS/#"];
    let rules = Rules::new(filters.map(known));
    for (topic, expected) in [
        ("a/b", "a/b"),
        ("a/c", "a/+"),
        ("a/b/c", "a/b/#"),
        ("a/x/c", "a/+/c"),
        ("a/x/d", "a/#"),
        ("a", "a/#"),
        ("x/b", "+/b"),
        ("x", "#"),
        ("$SYS/x", "$SYS/#"),
    ] {
        let found = rules.of(&Topic::new(topic).unwrap());
        assert_eq!(found.unwrap().rule.filter.as_str(), expected, "{topic}");
    }
    assert!(rules.of(&Topic::new("$other").unwrap()).is_none());
}

#[test]
fn a_declared_rule_counts_before_a_stored_one() {
    let stored = KnownRule {
        made: Some((NOW, "eve".into())),
        ..known("a/#")
    };
    let declared = Rules::declared(vec![known("a/#").rule]).unwrap();
    let in_force = RulesInForce::new(declared);
    in_force.set_stored([stored.clone(), known("b")]);
    let rules = in_force.load();
    assert_eq!(rules.all().len(), 2);
    let filter = known("a/#").rule.filter;
    assert!(rules.with_filter(&filter).unwrap().made.is_none());
    assert!(
        rules
            .with(stored)
            .with_filter(&filter)
            .unwrap()
            .made
            .is_some()
    );
    let twice = vec![known("x").rule, known("x").rule];
    assert_eq!(Rules::declared(twice).unwrap_err(), (1, RuleError::Twice));
}

#[test]
fn what_does_not_go_together_is_refused() {
    for (rule, named) in [
        ("{}", "filter"),
        (r#"{"filter":"a/#/b"}"#, "'#'"),
        (r#"{"filter":"a","scale":1}"#, "scale"),
        (r#"{"filter":"a","store":"some"}"#, "some"),
        (r#"{"filter":"a","format":"xml"}"#, "xml"),
        (r#"{"filter":"a","value":"v"}"#, "JSON Pointer"),
        (r#"{"filter":"a","value":"/*"}"#, "value"),
        (r#"{"filter":"a","time":"ts"}"#, "receipt"),
        (r#"{"filter":"a","time":"/*"}"#, "time"),
        (r#"{"filter":"a","time_zone":"Europe/Berlin"}"#, "time"),
        (
            r#"{"filter":"a","time":"/t","time_zone":"Berlin"}"#,
            "time_zone",
        ),
        (
            r#"{"filter":"a","time":"/t","time_format":"%H"}"#,
            "time_format",
        ),
        (r#"{"filter":"a","good":[1]}"#, "quality"),
        (r#"{"filter":"a","quality":"/q","good":[{}]}"#, "good"),
        (r#"{"filter":"a","samples_max":1000001}"#, "samples_max"),
        (
            r#"{"filter":"a","payload_bytes_max":268435456}"#,
            "payload_bytes_max",
        ),
        (
            r#"{"filter":"a","members":[{"path":"/a","dead_band":1,"longest_interval_s":31536001}]}"#,
            "longest_interval_s",
        ),
        (r#"{"filter":"a","members":[{}]}"#, "path"),
        (
            r#"{"filter":"a","members":[{"path":"/a","scale":0}]}"#,
            "scale",
        ),
        (
            r#"{"filter":"a","members":[{"path":"/*","rename":"/b"}]}"#,
            "rename",
        ),
        (
            r#"{"filter":"a","members":[{"path":"/a","rename":"/*"}]}"#,
            "rename",
        ),
        (
            r#"{"filter":"a","members":[{"path":"/a","dead_band":-1}]}"#,
            "dead_band",
        ),
        (
            r#"{"filter":"a","members":[{"path":"/a","longest_interval_s":1}]}"#,
            "dead band",
        ),
        (
            r#"{"filter":"a","members":[{"path":"/a","unit":"V","unit_member":"/u"}]}"#,
            "unit",
        ),
    ] {
        let why = try_rule(rule).unwrap_err();
        assert!(why.contains(named), "{rule}: {why}");
    }
    let long = "x".repeat(2000);
    let many = vec![r#"{"path":"/a"}"#; MEMBERS_MAX + 1].join(",");
    for rule in [
        format!(r#"{{"filter":"{long}"}}"#),
        format!(r#"{{"filter":"a","members":[{{"path":"/{long}"}}]}}"#),
        format!(r#"{{"filter":"a","members":[{{"path":"/a","unit":"{long}"}}]}}"#),
        format!(r#"{{"filter":"a","members":[{many}]}}"#),
    ] {
        assert!(try_rule(&rule).is_err());
    }
}

#[test]
fn a_rule_is_written_as_it_is_read() {
    for text in [
        r##"{"filter":"#"}"##,
        r#"{"filter":"a/+","store":"samples","format":"msgpack","value":"/v","time":"/t","time_zone":"Europe/Berlin","quality":"/q","good":[0,"ok",true],"arrays":"rows","samples_max":10,"payload_bytes_max":1000,"members":[{"path":"/a/*","ignore":true},{"path":"/b","rename":"/c","unit":"V","scale":0.1,"offset":1.0,"dead_band":0.5,"longest_interval_s":60}]}"#,
        r#"{"filter":"a","time":"receipt"}"#,
    ] {
        assert_eq!(serde_json::to_string(&rule(text)).unwrap(), text);
    }
}
