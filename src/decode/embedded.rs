//! Bytes inside a payload: byte strings of binary formats, and images as texts.
//!
//! They have no samples. What they are is told, and they can be asked for by their path.

use super::image_size::ImageSize;

/// Bytes inside a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Where in the payload they are: a JSON Pointer.
    pub path: String,
    /// What they are, as far as their first bytes tell.
    pub mime: &'static str,
    /// How many they are.
    pub bytes: u64,
    /// Of an image, where it tells.
    pub size: Option<ImageSize>,
}

/// The bytes that were asked for, from when they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WantedPart {
    pub(super) path: Box<str>,
    pub(super) found: Option<Vec<u8>>,
}
