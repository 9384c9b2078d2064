//! Several series on one axis of time: a column for each.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::aggregate::{Aggregates, BucketTable, Cell, Fill};
use super::row::{RowCell, RowWriter};
use crate::api::format::Format;
use crate::api::problem::{Kind, Problem};
use crate::message::Timestamp;
use crate::store::{SampleSet, Samples, SeriesSamples};
use crate::view::ValueView;

/// A table has no more cells, empty ones counted.
const CELLS_MAX: usize = 2_000_000;

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
        let (count, entry) = (rows.len(), rows.entry(time));
        if matches!(entry, Entry::Vacant(_)) && (count + 1) * width > CELLS_MAX {
            return Err(too_large());
        }
        let row = entry.or_insert_with(|| std::iter::repeat_with(|| None).take(width).collect());
        row[column] = Some(value);
        Ok(())
    };
    for (at, series) in set.series.iter().enumerate() {
        let first = at * per_series;
        match &series.samples {
            Samples::Raw(samples) => {
                columns.push(name(series));
                for sample in samples {
                    let value = Wide::Value(ValueView::new(series.kind, sample));
                    put(sample.time, first, value)?;
                }
            }
            Samples::Buckets(buckets) => {
                let names = aggregates.0.iter().map(|it| match per_series {
                    1 => name(series),
                    _ => format!("{} {}", name(series), it.name),
                });
                columns.extend(names);
                let table = BucketTable::new(series, buckets, fill);
                for (start, cells) in table.rows(aggregates) {
                    for (column, cell) in (first..).zip(cells) {
                        put(start, column, Wide::Cell(cell))?;
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

/// The table would be more than an answer may have.
pub(super) fn too_large() -> Problem {
    Problem::new(
        Kind::BadParameter,
        "the table would be too large: ask for less time, fewer series or wider buckets",
    )
}

/// What the column of a series is called: its topic, and its path where it has one.
fn name(series: &SeriesSamples) -> String {
    match &*series.path {
        "" => series.topic.to_string(),
        path => format!("{} {path}", series.topic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Offset, TimeSource, Topic};
    use crate::store::{RawSample, SeriesKind};

    /// So many series with so many samples each, all at other times.
    fn set(series: u32, samples: u32) -> SampleSet {
        let of = |place: u32| SeriesSamples {
            topic: Topic::new(format!("t/{place}")).unwrap(),
            path: "".into(),
            kind: SeriesKind::Number,
            unit: None,
            description: None,
            time_source: TimeSource::Receipt,
            before: None,
            samples: Samples::Raw(
                (0..samples)
                    .map(|at| RawSample {
                        time: Timestamp(i64::from(at * series + place)),
                        seq: Offset(1),
                        value: Some(1.0),
                        text: None,
                    })
                    .collect(),
            ),
        };
        SampleSet {
            grid: None,
            complete_to: Offset(1),
            truncated: false,
            series: (0..series).map(of).collect(),
        }
    }

    #[test]
    fn a_table_with_hardly_anything_in_it_is_not_made() {
        let table = |series, samples| {
            let set = set(series, samples);
            wide(&set, &Aggregates::usual(), Fill::None, Format::Csv)
        };
        let text = table(10, 20).unwrap().take();
        let lines = std::str::from_utf8(&text).unwrap().lines();
        assert_eq!(lines.count(), 201);
        assert!(table(100, 300).is_err());
    }
}
