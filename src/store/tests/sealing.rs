//! Sealing beside readers of all kinds.

use futures_util::future::join_all;

use super::*;

const TOPICS: [&str; 3] = ["line/1", "line/2", "quiet"];

/// The message `n`, with a sample that came late, or early, or when the message did.
fn late(n: u64) -> MessageRow {
    let at = 1_767_225_600_000_000 + n.cast_signed() * 1000;
    let topic = TOPICS[usize::from(n.is_multiple_of(5)) + usize::from(n.is_multiple_of(50))];
    let hours = if n.is_multiple_of(7) { n % 3 } else { 0 };
    let time = at - hours.cast_signed() * 3_600_000_000;
    row(n, at, topic, time, n as f64)
}

fn offsets(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.offset.0).collect()
}

#[tokio::test]
async fn a_transaction_left_open_holds_up_neither_writing_nor_sealing() {
    let line = TestStore::start().await;
    line.store
        .write(&batch((1..101).map(late).collect()))
        .await
        .unwrap();
    let mut psql = line.connect().await;
    sqlx::raw_sql(
        "begin; select count(*) from unspool.message; select count(*) from unspool.sample",
    )
    .execute(&mut psql)
    .await
    .unwrap();
    let mut next = 101;
    for _ in 0..10 {
        line.store.seal_all().await.unwrap();
        let rows = (next..next + 100).map(late);
        line.store.write(&batch(rows.collect())).await.unwrap();
        next += 100;
        let found = line.store.messages(&all_messages()).await.unwrap();
        let expected = (1..next).rev().take(1000);
        assert_eq!(offsets(&found), expected.collect::<Vec<_>>());
        let samples: usize = raw(&line.store)
            .await
            .iter()
            .map(|(_, all)| all.len())
            .sum();
        assert_eq!(samples as u64, next - 1);
        for view in ["message", "sample"] {
            assert_eq!(line.count(view).await, next.cast_signed() - 1, "{view}");
        }
    }
    // What he reads is still there, what came later came to other slots, over and over again.
    assert!(line.count("hot_slot").await < 8);
    assert!(line.count("message_hot").await >= 100);
    // The server knows after a restart what is sealed.
    let again = line.again().await;
    assert_eq!(again.latest(&scope("#"), None, 9).len(), 3);
    assert_eq!(
        offsets(&again.messages(&all_messages()).await.unwrap()),
        (1..next).rev().take(1000).collect::<Vec<_>>()
    );
    sqlx::raw_sql("rollback").execute(&mut psql).await.unwrap();
    line.store.seal_all().await.unwrap();
    assert_eq!(line.count("message_hot").await, 0);
    line.stop().await;
}

/// What the messages up to `complete_to` have on one topic, by time.
fn truth(topic: &str, complete_to: Offset) -> Vec<(i64, u64)> {
    let mut all: Vec<(i64, u64)> = (1..=complete_to.0)
        .map(late)
        .filter(|row| row.message.topic.as_str() == topic)
        .map(|row| (row.samples[0].time.0, row.message.offset.0))
        .collect();
    all.sort_unstable();
    all
}

/// Reads one topic's samples in pieces, as an export does.
async fn export(store: &Store, topic: &str) {
    let complete_to = store.complete_to();
    let mut found: Vec<(i64, u64)> = Vec::new();
    let mut query = SampleQuery {
        scope: scope(topic),
        up_to: Some(complete_to),
        resolution: Resolution::Raw(200),
        ..all_samples()
    };
    loop {
        let set = store.samples(&query).await.unwrap();
        assert_eq!(set.complete_to, complete_to);
        let Some(Samples::Raw(piece)) = set.series.into_iter().next().map(|one| one.samples) else {
            break;
        };
        let piece: Vec<_> = piece.iter().map(|one| (one.time.0, one.seq.0)).collect();
        let Some(last) = piece.last().copied() else {
            break;
        };
        found.extend(piece);
        query.from = Timestamp(last.0 + 1);
    }
    assert_eq!(
        found,
        truth(topic, complete_to),
        "{topic} up to {complete_to}"
    );
}

/// Plots a topic: what a bucket of whole hours says fits the samples that it names.
async fn plot(store: &Store, topic: &str) {
    let query = SampleQuery {
        scope: scope(topic),
        resolution: Resolution::Every(Grid::even(3_600_000_000)),
        ..all_samples()
    };
    let set = store.samples(&query).await.unwrap();
    let truth = truth(topic, set.complete_to);
    let counted: u64 = set
        .series
        .iter()
        .map(|series| match &series.samples {
            Samples::Buckets(buckets) => buckets.iter().map(|bucket| bucket.count).sum(),
            Samples::Raw(_) => 0,
        })
        .sum();
    assert_eq!(
        counted,
        truth.len() as u64,
        "{topic} up to {}",
        set.complete_to
    );
}

/// Reads messages page by page, in either direction.
async fn page(store: &Store, topic: &str, order: Order) {
    let complete_to = store.complete_to();
    let query = MessageQuery {
        scope: scope(topic),
        up_to: Some(complete_to),
        order,
        limit: usize::MAX,
        ..all_messages()
    };
    let mut pages = Pages::new(store.clone(), query);
    let mut found = Vec::new();
    loop {
        let messages = pages.next().await.unwrap();
        if messages.is_empty() {
            break;
        }
        found.extend(offsets(&messages));
    }
    let mut truth: Vec<u64> = truth(topic, complete_to).iter().map(|one| one.1).collect();
    truth.sort_unstable();
    if order == Order::Descending {
        truth.reverse();
    }
    assert_eq!(found, truth, "{topic} up to {complete_to}");
}

/// What psql sees in one statement has no hole and nothing twice.
async fn psql(line: &TestStore) {
    let statement = "select (select count(*) from unspool.message),
        (select max(seq) from unspool.message), (select count(*) from unspool.sample),
        (select count(*) from unspool.history('#', '-infinity'))";
    let (messages, last, samples, history): (i64, i64, i64, i64) = sqlx::query_as(statement)
        .fetch_one(&mut line.connect().await)
        .await
        .unwrap();
    assert_eq!((messages, samples, history), (last, last, last));
}

#[tokio::test]
async fn every_answer_under_load_and_sealing_shows_one_moment() {
    let line = TestStore::start().await;
    line.store
        .write(&batch((1..51).map(late).collect()))
        .await
        .unwrap();
    let is_done = std::cell::Cell::new(false);
    let writing = async {
        let mut next = 51;
        for round in 0..60 {
            let rows = (next..next + 50).map(late);
            line.store.write(&batch(rows.collect())).await.unwrap();
            next += 50;
            if round % 4 == 3 {
                line.store.seal_all().await.unwrap();
            }
            if round % 8 == 5 {
                line.store.merge_all().await.unwrap();
            }
        }
        is_done.set(true);
    };
    let reading = async |reader: usize| {
        while !is_done.get() {
            let topic = TOPICS[reader % 3];
            match reader / 3 {
                0 => export(&line.store, topic).await,
                1 => page(&line.store, topic, Order::Ascending).await,
                2 => page(&line.store, topic, Order::Descending).await,
                3 => plot(&line.store, topic).await,
                _ => psql(&line).await,
            }
        }
    };
    futures_util::join!(writing, join_all((0..13).map(reading)));
    line.stop().await;
}

/// A message of about 2 KB with a thousand values.
fn wide(n: u64) -> MessageRow {
    let at = 1_767_225_600_000_000 + n.cast_signed() * 1000;
    let mut row = row(n, at, "wide", at, 0.0);
    row.message = Arc::new(message(n, at, "wide", "1,".repeat(1000).as_bytes()));
    row.samples = (0..1000)
        .map(|place| NewSample {
            path: format!("/{place}"),
            time: Timestamp(at),
            value: Some(1.0),
            text: None,
            time_source: TimeSource::Receipt,
            kind: SeriesKind::Number,
        })
        .collect();
    row
}

#[tokio::test]
async fn sealing_holds_no_more_than_its_bound_however_many_values_a_message_has() {
    const BYTES_MAX: usize = 4 << 20;
    const MESSAGES: u64 = 400;
    let line = TestStore::start().await;
    for first in (1..=MESSAGES).step_by(50) {
        let rows = (first..first + 50).map(wide).collect();
        line.store.write(&batch(rows)).await.unwrap();
    }
    line.store.seal_all_within(BYTES_MAX).await.unwrap();
    assert_eq!(line.count("sample").await, MESSAGES.cast_signed() * 1000);
    // All of them at once would have been five times as much.
    let held = line.store.state().metrics.sealing_bytes_max.get();
    let held = usize::try_from(held).unwrap();
    assert!(held > BYTES_MAX / 2 && held <= BYTES_MAX, "{held}");
    line.stop().await;
}
