//! What is compressed is read as what is inside, within its bound.

use std::io::Write as _;

use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use ruzstd::encoding::{CompressionLevel, compress_to_vec};

use super::*;
use crate::decode::bounds::{PLAIN_BYTES_BASE, PLAIN_BYTES_FACTOR, PLAIN_BYTES_MAX};

const LEVEL: flate2::Compression = flate2::Compression::new(6);

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zlib(plain: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn bare(plain: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), LEVEL);
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zstd(plain: &[u8]) -> Vec<u8> {
    compress_to_vec(plain, CompressionLevel::Fastest)
}

/// What comes of a payload with a content type and a content encoding.
fn read(content_type: Option<&str>, encoding: Option<&str>, payload: Vec<u8>) -> Decoded {
    super::super::decode(
        &Message {
            received_at: NOW,
            properties: Some(Box::new(Properties {
                content_type: content_type.map(Into::into),
                user: encoding
                    .map(|encoding| ("Content-Encoding".into(), encoding.into()))
                    .into_iter()
                    .collect(),
                ..Properties::default()
            })),
            ..Message::new(Topic::new("a/b").unwrap(), payload)
        },
        None,
    )
}

fn name(decoded: &Decoded) -> String {
    let (compression, format) = (decoded.compression, decoded.format);
    FormatName {
        compression,
        format,
    }
    .to_string()
}

#[test]
fn what_is_compressed_is_read_as_what_is_inside() {
    let json = br#"{"temp":21.5,"state":"run"}"#;
    let cbor = hex("a1 64 74656d70 f94d60");
    let line = b"m f=1i";
    for (content_type, encoding, payload, format) in [
        (None, None, gzip(json), "gzip+json"),
        (None, None, zlib(json), "deflate+json"),
        (None, None, zstd(json), "zstd+json"),
        (None, Some("gzip"), gzip(json), "gzip+json"),
        (None, Some(" GZIP "), gzip(json), "gzip+json"),
        (None, Some("deflate"), zlib(json), "deflate+json"),
        (None, Some("deflate"), bare(json), "deflate+json"),
        (None, Some("zstd"), zstd(json), "zstd+json"),
        (Some("application/gzip"), None, gzip(json), "gzip+json"),
        (Some("application/zlib"), None, zlib(json), "deflate+json"),
        (
            Some("application/vnd.x+zstd"),
            None,
            zstd(json),
            "zstd+json",
        ),
        (
            Some("application/json"),
            None,
            gzip(b"running"),
            "gzip+json",
        ),
        (
            Some("application/cbor"),
            Some("gzip"),
            gzip(&cbor),
            "gzip+cbor",
        ),
        (None, None, zstd(&cbor), "zstd+cbor"),
        (None, None, gzip(line), "gzip+line_protocol"),
        (None, None, gzip(b"\xff\xd8\xff\xe0"), "gzip+image/jpeg"),
        (None, None, gzip(b""), "gzip+text"),
        (
            None,
            None,
            [gzip(b"[1,"), gzip(b"2]")].concat(),
            "gzip+json",
        ),
        (
            None,
            None,
            [zstd(b"[1,"), zstd(b"2]")].concat(),
            "zstd+json",
        ),
        // Skippable frames, as pzstd writes them.
        (
            None,
            Some("zstd"),
            [hex("502a4d18 02000000 ffff"), zstd(json)].concat(),
            "zstd+json",
        ),
        // One layer.
        (None, None, gzip(&gzip(json)), "gzip+binary"),
        // A gateway has unpacked it.
        (None, Some("br"), json.to_vec(), "json"),
        (None, Some("identity"), json.to_vec(), "json"),
        // What only begins like zlib.
        (None, None, b"x^2 + y^2".to_vec(), "text"),
        (None, None, b"x\x9c".to_vec(), "binary"),
        (
            None,
            None,
            [zlib(json), b"and more".to_vec()].concat(),
            "binary",
        ),
    ] {
        let decoded = read(content_type, encoding, payload);
        assert_eq!(name(&decoded), format, "{content_type:?} {encoding:?}");
        let is_claim = content_type == Some("application/json");
        assert_eq!(
            decoded.defects.is_empty(),
            !is_claim,
            "{format}: {decoded:?}"
        );
        if decoded.format == PayloadFormat::Json && !is_claim {
            assert!(!decoded.samples.is_empty(), "{format}");
        }
    }
}

#[test]
fn what_is_not_what_it_claims_is_a_defect() {
    let json = br#"{"temp":21.5,"state":"run"}"#;
    let mut flipped = gzip(json);
    let last = flipped.len() - 5;
    flipped[last] ^= 1;
    for (encoding, payload) in [
        (None, gzip(json)[..20].to_vec()),
        (None, flipped),
        (None, zstd(json)[..10].to_vec()),
        (Some("zstd"), zstd(b"1").repeat(20)),
        // A dictionary that nobody gave.
        (None, hex("28b52ffd 23 01020304 05 010000")),
    ] {
        let decoded = read(None, encoding, payload);
        let [defect] = decoded.defects.all() else {
            panic!("{encoding:?}: {decoded:?}");
        };
        assert_eq!(defect.code, DefectCode::Malformed);
        assert!(decoded.samples.is_empty());
    }
    // Nobody can have meant this, and whoever unpacked it left the property.
    for encoding in ["gzip", "deflate", "zstd"] {
        let decoded = read(None, Some(encoding), json.to_vec());
        assert_eq!(name(&decoded), "json");
        assert_eq!(decoded.defects.all()[0].code, DefectCode::Malformed);
        assert_eq!(decoded.samples.len(), 2);
    }
}

#[test]
fn a_bomb_is_not_read() {
    // What 200 KB of zeros become would be read; what more become, not.
    let fits = vec![b' '; PLAIN_BYTES_BASE];
    let large = vec![b' '; 1 << 20];
    let huge = vec![b' '; PLAIN_BYTES_MAX + 1];
    // A frame of one repeated byte: four bytes for 128 KiB.
    let mut frame = hex("28b52ffd 00 70");
    for _ in 0..1000 {
        frame.extend(hex("020010 20"));
    }
    // A window of 2 GiB.
    let window = hex("28b52ffd 00 a8 010000");
    for (payload, is_read) in [
        (gzip(&fits), true),
        (zlib(&fits), true),
        (zstd(&fits), true),
        (gzip(&large), false),
        (zlib(&large), false),
        (frame, false),
        (gzip(&huge), false),
        (window, false),
    ] {
        let most = PLAIN_BYTES_BASE + PLAIN_BYTES_FACTOR * payload.len();
        let decoded = read(None, None, payload);
        let codes: Vec<_> = decoded.defects.all().iter().map(|one| one.code).collect();
        let expected: &[DefectCode] = if is_read {
            &[]
        } else {
            &[DefectCode::TooLarge]
        };
        assert_eq!(codes, expected, "{most}");
        assert!(decoded.samples.is_empty());
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_behind_a_mark_give_an_answer(
        payload in proptest::collection::vec(0_u8.., 0..200),
        mark in proptest::sample::select(vec!["1f8b0800", "789c", "28b52ffd", ""]),
        encoding in proptest::sample::select(vec!["gzip", "deflate", "zstd"]),
    ) {
        let payload = [hex(mark), payload].concat();
        read(None, Some(encoding), payload.clone());
        read(None, None, payload);
    }

    #[test]
    fn a_flipped_bit_gives_an_answer(at in 0_usize..400, bit in 0_u8..8) {
        let json = br#"{"temp":21.5,"state":"run"}"#.repeat(20);
        for mut payload in [gzip(&json), zlib(&json), zstd(&json)] {
            let at = at % payload.len();
            payload[at] ^= 1_u8 << bit;
            read(None, None, payload);
        }
    }
}
