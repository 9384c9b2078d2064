//! The way from a tree of values to samples: names by JSON Pointer, bounds, and the event time.
//! Every structured format walks here.
//!
//! What comes of a payload takes at most 32 times its size and 128 KiB: samples and embedded bytes
//! are counted, and the names, of which each level repeats those above it, have a budget.

use std::ops::Range;

use super::bounds::{
    DEPTH_MAX, EMBEDDED_MAX, PATH_BYTES_MAX, PATHS_BYTES_BASE, PATHS_BYTES_FACTOR, SAMPLES_MAX,
    TEXT_BYTES_MAX,
};
use super::embedded::{Embedded, WantedPart};
use super::event_time::{self, TimeForm};
use super::image_size::{ImageSize, image_size};
use super::image_text::{IMAGE_TEXT_BYTES_MIN, ImageText};
use super::reading::PayloadReading;
use super::sample::{Decoded, NamedUnits, PayloadFormat, Sample, Value};
use crate::message::{DefectCode, Defects, TimeMember, TimeSource, Timestamp, image_mime};

/// 2^63: an integer that is not below it may have more digits than any type of a number holds.
const BEYOND_64_BITS: f64 = (1_u64 << 63) as f64;

/// A time that is more than a day ahead of the receipt is of a clock that is wrong.
const AHEAD_MAX_US: i64 = 86_400_000_000;

/// Where the pass over a payload is, and what it has found.
pub(super) struct Walk {
    pub(super) samples: Vec<Sample>,
    /// The samples that a later member of the same name has replaced.
    pub(super) replaced: Vec<Range<usize>>,
    /// The units of samples, by their places.
    pub(super) units: Option<Box<NamedUnits>>,
    embedded: Vec<Embedded>,
    wanted: Option<Box<WantedPart>>,
    defects: Defects,
    pub(super) path: String,
    depth: usize,
    /// How many of the levels have a name that is too long for the path.
    nameless: usize,
    paths_bytes_left: usize,
    received_at: Timestamp,
    /// When what is walked now was true, where it says nothing else.
    time: (Timestamp, TimeSource),
    /// When everything of the value was true that is walked now.
    pub(super) event_time: Option<(Timestamp, TimeSource)>,
    /// Where the samples of the value begin that is walked now.
    value_from: usize,
    is_rounded: bool,
    has_float: bool,
}

impl Walk {
    /// Over a payload.
    #[inline]
    pub(super) fn new(reading: &PayloadReading<'_>) -> Self {
        Self {
            samples: Vec::new(),
            replaced: Vec::new(),
            units: None,
            embedded: Vec::new(),
            wanted: reading.wanted.map(|path| {
                Box::new(WantedPart {
                    path: path.into(),
                    found: None,
                })
            }),
            defects: Defects::default(),
            path: String::new(),
            depth: 0,
            nameless: 0,
            paths_bytes_left: PATHS_BYTES_BASE + PATHS_BYTES_FACTOR * reading.payload.len(),
            received_at: reading.message.received_at,
            time: (reading.message.received_at, TimeSource::Receipt),
            event_time: None,
            value_from: 0,
            is_rounded: false,
            has_float: false,
        }
    }

    /// Ends one of several values that a payload has one after the other; each has an event time
    /// of its own.
    pub(super) fn end_value(&mut self) {
        if let Some((at, source)) = self.event_time.take() {
            self.be_true_at(self.value_from, at, source);
        }
        self.value_from = self.samples.len();
    }

    /// What is known of the samples from `from` on, of which nothing nearer says so: they were true
    /// `at` that time.
    pub(super) fn be_true_at(&mut self, from: usize, at: Timestamp, source: TimeSource) {
        self.look_ahead(at);
        for sample in &mut self.samples[from..] {
            if sample.time_source == TimeSource::Receipt {
                (sample.time, sample.time_source) = (at, source);
            }
        }
    }

    /// Notes a time that is far ahead.
    #[inline]
    fn look_ahead(&mut self, at: Timestamp) {
        if at.0.saturating_sub(self.received_at.0) > AHEAD_MAX_US {
            self.note_here(DefectCode::FutureTime, || {
                format!("{at} is more than a day ahead of the receipt")
            });
        }
    }

    /// What was found in a payload read as `format`.
    #[inline]
    pub(super) fn finish(mut self, format: PayloadFormat) -> Decoded {
        self.end_value();
        if !self.replaced.is_empty() {
            self.drop_replaced();
        }
        Decoded {
            compression: None,
            format,
            samples: self.samples,
            units: self.units,
            embedded: self.embedded,
            defects: self.defects,
            wanted: self.wanted,
        }
    }

    #[cold]
    fn drop_replaced(&mut self) {
        let mut counts = vec![true; self.samples.len()];
        for range in self.replaced.drain(..) {
            counts[range].fill(false);
        }
        let kept_before = |place: usize| counts[..place].iter().filter(|kept| **kept).count();
        if let Some(units) = &mut self.units {
            units.retain_mut(|(place, _)| {
                let is_kept = counts[*place];
                *place = kept_before(*place);
                is_kept
            });
        }
        let mut counts = counts.iter();
        self.samples.retain(|_| counts.next() == Some(&true));
    }

    pub(super) fn has_samples(&self) -> bool {
        !self.samples.is_empty()
    }

    /// How many samples there are.
    pub(super) fn count(&self) -> usize {
        self.samples.len()
    }

    /// What is walked from now on was true at `time`, as its format says.
    pub(super) fn be_at(&mut self, time: Timestamp) {
        self.look_ahead(time);
        self.time = if time == self.received_at {
            (time, TimeSource::Receipt)
        } else {
            (time, TimeSource::Format)
        };
    }

    /// Whether the walk is inside a container.
    pub(super) fn is_inside(&self) -> bool {
        self.depth > 0
    }

    /// Whether there was a float that may be the rounding of digits which it does not hold: of an
    /// integer beyond 64 bits, or of a number that is too small.
    pub(super) fn is_rounded(&self) -> bool {
        self.is_rounded
    }

    /// Whether there was a float.
    pub(super) fn has_float(&self) -> bool {
        self.has_float
    }

    /// Notes what is wrong with the payload as a whole.
    pub(super) fn note(&mut self, code: DefectCode, text: impl FnOnce() -> String) {
        self.defects.add(code, None, text);
    }

    /// Notes what is wrong at the place where the walk is.
    pub(super) fn note_here(&mut self, code: DefectCode, text: impl FnOnce() -> String) {
        if self.nameless == 0 {
            self.defects.add(code, Some(&self.path), text);
        }
    }

    /// A float at the place where the walk is.
    pub(super) fn float(&mut self, number: f64) {
        if !number.is_finite() {
            return self.no_number();
        }
        self.has_float = true;
        self.is_rounded |= number == 0.0 || number.abs() >= BEYOND_64_BITS;
        self.leaf(Value::Number(number));
    }

    /// NaN or an infinity at the place where the walk is.
    #[cold]
    pub(super) fn no_number(&mut self) {
        self.note_here(DefectCode::NotANumber, || {
            "no number, but NaN or an infinity".to_owned()
        });
    }

    /// A text at the place where the walk is, or the image that it is.
    pub(super) fn text(&mut self, text: &str) {
        let is_image = text.len() >= IMAGE_TEXT_BYTES_MIN && self.embed_image(text);
        if !is_image && text.len() <= TEXT_BYTES_MAX {
            self.leaf(Value::Text(text.to_owned()));
        }
    }

    /// Takes a text as the image that it is; whether it is one. Apart from the way of most texts.
    #[inline(never)]
    fn embed_image(&mut self, text: &str) -> bool {
        let Some(image) = ImageText::of(text) else {
            return false;
        };
        let (size, bytes) = (|| image.size(), || image.bytes());
        self.embed(image.mime, image.bytes_len(), size, bytes);
        true
    }

    /// Bytes at the place where the walk is.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        let mime = image_mime(bytes).unwrap_or("application/octet-stream");
        let size = || image_size(bytes);
        self.embed(mime, bytes.len(), size, || Some(bytes.to_vec()));
    }

    #[cold]
    fn embed(
        &mut self,
        mime: &'static str,
        length: usize,
        size: impl FnOnce() -> Option<ImageSize>,
        bytes: impl FnOnce() -> Option<Vec<u8>>,
    ) {
        if self.nameless > 0 {
            return;
        }
        if self.embedded.len() == EMBEDDED_MAX {
            let text =
                || format!("more than {EMBEDDED_MAX} images and byte strings in one message");
            return self.note_here(DefectCode::TooManyValues, text);
        }
        let Some(path) = self.path_here() else {
            return;
        };
        if let Some(wanted) = &mut self.wanted
            && *wanted.path == *path
        {
            wanted.found = bytes();
        }
        self.embedded.push(Embedded {
            path,
            mime,
            bytes: length as u64,
            size: size(),
        });
    }

    /// A value at the place where the walk is.
    pub(super) fn leaf(&mut self, value: Value) {
        if self.nameless > 0 {
            return;
        }
        if self.depth == 1 && self.path.strip_prefix('/') == Some(TimeMember::MILLIS.name()) {
            return self.event_time(&value);
        }
        self.value(value);
    }

    /// A value at the place where the walk is, whatever its name is.
    pub(super) fn value(&mut self, value: Value) {
        if self.nameless > 0 {
            return;
        }
        if self.is_full() {
            return self.note_full();
        }
        if let Some(path) = self.path_here() {
            let (time, time_source) = self.time;
            self.samples.push(Sample {
                path,
                time,
                time_source,
                value,
            });
        }
    }

    /// The path to here, as long as there is room for it.
    #[inline]
    fn path_here(&mut self) -> Option<String> {
        let Some(left) = self.paths_bytes_left.checked_sub(self.path.len()) else {
            self.note_here(DefectCode::NameTooLong, || {
                "the names are too long together for a payload of this size".to_owned()
            });
            return None;
        };
        self.paths_bytes_left = left;
        Some(self.path.clone())
    }

    /// A time at the place where the walk is, in a format that knows what a time is.
    pub(super) fn instant(&mut self, at: Timestamp) {
        if self.depth == 1 && self.path.strip_prefix('/') == Some(TimeMember::MILLIS.name()) {
            let source = TimeSource::Member(TimeMember::MILLIS);
            return self.set_event_time(at, source);
        }
        self.leaf(Value::Text(at.to_string()));
    }

    /// When everything of the value was true that is walked now.
    pub(super) fn set_event_time(&mut self, at: Timestamp, source: TimeSource) {
        if self.event_time.replace((at, source)).is_some() {
            self.note_repeated();
        }
    }

    fn event_time(&mut self, value: &Value) {
        let Some((time, form)) = event_time::from_value(value) else {
            return self.note_here(DefectCode::ImplausibleTime, || {
                "not a plausible time; the time of receipt stands".to_owned()
            });
        };
        if let TimeForm::Other(how) = form {
            let text = || format!("{how}, not a number of milliseconds");
            self.note_here(DefectCode::OtherTimeUnit, text);
        }
        self.set_event_time(time, TimeSource::Member(TimeMember::MILLIS));
    }

    /// Whether there are as many samples as there may be: then the rest of an array need not be
    /// read. The rest of an object may say when its values were true.
    pub(super) fn is_full(&self) -> bool {
        self.samples.len() == SAMPLES_MAX
    }

    pub(super) fn note_full(&mut self) {
        let text = || format!("more than {SAMPLES_MAX} values in one message");
        self.note_here(DefectCode::TooManyValues, text);
    }

    /// Whether what is inside the container here is so deep that it is to be passed over.
    pub(super) fn is_too_deep(&mut self) -> bool {
        let too_deep = self.depth >= DEPTH_MAX;
        if too_deep {
            let text = || format!("nested more than {DEPTH_MAX} levels deep");
            self.note_here(DefectCode::TooDeep, text);
        }
        too_deep
    }

    /// Goes down to what the object here calls `name`; [`Self::up`] comes back.
    #[inline]
    pub(super) fn down_to_name(&mut self, name: &str) -> Above {
        let above = self.down();
        self.push_name(name);
        above
    }

    /// Goes down to the item `index` of the array here; [`Self::up`] comes back.
    pub(super) fn down_to_item(&mut self, index: usize) -> Above {
        let above = self.down();
        push_index(&mut self.path, index);
        self.check_length(above.path_length);
        above
    }

    /// Goes down to what `name` calls, whose slashes part levels; [`Self::up`] comes back.
    pub(super) fn down_to_levels(&mut self, name: &str) -> Above {
        let above = self.down();
        if name.len() > PATH_BYTES_MAX {
            self.path.truncate(above.path_length);
            self.lose_name(name.len());
            return above;
        }
        if name.contains('~') {
            for c in name.chars() {
                match c {
                    '~' => self.path.push_str("~0"),
                    c => self.path.push(c),
                }
            }
        } else {
            self.path.push_str(name);
        }
        self.check_length(above.path_length);
        above
    }

    pub(super) fn up(&mut self, above: Above) {
        self.depth -= 1;
        self.path.truncate(above.path_length);
        self.nameless = above.nameless;
    }

    fn down(&mut self) -> Above {
        let above = Above {
            path_length: self.path.len(),
            nameless: self.nameless,
        };
        self.path.push('/');
        self.depth += 1;
        above
    }

    /// Writes one reference token of a JSON Pointer (RFC 6901 section 3).
    fn push_name(&mut self, name: &str) {
        let above = self.path.len() - 1;
        if name.len() > PATH_BYTES_MAX {
            self.path.truncate(above);
            return self.lose_name(name.len());
        }
        if name.contains(['~', '/']) {
            for c in name.chars() {
                match c {
                    '~' => self.path.push_str("~0"),
                    '/' => self.path.push_str("~1"),
                    c => self.path.push(c),
                }
            }
        } else {
            self.path.push_str(name);
        }
        self.check_length(above);
    }

    fn check_length(&mut self, above: usize) {
        let length = self.path.len();
        if length > PATH_BYTES_MAX {
            self.path.truncate(above);
            self.lose_name(length);
        }
    }

    fn lose_name(&mut self, length: usize) {
        let text = || format!("below here a name of {length} bytes; {PATH_BYTES_MAX} are the most");
        self.note_here(DefectCode::NameTooLong, text);
        self.nameless += 1;
    }

    pub(super) fn note_repeated(&mut self) {
        self.note_here(DefectCode::RepeatedMember, || {
            "more than once in one object; the last one counts".to_owned()
        });
    }
}

fn push_index(path: &mut String, index: usize) {
    if index >= 10 {
        push_index(path, index / 10);
    }
    #[allow(clippy::cast_possible_truncation)] // one digit
    path.push(char::from(b'0' + (index % 10) as u8));
}

/// Where the walk was before it went one level down.
#[must_use]
#[derive(Clone, Copy)]
pub(super) struct Above {
    path_length: usize,
    nameless: usize,
}
