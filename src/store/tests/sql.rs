//! SQL as people use it: views and functions beside what the server itself answers.

use sqlx::{Connection as _, Row as _};

use super::*;

/// 2026-11-02T00:00:00Z, a Monday.
const MONDAY: i64 = 1_793_577_600_000_000;
const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3600 * SECOND;

fn sample(
    path: &str,
    time: i64,
    value: Option<f64>,
    text: Option<&str>,
    kind: SeriesKind,
) -> NewSample {
    NewSample {
        path: path.into(),
        time: Timestamp(time),
        value,
        text: text.map(Into::into),
        time_source: TimeSource::Receipt,
        kind,
    }
}

/// A number every ten minutes for three days, a state that changes now and then, and one that is on or
/// off; the last of them hot.
async fn three_days(line: &TestStore) {
    let rows: Vec<MessageRow> = (0..3 * 144)
        .map(|n: i64| {
            let time = MONDAY + n * 600 * SECOND;
            let mut row = row(n.unsigned_abs() + 1, time, "acme/press", time, 0.0);
            row.samples = vec![
                sample("/t", time, Some(n as f64), None, SeriesKind::Number),
                sample(
                    "/on",
                    time,
                    Some(f64::from(u8::from(n % 7 < 3))),
                    None,
                    SeriesKind::Bool,
                ),
            ];
            if n % 50 == 10 {
                let state = ["idle", "run"][usize::from(n % 100 == 10)];
                row.samples
                    .push(sample("/state", time, None, Some(state), SeriesKind::Text));
            }
            row
        })
        .collect();
    let (sealed, hot) = rows.split_at(400);
    line.store.write(&batch(sealed.to_vec())).await.unwrap();
    line.store.seal_all().await.unwrap();
    line.store.write(&batch(hot.to_vec())).await.unwrap();
}

async fn rows(line: &TestStore, query: &str) -> Vec<String> {
    let statement = format!("select q::text as row from ({query}) q");
    let rows = sqlx::query(sqlx::AssertSqlSafe(statement))
        .fetch_all(&mut line.connect().await)
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.iter().map(|row| row.get::<String, _>(0)).collect()
}

#[tokio::test]
async fn history_buckets_and_last_values_are_what_the_server_answers() {
    let line = TestStore::start().await;
    three_days(&line).await;
    let all = "'2026-11-02', '2026-11-05'";
    for (query, found) in [
        (format!("select count(*) from unspool.history('acme/+', {all}, '/t')"), "(432)"),
        (format!("select count(*) from unspool.history('acme/#', {all})"), "(873)"),
        ("select count(*) from unspool.sample where topic = 'acme/press' and path = '/t'".into(), "(432)"),
        ("select min(value), max(value) from unspool.history('#', '2026-11-04T10:00:00Z', '2026-11-04T11:00:00Z', '/t')".to_owned(), "(348,353)"),
        ("select topic, path, value, text, seq from unspool.last('acme/#', '/t')".into(), "(acme/press,/t,431,,432)"),
        ("select text from unspool.last('acme/#', '/state')".into(), "(run)"),
        (format!("select count(*), sum(count) from unspool.bucket('acme/#', '/t', {all}, '1 hour')"), "(72,432)"),
        (format!("select count(*), sum(count) from unspool.bucket('acme/#', '/t', {all}, '20 minutes')"), "(216,432)"),
        ("select extract(epoch from time)::bigint, count, min, max, avg, first, last
          from unspool.bucket('acme/press', '/t', '2026-11-03', '2026-11-04', '1 day')".into(), "(1793664000,144,144,287,215.5,144,287)"),
        // A range that begins in the middle of a block, and of an hour.
        ("select extract(epoch from time)::bigint, count, min, max
          from unspool.bucket('#', '/t', '2026-11-03T00:25:00Z', '2026-11-03T01:00:00Z', '1 hour')".into(), "(1793664000,3,147,149)"),
        // Days and weeks of a place.
        ("select time from unspool.bucket('#', '/t', '2026-11-03T12:00:00Z', '2026-11-03T13:00:00Z', '1 day', 'Europe/Berlin')".into(), "(\"2026-11-02 23:00:00+00\")"),
        ("select time from unspool.bucket('#', '/t', '2026-11-04T12:00:00Z', '2026-11-04T13:00:00Z', '7 days')".into(), "(\"2026-11-02 00:00:00+00\")"),
        ("select unspool.bucket_start('1 month', '2024-02-29T23:30:00Z', 'Europe/Berlin')".into(), "(\"2024-02-29 23:00:00+00\")"),
        ("select unspool.bucket_start('3 months', '2026-11-29T23:30:00Z')".into(), "(\"2026-10-01 00:00:00+00\")"),
    ] {
        assert_eq!(rows(&line, &query).await, [found], "{query}");
    }
    let every = 6 * HOUR;
    let query = SampleQuery {
        scope: scope("#"),
        path: Some("/t".into()),
        resolution: Resolution::Every(Grid::even(every)),
        ..all_samples()
    };
    let set = line.store.samples(&query).await.unwrap();
    let Samples::Buckets(buckets) = &set.series[0].samples else {
        panic!("asked for buckets");
    };
    let mine: Vec<String> = buckets
        .iter()
        .map(|b| {
            format!(
                "({},{},{},{},{},{})",
                b.start.0 / SECOND,
                b.count,
                b.min,
                b.max,
                b.first,
                b.last
            )
        })
        .collect();
    let theirs = rows(
        &line,
        "select extract(epoch from time)::bigint, count, min, max, first, last
         from unspool.bucket('#', '/t', '2026-11-01', '2026-11-30', '6 hours')",
    );
    assert_eq!(theirs.await, mine);
    line.stop().await;
}

#[tokio::test]
async fn states_hold_until_the_next_one_and_from_before_the_range() {
    let line = TestStore::start().await;
    three_days(&line).await;
    // "run" at sample 10, "idle" at 60, and so on: every 500 minutes.
    let found = rows(
        &line,
        "select state, extract(epoch from begins)::bigint - 1793577600, extract(epoch from duration)::integer
         from unspool.state_durations('acme/#', '/state', '2026-11-02T05:00:00Z', '2026-11-03T00:00:00Z')",
    );
    let expected = [
        "(run,18000,18000)",
        "(idle,36000,30000)",
        "(run,66000,20400)",
    ];
    assert_eq!(found.await, expected);
    // What says the same again is one aggregate; true and false are states.
    let found = rows(
        &line,
        "select state, extract(epoch from duration)::integer
         from unspool.state_durations('acme/#', '/on', '2026-11-02', '2026-11-02T03:00:00Z')",
    );
    let expected = [
        "(true,1800)",
        "(false,2400)",
        "(true,1800)",
        "(false,2400)",
        "(true,1800)",
        "(false,600)",
    ];
    assert_eq!(found.await, expected);
    line.stop().await;
}

/// The partitions of samples that a plan reads.
async fn partitions_read(line: &TestStore, query: &str) -> (usize, String) {
    let statement = format!("explain (analyze, costs off, timing off, summary off) {query}");
    let rows: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(statement))
        .fetch_all(&mut line.connect().await)
        .await
        .unwrap();
    let is_read =
        |row: &&String| row.contains("on sample_block_2") && !row.contains("never executed");
    (rows.iter().filter(is_read).count(), rows.join("\n"))
}

#[tokio::test]
async fn a_range_of_time_reads_its_partitions_by_their_indexes_and_no_others() {
    let line = TestStore::start().await;
    three_days(&line).await;
    for query in [
        "select * from unspool.history('acme/#', '2026-11-03T05:00:00Z', '2026-11-03T06:00:00Z', '/t')",
        "select * from unspool.bucket('acme/#', '/t', '2026-11-03T05:00:00Z', '2026-11-03T06:00:00Z', '1 min')",
    ] {
        let (read, plan) = partitions_read(&line, query).await;
        assert!(
            (1..=2).contains(&read),
            "{read} partitions are read:\n{plan}"
        );
    }
    line.stop().await;
}

#[tokio::test]
async fn an_sql_reader_reads_history_and_nothing_else() {
    let dir = folder();
    let anywhere = Some("127.0.0.1:0".parse().unwrap());
    let postgres = Postgres::start_listening(dir.path(), None, anywhere)
        .await
        .unwrap();
    let store = open(&postgres).await;
    store.adopt(Epoch(7), Offset(1)).await.unwrap();
    let (name, password) = ("Grafana \"1\"", "it's a secret");
    let database = postgres.database();
    add_sql_reader(&database, name, password).await.unwrap();
    // Again with another password; and others' roles are left alone.
    add_sql_reader(&database, name, "p%4 and more")
        .await
        .unwrap();
    add_sql_reader(&database, "unspool", password)
        .await
        .unwrap_err();
    assert_eq!(sql_readers(&database).await.unwrap(), [name]);
    store
        .write(&batch(vec![row(1, 5, "a", 5, 1.5)]))
        .await
        .unwrap();

    let Database::Embedded { port, .. } = database else {
        panic!("it is embedded");
    };
    let options = |user: &str, password: &str| {
        sqlx::postgres::PgConnectOptions::new_without_pgpass()
            .host("127.0.0.1")
            .port(port)
            .username(user)
            .password(password)
            .database("unspool")
            .ssl_mode(sqlx::postgres::PgSslMode::Disable)
    };
    let connect = |user, password| async move {
        sqlx::PgConnection::connect_with(&options(user, password)).await
    };
    assert!(connect(name, password).await.is_err(), "the first password");
    assert!(
        connect("unspool", "").await.is_err(),
        "the server's own role"
    );
    let mut reader = connect(name, "p%4 and more").await.unwrap();
    for query in [
        "select count(*) from message",
        "select count(*) from sample",
        "select count(*) from unspool.history('a', '-infinity')",
        "select count(*) from unspool.last('#')",
        "select count(*) from unspool.bucket('#', null, '1970-01-01', '1970-01-02', '1 hour')",
    ] {
        let found: i64 = sqlx::query_scalar(query)
            .fetch_one(&mut reader)
            .await
            .unwrap();
        assert_eq!(found, 1, "{query}");
    }
    for refused in [
        "set default_transaction_read_only = off; delete from unspool.message_hot",
        "select * from unspool.rule",
        "select * from unspool.mirror_cursor",
        "set default_transaction_read_only = off; create table unspool.mine (a int)",
        "copy unspool.topic to program 'true'",
    ] {
        let outcome = sqlx::raw_sql(refused).execute(&mut reader).await;
        assert!(outcome.is_err(), "{refused}");
    }
    assert!(remove_sql_reader(&postgres.database(), name).await.unwrap());
    assert!(
        !remove_sql_reader(&postgres.database(), "unspool")
            .await
            .unwrap()
    );
    store.close().await;
    postgres.stop().await;
}
