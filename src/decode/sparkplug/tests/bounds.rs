//! Hostile payloads, and more than there may be.

use super::super::births::BORN_METRICS_MAX;
use super::*;
use crate::decode::{DEPTH_MAX, SAMPLES_MAX};

#[test]
fn what_is_no_payload_is_told_and_changes_nothing() {
    let mut fed = Fed::with_node(&[with_alias(1, metric("a", 3, WireValue::Int(1)))]);
    for bytes in [&b"\xff\xff"[..], b"{\"a\":1}", b"\x12\xff\xff\xff\xff\x0f"] {
        let topic = Topic::new(NODE).unwrap();
        let reading = fed.0.read(&Message::new(topic, bytes)).unwrap();
        assert_eq!(codes(&reading.decoded), [DefectCode::NotSparkplug]);
        assert!(reading.births.is_empty() && reading.stale.is_empty());
    }
    let data = payload(Some(1), &[by_alias(1, WireValue::Int(2))]);
    let reading = fed.read("spBv1.0/G/NDATA/N", &data);
    assert_eq!(shown(&reading.decoded), [("/a", number(2.0))]);
}

#[test]
fn a_metric_that_cannot_be_read_does_not_hide_the_others() {
    let mut broken = payload(Some(0), &[metric("a", 3, WireValue::Int(1))]);
    broken
        .metrics
        .insert(0, Bytes::from_static(b"\x0a\x02\xff\xff"));
    let reading = Fed::new().read(NODE, &broken);
    assert_eq!(codes(&reading.decoded), [DefectCode::NotSparkplug]);
    assert_eq!(shown(&reading.decoded), [("/a", number(1.0))]);
}

#[test]
fn values_are_bounded_and_names_beyond_them_are_known_all_the_same() {
    let many: Vec<_> = (0..SAMPLES_MAX as u64 + 10)
        .map(|n| with_alias(n, metric(&format!("m{n}"), 3, WireValue::Int(1))))
        .collect();
    let mut fed = Fed::new();
    let reading = fed.read(NODE, &payload(Some(0), &many));
    assert_eq!(reading.decoded.samples.len(), SAMPLES_MAX);
    assert_eq!(codes(&reading.decoded), [DefectCode::TooManyValues]);
    let data = payload(
        Some(1),
        &[by_alias(SAMPLES_MAX as u64 + 9, WireValue::Int(2))],
    );
    let reading = fed.read("spBv1.0/G/NDATA/N", &data);
    assert_eq!(shown(&reading.decoded), [("/m1009", number(2.0))]);
}

#[test]
fn metrics_that_are_known_are_bounded() {
    let many: Vec<_> = (0..=BORN_METRICS_MAX)
        .map(|n| metric(&format!("m{n}"), 3, WireValue::Int(1)))
        .collect();
    let reading = Fed::new().read(NODE, &payload(Some(0), &many));
    let BirthChange::Born(birth) = &reading.births[0] else {
        panic!("{:?}", reading.births);
    };
    assert_eq!(birth.metrics.len(), BORN_METRICS_MAX);
    assert_eq!(
        codes(&reading.decoded),
        [DefectCode::TooManyValues, DefectCode::TooManyBirths]
    );
}

#[test]
fn nodes_and_devices_that_are_known_are_bounded_and_room_comes_back() {
    let mut fed = Fed::new();
    let birth = |fed: &mut Fed, n: usize| {
        let topic = format!("spBv1.0/G/NBIRTH/{n}");
        fed.read(&topic, &payload(Some(0), &[bd_seq(1)]))
    };
    for n in 0..NODES_MAX {
        assert!(birth(&mut fed, n).decoded.defects.is_empty());
    }
    let reading = birth(&mut fed, NODES_MAX);
    assert_eq!(codes(&reading.decoded), [DefectCode::TooManyBirths]);
    // Its own place is a node's own.
    assert!(birth(&mut fed, 0).decoded.defects.is_empty());
    for n in 0..=DEVICES_MAX {
        let reading = fed.read(&format!("spBv1.0/G/DBIRTH/0/{n}"), &payload(None, &[]));
        assert_eq!(reading.decoded.defects.is_empty(), n < DEVICES_MAX, "{n}");
    }
    fed.read("spBv1.0/G/NDEATH/0", &payload(None, &[bd_seq(1)]));
    assert!(birth(&mut fed, NODES_MAX).decoded.defects.is_empty());
}

#[test]
fn the_names_of_members_are_bounded_by_the_size_of_the_payload() {
    // Each repeats a thousand bytes, and takes five.
    let template = WireTemplate {
        metrics: (0..5000)
            .map(|_| Bytes::from_static(b"\x0a\x01a"))
            .collect(),
        ..WireTemplate::default()
    };
    let long = metric(
        &"n".repeat(1000),
        19,
        WireValue::Template(encoded(&template)),
    );
    let bytes = encoded(&payload(Some(0), std::slice::from_ref(&long))).len();
    let reading = Fed::new().read(NODE, &payload(Some(0), &[long]));
    let BirthChange::Born(birth) = &reading.births[0] else {
        panic!("{:?}", reading.births);
    };
    let names: usize = birth.metrics.iter().map(|metric| metric.name.len()).sum();
    assert!(names <= 32 * 1024 + 16 * bytes, "{names} of {bytes}");
}

#[test]
fn templates_are_walked_to_a_depth() {
    let mut inner = metric("x", 3, WireValue::Int(1));
    for _ in 0..DEPTH_MAX + 3 {
        let template = WireTemplate {
            metrics: vec![encoded(&inner)],
            ..WireTemplate::default()
        };
        inner = metric("t", 19, WireValue::Template(encoded(&template)));
    }
    let reading = Fed::new().read(NODE, &payload(Some(0), &[inner]));
    assert_eq!(codes(&reading.decoded), [DefectCode::TooDeep]);
    assert!(reading.decoded.samples.is_empty());
}
