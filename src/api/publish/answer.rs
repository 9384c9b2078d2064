//! What is answered to who publishes.

use serde::Serialize;
use utoipa::ToSchema;

use crate::message::{Offset, Topic};

/// What was published.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Published {
    /// The message's identity.
    seq: u64,
    /// Where to.
    topic: String,
}

/// What was published, message by message, in the order in which it came.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PublishedAll {
    /// How many messages.
    pub(super) count: usize,
    /// The identity of each.
    pub(super) seqs: Vec<u64>,
}

/// One message, or many.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum PublishAnswer {
    One(Published),
    All(PublishedAll),
}

impl Published {
    pub(crate) fn new(seq: Offset, topic: &Topic) -> Self {
        Self {
            seq: seq.0,
            topic: topic.as_str().to_owned(),
        }
    }
}
