//! What a payload looks like from outside, before anyone decodes it.

use super::encoding::has_control;
use super::{PlainText, TextEncoding, plain_text};

/// What a payload's bytes are, as far as a reader has to know to show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadKind {
    /// One JSON value: object, array, number, string, `true`, `false` or `null`.
    Json,
    /// UTF-8 that is no JSON, without control characters other than tab and line ends. Zero bytes
    /// behind it and a byte order mark before it are no part of it.
    Text,
    /// Anything else, with the MIME type that its first bytes tell.
    Binary(&'static str),
}

impl PayloadKind {
    pub fn is_image(self) -> bool {
        matches!(self, Self::Binary(mime) if mime.starts_with("image/"))
    }

    /// The MIME type to serve the payload with.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Text => "text/plain; charset=utf-8",
            Self::Binary(mime) => mime,
        }
    }
}

/// Tells what `payload` is from its bytes alone. The empty payload is text.
pub fn classify(payload: &[u8]) -> PayloadKind {
    if let Some(mime) = image_mime(payload) {
        return PayloadKind::Binary(mime);
    }
    let Some(PlainText { text, encoding }) = plain_text(payload) else {
        return PayloadKind::Binary("application/octet-stream");
    };
    match encoding {
        TextEncoding::Utf8 if is_json(&text) => PayloadKind::Json,
        TextEncoding::Utf16 => PayloadKind::Binary("text/plain; charset=utf-16"),
        TextEncoding::Latin1 => PayloadKind::Binary("text/plain; charset=windows-1252"),
        TextEncoding::Utf8 if text.len() < payload.len() => {
            PayloadKind::Binary("application/octet-stream")
        }
        _ if has_control(&text) => PayloadKind::Binary("application/octet-stream"),
        TextEncoding::Trailed => PayloadKind::Binary("application/octet-stream"),
        TextEncoding::Utf8 | TextEncoding::ZeroPadded | TextEncoding::ByteOrderMark => {
            PayloadKind::Text
        }
    }
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The MIME type of an image, by its first bytes.
pub fn image_mime(payload: &[u8]) -> Option<&'static str> {
    match payload {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', rest @ ..] if rest.get(4..8) == Some(b"WEBP") => {
            Some("image/webp")
        }
        // Text may begin with BM; the fields behind it that are always so hold no text.
        [b'B', b'M', rest @ ..] if is_bmp(rest) => Some("image/bmp"),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Some("image/tiff"),
        _ => None,
    }
}

/// Whether the header of a BMP goes on so: its length, four zeros, where the pixels begin, and how
/// long the next header is.
fn is_bmp(behind: &[u8]) -> bool {
    let headers = [12, 40, 52, 56, 64, 108, 124];
    matches!(behind, [_, _, _, _, 0, 0, 0, 0, _, _, _, _, length, 0, 0, 0, ..] if headers.contains(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_told_from_its_bytes() {
        use PayloadKind::{Binary, Json, Text};
        let octets = Binary("application/octet-stream");
        for (payload, kind) in [
            (&b"{\"a\":1}"[..], Json),
            (b"21.5", Json),
            (b"true", Json),
            (b"\"x\"", Json),
            (b"running", Text),
            (b"", Text),
            (b"a\nb", Text),
            (b"{\"a\":", Text),
            (b"a\0b", octets),
            (b"21.5\0", Text),
            (b"\xef\xbb\xbf21.5", Text),
            (b"{\"a\":\"K\xc3", octets),
            (b"{\"a\":1}\0\"b\"", octets),
            (b"\xff\xfe2\0", Binary("text/plain; charset=utf-16")),
            (b"21 \xb0C", Binary("text/plain; charset=windows-1252")),
            (b"\xff\xfe", octets),
            (b"\xff\xd8\xff\xe0JFIF", Binary("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n", Binary("image/png")),
            (b"RIFF....WEBPVP8 ", Binary("image/webp")),
            (b"RIFF....WAVEfmt ", Text),
            (b"BMW", Text),
            (
                b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x02\0\0\0\xfe\xff\xff\xff",
                Binary("image/bmp"),
            ),
            (b"II*\0\x08\0\0\0", Binary("image/tiff")),
            (b"MM\0*\0\0\0\x08", Binary("image/tiff")),
        ] {
            assert_eq!(classify(payload), kind, "{payload:?}");
        }
    }
}
