//! The database of our own.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::*;
use crate::store::catalog::FlushPace;
use crate::store::embedded::EmbeddedError;

/// Kills it once it runs: what it had forked may answer for a moment longer than itself.
async fn kill(postgres: &Postgres) {
    let running = || async { Pid::from_raw(i32::try_from(postgres.process()).unwrap()) };
    kill_process(eventually("run", running).await, Signal::KILL).unwrap();
}

/// Sends a signal to all processes of the database.
fn signal_all(postgres: &Postgres, signal: Signal) {
    let main = postgres.process();
    let children = std::fs::read_to_string(format!("/proc/{main}/task/{main}/children")).unwrap();
    let children = children.split_whitespace().map(|pid| pid.parse().unwrap());
    for pid in [main.cast_signed()].into_iter().chain(children) {
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
    }
}

/// Asks again until there is an answer.
async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(Instant::now() < until, "{what}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_left() {
    let (first, dir) = postgres().await;
    let store = open(&first).await;
    store.adopt(Epoch(3), Offset(9)).await.unwrap();
    store.close().await;
    first.stop().await;
    assert!(!dir.path().join("postgres/postmaster.pid").exists());
    let second = Postgres::start(dir.path(), None).await.unwrap();
    let store = open(&second).await;
    assert_eq!(store.mirrored().unwrap().cursor.next, Offset(9));
    store.close().await;
    second.stop().await;
}

#[tokio::test]
async fn a_database_that_is_killed_comes_back_with_what_it_had() {
    let line = TestStore::start().await;
    let mut next = 1;
    for _ in 0..3 {
        let batch = batch(vec![
            row(next, 1, "a", 1, 1.0),
            row(next + 1, 1, "b", 1, 1.0),
        ]);
        eventually("write", || async { line.store.write(&batch).await.ok() }).await;
        next += 2;
        kill(&line.postgres).await;
    }
    let query = all_messages();
    let read = || async { line.store.messages(&query).await.ok() };
    assert_eq!(eventually("read", read).await.len(), 6);
    line.stop().await;
}

#[tokio::test]
async fn a_database_that_freezes_holds_nobody_for_ever() {
    let line = TestStore::start().await;
    line.store
        .write(&batch(vec![row(1, 1, "a", 1, 1.0)]))
        .await
        .unwrap();
    signal_all(&line.postgres, Signal::STOP);
    let late = line.store.adopt(Epoch(7), Offset(9)).await.unwrap_err();
    assert!(matches!(late, StoreError::Late { .. }), "{late}");
    signal_all(&line.postgres, Signal::CONT);
    // Whether what was asked for then comes through before, after, or not at all.
    for _ in 0..2 {
        line.store.adopt(Epoch(7), Offset(9)).await.unwrap();
    }
    let mirrored = line.store.mirrored().unwrap();
    assert_eq!((mirrored.cursor.next, mirrored.stored), (Offset(9), 1));
    assert_eq!(line.again().await.mirrored(), Some(mirrored));
    let late = line.store.adopt(Epoch(7), Offset(8)).await.unwrap_err();
    assert!(matches!(late, StoreError::Stale { .. }), "{late}");
    line.stop().await;
}

#[tokio::test]
async fn counts_that_were_not_written_in_time_are_written_later() {
    let line = TestStore::start().await;
    line.store
        .write(&batch(vec![row(1, 1, "a", 1, 1.0)]))
        .await
        .unwrap();
    let mut connection = line.connect().await;
    // Nobody waits for this one.
    let _ = futures_util::poll!(std::pin::pin!(
        line.store
            .state()
            .catalog
            .flush(&mut connection, FlushPace::Quick)
    ));
    let mut connection = line.connect().await;
    line.store
        .state()
        .catalog
        .flush(&mut connection, FlushPace::Quick)
        .await
        .unwrap();
    let written: i64 = sqlx::query_scalar("select messages from topic")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(written, 1);
    line.stop().await;
}

#[tokio::test]
async fn what_a_double_kill_leaves_is_cleared_away() {
    let (first, dir) = postgres().await;
    let files = ["postgres/postmaster.pid", "run/.s.PGSQL.5432.lock"].map(|f| dir.path().join(f));
    let copies: Vec<_> = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect();
    first.stop().await;
    for (file, copy) in files.iter().zip(copies) {
        std::fs::write(file, copy).unwrap();
    }
    Postgres::start(dir.path(), None)
        .await
        .unwrap()
        .stop()
        .await;
}

#[tokio::test]
async fn a_data_directory_serves_one_at_a_time() {
    let (first, dir) = postgres().await;
    let second = Postgres::start(dir.path(), None).await;
    assert!(matches!(second, Err(EmbeddedError::InUse(_))), "{second:?}");
    first.stop().await;
}

#[tokio::test]
async fn a_cluster_of_another_major_version_is_refused_with_the_way_out() {
    let dir = folder();
    std::fs::create_dir(dir.path().join("postgres")).unwrap();
    std::fs::write(dir.path().join("postgres/PG_VERSION"), "9.6\n").unwrap();
    let error = Postgres::start(dir.path(), None)
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("PostgreSQL 9.6") && error.contains("pg_dump"),
        "{error}"
    );
}

#[tokio::test]
async fn a_folder_without_programs_is_told_with_three_ways_out() {
    let dir = folder();
    let error = Postgres::start(dir.path(), Some(dir.path()))
        .await
        .unwrap_err()
        .to_string();
    for way in ["install PostgreSQL", "--pg-bin", "--database-url"] {
        assert!(error.contains(way), "{error}");
    }
}

#[tokio::test]
async fn a_deep_data_directory_works() {
    let dir = folder();
    let deep = dir.path().join("deep".repeat(12)).join("deeper".repeat(10));
    let postgres = Postgres::start(&deep, None).await.unwrap();
    assert!(!postgres.socket_dir().starts_with(&deep));
    open(&postgres).await.close().await;
    postgres.stop().await;
}
