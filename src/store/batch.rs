//! What the mirror hands to the store.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;

use super::answer::SeriesKind;
use crate::message::{
    Birth, BirthChange, BornMetric, Defect, Defects, DescribedSeries, Message, Offset, Properties,
    SeriesText, TimeSource, Timestamp, Topic,
};

/// A run of the journal, decoded: everything in `first..next`. Records that are no messages have
/// no row.
#[derive(Debug, Clone)]
pub struct RowBatch {
    /// Where the cursor has to stand for the batch to be taken.
    pub first: Offset,
    /// Where it will stand then.
    pub next: Offset,
    /// The messages, by offset.
    pub rows: Vec<MessageRow>,
    /// The messages of which nothing is to be stored, by offset.
    pub left_out: Vec<Offset>,
}

/// One message and what was decoded from it.
#[derive(Debug, Clone)]
pub struct MessageRow {
    pub message: Arc<Message>,
    pub samples: Vec<NewSample>,
    /// What is wrong with it; noted as a dead letter.
    pub defects: Defects,
    /// What else it says; few do.
    pub remarks: Option<Box<Remarks>>,
}

/// What a message says beside its samples.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remarks {
    /// The units of samples that a birth says, by their places among them.
    pub units: Vec<(usize, Arc<str>)>,
    /// The same as the payload itself says it, with each message anew.
    pub said_units: Vec<(usize, Arc<str>)>,
    /// The places of samples of the past, in their order: they do not become last values.
    pub historical: Vec<usize>,
    /// What rules say of samples, by their places; where nothing is said any longer, nothing is.
    pub ruled: Vec<(usize, SeriesText)>,
    /// How many series its topic may have, where a rule says so.
    pub series_max: Option<usize>,
    /// What it changes in what is remembered of births.
    pub births: Vec<BirthChange>,
    /// What it says of series of other topics, in place of what was said on its topic before.
    pub described: Option<Vec<DescribedSeries>>,
    /// Topics whose values are no longer true from a time on, or (with `None`) are true again.
    pub stale: Vec<(Topic, Option<Timestamp>)>,
}

/// One sample, not yet in a series.
#[derive(Debug, Clone, PartialEq)]
pub struct NewSample {
    /// The JSON Pointer of its place in the payload.
    pub path: String,
    /// When it was true.
    pub time: Timestamp,
    /// Who says so.
    pub time_source: TimeSource,
    /// The number, or 1 and 0 for `true` and `false`.
    pub value: Option<f64>,
    /// The text; of a number that a double does not hold its digits.
    pub text: Option<String>,
    pub kind: SeriesKind,
}

impl MessageRow {
    /// About how much memory it takes, its samples and their names included.
    pub fn bytes(&self) -> usize {
        let samples: usize = self.samples.iter().map(NewSample::bytes).sum();
        let message = &*self.message;
        let properties = message.properties.as_ref().map_or(0, |properties| {
            let user = properties.user.iter();
            let user: usize = user
                .map(|(name, value)| 64 + name.len() + value.len())
                .sum();
            let data = properties.correlation_data.as_ref().map_or(0, Bytes::len);
            let content_type = properties
                .content_type
                .as_ref()
                .map_or(0, |text| text.len());
            size_of::<Properties>() + user + data + content_type
        });
        let defects: usize = (self.defects.all().iter())
            .map(|one| {
                size_of::<Defect>() + one.text.len() + one.path.as_ref().map_or(0, String::len)
            })
            .sum();
        size_of::<Self>()
            + size_of::<Message>()
            + message.payload.len()
            + message.topic.as_str().len()
            + properties
            + samples
            + defects
            + self.remarks.as_ref().map_or(0, |remarks| remarks.bytes())
    }
}

impl Remarks {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Keeps what is said of the samples that had these places, which are now those of all.
    pub fn keep(&mut self, places: &[usize]) {
        let place = |before: usize| places.binary_search(&before).ok();
        for units in [&mut self.units, &mut self.said_units] {
            let kept = units
                .drain(..)
                .filter_map(|(at, unit)| Some((place(at)?, unit)));
            *units = kept.collect();
        }
        self.historical = self.historical.drain(..).filter_map(place).collect();
    }

    fn bytes(&self) -> usize {
        let births = self.births.iter().map(|change| match change {
            BirthChange::Born(birth) => {
                let metrics = birth.metrics.iter();
                let names: usize = metrics
                    .map(|metric| size_of::<BornMetric>() + metric.name.len())
                    .sum();
                size_of::<Birth>() + names
            }
            BirthChange::NodeGone { .. } | BirthChange::DeviceGone { .. } => 0,
        });
        let described = self.described.iter().flatten();
        let described = described.map(|series| {
            let texts = [&series.text.unit, &series.text.description];
            let texts = texts.into_iter().flatten().map(|text| 16 + text.len());
            size_of::<DescribedSeries>() + 16 + series.path.len() + texts.sum::<usize>()
        });
        let stale = self.stale.iter().map(|(topic, _)| topic.as_str().len());
        size_of::<Self>()
            + (self.units.len() + self.said_units.len()) * (size_of::<(usize, Arc<str>)>() + 16)
            + size_of_val(&*self.ruled)
            + size_of_val(&*self.historical)
            + size_of_val(&*self.births)
            + births.sum::<usize>()
            + described.sum::<usize>()
            + size_of_val(&*self.stale)
            + stale.sum::<usize>()
    }
}

impl NewSample {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.path.capacity() + self.text.as_ref().map_or(0, String::capacity)
    }
}

impl RowBatch {
    /// What of it is not below `cursor`.
    #[must_use]
    pub fn after(mut self, cursor: Offset) -> Self {
        if self.first < cursor {
            self.first = cursor;
            self.next = self.next.max(cursor);
            self.rows.retain(|row| row.message.offset >= cursor);
            self.left_out.retain(|offset| *offset >= cursor);
        }
        self
    }

    /// Its first `rows` messages, and the records that follow them without a message; all of it
    /// where there are no more.
    pub(super) fn head(&self, rows: usize) -> Cow<'_, Self> {
        match self.rows.get(rows) {
            None => Cow::Borrowed(self),
            Some(beyond) => {
                let next = beyond.message.offset;
                let left_out = self.left_out.iter().copied();
                Cow::Owned(Self {
                    first: self.first,
                    next,
                    rows: self.rows[..rows].to_vec(),
                    left_out: left_out.take_while(|offset| *offset < next).collect(),
                })
            }
        }
    }
}
