//! What is found in an announcement, within bounds.

use std::sync::Arc;

use crate::decode::object;
use crate::message::{DescribedSeries, SPARKPLUG_NAMESPACE, SeriesText, Topic};

/// The longest topic and the longest JSON Pointer that is taken, in bytes.
const NAME_BYTES_MAX: usize = 512;

/// The longest description, in bytes; a longer one is cut off.
const DESCRIPTION_BYTES_MAX: usize = 256;

/// The series that a message describes.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) series: Vec<DescribedSeries>,
}

impl Findings {
    /// Adds what is said of a series, unless that is nothing, or the series can't be one.
    pub(super) fn add(
        &mut self,
        topic: &Topic,
        path: &str,
        unit: Option<&str>,
        description: Option<&str>,
    ) {
        let text = SeriesText {
            unit: unit.and_then(object::unit).map(Arc::from),
            description: description.and_then(name).map(Arc::from),
        };
        let is_nameable = is_short(topic.as_str()) && is_short(path) && !path.contains('\0');
        if is_nameable && !is_of_sparkplug(topic) && text != SeriesText::default() {
            self.series.push(DescribedSeries {
                topic: topic.clone(),
                path: path.into(),
                text,
            });
        }
    }
}

/// Whether a topic or a path is no longer than one may be.
pub(super) fn is_short(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
}

/// Adds a step to a JSON Pointer (RFC 6901).
pub(super) fn push_name(pointer: &mut String, name: &str) {
    pointer.push('/');
    for c in name.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            c => pointer.push(c),
        }
    }
}

/// What a text is as a description, if it says something.
fn name(text: &str) -> Option<&str> {
    let text = text.trim();
    let ends = text.char_indices().map(|(at, c)| at + c.len_utf8());
    let end = ends
        .take_while(|end| *end <= DESCRIPTION_BYTES_MAX)
        .last()?;
    let text = text.get(..end)?;
    (!text.contains(char::is_control)).then_some(text)
}

fn is_of_sparkplug(topic: &Topic) -> bool {
    topic.levels().next() == Some(SPARKPLUG_NAMESPACE)
}
