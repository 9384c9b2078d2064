//! What messages of Sparkplug say beside their samples.

use super::*;
use crate::message::{Birth, BirthChange, BornMetric, TimeSource};

const BIRTHS: &str = "spBv1.0/G/DBIRTH/N/D";
const DATA: &str = "spBv1.0/G/DDATA/N/D";

/// A row with samples of these names, and remarks.
fn told(offset: u64, topic: &str, samples: &[(&str, f64)], remarks: Remarks) -> MessageRow {
    let at = i64::try_from(offset).unwrap() * 10;
    let samples = samples.iter().map(|(path, value)| NewSample {
        path: (*path).to_owned(),
        time: Timestamp(at),
        value: Some(*value),
        text: None,
        time_source: TimeSource::Receipt,
        kind: SeriesKind::Number,
    });
    MessageRow {
        samples: samples.collect(),
        remarks: Some(Box::new(remarks)),
        ..row(offset, at, topic, at, 0.0)
    }
}

fn birth(device: Option<&str>, seq: u64, names: &[&str]) -> Birth {
    let metric = |name: &&str| BornMetric {
        name: (*name).into(),
        alias: name.starts_with('a').then_some(u64::MAX),
        datatype: 8,
    };
    Birth {
        group: "G".into(),
        node: "N".into(),
        device: device.map(Into::into),
        seq: Offset(seq),
        bd_seq: device.is_none().then_some(u64::MAX),
        metrics: names.iter().map(metric).collect(),
    }
}

fn born(birth: &Birth) -> BirthChange {
    BirthChange::Born(Arc::new(birth.clone()))
}

fn changed(births: Vec<BirthChange>) -> Remarks {
    Remarks {
        births,
        ..Remarks::default()
    }
}

#[tokio::test]
async fn births_are_kept_as_of_the_cursor_until_they_are_over() {
    let line = TestStore::start().await;
    let own = birth(None, 1, &["a", "b/\u{e9}"]);
    let [d, e] = ["D", "E"].map(|name| birth(Some(name), 2, &["a"]));
    let gone = BirthChange::DeviceGone {
        group: "G".into(),
        node: "N".into(),
        device: "D".into(),
    };
    let over = BirthChange::NodeGone {
        group: "G".into(),
        node: "N".into(),
    };
    let again = birth(None, 3, &["a"]);
    let mut offset = 0;
    for (changes, expected) in [
        (vec![born(&own), born(&d), born(&e)], vec![&own, &d, &e]),
        (vec![gone.clone()], vec![&own, &e]),
        (vec![born(&d), gone.clone(), born(&d)], vec![&own, &d, &e]),
        // What the devices said is over with what the node said.
        (vec![born(&again)], vec![&again]),
        (vec![born(&d), born(&own), born(&e)], vec![&own, &e]),
        (vec![over.clone()], vec![]),
        (vec![born(&own), over, born(&again)], vec![&again]),
    ] {
        offset += 1;
        let row = told(offset, DATA, &[], changed(changes));
        line.store.write(&batch(vec![row])).await.unwrap();
        let mut found = line.again().await.births().await.unwrap();
        found.sort_by(|one, other| one.device.cmp(&other.device));
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{offset}");
    }
    line.stop().await;
}

#[tokio::test]
async fn births_and_data_are_one_series_for_who_may_read_both() {
    let line = TestStore::start().await;
    let unit = Remarks {
        units: vec![(0, "\u{b0}C".into())],
        ..Remarks::default()
    };
    let rows = vec![
        told(1, BIRTHS, &[("/temp", 1.0), ("/still", 5.0)], unit),
        told(2, DATA, &[("/temp", 2.0)], Remarks::default()),
        told(3, DATA, &[("/temp", 3.0)], Remarks::default()),
        told(4, BIRTHS, &[("/temp", 4.0)], Remarks::default()),
    ];
    line.store.write(&batch(rows)).await.unwrap();
    let only_data = |filter| Scope::new(filter, |topic| topic.as_str() == DATA);
    let whole_data = |filter| Scope::whole(filter, |topic: &Topic| topic.as_str() == DATA);
    let again = line.again().await;
    for store in [&line.store, &again] {
        for (scope, expected) in [
            (
                scope(DATA),
                vec![
                    ("/still", None, vec![5.0]),
                    ("/temp", Some("\u{b0}C"), vec![1.0, 2.0, 3.0, 4.0]),
                ],
            ),
            (
                scope("spBv1.0/#"),
                vec![
                    ("/still", None, vec![5.0]),
                    ("/temp", Some("\u{b0}C"), vec![1.0, 2.0, 3.0, 4.0]),
                ],
            ),
            (
                scope(BIRTHS),
                vec![
                    ("/still", None, vec![5.0]),
                    ("/temp", Some("\u{b0}C"), vec![1.0, 4.0]),
                ],
            ),
            (
                only_data(filter("spBv1.0/#")),
                vec![("/temp", None, vec![2.0, 3.0])],
            ),
            (
                whole_data(filter(DATA)),
                vec![("/temp", None, vec![2.0, 3.0])],
            ),
        ] {
            let latest: Vec<_> = store.latest(&scope, None, 9).into_iter().collect();
            let query = SampleQuery {
                scope: scope.clone(),
                ..all_samples()
            };
            let set = store.samples(&query).await.unwrap();
            let found: Vec<_> = set
                .series
                .iter()
                .map(|series| {
                    let Samples::Raw(samples) = &series.samples else {
                        panic!("asked for raw samples");
                    };
                    let values: Vec<f64> = samples.iter().filter_map(|it| it.value).collect();
                    (&*series.path, series.unit.as_deref(), values)
                })
                .collect();
            assert_eq!(found, expected, "{scope:?}");
            // The last values are those of the same series.
            let last = latest.iter().find(|latest| latest.topic.as_str() == DATA);
            let mut last: Vec<_> = last.map_or_else(Vec::new, |latest| {
                let series = latest.series.iter();
                series
                    .map(|it| (&*it.path, it.unit.as_deref(), it.sample.value))
                    .collect()
            });
            last.sort_by_key(|(path, ..)| *path);
            if !last.is_empty() {
                let expected: Vec<_> = expected
                    .iter()
                    .map(|(path, unit, values)| (*path, *unit, values.last().copied()))
                    .collect();
                assert_eq!(last, expected, "{scope:?}");
            }
        }
    }
    line.stop().await;
}

#[tokio::test]
async fn topics_are_stale_from_the_first_death_until_the_next_birth() {
    let line = TestStore::start().await;
    let marked = |since: &[Option<i64>]| Remarks {
        stale: since
            .iter()
            .map(|since| (Topic::new(DATA).unwrap(), since.map(Timestamp)))
            .collect(),
        ..Remarks::default()
    };
    for (offset, marks, expected) in [
        (1, marked(&[]), None),
        (2, marked(&[Some(50)]), Some(50)),
        (3, marked(&[Some(60)]), Some(50)),
        (4, marked(&[None]), None),
        (5, marked(&[Some(70), None, Some(80), Some(90)]), Some(80)),
        (6, marked(&[None, Some(95)]), Some(95)),
        (7, marked(&[Some(96), None]), None),
    ] {
        let row = told(offset, DATA, &[("/temp", 1.0)], marks);
        line.store.write(&batch(vec![row])).await.unwrap();
        let again = line.again().await;
        for store in [&line.store, &again] {
            let latest = store.latest(&scope(DATA), None, 1);
            assert_eq!(latest[0].stale_since, expected.map(Timestamp), "{offset}");
        }
    }
    line.stop().await;
}

#[tokio::test]
async fn a_value_of_the_past_does_not_become_the_last_one() {
    let line = TestStore::start().await;
    let past = Remarks {
        historical: vec![0],
        ..Remarks::default()
    };
    let rows = vec![
        told(1, DATA, &[("/temp", 1.0)], Remarks::default()),
        told(2, DATA, &[("/temp", 2.0)], past),
    ];
    line.store.write(&batch(rows)).await.unwrap();
    let latest = line.store.latest(&scope(DATA), None, 1);
    assert_eq!(latest[0].series[0].sample.value, Some(1.0));
    let values = raw(&line.store).await;
    assert_eq!(values[0].1.len(), 2);
    line.stop().await;
}
