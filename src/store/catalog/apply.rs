//! Taking a committed batch into the catalog.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::data::CatalogData;
use super::lookup::Catalog;
use super::state::{SeriesState, TopicState};
use crate::message::{Message, Offset, SeriesText, TimeSource, Timestamp};
use crate::store::answer::{RawSample, SeriesKind};
use crate::store::batch::{NewSample, RowBatch};
use crate::store::dictionary::NewNames;
use crate::store::write::Encoded;

/// What a batch has on one topic.
struct TopicRun<'a> {
    messages: u64,
    bytes: u64,
    last: &'a Message,
    /// The last message that has event times, and how far the newest of these is ahead of its
    /// receipt, in microseconds.
    skew: Option<(&'a Message, i64)>,
}

/// What a batch has of one series.
struct LastSample<'a> {
    topic_id: i32,
    seq: Offset,
    sample: &'a NewSample,
    /// What a rule says of it.
    ruled: Option<&'a SeriesText>,
}

impl Catalog {
    /// Shows what `batch` brought.
    pub(in crate::store) fn apply(&self, batch: &RowBatch, encoded: &Encoded, news: &NewNames) {
        let now = Timestamp::now();
        let mut runs: HashMap<i32, TopicRun<'_>, FixedState> = HashMap::default();
        let mut said: HashMap<i32, (i32, &Arc<str>), FixedState> = HashMap::default();
        let mut last: HashMap<i32, LastSample<'_>, FixedState> = HashMap::default();
        for (row, (topic_id, placed)) in batch.rows.iter().zip(&encoded.placed) {
            let Some(topic_id) = *topic_id else {
                continue;
            };
            let message = &*row.message;
            let run = runs.entry(topic_id).or_insert(TopicRun {
                messages: 0,
                bytes: 0,
                last: message,
                skew: None,
            });
            run.messages += 1;
            run.bytes += message.payload.len() as u64;
            run.last = message;
            let samples = encoded.series[placed.clone()].iter().zip(&row.samples);
            let remarks = row.remarks.as_deref();
            let past = remarks.map_or(&[][..], |remarks| &remarks.historical);
            let mut ruled = remarks.map_or(&[][..], |remarks| &remarks.ruled);
            let mut newest = None;
            for (place, (series, sample)) in samples.enumerate() {
                let text = ruled.first().filter(|(at, _)| *at == place);
                ruled = &ruled[usize::from(text.is_some())..];
                if past.is_empty() || past.binary_search(&place).is_err() {
                    let of_series = LastSample {
                        topic_id,
                        seq: message.offset,
                        sample,
                        ruled: text.map(|(_, text)| text),
                    };
                    last.insert(*series, of_series);
                    if sample.time_source != TimeSource::Receipt {
                        newest = newest.max(Some(sample.time));
                    }
                }
            }
            if let Some(newest) = newest {
                let skew_us = newest.0.saturating_sub(message.received_at.0);
                run.skew = Some((message, skew_us));
            }
            for (place, unit) in remarks.map_or(&[][..], |remarks| &remarks.said_units) {
                let series = encoded.series.get(placed.start + place);
                said.extend(series.map(|series| (*series, (topic_id, unit))));
            }
        }
        let mut inner = self.write();
        inner.put_names(news);
        for (series, of_series) in last {
            let LastSample {
                topic_id,
                seq,
                sample,
                ruled,
            } = of_series;
            let time_source = sample.time_source;
            let sample = RawSample {
                time: sample.time,
                seq,
                value: sample.value,
                text: sample.text.clone(),
            };
            inner.sample((topic_id, series), sample, time_source, ruled);
        }
        for (series, (topic_id, unit)) in &encoded.noted.units {
            inner.note_unit(*topic_id, *series, unit);
        }
        for (series, (topic_id, text)) in &encoded.discovered.texts {
            inner.note_discovered(*topic_id, *series, text);
        }
        for (series, (topic_id, unit)) in said {
            inner.note_said_unit(topic_id, series, unit);
        }
        for (topic_id, mark) in &encoded.noted.stale {
            inner.note_stale(*topic_id, |before| mark.beside(before));
        }
        for (topic_id, run) in runs {
            if let Some((message, skew_us)) = run.skew {
                inner.note_skew(topic_id, skew_us);
                inner.clocks.note(message, skew_us);
            }
            inner.count(topic_id, run.messages, run.bytes, run.last, now);
        }
        inner.advance(batch.next);
    }
}

impl Catalog {
    /// Shows series that were made without a batch.
    pub(in crate::store) fn apply_names(&self, news: &NewNames) {
        self.write().put_names(news);
    }
}

impl CatalogData {
    fn put_names(&mut self, news: &NewNames) {
        for new in &news.topics {
            let mut state = TopicState::new(new.topic.clone(), new.id);
            state.first_seen = new.first_seen;
            self.add_topic(state);
        }
        for new in &news.series {
            let series = SeriesState::new(new.id, new.path.clone(), new.kind);
            self.put_series(new.topic_id, series);
        }
        for widened in &news.widened {
            let path = widened.path.clone();
            let series = SeriesState::new(widened.id, path, SeriesKind::Mixed);
            self.put_series(widened.topic_id, series);
        }
    }
}
