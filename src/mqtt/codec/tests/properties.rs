//! What holds for every packet, and for bytes that are none.

use bytes::BytesMut;
use proptest::prelude::*;

use crate::mqtt::codec::{Decoder, EncodeError, Encoder, Packet, Side, Version};

use super::{PACKET_BYTES_MAX, all, arbitrary, malformed, notation, server, wellformed};

const VERSIONS: [Version; 3] = [Version::V3, Version::V4, Version::V5];

fn packet() -> impl Strategy<Value = (Version, Side, Packet)> {
    (prop::sample::select(&VERSIONS), any::<bool>()).prop_flat_map(|(version, server)| {
        if server {
            arbitrary::from_client(version)
                .prop_map(move |packet| (version, Side::Server, packet))
                .boxed()
        } else {
            arbitrary::from_server(version)
                .prop_map(move |packet| (version, Side::Client, packet))
                .boxed()
        }
    })
}

/// A decoder that is ready for `packet`.
fn decoder(version: Version, side: Side, packet: &Packet) -> Decoder {
    match (side, packet) {
        (Side::Client, _) => Decoder::client(version, PACKET_BYTES_MAX),
        (Side::Server, Packet::Connect(_)) => server(None),
        (Side::Server, _) => server(Some(version)),
    }
}

fn encoded(version: Version, packet: &Packet) -> BytesMut {
    let mut bytes = BytesMut::new();
    Encoder::new(version).encode(packet, &mut bytes).unwrap();
    bytes
}

proptest! {
    #[test]
    fn a_packet_survives_the_wire((version, side, packet) in packet()) {
        let bytes = encoded(version, &packet);
        if let Packet::Publish(publish) = &packet {
            let bytes_max = bytes.len() - 1;
            let narrow = Encoder {
                packet_bytes_max: u32::try_from(bytes_max).unwrap(),
                ..Encoder::new(version)
            };
            let refused = narrow.publish(&publish.into(), &mut BytesMut::new());
            let bytes = bytes.len();
            prop_assert_eq!(refused, Err(EncodeError::TooLarge { bytes, bytes_max }));
        }
        let (packets, error) = all(&mut decoder(version, side, &packet), &bytes);
        prop_assert_eq!(error, None);
        prop_assert_eq!(packets, [packet]);
    }

    #[test]
    fn a_packet_in_pieces_is_the_same((version, side, packet) in packet(), at in any::<prop::sample::Index>()) {
        let bytes = encoded(version, &packet);
        let at = at.index(bytes.len());
        let mut decoder = decoder(version, side, &packet);
        let mut buffer = BytesMut::from(&bytes[..at]);
        prop_assert_eq!(decoder.decode(&mut buffer), Ok(None));
        prop_assert_eq!(&buffer[..], &bytes[..at], "what is incomplete stays where it is");
        prop_assert!(decoder.needed() <= bytes.len() - at.min(1));
        buffer.extend_from_slice(&bytes[at..]);
        prop_assert_eq!(decoder.decode(&mut buffer), Ok(Some(packet)));
    }

    #[test]
    fn nothing_larger_than_the_peer_takes_is_sent((version, side, packet) in packet(), packet_bytes_max in 1..200_u32) {
        let mut out = BytesMut::from("before");
        let encoder = Encoder { version, packet_bytes_max };
        match encoder.encode(&packet, &mut out) {
            Err(EncodeError::TooLarge { bytes, .. }) => {
                prop_assert!(bytes > packet_bytes_max as usize);
                prop_assert_eq!(&out[..], b"before");
            }
            Err(error) => return Err(TestCaseError::fail(error.to_string())),
            Ok(()) => {
                prop_assert!(out.len() - 6 <= packet_bytes_max as usize);
                let (packets, error) = all(&mut decoder(version, side, &packet), &out[6..]);
                prop_assert_eq!((packets.len(), error), (1, None));
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for version in VERSIONS {
            all(&mut server(Some(version)), &bytes);
            all(&mut Decoder::client(version, PACKET_BYTES_MAX), &bytes);
        }
        all(&mut server(None), &bytes);
    }
}

/// How many mutated packets are tried; `UNSPOOL_TEST_MUTATIONS` asks for more.
const MUTATIONS: usize = 100_000;

#[test]
fn mutated_packets_are_taken_or_refused_but_never_misunderstood() {
    let mutations =
        std::env::var("UNSPOOL_TEST_MUTATIONS").map_or(MUTATIONS, |count| count.parse().unwrap());
    let mut seeds: Vec<(Option<Version>, Side, Vec<u8>)> = Vec::new();
    let good = wellformed::CASES.iter().copied();
    let bad = malformed::CASES
        .iter()
        .map(|(version, text, _)| (*version, *text));
    for (version, text) in good.chain(bad) {
        seeds.push((version, Side::Server, notation::bytes(text)));
    }
    for (version, text) in wellformed::FROM_A_SERVER {
        seeds.push((Some(*version), Side::Client, notation::bytes(text)));
    }
    let mut random = fastrand::Rng::with_seed(0x6d71_7474);
    let mut taken = 0;
    for _ in 0..mutations {
        let (version, side, bytes) = &seeds[random.usize(..seeds.len())];
        let mut bytes = bytes.clone();
        for _ in 0..random.usize(1..4) {
            mutate(&mut bytes, &mut random);
        }
        // A right length lets more of them come as far as the fields.
        if random.bool() && (2..0x80).contains(&bytes.len()) {
            bytes[1] = u8::try_from(bytes.len() - 2).unwrap();
        }
        let fresh = || match (side, version) {
            (Side::Client, Some(version)) => Decoder::client(*version, PACKET_BYTES_MAX),
            _ => server(*version),
        };
        let mut decoder = fresh();
        let (packets, _) = all(&mut decoder, &bytes);
        let Some(packet) = packets.into_iter().next() else {
            continue;
        };
        taken += 1;
        let again = encoded(decoder.version().unwrap(), &packet);
        let (packets, error) = all(&mut fresh(), &again);
        assert_eq!(error, None, "{bytes:02x?} as {packet:?}");
        assert_eq!(packets, [packet], "{bytes:02x?}");
    }
    assert!(taken > mutations / 20, "{taken} of {mutations} were taken");
}

fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..=bytes.len());
    match random.u8(..6) {
        0 => bytes.insert(at, random.u8(..)),
        1 => bytes.truncate(at),
        2 if at < bytes.len() => {
            bytes.remove(at);
        }
        3 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
        4 if at < bytes.len() => bytes[at] = *random.choice(&[0, 1, 0x7f, 0x80, 0xff]).unwrap(),
        5 if bytes.len() > 1 => bytes[1] = bytes[1].wrapping_add(random.u8(..5)).wrapping_sub(2),
        _ => bytes.push(random.u8(..)),
    }
}
