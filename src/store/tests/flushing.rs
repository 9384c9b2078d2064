//! Counts and last values, written behind.

use std::time::Duration;

use super::*;
use crate::store::catalog::FlushPace;

/// Whether `work` goes on waiting while something else is done.
async fn is_held<T>(work: &mut (impl Future<Output = T> + Unpin)) -> bool {
    tokio::time::timeout(Duration::from_millis(300), work)
        .await
        .is_err()
}

async fn count_of(line: &TestStore, topic: &str) -> i64 {
    sqlx::query_scalar("select messages from unspool.topic where name = $1")
        .bind(topic)
        .fetch_one(&mut line.connect().await)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_mirror_does_not_wait_for_a_flush_that_pauses() {
    let line = TestStore::start().await;
    // A thousand series in two pieces, and a topic that somebody holds: the flush stops there.
    let rows = (1..1001).map(|n| row(n, 10, &format!("t/{n}"), 10, 1.0));
    line.store.write(&batch(rows.collect())).await.unwrap();
    let mut holder = line.connect().await;
    sqlx::raw_sql("begin; select from unspool.topic for no key update")
        .execute(&mut holder)
        .await
        .unwrap();
    {
        let mut connection = line.connect().await;
        let flush = line
            .store
            .state()
            .catalog
            .flush(&mut connection, FlushPace::Easy);
        let mut flush = std::pin::pin!(flush);
        while line.count("series where last_seq is not null").await < 1000 {
            assert!(is_held(&mut flush).await);
        }
        // The series of a topic becomes another kind.
        let mut widened = row(1001, 11, "t/1", 11, 1.0);
        widened.samples[0].kind = SeriesKind::Text;
        let widened = batch(vec![widened]);
        let write = line.store.write(&widened);
        tokio::time::timeout(Duration::from_secs(10), write)
            .await
            .unwrap()
            .unwrap();
        sqlx::raw_sql("rollback")
            .execute(&mut holder)
            .await
            .unwrap();
        flush.await.unwrap();
    }
    assert_eq!(count_of(&line, "t/1").await, 1);
    line.stop().await;
}

#[tokio::test]
async fn of_two_flushes_at_once_the_later_counts_stand() {
    let line = TestStore::start().await;
    let catalog = &line.store.state().catalog;
    line.store
        .write(&batch(vec![row(1, 1, "a", 1, 1.0)]))
        .await
        .unwrap();
    let mut holder = line.connect().await;
    sqlx::raw_sql("begin; select from unspool.topic for no key update")
        .execute(&mut holder)
        .await
        .unwrap();
    let (mut one, mut two) = (line.connect().await, line.connect().await);
    let mut first = Box::pin(catalog.flush(&mut one, FlushPace::Quick));
    assert!(is_held(&mut first).await);
    line.store
        .write(&batch(vec![row(2, 2, "a", 2, 2.0)]))
        .await
        .unwrap();
    let mut second = Box::pin(catalog.flush(&mut two, FlushPace::Quick));
    assert!(is_held(&mut second).await);
    // Nobody waits for the first one any longer, though the database goes on with it.
    drop(first);
    drop(one);
    sqlx::raw_sql("rollback")
        .execute(&mut holder)
        .await
        .unwrap();
    assert_eq!(second.await.unwrap(), Offset(3));
    assert_eq!(count_of(&line, "a").await, 2);
    let again = line.again().await;
    assert_eq!(again.latest(&scope("a"), None, 1)[0].messages, 2);
    line.stop().await;
}

#[tokio::test]
async fn a_commit_that_comes_after_its_time_is_not_made_twice() {
    let line = TestStore::start().await;
    line.store
        .write(&batch(vec![row(1, 1, "a", 1, 1.0)]))
        .await
        .unwrap();
    // A commit waits for as long as somebody holds a lock.
    let mut holder = line.connect().await;
    sqlx::raw_sql(
        "create function unspool.hang() returns trigger language plpgsql as $$
         begin
            perform pg_advisory_xact_lock(1);
            return null;
         end $$;
         create constraint trigger hang after update on unspool.mirror_cursor
         deferrable initially deferred for each row execute function unspool.hang();
         select pg_advisory_lock(1)",
    )
    .execute(&mut holder)
    .await
    .unwrap();
    let late = batch((2..6).map(|n| row(n, 2, "b", 2, 1.0)).collect());
    {
        let write = line.store.write(&late);
        let mut write = std::pin::pin!(write);
        assert!(is_held(&mut write).await);
        // Its time is over; its commit is on its way all the same.
    }
    {
        let again = line.store.write(&late);
        let mut again = std::pin::pin!(again);
        assert!(is_held(&mut again).await);
        sqlx::raw_sql("select pg_advisory_unlock(1)")
            .execute(&mut holder)
            .await
            .unwrap();
        again.await.unwrap();
    }
    let found = line.store.messages(&all_messages()).await.unwrap();
    assert_eq!(found.len(), 5);
    assert_eq!(line.store.mirrored().unwrap().stored, 5);
    assert_eq!(line.count("message").await, 5);
    line.stop().await;
}
