//! Removing topics.

use super::*;

const HOUR: i64 = 3_600_000_000;
const START: i64 = 1_767_225_600_000_000;

/// The message `n`: on one of two topics below `old`, or on one below `new`.
fn one_of_three(n: u64) -> MessageRow {
    let topic = ["old/1", "new/1", "old/2"][usize::try_from(n % 3).unwrap()];
    let at = START + n.cast_signed() * HOUR / 10;
    let mut row = row(n, at, topic, at, n as f64);
    if n.is_multiple_of(10) {
        row.defects
            .add(DefectCode::NotJson, None, || "a test".to_owned());
    }
    row
}

async fn write(store: &Store, range: std::ops::Range<u64>) {
    let rows = range.map(one_of_three).collect();
    store.write(&batch(rows)).await.unwrap();
}

/// Three hundred messages, two thirds of them on `old`; a third of all is sealed.
async fn filled() -> TestStore {
    let line = TestStore::start().await;
    write(&line.store, 1..101).await;
    line.store.seal_all().await.unwrap();
    write(&line.store, 101..301).await;
    line
}

async fn remove(store: &Store, text: &str) -> Removal {
    store.remove_topics(&filter(text)).await.unwrap()
}

/// What is read of a filter, by offset.
async fn offsets(store: &Store, filter: &str) -> Vec<u64> {
    let query = MessageQuery {
        scope: scope(filter),
        order: Order::Ascending,
        ..all_messages()
    };
    let found = store.messages(&query).await.unwrap();
    found.iter().map(|message| message.offset.0).collect()
}

fn names(store: &Store) -> Vec<String> {
    let latest = store.latest(&scope("#"), None, 100);
    latest.iter().map(|it| it.topic.as_str().into()).collect()
}

/// Stored, dead-lettered, samples, removed; in memory as in the table.
async fn counts(line: &TestStore, store: &Store) -> (u64, u64, u64, u64) {
    let known = store.mirrored().unwrap();
    let mut connection = line.connect().await;
    let table = Mirrored::load(&mut connection).await.unwrap().unwrap();
    assert_eq!(known, table);
    (
        known.stored,
        known.dead_lettered,
        known.samples,
        known.removed,
    )
}

/// Of messages up to `last`.
async fn assert_only_new_is_left(line: &TestStore, store: &Store, last: u64) {
    let new: Vec<u64> = (1..=last).filter(|n| n % 3 == 1).collect();
    let letters = new.iter().filter(|n| n.is_multiple_of(10)).count() as u64;
    let all = new.len() as u64;
    assert_eq!(offsets(store, "#").await, new);
    assert_eq!(names(store), ["new/1"]);
    for (table, rows) in [
        ("unspool.message", all),
        ("unspool.sample", all),
        ("unspool.message_hot", all - 34),
        ("unspool.dead_letter", letters),
        ("unspool.topic", 1),
        ("unspool.series", 1),
        ("unspool.removed_topic", 0),
    ] {
        assert_eq!(line.count(table).await.unsigned_abs(), rows, "{table}");
    }
    let expected = (all - letters, letters, all, last - all);
    assert_eq!(counts(line, store).await, expected);
}

#[tokio::test]
async fn a_topic_is_removed_with_everything_that_there_is_of_it_and_nothing_else() {
    let line = filled().await;
    let store = &line.store;
    let preview = store.preview_removal(filter("old/#"), 1).await.unwrap();
    let expected = RemovalPreview {
        topics: 2,
        series: 2,
        messages: 200,
        bytes: preview.bytes,
        samples: 200,
        dead_letters: 20,
        names: vec![Topic::new("old/1").unwrap()],
    };
    assert_eq!(preview, expected);
    remove(store, "old/#").await;
    assert_eq!(names(store).len(), 3, "in the background");
    store.remove_all().await.unwrap();
    let [done] = &*store.removals() else {
        panic!("{:?}", store.removals())
    };
    assert_eq!(done.state, RemovalState::Done);
    assert!(done.finished_at.is_some());
    assert_eq!((done.topics, done.messages_found), (2, 200));
    assert_eq!(
        (done.messages, done.dead_letters, done.samples),
        (200, 20, 200)
    );
    assert_eq!((done.bytes, done.up_to), (preview.bytes, Offset(300)));
    assert_only_new_is_left(&line, store, 300).await;
    assert!(
        store
            .children(&crate::message::Sight::unrestricted(), "", None, 9)
            .iter()
            .all(|it| &*it.name == "new")
    );
    let again = line.again().await;
    assert_only_new_is_left(&line, &again, 300).await;
    assert_eq!(again.removals(), store.removals());
    again.close().await;
    line.stop().await;
}

#[tokio::test]
async fn a_removal_that_is_broken_off_anywhere_is_finished_by_the_next_start() {
    let line = filled().await;
    remove(&line.store, "old/#").await;
    for pieces in 0..16 {
        let store = line.again().await;
        store.remove_some(pieces).await.unwrap();
        let (stored, dead_lettered, _, removed) = counts(&line, &store).await;
        assert_eq!(stored + dead_lettered + removed, 300, "{pieces}");
        assert_eq!(offsets(&store, "new/#").await.len(), 100);
        store.close().await;
    }
    let store = line.again().await;
    store.remove_all().await.unwrap();
    assert_only_new_is_left(&line, &store, 300).await;
    store.close().await;
    line.stop().await;
}

#[tokio::test]
async fn a_topic_that_receives_while_it_is_removed_is_made_anew_with_what_comes_then() {
    let line = filled().await;
    remove(&line.store, "old/#").await;
    // Taken out, and nothing deleted yet.
    line.store.remove_some(2).await.unwrap();
    assert_eq!(offsets(&line.store, "old/#").await, Vec::<u64>::new());
    assert_eq!(offsets(&line.store, "#").await.len(), 100);
    // A server that starts now gives no number that old rows have.
    let store = line.again().await;
    write(&store, 301..331).await;
    store.seal_all().await.unwrap();
    write(&store, 331..361).await;
    let old: Vec<u64> = (301..361).filter(|n| n % 3 != 1).collect();
    for _ in 0..2 {
        assert_eq!(offsets(&store, "old/#").await, old);
        assert_eq!(offsets(&store, "#").await.len(), 160);
        let samples: usize = raw(&store).await.iter().map(|(_, all)| all.len()).sum();
        assert_eq!(samples, 160);
        store.remove_all().await.unwrap();
    }
    assert_eq!(line.count("unspool.message").await, 160);
    assert_eq!(line.count("unspool.sample").await, 160);
    let topic = |topic: &str| Topic::new(topic).unwrap();
    assert!(store.is_removed(&topic("old/1"), Offset(300)));
    assert!(!store.is_removed(&topic("old/1"), Offset(301)));
    assert!(!store.is_removed(&topic("new/1"), Offset(300)));
    store.close().await;
    line.stop().await;
}

#[tokio::test]
async fn a_transaction_left_open_holds_up_no_removal() {
    let line = filled().await;
    let mut psql = line.connect().await;
    sqlx::raw_sql(
        "begin isolation level repeatable read;
         select count(*) from unspool.message; select count(*) from unspool.sample",
    )
    .execute(&mut psql)
    .await
    .unwrap();
    remove(&line.store, "old/#").await;
    line.store.remove_all().await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from unspool.message")
        .fetch_one(&mut psql)
        .await
        .unwrap();
    assert_eq!(seen, 300);
    write(&line.store, 301..304).await;
    line.store.seal_all().await.unwrap();
    // Neither is anything counted twice that waits in a sealed slot for him to go.
    remove(&line.store, "old/#").await;
    line.store.remove_all().await.unwrap();
    let (stored, dead_lettered, _, removed) = counts(&line, &line.store).await;
    assert_eq!((stored + dead_lettered, removed), (101, 202));
    line.stop().await;
}

#[tokio::test]
async fn the_same_filter_twice_at_once_is_removed_once() {
    let line = filled().await;
    let (one, two) = (filter("old/#"), filter("old/#"));
    let (one, two) = tokio::join!(
        line.store.remove_topics(&one),
        line.store.remove_topics(&two)
    );
    assert_ne!(one.unwrap().id, two.unwrap().id);
    line.store.remove_all().await.unwrap();
    let messages: Vec<u64> = line.store.removals().iter().map(|it| it.messages).collect();
    assert_eq!(messages, [200, 0]);
    assert_only_new_is_left(&line, &line.store, 300).await;
    line.stop().await;
}

#[tokio::test]
async fn what_is_removed_makes_room_for_other_topics_and_takes_its_dead_letters_along() {
    let (postgres, dir) = postgres().await;
    let store = Store::open(&postgres.database(), Arc::default()).unwrap();
    store.limit_names(NameLimits {
        topics: 3,
        ..NameLimits::default()
    });
    store.prepare().await.unwrap();
    store.adopt(Epoch(7), Offset(1)).await.unwrap();
    let line = TestStore {
        store,
        postgres,
        _dir: dir,
    };
    let row = |n, topic: &str, client: &str| {
        let mut row = row(n, START, topic, START, 1.0);
        Arc::make_mut(&mut row.message).client = ClientId(client.into());
        row
    };
    let rows = ["a/1", "a/2", "b/1", "a/3", "b/2"];
    let rows = (1..).zip(rows);
    let rows = rows.map(|(n, topic)| row(n, topic, topic)).collect();
    line.store.write(&batch(rows)).await.unwrap();
    assert_eq!(names(&line.store), ["a/1", "a/2", "b/1"]);
    assert_eq!(offsets(&line.store, "#").await, [1, 2, 3, 4, 5]);
    let preview = line.store.preview_removal(filter("a/#"), 9).await.unwrap();
    assert_eq!((preview.topics, preview.dead_letters), (2, 1));
    // Such filters are too complex for an expression of the database's.
    for long in ["+/".repeat(15_000) + "#", "a".repeat(65_535)] {
        let preview = line.store.preview_removal(filter(&long), 9).await.unwrap();
        assert_eq!((preview.topics, preview.dead_letters), (0, 0));
        assert!(offsets(&line.store, &long).await.is_empty());
        let query = DeadLetterQuery {
            scope: Scope::unrestricted(filter(&long)),
            code: None,
            after: None,
            up_to: None,
            order: Order::Ascending,
            limit: 9,
        };
        assert_eq!(line.store.dead_letters(&query).await.unwrap(), []);
    }
    remove(&line.store, "a/#").await;
    line.store.remove_all().await.unwrap();
    assert_eq!(offsets(&line.store, "#").await, [3, 5]);
    let (stored, dead_lettered, _, removed) = counts(&line, &line.store).await;
    assert_eq!((stored, dead_lettered, removed), (1, 1, 3));
    let rows = ["b/2", "a/1", "a/2"];
    let rows = (6..).zip(rows);
    let rows = rows.map(|(n, topic)| row(n, topic, topic)).collect();
    line.store.write(&batch(rows)).await.unwrap();
    assert_eq!(names(&line.store), ["a/1", "b/1", "b/2"]);
    line.stop().await;
}

#[tokio::test]
async fn messages_of_an_earlier_journal_are_not_in_the_ledger_of_this_one() {
    let line = filled().await;
    line.store.adopt(Epoch(8), Offset(301)).await.unwrap();
    write(&line.store, 301..331).await;
    assert_eq!(counts(&line, &line.store).await, (27, 3, 30, 0));
    remove(&line.store, "old/#").await;
    line.store.remove_all().await.unwrap();
    assert_eq!(line.store.removals()[0].messages, 220);
    assert_eq!(counts(&line, &line.store).await, (9, 1, 10, 20));
    line.stop().await;
}

#[tokio::test]
async fn pages_that_are_read_meanwhile_have_all_that_stays() {
    let line = filled().await;
    let pages = async {
        let mut read = Vec::new();
        for _ in 0..20 {
            let mut pages = Pages::new(line.store.clone(), all_messages());
            let mut found = Vec::new();
            loop {
                let page = pages.next().await.unwrap();
                if page.is_empty() {
                    break;
                }
                found.extend(page.iter().map(|message| message.offset.0));
            }
            read.push(found);
        }
        read
    };
    remove(&line.store, "old/#").await;
    let (read, removed) = tokio::join!(pages, line.store.remove_all());
    removed.unwrap();
    for found in read {
        let new = found.iter().filter(|n| *n % 3 == 1);
        assert_eq!(new.count(), 100);
        assert!(found.is_sorted_by(|one, other| one > other));
    }
    line.stop().await;
}
