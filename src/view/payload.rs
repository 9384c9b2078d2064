//! A payload as clients see it.

use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

use super::address::payload_address;
use super::strict::is_held_by_all;
use crate::decode::image_size;
use crate::message::{Epoch, Offset, PayloadKind, classify, plain_text};

/// Payloads over so many bytes are shown by reference, properties over so many by their size.
pub const INLINE_BYTES: usize = 65_536;

/// JSON nested deeper than this is shown by reference: many clients' parsers refuse it, and with
/// it everything else in the same answer.
const DEPTH_MAX: usize = 100;

/// A payload: inline, or what to fetch it by.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum PayloadView {
    /// JSON passes through as it came: big integers, key order and doubled keys are untouched.
    /// What some parsers can't hold, such as 1e400, goes by reference.
    Json { payload: Box<RawValue> },
    /// Text that is not JSON.
    Text { payload: String },
    /// Anything else, or too large.
    Reference {
        mime: &'static str,
        bytes: u64,
        /// Of an image that tells, in pixels.
        #[serde(skip_serializing_if = "Option::is_none")]
        width: Option<u32>,
        #[serde(skip_serializing_if = "Option::is_none")]
        height: Option<u32>,
        #[serde(rename = "ref")]
        reference: String,
    },
}

/// Written by hand: text is JSON too, so that one schema for each variant would fit twice.
impl PartialSchema for PayloadView {
    fn schema() -> RefOr<Schema> {
        let text = |description: &str, example: &str| {
            ObjectBuilder::new()
                .schema_type(Type::String)
                .description(Some(description))
                .examples([example])
        };
        let inline = ObjectBuilder::new()
            .schema_type(Type::Object)
            .title(Some("PayloadInline"))
            .description(Some(
                "JSON as it came: big integers, key order and doubled keys are untouched. Or text \
                 that is not JSON.",
            ))
            .property(
                "payload",
                ObjectBuilder::new()
                    .schema_type(SchemaType::AnyValue)
                    .description(Some("The payload, a JSON value or a text.")),
            )
            .required("payload");
        let pixels = |description: &str| {
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some(description))
                .minimum(Some(0))
        };
        let reference = ObjectBuilder::new()
            .schema_type(Type::Object)
            .title(Some("PayloadReference"))
            .description(Some(
                "Anything else, too large, or JSON that some parsers can't hold.",
            ))
            .property("mime", text("What the payload is.", "image/jpeg"))
            .required("mime")
            .property(
                "bytes",
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .minimum(Some(0))
                    .description(Some("Its length.")),
            )
            .required("bytes")
            .property(
                "width",
                pixels("Of an image that tells: its width in pixels."),
            )
            .property(
                "height",
                pixels("Of an image that tells: its height in pixels."),
            )
            .property(
                "ref",
                text(
                    "Where it can be fetched.",
                    "/api/v1/messages/981254/payload?epoch=k3f9",
                ),
            )
            .required("ref");
        OneOfBuilder::new()
            .item(inline)
            .item(reference)
            .description(Some("A payload: inline, or what to fetch it by."))
            .into()
    }
}

impl ToSchema for PayloadView {}

impl PayloadView {
    /// How the payload of the message `seq` is shown.
    pub fn new(epoch: Epoch, seq: Offset, payload: &[u8]) -> Self {
        Self::of_kind(epoch, seq, payload, classify(payload))
    }

    /// The same, where it is known already what the payload looks like.
    pub(super) fn of_kind(epoch: Epoch, seq: Offset, payload: &[u8], kind: PayloadKind) -> Self {
        let inline = match plain_text(payload) {
            Some(plain) if plain.text.len() <= INLINE_BYTES => inline(&plain.text, kind),
            _ => None,
        };
        let size = image_size(payload);
        inline.unwrap_or_else(|| Self::Reference {
            mime: kind.mime(),
            bytes: payload.len() as u64,
            width: size.map(|size| size.width),
            height: size.map(|size| size.height),
            reference: payload_address(epoch, seq),
        })
    }

    /// A payload that is not at hand, or not to be shown inline.
    pub fn reference(epoch: Epoch, seq: Offset, kind: PayloadKind, bytes: u64) -> Self {
        Self::Reference {
            mime: kind.mime(),
            bytes,
            width: None,
            height: None,
            reference: payload_address(epoch, seq),
        }
    }
}

fn inline(text: &str, kind: PayloadKind) -> Option<PayloadView> {
    match kind {
        PayloadKind::Json if !is_held_by_all(text) => None,
        PayloadKind::Json => {
            let payload = RawValue::from_string(one_line(text)?).ok()?;
            Some(PayloadView::Json { payload })
        }
        PayloadKind::Text => Some(PayloadView::Text {
            payload: text.to_owned(),
        }),
        PayloadKind::Binary(_) => None,
    }
}

/// Valid JSON without white space between its tokens, so that it fits in one line of NDJSON;
/// `None` where it is nested too deeply.
fn one_line(json: &str) -> Option<String> {
    let mut line = String::with_capacity(json.len());
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let mut copied = 0;
    for (at, byte) in json.bytes().enumerate() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return None;
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b' ' | b'\t' | b'\n' | b'\r' => {
                line.push_str(&json[copied..at]);
                copied = at + 1;
            }
            _ => {}
        }
    }
    line.push_str(&json[copied..]);
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_large_or_deep_or_held_by_few_is_shown_by_reference() {
        let long = vec![b'a'; INLINE_BYTES + 1];
        let deep = format!("{}{}", "[".repeat(DEPTH_MAX + 1), "]".repeat(DEPTH_MAX + 1));
        for payload in [&long[..], deep.as_bytes(), b"1e999", b"[\"\\ud800\"]"] {
            let view = PayloadView::new(Epoch(35), Offset(1), payload);
            assert!(matches!(view, PayloadView::Reference { .. }));
        }
        let fits = format!("{}{}", "[".repeat(DEPTH_MAX), "]".repeat(DEPTH_MAX));
        let view = PayloadView::new(Epoch(35), Offset(1), fits.as_bytes());
        assert!(matches!(view, PayloadView::Json { .. }));
    }
}
