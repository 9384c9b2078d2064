//! Small pictures of images, for lists. An image is anybody's: what decoding it may take is bounded
//! by what its header says, before any of its pixels are read.

use std::io::Cursor;

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::message::image_mime;

/// An image of more pixels has no thumbnail: a progressive JPEG takes up to 11 bytes for each while
/// it is decoded.
const PIXELS_MAX: u64 = 24_000_000;
/// The most bytes that the decoded pixels may come to, and what a decoder may take beside them.
const DECODED_BYTES_MAX: u64 = 128 << 20;
/// Of the JPEG that a thumbnail is.
const QUALITY: u8 = 80;

/// A small picture of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thumbnail {
    pub bytes: Bytes,
    pub mime: &'static str,
}

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum ThumbnailError {
    #[error("only of JPEG, PNG, GIF and WebP there are thumbnails")]
    NotAnImage,
    #[error("the image has {0} × {1} pixels, which is too large for a thumbnail")]
    TooLarge(u32, u32),
    #[error("the image is broken: {0}")]
    Broken(#[from] image::ImageError),
}

/// The image in `bytes` so small that its longer side has `size` pixels at most, upright: a PNG
/// where something of it is transparent, else a JPEG. Of an animation it is the first frame.
pub fn thumbnail(bytes: &[u8], size: u32) -> Result<Thumbnail, ThumbnailError> {
    let format = match image_mime(bytes) {
        Some("image/jpeg") => ImageFormat::Jpeg,
        Some("image/png") => ImageFormat::Png,
        Some("image/gif") => ImageFormat::Gif,
        Some("image/webp") => ImageFormat::WebP,
        _ => return Err(ThumbnailError::NotAnImage),
    };
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > PIXELS_MAX || decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(ThumbnailError::TooLarge(width, height));
    }
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    if width.max(height) > size {
        image = image.thumbnail(size, size);
    }
    image.apply_orientation(orientation);
    let mut small = Vec::new();
    let pixels = image.to_rgba8();
    let mime = if pixels.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
        pixels.write_to(&mut Cursor::new(&mut small), ImageFormat::Png)?;
        "image/png"
    } else {
        JpegEncoder::new_with_quality(&mut small, QUALITY).encode_image(&image.to_rgb8())?;
        "image/jpeg"
    };
    Ok(Thumbnail {
        bytes: small.into(),
        mime,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{GrayImage, Luma, Rgb, RgbImage, Rgba, RgbaImage};

    fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        image
            .write_to(&mut Cursor::new(&mut bytes), format)
            .unwrap();
        bytes
    }

    fn rgb(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_pixel(width, height, Rgb([200, 30, 30])).into()
    }

    fn rgba(width: u32, height: u32) -> DynamicImage {
        RgbaImage::from_pixel(width, height, Rgba([0, 0, 200, 90])).into()
    }

    /// A JPEG that says that it lies on its side: EXIF orientation 6.
    fn on_its_side(jpeg: &[u8]) -> Vec<u8> {
        let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        [&jpeg[..2], exif, &jpeg[2..]].concat()
    }

    #[test]
    fn an_image_is_made_as_small_as_was_asked_and_never_larger() {
        let jpeg = written(&rgb(400, 200), ImageFormat::Jpeg);
        let gray: DynamicImage = GrayImage::from_pixel(100, 400, Luma([7])).into();
        for (what, bytes, mime, sides) in [
            ("jpeg", jpeg.clone(), "image/jpeg", (100, 50)),
            ("on its side", on_its_side(&jpeg), "image/jpeg", (50, 100)),
            (
                "gray",
                written(&gray, ImageFormat::Png),
                "image/jpeg",
                (25, 100),
            ),
            (
                "small",
                written(&rgb(20, 10), ImageFormat::Png),
                "image/jpeg",
                (20, 10),
            ),
            (
                "a line",
                written(&rgb(4000, 1), ImageFormat::Png),
                "image/jpeg",
                (100, 1),
            ),
            (
                "transparent",
                written(&rgba(400, 200), ImageFormat::Png),
                "image/png",
                (100, 50),
            ),
            (
                "webp",
                written(&rgba(200, 200), ImageFormat::WebP),
                "image/png",
                (100, 100),
            ),
            (
                "gif",
                written(&rgb(300, 150), ImageFormat::Gif),
                "image/jpeg",
                (100, 50),
            ),
        ] {
            let small = thumbnail(&bytes, 100).unwrap();
            assert_eq!(small.mime, mime, "{what}");
            let read = image::load_from_memory(&small.bytes).unwrap();
            assert_eq!((read.width(), read.height()), sides, "{what}");
        }
    }

    #[test]
    fn what_is_no_image_or_broken_or_a_bomb_is_refused() {
        let png = written(&rgb(40, 40), ImageFormat::Png);
        let mut bomb = png.clone();
        bomb[16..24].copy_from_slice(&[0, 1, 0x86, 0xa0, 0, 1, 0x86, 0xa0]);
        let end = crc32(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&end);
        let refusal = |bytes: &[u8]| thumbnail(bytes, 100).unwrap_err();
        assert!(matches!(refusal(b"{}"), ThumbnailError::NotAnImage));
        assert!(matches!(refusal(b""), ThumbnailError::NotAnImage));
        assert!(matches!(refusal(b"II*\0"), ThumbnailError::NotAnImage));
        assert!(matches!(
            refusal(&bomb),
            ThumbnailError::TooLarge(100_000, 100_000)
        ));
        for head in [
            &png[..40],
            b"\xff\xd8\xff\xe0",
            b"GIF89a\x02\0",
            b"RIFF\0\0\0\0WEBP",
        ] {
            assert!(
                matches!(refusal(head), ThumbnailError::Broken(_)),
                "{head:?}"
            );
        }
    }

    #[test]
    fn a_cut_or_changed_image_is_a_thumbnail_or_refused() {
        for format in [
            ImageFormat::Jpeg,
            ImageFormat::Png,
            ImageFormat::Gif,
            ImageFormat::WebP,
        ] {
            let whole = written(&rgba(30, 20).to_rgb8().into(), format);
            for at in 0..whole.len() {
                let _cut = thumbnail(&whole[..at], 16);
                let mut changed = whole.clone();
                changed[at] ^= 0x55;
                let _changed = thumbnail(&changed, 16);
            }
        }
    }

    /// Of a PNG's chunk.
    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        crc.sum()
    }
}
