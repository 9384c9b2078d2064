//! What is said of a series in another message than those that its values come in.

use std::sync::Arc;

use super::Topic;

/// A series that a message describes. Whether there is such a one, the message does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescribedSeries {
    pub topic: Topic,
    /// Its JSON Pointer in the payloads there.
    pub path: Arc<str>,
    pub text: SeriesText,
}

/// How people call a series, and what it is measured in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeriesText {
    pub unit: Option<Arc<str>>,
    pub description: Option<Arc<str>>,
}
