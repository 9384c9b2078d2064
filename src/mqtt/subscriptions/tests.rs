use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::message::{ClientId, Offset, Qos, TopicFilter};
use crate::mqtt::ids::SessionId;
use crate::mqtt::memory::tests::plenty;
use crate::mqtt::terms::Terms;

fn session(id: u64) -> Arc<Session> {
    Arc::new(Session::new(
        SessionId(id),
        ClientId(format!("c{id}").into()),
        "press".into(),
        0,
        plenty(),
    ))
}

fn options(qos: Qos, id: u32) -> SubscriptionOptions {
    SubscriptionOptions {
        qos,
        no_local: false,
        retain_as_published: false,
        id: Some(id),
        since: Offset(0),
        group: Some(GroupId(1000)),
    }
}

fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "", "$x", "+"])
}

fn filter() -> impl Strategy<Value = TopicFilter> {
    (prop::collection::vec(level(), 1..5), any::<bool>()).prop_filter_map(
        "no characters",
        |(mut levels, rest)| {
            if rest {
                levels.push("#");
            }
            TopicFilter::new(levels.join("/")).ok()
        },
    )
}

fn topic() -> impl Strategy<Value = Topic> {
    let level = prop::sample::select(vec!["a", "b", "", "$x"]);
    prop::collection::vec(level, 1..6)
        .prop_filter_map("no characters", |levels| Topic::new(levels.join("/")).ok())
}

#[derive(Debug, Clone)]
enum TreeStep {
    Subscribe(u64, TopicFilter, u8),
    Unsubscribe(u64, TopicFilter),
    Publish(Topic),
}

fn step() -> impl Strategy<Value = TreeStep> {
    prop_oneof![
        2 => (0..4_u64, filter(), 0..3_u8).prop_map(|(s, f, q)| TreeStep::Subscribe(s, f, q)),
        1 => (0..4_u64, filter()).prop_map(|(s, f)| TreeStep::Unsubscribe(s, f)),
        3 => topic().prop_map(TreeStep::Publish),
    ]
}

proptest! {
    #[test]
    fn the_tree_finds_what_a_naive_matcher_finds(
        steps in prop::collection::vec(step(), 1..60)
    ) {
        let subscriptions = Subscriptions::default();
        let sessions: Vec<_> = (0..4).map(session).collect();
        let mut model: BTreeMap<(u64, TopicFilter), Qos> = BTreeMap::new();
        for step in steps {
            match step {
                TreeStep::Subscribe(id, filter, qos) => {
                    let qos = Qos::from_u8(qos).unwrap();
                    let session = &sessions[usize::try_from(id).unwrap()];
                    subscriptions.subscribe(session, &(None, filter.clone()), &options(qos, 1));
                    model.insert((id, filter), qos);
                }
                TreeStep::Unsubscribe(id, filter) => {
                    let session = &sessions[usize::try_from(id).unwrap()];
                    subscriptions.unsubscribe(session, &(None, filter.clone()));
                    model.remove(&(id, filter));
                }
                TreeStep::Publish(topic) => {
                    let mut wanted: BTreeMap<u64, (Qos, usize)> = BTreeMap::new();
                    for ((id, filter), qos) in &model {
                        if filter.matches(&topic) {
                            let (greatest, count) = wanted.entry(*id).or_default();
                            *greatest = (*greatest).max(*qos);
                            *count += 1;
                        }
                    }
                    // Twice: from the tree, and from the cache.
                    for _ in 0..2 {
                        let route = subscriptions.route(&topic);
                        let found: BTreeMap<_, _> = route
                            .targets
                            .iter()
                            .map(|target| {
                                let ids = target.terms.ids.as_ref().map_or(0, |ids| ids.len());
                                (target.session.id.0, (target.terms.qos, ids))
                            })
                            .collect();
                        prop_assert_eq!(found.len(), route.targets.len());
                        prop_assert_eq!(&found, &wanted);
                    }
                }
            }
        }
        for (id, filter) in model.into_keys() {
            let session = &sessions[usize::try_from(id).unwrap()];
            subscriptions.unsubscribe(session, &(None, filter));
        }
        prop_assert!(subscriptions.tree.read().is_empty());
    }
}

#[test]
fn a_group_lives_as_long_as_it_has_members() {
    let subscriptions = Subscriptions::default();
    let key = (Some(Arc::from("g")), TopicFilter::new("a/+").unwrap());
    let topic = Topic::new("a/b").unwrap();
    let (one, two) = (session(1), session(2));
    for member in [&one, &two] {
        subscriptions.subscribe(member, &key, &options(Qos::AtLeastOnce, 1));
    }
    assert_eq!(subscriptions.route(&topic).groups.len(), 1);
    subscriptions.unsubscribe(&one, &key);
    assert_eq!(subscriptions.route(&topic).groups.len(), 1);
    subscriptions.unsubscribe(&two, &key);
    assert!(subscriptions.route(&topic).groups.is_empty());
    assert!(subscriptions.groups().is_empty());
}

#[test]
fn no_local_leaves_out_the_sessions_own_messages_only() {
    let subscriptions = Subscriptions::default();
    let (own, other) = (session(1), session(2));
    let topic = Topic::new("a").unwrap();
    let quiet = SubscriptionOptions {
        no_local: true,
        ..options(Qos::ExactlyOnce, 1)
    };
    subscriptions.subscribe(&own, &(None, TopicFilter::new("a").unwrap()), &quiet);
    let message = |client: &Arc<Session>| crate::message::Message {
        offset: Offset(1),
        client: client.client.clone(),
        qos: Qos::ExactlyOnce,
        ..crate::message::Message::new(topic.clone(), bytes::Bytes::new())
    };
    let terms = |client| {
        let route = subscriptions.route(&topic);
        route.targets[0].terms_for(&message(client)).cloned()
    };
    assert_eq!(terms(&own), None);
    assert!(terms(&other).is_some());
    // An overlapping subscription that is not No Local brings them.
    let all = options(Qos::AtMostOnce, 2);
    subscriptions.subscribe(&own, &(None, TopicFilter::all()), &all);
    let ids = |terms: Option<Terms>| terms.map(|it| BTreeSet::from_iter(it.ids.unwrap().to_vec()));
    assert_eq!(ids(terms(&own)), Some(BTreeSet::from([2])));
    assert_eq!(ids(terms(&other)), Some(BTreeSet::from([1, 2])));
}

#[test]
fn the_id_of_a_group_is_the_same_while_somebody_holds_it_and_forgotten_afterwards() {
    let subscriptions = Subscriptions::default();
    let key = |name: String| (Some(Arc::from(name)), TopicFilter::new("a").unwrap());
    let shared = key("g".into());
    let first = subscriptions.reserve_group(&shared, || GroupId(20));
    assert_eq!(
        *subscriptions.reserve_group(&shared, || GroupId(21)),
        GroupId(20)
    );
    let member = session(1);
    let with = |group| SubscriptionOptions {
        group: Some(GroupId(group)),
        ..options(Qos::AtLeastOnce, 1)
    };
    subscriptions.subscribe(&member, &shared, &with(20));
    drop(first);
    assert_eq!(
        *subscriptions.reserve_group(&shared, || GroupId(22)),
        GroupId(20)
    );
    subscriptions.unsubscribe(&member, &shared);
    assert_eq!(
        *subscriptions.reserve_group(&shared, || GroupId(23)),
        GroupId(23)
    );
    // Clients that ask and are gone before they have subscribed leave nothing.
    for number in 0..1000 {
        subscriptions.reserve_group(&key(number.to_string()), || GroupId(number));
    }
    let groups = subscriptions.groups.read();
    assert!(groups.ids.len() <= RESERVED_SPARE);
    assert!(groups.by_id.is_empty());
}
