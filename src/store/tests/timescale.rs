//! Against a real TimescaleDB, which `UNSPOOL_DATABASE_URL` names (`make timescale`).

use super::*;
use crate::message::{DAY_US, Keep};

/// A store on the database that is there, made anew.
async fn open_anew() -> (Store, Database) {
    let url = std::env::var("UNSPOOL_DATABASE_URL").expect("make timescale says where it is");
    let database = Database::External { url };
    let mut connection = connect::connect(&database.options().unwrap())
        .await
        .unwrap();
    sqlx::raw_sql("drop schema if exists unspool cascade")
        .execute(&mut connection)
        .await
        .unwrap();
    (open_on(&database).await, database)
}

async fn open_on(database: &Database) -> Store {
    let store = Store::open(database, Arc::default()).unwrap();
    store.prepare().await.unwrap();
    store
}

async fn ask(store: &Store, query: &'static str) -> String {
    sqlx::query_scalar(query)
        .fetch_one(&mut connect::connect(&store.state().options).await.unwrap())
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"))
}

/// One message a day and topic, from so many days ago on; one sample of the first is from 1971.
async fn write_days(store: &Store, days_ago: i64) {
    let today = Timestamp::now().0.div_euclid(DAY_US) * DAY_US;
    let mut seq = store.complete_to().0 + 1;
    let mut rows = Vec::new();
    for day in (0..=days_ago).rev() {
        for topic in ["a", "cam/1"] {
            let at = today - day * DAY_US;
            let time = if seq == 1 { DAY_US * 400 } else { at };
            rows.push(row(seq, at, topic, time, seq as f64));
            seq += 1;
        }
    }
    store.write(&batch(rows)).await.unwrap();
    store.seal_all().await.unwrap();
}

async fn check(store: &Store, first: u64, last: u64) {
    let found = store.messages(&all_messages()).await.unwrap();
    let seqs: Vec<u64> = found.iter().map(|message| message.offset.0).collect();
    assert_eq!(seqs, (first..=last).rev().collect::<Vec<_>>());
    let samples: usize = raw(store).await.iter().map(|(_, all)| all.len()).sum();
    assert_eq!(samples as u64, last + 1 - first, "samples");
    let counted = ask(
        store,
        "select (select count(*) from unspool.message) || ' ' || (select count(*) from unspool.sample)",
    );
    let count = last + 1 - first;
    assert_eq!(counted.await, format!("{count} {count}"));
}

const CHUNKS: &str =
    "select count(*)::text from timescaledb_information.chunks where hypertable_schema = 'unspool'";

const ROLLED_UP: &str = "select count(*)::text from unspool.rollup_all where hours = 1";

#[tokio::test]
#[ignore = "make timescale"]
async fn new_history_goes_to_hypertables_whose_chunks_are_dropped() {
    let (store, database) = open_anew().await;
    store.adopt(Epoch(7), Offset(1)).await.unwrap();
    assert!(store.timescale_told().unwrap().contains("hypertables"));
    write_days(&store, 5).await;
    check(&store, 1, 12).await;
    assert_eq!(ask(&store, CHUNKS).await, "12");
    let bucketed = ask(
        &store,
        "select count(*)::text from (
            select public.time_bucket('1 day', time), avg(value) from unspool.sample
            where topic = 'a' group by 1
         ) b",
    );
    assert_eq!(bucketed.await, "6");
    store.merge_all().await.unwrap();
    check(&store, 1, 12).await;
    assert_ne!(ask(&store, ROLLED_UP).await, "0");
    // The server finds everything as it should be.
    store.expire_all().await.unwrap();
    assert_eq!(store.sizes().unwrap().classes[0].partitions, 6);
    store.keep(
        Keep {
            days: Some(2),
            bytes: None,
        },
        None,
    );
    store.expire_all().await.unwrap();
    assert_eq!(ask(&store, CHUNKS).await, "6");
    check(&store, 7, 12).await;
    assert_eq!(store.mirrored().unwrap().expired, 6);
    assert!(store.messages_kept_from(&filter("#")).is_some());
    // Topics are removed from chunks as from partitions.
    store.remove_topics(&filter("cam/#")).await.unwrap();
    store.remove_all().await.unwrap();
    assert_eq!(store.messages(&all_messages()).await.unwrap().len(), 3);
    store.close().await;
    let again = open_on(&database).await;
    assert_eq!(again.messages(&all_messages()).await.unwrap().len(), 3);
    again.close().await;
}

#[tokio::test]
#[ignore = "make timescale"]
async fn plain_history_moves_to_hypertables_while_it_is_written_and_read() {
    let (store, database) = open_anew().await;
    // As a server without the extension has made it.
    sqlx::raw_sql("drop schema unspool cascade")
        .execute(&mut connect::connect(&store.state().options).await.unwrap())
        .await
        .unwrap();
    store.close().await;
    let plain = Store::open(&database, Arc::default()).unwrap();
    plain.prepare_plain().await.unwrap();
    plain.adopt(Epoch(7), Offset(1)).await.unwrap();
    write_days(&plain, 4).await;
    check(&plain, 1, 10).await;
    assert_eq!(ask(&plain, CHUNKS).await, "0");

    // Another process lets hypertables take over; the one that runs goes on.
    let other = open_on(&database).await;
    assert!(other.timescale_told().unwrap().contains("--to-timescale"));
    other.use_timescale().await.unwrap();
    check(&plain, 1, 10).await;
    assert_eq!(other.plain_partitions().await.unwrap(), 10);
    let mut moved = 0;
    while other.plain_partitions().await.unwrap() > 3 {
        other.move_a_partition().await.unwrap();
        moved += 1;
        check(&plain, 1, 10).await;
    }
    assert_eq!(moved, 7);
    other.close().await;
    // What is merged meanwhile stays where it is, and is moved.
    plain.merge_all().await.unwrap();
    check(&plain, 1, 10).await;
    // It is broken off here, and what comes meanwhile goes to the hypertables.
    write_days(&plain, 0).await;
    check(&plain, 1, 12).await;
    // The server that runs moves the rest.
    plain.expire_all().await.unwrap();
    assert_eq!(plain.plain_partitions().await.unwrap(), 0);
    check(&plain, 1, 12).await;
    plain.merge_all().await.unwrap();
    check(&plain, 1, 12).await;
    assert_ne!(ask(&plain, ROLLED_UP).await, "0");
    let left = ask(
        &plain,
        "select count(*)::text from pg_tables where schemaname = 'unspool' and tablename like '%plain%'",
    );
    assert_eq!(left.await, "0");
    plain.close().await;
}

#[tokio::test]
#[ignore = "make timescale"]
async fn a_rule_has_hypertables_of_its_own() {
    struct Cam;
    impl KeepRules for Cam {
        fn all(&self) -> Vec<KeepRule> {
            vec![KeepRule {
                filter: filter("cam/#"),
                messages: Some(Keep {
                    days: Some(1),
                    bytes: None,
                }),
                samples: None,
                rollups: None,
            }]
        }

        fn of(&self, topic: &Topic) -> Option<KeepRule> {
            let mut all = self.all().into_iter();
            all.find(|rule| rule.filter.matches(topic))
        }
    }
    let (store, _) = open_anew().await;
    store.adopt(Epoch(7), Offset(1)).await.unwrap();
    store.state().retention.set_rules(Box::new(Cam));
    store.expire_all().await.unwrap();
    write_days(&store, 3).await;
    store.expire_all().await.unwrap();
    let found = store.messages(&all_messages()).await.unwrap();
    let count = |topic: &str| found.iter().filter(|it| it.topic.as_str() == topic).count();
    assert_eq!((count("a"), count("cam/1")), (4, 2));
    let samples: usize = raw(&store).await.iter().map(|(_, all)| all.len()).sum();
    assert_eq!(samples, 8);
    store.close().await;
}

/// What made hypertables before samples were packed: their layout, with one block of arrays near now and
/// one that no chunk is for.
const OLDER: &str = "
    alter table unspool.sample_block rename to sample_block_plain;
    alter table unspool.sample_block_plain detach partition unspool.sample_block_default;
    create table unspool.sample_block (like unspool.sample_block_plain including all);
    create table unspool.message_sealed_new (like unspool.message_sealed including all);
    create or replace view unspool.message_sealed_all as
        select seq, received_at, topic_id, flags, client, payload, properties
        from unspool.message_sealed_new;
    drop table unspool.message_sealed;
    alter table unspool.message_sealed_new rename to message_sealed;
    create or replace view unspool.sample_block_all as
        select series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, numbers, least,
            greatest, total, initial, final, seqs, times, \"values\", texts
        from unspool.sample_block
        union all
        select series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max, numbers, least,
            greatest, total, initial, final, seqs, times, \"values\", texts
        from unspool.sample_block_default;
    drop table unspool.sample_block_plain;
    select public.create_hypertable('unspool.message_sealed', 'received_at',
        chunk_time_interval => interval '1 day', create_default_indexes => false);
    select public.create_hypertable('unspool.sample_block', 't_min',
        chunk_time_interval => interval '1 day', create_default_indexes => false);
    insert into unspool.topic (id, name, client, first_seen, last_seen, last_seq, messages, bytes)
        values (1, 'a', 'c', now(), now(), 3, 3, 3);
    insert into unspool.series (id, topic_id, path, kind) values (1, 1, '', 1);
    insert into unspool.mirror_cursor (epoch, first_offset, next_offset, stored, samples)
        values (7, 1, 4, 3, 3);
    update unspool.catalog set next_offset = 4;
    update unspool.hot_slot set first_seq = 4 where state = 'open';
    insert into unspool.message_sealed (seq, received_at, topic_id, flags, client, payload)
        select seq, date_trunc('day', now()) - interval '1 day', 1, 0, 'c', '1'
        from generate_series(1, 3) seq;
    insert into unspool.sample_block (series_id, n, t_min, t_max, seq_first, seq_last, seq_min, seq_max,
            numbers, least, greatest, total, initial, final, seqs, times, \"values\")
        select 1, 2, day, day, 1, 2, 1, 2, 2, 1, 2, 3, 1, 2, array[1, 2], array[day, day], array[1, 2]
        from (select date_trunc('day', now()) - interval '1 day' as day) d;
    insert into unspool.sample_block_default (series_id, n, t_min, t_max, seq_first, seq_last, seq_min,
            seq_max, numbers, least, greatest, total, initial, final, seqs, times, \"values\")
        select 1, 1, at, at, 3, 3, 3, 3, 1, 3, 3, 3, 3, 3, array[3], array[at], array[3]
        from (select timestamptz '1971-01-01Z' as at) d;";

#[tokio::test]
#[ignore = "make timescale"]
async fn hypertables_of_an_earlier_version_are_carried_over() {
    let (store, database) = open_anew().await;
    let mut connection = connect::connect(&store.state().options).await.unwrap();
    store.close().await;
    sqlx::raw_sql("drop schema unspool cascade; create schema unspool")
        .execute(&mut connection)
        .await
        .unwrap();
    let migrations = sqlx::migrate!();
    let earlier = migrations.iter().filter(|one| one.version <= 3).cloned();
    sqlx::migrate::Migrator::with_migrations(earlier.collect())
        .run_direct(None, &mut connection, false)
        .await
        .unwrap();
    sqlx::raw_sql(OLDER).execute(&mut connection).await.unwrap();
    let store = open_on(&database).await;
    assert!(store.timescale_told().unwrap().contains("hypertables"));
    check(&store, 1, 3).await;
    store.merge_all().await.unwrap();
    check(&store, 1, 3).await;
    let packed = "select count(*) || ' ' || count(packed_times) from unspool.sample_block_all";
    assert_eq!(ask(&store, packed).await, "2 2");
    write_days(&store, 2).await;
    store.merge_all().await.unwrap();
    check(&store, 1, 9).await;
    store.close().await;
}
