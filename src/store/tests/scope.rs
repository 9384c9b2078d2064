//! Whoever asks gets what he may read, whatever he asks for.

use super::*;

fn may_not_read_secrets(filter: &str) -> Scope {
    let filter = TopicFilter::new(filter).unwrap();
    Scope::new(filter, |topic| !topic.as_str().contains("secret"))
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
