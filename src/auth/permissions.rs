//! On which topics something may be done.

use serde::{Deserialize, Serialize};

use super::role::Role;
use super::visitor::Action;
use crate::message::{Topic, TopicFilter, certified};

/// Filters of topics, as an account declares them. `%u` stands for the account's name and `%c` for
/// the MQTT client identifier; what is denied is denied, whatever else allows it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PermissionFilters {
    /// Where messages may be seen; what the role says where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub read: Option<Vec<TopicFilter>>,
    /// Where may be published; what the role says where it is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    pub write: Option<Vec<TopicFilter>>,
    /// Where messages may not be seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub deny_read: Vec<TopicFilter>,
    /// Where may not be published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub deny_write: Vec<TopicFilter>,
}

impl PermissionFilters {
    /// Why there can be no such filters, if there can't: who shares a subscription needs what the
    /// filter in it names, and no topic begins with `$share/`.
    pub(super) fn check(&self) -> Result<(), String> {
        let allowed = self.read.iter().chain(&self.write).flatten();
        for filter in allowed.chain(&self.deny_read).chain(&self.deny_write) {
            let mut levels = filter.as_str().splitn(3, '/');
            if levels.next() == Some("$share") {
                let instead = levels.nth(1).unwrap_or("a/b");
                return Err(format!(
                    "no topic matches the filter {:?}: say {instead:?}, which holds for shared \
                     subscriptions, too",
                    filter.as_str()
                ));
            }
        }
        Ok(())
    }

    /// How many filters there are.
    pub(super) fn count(&self) -> usize {
        let allowed = [&self.read, &self.write].map(|filters| filters.as_ref().map_or(0, Vec::len));
        allowed[0] + allowed[1] + self.deny_read.len() + self.deny_write.len()
    }

    /// These, with the names in place.
    pub(super) fn named(&self, user: &str, client: Option<&str>) -> Self {
        let names = Names { user, client };
        let allowed = |filters: &Option<Vec<_>>| filters.as_ref().map(|it| names.allowed(it));
        Self {
            read: allowed(&self.read),
            write: allowed(&self.write),
            deny_read: names.denied(&self.deny_read).collect(),
            deny_write: names.denied(&self.deny_write).collect(),
        }
    }
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
    /// What bounds it to less, where a token does.
    within: Option<Vec<TopicFilter>>,
    denied: Vec<TopicFilter>,
}

impl Permissions {
    /// Everything on every topic.
    pub(super) fn all() -> Self {
        let allowance = Allowance {
            allowed: everything(),
            ..Allowance::default()
        };
        Self {
            read: allowance.clone(),
            write: allowance,
        }
    }

    /// What `filters` give somebody in `role` who is called `user` and has come in as
    /// the MQTT client `client`.
    pub(super) fn of(
        role: Role,
        filters: &PermissionFilters,
        user: &str,
        client: Option<&str>,
    ) -> Self {
        let names = Names { user, client };
        let reads = match role {
            Role::Device => Vec::new(),
            Role::Operator | Role::Viewer if !filters.deny_read.is_empty() => all_but_system(),
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

    /// The filters that they come to, where no token bounds them.
    pub(super) fn filters(self) -> PermissionFilters {
        PermissionFilters {
            read: Some(self.read.allowed),
            write: Some(self.write.allowed),
            deny_read: self.read.denied,
            deny_write: self.write.denied,
        }
    }

    /// These, as far as `filters` give them too: what a token leaves of its account.
    #[must_use]
    pub(super) fn within(
        self,
        filters: &PermissionFilters,
        user: &str,
        client: Option<&str>,
    ) -> Self {
        let names = Names { user, client };
        Self {
            read: names.within(self.read, filters.read.as_deref(), &filters.deny_read),
            write: names.within(self.write, filters.write.as_deref(), &filters.deny_write),
        }
    }

    /// Whether this may be done on `topic`. Births of Sparkplug that are kept for late subscribers
    /// may be read by who may read the topics that they came on.
    pub(super) fn give(&self, action: Action, topic: &Topic) -> bool {
        let original = certified(topic.as_str()).and_then(|it| Topic::new(it).ok());
        let topic = original.as_ref().unwrap_or(topic);
        let allowance = self.allowance(action);
        let names = |filter: &TopicFilter| filter.matches(topic);
        let is_within = |within: &Vec<TopicFilter>| within.iter().any(names);
        allowance.allowed.iter().any(names)
            && allowance.within.as_ref().is_none_or(is_within)
            && !allowance.denied.iter().any(names)
    }

    /// Whether there can be a topic of `filter` on which this may be done.
    pub(super) fn give_some(&self, action: Action, filter: &TopicFilter) -> bool {
        let original =
            originals(filter).or_else(|| mixes_certificates(filter).then(TopicFilter::all));
        let filter = original.as_ref().unwrap_or(filter);
        let allowance = self.allowance(action);
        let is_denied =
            |filter: &TopicFilter| allowance.denied.iter().any(|denied| denied.covers(filter));
        // Filters of which each two have a topic in common have one all together.
        let meets = |allowed: &TopicFilter| allowed.overlaps(filter) && !is_denied(allowed);
        let is_within = |allowed: &TopicFilter| {
            allowance.within.as_ref().is_none_or(|within| {
                let mut within = within.iter();
                within.any(|within| meets(within) && within.overlaps(allowed))
            })
        };
        let mut allowed = allowance.allowed.iter();
        !is_denied(filter) && allowed.any(|allowed| meets(allowed) && is_within(allowed))
    }

    /// Whether this may be done on every topic of `filter`.
    pub(super) fn give_all(&self, action: Action, filter: &TopicFilter) -> bool {
        if mixes_certificates(filter) {
            return false;
        }
        let original = originals(filter);
        let filter = original.as_ref().unwrap_or(filter);
        let allowance = self.allowance(action);
        let covers = |allowed: &TopicFilter| allowed.covers(filter);
        let overlaps = |denied: &TopicFilter| denied.overlaps(filter);
        let is_within = |within: &Vec<TopicFilter>| within.iter().any(covers);
        allowance.allowed.iter().any(covers)
            && allowance.within.as_ref().is_none_or(is_within)
            && !allowance.denied.iter().any(overlaps)
    }

    fn allowance(&self, action: Action) -> &Allowance {
        match action {
            Action::Read => &self.read,
            Action::Write => &self.write,
        }
    }
}

/// The topics of births, where the filter is one of those that are kept of them.
fn originals(filter: &TopicFilter) -> Option<TopicFilter> {
    TopicFilter::new(certified(filter.as_str())?).ok()
}

/// Whether a filter may name births that are kept and does not say which: each is asked for.
fn mixes_certificates(filter: &TopicFilter) -> bool {
    let text = filter.as_str();
    text.starts_with("$sparkplug/") && certified(text).is_none()
}

/// Every topic, those that begin with `$` included.
fn everything() -> Vec<TopicFilter> {
    let system = TopicFilter::new("$SYS/#");
    std::iter::once(TopicFilter::all()).chain(system).collect()
}

/// Every topic but those on which the server tells of itself: their counts are of all messages, of
/// those too that somebody may not see.
pub(super) fn all_but_system() -> Vec<TopicFilter> {
    vec![TopicFilter::all()]
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
        Allowance {
            allowed: allowed.map_or(otherwise, |allowed| self.allowed(allowed)),
            within: None,
            denied: self.denied(denied).collect(),
        }
    }

    fn within(
        &self,
        of: Allowance,
        within: Option<&[TopicFilter]>,
        denied: &[TopicFilter],
    ) -> Allowance {
        Allowance {
            within: within.map(|within| self.allowed(within)),
            denied: of.denied.into_iter().chain(self.denied(denied)).collect(),
            ..of
        }
    }

    fn allowed(&self, filters: &[TopicFilter]) -> Vec<TopicFilter> {
        let filters = filters.iter();
        filters.filter_map(|filter| self.put_into(filter)).collect()
    }

    /// Nobody evades what is denied by a name that can't stand in a filter.
    fn denied(&self, filters: &[TopicFilter]) -> impl Iterator<Item = TopicFilter> {
        let filters = filters.iter();
        filters.map(|filter| self.put_into(filter).unwrap_or_else(|| any_name(filter)))
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
mod tests;
