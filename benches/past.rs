//! How fast the tree of topics is told as it was at some time.
//!
//!     cargo bench --bench past [-- TOPICS [DAYS [SECONDS]]]
//!
//! One run, one machine, one database: so many topics (10,000) over so many days (10), a message each so
//! many seconds (864), sealed, merged and rolled up. Then all topics with their last values as they were
//! at 20 moments anywhere in between: by event time, by receipt, and by the shortest SQL over the same
//! tables that gives the last message of each topic. Times are the median and the longest.

#[path = "support/filled.rs"]
mod filled;

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgConnection};
use unspool::message::{Scope, Timestamp, TopicFilter};
use unspool::store::{Moment, Past, PastQuery, Store};

use self::filled::{Filled, Told};

const MOMENTS: usize = 20;
const DAY: i64 = 86_400_000_000;

/// 2026-11-01T00:00:00Z, up to when there are messages.
const TO: i64 = 1_793_491_200_000_000;

fn main() -> anyhow::Result<()> {
    let numbers: Vec<i64> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (topics, days, seconds) = (number(0, 10_000), number(1, 10), number(2, 864));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(usize::try_from(topics)?, days, seconds))
}

async fn run(topics: usize, days: i64, seconds: i64) -> anyhow::Result<()> {
    let began = Instant::now();
    let (line, n) = Box::pin(Filled::with(messages(topics, days, seconds))).await?;
    println!(
        "{n} messages of {topics} topics over {days} days, written, sealed and merged in {:.0?}",
        began.elapsed()
    );
    let mut sql = line.sql().await?;
    sqlx::raw_sql("analyze").execute(&mut sql).await?;
    let mut columns: [Vec<Duration>; 3] = Default::default();
    fastrand::seed(5);
    for _ in 0..MOMENTS {
        let at = Timestamp(TO - fastrand::i64(DAY / 100..days * DAY - DAY / 100));
        for (column, moment) in [Moment::EventTime(at), Moment::Receipt(at)]
            .into_iter()
            .enumerate()
        {
            let began = Instant::now();
            let told = told(&line.store, moment).await?;
            columns[column].push(began.elapsed());
            anyhow::ensure!(told > topics / 2, "{told} topics at {at}");
        }
        let began = Instant::now();
        by_hand(&mut sql, at).await?;
        columns[2].push(began.elapsed());
    }
    for (what, mut column) in ["by event time", "by receipt", "SQL"]
        .into_iter()
        .zip(columns)
    {
        column.sort_unstable();
        println!(
            "{what:<15} {:>10.1?} {:>10.1?}",
            column[MOMENTS / 2],
            column[MOMENTS - 1]
        );
    }
    line.stop().await;
    Ok(())
}

/// Each topic has its place in the interval.
fn messages(topics: usize, days: i64, seconds: i64) -> impl Iterator<Item = Told> {
    let steps = days * 86_400 / seconds;
    (0..steps).flat_map(move |step| {
        let start = TO - (steps - step) * seconds * 1_000_000;
        (0..topics).map(move |place| {
            #[allow(clippy::cast_possible_wrap)] // topics
            let off = seconds * 1_000_000 * place as i64 / topics as i64;
            (start + off, place, (step % 100) as f64)
        })
    })
}

async fn told(store: &Store, moment: Moment) -> anyhow::Result<usize> {
    let query = PastQuery {
        scope: Scope::unrestricted(TopicFilter::all()),
        moment,
        up_to: None,
    };
    let past = Past::new(store.clone(), query).await?;
    let (mut count, mut after) = (0, None);
    loop {
        let piece = past.next(after.as_ref(), usize::MAX).await?;
        count += piece.topics.len();
        after = piece.next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

async fn by_hand(sql: &mut PgConnection, at: Timestamp) -> anyhow::Result<()> {
    let statement = format!(
        "select t.name, m.seq, m.payload from unspool.topic t
         cross join lateral (
            select * from unspool.message_sealed_all m
            where m.topic_id = t.id and m.received_at <= '{at}'
                and m.received_at > timestamptz '{at}' - interval '1 day'
            order by m.seq desc limit 1
         ) m"
    );
    sqlx::query(AssertSqlSafe(statement))
        .fetch_all(&mut *sql)
        .await?;
    Ok(())
}
