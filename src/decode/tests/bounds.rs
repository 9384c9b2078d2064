//! Whatever a payload is, what comes of it is bounded.

use proptest::prelude::*;

use super::*;

/// What a walk may take: see `walk.rs`.
const BYTES_FACTOR: usize = 32;
const BYTES_BASE: usize = 128 * 1024;

/// What `decoded` has on the heap, in bytes.
fn heap_bytes(decoded: &Decoded) -> usize {
    let text = |value: &Value| match value {
        Value::Number(_) | Value::Bool(_) => 0,
        Value::Long(_, text) | Value::Text(text) => text.capacity(),
    };
    let samples = decoded.samples.iter();
    let defects = decoded.defects.all().iter();
    let embedded = decoded.embedded.iter().map(|one| one.path.capacity());
    decoded.samples.capacity() * size_of::<Sample>()
        + decoded.embedded.capacity() * size_of::<Embedded>()
        + embedded.sum::<usize>()
        + samples
            .map(|sample| sample.path.capacity() + text(&sample.value))
            .sum::<usize>()
        + defects
            .map(|defect| {
                let path = defect.path.as_ref().map_or(0, String::capacity);
                size_of_val(defect) + path + defect.text.capacity()
            })
            .sum::<usize>()
}

fn assert_bounded(payload: &[u8]) -> Decoded {
    assert_bounded_as(None, payload)
}

pub(super) fn assert_bounded_as(content_type: Option<&str>, payload: &[u8]) -> Decoded {
    let decoded = decode(content_type, payload, NOW);
    let bytes = heap_bytes(&decoded);
    let most = BYTES_FACTOR * payload.len() + BYTES_BASE;
    assert!(bytes <= most, "{bytes} of {}", payload.len());
    assert!(decoded.samples.len() <= SAMPLES_MAX);
    for sample in &decoded.samples {
        assert!(sample.path.len() <= PATH_BYTES_MAX);
        if let Value::Text(text) | Value::Long(_, text) = &sample.value {
            assert!(text.len() <= TEXT_BYTES_MAX);
        }
    }
    decoded
}

fn codes(decoded: &Decoded) -> Vec<DefectCode> {
    let defects = decoded.defects.all();
    defects.iter().map(|defect| defect.code).collect()
}

#[test]
fn depth_and_number_of_values_are_bounded() {
    for levels in [17, 100, 100_000] {
        let deep = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        let decoded = decode(None, deep.as_bytes(), NOW);
        assert!(decoded.samples.is_empty());
        assert_eq!(decoded.defects.all()[0].code, DefectCode::TooDeep);
    }

    let wide = format!("[{}1]", "1,".repeat(SAMPLES_MAX));
    let decoded = decode(None, wide.as_bytes(), NOW);
    assert_eq!(decoded.samples.len(), SAMPLES_MAX);
    assert_eq!(decoded.defects.all()[0].code, DefectCode::TooManyValues);
}

/// A poison message: decoding one took 3 GB.
#[test]
fn a_name_that_is_too_long_costs_its_values_only() {
    for name in ["n".repeat(PATH_BYTES_MAX), "/".repeat(900_000)] {
        let numbers = vec!["1"; SAMPLES_MAX].join(",");
        for payload in [
            format!(r#"{{"a":1,"{name}":[{numbers}],"b":2}}"#),
            format!(r#"{{"a":1,"{name}":{{"x":{{"{name}":3}}}},"b":2}}"#),
            format!(r#"{{"a":1,'{name}':[{numbers}],"b":2}}"#),
        ] {
            let decoded = assert_bounded(payload.as_bytes());
            let paths: Vec<_> = decoded.samples.iter().map(|one| &*one.path).collect();
            assert_eq!(paths, ["/a", "/b"]);
            let defects = codes(&decoded);
            assert!(defects.contains(&DefectCode::NameTooLong), "{defects:?}");
        }
    }
    let longest = "n".repeat(PATH_BYTES_MAX - 1);
    let decoded = assert_bounded(format!(r#"{{"{longest}":1}}"#).as_bytes());
    assert_eq!(decoded.samples[0].path.len(), PATH_BYTES_MAX);
    assert!(decoded.defects.is_empty());
}

#[test]
fn names_together_have_a_budget_that_grows_with_the_payload() {
    let name = "n".repeat(1000);
    let numbers = vec!["1"; SAMPLES_MAX].join(",");
    let decoded = assert_bounded(format!(r#"{{"{name}":[{numbers}]}}"#).as_bytes());
    assert_eq!(codes(&decoded), [DefectCode::NameTooLong]);
    assert_eq!(decoded.samples.len(), 80);

    let usual = "n".repeat(60);
    let decoded = assert_bounded(format!(r#"{{"{usual}":[{numbers}]}}"#).as_bytes());
    assert!(decoded.defects.is_empty());
    assert_eq!(decoded.samples.len(), SAMPLES_MAX);
}

#[test]
fn what_repeats_itself_costs_no_more_than_what_it_is() {
    for part in [
        "[",
        "{\"a\":",
        "{a:",
        "[[[[],",
        "{\"a\":1,",
        "\"a\":1,",
        "\"a\":1,\"a\":null,",
        "{}",
        "{}\n",
        "1,",
        ",",
        "'",
        "\"",
        "\" ",
        "\\",
        "\"\\",
        "/*",
        "/**/",
        "//\n",
        "\n",
        "\u{1e}",
        "NaN,",
        "1e999,",
        "1,2",
        "\u{b0}",
        "[1]\n",
        "18446744073709551616,",
        "\0",
        "{\"a\":{\"b\":{\"c\":1},",
        "x:1,",
    ] {
        for before in [
            "",
            "[",
            "{",
            "{\"a\":",
            "{\"a\":'",
            "{\"a\":[\"",
            "{a:",
            "{\"a\":1}\n",
        ] {
            for behind in ["", "]", "}", "1}"] {
                let repeated = part.repeat(10_000 / part.len());
                assert_bounded(format!("{before}{repeated}{behind}").as_bytes());
            }
        }
    }
}

/// Any JSON, with names and texts that repeat and with what is special about it.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|bool| bool.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| serde_json::to_string(&number).unwrap()),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,3})?(e-?[0-9]{1,3})?",
        "\\PC{0,6}|[a\\\\\"'/,:{}]{0,6}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just(r#""\ud800 \u00e9""#.to_owned()),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        let name = "[ab]|[a\\\\\"'/:~]{0,3}".prop_map(|name| serde_json::to_string(&name).unwrap());
        let member = (name, inner.clone()).prop_map(|(name, value)| format!("{name}: {value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(member, 0..12)
                .prop_map(|members| format!("{{{}}}", members.join(" ,"))),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_the_same_to_both_readers(json in json()) {
        let first = decode(None, json.as_bytes(), NOW);
        let second = decode(None, format!("\u{feff}{json}").as_bytes(), NOW);
        prop_assert_eq!(&first.samples, &second.samples);
        let others = second.defects.all().iter();
        let others = others.filter(|defect| defect.code != DefectCode::OtherEncoding);
        prop_assert!(first.defects.all().iter().eq(others), "{:?} {:?}", first, second);
    }

    #[test]
    fn any_bytes_give_an_answer(payload in prop::collection::vec(any::<u8>(), 0..300)) {
        let decoded = decode(Some("application/json"), &payload, NOW);
        prop_assert!(decoded.samples.len() <= SAMPLES_MAX);
        assert_bounded(&payload);
    }

    #[test]
    fn any_brackets_give_an_answer(payload in "[\\[\\]{}\"',:=/*\\\\ \n0-9a.eE+N\u{b0}-]{0,200}") {
        assert_bounded(payload.as_bytes());
    }
}
