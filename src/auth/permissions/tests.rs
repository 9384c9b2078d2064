//! What filters allow.

use super::*;

fn filters(text: &[&str]) -> Vec<TopicFilter> {
    text.iter()
        .map(|text| TopicFilter::new(*text).unwrap())
        .collect()
}

fn permissions(
    role: Role,
    read: Option<&[&str]>,
    deny: &[&str],
    client: Option<&str>,
) -> Permissions {
    let declared = PermissionFilters {
        read: read.map(filters),
        deny_read: filters(deny),
        ..PermissionFilters::default()
    };
    Permissions::of(role, &declared, "press", client)
}

#[test]
fn a_role_gives_what_no_filter_says() {
    for (role, read, write) in [
        (Role::Administrator, true, true),
        (Role::Operator, true, true),
        (Role::Viewer, true, false),
        (Role::Device, false, false),
    ] {
        let permissions = permissions(role, None, &[], None);
        for topic in ["a/b", "$SYS/broker/uptime"] {
            let topic = Topic::new(topic).unwrap();
            assert_eq!(
                permissions.give(Action::Read, &topic),
                read,
                "{role:?} {topic}"
            );
            assert_eq!(
                permissions.give(Action::Write, &topic),
                write,
                "{role:?} {topic}"
            );
        }
    }
}

#[test]
fn topics_that_count_all_messages_are_for_who_may_read_all_or_is_named_them() {
    let system = Topic::new("$SYS/broker/messages/received").unwrap();
    let filter = TopicFilter::new("$SYS/#").unwrap();
    for (role, read, deny, given) in [
        (Role::Operator, None, &[][..], true),
        (Role::Operator, None, &["sec/#"], false),
        (Role::Viewer, None, &["sec/#"], false),
        (Role::Viewer, Some(&["#"][..]), &[], false),
        (Role::Device, Some(&["+/broker/#"]), &[], false),
        (Role::Device, Some(&["$SYS/#"]), &[], true),
        (Role::Administrator, None, &["sec/#"], true),
    ] {
        let permissions = permissions(role, read, deny, None);
        assert_eq!(
            permissions.give(Action::Read, &system),
            given,
            "{role:?} {read:?} {deny:?}"
        );
        assert_eq!(permissions.give_some(Action::Read, &filter), given);
    }
}

#[test]
fn a_filter_of_a_shared_subscription_is_refused_with_what_to_say_instead() {
    for (filter, instead) in [
        ("$share/g/a", Some("\"a\"")),
        ("$share/g/a/+/#", Some("\"a/+/#\"")),
        ("$share/g", Some("\"a/b\"")),
        ("$share", Some("\"a/b\"")),
        ("$shared/g/a", None),
        ("a/$share/g", None),
    ] {
        for declared in [
            PermissionFilters {
                write: Some(filters(&[filter])),
                ..PermissionFilters::default()
            },
            PermissionFilters {
                deny_read: filters(&["x", filter]),
                ..PermissionFilters::default()
            },
        ] {
            match (declared.check(), instead) {
                (Ok(()), None) => {}
                (Err(why), Some(instead)) => assert!(why.contains(instead), "{why}"),
                (checked, _) => panic!("{filter}: {checked:?}"),
            }
        }
    }
}

#[test]
fn a_viewer_never_publishes_whatever_its_filters_say() {
    let declared = PermissionFilters {
        write: Some(vec![TopicFilter::all()]),
        ..PermissionFilters::default()
    };
    let permissions = Permissions::of(Role::Viewer, &declared, "press", None);
    assert!(!permissions.give(Action::Write, &Topic::new("a").unwrap()));
}

#[test]
fn what_is_denied_wins() {
    let permissions = permissions(Role::Device, Some(&["a/#"]), &["a/secret/#"], None);
    for (topic, given) in [
        ("a/b", true),
        ("a", true),
        ("a/secret", false),
        ("a/secret/x", false),
        ("b", false),
    ] {
        assert_eq!(
            permissions.give(Action::Read, &Topic::new(topic).unwrap()),
            given,
            "{topic}"
        );
    }
    for (filter, some, all) in [
        ("#", true, false),
        ("a/#", true, false),
        ("a/b/#", true, true),
        ("a/secret/#", false, false),
        ("a/secret/x", false, false),
        ("b/#", false, false),
        ("$SYS/#", false, false),
    ] {
        let filter = TopicFilter::new(filter).unwrap();
        assert_eq!(
            permissions.give_some(Action::Read, &filter),
            some,
            "{filter}"
        );
        assert_eq!(permissions.give_all(Action::Read, &filter), all, "{filter}");
    }
}

#[test]
fn a_token_leaves_of_its_account_what_its_own_filters_name() {
    let account = permissions(Role::Device, Some(&["a/#", "b/+/x"]), &["a/secret"], None);
    let token = PermissionFilters {
        read: Some(filters(&["+/1/#", "a/secret", "c/#"])),
        deny_read: filters(&["a/1/deep"]),
        ..PermissionFilters::default()
    };
    let both = account.clone().within(&token, "press", None);
    for (topic, given) in [
        ("a/1", true),
        ("a/1/x", true),
        ("a/1/deep", false),
        ("a/2", false),
        ("b/1/x", true),
        ("b/1/y", false),
        ("c/1", false),
        ("a/secret", false),
    ] {
        let topic = Topic::new(topic).unwrap();
        assert_eq!(both.give(Action::Read, &topic), given, "{topic}");
    }
    for (filter, some, all) in [
        ("#", true, false),
        ("a/1/x", true, true),
        ("a/1/deep/#", true, false),
        ("c/1", false, false),
        ("b/1/y", false, false),
        ("b/1/x", true, true),
    ] {
        let filter = TopicFilter::new(filter).unwrap();
        assert_eq!(both.give_some(Action::Read, &filter), some, "{filter}");
        assert_eq!(both.give_all(Action::Read, &filter), all, "{filter}");
    }
    let all = account
        .clone()
        .within(&PermissionFilters::default(), "press", None);
    assert_eq!(all, account);
}

#[test]
fn names_stand_for_themselves_alone() {
    for (filter, client, topic, given) in [
        ("by/%u", None, "by/press", true),
        ("by/%c", Some("c1"), "by/c1", true),
        ("by/%c", Some("c1"), "by/c2", false),
        ("by/x-%c-%u/#", Some("c1"), "by/x-c1-press/t", true),
        ("by/%c", None, "by/%c", false),
        ("by/%c", Some("+"), "by/other", false),
        ("by/%c/#", Some("#"), "by/other", false),
        ("by/%c", Some("a/b"), "by/a/b", false),
        ("by/%c", Some(""), "by/", false),
        ("by/%c", Some("%u"), "by/press", false),
    ] {
        let permissions = permissions(Role::Device, Some(&[filter]), &[], client);
        let topic = Topic::new(topic).unwrap();
        assert_eq!(
            permissions.give(Action::Read, &topic),
            given,
            "{filter} {client:?}"
        );
    }
}

#[test]
fn what_is_denied_by_a_name_is_not_evaded_by_one_that_no_filter_takes() {
    let permissions = permissions(Role::Operator, None, &["by/%c/secret"], Some("a/b"));
    assert!(!permissions.give(Action::Read, &Topic::new("by/x/secret").unwrap()));
}
