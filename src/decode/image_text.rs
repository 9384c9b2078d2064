//! Images as texts: base64 (RFC 4648 section 4), bare or as a data URL (RFC 2397).

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::image_size::{ImageSize, image_size};
use crate::message::image_mime;

/// The shortest text that is looked at as an image; the smallest image there is, a GIF of one
/// pixel, has 35 bytes.
pub const IMAGE_TEXT_BYTES_MIN: usize = 48;

/// So much of an image is decoded to find its size, at first and where that is not enough: photos
/// have a preview and a colour profile before it.
const HEAD_BYTES: [usize; 2] = [1 << 10, 128 << 10];

/// How base64 begins that is an image: JPEG, PNG, GIF, WebP, BMP, TIFF in either order of bytes.
const BEGINNINGS: [&str; 7] = [
    "/9j/",
    "iVBORw0KGgo",
    "R0lGOD",
    "UklGR",
    "Qk",
    "SUkqA",
    "TU0AK",
];

/// Some leave the padding away, or fill the last digit with something else than zeros.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// An image as a text.
pub(super) struct ImageText<'a> {
    pub(super) mime: &'static str,
    /// Without white space and padding.
    base64: Cow<'a, str>,
}

impl<'a> ImageText<'a> {
    /// The image that `text` is.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let base64 = match text.strip_prefix("data:image/") {
            Some(url) => url.split_once(";base64,")?.1,
            None if BEGINNINGS.iter().any(|begin| text.starts_with(begin)) => text,
            None => return None,
        };
        // Some break it into lines.
        let base64 = if base64.contains(|c: char| c.is_ascii_whitespace()) {
            base64.split_ascii_whitespace().collect::<String>().into()
        } else {
            Cow::Borrowed(base64)
        };
        let digits = base64.trim_end_matches('=').len();
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
        // One digit alone is less than a byte.
        if digits % 4 == 1 || !base64.bytes().take(digits).all(is_base64) {
            return None;
        }
        let mut image = Self { mime: "", base64 };
        match &mut image.base64 {
            Cow::Borrowed(base64) => *base64 = &base64[..digits],
            Cow::Owned(base64) => base64.truncate(digits),
        }
        image.mime = image_mime(&image.head(64)?)?;
        Some(image)
    }

    /// How many bytes the image has.
    pub(super) fn bytes_len(&self) -> usize {
        self.base64.len() / 4 * 3 + self.base64.len() % 4 * 3 / 4
    }

    pub(super) fn size(&self) -> Option<ImageSize> {
        let mut heads = HEAD_BYTES.into_iter();
        heads.find_map(|bytes| image_size(&self.head(bytes)?))
    }

    /// The bytes of the image.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        BASE64.decode(&*self.base64).ok()
    }

    /// The first bytes, about so many.
    fn head(&self, bytes: usize) -> Option<Vec<u8>> {
        let digits = self.base64.len().min(bytes.div_ceil(3) * 4);
        BASE64.decode(&self.base64.as_bytes()[..digits]).ok()
    }
}
