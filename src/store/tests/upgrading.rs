//! Databases that earlier versions made, as `pg_dump` has written them.

use super::*;
use crate::message::Keep;

/// 300 messages on two topics, 250 of them sealed; some came late, one from a clock that is far off, six
/// have dead letters.
const BEFORE_RETENTION: &str = include_str!("previous/0.1.0.sql");

#[tokio::test]
async fn what_an_earlier_version_stored_is_all_there_and_goes_on() {
    let (postgres, _dir) = postgres().await;
    let options = postgres.database().options().unwrap();
    let mut connection = connect::connect(&options).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(BEFORE_RETENTION))
        .execute(&mut connection)
        .await
        .unwrap();
    let store = open(&postgres).await;
    let mirrored = store.mirrored().unwrap();
    assert_eq!(mirrored.cursor.next, Offset(301));
    assert_eq!((mirrored.stored, mirrored.dead_lettered), (294, 6));
    let found = store.messages(&all_messages()).await.unwrap();
    let seqs: Vec<u64> = found.iter().map(|message| message.offset.0).collect();
    assert_eq!(seqs, (1..=300).rev().collect::<Vec<_>>());
    let check = async |seqs: u64| {
        let mut samples: Vec<(u64, Option<f64>)> = Vec::new();
        for (_, all) in raw(&store).await {
            samples.extend(all.iter().map(|one| (one.seq.0, one.value)));
        }
        samples.sort_by_key(|(seq, _)| *seq);
        let expected = (1..=seqs).map(|n| (n, Some(n as f64 / 2.0)));
        assert_eq!(samples, expected.collect::<Vec<_>>());
    };
    check(300).await;
    let latest = store.latest(&scope("#"), None, 9);
    assert_eq!(latest.len(), 2);

    // It is written to, sealed and let go of as all others.
    let at = Timestamp::now().0;
    let more = (301..=310).map(|n| row(n, at, "line/1/press", at, n as f64 / 2.0));
    store.write(&batch(more.collect())).await.unwrap();
    store.seal_all().await.unwrap();
    check(310).await;
    for (view, count) in [("unspool.message", 310_i64), ("unspool.sample", 310)] {
        let statement = format!("select count(*) from {view}");
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(found, count, "{view}");
    }
    store.keep(
        Keep {
            days: Some(1),
            bytes: None,
        },
        None,
    );
    store.expire_all().await.unwrap();
    let left = store.messages(&all_messages()).await.unwrap();
    assert_eq!(left.len(), 10);
    assert_eq!(store.mirrored().unwrap().expired, 300);
    store.close().await;
    postgres.stop().await;
}
