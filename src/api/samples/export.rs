//! Samples as rows, streamed with constant memory.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::response::Response;
use futures_util::stream;

use super::aggregate::{Aggregates, BucketTable, Fill};
use super::row::{RowCell, RowWriter};
use crate::api::asker::Asker;
use crate::api::format::Format;
use crate::api::problem::Problem;
use crate::api::readers::Readers;
use crate::message::{Scope, Timestamp, Topic, TopicFilter};
use crate::store::{RawSample, Resolution, SampleQuery, SampleSet, Samples, SeriesSamples, Store};
use crate::view::ValueView;

/// How many samples are read at a time.
const PIECE: usize = 5000;
/// How many topics' series are known at a time.
const TOPICS: usize = 100;

/// The columns of raw samples.
const RAW: [&str; 5] = ["time", "topic", "path", "seq", "value"];

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
    let writer = RowWriter::new(format, RAW.map(str::to_owned).to_vec());
    let threads = readers.clone();
    let body = readers.stream(
        asker.changed(),
        stream::try_unfold(Some((export, writer)), move |state| {
            let readers = threads.clone();
            let piece = async move {
                let Some((mut export, mut writer)) = state else {
                    return Ok(None);
                };
                while let Some(samples) = export.next().await? {
                    for sample in &samples {
                        writer.row(&sample.cells())?;
                    }
                    if writer.len() > 0 {
                        return Ok(Some((writer.take(), Some((export, writer)))));
                    }
                }
                writer.end();
                // The head alone, where there is no sample.
                Ok((writer.len() > 0).then(|| (writer.take(), None)))
            };
            async move { readers.go_on(piece).await }
        }),
    )?;
    Ok(format.respond(body))
}

/// An answer in buckets, or raw where there are few, which has an end that is known.
pub(super) fn rows(
    (readers, asker): (&Readers, &Asker),
    set: SampleSet,
    (aggregates, fill): (Aggregates, Fill),
    format: Format,
) -> Result<Response, Problem> {
    let writer = RowWriter::new(format, columns(&set, &aggregates));
    let threads = readers.clone();
    let state = Some((set.series.into_iter(), writer, Arc::new(aggregates)));
    let body = readers.stream(
        asker.changed(),
        stream::try_unfold(state, move |state| {
            let readers = threads.clone();
            let piece = async move {
                let Some((mut series, mut writer, aggregates)) = state else {
                    return Ok(None);
                };
                // A series may have no row, and an empty piece would be the end.
                for series in series.by_ref() {
                    write(&mut writer, &series, (&aggregates, fill))?;
                    if writer.len() > 0 {
                        break;
                    }
                }
                let is_last = series.len() == 0;
                if is_last {
                    writer.end();
                }
                let next = (!is_last).then_some((series, aggregates));
                let piece = writer.take();
                let next = next.map(|(series, aggregates)| (series, writer, aggregates));
                Ok((!piece.is_empty()).then_some((piece, next)))
            };
            async move { readers.go_on(piece).await }
        }),
    )?;
    Ok(format.respond(body))
}

fn columns(set: &SampleSet, aggregates: &Aggregates) -> Vec<String> {
    if set.grid.is_none() {
        return RAW.map(str::to_owned).to_vec();
    }
    let columns = ["time", "topic", "path"].map(str::to_owned);
    let aggregates = aggregates.0.iter().map(|it| it.name.clone());
    columns.into_iter().chain(aggregates).collect()
}

/// The rows of one series.
fn write(
    writer: &mut RowWriter,
    series: &SeriesSamples,
    (aggregates, fill): (&Aggregates, Fill),
) -> Result<(), Problem> {
    match &series.samples {
        Samples::Raw(samples) => {
            for sample in samples {
                writer.row(&SampleRow::new(series, sample).cells())?;
            }
        }
        Samples::Buckets(buckets) => {
            let (topic, path) = (series.topic.as_str(), &*series.path);
            let table = BucketTable::new(series, buckets, fill);
            for (start, cells) in table.rows(aggregates) {
                let head = [
                    RowCell::Time(start),
                    RowCell::Text(topic),
                    RowCell::Text(path),
                ];
                let row = head.into_iter().chain(cells.iter().map(RowCell::Cell));
                writer.row(&row.collect::<Vec<_>>())?;
            }
        }
    }
    Ok(())
}

/// One sample of some series.
#[derive(Debug)]
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

    fn cells(&self) -> [RowCell<'_>; 5] {
        [
            RowCell::Time(self.time),
            RowCell::Text(self.topic.as_str()),
            RowCell::Text(&self.path),
            RowCell::Seq(self.seq),
            RowCell::Value(self.value.as_ref()),
        ]
    }
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
            carries: false,
            with_gaps: false,
            details: None,
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
