//! Topics with all that is known of them, for whoever asks what they were before.

use std::ops::ControlFlow::{Break, Continue};

use super::lookup::{Catalog, FoundSeries};
use crate::message::{Scope, Timestamp, Topic};
use crate::store::answer::Latest;

/// A topic as it is now, and what its samples are found by.
#[derive(Debug, Clone)]
pub(in crate::store) struct KnownTopic {
    pub(in crate::store) latest: Latest,
    /// By path.
    pub(in crate::store) series: Vec<FoundSeries>,
}

/// How much is asked for at a time.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct KnownMax {
    pub(in crate::store) topics: usize,
    pub(in crate::store) series: usize,
    /// Of payloads, where each is as large as those of its topic are on average.
    pub(in crate::store) bytes: u64,
}

impl Catalog {
    /// The topics of a scope beyond `after`, by name: as many as are asked for, but one at least.
    pub(in crate::store) fn known(
        &self,
        scope: &Scope,
        after: Option<&Topic>,
        max: KnownMax,
    ) -> Vec<KnownTopic> {
        let now = Timestamp::now();
        let (mut found, mut series_count, mut bytes) = (Vec::new(), 0, 0);
        self.each(scope, after, |data, state| {
            let mut series = Vec::new();
            data.find_series_of(state, scope, |_| true, &mut series);
            series.sort_by(|a, b| a.path.cmp(&b.path));
            series_count += series.len();
            bytes += state.bytes / state.messages.max(1);
            let is_full = series_count > max.series || bytes > max.bytes;
            if is_full && !found.is_empty() {
                return Break(());
            }
            let latest = data.latest(state, now, |topic| scope.shows(topic));
            found.push(KnownTopic { latest, series });
            if found.len() < max.topics {
                Continue(())
            } else {
                Break(())
            }
        });
        found
    }
}
