//! A batch as COPY rows: what PostgreSQL can't hold is made good here, so that no message is ever
//! refused for what is in it.

use std::borrow::Cow;
use std::ops::Range;

use super::dead_letter::NewDeadLetter;
use super::discovered::Discovered;
use super::noted::Noted;
use crate::message::{DefectCode, Defects, Message};
use crate::store::batch::{MessageRow, NewSample};
use crate::store::dictionary::{Dictionary, NameRefusal};
use crate::store::properties::{flags, properties_to_json};
use crate::store::wire::{CopyRows, clean, holds};

/// The columns of `message_hot`, in the order in which they are written here.
pub(super) const COLUMNS: &str = "seq, received_at, topic_id, flags, slot, client, payload, \
                                  properties, series, times, \"values\", texts";

/// How much is sent at a time: less than a socket holds, so that sending does not wait.
const PIECE_BYTES: usize = 64 * 1024;

/// What a batch comes to beside its rows.
#[derive(Debug, Default)]
pub(in crate::store) struct Encoded {
    pub(super) dead_letters: Vec<NewDeadLetter>,
    /// For each row of the batch its topic and where its series are in `series`.
    pub(in crate::store) placed: Vec<(Option<i32>, Range<usize>)>,
    /// For each sample its series; 0 where it has none.
    pub(in crate::store) series: Vec<i32>,
    /// Messages that are as they should be.
    pub(super) stored: u64,
    /// Messages with a dead letter.
    pub(super) dead_lettered: u64,
    pub(super) samples: u64,
    /// Messages whose topics got no number.
    pub(super) topics_refused: u64,
    /// The size of the rows.
    pub(super) bytes: u64,
    /// What the rows say beside their samples.
    pub(in crate::store) noted: Noted,
    /// What announcements say of series.
    pub(in crate::store) discovered: Box<Discovered>,
}

/// Makes a batch into rows for a slot of `message_hot`, in pieces: the database reads one while
/// the next is made. Topics and series get their numbers on the way.
#[derive(Debug)]
pub(super) struct RowEncoder<'a> {
    slot: i16,
    names: &'a mut Dictionary,
    rows: CopyRows,
    encoded: Encoded,
}

impl<'a> RowEncoder<'a> {
    /// For a slot, and about so many rows.
    pub(super) fn new(slot: i16, names: &'a mut Dictionary, rows: usize) -> Self {
        Self {
            slot,
            names,
            rows: CopyRows::with_capacity(PIECE_BYTES),
            encoded: Encoded {
                placed: Vec::with_capacity(rows),
                series: Vec::with_capacity(rows * 4),
                ..Encoded::default()
            },
        }
    }

    /// A piece to be sent, once there is enough for one.
    pub(super) fn piece(&mut self) -> Option<Vec<u8>> {
        (self.rows.len() >= PIECE_BYTES).then(|| {
            self.encoded.bytes += self.rows.len() as u64;
            self.rows.take(PIECE_BYTES)
        })
    }

    /// The last piece, and what the batch came to.
    pub(super) fn finish(mut self) -> (Vec<u8>, Encoded) {
        let last = self.rows.finish();
        self.encoded.bytes += last.len() as u64;
        (last, self.encoded)
    }

    pub(super) fn add(&mut self, row: &MessageRow) {
        let message = &*row.message;
        let named = self
            .names
            .topic(&message.topic, &message.client, message.received_at);
        let topic_id = match named {
            Ok(id) => id,
            Err(refusal) => return self.add_letter(row, &refusal),
        };
        let first = self.encoded.series.len();
        let defects = place(row, self.names, &mut self.encoded.series);
        let series = &self.encoded.series[first..];
        let rows = &mut self.rows;

        rows.row(12);
        rows.int8(message.offset.0.cast_signed());
        rows.instant(message.received_at);
        rows.int4(topic_id);
        rows.int2(flags(message));
        rows.int2(self.slot);
        rows.bytes(clean(&message.client.0).as_bytes());
        rows.bytes(&message.payload);
        match &message.properties {
            Some(properties) => rows.jsonb(properties_to_json(properties).to_string().as_bytes()),
            None => rows.null(),
        }
        let kept = series.iter().filter(|series| **series != 0).count();
        if kept == series.len() {
            encode_samples(message, series, row.samples.iter(), rows);
        } else {
            let (series, samples): (Vec<i32>, Vec<&NewSample>) = series
                .iter()
                .zip(&row.samples)
                .filter(|(series, _)| **series != 0)
                .unzip();
            encode_samples(message, &series, samples.into_iter(), rows);
        }

        self.encoded.samples += kept as u64;
        let placed = first..self.encoded.series.len();
        self.encoded.placed.push((Some(topic_id), placed));
        if defects.is_empty() {
            self.encoded.stored += 1;
        } else {
            self.encoded.dead_lettered += 1;
            let letter = NewDeadLetter::about(message, topic_id, &defects);
            self.encoded.dead_letters.push(letter);
        }
    }

    /// Adds a message whose topic has no number, as a dead letter that has all of it.
    fn add_letter(&mut self, row: &MessageRow, refusal: &NameRefusal) {
        let mut defects = row.defects.clone();
        defects.add(DefectCode::TooManyTopics, None, || refusal.to_string());
        let letter = NewDeadLetter::whole(&row.message, &defects);
        self.encoded.dead_letters.push(letter);
        self.encoded.dead_lettered += 1;
        self.encoded.topics_refused += 1;
        let end = self.encoded.series.len();
        self.encoded.placed.push((None, end..end));
    }
}

/// Finds the series of the samples of a row, whose topic is known, and adds them to `series`: 0 where
/// there is none. What is wrong with the row then.
pub(in crate::store) fn place<'a>(
    row: &'a MessageRow,
    names: &mut Dictionary,
    series: &mut Vec<i32>,
) -> Cow<'a, Defects> {
    let mut defects = Cow::Borrowed(&row.defects);
    let series_max = row.remarks.as_ref().and_then(|it| it.series_max);
    for sample in &row.samples {
        let mut note = |code, text: &dyn Fn() -> String| {
            defects.to_mut().add(code, Some(&sample.path), text);
        };
        if !holds(sample.time) {
            note(DefectCode::TimeOutOfRange, &|| {
                "a time that the database can't hold".to_owned()
            });
        }
        if sample.path.contains('\0') || sample.text.as_ref().is_some_and(|it| it.contains('\0')) {
            note(DefectCode::ZeroInText, &|| {
                "U+0000, which the database can't hold; U+FFFD stands in its place".to_owned()
            });
        }
        let path = clean(&sample.path);
        let found = names.series(&row.message.topic, &path, sample.kind, series_max);
        if let Err(refusal) = &found {
            note(DefectCode::TooManySeries, &|| refusal.to_string());
        }
        series.push(found.unwrap_or(0));
    }
    defects
}

fn encode_samples<'a>(
    message: &Message,
    series: &[i32],
    samples: impl ExactSizeIterator<Item = &'a NewSample> + Clone,
    rows: &mut CopyRows,
) {
    if series.is_empty() {
        (0..4).for_each(|_| rows.null());
        return;
    }
    rows.int4_array(series.iter().copied());
    if samples
        .clone()
        .all(|sample| sample.time == message.received_at)
    {
        rows.null();
    } else {
        rows.instant_array(samples.clone().map(|sample| sample.time));
    }
    rows.float8_array(samples.clone().map(|sample| sample.value));
    if samples.clone().all(|sample| sample.text.is_none()) {
        rows.null();
    } else {
        let texts: Vec<Option<Cow<'_, str>>> = samples
            .map(|sample| sample.text.as_deref().map(clean))
            .collect();
        rows.text_array(texts.iter().map(Option::as_deref));
    }
}
