//! What must be refused, and with which reason.

use bytes::BytesMut;

use crate::mqtt::codec::ReasonCode::{
    self, MalformedPacket, PacketTooLarge, PayloadFormatInvalid, ProtocolError, QuotaExceeded,
    TopicAliasInvalid, UnsupportedProtocolVersion,
};
use crate::mqtt::codec::{Decoder, FILTERS_MAX, Version};

use super::{PACKET_BYTES_MAX, all, notation, server};

const NEW: Option<Version> = None;
const V3: Option<Version> = Some(Version::V3);
const V4: Option<Version> = Some(Version::V4);
const V5: Option<Version> = Some(Version::V5);

/// After a CONNECT of which version, which bytes, and why they are refused.
pub(super) const CASES: &[(Option<Version>, &str, ReasonCode)] = &[
    // The first packet.
    (NEW, "c0 00", ProtocolError),
    (NEW, "30 [<'a'>]", ProtocolError),
    (NEW, "f0 00", ProtocolError),
    (NEW, "'GET / HTTP/1.1'", ProtocolError),
    (NEW, "11 [<'MQTT'> 04 02 0000 <'c'>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTX'> 04 02 0000 <'c'>]",
        UnsupportedProtocolVersion,
    ),
    (
        NEW,
        "10 [<'mqtt'> 04 02 0000 <'c'>]",
        UnsupportedProtocolVersion,
    ),
    (
        NEW,
        "10 [<'MQTT'> 03 02 0000 <'c'>]",
        UnsupportedProtocolVersion,
    ),
    (
        NEW,
        "10 [<'MQTT'> 06 02 0000 <'c'>]",
        UnsupportedProtocolVersion,
    ),
    (
        NEW,
        "10 [<'MQIsdp'> 04 02 0000 <'c'>]",
        UnsupportedProtocolVersion,
    ),
    (
        NEW,
        "10 [<'MQTT'> 00 02 0000 <'c'>]",
        UnsupportedProtocolVersion,
    ),
    (NEW, "10 []", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 03 0000 <'c'>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 05 03 0000 [] <'c'>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 0a 0000 <'c'>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 22 0000 <'c'>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 04 1e 0000 <'c'> <'t'> <'p'>]",
        MalformedPacket,
    ),
    (
        NEW,
        "10 [<'MQTT'> 04 42 0000 <'c'> <'secret'>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 04 82 0000 <'c'>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 04 c2 0000 <'c'> <'user'>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 04 06 0000 <'c'>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 06 0000 <'c'> <'t'>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 02 00]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 02 0000 <'c'> 00]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 02 0000 0005 'c']", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 02 0000 <ff>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 02 0000 <eda080>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 04 02 0000 <'a' 00 'b'>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 04 02 0000 <c080>]", MalformedPacket),
    (NEW, "10 [<'MQTT'> 04 82 0000 <'c'> <fe>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 04 06 0000 <'c'> <'a/+'> <>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 04 06 0000 <'c'> <> <>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 05 06 0000 [] <'c'> [] <'a/#'> <>]",
        MalformedPacket,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 06 0000 [] <'c'> [0101] <'a'> <ff>]",
        PayloadFormatInvalid,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 06 0000 [] <'c'> [01 02] <'a'> <>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 06 0000 [] <'c'> [1800000001 1800000001] <'a'> <>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 06 0000 [] <'c'> [1100000001] <'a'> <>]",
        MalformedPacket,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [210000] <'c'>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [2700000000] <'c'>]",
        ProtocolError,
    ),
    (NEW, "10 [<'MQTT'> 05 02 0000 [1902] <'c'>]", ProtocolError),
    (NEW, "10 [<'MQTT'> 05 02 0000 [1702] <'c'>]", ProtocolError),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [210001 210001] <'c'>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [1100000001 1100000001] <'c'>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [16<'x'>] <'c'>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [15<'x'> 15<'x'>] <'c'>]",
        ProtocolError,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [0101] <'c'>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 05 02 0000 [00] <'c'>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [7f00] <'c'>]",
        MalformedPacket,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [910001 00] <'c'>]",
        MalformedPacket,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [2100] <'c'>]",
        MalformedPacket,
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [26<'a'>] <'c'>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 05 02 0000 8000 <'c'>]", MalformedPacket),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 ffffffff01 <'c'>]",
        MalformedPacket,
    ),
    (NEW, "10 [<'MQTT'> 05 02 0000 7f <'c'>]", MalformedPacket),
    (NEW, "10 8e00 <'MQTT'> 05 02 0000 [] <'c'>", MalformedPacket),
    (NEW, "10 ffffffff", MalformedPacket),
    (NEW, "10 ffffff7f", PacketTooLarge),
    // Fixed headers.
    (V4, "00 00", MalformedPacket),
    (V5, "00 00", MalformedPacket),
    (V4, "10 [<'MQTT'> 04 02 0000 <'c'>]", ProtocolError),
    (V5, "10 [<'MQTT'> 05 02 0000 [] <'c'>]", ProtocolError),
    (V4, "20 0000", ProtocolError),
    (V5, "20 00", ProtocolError),
    (V4, "90 [0001 00]", ProtocolError),
    (V4, "b0 [0001]", ProtocolError),
    (V4, "d0 00", ProtocolError),
    (V4, "f0 00", MalformedPacket),
    (V3, "f0 00", MalformedPacket),
    (V4, "c1 00", MalformedPacket),
    (V4, "c0 01 00", MalformedPacket),
    (V5, "c0 8000", MalformedPacket),
    (V4, "e1 00", MalformedPacket),
    (V4, "e0 01 00", MalformedPacket),
    (V4, "41 [0001]", MalformedPacket),
    (V4, "60 [0001]", MalformedPacket),
    (V4, "63 [0001]", MalformedPacket),
    (V4, "80 [0001 <'a'> 00]", MalformedPacket),
    (V4, "a0 [0001 <'a'>]", MalformedPacket),
    (V4, "30 80808001", PacketTooLarge),
    (V5, "30 ffffff7f", PacketTooLarge),
    // PUBLISH.
    (V4, "36 [<'a'> 0001]", MalformedPacket),
    (V5, "36 [<'a'> 0001 []]", MalformedPacket),
    (V4, "38 [<'a'>]", MalformedPacket),
    (V5, "38 [<'a'> []]", MalformedPacket),
    (V4, "32 [<'a'> 0000]", MalformedPacket),
    (V5, "34 [<'a'> 0000 []]", MalformedPacket),
    (V4, "32 [<'a'> 00]", MalformedPacket),
    (V4, "30 []", MalformedPacket),
    (V4, "30 [0005 'a']", MalformedPacket),
    (V4, "30 [<>]", MalformedPacket),
    (V4, "30 [<'a/#'>]", MalformedPacket),
    (V5, "30 [<'+/a'> []]", MalformedPacket),
    (V4, "30 [<'a' 00>]", MalformedPacket),
    (V4, "30 [<c3>]", MalformedPacket),
    (V4, "30 [<edbfbf>]", MalformedPacket),
    (V5, "30 [<'a'>]", MalformedPacket),
    (V5, "30 [<'a'> 05 01]", MalformedPacket),
    (V5, "30 [<> []]", ProtocolError),
    (V5, "30 [<'a'> [230000]]", TopicAliasInvalid),
    (V5, "30 [<'a'> [230001 230001]]", ProtocolError),
    (V5, "30 [<'a'> [0102]]", ProtocolError),
    (V5, "30 [<'a'> [0100 0100]]", ProtocolError),
    (V5, "30 [<'a'> [0200000001 0200000001]]", ProtocolError),
    (V5, "30 [<'a'> [0b01]]", ProtocolError),
    (V5, "30 [<'a'> [0b00]]", ProtocolError),
    (V5, "30 [<'a'> [08<'b/+'>]]", MalformedPacket),
    (V5, "30 [<'a'> [08<>]]", MalformedPacket),
    (V5, "30 [<'a'> [08<'b'> 08<'b'>]]", ProtocolError),
    (V5, "30 [<'a'> [03<ff>]]", MalformedPacket),
    (V5, "30 [<'a'> [1100000001]]", MalformedPacket),
    (V5, "30 [<'a'> [26<'k'> <'v' 00>]]", MalformedPacket),
    // Acknowledgements.
    (V4, "40 [0000]", MalformedPacket),
    (V4, "40 [00]", MalformedPacket),
    (V4, "40 [0001 00]", MalformedPacket),
    (V5, "40 [0001 01]", ProtocolError),
    (V5, "40 [0001 11]", ProtocolError),
    (V5, "40 [0001 7f]", MalformedPacket),
    (V5, "40 [0001 00 [] 00]", MalformedPacket),
    (V5, "40 [0001 00 [1f<'a'> 1f<'a'>]]", ProtocolError),
    (V5, "40 [0001 00 [230001]]", MalformedPacket),
    (V5, "50 [0001 92]", ProtocolError),
    (V5, "62 [0001 80]", ProtocolError),
    (V5, "70 [0001 97]", ProtocolError),
    (V4, "62 [0000]", MalformedPacket),
    // SUBSCRIBE and UNSUBSCRIBE.
    (V4, "82 [0000 <'a'> 00]", MalformedPacket),
    (V4, "82 [0001]", ProtocolError),
    (V5, "82 [0001 []]", ProtocolError),
    (V4, "82 [0001 <'a'>]", MalformedPacket),
    (V4, "82 [0001 <'a'> 03]", ProtocolError),
    (V4, "82 [0001 <'a'> 04]", MalformedPacket),
    (V5, "82 [0001 [] <'a'> 40]", MalformedPacket),
    (V5, "82 [0001 [] <'a'> 80]", MalformedPacket),
    (V5, "82 [0001 [] <'a'> 30]", ProtocolError),
    (V5, "82 [0001 [] <'a'> 03]", ProtocolError),
    (V4, "82 [0001 <> 00]", MalformedPacket),
    (V4, "82 [0001 <'a#'> 00]", MalformedPacket),
    (V4, "82 [0001 <'#/a'> 00]", MalformedPacket),
    (V5, "82 [0001 [] <'a+/b'> 00]", MalformedPacket),
    (V4, "82 [0001 <'a'> 00 <'b' ff> 00]", MalformedPacket),
    (V5, "82 [0001 [0b00] <'a'> 00]", ProtocolError),
    (V5, "82 [0001 [0b01 0b02] <'a'> 00]", ProtocolError),
    (V5, "82 [0001 [1f<'x'>] <'a'> 00]", MalformedPacket),
    (V5, "82 [0001 [] <'$share/g/a'> 04]", ProtocolError),
    (V5, "82 [0001 [] <'$share/g'> 00]", MalformedPacket),
    (V5, "82 [0001 [] <'$share/g/'> 00]", MalformedPacket),
    (V5, "82 [0001 [] <'$share//a'> 00]", MalformedPacket),
    (V5, "82 [0001 [] <'$share/g+/a'> 00]", MalformedPacket),
    (V5, "82 [0001 [] <'$share/#/a'> 00]", MalformedPacket),
    (V4, "a2 [0000 <'a'>]", MalformedPacket),
    (V4, "a2 [0001]", ProtocolError),
    (V5, "a2 [0001 []]", ProtocolError),
    (V4, "a2 [0001 <>]", MalformedPacket),
    (V4, "a2 [0001 <'a'> 00]", MalformedPacket),
    (V5, "a2 [0001 [0b01] <'a'>]", MalformedPacket),
    // DISCONNECT and AUTH.
    (V5, "e0 [01]", ProtocolError),
    (V5, "e0 [8b]", ProtocolError),
    (V5, "e0 [03]", MalformedPacket),
    (V5, "e0 [00 [1c<'other'>]]", MalformedPacket),
    (V5, "e0 [00 [1100000001 1100000001]]", ProtocolError),
    (V5, "e0 [00 [] 00]", MalformedPacket),
    (V5, "f0 00", ProtocolError),
    (V5, "f0 [00 [15<'m'>]]", ProtocolError),
    (V5, "f0 [18 []]", ProtocolError),
    (V5, "f0 [18]", MalformedPacket),
    (V5, "f0 [87 [15<'m'>]]", ProtocolError),
];

/// Version of the connection, what a client must refuse, and why.
const FROM_A_SERVER: &[(Version, &str, ReasonCode)] = &[
    (Version::V4, "10 [<'MQTT'> 04 02 0000 <'c'>]", ProtocolError),
    (Version::V4, "82 [0001 <'a'> 00]", ProtocolError),
    (Version::V4, "a2 [0001 <'a'>]", ProtocolError),
    (Version::V4, "c0 00", ProtocolError),
    (Version::V4, "e0 00", ProtocolError),
    (Version::V4, "20 [02 00]", MalformedPacket),
    (Version::V4, "20 [00 06]", MalformedPacket),
    (Version::V4, "20 [01 05]", ProtocolError),
    (Version::V5, "20 [01 87 []]", ProtocolError),
    (Version::V5, "20 [00 01 []]", ProtocolError),
    (Version::V5, "20 [00 00 [2402]]", ProtocolError),
    (Version::V5, "20 [00 00 [210000]]", ProtocolError),
    (Version::V5, "20 [00 00 [1702]]", ProtocolError),
    (Version::V4, "90 [0001]", MalformedPacket),
    (Version::V4, "90 [0001 03]", MalformedPacket),
    (Version::V4, "90 [0001 87]", MalformedPacket),
    (Version::V5, "90 [0001 []]", MalformedPacket),
    (Version::V5, "b0 [0001 [] 01]", ProtocolError),
    (Version::V4, "b0 [0001 00]", MalformedPacket),
    (Version::V5, "e0 [00]", ProtocolError),
    (Version::V5, "e0 [8b [1100000001]]", ProtocolError),
    (Version::V5, "f0 [19 [15<'m'>]]", ProtocolError),
];

#[test]
fn what_is_malformed_is_refused_with_its_reason() {
    for (version, text, reason) in CASES {
        let (packets, error) = all(&mut server(*version), &notation::bytes(text));
        let error = error.unwrap_or_else(|| panic!("{text} after {version:?}: {packets:?}"));
        assert_eq!(error.reason, *reason, "{text} after {version:?}: {error}");
    }
}

#[test]
fn a_client_refuses_what_a_server_must_not_send() {
    for (version, text, reason) in FROM_A_SERVER {
        let mut decoder = Decoder::client(*version, PACKET_BYTES_MAX);
        let (packets, error) = all(&mut decoder, &notation::bytes(text));
        let error = error.unwrap_or_else(|| panic!("{text} in {version:?}: {packets:?}"));
        assert_eq!(error.reason, *reason, "{text} in {version:?}: {error}");
    }
}

#[test]
fn a_packet_over_the_limit_is_refused_before_its_body_is_there() {
    let mut decoder = Decoder::server(100);
    let (_, error) = all(&mut decoder, &[0x10, 98]);
    assert_eq!(error, None);
    let (_, error) = all(&mut decoder, &[0x10, 99]);
    assert_eq!(error.unwrap().reason, PacketTooLarge);
}

#[test]
fn tiny_entries_do_not_grow_on_the_heap_without_bound() {
    let filters = "<'a'>".repeat(FILTERS_MAX + 1);
    let users = "26 <> <>".repeat(super::super::USER_PROPERTIES_MAX + 1);
    for packet in [
        format!("a2 [0001 [] {filters}]"),
        format!("30 [<'a'> [{users}]]"),
    ] {
        let (_, error) = all(&mut server(V5), &notation::bytes(&packet));
        assert_eq!(error.unwrap().reason, QuotaExceeded);
    }
}

#[test]
fn the_version_is_known_although_the_connect_is_refused() {
    let mut decoder = Decoder::server(PACKET_BYTES_MAX);
    let connect = notation::bytes("10 [<'MQTT'> 05 03 0000 [] <'c'>]");
    assert!(decoder.decode(&mut BytesMut::from(&connect[..])).is_err());
    assert_eq!(decoder.version(), V5);
}
