//! On which topics something may be done.

use serde::{Deserialize, Serialize};

use super::role::Role;
use super::visitor::{Action, Visitor};
use crate::message::{Topic, TopicFilter};

/// Filters of topics, as an account declares them. `%u` stands for the account's name and `%c` for
/// the MQTT client identifier; what is denied is denied, whatever else allows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PermissionFilters {
    /// Where messages may be seen; what the role says where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<Vec<TopicFilter>>,
    /// Where may be published; what the role says where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write: Option<Vec<TopicFilter>>,
    /// Where messages may not be seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny_read: Vec<TopicFilter>,
    /// Where may not be published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny_write: Vec<TopicFilter>,
}

/// What one principal may do, topic by topic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Permissions {
    read: Allowance,
    write: Allowance,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Allowance {
    allowed: Vec<TopicFilter>,
    denied: Vec<TopicFilter>,
}

impl Permissions {
    /// Everything on every topic.
    pub(super) fn all() -> Self {
        let allowance = Allowance {
            allowed: everything(),
            denied: Vec::new(),
        };
        Self {
            read: allowance.clone(),
            write: allowance,
        }
    }

    /// What `filters` give somebody in `role` who is called `user` and has come in as `visitor`.
    pub(super) fn of(
        role: Role,
        filters: &PermissionFilters,
        user: &str,
        visitor: &Visitor,
    ) -> Self {
        let names = Names {
            user,
            client: visitor.client.as_deref(),
        };
        let reads = match role {
            Role::Device => Vec::new(),
            Role::Administrator | Role::Operator | Role::Viewer => everything(),
        };
        let writes = match role {
            Role::Administrator | Role::Operator => everything(),
            Role::Viewer | Role::Device => Vec::new(),
        };
        let may_write = role != Role::Viewer;
        let write = filters.write.as_deref().filter(|_| may_write);
        Self {
            read: names.allowance(filters.read.as_deref(), &filters.deny_read, reads),
            write: names.allowance(write, &filters.deny_write, writes),
        }
    }

    /// Whether this may be done on `topic`.
    pub(super) fn give(&self, action: Action, topic: &Topic) -> bool {
        let allowance = self.allowance(action);
        let names = |filter: &TopicFilter| filter.matches(topic);
        allowance.allowed.iter().any(names) && !allowance.denied.iter().any(names)
    }

    /// Whether there can be a topic of `filter` on which this may be done.
    pub(super) fn give_some(&self, action: Action, filter: &TopicFilter) -> bool {
        let allowance = self.allowance(action);
        let within = |denied: &TopicFilter| denied.covers(filter);
        let overlaps = |allowed: &TopicFilter| {
            let is_denied = allowance.denied.iter().any(|denied| denied.covers(allowed));
            allowed.overlaps(filter) && !is_denied
        };
        allowance.allowed.iter().any(overlaps) && !allowance.denied.iter().any(within)
    }

    /// Whether this may be done on every topic of `filter`.
    pub(super) fn give_all(&self, action: Action, filter: &TopicFilter) -> bool {
        let allowance = self.allowance(action);
        let covers = |allowed: &TopicFilter| allowed.covers(filter);
        let overlaps = |denied: &TopicFilter| denied.overlaps(filter);
        allowance.allowed.iter().any(covers) && !allowance.denied.iter().any(overlaps)
    }

    fn allowance(&self, action: Action) -> &Allowance {
        match action {
            Action::Read => &self.read,
            Action::Write => &self.write,
        }
    }
}

/// Every topic, those that begin with `$` included.
fn everything() -> Vec<TopicFilter> {
    let system = TopicFilter::new("$SYS/#");
    std::iter::once(TopicFilter::all()).chain(system).collect()
}

/// What stands for `%u` and `%c`.
struct Names<'a> {
    user: &'a str,
    client: Option<&'a str>,
}

impl Names<'_> {
    fn allowance(
        &self,
        allowed: Option<&[TopicFilter]>,
        denied: &[TopicFilter],
        otherwise: Vec<TopicFilter>,
    ) -> Allowance {
        let allowed = allowed.map_or(otherwise, |allowed| {
            allowed
                .iter()
                .filter_map(|filter| self.put_into(filter))
                .collect()
        });
        // Nobody evades what is denied by a name that can't stand in a filter.
        let denied = denied.iter();
        let denied = denied.map(|filter| self.put_into(filter).unwrap_or_else(|| any_name(filter)));
        Allowance {
            allowed,
            denied: denied.collect(),
        }
    }

    /// The filter with the names in place; `None` where one is absent, or would reach topics that
    /// it does not stand for.
    fn put_into(&self, filter: &TopicFilter) -> Option<TopicFilter> {
        let mut text = filter.as_str().to_owned();
        for (placeholder, name) in [("%u", Some(self.user)), ("%c", self.client)] {
            if text.contains(placeholder) {
                let name =
                    name.filter(|name| !name.is_empty() && !name.contains(['/', '+', '#', '%']))?;
                text = text.replace(placeholder, name);
            }
        }
        TopicFilter::new(text).ok()
    }
}

/// The filter with any name in the place of `%u` and `%c`.
fn any_name(filter: &TopicFilter) -> TopicFilter {
    let levels = filter.levels().map(|level| {
        if level.contains("%u") || level.contains("%c") {
            "+"
        } else {
            level
        }
    });
    let text = levels.collect::<Vec<_>>().join("/");
    TopicFilter::new(text).unwrap_or_else(|_| TopicFilter::all())
}

#[cfg(test)]
mod tests {
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
        let visitor = Visitor {
            client: client.map(Into::into),
            ..Visitor::default()
        };
        Permissions::of(role, &declared, "press", &visitor)
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
    fn a_viewer_never_publishes_whatever_its_filters_say() {
        let declared = PermissionFilters {
            write: Some(vec![TopicFilter::all()]),
            ..PermissionFilters::default()
        };
        let permissions = Permissions::of(Role::Viewer, &declared, "press", &Visitor::default());
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
}
