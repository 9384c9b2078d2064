//! Blocks of samples: packed, merged, and read the same by the server and by SQL.

use sqlx::Row as _;

use super::*;
use crate::store::wire::Instant;

const HOUR_US: i64 = 3_600_000_000;

/// 2026-01-01T00:00:00Z.
const FIRST: i64 = 1_767_225_600_000_000;

type Sample = (i64, u64, Option<u64>, Option<String>);

/// What comes on a topic for each kind of value that there is, at its `n`th second.
fn value(topic: &str, n: u64) -> (Option<f64>, Option<String>) {
    let seconds = n as f64;
    match topic {
        "decimal" => (
            Some(
                (seconds * 0.1)
                    .sin()
                    .mul_add(20.0, 21.5)
                    .mul_add(10.0, 0.5)
                    .floor()
                    / 10.0,
            ),
            None,
        ),
        "single" => (Some(f64::from(((n * 7 % 13) as f32 - 6.0) / 10.0)), None),
        "wide" => (Some((n * 7919 % 10_007) as f64 * 1e11 + seconds), None),
        "noise" => (Some(seconds.sqrt().sin()), None),
        "state" => (
            None,
            Some(["RUN", "IDLE", "ERR"][(n / 40 % 3) as usize].to_owned()),
        ),
        "serial" => (None, Some(format!("no {n}"))),
        "large" => (Some(1e20), Some(format!("1{n:020}"))),
        "switch" => (Some(f64::from(u8::from((n / 60).is_multiple_of(2)))), None),
        _ => match n % 7 {
            0 => (None, Some("off".to_owned())),
            1 => (Some(f64::NAN), None),
            2 => (Some(f64::NEG_INFINITY), None),
            3 => (Some(-0.0), None),
            4 => (Some(f64::MIN_POSITIVE / 4.0), None),
            _ => (Some(seconds), None),
        },
    }
}

const TOPICS: [&str; 9] = [
    "wide", "decimal", "single", "noise", "state", "serial", "large", "switch", "odd",
];

/// The messages `from..to`, each topic in turn; every ninth sample is of an hour before.
fn rows(from: u64, to: u64) -> Vec<MessageRow> {
    let one = |n: u64| {
        let topic = TOPICS[(n % 9) as usize];
        let at = FIRST + n.cast_signed() * 125_000 + (n * n % 1009).cast_signed();
        let late = if n.is_multiple_of(7) { HOUR_US } else { 0 };
        let (value, text) = value(topic, n / 9);
        let mut row = row(n, at, topic, at - late, 0.0);
        row.samples[0].value = value;
        row.samples[0].text = text;
        row
    };
    (from..to).map(one).collect()
}

fn sample(time: i64, seq: u64, value: Option<f64>, text: Option<String>) -> Sample {
    (time, seq, value.map(f64::to_bits), text)
}

/// What was written of a topic, by time.
fn written(topic: &str, to: u64) -> Vec<Sample> {
    let rows = rows(1, to);
    let of_topic = rows
        .iter()
        .filter(|row| row.message.topic.as_str() == topic);
    let mut all: Vec<Sample> = of_topic
        .map(|row| {
            let one = &row.samples[0];
            sample(
                one.time.0,
                row.message.offset.0,
                one.value,
                one.text.clone(),
            )
        })
        .collect();
    all.sort_unstable();
    all
}

async fn by_the_server(store: &Store, topic: &str) -> Vec<Sample> {
    let query = SampleQuery {
        scope: scope(topic),
        ..all_samples()
    };
    let mut set = store.samples(&query).await.unwrap();
    let Samples::Raw(samples) = set.series.remove(0).samples else {
        panic!("not raw");
    };
    let samples = samples.into_iter();
    samples
        .map(|it| sample(it.time.0, it.seq.0, it.value, it.text))
        .collect()
}

async fn by_sql(line: &TestStore, topic: &str, from: &str) -> Vec<Sample> {
    let statement = format!("select time, seq, value, text from {from} order by time, seq");
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .bind(topic)
        .fetch_all(&mut line.connect().await)
        .await
        .unwrap();
    let of_row = |row: &sqlx::postgres::PgRow| {
        let seq = row.get::<i64, _>(1).cast_unsigned();
        sample(row.get::<Instant, _>(0).0.0, seq, row.get(2), row.get(3))
    };
    rows.iter().map(of_row).collect()
}

async fn check(line: &TestStore, to: u64) {
    for topic in TOPICS {
        let written = written(topic, to);
        assert_eq!(by_the_server(&line.store, topic).await, written, "{topic}");
        for from in [
            "unspool.history($1, '-infinity')",
            "unspool.sample where topic = $1",
        ] {
            assert_eq!(
                by_sql(line, topic, from).await,
                written,
                "{topic} from {from}"
            );
        }
    }
}

#[tokio::test]
async fn every_sample_is_read_as_it_was_written_before_and_after_merging() {
    let line = TestStore::start().await;
    for (from, to) in [(1, 3001), (3001, 3050), (3050, 6001)] {
        line.store.write(&batch(rows(from, to))).await.unwrap();
        line.store.seal_all().await.unwrap();
    }
    check(&line, 6001).await;
    assert!(line.count("unspool.sample_block").await > 16);
    line.store.merge_all().await.unwrap();
    // Nine series in two hours.
    assert_eq!(line.count("unspool.sample_block").await, 18);
    assert_eq!(line.count("unspool.unmerged_hour").await, 0);
    assert!(line.store.state().metrics.blocks_merged.get() >= 16);
    check(&line, 6001).await;
    // What comes late is merged again.
    line.store.write(&batch(rows(6001, 6100))).await.unwrap();
    line.store.seal_all().await.unwrap();
    check(&line, 6100).await;
    line.store.merge_all().await.unwrap();
    assert_eq!(line.count("unspool.sample_block").await, 18);
    check(&line, 6100).await;
    line.stop().await;
}

#[tokio::test]
async fn an_hour_that_is_not_over_is_left_and_one_that_somebody_holds_waits() {
    let line = TestStore::start().await;
    let now = Timestamp::now().0 + HOUR_US;
    for n in 1..4 {
        let written = batch(vec![row(n, now, "line", now, 1.0)]);
        line.store.write(&written).await.unwrap();
        line.store.seal_all().await.unwrap();
    }
    line.store.merge_all().await.unwrap();
    assert_eq!(line.count("unspool.sample_block").await, 3);

    for n in 4..7 {
        let written = batch(vec![row(n, now, "line", FIRST, 1.0)]);
        line.store.write(&written).await.unwrap();
        line.store.seal_all().await.unwrap();
    }
    let mut holder = line.connect().await;
    sqlx::raw_sql("begin; lock table unspool.sample_block in share mode")
        .execute(&mut holder)
        .await
        .unwrap();
    let merging = line.store.merge_all();
    assert!(
        tokio::time::timeout(std::time::Duration::from_secs(3), merging)
            .await
            .is_err()
    );
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    line.store.merge_all().await.unwrap();
    assert_eq!(line.count("unspool.sample_block").await, 4);
    line.stop().await;
}

#[tokio::test]
async fn blocks_of_arrays_are_packed() {
    let line = TestStore::start().await;
    line.store.write(&batch(rows(1, 2000))).await.unwrap();
    line.store.seal_all().await.unwrap();
    sqlx::raw_sql(
        "update unspool.sample_block b
         set seqs = a.seqs, times = a.times, \"values\" = a.\"values\", texts = a.texts,
            packed_seqs = null, packed_times = null, packed_values = null, odd_at = null,
            packed_texts = null
         from (
            select b.series_id, b.t_min, array_agg(s.seq order by s.time, s.seq) as seqs,
                array_agg(s.time order by s.time, s.seq) as times,
                array_agg(s.value order by s.time, s.seq) as \"values\",
                array_agg(s.text order by s.time, s.seq) as texts
            from unspool.sample_block_all b cross join lateral unspool.block_samples(b) s
            group by 1, 2
         ) a
         where a.series_id = b.series_id and a.t_min = b.t_min",
    )
    .execute(&mut line.connect().await)
    .await
    .unwrap();
    check(&line, 2000).await;
    let packed = "unspool.sample_block where packed_times is not null";
    assert_eq!(line.count(packed).await, 0);
    line.store.merge_all().await.unwrap();
    assert_eq!(line.count(packed).await, 18);
    check(&line, 2000).await;
    line.stop().await;
}
