//! What is written is there once, whatever it is.

use super::*;

fn offsets(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.offset.0).collect()
}

fn steady(offsets: std::ops::Range<u64>) -> RowBatch {
    let row = |i: u64| row(i, 1000 + i.cast_signed(), "a/b", 1000, i as f64);
    batch(offsets.map(row).collect())
}

#[tokio::test]
async fn a_batch_is_stored_once_whoever_writes_it() {
    let line = TestStore::start().await;
    let other = line.again().await;
    line.store.write(&steady(1..6)).await.unwrap();
    // As if the answer to this one's own commit had been lost.
    other.write(&steady(1..6)).await.unwrap();
    assert_eq!(other.mirrored(), line.store.mirrored());
    // It has nothing to do with what this one believes.
    let late = line.again().await;
    line.store.write(&steady(6..9)).await.unwrap();
    let outcome = late.write(&steady(6..8)).await;
    assert!(
        matches!(outcome, Err(StoreError::Stale { .. })),
        "{outcome:?}"
    );
    let found = line.store.messages(&all_messages()).await.unwrap();
    assert_eq!(offsets(&found), [8, 7, 6, 5, 4, 3, 2, 1]);
    let mirrored = line.store.mirrored().unwrap();
    assert_eq!((mirrored.stored, mirrored.samples), (8, 8));
    line.stop().await;
}

#[tokio::test]
async fn a_lost_connection_costs_nothing() {
    let line = TestStore::start().await;
    line.store.write(&steady(1..3)).await.unwrap();
    sqlx::query(
        "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()",
    )
    .execute(&mut line.connect().await)
    .await
    .unwrap();
    let lost = line.store.write(&steady(3..5)).await.unwrap_err();
    assert!(lost.is_away(), "{lost}");
    line.store.write(&steady(3..5)).await.unwrap();
    let found = line.store.messages(&all_messages()).await.unwrap();
    assert_eq!(offsets(&found), [4, 3, 2, 1]);
    line.stop().await;
}

#[tokio::test]
async fn what_postgresql_cannot_hold_is_made_good_and_noted() {
    let line = TestStore::start().await;
    let sample = |path: &str, time, value, text: Option<&str>| NewSample {
        path: path.into(),
        time: Timestamp(time),
        value,
        text: text.map(Into::into),
        time_source: TimeSource::Receipt,
        kind: SeriesKind::Mixed,
    };
    let cases = [
        (sample("/zero", 5, None, Some("a\0b")), true),
        (sample("/pa\0th", 5, Some(1.0), None), true),
        (sample("/never", i64::MIN, Some(1.0), None), true),
        (sample("/always", i64::MAX, Some(1.0), None), false),
        (sample("/nan", 5, Some(f64::NAN), None), false),
        (sample("/inf", 5, Some(f64::INFINITY), None), false),
        (sample("/fine", 5, Some(1.5), Some("1.5")), false),
    ];
    let rows = (1..).zip(&cases).map(|(offset, (sample, _))| MessageRow {
        message: Arc::new(message(offset, 10, "a", b"\0raw\xff")),
        samples: vec![sample.clone()],
        defects: Defects::default(),
        remarks: None,
    });
    line.store.write(&batch(rows.collect())).await.unwrap();
    for sealed in [false, true] {
        let found = line.store.messages(&all_messages()).await.unwrap();
        assert_eq!(found.len(), cases.len());
        assert!(
            found
                .iter()
                .all(|message| &*message.payload == b"\0raw\xff")
        );
        assert_eq!(
            raw(&line.store).await.len(),
            cases.len(),
            "sealed: {sealed}"
        );
        line.store.seal_all().await.unwrap();
    }
    let noted: Vec<i64> = sqlx::query_scalar("select seq from dead_letter order by seq")
        .fetch_all(&mut line.connect().await)
        .await
        .unwrap();
    assert_eq!(noted, [1, 2, 3]);
    let mirrored = line.store.mirrored().unwrap();
    assert_eq!((mirrored.stored, mirrored.dead_lettered), (4, 3));
    line.stop().await;
}

#[tokio::test]
async fn a_refused_row_does_not_stop_the_others() {
    let line = TestStore::start().await;
    // Nothing that we know of is refused, so the database is made to refuse something.
    sqlx::raw_sql(
        "alter table message_hot_0 add check (payload <> 'bad row');
         alter table message_hot_0 add check (series is null or payload <> 'bad samples')",
    )
    .execute(&mut line.connect().await)
    .await
    .unwrap();
    let mut batch = steady(1..101);
    for (at, payload) in [
        (20, &b"bad row"[..]),
        (21, b"bad samples"),
        (77, b"bad row"),
    ] {
        batch.rows[at].message = Arc::new(message(at as u64 + 1, 5, "a/b", payload));
    }
    line.store.write(&batch).await.unwrap();
    let found = line.store.messages(&all_messages()).await.unwrap();
    assert_eq!(found.len(), 100);
    let letters: Vec<(i64, Option<String>, Option<Vec<u8>>)> =
        sqlx::query_as("select seq, topic, payload from dead_letter order by seq")
            .fetch_all(&mut line.connect().await)
            .await
            .unwrap();
    let whole = |seq| (seq, Some("a/b".to_owned()), Some(b"bad row".to_vec()));
    assert_eq!(letters, [whole(21), (22, None, None), whole(78)]);
    let query = DeadLetterQuery {
        scope: scope("a/+"),
        code: Some(DefectCode::Refused),
        after: None,
        up_to: None,
        order: Order::Ascending,
        limit: 10,
    };
    let told = line.store.dead_letters(&query).await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.seq.0, one.topic.as_str()))
        .collect();
    assert_eq!(told, [(21, "a/b"), (22, "a/b"), (78, "a/b")]);
    let kept = line.store.message(Offset(78)).await.unwrap().unwrap();
    assert_eq!(
        (&*kept.payload, &*kept.client.0),
        (&b"bad row"[..], "device")
    );
    let mirrored = line.store.mirrored().unwrap();
    assert_eq!((mirrored.stored, mirrored.dead_lettered), (97, 3));
    assert_eq!(mirrored.cursor.next, Offset(101));
    line.stop().await;
}

#[tokio::test]
async fn the_catalog_is_the_same_after_a_restart() {
    let line = TestStore::start().await;
    let mut at = 1;
    // Some of it sealed, some written behind but hot, some only hot.
    for stage in ["seal", "settle", "leave"] {
        let mut rows = Vec::new();
        for i in 0..50_u64 {
            let topic = format!("site/{}/{stage}", i % 7);
            rows.push(row(at, 1000 + at.cast_signed(), &topic, 5, i as f64));
            let shared = format!("site/{}", i % 3);
            rows.push(row(at + 1, 1001 + at.cast_signed(), &shared, 5, i as f64));
            at += 2;
        }
        line.store.write(&batch(rows)).await.unwrap();
        match stage {
            "seal" => line.store.seal_all().await.unwrap(),
            "settle" => line.store.settle().await,
            _ => {}
        }
    }
    let shown = |store: &Store| -> Vec<String> {
        let latest = store.latest(&scope("#"), None, 100).into_iter();
        let shown = latest.map(|mut latest| {
            latest.rate = 0.0;
            format!("{latest:?}")
        });
        let tree = store
            .children(&crate::message::Sight::unrestricted(), "site", None, 100)
            .into_iter();
        shown
            .chain(tree.map(|node| format!("{} {} {}", node.path, node.topics, node.messages)))
            .collect()
    };
    let again = line.again().await;
    assert_eq!(shown(&again), shown(&line.store));
    assert_eq!(again.mirrored(), line.store.mirrored());
    // And it goes on with the same numbers.
    let next = batch(vec![
        row(at, 9999, "site/1", 5, 1.0),
        row(at + 1, 9999, "new", 5, 1.0),
    ]);
    again.write(&next).await.unwrap();
    assert_eq!(
        again.latest(&scope("site/1"), None, 1)[0].topic_id,
        line.store.latest(&scope("site/1"), None, 1)[0].topic_id
    );
    line.stop().await;
}

#[tokio::test]
async fn a_series_is_widened_and_nothing_halts() {
    let line = TestStore::start().await;
    let kinds = [
        (SeriesKind::Number, Some(1.0), None),
        (SeriesKind::Text, None, Some("off")),
        (SeriesKind::Bool, Some(0.0), None),
    ];
    for (offset, (kind, value, text)) in (1..).zip(kinds) {
        let mut row = row(offset, 10, "a", 10, 0.0);
        row.samples[0].kind = kind;
        row.samples[0].value = value;
        row.samples[0].text = text.map(Into::into);
        line.store.write(&batch(vec![row])).await.unwrap();
    }
    for store in [line.store.clone(), line.again().await] {
        let latest = store.latest(&scope("a"), None, 1);
        assert_eq!(latest[0].series[0].kind, SeriesKind::Mixed);
        let samples = &raw(&store).await[0].1;
        assert_eq!(samples[1].text.as_deref(), Some("off"));
        assert_eq!(samples.len(), 3);
    }
    line.stop().await;
}
