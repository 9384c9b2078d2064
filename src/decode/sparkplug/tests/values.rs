//! What a metric's value is.

use super::super::wire::{WireCell, WireDataSet, WireElement, WireParameter, WireRow};
use super::*;
use crate::decode::Compression;

/// What one metric of a birth becomes.
fn born(metric: &WireMetric) -> SparkplugReading {
    let mut fed = Fed::new();
    fed.read(NODE, &payload(Some(0), std::slice::from_ref(metric)))
}

#[test]
fn a_value_is_what_its_type_says() {
    let integer = |value: f64, digits: &str| Value::Long(value, digits.to_owned());
    for (datatype, value, expected) in [
        (1, WireValue::Int(0xffff_ffff), number(-1.0)),
        (1, WireValue::Int(0xff), number(-1.0)),
        (1, WireValue::Int(127), number(127.0)),
        (2, WireValue::Int(0xffff_8000), number(-32_768.0)),
        (3, WireValue::Int(0x8000_0000), number(-2_147_483_648.0)),
        (3, WireValue::Long(u64::MAX), number(-1.0)),
        (4, WireValue::Long(u64::MAX), number(-1.0)),
        (
            4,
            WireValue::Long(i64::MIN.cast_unsigned()),
            integer(-9_223_372_036_854_775_808.0, "-9223372036854775808"),
        ),
        (4, WireValue::Int(5), number(5.0)),
        (5, WireValue::Int(255), number(255.0)),
        (6, WireValue::Int(65_535), number(65_535.0)),
        (7, WireValue::Int(u32::MAX), number(4_294_967_295.0)),
        (7, WireValue::Long(u32::MAX.into()), number(4_294_967_295.0)),
        (
            8,
            WireValue::Long(u64::MAX),
            integer(18_446_744_073_709_551_615.0, "18446744073709551615"),
        ),
        (9, WireValue::Float(1.5), number(1.5)),
        (10, WireValue::Double(21.3), number(21.3)),
        // Another field than the type has.
        (9, WireValue::Double(2.5), number(2.5)),
        (10, WireValue::Long(7), number(7.0)),
        (11, WireValue::Boolean(true), Value::Bool(true)),
        (11, WireValue::Int(0), Value::Bool(false)),
        (12, WireValue::Text("run".into()), text("run")),
        (13, WireValue::Long(NOW), number(1_795_000_000_000.0)),
        (14, WireValue::Text("é".into()), text("é")),
        (15, WireValue::Text("5f0c-1".into()), text("5f0c-1")),
    ] {
        let reading = born(&metric("a", datatype, value.clone()));
        assert_eq!(
            shown(&reading.decoded),
            [("/a", expected)],
            "{datatype} {value:?}"
        );
        assert!(reading.decoded.defects.is_empty(), "{datatype} {value:?}");
        assert_eq!(reading.decoded.format, PayloadFormat::Sparkplug);
    }
}

#[test]
fn what_has_no_value_has_no_sample_and_is_told_where_it_should_have_one() {
    let null = WireMetric {
        is_null: Some(true),
        ..metric("a", 3, WireValue::Int(1))
    };
    let transient = WireMetric {
        is_transient: Some(true),
        ..metric("a", 3, WireValue::Int(1))
    };
    let bytes = Bytes::from_static(b"\xff\xd8");
    for (given, code) in [
        (null, None),
        (transient, None),
        (
            metric("a", 17, WireValue::Binary(bytes.clone())),
            Some(DefectCode::BinaryValue),
        ),
        (
            metric("a", 18, WireValue::Binary(bytes)),
            Some(DefectCode::BinaryValue),
        ),
        (
            metric("a", 10, WireValue::Double(f64::NAN)),
            Some(DefectCode::NotANumber),
        ),
        (
            metric("a", 9, WireValue::Float(f32::INFINITY)),
            Some(DefectCode::NotANumber),
        ),
        (
            metric("a", 99, WireValue::Int(1)),
            Some(DefectCode::NoBirth),
        ),
        (
            by_alias(1, WireValue::Int(1)),
            Some(DefectCode::UnknownAlias),
        ),
        (WireMetric::default(), Some(DefectCode::NotSparkplug)),
    ] {
        let reading = born(&given);
        assert_eq!(shown(&reading.decoded), [], "{given:?}");
        assert_eq!(codes(&reading.decoded), Vec::from_iter(code), "{given:?}");
    }
}

#[test]
fn an_array_is_its_items() {
    let bools = [Value::Bool(true), Value::Bool(false), Value::Bool(true)];
    for (datatype, bytes, expected) in [
        (22, vec![0xff, 23], vec![number(-1.0), number(23.0)]),
        (
            23,
            vec![0xff, 0xff, 0x02, 0x01],
            vec![number(-1.0), number(258.0)],
        ),
        (24, vec![0xff; 4], vec![number(-1.0)]),
        (25, vec![0xff; 8], vec![number(-1.0)]),
        (26, vec![0xff, 1], vec![number(255.0), number(1.0)]),
        (27, vec![0xff, 0xff], vec![number(65_535.0)]),
        (28, vec![0xff; 4], vec![number(4_294_967_295.0)]),
        (
            29,
            vec![0xff; 8],
            vec![Value::Long(
                18_446_744_073_709_551_615.0,
                "18446744073709551615".into(),
            )],
        ),
        (30, 1.5_f32.to_le_bytes().to_vec(), vec![number(1.5)]),
        (31, 2.5_f64.to_le_bytes().to_vec(), vec![number(2.5)]),
        (32, vec![3, 0, 0, 0, 0b1010_0000], bools.to_vec()),
        (
            33,
            b"ABC\0\xc3\xa9\0".to_vec(),
            vec![text("ABC"), text("é")],
        ),
        (
            34,
            NOW.to_le_bytes().to_vec(),
            vec![number(1_795_000_000_000.0)],
        ),
        // What is left over is nothing.
        (23, vec![1, 0, 7], vec![number(1.0)]),
        (32, vec![200, 0, 0], vec![]),
        (33, vec![], vec![]),
    ] {
        let reading = born(&metric("a", datatype, WireValue::Binary(bytes.into())));
        let values: Vec<_> = shown(&reading.decoded)
            .into_iter()
            .map(|(_, it)| it)
            .collect();
        assert_eq!(values, expected, "{datatype}");
        if let Some((path, _)) = shown(&reading.decoded).first() {
            assert_eq!(*path, "/a/0");
        }
    }
}

#[test]
fn a_name_is_a_path_of_levels() {
    for (name, path) in [
        ("Node Control/Rebirth", "/Node Control/Rebirth"),
        ("a~b", "/a~0b"),
        ("/a", "//a"),
        ("timestamp_ms", "/timestamp_ms"),
    ] {
        let reading = born(&metric(name, 3, WireValue::Int(1)));
        assert_eq!(shown(&reading.decoded), [(path, number(1.0))]);
    }
}

#[test]
fn a_data_set_is_rows_of_columns() {
    let cell = |value| encoded(&WireCell { value: Some(value) });
    let row = |first, second| {
        let elements = vec![
            cell(WireElement::Int(first)),
            cell(WireElement::Text(second)),
        ];
        encoded(&WireRow { elements })
    };
    let set = WireDataSet {
        columns: vec!["n".into(), "s".into()],
        types: vec![1, 12],
        rows: vec![row(255, "x".into()), row(1, "y".into())],
    };
    let reading = born(&metric("t", 16, WireValue::DataSet(encoded(&set))));
    assert_eq!(
        shown(&reading.decoded),
        [
            ("/t/0/n", number(-1.0)),
            ("/t/0/s", text("x")),
            ("/t/1/n", number(1.0)),
            ("/t/1/s", text("y")),
        ]
    );
}

#[test]
fn a_template_is_its_members_and_parameters() {
    let inner = WireTemplate {
        metrics: vec![encoded(&metric("y", 2, WireValue::Int(0xffff)))],
        ..WireTemplate::default()
    };
    let parameter = WireParameter {
        name: Some("p".into()),
        datatype: Some(12),
        value: Some(WireScalar::Text("v".into())),
    };
    let template = WireTemplate {
        metrics: vec![
            encoded(&metric("x", 3, WireValue::Int(1))),
            encoded(&metric("in", 19, WireValue::Template(encoded(&inner)))),
        ],
        parameters: vec![encoded(&parameter)],
        is_definition: Some(false),
    };
    let definition = WireTemplate {
        is_definition: Some(true),
        ..template.clone()
    };
    for (template, expected) in [
        (
            template,
            vec![
                ("/t/x", number(1.0)),
                ("/t/in/y", number(-1.0)),
                ("/t/p", text("v")),
            ],
        ),
        (definition, vec![]),
    ] {
        let reading = born(&metric("t", 19, WireValue::Template(encoded(&template))));
        assert_eq!(shown(&reading.decoded), expected);
    }
}

#[test]
fn a_value_was_true_when_its_metric_says_or_else_its_message() {
    let given = |timestamp| WireMetric {
        timestamp,
        ..metric("a", 3, WireValue::Int(1))
    };
    for (sent, of_metric, expected, code) in [
        (Some(NOW), Some(NOW - 5), NOW - 5, None),
        (Some(NOW), None, NOW, None),
        (None, None, NOW + 1, None),
        (Some(NOW), Some(0), NOW, Some(DefectCode::ImplausibleTime)),
        (
            Some(u64::MAX),
            None,
            NOW + 1,
            Some(DefectCode::ImplausibleTime),
        ),
    ] {
        let payload = WirePayload {
            timestamp: sent,
            ..payload(Some(0), &[given(of_metric)])
        };
        let reading = Fed::new().read(NODE, &payload);
        let times: Vec<_> = reading.decoded.samples.iter().map(|it| it.time).collect();
        assert_eq!(times, [at(expected)]);
        assert_eq!(codes(&reading.decoded), Vec::from_iter(code));
    }
}

#[test]
fn several_values_of_one_metric_are_all_there_and_those_of_the_past_are_known() {
    let past = |millis, value| WireMetric {
        timestamp: Some(millis),
        is_historical: Some(true),
        ..metric("a", 3, WireValue::Int(value))
    };
    let metrics = [
        past(NOW - 20, 1),
        past(NOW - 10, 2),
        metric("a", 3, WireValue::Int(3)),
    ];
    let reading = Fed::with_node(&[]).read("spBv1.0/G/NDATA/N", &payload(Some(1), &metrics));
    let values: Vec<_> = shown(&reading.decoded)
        .into_iter()
        .map(|(_, it)| it)
        .collect();
    assert_eq!(values, [number(1.0), number(2.0), number(3.0)]);
    assert_eq!(reading.historical, [0, 1]);
}

#[test]
fn a_property_names_the_unit_and_another_is_the_quality() {
    let property = |value| {
        encoded(&WireProperty {
            value: Some(value),
            ..WireProperty::default()
        })
    };
    let properties = WireProperties {
        keys: vec!["Quality".into(), "engUnit".into()],
        values: vec![
            property(WireScalar::Int(500)),
            property(WireScalar::Text("°C".into())),
        ],
    };
    let given = WireMetric {
        properties: Some(encoded(&properties)),
        ..metric("a", 10, WireValue::Double(1.5))
    };
    let reading = born(&given);
    assert_eq!(
        shown(&reading.decoded),
        [("/a", number(1.5)), ("/a/Quality", number(500.0))]
    );
    assert_eq!(reading.units, [(0, "°C".into())]);
}

#[test]
fn a_compressed_payload_is_read_as_what_is_inside() {
    use std::io::Write as _;
    let inner = encoded(&payload(
        Some(0),
        &[bd_seq(3), metric("a", 10, WireValue::Double(1.5))],
    ));
    let gzip = {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(&inner).unwrap();
        to.finish().unwrap()
    };
    let deflate = {
        let mut to = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        to.write_all(&inner).unwrap();
        to.finish().unwrap()
    };
    let bomb = {
        let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        to.write_all(&vec![0; 40 << 20]).unwrap();
        to.finish().unwrap()
    };
    let algorithm = |name: &str| vec![metric("algorithm", 12, WireValue::Text(name.into()))];
    for (metrics, body, compression, told) in [
        (algorithm("GZIP"), gzip.clone(), Some("gzip"), ""),
        (algorithm("DEFLATE"), deflate.clone(), Some("deflate"), ""),
        (Vec::new(), deflate, Some("deflate"), ""),
        (algorithm("LZ4"), gzip.clone(), None, "not known"),
        (algorithm("GZIP"), gzip[..20].to_vec(), None, "not gzip"),
        (algorithm("GZIP"), bomb, None, "too large"),
        (algorithm("GZIP"), Vec::new(), None, "not gzip"),
    ] {
        let outer = WirePayload {
            uuid: Some("SPBV1.0_COMPRESSED".into()),
            body: Some(body.into()),
            ..payload(None, &metrics)
        };
        let reading = Fed::new().read(NODE, &outer);
        let decoded = &reading.decoded;
        assert_eq!(decoded.compression.map(Compression::name), compression);
        if told.is_empty() {
            let expected = [("/bdSeq", number(3.0)), ("/a", number(1.5))];
            assert_eq!(shown(decoded), expected);
            assert_eq!(reading.births.len(), 1);
        } else {
            let [defect] = decoded.defects.all() else {
                panic!("{decoded:?}");
            };
            assert!(defect.text.contains(told), "{defect:?}");
        }
    }
}
