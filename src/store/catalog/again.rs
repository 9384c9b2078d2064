//! What changes in the catalog where messages are decoded again.

use super::lookup::Catalog;
use crate::message::{Offset, Scope};
use crate::store::answer::RawSample;
use crate::store::redecoding::LastText;

impl Catalog {
    /// The numbers of the topics of a scope.
    pub(in crate::store) fn ids_of(&self, scope: &Scope) -> Vec<i32> {
        self.find_topics(scope, false).ids
    }

    /// The series of a topic whose last sample came up to and with `seq`.
    pub(in crate::store) fn series_up_to(&self, topic_id: i32, seq: Offset) -> Vec<i32> {
        let data = self.read();
        let series = data.topic(topic_id).map_or(&[][..], |topic| &topic.series);
        let is_older = |last: &Option<RawSample>| last.as_ref().is_none_or(|it| it.seq <= seq);
        let older = series.iter().filter(|series| is_older(&series.last));
        older.map(|series| series.id).collect()
    }

    /// Takes series of a topic out.
    pub(in crate::store) fn remove_series(&self, topic_id: i32, ids: &[i32]) {
        self.write().remove_series(topic_id, ids);
    }

    /// Remembers the last sample of a series, and what was said of it, where that is known.
    pub(in crate::store) fn put_last(
        &self,
        (topic_id, series_id): (i32, i32),
        sample: RawSample,
        text: Option<&LastText>,
    ) {
        let mut data = self.write();
        if let Some(text) = text {
            let ruled = text.ruled.as_ref();
            data.sample((topic_id, series_id), sample, text.time_source, ruled);
            if let Some(unit) = &text.said_unit {
                data.note_said_unit(topic_id, series_id, unit);
            }
        } else if let Some(topic) = data.topic_mut(topic_id)
            && let Some(series) = topic.series_mut(series_id)
        {
            series.last = Some(sample);
            series.dirty = true;
            topic.dirty = true;
        }
    }
}
