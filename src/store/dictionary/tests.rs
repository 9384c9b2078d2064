//! Numbers, limits, and what is taken back.

use super::*;

fn limits(topics: usize) -> NameLimits {
    NameLimits {
        topics,
        series_of_topic: 3,
        bytes: 100_000,
    }
}

#[test]
fn what_is_undone_gets_the_same_numbers_again() {
    let mut names = Dictionary::new(limits(10));
    let client = ClientId("c".into());
    let topic = Topic::new("a").unwrap();
    names.know_topic(topic.clone(), 7, client.clone());
    names.know_series(&topic, "/x".into(), 9, SeriesKind::Number);
    for _ in 0..2 {
        let new = Topic::new("b").unwrap();
        assert_eq!(names.topic(&new, &client, Timestamp(0)), Ok(8));
        assert_eq!(names.series(&new, "/y", SeriesKind::Text, None), Ok(10));
        assert_eq!(names.series(&topic, "/x", SeriesKind::Text, None), Ok(9));
        let news = names.news();
        assert_eq!(
            (news.topics.len(), news.series.len(), news.widened.len()),
            (1, 1, 1)
        );
        names.undo();
    }
}

#[test]
fn no_client_brings_all_the_topics_that_there_may_be() {
    let mut names = Dictionary::new(limits(1000));
    let mut bring = |client: &str, n: usize| {
        let topic = Topic::new(format!("{client}/{n}")).unwrap();
        names.topic(&topic, &ClientId(client.into()), Timestamp(0))
    };
    let greedy = (0..2000).filter(|n| bring("greedy", *n).is_ok()).count();
    assert_eq!(greedy, 900);
    assert!(matches!(
        bring("greedy", 2000),
        Err(NameRefusal::TopicsReserved { brought: 900, .. })
    ));
    let modest = (0..200).filter(|n| bring(&format!("c{}", n % 20), *n).is_ok());
    assert_eq!(modest.count(), 100);
    assert_eq!(bring("late", 1), Err(NameRefusal::Topics(1000)));
    // What it has is its own.
    assert!(bring("greedy", 0).is_ok());
}

#[test]
fn a_topic_has_as_many_series_as_its_rule_admits() {
    let mut names = Dictionary::new(limits(10));
    let topic = Topic::new("a").unwrap();
    names
        .topic(&topic, &ClientId("c".into()), Timestamp(0))
        .unwrap();
    let mut series =
        |n: usize, most| names.series(&topic, &format!("/{n}"), SeriesKind::Number, most);
    assert!((0..3).all(|n| series(n, None).is_ok()));
    assert_eq!(series(3, None), Err(NameRefusal::Series(3)));
    assert!(series(0, None).is_ok(), "it is known");
    assert_eq!(series(3, Some(5)), Ok(4));
    assert_eq!(series(4, Some(2)), Err(NameRefusal::Series(2)));
}

#[test]
fn names_have_a_budget_that_no_client_uses_up_for_all() {
    let mut names = Dictionary::new(NameLimits {
        topics: 1000,
        series_of_topic: 1000,
        bytes: 10_000,
    });
    let topic = |client: &str| Topic::new(format!("{client:0>100}")).unwrap();
    let mut bring = |client: &str, n: usize| {
        let id = ClientId(client.into());
        names.topic(&topic(client), &id, Timestamp(0))?;
        let path = format!("/{n:0>99}");
        names.series(&topic(client), &path, SeriesKind::Number, None)
    };
    let greedy = (0..200).filter(|n| bring("greedy", *n).is_ok()).count();
    assert_eq!(greedy, 88, "beside its topic, up to nine tenths");
    assert!(matches!(
        bring("greedy", 200),
        Err(NameRefusal::BytesReserved { .. })
    ));
    assert!(bring("modest", 0).is_ok());
    // What is removed is given back, of topics and of series.
    names.undo();
    assert_eq!((names.bytes(), names.brought.len()), (0, 0));
    let long = Topic::new("x".repeat(10_001)).unwrap();
    let refused = names.topic(&long, &ClientId("new".into()), Timestamp(0));
    assert_eq!(refused, Err(NameRefusal::Bytes(10_000)));
}
