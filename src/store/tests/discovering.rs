//! What announcements say of series.

use super::*;
use crate::message::{DescribedSeries, SeriesText};

const ANNOUNCER: &str = "homeassistant/sensor/x/config";

/// What is said of the payload itself on these topics: unit and description.
fn announced(offset: u64, series: &[(&str, &str, &str)]) -> MessageRow {
    let text = |text: &str| (!text.is_empty()).then(|| text.into());
    let described = series
        .iter()
        .map(|(topic, unit, description)| DescribedSeries {
            topic: Topic::new(*topic).unwrap(),
            path: "".into(),
            text: SeriesText {
                unit: text(unit),
                description: text(description),
            },
        });
    MessageRow {
        samples: Vec::new(),
        remarks: Some(Box::new(Remarks {
            described: Some(described.collect()),
            ..Remarks::default()
        })),
        ..row(offset, 1, ANNOUNCER, 1, 0.0)
    }
}

/// A value whose payload says that it is in volts.
fn in_volts(offset: u64, topic: &str) -> MessageRow {
    MessageRow {
        remarks: Some(Box::new(Remarks {
            said_units: vec![(0, "V".into())],
            ..Remarks::default()
        })),
        ..row(offset, 1, topic, 1, 1.0)
    }
}

/// Each series with its unit and description, a line each, as `store` tells it.
fn told(store: &Store) -> Vec<String> {
    let line = |latest: &Latest| {
        let series = latest.series.first()?;
        let text = |text: &Option<Arc<str>>| text.as_deref().unwrap_or("-").to_owned();
        let (unit, description) = (text(&series.unit), text(&series.description));
        Some(format!("{} {unit} {description}", latest.topic))
    };
    let latest = store.latest(&scope("#"), None, 9);
    latest.iter().filter_map(line).collect()
}

#[tokio::test]
async fn what_is_announced_is_told_of_series_that_there_are_and_those_to_come() {
    let line = TestStore::start().await;
    let steps = [
        // Before there is anything, and none comes of it.
        (
            announced(1, &[("a", "mV", "Oil"), ("b", "bar", "")]),
            &[][..],
        ),
        (row(2, 1, "a", 1, 1.0), &["a mV Oil"]),
        // It counts more than what the payload says, which stays in reserve.
        (in_volts(3, "a"), &["a mV Oil"]),
        (row(4, 1, "b", 1, 1.0), &["a mV Oil", "b bar -"]),
        (
            announced(5, &[("a", "", "Oil"), ("b", "Pa", "")]),
            &["a V Oil", "b Pa -"],
        ),
        (announced(6, &[]), &["a V -", "b - -"]),
        (
            announced(7, &[("b", "bar", "Air")]),
            &["a V -", "b bar Air"],
        ),
    ];
    for (row, expected) in steps {
        let offset = row.message.offset;
        line.store.write(&batch(vec![row])).await.unwrap();
        assert_eq!(told(&line.store), expected, "after {offset}");
        line.store.settle().await;
        let again = line.again().await;
        assert_eq!(told(&again), expected, "after {offset}, and a restart");
        again.close().await;
    }
    assert_eq!(line.count("topic").await, 3);
    assert_eq!(line.count("discovered").await, 1);
    let units = "sample where unit = 'V' and topic = 'a' or unit = 'bar' and topic = 'b'";
    assert_eq!(line.count(units).await, 3);
    line.stop().await;
}

#[tokio::test]
async fn what_a_batch_announces_holds_for_the_series_in_it_and_is_remembered_by_who_starts() {
    let line = TestStore::start().await;
    let rows = vec![
        row(1, 1, "a", 1, 1.0),
        announced(2, &[("a", "x", ""), ("b", "x", "")]),
        announced(3, &[("a", "m", "Way"), ("b", "s", "Time")]),
        row(4, 1, "b", 1, 1.0),
    ];
    line.store.write(&batch(rows)).await.unwrap();
    assert_eq!(told(&line.store), ["a m Way", "b s Time"]);
    line.store.settle().await;
    let again = line.again().await;
    let next = batch(vec![announced(5, &[("b", "s", "Time"), ("c", "K", "")])]);
    again.write(&next).await.unwrap();
    again
        .write(&batch(vec![row(6, 1, "c", 1, 1.0)]))
        .await
        .unwrap();
    assert_eq!(told(&again), ["a - -", "b s Time", "c K -"]);
    again.close().await;
    line.stop().await;
}
