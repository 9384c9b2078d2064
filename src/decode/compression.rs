//! gzip, zlib or zstd around a payload of any format: by the MQTT 5 user property
//! `content-encoding`, by content type, or by the first bytes. One layer: what is compressed twice
//! is binary inside.
//!
//! Against bombs: what comes out is at most 64 times what went in and 64 KiB, and at most 16 MiB;
//! from one byte more on nothing is read of it, and a window that zstd asks for is no larger
//! either. zlib, whose beginning looks like `x^`, is one only if all of it is.

use std::io::Read;

use flate2::bufread::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use super::bounds::{PLAIN_BYTES_BASE, PLAIN_BYTES_FACTOR, PLAIN_BYTES_MAX};
use crate::message::Message;

/// zstd in pieces comes in so many frames at most.
const FRAMES_MAX: usize = 16;

/// What a payload is compressed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    Gzip,
    /// zlib (RFC 1950), which HTTP calls so; or bare DEFLATE, which some take that for.
    Deflate,
    Zstd,
}

/// What is inside a compressed payload.
pub(super) enum Inside {
    Plain(Vec<u8>),
    /// More than it may be.
    TooLarge,
    /// Marked as compressed and broken, and why.
    Broken(String),
    /// Only said to be compressed: whoever unpacked it left the property.
    NotAtAll(String),
}

impl Compression {
    /// What clients know it by; HTTP's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }

    /// What is inside of `payload`.
    pub(super) fn unpack(self, payload: &[u8]) -> Inside {
        let most = PLAIN_BYTES_BASE + PLAIN_BYTES_FACTOR * payload.len();
        let most = most.min(PLAIN_BYTES_MAX);
        match self {
            Self::Gzip => read(MultiGzDecoder::new(payload), most),
            Self::Deflate => deflate(payload, most),
            Self::Zstd => zstd(payload, most),
        }
    }

    pub(super) fn by_name(name: &str) -> Option<Self> {
        let names = [
            ("gzip", Self::Gzip),
            ("x-gzip", Self::Gzip),
            ("deflate", Self::Deflate),
            ("zlib", Self::Deflate),
            ("zstd", Self::Zstd),
        ];
        let mut names = names.into_iter();
        let (_, compression) = names.find(|(known, _)| name.eq_ignore_ascii_case(known))?;
        Some(compression)
    }

    /// By the user property, else by the content type.
    fn claimed(message: &Message) -> Option<Self> {
        let properties = message.properties.as_deref()?;
        let is_encoding = |name: &str| name.eq_ignore_ascii_case("content-encoding");
        let by_property = (properties.user.iter())
            .find(|(name, _)| is_encoding(name))
            .and_then(|(_, value)| Self::by_name(value.trim()));
        by_property.or_else(|| {
            // `application/gzip`, or what is inside and `+gzip`.
            let mime = properties.content_type.as_deref()?.split(';').next()?;
            Self::by_name(mime.trim().rsplit(['/', '+']).next()?)
        })
    }

    #[inline]
    fn told(payload: &[u8]) -> Option<Self> {
        match payload {
            [0x1f, 0x8b, 8, ..] => Some(Self::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Self::Zstd),
            [0x78, flags, ..] if is_zlib(0x78, *flags) => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// Whether a stream of zlib may begin so (RFC 1950 section 2.2), without a dictionary.
fn is_zlib(method: u8, flags: u8) -> bool {
    let both = u16::from_be_bytes([method, flags]);
    method & 0x0f == 8 && both.is_multiple_of(31) && flags & 0x20 == 0
}

/// What `message` has inside, where its payload is compressed.
#[inline]
pub(super) fn inside(message: &Message) -> Option<(Compression, Inside)> {
    let is_plain = message.properties.is_none() && Compression::told(&message.payload).is_none();
    if is_plain { None } else { unpacked(message) }
}

fn unpacked(message: &Message) -> Option<(Compression, Inside)> {
    let payload = &*message.payload;
    let claimed = Compression::claimed(message);
    let told = Compression::told(payload);
    // A mark is surer than what is said; `x^` is none.
    let marked = told.filter(|told| *told != Compression::Deflate);
    let compression = marked.or(claimed).or(told)?;
    match compression.unpack(payload) {
        Inside::Broken(_) if marked.is_none() && claimed.is_none() => None,
        Inside::Broken(why) if marked.is_none() => Some((compression, Inside::NotAtAll(why))),
        inside => Some((compression, inside)),
    }
}

fn read(mut decoder: impl Read, most: usize) -> Inside {
    let mut plain = Vec::new();
    match decoder
        .by_ref()
        .take(most as u64 + 1)
        .read_to_end(&mut plain)
    {
        Ok(length) if length > most => Inside::TooLarge,
        Ok(_) => Inside::Plain(plain),
        Err(error) => Inside::Broken(error.to_string()),
    }
}

/// A text may be bare DEFLATE by chance, which has no checksum, but nobody's compressed payload is a
/// text by chance.
fn deflate(payload: &[u8], most: usize) -> Inside {
    let is_wrapped = matches!(payload, [method, flags, ..] if is_zlib(*method, *flags));
    let (inside, rest) = if is_wrapped {
        let mut decoder = ZlibDecoder::new(payload);
        (read(&mut decoder, most), decoder.into_inner())
    } else if str::from_utf8(payload).is_ok() {
        return Inside::Broken("a text".to_owned());
    } else {
        let mut decoder = DeflateDecoder::new(payload);
        (read(&mut decoder, most), decoder.into_inner())
    };
    if matches!(inside, Inside::Plain(_)) && !rest.is_empty() {
        return Inside::Broken("something comes behind its end".to_owned());
    }
    inside
}

/// Reads the frames of a payload (RFC 8878 section 3.1), and passes over those that may be skipped.
/// Block by block, each of at most 128 KiB, so that nothing is unpacked but what may be.
fn zstd(payload: &[u8], most: usize) -> Inside {
    let mut rest = payload;
    let mut plain = Vec::new();
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(PLAIN_BYTES_MAX as u64);
    for _ in 0..FRAMES_MAX {
        if rest.is_empty() {
            return Inside::Plain(plain);
        }
        match decoder.reset(&mut rest) {
            Ok(()) => {}
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            Err(FrameDecoderError::WindowSizeTooBig { .. }) => return Inside::TooLarge,
            Err(error) => return Inside::Broken(error.to_string()),
        }
        let left = most - plain.len();
        let up_to = BlockDecodingStrategy::UptoBytes(left + 1);
        match decoder.decode_blocks(&mut rest, up_to) {
            Ok(is_whole) if !is_whole || decoder.can_collect() > left => return Inside::TooLarge,
            Ok(_) => {}
            Err(error) => return Inside::Broken(error.to_string()),
        }
        let frame = decoder.collect().unwrap_or_default();
        if plain.is_empty() {
            plain = frame;
        } else {
            plain.extend(frame);
        }
    }
    Inside::Broken(format!("more than {FRAMES_MAX} frames"))
}
