//! Payloads of real devices that are not as they should be: what can be understood is kept, what
//! was mended or lost is said.

use super::*;

/// What became of a payload: its samples, `path=value` each, with the digits or in quotes where
/// it is a text, and the member with its time, where that is found; and its defects, `code
/// path` each.
pub(super) fn shown(decoded: &Decoded) -> (Vec<String>, Vec<String>) {
    let samples = decoded.samples.iter().map(|sample| {
        let path = &sample.path;
        let value = match &sample.value {
            Value::Number(number) => number.to_string(),
            Value::Long(_, digits) => digits.clone(),
            Value::Bool(bool) => bool.to_string(),
            Value::Text(text) => format!("{text:?}"),
        };
        match sample.time_source {
            TimeSource::Member(member) if member != TimeMember::MILLIS => {
                format!("{path}={value} @{}", member.name())
            }
            _ => format!("{path}={value}"),
        }
    });
    let defects = decoded.defects.all().iter().map(|defect| {
        let path = defect.path.as_deref().unwrap_or("-");
        format!("{} {path}", defect.code.name())
    });
    (samples.collect(), defects.collect())
}

pub(super) fn check<B: AsRef<[u8]>>(cases: &[(B, &[&str], &[&str])]) {
    for (payload, samples, defects) in cases {
        let (found, told) = shown(&decode(None, payload.as_ref(), NOW));
        let shown = String::from_utf8_lossy(payload.as_ref());
        assert_eq!(found, *samples, "samples of {shown}");
        assert_eq!(told, *defects, "defects of {shown}");
    }
}

#[test]
fn what_is_no_number_has_no_sample_and_costs_no_other() {
    check(&[
        // Python's json.dumps
        (
            r#"{"temp":NaN,"hum":40.5}"#,
            &["/hum=40.5"],
            &["not_a_number /temp"],
        ),
        (
            r#"{"t": -Infinity, "v": [1, Infinity, 3]}"#,
            &["/v/0=1", "/v/2=3"],
            &["not_a_number /t"],
        ),
        // printf of C
        (
            r#"{"temp":nan,"hum":-inf,"ok":1}"#,
            &["/ok=1"],
            &["not_a_number /temp"],
        ),
        (
            r#"{"a":1.#QNAN,"b":-1.#IND00,"c":2}"#,
            &["/c=2"],
            &["not_a_number /a"],
        ),
        ("NaN", &[], &["not_a_number "]),
        ("nan\n", &[], &["not_a_number "]),
        ("inf", &[], &["not_a_number "]),
        ("-Infinity", &[], &["not_a_number "]),
        ("1.#INF", &[], &["not_a_number "]),
        ("nano", &["=\"nano\""], &[]),
        (r#"{"temp":"NaN"}"#, &["/temp=\"NaN\""], &[]),
    ]);
}

#[test]
fn a_text_in_other_bytes_is_read_as_what_it_is() {
    let utf16 = |mark: &[u8], text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.iter().copied().chain(units).collect()
    };
    let big = |text: &str| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_be_bytes);
        [0xfe, 0xff].into_iter().chain(units).collect()
    };
    let mark = &b"\xff\xfe"[..];
    let other: &[&str] = &["other_encoding -"];
    check(&[
        (b"21.5\0".to_vec(), &["=21.5"][..], other),
        (b"21.5   \0\0\0".to_vec(), &["=21.5"], other),
        (b"true\0".to_vec(), &["=true"], other),
        (b"RUN\0\0\0\0\0".to_vec(), &["=\"RUN\""], other),
        (b"{\"a\":1}\0".to_vec(), &["/a=1"], other),
        (b"{\"a\":1}\n\0".to_vec(), &["/a=1"], other),
        (b"{\"a\":1}\0\"b\":2}\x01".to_vec(), &["/a=1"], other),
        (b"{\"a\":1}\xff\xff".to_vec(), &["/a=1"], other),
        (b"[1]\r\n\xfe\x01{".to_vec(), &["/0=1"], other),
        (b"\xef\xbb\xbf21.5".to_vec(), &["=21.5"], other),
        (
            b"\xef\xbb\xbf{\"a\":true}\r\n".to_vec(),
            &["/a=true"],
            other,
        ),
        (b"\xef\xbb\xbfon".to_vec(), &["=\"on\""], other),
        (utf16(mark, "21.5"), &["=21.5"], other),
        (utf16(mark, "{\"ort\":\"Köln\"}"), &["/ort=\"Köln\""], other),
        (utf16(b"", "{\"a\":[1,2]}"), &["/a/0=1", "/a/1=2"], other),
        (big("läuft"), &["=\"läuft\""], other),
        (big("{\"a\":1}"), &["/a=1"], other),
        (
            b"{\"temp\":\"21 \xb0C\"}\n".to_vec(),
            &["/temp=\"21 °C\""],
            other,
        ),
        (
            b"{\"price\":\"5 \x80\"}".to_vec(),
            &["/price=\"5 €\""],
            other,
        ),
        (b"21 \xb0C".to_vec(), &["=\"21 °C\""], other),
        (b"T\xfcr offen".to_vec(), &["=\"Tür offen\""], other),
        (b"\xff\xd8\xff\xe0\0\0".to_vec(), &[], &[]),
        (b"\xff\xfe\0".to_vec(), &[], &[]),
        (b"\0\0\0\0".to_vec(), &[], &[]),
        (b"a\0b".to_vec(), &[], &[]),
        (b"{\x01\xff".to_vec(), &[], &[]),
    ]);
}

#[test]
fn a_text_that_is_not_exactly_a_number_is_a_text_and_no_digit_is_lost() {
    for text in [
        "0012345678905",
        "007",
        "12E34567",
        "1e-400",
        "+5",
        "+4930123456",
        ".5",
        "5.",
        "21,5",
        "1_000",
        "0x1F",
        "1.2.3",
        "12:30",
        "2025-11-24",
        "2025-11-24T12:00:00Z",
        "10 20",
        "1-2",
        "00",
        "-",
        "1e",
        "\u{661}\u{662}",
        "5 %",
        "AB12",
        "1/2",
        "Infinite",
        "trueish",
        "True",
        "None",
        "'on'",
    ] {
        check(&[(text, &[&*format!("={text:?}")], &[])]);
    }
    check(&[
        ("1e5", &["=100000"][..], &[][..]),
        ("-0", &["=-0"], &[]),
        (" 21.5\r\n", &["=21.5"], &[]),
        ("0.0", &["=0"], &[]),
        // The nearest double, not its neighbour.
        (
            "[-6.830777652953282e-253]",
            &[&*format!("/0={}", -6.830_777_652_953_282e-253)],
            &[],
        ),
        ("18446744073709551615", &["=18446744073709551615"], &[]),
        ("18446744073709551616", &["=18446744073709551616"], &[]),
        ("-18446744073709551616", &["=-18446744073709551616"], &[]),
        (
            r#"{"id":123456789012345678901234567890,"x":0.0}"#,
            &["/id=123456789012345678901234567890", "/x=0"],
            &[],
        ),
        (
            r"[1e17,-1.5e300]",
            &["/0=100000000000000000", &*format!("/1={}", -1.5e300)],
            &[],
        ),
        // It claims to be a number, so that it is said of it.
        (
            r#"{"a":1,"b":1e400,"c":2}"#,
            &["/a=1", "/b=\"1e400\"", "/c=2"],
            &["unreadable /b"],
        ),
        ("[-1e999,5]", &["/0=\"-1e999\"", "/1=5"], &["unreadable /0"]),
        (
            r#"{"a":0,"b":0.0,"c":1e-400}"#,
            &["/a=0", "/b=0", "/c=\"1e-400\""],
            &["unreadable /c"],
        ),
        (
            r#"{"code":"0012345678905"}"#,
            &["/code=\"0012345678905\""],
            &[],
        ),
        (
            r#"{"code":0012345678905,"n":1}"#,
            &["/code=\"0012345678905\"", "/n=1"],
            &["near_json /code"],
        ),
    ]);
}

#[test]
fn each_value_of_several_counts() {
    check(&[
        ("{\"a\":1}\n{\"a\":2}\n", &["/a=1", "/a=2"], &[]),
        ("{\"a\":1}\r\n\r\n{\"a\":2}\r\n", &["/a=1", "/a=2"], &[]),
        ("{\"a\":1}{\"a\":2}", &["/a=1", "/a=2"], &[]),
        ("[1] [2]", &["/0=1", "/0=2"], &[]),
        ("{\n \"a\": 1\n}\n{\n \"a\": 2\n}", &["/a=1", "/a=2"], &[]),
        ("\u{1e}{\"a\":1}\n\u{1e}{\"a\":2}\n", &["/a=1", "/a=2"], &[]),
        (
            "{\"a\":1},\n{\"a\":2},\n",
            &["/a=1", "/a=2"],
            &["near_json "],
        ),
        ("21.5\n22.5\n", &["=21.5", "=22.5"], &[]),
        ("1\n\"x\"\ntrue\nnull", &["=1", "=\"x\"", "=true"], &[]),
        ("{\"a\":1}\n5\n", &["/a=1", "=5"], &[]),
        ("{\"a\":1},{\"a\":2}", &["/a=1", "/a=2"], &["near_json "]),
        (
            "{\"a\":1}\n{\"a\":\n{\"a\":3}\n",
            &["/a=1", "/a=3"],
            &["not_json -"],
        ),
        (
            "{\"a\":1}\nboot ok\n{\"a\":3}\n",
            &["/a=1", "/a=3"],
            &["not_json -"],
        ),
        ("12\nOK", &["=\"12\\nOK\""], &[]),
        ("1 2 3", &["=\"1 2 3\""], &[]),
    ]);
    let decoded = decode(
        None,
        b"{\"timestamp_ms\":1763848053293,\"v\":1}\n{\"v\":2}\n{\"v\":3,\"timestamp_ms\":1763848053294}",
        NOW,
    );
    let times: Vec<_> = decoded.samples.iter().map(|one| one.time.0).collect();
    assert_eq!(times, [1_763_848_053_293_000, NOW.0, 1_763_848_053_294_000]);
}

#[test]
fn of_the_same_member_twice_the_last_counts() {
    let many: Vec<_> = (0..40).map(|n| format!(r#""m{n}":{n},"#)).collect();
    let many = many.concat();
    let rest: Vec<_> = (1..40).map(|n| format!("/m{n}={n}")).collect();
    let mut rest: Vec<_> = rest.iter().map(String::as_str).collect();
    rest.push("/m0=7");
    let moved: Vec<_> = rest
        .iter()
        .copied()
        .filter(|one| *one != "/m39=39")
        .chain(["/m39=8"])
        .collect();
    check(&[
        (
            r#"{"a":1,"b":2,"a":3}"#.into(),
            &["/b=2", "/a=3"][..],
            &["repeated_member /a"][..],
        ),
        (
            r#"{"a":1,"\u0061":"x"}"#.into(),
            &["/a=\"x\""],
            &["repeated_member /a"],
        ),
        (
            r#"{"a":1,"a":2,"a":3}"#.into(),
            &["/a=3"],
            &["repeated_member /a"],
        ),
        (r#"{"a":1,"a":null}"#.into(), &[], &["repeated_member /a"]),
        (r#"{"a":null,"a":1}"#.into(), &["/a=1"], &[]),
        (
            r#"{"a":{"x":1,"y":2},"a":{"y":3}}"#.into(),
            &["/a/y=3"],
            &["repeated_member /a"],
        ),
        (
            r#"{"o":{"a":1,"a":[2,3]},"a":4}"#.into(),
            &["/o/a/0=2", "/o/a/1=3", "/a=4"],
            &["repeated_member /o/a"],
        ),
        (r#"[{"a":1},{"a":2}]"#.into(), &["/0/a=1", "/1/a=2"], &[]),
        (
            r#"{"ab":1,"a":{"b":2},"a/b":3}"#.into(),
            &["/ab=1", "/a/b=2", "/a~1b=3"],
            &[],
        ),
        (
            "{'a':1,'a':2}".into(),
            &["/a=2"],
            &["near_json ", "repeated_member /a"],
        ),
        (
            format!(r#"{{{many}"m0":7}}"#),
            &*rest,
            &["repeated_member /m0"],
        ),
        (
            format!(r#"{{{many}"m0":7,"m39":8}}"#),
            &*moved,
            &["repeated_member /m0"],
        ),
    ]);
}

#[test]
fn decimals_keep_all_their_digits() {
    let ninth = "0.12345678901234567890123";
    check(&[
        (
            format!(r#"{{"a":123456789.123456789,"b":[1.5,{ninth}],"c":21.299999237060547}}"#),
            &[
                "/a=123456789.123456789",
                "/b/0=1.5",
                "/b/1=0.12345678901234567890123",
                "/c=21.299999237060547",
            ][..],
            &[][..],
        ),
        (ninth.to_owned(), &["=0.12345678901234567890123"], &[]),
        (
            format!(r#"{{"x":1.25,"{ninth}":"{ninth}","y":-1.2345678901234567890e-5}}"#),
            &[
                "/x=1.25",
                "/0.12345678901234567890123=\"0.12345678901234567890123\"",
                "/y=-1.2345678901234567890e-5",
            ],
            &[],
        ),
        // Wherever it stands.
        (
            format!(r#"{{"a":0.5,"{}":{ninth}}}"#, "x".repeat(7)),
            &["/a=0.5", "/xxxxxxx=0.12345678901234567890123"],
            &[],
        ),
    ]);
    for shift in 0..40 {
        let payload = format!(r#"{{"a":0.5,"b":{}12345678901.234567}}"#, " ".repeat(shift));
        let decoded = decode(None, payload.as_bytes(), NOW);
        assert_eq!(
            shown(&decoded).0,
            ["/a=0.5", "/b=12345678901.234567"],
            "{shift}"
        );
    }
}

#[test]
fn an_event_time_is_told_by_its_size() {
    let at = 1_763_848_053_293_000;
    let unit: &[DefectCode] = &[DefectCode::OtherTimeUnit];
    for (time, micros, codes) in [
        ("1763848053293", at, &[][..]),
        ("1763848053293.25", at + 250, &[]),
        ("1763848053", at - 293_000, unit),
        ("1763848053.293", at, unit),
        ("1763848053293000", at, unit),
        ("1763848053293000000", at, unit),
        ("\"1763848053293\"", at, unit),
        ("\" 1763848053 \"", at - 293_000, unit),
        ("\"2025-11-22T21:47:33.293Z\"", at, unit),
        ("\"2025-11-22T22:47:33.293+01:00\"", at, unit),
        (
            "\"2025-11-22 21:47\"",
            NOW.0,
            &[DefectCode::ImplausibleTime],
        ),
        (
            "\"1970-01-01T00:00:00Z\"",
            NOW.0,
            &[DefectCode::ImplausibleTime],
        ),
        (
            "1763848053293000000000",
            NOW.0,
            &[DefectCode::ImplausibleTime],
        ),
        ("17638", NOW.0, &[DefectCode::ImplausibleTime]),
        ("[1]", NOW.0, &[]),
    ] {
        let payload = format!(r#"{{"timestamp_ms":{time},"v":1}}"#);
        let decoded = decode(None, payload.as_bytes(), NOW);
        let found: Vec<_> = decoded.defects.all().iter().map(|one| one.code).collect();
        assert_eq!(found, codes, "{time}");
        let sample = decoded.samples.iter().find(|one| one.path == "/v");
        assert_eq!(sample.unwrap().time.0, micros, "{time}");
    }
}
