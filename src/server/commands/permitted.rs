//! What an account or a token may do, as it is given on the command line.

use crate::auth::PermissionFilters;
use crate::message::{TopicFilter, TopicFilterError};

/// Filters of topics, as flags.
#[derive(Debug, Default, clap::Args)]
pub struct PermissionFlags {
    /// A filter of topics that may be read, such as `plant/%u/#`; several times for several. `%u`
    /// stands for the account's name, `%c` for the MQTT client identifier
    #[arg(long, value_name = "FILTER", value_parser = filter)]
    read: Vec<TopicFilter>,
    /// A filter of topics that may be published to
    #[arg(long, value_name = "FILTER", value_parser = filter)]
    write: Vec<TopicFilter>,
    /// A filter of topics that may not be read, whatever else allows it
    #[arg(long, value_name = "FILTER", value_parser = filter)]
    deny_read: Vec<TopicFilter>,
    /// A filter of topics that may not be published to, whatever else allows it
    #[arg(long, value_name = "FILTER", value_parser = filter)]
    deny_write: Vec<TopicFilter>,
}

impl PermissionFlags {
    /// The filters; what was not given is as the role says.
    pub(super) fn filters(self) -> PermissionFilters {
        let given = |filters: Vec<TopicFilter>| (!filters.is_empty()).then_some(filters);
        PermissionFilters {
            read: given(self.read),
            write: given(self.write),
            deny_read: self.deny_read,
            deny_write: self.deny_write,
        }
    }
}

fn filter(text: &str) -> Result<TopicFilter, TopicFilterError> {
    TopicFilter::new(text)
}

/// As a person reads it.
pub(super) fn told(filters: &PermissionFilters) -> String {
    let list = |name: &str, filters: &[TopicFilter]| {
        let filters: Vec<&str> = filters.iter().map(TopicFilter::as_str).collect();
        format!("{name} {}", filters.join(" "))
    };
    let parts = [
        filters.read.as_deref().map(|read| list("read", read)),
        filters.write.as_deref().map(|write| list("write", write)),
        (!filters.deny_read.is_empty()).then(|| list("deny read", &filters.deny_read)),
        (!filters.deny_write.is_empty()).then(|| list("deny write", &filters.deny_write)),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        "as its role".into()
    } else {
        parts.join("; ")
    }
}
