//! Rows with named columns, as lines of NDJSON or CSV, or as one array of JSON.

use bytes::Bytes;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::aggregate::Cell;
use crate::api::format::{Format, csv_line, json_line};
use crate::api::problem::Problem;
use crate::message::Timestamp;
use crate::view::ValueView;

/// What is in one column of a row.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum RowCell<'a> {
    Time(Timestamp),
    Text(&'a str),
    Seq(u64),
    Value(Option<&'a ValueView>),
    Cell(&'a Cell),
}

impl RowCell<'_> {
    fn text(&self) -> String {
        match self {
            Self::Time(time) => time.to_string(),
            Self::Text(text) => (*text).to_owned(),
            Self::Seq(seq) => seq.to_string(),
            Self::Value(None) => String::new(),
            Self::Value(Some(ValueView::Bool(value))) => value.to_string(),
            Self::Value(Some(ValueView::Number(value))) => value.to_string(),
            Self::Value(Some(ValueView::Digits(digits))) => digits.get().to_owned(),
            Self::Value(Some(ValueView::Text(text))) => text.clone(),
            Self::Cell(cell) => cell.text(),
        }
    }
}

/// One object of JSON, in the order of the columns.
struct RowObject<'a>(&'a [String], &'a [RowCell<'a>]);

impl Serialize for RowObject<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            object.serialize_entry(column, cell)?;
        }
        object.end()
    }
}

/// Writes rows one after the other.
#[derive(Debug)]
pub(super) struct RowWriter {
    format: Format,
    columns: Vec<String>,
    out: Vec<u8>,
    has_rows: bool,
}

impl RowWriter {
    pub(super) fn new(format: Format, columns: Vec<String>) -> Self {
        let mut out = Vec::new();
        if format.is_csv() {
            csv_line(&mut out, format, columns.iter().map(String::as_str));
        }
        if format == Format::Json {
            out.push(b'[');
        }
        Self {
            format,
            columns,
            out,
            has_rows: false,
        }
    }

    pub(super) fn row(&mut self, cells: &[RowCell<'_>]) -> Result<(), Problem> {
        if self.format.is_csv() {
            let texts: Vec<String> = cells.iter().map(RowCell::text).collect();
            let texts = texts.iter().map(String::as_str);
            csv_line(&mut self.out, self.format, texts);
            return Ok(());
        }
        if self.format == Format::Json && self.has_rows {
            self.out.push(b',');
        }
        self.has_rows = true;
        json_line(&mut self.out, &RowObject(&self.columns, cells))
    }

    /// How many bytes wait to be taken.
    pub(super) fn len(&self) -> usize {
        self.out.len()
    }

    /// What has been written since it was last taken.
    pub(super) fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.out))
    }

    /// Writes what comes behind the last row.
    pub(super) fn end(&mut self) {
        if self.format == Format::Json {
            self.out.extend(b"]\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_the_same_in_each_format() {
        let written = |format, rows: i64| {
            let columns = ["time", "path", "n"].map(str::to_owned).to_vec();
            let mut writer = RowWriter::new(format, columns);
            for at in 0..rows {
                let time = RowCell::Time(Timestamp(at * 1_000_000));
                let cell = Cell::Number(1.5);
                let row = [time, RowCell::Text("=a"), RowCell::Cell(&cell)];
                writer.row(&row).unwrap();
            }
            writer.end();
            String::from_utf8(writer.take().to_vec()).unwrap()
        };
        let [first, second] = ["00", "01"].map(|at| {
            format!("{{\"time\":\"1970-01-01T00:00:{at}Z\",\"path\":\"=a\",\"n\":1.5}}\n")
        });
        assert_eq!(written(Format::Ndjson, 2), format!("{first}{second}"));
        assert_eq!(written(Format::Json, 2), format!("[{first},{second}]\n"));
        assert_eq!(written(Format::Json, 0), "[]\n");
        assert_eq!(
            written(Format::CsvSafe, 1),
            "time,path,n\r\n1970-01-01T00:00:00Z,'=a,1.5\r\n"
        );
    }
}
