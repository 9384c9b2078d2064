//! Images, told by their first bytes. They have no samples.

use super::format::KnownFormat;
use super::reading::PayloadReading;
use super::sample::{Decoded, PayloadFormat};
use crate::message::image_mime;

pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |_| false,
    topic: None,
    read,
};

fn read(reading: &PayloadReading<'_>) -> Option<Decoded> {
    image_mime(reading.payload).map(|mime| Decoded {
        format: PayloadFormat::Image(mime),
        ..Decoded::default()
    })
}
