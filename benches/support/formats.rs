//! Each format beside its plain parser, in one run and in turn, so that a busy machine is busy for
//! both.

use std::hint::black_box;
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use serde_json::{Value, json};
use unspool::decode::decode;
use unspool::message::{Message, Properties, Topic};

use crate::sparkplug::RECEIVED_AT;

/// How long each of the two is measured at a time, and how often; the best time counts.
const TURN: Duration = Duration::from_millis(40);
const TURNS: u32 = 12;

/// A format, a payload of it, and what reads it without us.
struct Contest {
    name: &'static str,
    content_type: Option<&'static str>,
    bytes: Vec<u8>,
    parser: Option<fn(&[u8])>,
}

/// What a machine says: a few values, or a batch of a hundred times that.
fn small() -> Value {
    json!({"timestamp_ms": 1_763_848_053_293_u64, "temperature": 21.53, "pressure": 1013.2,
        "axes": {"x": 12.25, "y": -3, "z": 0}, "state": "run", "ok": true, "n": 100_417})
}

fn batch() -> Value {
    Value::Array(vec![small(); 100])
}

fn contests() -> Vec<Contest> {
    let cbor = |value: &Value| {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    };
    let gzip = |plain: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    };
    let zstd = |plain: &[u8]| compress_to_vec(plain, CompressionLevel::Fastest);
    let line = "press,line=2,plant=7 temperature=21.53,pressure=1013.2,n=100417i,state=\"run\",\
        ok=true 1763848053293000000\n";
    let (few, many) = (small().to_string(), batch().to_string());
    let packed = rmp_serde::to_vec_named(&small()).unwrap();
    let contest = |name, content_type, bytes: Vec<u8>, parser| Contest {
        name,
        content_type,
        bytes,
        parser,
    };
    let in_cbor = Some("application/cbor");
    let in_message_pack = Some("application/msgpack");
    let in_lines = Some("application/vnd.influx.line-protocol");
    vec![
        contest("json", None, few.clone().into(), Some(parse_json)),
        contest("json, batch", None, many.clone().into(), Some(parse_json)),
        contest("cbor", in_cbor, cbor(&small()), Some(parse_cbor)),
        contest("cbor, batch", in_cbor, cbor(&batch()), Some(parse_cbor)),
        contest("msgpack", in_message_pack, packed, Some(parse_message_pack)),
        contest(
            "msgpack, batch",
            in_message_pack,
            rmp_serde::to_vec_named(&batch()).unwrap(),
            Some(parse_message_pack),
        ),
        contest("line_protocol", in_lines, line.into(), None),
        contest(
            "line_protocol, batch",
            in_lines,
            line.repeat(100).into(),
            None,
        ),
        contest("gzip+json", None, gzip(few.as_bytes()), Some(parse_gzip)),
        contest(
            "gzip+json, batch",
            None,
            gzip(many.as_bytes()),
            Some(parse_gzip),
        ),
        contest("zstd+json", None, zstd(few.as_bytes()), Some(parse_zstd)),
        contest(
            "zstd+json, batch",
            None,
            zstd(many.as_bytes()),
            Some(parse_zstd),
        ),
    ]
}

fn parse_json(bytes: &[u8]) {
    black_box(serde_json::from_slice::<Value>(bytes).unwrap());
}

fn parse_cbor(bytes: &[u8]) {
    black_box(ciborium::from_reader::<ciborium::Value, _>(bytes).unwrap());
}

fn parse_message_pack(bytes: &[u8]) {
    black_box(rmp_serde::from_slice::<Value>(bytes).unwrap());
}

fn parse_gzip(bytes: &[u8]) {
    let mut plain = Vec::new();
    let mut decoder = flate2::bufread::MultiGzDecoder::new(bytes);
    decoder.read_to_end(&mut plain).unwrap();
    parse_json(&plain);
}

fn parse_zstd(bytes: &[u8]) {
    let mut plain = Vec::new();
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(bytes).unwrap();
    decoder.read_to_end(&mut plain).unwrap();
    parse_json(&plain);
}

/// How long `work` takes, on average over one turn.
fn turn(work: &dyn Fn()) -> f64 {
    let begun = Instant::now();
    let mut count = 0_u32;
    while begun.elapsed() < TURN {
        for _ in 0..16 {
            work();
        }
        count += 16;
    }
    begun.elapsed().as_secs_f64() / f64::from(count)
}

/// Measures each format, and prints a table.
pub(crate) fn print() {
    println!(
        "\n{:<22} {:>8} {:>10} {:>12} {:>14} {:>8}",
        "format", "bytes", "MB/s", "messages/s", "parser MB/s", "ratio"
    );
    for contest in contests() {
        let message = Message {
            received_at: RECEIVED_AT,
            properties: contest.content_type.map(|content_type| {
                Box::new(Properties {
                    content_type: Some(content_type.into()),
                    ..Properties::default()
                })
            }),
            ..Message::new(
                Topic::new("acme/plant7/line2/press").unwrap(),
                contest.bytes,
            )
        };
        let ours = || drop(black_box(decode(black_box(&message), None)));
        let theirs = || {
            if let Some(parse) = contest.parser {
                parse(black_box(&message.payload));
            }
        };
        let (mut best, mut best_parser) = (f64::MAX, f64::MAX);
        for _ in 0..TURNS {
            best = best.min(turn(&ours));
            best_parser = best_parser.min(turn(&theirs));
        }
        let megabytes = message.payload.len() as f64 / 1e6;
        let (parser, ratio) = match contest.parser {
            Some(_) => (
                format!("{:.0}", megabytes / best_parser),
                format!("{:.2}", best_parser / best),
            ),
            None => ("-".into(), "-".into()),
        };
        println!(
            "{:<22} {:>8} {:>10.0} {:>12.0} {parser:>14} {ratio:>8}",
            contest.name,
            message.payload.len(),
            megabytes / best,
            1.0 / best,
        );
    }
}
