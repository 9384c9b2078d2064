//! Several series on one axis of time: a column for each.

use std::collections::BTreeMap;

use super::aggregate::{Aggregates, BucketTable, Cell, Fill};
use super::row::{RowCell, RowWriter};
use crate::api::format::Format;
use crate::api::problem::Problem;
use crate::message::Timestamp;
use crate::store::{SampleSet, Samples, SeriesSamples};
use crate::view::ValueView;

/// What a column has at one time.
#[derive(Debug)]
enum Wide {
    Value(Option<ValueView>),
    Cell(Cell),
}

/// The series of an answer as one table. Of two samples of a series at one time, the last counts.
pub(super) fn wide(
    set: &SampleSet,
    aggregates: &Aggregates,
    fill: Fill,
    format: Format,
) -> Result<RowWriter, Problem> {
    let per_series = if set.grid.is_some() {
        aggregates.0.len()
    } else {
        1
    };
    let mut columns = vec!["time".to_owned()];
    let mut rows: BTreeMap<Timestamp, Vec<Option<Wide>>> = BTreeMap::new();
    let width = set.series.len() * per_series;
    let mut put = |time: Timestamp, column: usize, value: Wide| {
        let row = rows.entry(time);
        let row = row.or_insert_with(|| std::iter::repeat_with(|| None).take(width).collect());
        row[column] = Some(value);
    };
    for (at, series) in set.series.iter().enumerate() {
        let first = at * per_series;
        match &series.samples {
            Samples::Raw(samples) => {
                columns.push(name(series));
                for sample in samples {
                    let value = Wide::Value(ValueView::new(series.kind, sample));
                    put(sample.time, first, value);
                }
            }
            Samples::Buckets(buckets) => {
                let names = aggregates.0.iter().map(|it| match per_series {
                    1 => name(series),
                    _ => format!("{} {}", name(series), it.name),
                });
                columns.extend(names);
                let table = BucketTable {
                    buckets,
                    kind: series.kind,
                    fill,
                    before: series.before.as_ref(),
                };
                for (start, cells) in table.rows(aggregates) {
                    for (column, cell) in (first..).zip(cells) {
                        put(start, column, Wide::Cell(cell));
                    }
                }
            }
        }
    }
    let mut writer = RowWriter::new(format, columns);
    for (time, cells) in &rows {
        let mut row = vec![RowCell::Time(*time)];
        row.extend(cells.iter().map(|cell| match cell {
            None => RowCell::Value(None),
            Some(Wide::Value(value)) => RowCell::Value(value.as_ref()),
            Some(Wide::Cell(cell)) => RowCell::Cell(cell),
        }));
        writer.row(&row)?;
    }
    writer.end();
    Ok(writer)
}

/// What the column of a series is called: its topic, and its path where it has one.
fn name(series: &SeriesSamples) -> String {
    match &*series.path {
        "" => series.topic.to_string(),
        path => format!("{} {path}", series.topic),
    }
}
