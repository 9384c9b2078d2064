//! How many bytes a sample takes once it is sealed and merged, and how fast it is read.
//!
//!     cargo bench --bench packing [-- FILE.csv ...]
//!
//! One run, one machine, one database. Series of several kinds at 1 Hz, or the columns of CSV files
//! whose first column is the time, go through the real store. The very same samples are put into a
//! table of rows `(time, series, value)` with a btree, into blocks of plain arrays, and, where Python
//! has pyarrow, into a Parquet file with zstd. What everything takes includes its indexes.

mod data;
#[path = "../support/filled.rs"]
mod filled;

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, PgConnection};
use unspool::message::{Scope, Timestamp, TopicFilter};
use unspool::store::{Grid, Resolution, SampleQuery};

use self::data::Series;
use self::filled::{Filled, Told};

/// How often everything is read.
const ROUNDS: usize = 5;

fn main() -> anyhow::Result<()> {
    let files = std::env::args().skip(1).filter(|arg| !arg.starts_with('-'));
    let mut kinds = Vec::new();
    for file in files {
        kinds.push((file.clone(), data::from_csv(Path::new(&file))?));
    }
    if kinds.is_empty() {
        kinds = data::generated();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(kinds))
}

async fn run(kinds: Vec<(String, Vec<Series>)>) -> anyhow::Result<()> {
    println!("bytes a sample            packed  arrays    rows  parquet   samples");
    let mut reading = None;
    for (kind, series) in kinds {
        let (line, n) = Filled::with(in_order(&series).into_iter()).await?;
        let mut sql = line.sql().await?;
        let per_sample = |bytes: i64| bytes as f64 / n as f64;
        let packed = per_sample(size(&mut sql, "unspool.sample_block").await?);
        copy_of(&mut sql).await?;
        let arrays = per_sample(size(&mut sql, "arrays").await?);
        let rows = per_sample(size(&mut sql, "rows").await?);
        let parquet = parquet(&series)?.map(per_sample);
        let parquet = parquet.map_or("-".to_owned(), |bytes| format!("{bytes:.2}"));
        println!("{kind:<25} {packed:>6.2} {arrays:>7.2} {rows:>7.2} {parquet:>8} {n:>9}");
        if reading.is_none() {
            reading = Some(read(&line, &mut sql).await?);
        }
        line.stop().await;
    }
    if let Some(reading) = reading {
        println!("\nreading one series of the first kind wholly\n{reading}");
    }
    Ok(())
}

/// All samples by time; what is of one time in any order.
fn in_order(series: &[Series]) -> Vec<Told> {
    let of_series = |(place, one): (usize, &Series)| {
        let samples = one.iter();
        let samples = samples.map(|(time, value)| (*time, place, *value));
        samples.collect::<Vec<_>>()
    };
    let mut all: Vec<Told> = series.iter().enumerate().flat_map(of_series).collect();
    fastrand::seed(7);
    fastrand::shuffle(&mut all);
    all.sort_by_key(|(time, ..)| *time);
    all
}

async fn size(sql: &mut PgConnection, table: &str) -> anyhow::Result<i64> {
    let statement = format!(
        "select sum(pg_total_relation_size(coalesce(i.inhrelid, c.oid)))::bigint
         from pg_class c left join pg_inherits i on i.inhparent = c.oid
         where c.oid = '{table}'::regclass"
    );
    // What merging has left empty is not counted.
    let clean = format!("vacuum full {table}");
    sqlx::raw_sql(AssertSqlSafe(clean))
        .execute(&mut *sql)
        .await?;
    Ok(sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(sql)
        .await?)
}

/// The same samples as rows and as plain arrays.
async fn copy_of(sql: &mut PgConnection) -> anyhow::Result<()> {
    sqlx::raw_sql(
        "create table rows as
            select s.time, b.series_id, s.value
            from unspool.sample_block_all b cross join lateral unspool.block_samples(b) s
            order by s.time;
         create index on rows (series_id, time);
         create table arrays (
            series_id integer, n integer, t_min timestamptz, t_max timestamptz, seq_first bigint,
            seq_last bigint, seq_min bigint, seq_max bigint, numbers integer, least float8,
            greatest float8, total float8, initial float8, final float8,
            seqs bigint[] compression lz4, times timestamptz[] compression lz4,
            \"values\" float8[] compression lz4
         );
         insert into arrays
            select b.series_id, b.n, b.t_min, b.t_max, b.seq_first, b.seq_last, b.seq_min, b.seq_max,
                b.numbers, b.least, b.greatest, b.total, b.initial, b.final, a.*
            from unspool.sample_block_all b cross join lateral (
                select array_agg(s.seq), array_agg(s.time), array_agg(s.value)
                from unspool.block_samples(b) s
            ) a;
         create index on arrays (series_id, t_min)",
    )
    .execute(&mut *sql)
    .await?;
    sqlx::raw_sql("vacuum analyze rows, arrays")
        .execute(sql)
        .await?;
    Ok(())
}

/// What the samples take as a Parquet file; `None` where Python can't write one.
fn parquet(series: &[Series]) -> anyhow::Result<Option<i64>> {
    let dir = tempfile::tempdir()?;
    let (csv, parquet) = (
        dir.path().join("samples.csv"),
        dir.path().join("samples.parquet"),
    );
    let mut text = String::from("series,time,value\n");
    for (place, series) in series.iter().enumerate() {
        for (time, value) in series {
            writeln!(text, "{place},{time},{value:?}")?;
        }
    }
    std::fs::write(&csv, text)?;
    let script = "import sys, pyarrow.csv as c, pyarrow.parquet as p\n\
                  p.write_table(c.read_csv(sys.argv[1]), sys.argv[2], compression='zstd')";
    let python = Command::new("python3")
        .args(["-c", script])
        .args([&csv, &parquet])
        .output()?;
    if !python.status.success() {
        return Ok(None);
    }
    Ok(Some(i64::try_from(std::fs::metadata(&parquet)?.len())?))
}

/// Reads a series by the server, by SQL, from plain arrays and from rows.
async fn read(line: &Filled, sql: &mut PgConnection) -> anyhow::Result<String> {
    let query = SampleQuery {
        scope: Scope::unrestricted(TopicFilter::new("series/0")?),
        path: None,
        from: Timestamp(0),
        to: Timestamp(i64::MAX),
        up_to: None,
        resolution: Resolution::Raw(usize::MAX),
        carries: false,
        with_gaps: false,
        details: None,
        series_limit: 1,
    };
    let points = SampleQuery {
        resolution: Resolution::Every(Grid::even(60_000_000)),
        ..query.clone()
    };
    let id = "(select s.id from unspool.series s join unspool.topic t on t.id = s.topic_id
               where t.name = 'series/0')";
    let statements = [
        (
            "SQL, packed",
            format!(
                "select count(s.time), sum(s.value), max(s.seq) from unspool.sample_block_all b
             cross join lateral unspool.block_samples(b) s where b.series_id = {id}"
            ),
        ),
        (
            "SQL, arrays",
            format!(
                "select count(s.time), sum(s.value), max(s.seq) from arrays b
             cross join lateral unnest(b.seqs, b.times, b.\"values\") as s (seq, time, value)
             where b.series_id = {id}"
            ),
        ),
        (
            "SQL, rows",
            format!("select count(s.time), sum(s.value), 0 from rows s where s.series_id = {id}"),
        ),
    ];
    let mut told = String::new();
    let mut tell = |what: &str, times: &mut Vec<Duration>| {
        times.sort_unstable();
        let _ = writeln!(told, "{what:<25} {:>9.2?}", times[times.len() / 2]);
    };
    for (what, query) in [("server, raw", &query), ("server, by the minute", &points)] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            line.store.samples(query).await?;
            times.push(began.elapsed());
        }
        tell(what, &mut times);
    }
    for (what, statement) in statements {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            sqlx::query(AssertSqlSafe(statement.clone()))
                .fetch_one(&mut *sql)
                .await?;
            times.push(began.elapsed());
        }
        tell(what, &mut times);
    }
    Ok(told)
}
