//! Rollups are what the samples come to, however late they came, and may outlive them.

use fastrand::Rng;

use super::*;
use crate::store::bucket::{BucketWish, Buckets};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// 2026-01-01T00:00:00Z.
const FIRST: i64 = 1_767_225_600_000_000;

const TOPICS: [&str; 3] = ["number", "switch", "state"];

/// Messages with the times of their samples anywhere in three days, near each other or not, on one
/// topic, which says numbers, or on others that say states.
fn history(rng: &mut Rng, from: u64, count: u64) -> Vec<MessageRow> {
    let day = FIRST + rng.i64(0..2) * DAY_US;
    let begin = day + rng.i64(0..20) * HOUR_US;
    let step = *rng
        .choice([HOUR_US / 2, 1_000_000, 250_000].iter())
        .unwrap();
    let one = |n: u64| {
        let topic = TOPICS[rng.usize(0..3)];
        let late = if rng.u8(..) < 20 {
            rng.i64(0..DAY_US)
        } else {
            0
        };
        let time = begin + (n - from).cast_signed() * step - late;
        let mut row = row(n, FIRST + n.cast_signed(), topic, time, 0.0);
        let sample = &mut row.samples[0];
        match topic {
            "number" => sample.value = Some(f64::from(rng.i32(-500..500)) / 10.0),
            "switch" => sample.value = Some(f64::from(rng.u8(0..2))),
            _ => {
                sample.value = None;
                sample.text = Some(["run", "idle", "off"][rng.usize(0..3)].to_owned());
            }
        }
        row
    };
    (from..from + count).map(one).collect()
}

/// Sums come in another order.
fn is_near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn is_same(a: &Bucket, b: &Bucket) -> bool {
    let held = |it: &Bucket| {
        let states = it
            .states
            .clone()
            .into_iter()
            .filter(|(_, seconds)| *seconds > 0.0);
        states.collect::<Vec<_>>()
    };
    let (held_a, held_b) = (held(a), held(b));
    (a.start, a.count, a.min, a.max, a.first, a.last)
        == (b.start, b.count, b.min, b.max, b.first, b.last)
        && is_near(a.sum, b.sum)
        && is_near(a.integral, b.integral)
        && is_near(a.seconds, b.seconds)
        && held_a.len() == held_b.len()
        && held_a
            .iter()
            .zip(&held_b)
            .all(|(a, b)| a.0 == b.0 && is_near(a.1, b.1))
}

/// What the samples of a topic come to, from all that was written.
fn naively(rows: &[MessageRow], topic: &str, query: &SampleQuery, every: i64) -> Vec<Bucket> {
    let of_topic = rows
        .iter()
        .filter(|row| row.message.topic.as_str() == topic);
    let samples = of_topic.map(|row| RawSample {
        time: row.samples[0].time,
        seq: row.message.offset,
        value: row.samples[0].value,
        text: row.samples[0].text.clone(),
    });
    let mut samples: Vec<RawSample> = samples
        .filter(|it| it.time >= query.from && it.time < query.to)
        .filter(|it| query.up_to.is_none_or(|up_to| it.seq <= up_to))
        .collect();
    samples.sort_by_key(|it| (it.time, it.seq));
    let mut buckets = Buckets::new(Grid::even(every), BucketWish::default());
    for sample in &samples {
        buckets.add(sample);
    }
    buckets.finish(query.to.min(Timestamp::now()))
}

async fn check(store: &Store, rows: &[MessageRow], rng: &mut Rng) {
    for every in [
        30_000_000,
        MINUTE_US,
        5 * MINUTE_US,
        HOUR_US,
        6 * HOUR_US,
        DAY_US,
    ] {
        for topic in TOPICS {
            let (mut from, mut to) = (FIRST - 2 * DAY_US, FIRST + 4 * DAY_US);
            if rng.bool() {
                from += rng.i64(0..3 * DAY_US);
                to = from + rng.i64(1..3 * DAY_US);
            }
            let up_to = rng.bool().then(|| Offset(rng.u64(1..=rows.len() as u64)));
            let query = SampleQuery {
                scope: scope(topic),
                from: Timestamp(from),
                to: Timestamp(to),
                up_to,
                resolution: Resolution::Every(Grid::even(every)),
                ..all_samples()
            };
            let set = store.samples(&query).await.unwrap();
            let found = match set.series.first().map(|series| &series.samples) {
                Some(Samples::Buckets(buckets)) => buckets.clone(),
                _ => Vec::new(),
            };
            let expected = naively(rows, topic, &query, every);
            assert_eq!(found.len(), expected.len(), "{topic} by {every}");
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    is_same(found, expected),
                    "{topic} by {every}: {found:?}, not {expected:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn rollups_are_what_the_samples_come_to_however_late_these_came() {
    let line = TestStore::start().await;
    let mut rng = Rng::with_seed(11);
    let mut rows = Vec::new();
    for round in 0..14 {
        let count = rng.u64(1..1500);
        let more = history(&mut rng, rows.len() as u64 + 1, count);
        line.store.write(&batch(more.clone())).await.unwrap();
        rows.extend(more);
        if round % 3 != 1 {
            line.store.seal_all().await.unwrap();
        }
        if round % 4 == 3 {
            line.store.merge_all().await.unwrap();
        }
        if round % 2 == 1 {
            check(&line.store, &rows, &mut rng).await;
        }
    }
    line.store.seal_all().await.unwrap();
    line.store.merge_all().await.unwrap();
    assert!(line.count("unspool.rollup where hours = 24").await > 6);
    assert!(line.count("unspool.rollup where minutes > 0").await > 3);
    for _ in 0..4 {
        check(&line.store, &rows, &mut rng).await;
    }
    line.stop().await;
}

/// A day of a number that grows by one a second, and of a state, two months ago.
fn long_ago() -> (Vec<MessageRow>, Timestamp) {
    let day = Timestamp::now().0.div_euclid(DAY_US) * DAY_US - 60 * DAY_US;
    let one = |n: u64| {
        let at = day + n.cast_signed() * 5_000_000;
        let mut row = row(
            n,
            at,
            ["number", "state"][usize::from(n.is_multiple_of(2))],
            at,
            n as f64,
        );
        if n.is_multiple_of(2) {
            row.samples[0].value = None;
            row.samples[0].text = Some(["run", "idle"][usize::from(n % 200 >= 100)].to_owned());
        }
        row
    };
    ((1..17_280).map(one).collect(), Timestamp(day))
}

#[tokio::test]
async fn rollups_outlive_their_samples_as_long_as_they_are_to() {
    let line = TestStore::start().await;
    let store = &line.store;
    let (rows, day) = long_ago();
    for part in rows.chunks(4000) {
        store.write(&batch(part.to_vec())).await.unwrap();
    }
    store.seal_all().await.unwrap();
    store.merge_all().await.unwrap();
    let query = |topic, every| SampleQuery {
        scope: scope(topic),
        from: day,
        to: Timestamp(day.0 + DAY_US),
        resolution: Resolution::Every(Grid::even(every)),
        ..all_samples()
    };
    let keep = crate::message::Keep::of_days;
    let sql = async || {
        let range = "current_date - 61, current_date - 58";
        let mut found = Vec::new();
        for query in [
            format!("unspool.bucket('number', '', {range}, '1 minute')"),
            format!("unspool.bucket('number', '', {range}, '3 hours')"),
            format!("unspool.rollups('#', '', {range}, '1 minute')"),
            format!("unspool.rollups('#', '', {range}, '1 hour')"),
            format!("unspool.rollups('#', '', {range}, '1 day')"),
        ] {
            let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "select q::text from {query} q"
            )))
            .fetch_all(&mut line.connect().await)
            .await
            .unwrap();
            assert!(!rows.is_empty(), "{query}");
            found.push(rows);
        }
        found
    };
    let before = sql().await;
    assert_eq!(before[0].len(), 24 * 60);
    assert!(
        before[4].iter().any(|row| row.contains("\"\"run\"\": 43")),
        "{:?}",
        before[4]
    );
    store.keep(keep(30), Some(365));
    store.expire_all().await.unwrap();
    assert_eq!(line.count("unspool.sample_block_all").await, 0);
    assert_eq!(sql().await, before);
    for (topic, every) in [
        ("number", MINUTE_US),
        ("number", HOUR_US),
        ("state", DAY_US),
    ] {
        let query = query(topic, every);
        let set = store.samples(&query).await.unwrap();
        let Samples::Buckets(found) = &set.series[0].samples else {
            panic!("no buckets");
        };
        let expected = naively(&rows, topic, &query, every);
        assert_eq!(found.len(), expected.len(), "{topic}");
        assert!(
            found.iter().zip(&expected).all(|(a, b)| is_same(a, b)),
            "{topic}: {found:?}"
        );
    }
    // A trend shows what there is, not finer than it is.
    let trend = SampleQuery {
        resolution: Resolution::Points(1000),
        ..query("number", 1)
    };
    let set = store.samples(&trend).await.unwrap();
    assert_eq!(set.grid, Some(Grid::even(2 * MINUTE_US)));
    assert!(store.samples_kept_from(trend.scope.filter()).is_some());
    // What comes late now is not taken for all that there was.
    let n = rows.len() as u64 + 1;
    let late = vec![row(n, day.0, "number", day.0 + 1_000_000, 7.0)];
    store.write(&batch(late)).await.unwrap();
    let hour = query("number", HOUR_US);
    for _ in 0..2 {
        let set = store.samples(&hour).await.unwrap();
        let Samples::Buckets(found) = &set.series[0].samples else {
            panic!("no buckets");
        };
        assert_eq!((found.len(), found[0].count), (24, 360));
        store.seal_all().await.unwrap();
        store.merge_all().await.unwrap();
    }
    store.keep(keep(30), None);
    store.expire_all().await.unwrap();
    assert_eq!(
        line.count("unspool.rollup_all where start < now() - interval '61 days'")
            .await,
        0
    );
    line.stop().await;
}

#[tokio::test]
async fn rollups_go_with_their_topics() {
    let line = TestStore::start().await;
    let (rows, _) = long_ago();
    line.store
        .write(&batch(rows[..2000].to_vec()))
        .await
        .unwrap();
    line.store.seal_all().await.unwrap();
    line.store.merge_all().await.unwrap();
    assert!(line.count("unspool.rollup_all").await > 4);
    line.store
        .remove_topics(&TopicFilter::new("number").unwrap())
        .await
        .unwrap();
    line.store.remove_all().await.unwrap();
    let left = "unspool.rollup_all where series_id in (select id from unspool.series)";
    assert_eq!(
        line.count(left).await,
        line.count("unspool.rollup_all").await
    );
    assert!(line.count("unspool.rollup_all").await > 0);
    line.stop().await;
}
