//! Bytes inside a payload as clients see them: images as texts, and byte strings.

use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::address::embedded_address;
use super::showing::Showing;
use crate::decode::{self, Embedded};
use crate::message::{Epoch, Message, Offset};

/// Bytes inside a payload, such as an image in base64 that is a member of an object.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Embedded)]
pub struct EmbeddedView {
    /// Where in the payload they are: a JSON Pointer.
    #[schema(example = "/image")]
    pub path: String,
    /// What they are, as far as their first bytes tell.
    #[schema(value_type = String, example = "image/jpeg")]
    pub mime: &'static str,
    /// How many they are, decoded.
    pub bytes: u64,
    /// Of an image that tells: its width in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Of an image that tells: its height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// Where they can be fetched, decoded.
    #[serde(rename = "ref")]
    #[schema(example = "/api/v1/messages/981254/payload?epoch=k3f9&path=%2Fimage")]
    pub reference: String,
}

impl EmbeddedView {
    /// How bytes inside the message `seq` are shown.
    pub fn new(epoch: Epoch, seq: Offset, embedded: Embedded) -> Self {
        Self {
            reference: embedded_address(epoch, seq, &embedded.path),
            path: embedded.path,
            mime: embedded.mime,
            bytes: embedded.bytes,
            width: embedded.size.map(|size| size.width),
            height: embedded.size.map(|size| size.height),
        }
    }
}

/// The bytes that stand at `path`, a JSON Pointer, inside the payload of `message`.
pub fn embedded_bytes(showing: &Showing, message: &Message, path: &str) -> Option<Vec<u8>> {
    decode::embedded(message, showing.told(&message.topic), path)
}

/// The payload of `message`, or what is inside where it is compressed.
pub fn plain_payload(message: &Message) -> Bytes {
    decode::uncompressed(message).map_or_else(|| message.payload.clone(), Bytes::from)
}
