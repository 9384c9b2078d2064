//! The way from a tree of values to samples: names by JSON Pointer, bounds, and the event time.
//! Every structured format walks here.

use std::fmt::Write as _;

use super::event_time;
use super::format::PayloadFormat;
use super::sample::{Decoded, Sample, Value};
use crate::message::{DefectCode, Defects, Timestamp};

/// The longest text that becomes a sample, in bytes; a longer one is in the raw payload only.
pub const TEXT_BYTES_MAX: usize = 4096;

/// The deepest nesting whose leaves become samples.
pub const DEPTH_MAX: usize = 16;

/// The most samples of one message.
pub const SAMPLES_MAX: usize = 1000;

/// Where the pass over a payload is, and what it has found.
pub(super) struct Walk {
    samples: Vec<Sample>,
    defects: Defects,
    path: String,
    depth: usize,
    received_at: Timestamp,
    event_time: Option<Timestamp>,
}

impl Walk {
    pub(super) fn new(received_at: Timestamp) -> Self {
        Self {
            samples: Vec::new(),
            defects: Defects::default(),
            path: String::new(),
            depth: 0,
            received_at,
            event_time: None,
        }
    }

    /// What was found in a payload read as `format`.
    pub(super) fn finish(mut self, format: PayloadFormat) -> Decoded {
        if let Some(time) = self.event_time {
            for sample in &mut self.samples {
                sample.time = time;
            }
        }
        Decoded {
            format,
            samples: self.samples,
            defects: self.defects,
        }
    }

    /// Notes what is wrong with the payload as a whole.
    pub(super) fn note(&mut self, code: DefectCode, text: impl FnOnce() -> String) {
        self.defects.add(code, None, text);
    }

    /// Notes what is wrong at the place where the walk is.
    pub(super) fn note_here(&mut self, code: DefectCode, text: impl FnOnce() -> String) {
        self.defects.add(code, Some(&self.path), text);
    }

    /// A value at the place where the walk is.
    pub(super) fn leaf(&mut self, value: Value) {
        if self.depth == 1 && self.path.strip_prefix('/') == Some(event_time::MEMBER) {
            return self.event_time(&value);
        }
        if self.samples.len() == SAMPLES_MAX {
            let text = || format!("more than {SAMPLES_MAX} values in one message");
            return self.note_here(DefectCode::TooManyValues, text);
        }
        let (path, time) = (self.path.clone(), self.received_at);
        self.samples.push(Sample { path, time, value });
    }

    /// A text at the place where the walk is.
    pub(super) fn text(&mut self, text: &str) {
        if text.len() <= TEXT_BYTES_MAX {
            self.leaf(Value::Text(text.to_owned()));
        }
    }

    fn event_time(&mut self, value: &Value) {
        let time = match value {
            Value::Number(millis) => event_time::from_millis(*millis),
            _ => None,
        };
        match time {
            Some(time) => self.event_time = Some(time),
            None => self.note_here(DefectCode::ImplausibleTime, || {
                "not a plausible time; the time of receipt stands".to_owned()
            }),
        }
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

    /// Goes down to the member `name` of the object here; [`Self::up`] comes back.
    pub(super) fn down_to_member(&mut self, name: &str) -> Above {
        let above = self.down();
        push_escaped(&mut self.path, name);
        above
    }

    /// Goes down to the item `index` of the array here; [`Self::up`] comes back.
    pub(super) fn down_to_item(&mut self, index: usize) -> Above {
        let above = self.down();
        // Writing to a String can't fail.
        let _ = write!(self.path, "{index}");
        above
    }

    fn down(&mut self) -> Above {
        let above = Above(self.path.len());
        self.path.push('/');
        self.depth += 1;
        above
    }

    pub(super) fn up(&mut self, Above(length): Above) {
        self.depth -= 1;
        self.path.truncate(length);
    }
}

/// Where the walk was before it went one level down.
#[must_use]
pub(super) struct Above(usize);

/// Writes one reference token of a JSON Pointer (RFC 6901 section 3).
fn push_escaped(path: &mut String, name: &str) {
    if !name.contains(['~', '/']) {
        return path.push_str(name);
    }
    for c in name.chars() {
        match c {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            c => path.push(c),
        }
    }
}
