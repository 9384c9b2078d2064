//! Taking a committed batch into the catalog.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::{Catalog, SeriesState, TopicState};
use crate::message::{Message, Timestamp};
use crate::store::batch::Batch;
use crate::store::encode::Encoded;
use crate::store::{RawSample, SeriesKind};

/// What a batch has on one topic.
struct Run<'a> {
    messages: u64,
    bytes: u64,
    last: &'a Message,
}

impl Catalog {
    /// Shows what `batch` brought.
    pub(in crate::store) fn apply(&self, batch: &Batch, encoded: &Encoded) {
        let now = Timestamp::now();
        let mut runs: HashMap<i32, Run<'_>, FixedState> = HashMap::default();
        let mut inner = self.write();
        for new in &encoded.news.topics {
            let mut state = TopicState::new(new.topic.clone(), new.id);
            state.first_seen = new.first_seen;
            inner.add_topic(state);
        }
        for new in &encoded.news.series {
            let series = SeriesState::new(new.id, new.path.clone(), new.kind);
            inner.put_series(new.topic_id, series);
        }
        for widened in &encoded.news.widened {
            let path = widened.path.clone();
            let series = SeriesState::new(widened.id, path, SeriesKind::Mixed);
            inner.put_series(widened.topic_id, series);
        }
        for (row, (topic_id, placed)) in batch.rows.iter().zip(&encoded.placed) {
            let Some(topic_id) = *topic_id else {
                continue;
            };
            let message = &*row.message;
            let run = runs.entry(topic_id).or_insert(Run {
                messages: 0,
                bytes: 0,
                last: message,
            });
            run.messages += 1;
            run.bytes += message.payload.len() as u64;
            run.last = message;
            for (series, sample) in encoded.series[placed.clone()].iter().zip(&row.samples) {
                let sample = RawSample {
                    time: sample.time,
                    seq: message.offset,
                    value: sample.value,
                    text: sample.text.clone(),
                };
                inner.sample(topic_id, *series, sample);
            }
        }
        for (topic_id, run) in runs {
            inner.count(topic_id, run.messages, run.bytes, run.last, now);
        }
        inner.advance(batch.next);
    }
}
