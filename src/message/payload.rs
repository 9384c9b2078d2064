//! What a payload looks like from outside, before anyone decodes it.

/// What a payload's bytes are, as far as a reader has to know to show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadKind {
    /// One JSON value: object, array, number, string, `true`, `false` or `null`.
    Json,
    /// UTF-8 without control characters other than tab and line ends.
    Text,
    /// Anything else, with the MIME type that its first bytes tell.
    Binary(&'static str),
}

impl PayloadKind {
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
    if let Some(mime) = image(payload) {
        return PayloadKind::Binary(mime);
    }
    let Ok(text) = std::str::from_utf8(payload) else {
        return PayloadKind::Binary("application/octet-stream");
    };
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        return PayloadKind::Json;
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
    {
        return PayloadKind::Binary("application/octet-stream");
    }
    PayloadKind::Text
}

fn image(payload: &[u8]) -> Option<&'static str> {
    match payload {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
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
            (b"\xff\xfe", octets),
            (b"\xff\xd8\xff\xe0JFIF", Binary("image/jpeg")),
            (b"\x89PNG\r\n\x1a\n", Binary("image/png")),
            (b"RIFF....WEBPVP8 ", Binary("image/webp")),
        ] {
            assert_eq!(classify(payload), kind, "{payload:?}");
        }
    }
}
