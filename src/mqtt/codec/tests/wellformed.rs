//! What must be taken.

use crate::mqtt::codec::{Decoder, Encoder, Packet, ReasonCode, Version};

use super::{PACKET_BYTES_MAX, all, notation, server};

const NEW: Option<Version> = None;
const V3: Option<Version> = Some(Version::V3);
const V4: Option<Version> = Some(Version::V4);
const V5: Option<Version> = Some(Version::V5);

/// After a CONNECT of which version, and which bytes.
pub(super) const CASES: &[(Option<Version>, &str)] = &[
    (NEW, "10 [<'MQIsdp'> 03 02 003c <'c'>]"),
    (
        NEW,
        "10 [<'MQIsdp'> 03 02 003c <'a client id of more than 23 characters'>]",
    ),
    (NEW, "10 [<'MQIsdp'> 03 c2 003c <'c'>]"),
    (NEW, "10 [<'MQIsdp'> 03 c2 003c <'c'> <'user'>]"),
    (NEW, "10 [<'MQTT'> 04 00 0000 <>]"),
    (NEW, "10 [<'MQTT'> 04 02 0000 <>]"),
    (NEW, "10 9000 <'MQTT'> 04 02 0000 <'four'>"),
    (
        NEW,
        "10 [<'MQTT'> 04 f6 ffff <'c'> <'will/topic'> <00ff> <'user'> <'secret'>]",
    ),
    (NEW, "10 [<'MQTT'> 04 82 0000 <'c'> <>]"),
    (NEW, "10 [<'MQTT'> 04 c2 0000 <'c'> <> <>]"),
    (NEW, "10 [<'MQTT'> 04 02 0000 <'étage /#+ 😀'>]"),
    (NEW, "10 [<'MQTT'> 04 02 0000 <efbbbf>]"),
    (NEW, "10 [<'MQTT'> 05 42 0000 [] <'c'> <'token'>]"),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [11ffffffff 210001 2700000001 22ffff 1901 1700] <'c'>]",
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 02 0000 [15<'m'> 16<'d'> 26<'k'><'v'> 26<'k'><'v'>] <'c'>]",
    ),
    (
        NEW,
        "10 [<'MQTT'> 05 06 0000 [] <'c'> [1800000005 0101 0200000001 03<'text/plain'> 08<'r'> 09<00> 26<'k'><'v'>] <'t'> <'p'>]",
    ),
    (V4, "30 [<'a'>]"),
    (V4, "31 [<'/'> 00ff]"),
    (V4, "3a [<'étage/1/temp'> ffff '21.5']"),
    (V4, "3c [<'$SYS/x'> 0001]"),
    (V5, "30 [<'a'> []]"),
    (
        V5,
        "3d [<'a'> 0001 [0100 0200000000 03<> 08<'r'> 09<> 230001 26<><>] 'x']",
    ),
    (V5, "30 [<> [230001] 'x']"),
    (V5, "30 [<'a'> [0101] ff]"),
    (V4, "40 [0001]"),
    (V4, "50 [ffff]"),
    (V4, "62 [0001]"),
    (V3, "6a [0001]"),
    (V3, "8a [0001 <'a'> 00]"),
    (V4, "70 [0001]"),
    (V5, "40 [0001]"),
    (V5, "40 [0001 80]"),
    (V5, "50 [0001 97 []]"),
    (V5, "62 [0001 92 [1f<'gone'> 26<'k'><'v'>]]"),
    (V5, "70 [0001 92]"),
    (V4, "82 [0001 <'#'> 00 <'+'> 01 <'a/+/b/#'> 02 <'/'> 00]"),
    (V4, "82 [0001 <'$share/g/a'> 01]"),
    (
        V5,
        "82 [0001 [0bffffff7f 26<'k'><'v'>] <'a'> 2e <'$share/g/#'> 01]",
    ),
    (V5, "82 [0001 [] <'$share'> 00 <'$shared/a'> 00 <'a'> 1c]"),
    (V4, "a2 [0001 <'#'> <'$share/g/a'>]"),
    (V5, "a2 [0001 [26<'k'><'v'>] <'a'>]"),
    (V4, "c0 00"),
    (V4, "e0 00"),
    (V5, "e0 00"),
    (V5, "e0 [04]"),
    (V5, "e0 [00 [1100000005 1f<'bye'> 26<'k'><'v'>]]"),
    (V5, "f0 [18 [15<'m'> 16<'d'> 1f<'r'>]]"),
    (V5, "f0 [19 [15<'m'>]]"),
];

/// What a client must take.
pub(super) const FROM_A_SERVER: &[(Version, &str)] = &[
    (Version::V4, "20 [01 00]"),
    (Version::V4, "20 [00 05]"),
    (Version::V5, "20 [00 00 []]"),
    (
        Version::V5,
        "20 [00 00 [1100000000 210001 2401 2500 2700000001 12<'id'> 220001 1f<'r'> 26<'k'><'v'> 2800 2901 2a00 130001 1a<'i'> 1c<'s'> 15<'m'> 16<'d'>]]",
    ),
    (Version::V5, "30 [<'a'> [0b01 0bffffff7f] 'x']"),
    (Version::V5, "40 [0001 10]"),
    (Version::V4, "90 [0001 00 01 02 80]"),
    (Version::V5, "90 [0001 [1f<'r'>] 00 01 02 87 9e]"),
    (Version::V4, "b0 [0001]"),
    (Version::V5, "b0 [0001 [] 00 11]"),
    (Version::V4, "d0 00"),
    (Version::V5, "e0 [8e]"),
    (Version::V5, "e0 [9c [1c<'elsewhere'>]]"),
    (Version::V5, "f0 00"),
    (Version::V5, "f0 [18 [15<'m'>]]"),
];

#[test]
fn what_is_well_formed_is_taken_whole() {
    for (version, text) in CASES {
        let (packets, error) = all(&mut server(*version), &notation::bytes(text));
        assert_eq!(error, None, "{text} after {version:?}");
        assert_eq!(packets.len(), 1, "{text} after {version:?}");
    }
    for (version, text) in FROM_A_SERVER {
        let mut decoder = Decoder::client(*version, PACKET_BYTES_MAX);
        let (packets, error) = all(&mut decoder, &notation::bytes(text));
        assert_eq!((packets.len(), error), (1, None), "{text} in {version:?}");
    }
}

#[test]
fn what_is_split_anywhere_is_the_same() {
    for (version, text) in CASES {
        let bytes = notation::bytes(text);
        let (whole, _) = all(&mut server(*version), &bytes);
        let mut decoder = server(*version);
        let mut buffer = bytes::BytesMut::new();
        for (at, byte) in bytes.iter().enumerate() {
            buffer.extend_from_slice(&[*byte]);
            let packet = decoder.decode(&mut buffer).unwrap();
            assert_eq!(packet.is_some(), at + 1 == bytes.len(), "{text} at {at}");
            let missing = bytes.len() - at - 1;
            match packet {
                Some(packet) => assert_eq!(packet, whole[0]),
                None => assert!(
                    (1..=missing).contains(&decoder.needed()),
                    "{text} at {at}: {} of {missing}",
                    decoder.needed()
                ),
            }
        }
    }
}

#[test]
fn a_repeated_topic_is_the_same_one() {
    let publish = notation::bytes("30 [<'acme/line1/press'> 'x']");
    let (packets, _) = all(&mut server(V4), &publish.repeat(2));
    let names: Vec<_> = packets
        .iter()
        .map(|packet| match packet {
            Packet::Publish(publish) => publish.topic.as_ref().unwrap().as_str().as_ptr(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(names[0], names[1]);
}

#[test]
fn reasons_are_translated_for_the_old_versions() {
    use ReasonCode::{
        Banned, ClientIdentifierNotValid, NotAuthorized, QuotaExceeded, ServerBusy, Success,
    };
    for (reason, code) in [
        (Success, 0),
        (ReasonCode::UnsupportedProtocolVersion, 1),
        (ClientIdentifierNotValid, 2),
        (ServerBusy, 3),
        (QuotaExceeded, 3),
        (ReasonCode::BadUserNameOrPassword, 4),
        (NotAuthorized, 5),
        (Banned, 5),
    ] {
        let connack = Packet::ConnAck(Box::new(crate::mqtt::codec::ConnAck {
            session_present: false,
            reason,
            properties: crate::mqtt::codec::ConnAckProperties {
                reason_string: Some("not for 3.1.1".into()),
                ..Default::default()
            },
        }));
        let mut out = bytes::BytesMut::new();
        Encoder::new(Version::V4)
            .encode(&connack, &mut out)
            .unwrap();
        assert_eq!(out[..], [0x20, 2, 0, code], "{reason:?}");
    }
}
