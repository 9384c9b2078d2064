//! Samples as NDJSON and CSV, streamed with constant memory.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;

use super::asker::Asker;
use super::bucket_row::{CSV_COLUMNS, bucket_line};
use super::format::{Format, csv_line, json_line};
use super::problem::Problem;
use super::readers::Readers;
use crate::message::{Scope, Timestamp, Topic, TopicFilter};
use crate::store::{RawSample, Resolution, SampleQuery, SampleSet, Samples, SeriesSamples, Store};
use crate::view::ValueView;

/// How many samples are read at a time.
const PIECE: usize = 5000;
/// How many topics' series are known at a time.
const TOPICS: usize = 100;

/// Every sample that `query` asks for, series by series, `limit` in all.
pub(super) fn raw(
    (readers, asker): (&Readers, &Asker),
    store: Store,
    mut query: SampleQuery,
    limit: usize,
    format: Format,
) -> Result<Response, Problem> {
    query.up_to.get_or_insert(store.complete_to());
    let export = Export {
        store,
        query,
        left: limit,
        topics: None,
        series: VecDeque::new(),
        seen: None,
        piece: PIECE,
    };
    let (threads, head) = (readers.clone(), head(format, true));
    let body = readers.stream(
        asker.changed(),
        stream::try_unfold((export, head), move |(mut export, mut out)| {
            let readers = threads.clone();
            let piece = async move {
                while let Some(samples) = export.next().await? {
                    for sample in &samples {
                        line(&mut out, format, sample)?;
                    }
                    if !out.is_empty() {
                        break;
                    }
                }
                // The head alone, where there is no sample.
                Ok((!out.is_empty()).then(|| (Bytes::from(out), (export, Vec::new()))))
            };
            async move { readers.go_on(piece).await }
        }),
    )?;
    Ok(format.respond(body))
}

/// An answer in buckets, or raw where there are few, which has an end that is known.
pub(super) fn buckets(
    (readers, asker): (&Readers, &Asker),
    set: SampleSet,
    format: Format,
) -> Result<Response, Problem> {
    let (threads, head) = (readers.clone(), head(format, set.every.is_none()));
    let body = readers.stream(
        asker.changed(),
        stream::try_unfold(
            (set.series.into_iter(), head),
            move |(mut series, mut out)| {
                let readers = threads.clone();
                let piece = async move {
                    // A series may have no row, and an empty piece would be the end.
                    for series in series.by_ref() {
                        lines(&mut out, format, &series)?;
                        if !out.is_empty() {
                            break;
                        }
                    }
                    Ok((!out.is_empty()).then(|| (Bytes::from(out), (series, Vec::new()))))
                };
                async move { readers.go_on(piece).await }
            },
        ),
    )?;
    Ok(format.respond(body))
}

/// What an export begins with.
fn head(format: Format, is_raw: bool) -> Vec<u8> {
    let mut head = Vec::new();
    if format == Format::Csv && is_raw {
        csv_line(&mut head, ["time", "topic", "path", "seq", "value"]);
    } else if format == Format::Csv {
        csv_line(&mut head, CSV_COLUMNS);
    }
    head
}

/// The lines of one series.
fn lines(out: &mut Vec<u8>, format: Format, series: &SeriesSamples) -> Result<(), Problem> {
    match &series.samples {
        Samples::Raw(samples) => {
            for sample in samples {
                line(out, format, &SampleRow::new(series, sample))?;
            }
        }
        Samples::Buckets(buckets) => {
            for bucket in buckets {
                bucket_line(out, format, series, bucket)?;
            }
        }
    }
    Ok(())
}

/// One sample of some series.
#[derive(Debug, Serialize)]
struct SampleRow {
    time: Timestamp,
    topic: Topic,
    path: Arc<str>,
    seq: u64,
    value: Option<ValueView>,
}

impl SampleRow {
    fn new(series: &SeriesSamples, sample: &RawSample) -> Self {
        Self {
            time: sample.time,
            topic: series.topic.clone(),
            path: Arc::clone(&series.path),
            seq: sample.seq.0,
            value: ValueView::new(series.kind, sample),
        }
    }
}

fn line(out: &mut Vec<u8>, format: Format, row: &SampleRow) -> Result<(), Problem> {
    if format != Format::Csv {
        return json_line(out, row);
    }
    let value = match &row.value {
        None => String::new(),
        Some(ValueView::Bool(value)) => value.to_string(),
        Some(ValueView::Number(value)) => value.to_string(),
        Some(ValueView::Digits(digits)) => digits.get().to_owned(),
        Some(ValueView::Text(text)) => text.clone(),
    };
    let (time, seq) = (row.time.to_string(), row.seq.to_string());
    csv_line(out, [&*time, row.topic.as_str(), &row.path, &seq, &value]);
    Ok(())
}

/// Goes through topics, their series, and these series' samples by time.
struct Export {
    store: Store,
    query: SampleQuery,
    left: usize,
    /// Up to where topics have been taken; `None` at the beginning.
    topics: Option<Topic>,
    /// Series whose turn is yet to come; the first is being read.
    series: VecDeque<(Topic, Arc<str>)>,
    /// In the series being read: the last time seen, and how many samples of that time.
    seen: Option<(Timestamp, usize)>,
    piece: usize,
}

impl Export {
    /// The next samples; none at the end.
    async fn next(&mut self) -> Result<Option<Vec<SampleRow>>, Problem> {
        if self.left == 0 {
            return Ok(None);
        }
        let Some((topic, path)) = self.series.front().cloned() else {
            return Ok(self.more_series().then(Vec::new));
        };
        let (from, skip) = self.seen.unwrap_or((self.query.from, 0));
        let piece = SampleQuery {
            scope: Scope::unrestricted(
                TopicFilter::new(topic.as_str()).map_err(Problem::internal)?,
            ),
            path: Some(path.as_ref().to_owned()),
            from,
            to: self.query.to,
            up_to: self.query.up_to,
            resolution: Resolution::Raw(self.piece),
            series_limit: 1,
        };
        let set = self.store.samples(&piece).await?;
        let rows: Vec<SampleRow> = set
            .series
            .first()
            .map(|series| match &series.samples {
                Samples::Raw(samples) => {
                    samples.iter().map(|s| SampleRow::new(series, s)).collect()
                }
                Samples::Buckets(_) => Vec::new(),
            })
            .unwrap_or_default();
        let full = rows.len() >= self.piece;
        let fresh = self.after(rows, from, skip);
        if !full {
            self.series.pop_front();
            self.seen = None;
            self.piece = PIECE;
        } else if fresh.is_empty() {
            // More samples at one instant than fit in a piece.
            self.piece *= 2;
        }
        Ok(Some(fresh))
    }

    /// Takes from `rows`, which begin at `from`, those that were not there before.
    fn after(&mut self, mut rows: Vec<SampleRow>, from: Timestamp, skip: usize) -> Vec<SampleRow> {
        if let Some(last) = rows.last().map(|row| row.time) {
            let same = rows.iter().rev().take_while(|row| row.time == last).count();
            self.seen = Some((last, same));
        }
        let known = rows.iter().take_while(|row| row.time == from).count();
        rows.drain(..skip.min(known));
        rows.truncate(self.left);
        self.left -= rows.len();
        rows
    }

    /// Finds the next topics' series; false where there are no more topics.
    fn more_series(&mut self) -> bool {
        let topics = self
            .store
            .latest(&self.query.scope, self.topics.as_ref(), TOPICS);
        let Some(last) = topics.last() else {
            return false;
        };
        self.topics = Some(last.topic.clone());
        for latest in topics {
            let wanted = latest.series.into_iter().filter(|series| {
                self.query
                    .path
                    .as_deref()
                    .is_none_or(|path| path == &*series.path)
            });
            self.series
                .extend(wanted.map(|series| (latest.topic.clone(), series.path)));
        }
        true
    }
}
