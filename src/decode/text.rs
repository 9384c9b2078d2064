//! Text that is no other format: one value.

use super::format::KnownFormat;
use super::number;
use super::reading::PayloadReading;
use super::sample::{Decoded, PayloadFormat};
use super::walk::Walk;
use crate::message::{DefectCode, TextEncoding, plain_text};

/// `text/plain` claims nothing: many publishers say it of JSON.
pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |_| false,
    topic: None,
    read,
};

/// A number would be JSON. What looks like one and is not exactly one is a text: the zeros in front
/// of a barcode mean something.
fn read(reading: &PayloadReading<'_>) -> Option<Decoded> {
    let plain = plain_text(reading.payload)?;
    let mut walk = Walk::new(reading);
    note_encoding(plain.encoding, &mut walk);
    if number::is_none(plain.text.trim()) {
        walk.no_number();
    } else if !plain.text.is_empty() {
        walk.text(&plain.text);
    }
    Some(walk.finish(PayloadFormat::Text))
}

/// Says how a text was written, if not in plain UTF-8.
pub(super) fn note_encoding(encoding: TextEncoding, walk: &mut Walk) {
    if encoding != TextEncoding::Utf8 {
        walk.note(DefectCode::OtherEncoding, || format!("{encoding}"));
    }
}
