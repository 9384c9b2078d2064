//! What has been kept long enough goes, and it is said.

use super::*;
use crate::message::{DAY_US, Keep};

/// Rules as a test has them.
struct Rules(Vec<KeepRule>);

impl KeepRules for Rules {
    fn all(&self) -> Vec<KeepRule> {
        self.0.clone()
    }

    fn of(&self, topic: &Topic) -> Option<KeepRule> {
        let mut rules = self.0.iter();
        rules.find(|rule| rule.filter.matches(topic)).cloned()
    }
}

fn days(days: u32) -> Keep {
    Keep {
        days: Some(days),
        bytes: None,
    }
}

/// Noon of the day that was so many days ago.
fn noon(days_ago: i64) -> i64 {
    let day = Timestamp::now().0.div_euclid(DAY_US) - days_ago;
    day * DAY_US + DAY_US / 2
}

/// Writes one message on each of these topics for each day, from so many days ago on, and seals it.
async fn write_days(store: &Store, topics: &[&str], days_ago: i64) {
    let mut seq = store.complete_to().0 + 1;
    let mut rows = Vec::new();
    for day in (0..=days_ago).rev() {
        for topic in topics {
            let at = noon(day);
            rows.push(row(seq, at, topic, at, day as f64));
            seq += 1;
        }
    }
    store.write(&batch(rows)).await.unwrap();
    store.seal_all().await.unwrap();
}

async fn topics_of(store: &Store) -> Vec<(String, usize)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for message in store.messages(&all_messages()).await.unwrap() {
        let topic = message.topic.as_str().to_owned();
        match found.iter_mut().find(|(name, _)| *name == topic) {
            Some((_, count)) => *count += 1,
            None => found.push((topic, 1)),
        }
    }
    found.sort();
    found
}

async fn samples_of(store: &Store) -> Vec<(String, usize)> {
    let series = raw(store).await.into_iter();
    series.map(|(name, all)| (name, all.len())).collect()
}

fn counts(found: &[(&str, usize)]) -> Vec<(String, usize)> {
    let found = found.iter();
    found
        .map(|(name, count)| ((*name).to_owned(), *count))
        .collect()
}

#[tokio::test]
async fn what_is_older_than_its_days_goes_and_every_answer_says_so() {
    let line = TestStore::start().await;
    let store = &line.store;
    write_days(store, &["a"], 9).await;
    store.expire_all().await.unwrap();
    assert_eq!(topics_of(store).await, counts(&[("a", 10)]), "for ever");
    assert_eq!(store.messages_kept_from(&filter("#")), None);

    store.keep(days(4), None);
    store.expire_all().await.unwrap();
    // The day that was not all of it four days ago is there.
    assert_eq!(topics_of(store).await, counts(&[("a", 5)]));
    assert_eq!(samples_of(store).await, counts(&[("a", 5)]));
    let limit = Timestamp(noon(4) - DAY_US / 2);
    assert_eq!(store.messages_kept_from(&filter("#")), Some(limit));
    assert_eq!(store.samples_kept_from(&filter("a")), Some(limit));
    assert_eq!(store.messages_kept_from_seq(&filter("a")), Offset(6));
    let mirrored = store.mirrored().unwrap();
    assert_eq!((mirrored.stored, mirrored.expired), (5, 5));
    assert_eq!(mirrored.samples, 5);
    for view in ["unspool.message", "unspool.sample"] {
        assert_eq!(line.count(view).await, 5, "{view}");
    }

    // A server that starts later says the same.
    let again = line.again().await;
    assert_eq!(again.messages_kept_from(&filter("#")), Some(limit));
    assert_eq!(again.mirrored(), Some(mirrored));
    again.close().await;
    line.stop().await;
}

#[tokio::test]
async fn a_rule_has_messages_and_samples_of_its_topics_kept_apart() {
    let line = TestStore::start().await;
    let store = &line.store;
    let rule = KeepRule {
        filter: filter("cam/#"),
        messages: Some(days(2)),
        samples: Some(days(3650)),
        rollups: None,
    };
    store
        .state()
        .retention
        .set_rules(Box::new(Rules(vec![rule])));
    store.keep(days(5), None);
    store.expire_all().await.unwrap();
    write_days(store, &["a", "cam/1", "cam/2"], 9).await;
    store.expire_all().await.unwrap();
    let messages = [("a", 6), ("cam/1", 3), ("cam/2", 3)];
    assert_eq!(topics_of(store).await, counts(&messages));
    let samples = [("a", 6), ("cam/1", 10), ("cam/2", 10)];
    assert_eq!(samples_of(store).await, counts(&samples));
    let midnight = |days| Some(Timestamp(noon(days) - DAY_US / 2));
    assert_eq!(store.messages_kept_from(&filter("a")), midnight(5));
    assert_eq!(store.messages_kept_from(&filter("cam/1")), midnight(2));
    assert_eq!(store.messages_kept_from(&filter("#")), midnight(2));
    assert_eq!(store.samples_kept_from(&filter("a")), midnight(5));
    // What the rest has lost since the rule was made is none of theirs.
    let made = store.samples_kept_from(&filter("cam/#")).unwrap();
    assert!(made.0 < noon(5) || made.0 > noon(1), "{made}");
    for (view, count) in [("unspool.message", 12), ("unspool.sample", 26)] {
        assert_eq!(line.count(view).await, count, "{view}");
    }
    let mirrored = store.mirrored().unwrap();
    assert_eq!((mirrored.stored, mirrored.expired), (12, 18));

    // Topics of a class are removed, and decoded again, as all others.
    store.remove_topics(&filter("cam/2")).await.unwrap();
    store.remove_all().await.unwrap();
    assert_eq!(topics_of(store).await, counts(&messages[..2]));
    assert_eq!(samples_of(store).await, counts(&samples[..2]));
    assert_eq!(store.mirrored().unwrap().removed, 3);
    let sizes = store.sizes().unwrap();
    let apart: Vec<_> = sizes
        .classes
        .iter()
        .filter(|it| it.filter.is_some())
        .collect();
    assert_eq!(apart.len(), 3);
    assert!(sizes.bytes > sizes.hot_bytes && sizes.free_bytes.is_some());
    line.stop().await;
}

#[tokio::test]
async fn a_class_without_its_rule_is_kept_as_the_rest_and_ends_when_it_is_empty() {
    let line = TestStore::start().await;
    let rule = KeepRule {
        filter: filter("cam/#"),
        messages: Some(days(2)),
        samples: None,
        rollups: None,
    };
    let rules = Box::new(Rules(vec![rule]));
    line.store.state().retention.set_rules(rules);
    line.store.expire_all().await.unwrap();
    write_days(&line.store, &["a", "cam/1"], 4).await;
    line.store.expire_all().await.unwrap();
    assert_eq!(line.count("unspool.message_sealed_c1").await, 3);
    assert_eq!(line.count("unspool.sample_block_c1").await, 0);

    // No rule speaks of it any more.
    let store = line.again().await;
    store.state().retention.set_rules(Box::new(NoKeeps));
    store.expire_all().await.unwrap();
    assert_eq!(topics_of(&store).await, counts(&[("a", 5), ("cam/1", 3)]));
    store.keep(days(1), None);
    store.expire_all().await.unwrap();
    store.expire_all().await.unwrap();
    assert_eq!(topics_of(&store).await, counts(&[("a", 2), ("cam/1", 2)]));
    assert_eq!(line.count("unspool.retention_class").await, 2);
    let midnight = Timestamp(noon(1) - DAY_US / 2);
    assert_eq!(store.messages_kept_from(&filter("cam/1")), Some(midnight));
    store.close().await;
    line.stop().await;
}

#[tokio::test]
async fn where_history_is_too_large_the_oldest_goes_but_not_what_is_written_to() {
    let line = TestStore::start().await;
    let store = &line.store;
    write_days(store, &["a", "b"], 6).await;
    // Everything takes more than that, whatever goes.
    store.keep(
        Keep {
            days: None,
            bytes: Some(1),
        },
        None,
    );
    store.expire_all().await.unwrap();
    assert_eq!(topics_of(store).await, counts(&[("a", 1), ("b", 1)]));
    assert_eq!(samples_of(store).await, counts(&[("a", 1), ("b", 1)]));
    line.stop().await;
}

#[tokio::test]
async fn a_transaction_left_open_puts_off_what_is_to_go() {
    let line = TestStore::start().await;
    let store = &line.store;
    write_days(store, &["a"], 5).await;
    let mut psql = line.connect().await;
    sqlx::raw_sql("begin; select count(*) from unspool.message")
        .execute(&mut psql)
        .await
        .unwrap();
    store.keep(days(2), None);
    store.expire_all().await.unwrap();
    // Samples could go, of which he has read nothing.
    assert_eq!(topics_of(store).await, counts(&[("a", 6)]));
    sqlx::raw_sql("rollback").execute(&mut psql).await.unwrap();
    store.expire_all().await.unwrap();
    assert_eq!(topics_of(store).await, counts(&[("a", 3)]));
    line.stop().await;
}

#[tokio::test]
async fn dead_letters_go_with_their_messages() {
    let line = TestStore::start().await;
    let store = &line.store;
    let mut rows: Vec<_> = (1..=6)
        .map(|n| row(n, noon(6 - n.cast_signed()), "a", noon(0), 1.0))
        .collect();
    for bad in [0, 1, 5] {
        rows[bad]
            .defects
            .add(DefectCode::NotJson, None, String::new);
    }
    store.write(&batch(rows)).await.unwrap();
    store.seal_all().await.unwrap();
    assert_eq!(line.count("unspool.dead_letter").await, 3);
    store.keep(days(2), None);
    store.expire_all().await.unwrap();
    assert_eq!(line.count("unspool.dead_letter").await, 1);
    let mirrored = store.mirrored().unwrap();
    let counted = (mirrored.stored, mirrored.dead_lettered, mirrored.expired);
    assert_eq!(counted, (2, 1, 3));
    // Their samples were true later, and are there.
    assert_eq!(mirrored.samples, 6);
    line.stop().await;
}

#[tokio::test]
async fn samples_of_long_ago_have_their_months_and_go_too() {
    let line = TestStore::start().await;
    let store = &line.store;
    let at = noon(0);
    let ago = |days: i64| at - days * DAY_US;
    let times = [0, 1, 200, 400, 20_000, -300];
    let rows = (1..)
        .zip(times)
        .map(|(n, days)| row(n, at, "a", ago(days), 1.0));
    store.write(&batch(rows.collect())).await.unwrap();
    store.seal_all().await.unwrap();
    assert_eq!(samples_of(store).await, counts(&[("a", 6)]));
    store.keep(days(300), None);
    store.expire_all().await.unwrap();
    // The one of the year 1971 has no partition of its own; the one of next year stays.
    assert_eq!(samples_of(store).await, counts(&[("a", 4)]));
    assert_eq!(store.mirrored().unwrap().samples, 4);
    line.stop().await;
}
