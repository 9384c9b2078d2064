//! MessagePack as devices send it, and the examples of its specification.

use super::*;

const MESSAGE_PACK: Option<&str> = Some("application/msgpack");

fn check(cases: &[(&str, &[&str], &[&str])]) {
    let cases: Vec<_> = cases
        .iter()
        .map(|(digits, samples, defects)| (hex(digits), *samples, *defects))
        .collect();
    check_as(MESSAGE_PACK, PayloadFormat::MessagePack, &cases);
}

#[test]
fn each_kind_of_value_becomes_what_it_means() {
    check(&[
        // The specification's own example.
        (
            "82 a7 636f6d70616374 c3 a6 736368656d61 00",
            &["/compact=true", "/schema=0"],
            &[],
        ),
        ("7f", &["=127"], &[]),
        ("e0", &["=-32"], &[]),
        ("cfffffffffffffffff", &["=18446744073709551615"], &[]),
        ("d38000000000000000", &["=-9223372036854775808"], &[]),
        ("ca41ac0000", &["=21.5"], &[]),
        ("cb3ff199999999999a", &["=1.1"], &[]),
        ("ca7fc00000", &[], &["not_a_number "]),
        ("c0", &[], &[]),
        ("93 01 a1 78 c2", &["/0=1", "/1=\"x\"", "/2=false"], &[]),
        ("82 01 02 ff 04", &["/1=2", "/-1=4"], &[]),
        // Timestamps of 32, 64 and 96 bits.
        ("d6ff 514b67b0", &["=\"2013-03-21T20:04:00Z\""], &[]),
        (
            "d7ff 77359400 514b67b0",
            &["=\"2013-03-21T20:04:00.5Z\""],
            &[],
        ),
        (
            "c70cff 1dcd6500 fffffffffffffff6",
            &["=\"1969-12-31T23:59:50.5Z\""],
            &[],
        ),
        // Several values.
        ("01 02", &["=1", "=2"], &[]),
        ("", &[], &[]),
    ]);
}

/// What a board sends with the usual library for Arduino, and what Node-RED's node writes.
#[test]
fn what_devices_send_is_read() {
    check(&[
        (
            "83 a6 73656e736f72 a3 677073 a4 74696d65 ce514b67b0 a4 64617461 92 ca42430000 ca40100000",
            &[
                "/sensor=\"gps\" @time",
                "/data/0=48.75 @time",
                "/data/1=2.25 @time",
            ],
            &[],
        ),
        (
            "82 a7 7061796c6f6164 81 a4 74656d70 cb4035800000000000 a5 746f706963 a3 612f62",
            &["/payload/temp=21.5", "/topic=\"a/b\""],
            &[],
        ),
    ]);
}

#[test]
fn byte_strings_and_extensions_are_embedded() {
    let payload = hex("82 a2 6964 c4020102 a1 78 d605 00000000");
    let decoded = decode(MESSAGE_PACK, &payload, NOW);
    assert!(decoded.samples.is_empty() && decoded.defects.is_empty());
    let told: Vec<_> = (decoded.embedded.iter())
        .map(|one| (&*one.path, one.bytes))
        .collect();
    assert_eq!(told, [("/id", 2), ("/x", 4)]);
}

#[test]
fn what_is_broken_costs_no_more_than_itself() {
    check(&[
        ("82 a1 76 01 a1 78 cd", &["/v=1"], &["malformed -"]),
        ("93 01 02", &["/0=1", "/1=2"], &["malformed -"]),
        ("c1", &[], &["malformed -"]),
        ("c6ffffffff00", &[], &["malformed -"]),
        ("ddffffffff0102", &["/0=1", "/1=2"], &["malformed -"]),
        ("82 a1 61 01 a1 61 02", &["/a=2"], &["repeated_member /a"]),
    ]);
    for nested in [0x91, 0x92, 0x81] {
        let decoded = decode(MESSAGE_PACK, &[nested].repeat(100_000), NOW);
        assert!(decoded.samples.is_empty());
        assert!(!decoded.defects.is_empty());
    }
}

#[test]
fn only_what_can_be_nothing_else_is_message_pack_by_its_bytes() {
    use PayloadFormat::{Binary, MessagePack, Text};
    for (payload, format) in [
        (hex("82 a4 74656d70 ca41ac0000 a3 687564 37"), MessagePack),
        (hex("81 a4 74656d70 ca41ac0000 00"), Binary),
        (hex("81 a4 74656d70 ca41ac00"), Binary),
        (hex("82 01 02 03 04"), Binary),
        (hex("92 01 02"), Binary),
        (b"\x81".to_vec(), Binary),
        ("\u{de}\u{df}".into(), Text),
    ] {
        assert_eq!(decode(None, &payload, NOW).format, format, "{payload:x?}");
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_of_message_pack_give_an_answer(
        payload in proptest::collection::vec(0_u8.., 0..200),
    ) {
        bounds::assert_bounded_as(MESSAGE_PACK, &payload);
    }
}
