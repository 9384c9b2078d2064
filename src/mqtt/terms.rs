//! What a subscription is: its key, the options that it was made with, and the terms on which its
//! session gets a message.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::message::{Offset, Qos, TopicFilter};

use super::ids::GroupId;

/// What names a subscription within its session: the filter, and the share name if it is shared.
pub(crate) type SubscriptionKey = (Option<Arc<str>>, TopicFilter);

/// What a subscription takes in memory, about: in its session, in the tree of filters, and in what
/// is known of topics.
pub(crate) fn subscription_bytes((share, filter): &SubscriptionKey) -> usize {
    let share = share.as_ref().map_or(0, |share| 512 + share.len());
    512 + 2 * filter.as_str().len() + share
}

/// What a session has subscribed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SubscriptionOptions {
    /// The greatest QoS that is wanted.
    pub(crate) qos: Qos,
    /// Whether the session's own messages are left out.
    pub(crate) no_local: bool,
    /// Whether the RETAIN flag is kept as it was published.
    pub(crate) retain_as_published: bool,
    pub(crate) id: Option<u32>,
    /// From where in the journal on it holds.
    pub(crate) since: Offset,
    /// The group, where it is shared.
    pub(crate) group: Option<GroupId>,
}

/// What overlapping subscriptions come to together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    /// The greatest QoS of them.
    pub(crate) qos: Qos,
    /// Whether one of them wants RETAIN as it was published.
    pub(crate) retain_as_published: bool,
    pub(crate) ids: Option<Arc<Vec<u32>>>,
}

impl From<&SubscriptionOptions> for Terms {
    fn from(options: &SubscriptionOptions) -> Self {
        Self {
            qos: options.qos,
            retain_as_published: options.retain_as_published,
            ids: options.id.map(|id| Arc::new(vec![id])),
        }
    }
}

impl Terms {
    /// One more subscription that matches.
    pub(crate) fn add(&mut self, options: &SubscriptionOptions) {
        self.qos = self.qos.max(options.qos);
        self.retain_as_published |= options.retain_as_published;
        if let Some(id) = options.id {
            match &mut self.ids {
                Some(ids) => Arc::make_mut(ids).push(id),
                None => self.ids = Some(Arc::new(vec![id])),
            }
        }
    }
}
