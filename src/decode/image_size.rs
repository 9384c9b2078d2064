//! How large an image is, in its own words.

use crate::message::image_mime;

/// How large an image is, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageSize {
    pub width: u32,
    pub height: u32,
}

/// What an image says of its size. Time and memory grow with what has to be passed over only.
pub fn image_size(image: &[u8]) -> Option<ImageSize> {
    let mime = image_mime(image)?;
    let size = imagesize::blob_size(image).ok()?;
    let (width, height) = (
        u32::try_from(size.width).ok()?,
        u32::try_from(size.height).ok()?,
    );
    // The rows of a BMP may be counted downwards.
    let is_flipped = mime == "image/bmp" && height > i32::MAX as u32;
    let height = if is_flipped {
        height.wrapping_neg()
    } else {
        height
    };
    Some(ImageSize { width, height })
}
