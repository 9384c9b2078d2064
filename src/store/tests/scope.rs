//! Whoever asks gets what he may read, whatever he asks for.

use super::*;
use crate::message::{Extent, Sight};

fn may_not_read_secrets(filter: &str) -> Scope {
    let filter = TopicFilter::new(filter).unwrap();
    Scope::new(filter, |topic| !topic.as_str().contains("secret"))
}

/// May read `a/#` but for `a/secret/#`, and `+/open`.
fn a_part() -> Sight {
    let filters = |texts: &[&str]| -> Vec<TopicFilter> {
        let filters = texts.iter().map(|text| TopicFilter::new(*text).unwrap());
        filters.collect()
    };
    let (allowed, denied) = (filters(&["a/#", "+/open"]), filters(&["a/secret/#"]));
    let (given, taken) = (allowed.clone(), denied.clone());
    Sight::new(
        move |topic| {
            let names = |filter: &TopicFilter| filter.matches(topic);
            given.iter().any(names) && !taken.iter().any(names)
        },
        move |filter| {
            if denied.iter().any(|denied| denied.covers(filter)) {
                Extent::Nothing
            } else if allowed.iter().any(|allowed| allowed.covers(filter))
                && !denied.iter().any(|denied| denied.overlaps(filter))
            {
                Extent::Everything
            } else if allowed.iter().any(|allowed| allowed.overlaps(filter)) {
                Extent::Part
            } else {
                Extent::Nothing
            }
        },
    )
}

#[tokio::test]
async fn the_tree_neither_shows_nor_counts_what_may_not_be_read() {
    let line = TestStore::start().await;
    let topics = [
        "a",
        "a/1",
        "a/secret",
        "a/secret/1",
        "a//x",
        "b/open",
        "b/shut",
        "c/shut",
        "c/shut/open",
        "/open",
    ];
    let rows = (1..=20).zip(topics.iter().cycle());
    let rows = rows.map(|(n, topic)| row(n, 10, topic, 10, 1.0)).collect();
    line.store.write(&batch(rows)).await.unwrap();
    let sight = a_part();
    let told = |sight: &Sight, path: &str, after: Option<&str>, limit| -> Vec<_> {
        let nodes = line.store.children(sight, path, after, limit).into_iter();
        let told = nodes.map(|node| {
            let has_latest = node.latest.is_some();
            (
                node.path,
                node.children,
                node.topics,
                node.messages,
                has_latest,
            )
        });
        told.collect()
    };
    let node = |path: &str, children, topics, has_latest| {
        (path.to_owned(), children, topics, topics * 2, has_latest)
    };
    for (path, expected) in [
        (
            "",
            vec![
                node("/", 1, 1, false),
                node("a", 2, 3, true),
                node("b", 1, 1, false),
            ],
        ),
        ("a", vec![node("a//", 1, 1, false), node("a/1", 0, 1, true)]),
        ("a/secret", vec![]),
        ("b", vec![node("b/open", 0, 1, true)]),
        ("c", vec![]),
        ("c/shut", vec![]),
        ("not/there", vec![]),
    ] {
        assert_eq!(told(&sight, path, None, 100), expected, "{path}");
    }
    assert_eq!(told(&sight, "", Some("a"), 1), [node("b", 1, 1, false)]);
    assert_eq!(told(&Sight::unrestricted(), "", None, 100).len(), 4);
    line.stop().await;
}

#[tokio::test]
async fn no_answer_has_what_the_asker_may_not_read() {
    let line = TestStore::start().await;
    let topics = ["a/1", "a/secret", "b", "secret"];
    let mut rows: Vec<MessageRow> = (1..=40)
        .zip(topics.iter().cycle().skip(1))
        .map(|(n, topic)| row(n, 10, topic, 10, 1.0))
        .collect();
    for row in &mut rows[30..] {
        row.defects.add(DefectCode::NotJson, None, String::new);
    }
    line.store.write(&batch(rows)).await.unwrap();
    // Messages that are nowhere but in their dead letters.
    sqlx::query(
        "update dead_letter set topic_id = null, topic = name, client = '', payload = ''
                 from topic t where t.id = topic_id and seq > 35",
    )
    .execute(&mut line.connect().await)
    .await
    .unwrap();
    for (filter, readable) in [
        ("#", vec!["a/1", "b"]),
        ("a/#", vec!["a/1"]),
        ("secret", vec![]),
    ] {
        let scope = may_not_read_secrets(filter);
        let names = |latest: Vec<Latest>| -> Vec<String> {
            let names = latest.iter().map(|latest| latest.topic.to_string());
            names.collect()
        };
        let mut by_seq = names(line.store.latest_since(Offset(0), &scope, 10));
        by_seq.sort();
        assert_eq!(by_seq, readable);
        assert_eq!(
            names(line.store.topics(&scope, Some("e"), None, 10)).len(),
            0
        );
        assert_eq!(names(line.store.latest(&scope, None, 10)), readable);
        let query = MessageQuery {
            scope: scope.clone(),
            ..all_messages()
        };
        for message in line.store.messages(&query).await.unwrap() {
            assert!(readable.contains(&message.topic.as_str()), "{filter}");
        }
        let query = SampleQuery {
            scope: scope.clone(),
            ..all_samples()
        };
        let set = line.store.samples(&query).await.unwrap();
        assert_eq!(set.series.len(), readable.len());
        for order in [Order::Ascending, Order::Descending] {
            for limit in [1, 3, 100] {
                let query = DeadLetterQuery {
                    scope: scope.clone(),
                    code: None,
                    after: None,
                    up_to: None,
                    order,
                    limit,
                };
                let letters = line.store.dead_letters(&query).await.unwrap();
                let all = (31..=40_usize).filter(|n| readable.contains(&topics[n % 4]));
                assert_eq!(letters.len(), all.count().min(limit), "{filter} {limit}");
                assert!(letters.iter().all(|one| scope.holds(&one.topic)));
            }
        }
    }
    line.stop().await;
}
