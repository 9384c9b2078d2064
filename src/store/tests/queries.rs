//! Answers are those of a naive model, hot, sealed, and half of each.

use fastrand::Rng;

use super::*;
use crate::store::bucket::{BucketWish, Buckets, HOUR};

/// A few hours of a few topics: late data, duplicates in the same microsecond, numbers and texts.
pub(super) fn history(rng: &mut Rng) -> Vec<MessageRow> {
    let start = 1_767_225_600_000_000; // 2026-01-01
    let mut at = start;
    let mut rows = Vec::new();
    for offset in 1..=400 {
        at += i64::from(rng.u8(0..3)) * rng.i64(0..HOUR / 40);
        let topic = format!("site/{}/{}", rng.u8(0..3), ["temp", "rpm"][rng.usize(0..2)]);
        let time = match rng.u8(0..4) {
            0 => at,
            1 => at - rng.i64(0..6 * HOUR),
            2 => start,
            _ => at + rng.i64(0..HOUR),
        };
        let mut row = row(offset, at, &topic, time, f64::from(rng.i16(-50..50)));
        for path in ["/a", "/b"] {
            let text = rng.u8(0..4) == 0;
            row.samples.push(NewSample {
                path: path.into(),
                time: Timestamp(time),
                value: (!text).then(|| f64::from(rng.i16(-50..50))),
                text: text.then(|| "stop".to_owned()),
                time_source: TimeSource::Receipt,
                kind: if text {
                    SeriesKind::Text
                } else {
                    SeriesKind::Number
                },
            });
        }
        rows.push(row);
    }
    rows
}

fn times(rng: &mut Rng, rows: &[MessageRow]) -> (Timestamp, Timestamp) {
    let mut pick = || rows[rng.usize(..rows.len())].samples[0].time;
    let (a, b) = (pick(), pick());
    (a.min(b), a.max(b))
}

fn naive_messages(rows: &[MessageRow], query: &MessageQuery) -> Vec<Message> {
    let mut found: Vec<Message> = rows
        .iter()
        .map(|row| (*row.message).clone())
        .filter(|m| {
            query.scope.holds(&m.topic)
                && query.from.is_none_or(|from| m.received_at >= from)
                && query.to.is_none_or(|to| m.received_at < to)
                && query.up_to.is_none_or(|up_to| m.offset <= up_to)
                && query.after.is_none_or(|after| match query.order {
                    Order::Ascending => m.offset > after,
                    Order::Descending => m.offset < after,
                })
        })
        .collect();
    if query.order == Order::Descending {
        found.reverse();
    }
    found.truncate(query.limit);
    found
}

const FILTERS: [&str; 5] = ["#", "site/+/temp", "site/1/#", "site/2/rpm", "none/#"];

async fn check_messages(store: &Store, rows: &[MessageRow], rng: &mut Rng) {
    for _ in 0..60 {
        let (from, to) = times(rng, rows);
        let some = |rng: &mut Rng| rng.bool().then(|| Offset(rng.u64(0..410)));
        let query = MessageQuery {
            scope: scope(FILTERS[rng.usize(..FILTERS.len())]),
            from: rng.bool().then_some(from),
            to: rng.bool().then_some(to),
            after: some(rng),
            up_to: some(rng),
            order: [Order::Ascending, Order::Descending][rng.usize(..2)],
            limit: [1, 7, 1000][rng.usize(..3)],
        };
        let found = store.messages(&query).await.unwrap();
        assert_eq!(found, naive_messages(rows, &query), "{query:?}");
    }
}

/// The samples of one series by the naive way.
fn naive_samples(
    rows: &[MessageRow],
    series: &SeriesSamples,
    query: &SampleQuery,
) -> Vec<RawSample> {
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.message.topic == series.topic) {
        for sample in row.samples.iter().filter(|s| *s.path == *series.path) {
            let is_known = query.up_to.is_none_or(|up_to| row.message.offset <= up_to);
            if is_known && sample.time >= query.from && sample.time < query.to {
                found.push(RawSample {
                    time: sample.time,
                    seq: row.message.offset,
                    value: sample.value,
                    text: sample.text.clone(),
                });
            }
        }
    }
    found.sort_by_key(|sample| (sample.time, sample.seq));
    found
}

async fn check_samples(store: &Store, rows: &[MessageRow], rng: &mut Rng) {
    let resolutions = [
        Resolution::Raw(10_000),
        Resolution::Raw(9),
        Resolution::Points(5),
        Resolution::Points(100_000),
        Resolution::Every(Grid::even(HOUR / 12)),
        Resolution::Every(Grid::even(HOUR)),
        Resolution::Every(Grid::even(3 * HOUR)),
    ];
    for _ in 0..60 {
        let (from, to) = times(rng, rows);
        let query = SampleQuery {
            scope: scope(FILTERS[rng.usize(..FILTERS.len())]),
            path: [None, Some(""), Some("/a")][rng.usize(..3)].map(Into::into),
            from,
            to,
            up_to: rng.bool().then(|| Offset(rng.u64(0..410))),
            resolution: resolutions[rng.usize(..resolutions.len())].clone(),
            series_limit: 100,
            ..all_samples()
        };
        let set = store.samples(&query).await.unwrap();
        for series in &set.series {
            assert!(query.scope.holds(&series.topic));
            let naive = naive_samples(rows, series, &query);
            match &series.samples {
                Samples::Raw(raw) => {
                    let limit = match &query.resolution {
                        Resolution::Raw(limit) | Resolution::Points(limit) => *limit,
                        Resolution::Every(_) => panic!("asked for buckets"),
                    };
                    assert_eq!(raw[..], naive[..naive.len().min(limit)], "{query:?}");
                    assert!(set.truncated || naive.len() <= limit);
                }
                Samples::Buckets(found) => {
                    let mut buckets =
                        Buckets::new(set.grid.clone().unwrap(), BucketWish::default());
                    for sample in &naive {
                        buckets.add(sample);
                    }
                    let until = query.to.min(Timestamp::now());
                    assert_eq!(*found, buckets.finish(until), "{query:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn answers_are_the_same_hot_and_sealed() {
    let line = TestStore::start().await;
    let mut rng = Rng::with_seed(7);
    let rows = history(&mut rng);
    for (at, part) in rows.chunks(100).enumerate() {
        line.store.write(&batch(part.to_vec())).await.unwrap();
        // Sealed in more than one piece, so that there are several blocks in an hour.
        if at < 2 {
            line.store.seal_all().await.unwrap();
        }
    }
    for sealed in [false, true] {
        check_messages(&line.store, &rows, &mut rng).await;
        check_samples(&line.store, &rows, &mut rng).await;
        for offset in [1, 200, 400, 401] {
            let found = line.store.message(Offset(offset)).await.unwrap();
            let expected = rows.get(usize::try_from(offset).unwrap() - 1);
            assert_eq!(found.as_ref(), expected.map(|row| &*row.message));
        }
        if !sealed {
            line.store.seal_all().await.unwrap();
        }
    }
    assert_eq!(line.count("message_hot").await, 0);
    assert_eq!(line.count("message").await, 400);
    assert_eq!(line.count("sample").await, 1200);
    line.stop().await;
}

#[tokio::test]
async fn psql_finds_what_the_store_finds() {
    let line = TestStore::start().await;
    let mut rng = Rng::with_seed(8);
    let rows = history(&mut rng);
    let (sealed, hot) = rows.split_at(250);
    line.store.write(&batch(sealed.to_vec())).await.unwrap();
    line.store.seal_all().await.unwrap();
    line.store.write(&batch(hot.to_vec())).await.unwrap();
    let mut connection = line.connect().await;
    for text in FILTERS {
        for _ in 0..5 {
            let (from, to) = times(&mut rng, &rows);
            let query = SampleQuery {
                scope: scope(text),
                from,
                to,
                ..all_samples()
            };
            let set = line.store.samples(&query).await.unwrap();
            let expected: usize = set
                .series
                .iter()
                .map(|series| naive_samples(&rows, series, &query).len())
                .sum();
            let found: i64 = sqlx::query_scalar("select count(*) from unspool.history($1, $2, $3)")
                .bind(text)
                .bind(wire::Instant(from))
                .bind(wire::Instant(to))
                .fetch_one(&mut connection)
                .await
                .unwrap();
            assert_eq!(usize::try_from(found).unwrap(), expected, "{text}");
        }
    }
    let text: Option<String> = sqlx::query_scalar("select text from unspool.message where seq = 3")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    let expected = String::from_utf8(rows[2].message.payload.to_vec()).unwrap();
    assert_eq!(text, Some(expected));
    line.stop().await;
}

#[tokio::test]
async fn a_filter_means_the_same_in_sql() {
    let line = TestStore::start().await;
    let mut connection = line.connect().await;
    let topics = [
        "sport",
        "sport/",
        "sport/tennis",
        "sport/tennis/player1",
        "/finance",
        "/",
        "$SYS/x",
        "a.b/c",
        "axb/c",
        "étage/1",
        "a\nb/c",
        "a*(b)/[c]\\{d}|^$",
        "sportx",
    ];
    let filters = [
        "#",
        "+",
        "+/+",
        "/+",
        "sport/#",
        "sport/+",
        "sport/tennis/#",
        "+/tennis/#",
        "$SYS/#",
        "+/x",
        "a.b/c",
        "étage/+",
        "a\nb/+",
        "a*(b)/[c]\\{d}|^$",
        "+/",
        "sport",
        "/#",
    ];
    for text in filters {
        for name in topics {
            let matches: bool = sqlx::query_scalar("select $1 ~ unspool.filter_regex($2)")
                .bind(name)
                .bind(text)
                .fetch_one(&mut connection)
                .await
                .unwrap();
            let expected = filter(text).matches(&Topic::new(name).unwrap());
            assert_eq!(matches, expected, "{name:?} against {text:?}");
        }
    }
    line.stop().await;
}
