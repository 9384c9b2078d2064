//! What births mean for the messages that come after them.

use super::*;

fn paths(reading: &SparkplugReading) -> Vec<&str> {
    shown(&reading.decoded)
        .into_iter()
        .map(|(path, _)| path)
        .collect()
}

fn born(reading: &SparkplugReading) -> Vec<Birth> {
    let births = reading.births.iter();
    births
        .filter_map(|change| match change {
            BirthChange::Born(birth) => Some(Birth::clone(birth)),
            _ => None,
        })
        .collect()
}

fn stale(reading: &SparkplugReading) -> Vec<(&str, Option<Timestamp>)> {
    let stale = reading.stale.iter();
    stale
        .map(|(topic, since)| (topic.as_str(), *since))
        .collect()
}

/// A node with an alias, and a device with one.
fn line() -> Fed {
    let own = with_alias(1, metric("temp", 1, WireValue::Int(20)));
    let mut fed = Fed::with_node(&[own]);
    let device = with_alias(2, metric("speed", 3, WireValue::Int(100)));
    let reading = fed.read("spBv1.0/G/DBIRTH/N/D", &payload(Some(1), &[device]));
    assert!(reading.decoded.defects.is_empty() && reading.wish.is_none());
    fed
}

#[test]
fn an_alias_means_what_the_last_birth_said_and_its_type_gives_the_sign() {
    let mut fed = line();
    for (topic, seq, metric, expected) in [
        (
            "spBv1.0/G/NDATA/N",
            2,
            by_alias(1, WireValue::Int(0xff)),
            ("/temp", number(-1.0)),
        ),
        (
            "spBv1.0/G/DDATA/N/D",
            3,
            by_alias(2, WireValue::Int(7)),
            ("/speed", number(7.0)),
        ),
        (
            "spBv1.0/G/DCMD/N/D",
            0,
            by_alias(2, WireValue::Int(8)),
            ("/speed", number(8.0)),
        ),
        // By name, without a type.
        (
            "spBv1.0/G/NDATA/N",
            4,
            WireMetric {
                datatype: None,
                ..metric("temp", 0, WireValue::Int(0xfe))
            },
            ("/temp", number(-2.0)),
        ),
    ] {
        let reading = fed.read(topic, &payload(Some(seq), &[metric]));
        assert_eq!(shown(&reading.decoded), [expected], "{topic}");
        assert!(reading.decoded.defects.is_empty(), "{reading:?}");
        assert_eq!(reading.wish, None);
    }
    let again = with_alias(1, metric("pressure", 9, WireValue::Float(1.5)));
    fed.read(NODE, &payload(Some(0), &[bd_seq(3), again]));
    let reading = fed.read(
        "spBv1.0/G/NDATA/N",
        &payload(Some(1), &[by_alias(1, WireValue::Float(2.5))]),
    );
    assert_eq!(paths(&reading), ["/pressure"]);
}

#[test]
fn members_of_a_template_have_the_types_of_its_birth() {
    let instance = |member: WireMetric| {
        let template = WireTemplate {
            metrics: vec![encoded(&member)],
            ..WireTemplate::default()
        };
        WireValue::Template(encoded(&template))
    };
    let member = metric("x", 1, WireValue::Int(1));
    let mut fed = Fed::with_node(&[with_alias(5, metric("t", 19, instance(member.clone())))]);
    let untyped = WireMetric {
        datatype: None,
        ..metric("x", 0, WireValue::Int(0xff))
    };
    let data = payload(Some(1), &[by_alias(5, instance(untyped))]);
    let reading = fed.read("spBv1.0/G/NDATA/N", &data);
    assert_eq!(shown(&reading.decoded), [("/t/x", number(-1.0))]);
}

#[test]
fn what_a_birth_should_have_said_is_told_and_asked_for() {
    let typed = metric("a", 10, WireValue::Double(1.5));
    for (topic, metric, code, samples, is_asked) in [
        (
            "spBv1.0/G/NDATA/N",
            by_alias(9, WireValue::Int(1)),
            Some(DefectCode::UnknownAlias),
            0,
            true,
        ),
        // Another one's alias.
        (
            "spBv1.0/G/DDATA/N/D",
            by_alias(1, WireValue::Int(1)),
            Some(DefectCode::UnknownAlias),
            0,
            true,
        ),
        (
            "spBv1.0/G/DDATA/N/E",
            typed.clone(),
            Some(DefectCode::NoBirth),
            1,
            true,
        ),
        (
            "spBv1.0/G/NDATA/M",
            typed.clone(),
            Some(DefectCode::NoBirth),
            1,
            true,
        ),
        (
            "spBv1.0/G/DBIRTH/M/D",
            typed.clone(),
            Some(DefectCode::NoBirth),
            1,
            true,
        ),
        // A command says nothing of its node.
        (
            "spBv1.0/G/NCMD/N",
            by_alias(9, WireValue::Int(1)),
            Some(DefectCode::UnknownAlias),
            0,
            false,
        ),
        ("spBv1.0/G/NCMD/M", typed, None, 1, false),
    ] {
        let reading = line().read(topic, &payload(Some(2), &[metric]));
        assert_eq!(codes(&reading.decoded), Vec::from_iter(code), "{topic}");
        assert_eq!(reading.decoded.samples.len(), samples, "{topic}");
        assert_eq!(reading.wish.is_some(), is_asked, "{topic}");
    }
    let aliases: Vec<_> = (10..17).map(|it| by_alias(it, WireValue::Int(1))).collect();
    let reading = line().read("spBv1.0/G/NDATA/N", &payload(Some(2), &aliases));
    assert_eq!(
        reading.decoded.defects.all()[0].text,
        "no birth defines the aliases 10, 11, 12, 13, 14 and 2 more"
    );
}

#[test]
fn births_that_were_kept_serve_as_if_they_had_just_come() {
    let mut fed = Fed::new();
    let own = with_alias(1, metric("temp", 1, WireValue::Int(20)));
    let mut births = born(&fed.read(NODE, &payload(Some(0), &[bd_seq(3), own])));
    let device = with_alias(2, metric("speed", 3, WireValue::Int(100)));
    births.extend(born(
        &fed.read("spBv1.0/G/DBIRTH/N/D", &payload(Some(1), &[device])),
    ));
    births.reverse();

    let mut again = Fed::new();
    again.0.restore(births);
    // Whatever number comes first is the right one.
    for (topic, seq, alias, path) in [
        ("spBv1.0/G/NDATA/N", 200, 1, "/temp"),
        ("spBv1.0/G/DDATA/N/D", 201, 2, "/speed"),
    ] {
        let reading = again.read(
            topic,
            &payload(Some(seq), &[by_alias(alias, WireValue::Int(1))]),
        );
        assert_eq!(paths(&reading), [path]);
        assert!(reading.decoded.defects.is_empty(), "{reading:?}");
    }
    let late = again.read("spBv1.0/G/NDEATH/N", &payload(None, &[bd_seq(2)]));
    assert_eq!(codes(&late.decoded), [DefectCode::LateDeath]);
}

#[test]
fn a_death_makes_all_of_the_node_stale_until_it_is_born_again() {
    let mut fed = line();
    let since = Some(at(NOW + 1));
    let death = fed.read("spBv1.0/G/NDEATH/N", &payload(None, &[bd_seq(3)]));
    assert_eq!(
        stale(&death),
        [
            ("spBv1.0/G/NBIRTH/N", since),
            ("spBv1.0/G/NDATA/N", since),
            ("spBv1.0/G/DBIRTH/N/D", since),
            ("spBv1.0/G/DDATA/N/D", since),
        ]
    );
    let gone = BirthChange::NodeGone {
        group: "G".into(),
        node: "N".into(),
    };
    assert_eq!(death.births, [gone]);
    let data = payload(Some(2), &[by_alias(1, WireValue::Int(1))]);
    let reading = fed.read("spBv1.0/G/NDATA/N", &data);
    assert_eq!(
        codes(&reading.decoded),
        [DefectCode::UnknownAlias, DefectCode::NoBirth]
    );
    let birth = fed.read(NODE, &payload(Some(0), &[bd_seq(4)]));
    assert_eq!(
        stale(&birth),
        [("spBv1.0/G/NBIRTH/N", None), ("spBv1.0/G/NDATA/N", None)]
    );
}

#[test]
fn a_death_of_an_earlier_connection_changes_nothing() {
    let mut fed = line();
    let death = fed.read("spBv1.0/G/NDEATH/N", &payload(None, &[bd_seq(2)]));
    assert_eq!(codes(&death.decoded), [DefectCode::LateDeath]);
    assert!(death.stale.is_empty() && death.births.is_empty());
    let data = payload(Some(2), &[by_alias(1, WireValue::Int(1))]);
    assert_eq!(paths(&fed.read("spBv1.0/G/NDATA/N", &data)), ["/temp"]);
}

#[test]
fn a_death_is_late_where_its_number_is_behind() {
    for (dead, alive, is_late) in [
        (3, 3, false),
        (2, 3, true),
        (255, 0, true),
        (0, 255, false),
        // Of a connection that ended before it was born.
        (4, 3, false),
        (300, 299, false),
        (299, 300, true),
    ] {
        let mut fed = Fed::new();
        fed.read(NODE, &payload(Some(0), &[bd_seq(alive)]));
        let death = fed.read("spBv1.0/G/NDEATH/N", &payload(None, &[bd_seq(dead)]));
        let is_told = codes(&death.decoded) == [DefectCode::LateDeath];
        assert_eq!(is_told, is_late, "{dead} after {alive}");
        assert_eq!(death.stale.is_empty(), is_late, "{dead} after {alive}");
    }
}

#[test]
fn a_death_of_a_device_makes_it_stale_from_the_time_in_its_payload() {
    let mut fed = line();
    let death = fed.read("spBv1.0/G/DDEATH/N/D", &payload(Some(2), &[]));
    let since = Some(at(NOW));
    assert_eq!(
        stale(&death),
        [
            ("spBv1.0/G/DBIRTH/N/D", since),
            ("spBv1.0/G/DDATA/N/D", since)
        ]
    );
    // The node goes on.
    let data = payload(Some(3), &[by_alias(1, WireValue::Int(1))]);
    let reading = fed.read("spBv1.0/G/NDATA/N", &data);
    assert_eq!(paths(&reading), ["/temp"]);
    assert_eq!(reading.wish, None);
    let birth = payload(
        Some(4),
        &[with_alias(2, metric("speed", 3, WireValue::Int(1)))],
    );
    let birth = fed.read("spBv1.0/G/DBIRTH/N/D", &birth);
    assert_eq!(
        stale(&birth),
        [
            ("spBv1.0/G/DBIRTH/N/D", None),
            ("spBv1.0/G/DDATA/N/D", None)
        ]
    );
}

#[test]
fn a_birth_of_the_node_ends_those_of_its_devices() {
    let mut fed = line();
    fed.read(NODE, &payload(Some(0), &[bd_seq(4)]));
    let data = payload(Some(1), &[by_alias(2, WireValue::Int(1))]);
    let reading = fed.read("spBv1.0/G/DDATA/N/D", &data);
    assert_eq!(
        codes(&reading.decoded),
        [DefectCode::UnknownAlias, DefectCode::NoBirth]
    );
}

#[test]
fn a_gap_that_stays_is_a_defect_and_a_reason_for_a_rebirth() {
    let mut fed = line();
    let data = |seq| payload(Some(seq), &[by_alias(1, WireValue::Int(1))]);
    let read = |fed: &mut Fed, seq, millis| {
        let message = Message {
            received_at: at(NOW + millis),
            ..message("spBv1.0/G/NDATA/N", &data(seq))
        };
        fed.0.read(&message).unwrap()
    };
    // In time, though not in order.
    for (seq, millis) in [(3, 0), (2, 10), (4, 20)] {
        let reading = read(&mut fed, seq, millis);
        assert!(reading.decoded.defects.is_empty() && reading.wish.is_none());
    }
    assert!(!fed.0.is_waiting());
    // 5 never comes.
    assert_eq!(read(&mut fed, 6, 30).wish, None);
    let reading = read(&mut fed, 7, 1030);
    assert_eq!(codes(&reading.decoded), [DefectCode::SequenceGap]);
    let wish = reading.wish.unwrap();
    assert_eq!(
        (&*wish.group, &*wish.node, &*wish.client.0),
        ("G", "N", "edge")
    );
    assert!(!fed.0.is_waiting());
    // 8 never comes, nor anything else.
    assert_eq!(read(&mut fed, 9, 2000).wish, None);
    assert!(fed.0.is_waiting());
    assert_eq!(fed.0.overdue(at(NOW + 2999)), []);
    assert_eq!(fed.0.overdue(at(NOW + 3000)).len(), 1);
    assert!(!fed.0.is_waiting());
    let odd = fed.read("spBv1.0/G/NDATA/N", &data(256));
    assert_eq!(codes(&odd.decoded), [DefectCode::NotSparkplug]);
}

#[test]
fn a_request_for_a_rebirth_is_what_the_specification_says() {
    let mut fed = Fed::new();
    let reading = fed.read("spBv1.0/G/NDATA/N", &payload(Some(2), &[]));
    let request = reading.wish.unwrap().request(at(NOW)).unwrap();
    assert_eq!(request.topic.as_str(), "spBv1.0/G/NCMD/N");
    assert!(!request.retain && request.qos == crate::message::Qos::AtMostOnce);
    let payload = WirePayload::decode(request.payload).unwrap();
    assert_eq!((payload.timestamp, payload.seq), (Some(NOW), None));
    let metric = WireMetric::decode(payload.metrics[0].clone()).unwrap();
    assert_eq!(metric.name.as_deref(), Some("Node Control/Rebirth"));
    assert_eq!(metric.value, Some(WireValue::Boolean(true)));
    assert_eq!(metric.datatype, Some(11));
}
