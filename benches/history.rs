//! How fast long histories are read, beside hand-written SQL and a plain table.
//!
//!     cargo bench --bench history [-- SERIES [DAYS [SECONDS]]]
//!
//! One run, one machine, one database: so many series (20) over so many days (90), a sample each so many
//! seconds (10), sealed, merged and rolled up; then what a dashboard asks, through the store, by the
//! shortest SQL over the same tables, and over the same samples in a table `(time, series, value)` with
//! a btree on series and time. Times are the
//! median and the longest of 50 questions, each about another series.

#[path = "support/filled.rs"]
mod filled;

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgConnection};
use unspool::message::{Scope, Timestamp, TopicFilter};
use unspool::store::{Grid, Resolution, SampleQuery, Store};

use self::filled::{Filled, Told};

const QUESTIONS: usize = 50;
const DAY: i64 = 86_400_000_000;

/// 2026-11-01T00:00:00Z, up to when there are samples.
const TO: i64 = 1_793_491_200_000_000;

fn main() -> anyhow::Result<()> {
    let numbers: Vec<i64> = std::env::args()
        .filter_map(|arg| arg.parse().ok())
        .collect();
    let number = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (series, days, seconds) = (number(0, 20), number(1, 90), number(2, 10));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(usize::try_from(series)?, days, seconds))
}

async fn run(series: usize, days: i64, seconds: i64) -> anyhow::Result<()> {
    let began = Instant::now();
    let (line, n) = Filled::with(samples(series, days, seconds)).await?;
    println!(
        "{n} samples of {series} series over {days} days, written, sealed and merged in {:.0?}",
        began.elapsed()
    );
    let mut sql = line.sql().await?;
    let began = Instant::now();
    plain(&mut sql).await?;
    println!(
        "copied to a plain table with a btree in {:.0?}",
        began.elapsed()
    );
    for (what, like) in [
        ("blocks", "sample_block%"),
        ("rollups", "rollup%"),
        ("plain", "plain"),
    ] {
        let bytes: i64 = sqlx::query_scalar(
            "select sum(pg_total_relation_size(oid))::bigint from pg_class
             where relname like $1 and relkind = 'r'",
        )
        .bind(like)
        .fetch_one(&mut sql)
        .await?;
        println!("{what}: {:.2} bytes a sample", bytes as f64 / n as f64);
    }
    let began = Instant::now();
    ask(&line.store, &mut sql, series).await?;
    println!("\nasked in {:.0?}", began.elapsed());
    line.stop().await;
    Ok(())
}

/// A slow wave with some noise, to a tenth.
fn samples(series: usize, days: i64, seconds: i64) -> impl Iterator<Item = Told> {
    fastrand::seed(3);
    let steps = days * 86_400 / seconds;
    (0..steps).flat_map(move |step| {
        let time = TO - (steps - step) * seconds * 1_000_000;
        (0..series).map(move |place| {
            let wave = (step as f64 / 8640.0 + place as f64).sin();
            let value = wave.mul_add(300.0, 500.0 + fastrand::f64() * 10.0).round() / 10.0;
            (time, place, value)
        })
    })
}

async fn plain(sql: &mut PgConnection) -> anyhow::Result<()> {
    for statement in [
        "create table plain as
            select s.time, b.series_id as series, s.value
            from unspool.sample_block_all b cross join lateral unspool.block_samples(b) s
            order by s.time",
        "create index on plain (series, time)",
        "vacuum analyze plain",
        "analyze unspool.sample_block, unspool.rollup",
    ] {
        sqlx::raw_sql(statement).execute(&mut *sql).await?;
    }
    Ok(())
}

/// A question, in the three ways that it is asked.
struct Question {
    what: &'static str,
    days: f64,
    path: Option<Resolution>,
    over_blocks: &'static str,
    over_plain: &'static str,
}

const QUESTIONS_ASKED: [Question; 5] = [
    Question {
        what: "an hour, every sample",
        days: 1.0 / 24.0,
        path: Some(Resolution::Raw(100_000)),
        over_blocks: "select s.time, s.value from unspool.sample_block_all b
            cross join lateral unspool.block_samples(b) s
            where b.series_id = $1 and b.t_min >= $2 and b.t_min < $3",
        over_plain: "select time, value from plain where series = $1 and time >= $2 and time < $3",
    },
    Question {
        what: "a day in 1,000 points",
        days: 1.0,
        path: Some(Resolution::Points(1000)),
        over_blocks:
            "select date_bin('2 min', s.time, 'epoch'), count(*), min(s.value), max(s.value),
                avg(s.value)
            from unspool.sample_block_all b cross join lateral unspool.block_samples(b) s
            where b.series_id = $1 and b.t_min >= $2 and b.t_min < $3 group by 1",
        over_plain:
            "select date_bin('2 min', time, 'epoch'), count(*), min(value), max(value), avg(value)
            from plain where series = $1 and time >= $2 and time < $3 group by 1",
    },
    Question {
        what: "30 days in 2,000 points",
        days: 30.0,
        path: Some(Resolution::Points(2000)),
        over_blocks:
            "select date_bin('30 min', s.time, 'epoch'), count(*), min(s.value), max(s.value),
                avg(s.value)
            from unspool.sample_block_all b cross join lateral unspool.block_samples(b) s
            where b.series_id = $1 and b.t_min >= $2 and b.t_min < $3 group by 1",
        over_plain:
            "select date_bin('30 min', time, 'epoch'), count(*), min(value), max(value), avg(value)
            from plain where series = $1 and time >= $2 and time < $3 group by 1",
    },
    Question {
        what: "90 days by day",
        days: 90.0,
        path: Some(Resolution::Every(Grid::Even {
            every: DAY,
            phase: 0,
        })),
        over_blocks:
            "select date_bin('1 day', t_min, 'epoch'), sum(numbers), min(least), max(greatest),
                sum(total)
            from unspool.sample_block_all
            where series_id = $1 and t_min >= $2 and t_min < $3 group by 1",
        over_plain:
            "select date_bin('1 day', time, 'epoch'), count(*), min(value), max(value), avg(value)
            from plain where series = $1 and time >= $2 and time < $3 group by 1",
    },
    Question {
        what: "90 days, above 80",
        days: 90.0,
        path: None,
        over_blocks: "select s.time from unspool.sample_block_all b
            cross join lateral unspool.block_samples(b) s
            where b.series_id = $1 and b.t_min >= $2 and b.t_min < $3 and b.greatest > 80
                and s.value > 80",
        over_plain: "select time from plain
            where series = $1 and time >= $2 and time < $3 and value > 80",
    },
];

async fn ask(store: &Store, sql: &mut PgConnection, series: usize) -> anyhow::Result<()> {
    println!(
        "\n{:<25} {:>21} {:>21} {:>21}",
        "median, longest", "store", "SQL, blocks", "SQL, plain"
    );
    for question in &QUESTIONS_ASKED {
        let span = (question.days * DAY as f64).round();
        let mut columns: [Vec<Duration>; 3] = Default::default();
        for at in 0..QUESTIONS {
            let place = at % series;
            #[allow(clippy::cast_possible_truncation)] // days
            let from = Timestamp(TO - span as i64);
            if let Some(resolution) = &question.path {
                let query = SampleQuery {
                    scope: Scope::unrestricted(TopicFilter::new(format!("series/{place}"))?),
                    path: None,
                    from,
                    to: Timestamp(TO),
                    up_to: None,
                    resolution: resolution.clone(),
                    carries: true,
                    with_gaps: false,
                    details: None,
                    series_limit: 1,
                };
                let began = Instant::now();
                store.samples(&query).await?;
                columns[0].push(began.elapsed());
            }
            let id: i32 = sqlx::query_scalar(
                "select s.id from unspool.series s join unspool.topic t on t.id = s.topic_id
                 where t.name = $1",
            )
            .bind(format!("series/{place}"))
            .fetch_one(&mut *sql)
            .await?;
            for (column, statement) in [(1, question.over_blocks), (2, question.over_plain)] {
                let statement = statement
                    .replace("$2", &format!("'{from}'"))
                    .replace("$3", &format!("'{}'", Timestamp(TO)));
                let began = Instant::now();
                sqlx::query(AssertSqlSafe(statement))
                    .bind(id)
                    .fetch_all(&mut *sql)
                    .await?;
                columns[column].push(began.elapsed());
            }
        }
        print!("{:<25}", question.what);
        for mut column in columns {
            column.sort_unstable();
            match column.len() {
                0 => print!(" {:>21}", "-"),
                n => print!(" {:>10.1?} {:>10.1?}", column[n / 2], column[n - 1]),
            }
        }
        println!();
    }
    Ok(())
}
