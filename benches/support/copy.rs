//! What PostgreSQL itself takes: the rows that the mirror wrote, copied once more.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

/// How often the rows are copied; the median counts.
const ROUNDS: usize = 3;

/// How much is sent at a time.
const PIECE_BYTES: usize = 1 << 20;

/// Copies what is hot into a table like its own and into one without an index, in the database of
/// the server whose socket is in `socket_dir`, and says how `rate`, in messages a second, compares.
pub(crate) async fn compare(socket_dir: &Path, rate: f64) -> Result<()> {
    let options = PgConnectOptions::new_without_pgpass()
        .socket(socket_dir)
        .username("unspool")
        .database("unspool")
        .options([("search_path", "unspool")]);
    let mut connection = PgConnection::connect_with(&options).await?;
    sqlx::raw_sql(
        "create table bench_same (like message_hot including all);
         create table bench_bare (like message_hot)",
    )
    .execute(&mut connection)
    .await?;
    let statement = "copy (select * from message_hot) to stdout (format binary)";
    let rows = connection.copy_out_raw(statement).await?;
    let rows: Vec<Bytes> = rows.try_collect().await?;
    let all = rows.concat();
    for (what, table, goal) in [
        ("the same table", "bench_same", 0.6),
        ("no index", "bench_bare", 0.25),
    ] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            rounds.push(copy(&mut connection, table, &all).await?);
        }
        rounds.sort();
        let copied = rows.len() as f64 / rounds[ROUNDS / 2].as_secs_f64();
        println!(
            "raw COPY of the same rows, {what}: {copied:.0} messages/s; ratio {:.2} (goal {goal})",
            rate / copied
        );
    }
    connection.close().await?;
    Ok(())
}

async fn copy(connection: &mut PgConnection, table: &str, rows: &[u8]) -> Result<Duration> {
    let began = Instant::now();
    let statement = format!("copy {table} from stdin (format binary)");
    let mut copy = connection.copy_in_raw(&statement).await?;
    for piece in rows.chunks(PIECE_BYTES) {
        copy.send(piece).await?;
    }
    copy.finish().await?;
    let took = began.elapsed();
    let truncate = AssertSqlSafe(format!("truncate {table}"));
    sqlx::query(truncate).execute(connection).await?;
    Ok(took)
}
