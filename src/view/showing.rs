//! What messages are shown by.

use crate::decode::ToldFormat;
use crate::message::{Epoch, Topic};
use crate::rules::RulesInForce;

/// What messages are shown by, beside what is in them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Showing {
    /// The journal's epoch, which is in their addresses.
    pub epoch: Epoch,
    /// What is said of their formats.
    pub rules: RulesInForce,
}

impl Showing {
    /// What the payloads on a topic are said to be.
    pub(super) fn told(&self, topic: &Topic) -> Option<ToldFormat> {
        self.rules.load().format_of(topic)
    }
}
