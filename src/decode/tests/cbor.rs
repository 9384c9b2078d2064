//! CBOR as devices send it, and the examples of RFC 8949, appendix A.

use super::*;

const CBOR: Option<&str> = Some("application/cbor");

fn check(cases: &[(&str, &[&str], &[&str])]) {
    let cases: Vec<_> = cases
        .iter()
        .map(|(digits, samples, defects)| (hex(digits), *samples, *defects))
        .collect();
    check_as(CBOR, PayloadFormat::Cbor, &cases);
}

#[test]
fn each_kind_of_item_becomes_what_it_means() {
    check(&[
        ("00", &["=0"], &[]),
        ("1903e8", &["=1000"], &[]),
        ("1bffffffffffffffff", &["=18446744073709551615"], &[]),
        ("3bffffffffffffffff", &["=-18446744073709551616"], &[]),
        ("c249010000000000000000", &["=18446744073709551616"], &[]),
        ("c349010000000000000000", &["=-18446744073709551617"], &[]),
        // Beyond the 128 bits of any integer type.
        (
            "c2510100000000000000000000000000000000",
            &["=340282366920938463463374607431768211456"],
            &[],
        ),
        ("f93c00", &["=1"], &[]),
        ("f90001", &["=0.00000005960464477539063"], &[]),
        ("fa47c35000", &["=100000"], &[]),
        ("fb3ff199999999999a", &["=1.1"], &[]),
        ("f97e00", &[], &["not_a_number "]),
        ("fb7ff0000000000000", &[], &["not_a_number "]),
        ("f5", &["=true"], &[]),
        ("f6", &[], &[]),
        ("f7", &[], &[]),
        ("f8ff", &[], &[]),
        ("62225c", &["=\"\\\"\\\\\""], &[]),
        // 273.15 as a decimal fraction, with all its digits.
        ("c48221196ab3", &["=273.15"], &[]),
        (
            "c48202c249010000000000000000",
            &["=1844674407370955161600"],
            &[],
        ),
        // A tag that has no meaning here is looked through.
        (
            "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
            &["=\"http://www.example.com\""],
            &[],
        ),
        (
            "8301820203820405",
            &["/0=1", "/1/0=2", "/1/1=3", "/2/0=4", "/2/1=5"],
            &[],
        ),
        ("a201020304", &["/1=2", "/3=4"], &[]),
        ("a26161016162820203", &["/a=1", "/b/0=2", "/b/1=3"], &[]),
        ("a12001", &["/-1=1"], &[]),
        // Without a length, and in pieces.
        (
            "9f018202039f0405ffff",
            &["/0=1", "/1/0=2", "/1/1=3", "/2/0=4", "/2/1=5"],
            &[],
        ),
        ("bf61610161629f0203ffff", &["/a=1", "/b/0=2", "/b/1=3"], &[]),
        ("7f657374726561646d696e67ff", &["=\"streaming\""], &[]),
        // Marked as CBOR, and two values one behind the other.
        ("d9d9f7a1617601", &["/v=1"], &[]),
        ("a1617601a1617602", &["/v=1", "/v=2"], &[]),
        ("", &[], &[]),
    ]);
}

#[test]
fn date_times_are_times() {
    check(&[
        (
            "c074323031332d30332d32315432303a30343a30305a",
            &["=\"2013-03-21T20:04:00Z\""],
            &[],
        ),
        ("c11a514b67b0", &["=\"2013-03-21T20:04:00Z\""], &[]),
        (
            "c1fb41d452d9ec200000",
            &["=\"2013-03-21T20:04:00.5Z\""],
            &[],
        ),
        // A zone is kept.
        (
            "c07819323031332d30332d32315432323a30343a30302b30323a3030",
            &["=\"2013-03-21T22:04:00+02:00\""],
            &[],
        ),
        // No time that there is.
        ("c11b7fffffffffffffff", &["=9223372036854775807"], &[]),
        ("c16161", &["=\"a\""], &[]),
    ]);
    // {"timestamp_ms": 1(1363896240), "v": 1}
    let payload = hex("a2 6c74696d657374616d705f6d73 c11a514b67b0 617601");
    let decoded = decode(CBOR, &payload, NOW);
    assert_eq!(decoded.samples[0].time, Timestamp(1_363_896_240_000_000));
    assert!(decoded.defects.is_empty());
}

/// What a client of Lightweight M2M sends (RFC 8428), and a board with a CBOR library for Arduino.
#[test]
fn what_devices_send_is_read() {
    check(&[
        (
            "81 a3 21 6c 2f333330332f302f35373030 22 fb 4076d00000000000 00 61 56",
            &["/0/-2=\"/3303/0/5700\"", "/0/-3=365", "/0/0=\"V\""],
            &[],
        ),
        (
            "a4 62 6964 66 657370333233 64 74656d70 f9 4d60 63 686d64 18 37 62 6f6b f5",
            &["/id=\"esp323\"", "/temp=21.5", "/hmd=55", "/ok=true"],
            &[],
        ),
    ]);
}

#[test]
fn byte_strings_are_embedded() {
    // {"id": h'0102', "image": (_ h'ffd8', h'ffe0')}
    let payload = hex("a2 626964 420102 65696d616765 5f 42ffd8 42ffe0 ff");
    let decoded = decode(CBOR, &payload, NOW);
    assert!(decoded.samples.is_empty() && decoded.defects.is_empty());
    let told: Vec<_> = (decoded.embedded.iter())
        .map(|one| (&*one.path, one.mime, one.bytes))
        .collect();
    assert_eq!(
        told,
        [
            ("/id", "application/octet-stream", 2),
            ("/image", "image/jpeg", 4)
        ]
    );
    let message = Message {
        properties: Some(Box::new(Properties {
            content_type: CBOR.map(Into::into),
            ..Properties::default()
        })),
        ..Message::new(Topic::new("a").unwrap(), payload)
    };
    let found = |path| embedded(&message, None, path);
    assert_eq!(found("/id").as_deref(), Some(&b"\x01\x02"[..]));
    assert_eq!(found("/image").as_deref(), Some(&b"\xff\xd8\xff\xe0"[..]));
    assert_eq!(found("/none"), None);
}

#[test]
fn what_is_broken_costs_no_more_than_itself() {
    check(&[
        ("a2617601617819", &["/v=1"], &["malformed -"]),
        ("830102", &["/0=1", "/1=2"], &["malformed -"]),
        ("a2617601ff", &["/v=1"], &["malformed -"]),
        ("1c", &[], &["malformed -"]),
        ("5b7fffffffffffffff00", &[], &["malformed -"]),
        (
            "9bffffffffffffffff0102",
            &["/0=1", "/1=2"],
            &["malformed -"],
        ),
        ("7f4100ff", &[], &["malformed -"]),
        ("a2 61 61 61 ff 61 62 02", &["/b=2"], &["unreadable /a"]),
        ("a2 80 01 61 62 02", &["/b=2"], &["unreadable "]),
        ("a2 6161 01 6161 02", &["/a=2"], &["repeated_member /a"]),
        ("7b22", &[], &["malformed -"]),
    ]);
    for nested in [0x81, 0x82, 0x9f, 0xbf, 0xc6] {
        let decoded = decode(CBOR, &[nested].repeat(100_000), NOW);
        assert!(decoded.samples.is_empty());
        let malformed = decoded.defects.all().last();
        assert_eq!(malformed.unwrap().code, DefectCode::Malformed);
    }
    let long = [&hex("c2590200")[..], &[1; 512]].concat();
    let decoded = decode(CBOR, &long, NOW);
    assert_eq!(decoded.defects.all()[0].code, DefectCode::Unreadable);
}

#[test]
fn only_what_can_be_nothing_else_is_cbor_by_its_bytes() {
    use PayloadFormat::{Binary, Cbor, Json, Text};
    for (payload, format) in [
        (hex("d9d9f701"), Cbor),
        (hex("d9d9f7ff"), Cbor),
        (hex("a2 64 74656d70 f94d60 63 687564 1837"), Cbor),
        (hex("bf 64 74656d70 f94d60 ff"), Cbor),
        (hex("b90001 64 74656d70 f94d60"), Cbor),
        // One byte too many, or too few.
        (hex("a1 64 74656d70 f94d60 00"), Binary),
        (hex("a1 64 74656d70 f94d"), Binary),
        // Numbers are names by agreement only.
        (hex("a2 01 18ff 02 18fe"), Binary),
        (hex("82 f94d60 f94d60"), Binary),
        (hex("fa41ac0000"), Binary),
        // A text in Latin-1.
        (b"\xa1adios amigos".to_vec(), Binary),
        (b"{\"a\":1}".to_vec(), Json),
        (b"x".to_vec(), Text),
    ] {
        assert_eq!(decode(None, &payload, NOW).format, format, "{payload:x?}");
    }
}

proptest::proptest! {
    /// What another implementation writes is read as it was meant.
    #[test]
    fn whatever_ciborium_writes_is_read(
        numbers in proptest::collection::btree_map("[a-z]{1,8}_", proptest::num::i64::ANY, 1..20),
        floats in proptest::collection::vec(proptest::num::f64::NORMAL, 0..20),
    ) {
        let mut payload = Vec::new();
        ciborium::into_writer(&(&numbers, &floats), &mut payload).unwrap();
        let decoded = decode(CBOR, &payload, NOW);
        let (found, told) = odd::shown(&decoded);
        let numbers = numbers.iter().map(|(name, number)| format!("/0/{name}={number}"));
        let floats = floats.iter().enumerate().map(|(at, number)| format!("/1/{at}={number}"));
        assert_eq!(found, numbers.chain(floats).collect::<Vec<_>>());
        assert!(told.is_empty());
    }

    #[test]
    fn any_bytes_of_cbor_give_an_answer(payload in proptest::collection::vec(0_u8.., 0..200)) {
        bounds::assert_bounded_as(CBOR, &payload);
    }
}
