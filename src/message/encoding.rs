//! Text in bytes that are not plain UTF-8: C strings with their zero bytes, UTF-16, Latin-1.

use std::borrow::Cow;
use std::fmt;

/// A payload as the text that a person would read in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainText<'a> {
    pub text: Cow<'a, str>,
    pub encoding: TextEncoding,
}

/// How a text is written in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    Utf8,
    /// UTF-8 and zero bytes behind it: a C string, or a field of fixed size.
    ZeroPadded,
    /// UTF-8, all of a JSON object or array, and bytes behind it that are no text: what a buffer, or
    /// erased flash memory, had before.
    Trailed,
    /// UTF-8 after U+FEFF.
    ByteOrderMark,
    Utf16,
    /// ISO 8859-1, as its superset windows-1252 (WHATWG Encoding section 9).
    Latin1,
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::ZeroPadded => "UTF-8 with zero bytes at its end",
            Self::Trailed => "UTF-8 with bytes behind it that are no text",
            Self::ByteOrderMark => "UTF-8 with a byte order mark",
            Self::Utf16 => "UTF-16",
            Self::Latin1 => "Latin-1",
        })
    }
}

/// The text that `payload` is; `None` where it is none. It has no control characters but tab and
/// line ends, unless it is JSON or what was meant to be.
///
/// Bytes can't prove that they are Latin-1, and numbers in binary must not become text: so they
/// are only where brackets or quotes stand around them, or where they are words.
pub fn plain_text(payload: &[u8]) -> Option<PlainText<'_>> {
    if let Some(text) = utf16(payload) {
        return checked(text.into(), TextEncoding::Utf16);
    }
    let (bytes, marked) = match payload.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (rest, true),
        None => (payload, false),
    };
    let end = bytes.iter().rposition(|byte| *byte != 0);
    let text = &bytes[..end.map_or(0, |end| end + 1)];
    if text.is_empty() && !payload.is_empty() {
        return None;
    }
    let encoding = match (marked, text.len() < bytes.len()) {
        (true, _) => TextEncoding::ByteOrderMark,
        (false, true) => TextEncoding::ZeroPadded,
        (false, false) => TextEncoding::Utf8,
    };
    match std::str::from_utf8(text) {
        Ok(text) => checked(text.into(), encoding),
        // Cut off within a character.
        Err(error) if error.error_len().is_none() && is_open(text) => {
            let text = str::from_utf8(&text[..error.valid_up_to()]).ok()?;
            checked(text.into(), encoding)
        }
        Err(_) if is_bracketed(text) || is_words(text) => {
            checked(latin1(text).into(), TextEncoding::Latin1)
        }
        Err(error) => {
            let text = str::from_utf8(&text[..error.valid_up_to()]).ok()?;
            let is_whole = is_open(text.as_bytes()) && is_bracketed(text.as_bytes());
            is_whole.then(|| checked(text.into(), TextEncoding::Trailed))?
        }
    }
}

fn checked(text: Cow<'_, str>, encoding: TextEncoding) -> Option<PlainText<'_>> {
    let begun = text.split('\0').next().unwrap_or_default();
    let fine = !has_control(&text)
        || is_bracketed(text.as_bytes())
        // The separator of RFC 7464 stands before each of several values.
        || is_open(begun.as_bytes()) && !begun.split('\u{1e}').any(has_control);
    fine.then_some(PlainText { text, encoding })
}

/// Whether there are control characters in `text` other than tab and line ends.
pub(super) fn has_control(text: &str) -> bool {
    text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// Whether a JSON object or array begins here.
fn is_open(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"\x1e").unwrap_or(text);
    matches!(text.trim_ascii_start(), [b'{' | b'[', ..])
}

/// Whether it begins and ends as JSON does that is no number.
fn is_bracketed(text: &[u8]) -> bool {
    matches!(
        text.trim_ascii(),
        [b'{', .., b'}'] | [b'[', .., b']'] | [b'"', .., b'"']
    )
}

/// UTF-16 with a byte order mark; without one only where it begins as JSON does, since small
/// numbers of two bytes look like letters.
fn utf16(payload: &[u8]) -> Option<String> {
    let (units, read): (_, fn([u8; 2]) -> u16) = match payload {
        [0xff, 0xfe, units @ ..] => (units, u16::from_le_bytes),
        [0xfe, 0xff, units @ ..] => (units, u16::from_be_bytes),
        [b'{' | b'[', 0, ..] => (payload, u16::from_le_bytes),
        [0, b'{' | b'[', ..] => (payload, u16::from_be_bytes),
        _ => return None,
    };
    let (units, []) = units.as_chunks::<2>() else {
        return None;
    };
    let mut text = char::decode_utf16(units.iter().map(|unit| read(*unit)))
        .collect::<Result<String, _>>()
        .ok()?;
    text.truncate(text.trim_end_matches('\0').len());
    (!text.is_empty()).then_some(text)
}

/// Whether bytes that are not UTF-8 are the words of a European language, or a number with its
/// degrees, in Latin-1: at most every third byte is beyond ASCII, and stands where such a
/// character can stand. Four bytes are a number too often.
fn is_words(bytes: &[u8]) -> bool {
    let fits = |at: usize| {
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        let after = bytes.get(at + 1).copied().unwrap_or(b' ');
        match bytes[at] {
            b'\t' | b'\n' | b'\r' | b' '..=b'~' => true,
            // °, as in 21 °C
            0xb0 => {
                (before.is_ascii_digit() || before == b' ')
                    && matches!(after, b'C' | b'F' | b'K' | b' ' | b'\r' | b'\n')
            }
            // ± ² ³ µ
            0xb1 => after.is_ascii_digit() || after == b' ',
            0xb2 | 0xb3 => before.is_ascii_alphabetic(),
            0xb5 => after.is_ascii_alphabetic(),
            0xd7 | 0xf7 => false,
            0xc0..=0xff => before.is_ascii_alphabetic() || after.is_ascii_lowercase(),
            _ => false,
        }
    };
    if !(0..bytes.len()).all(fits) {
        return false;
    }
    let beyond = bytes.iter().filter(|byte| !byte.is_ascii()).count();
    let has_degrees = bytes.contains(&0xb0) && bytes.first().is_some_and(u8::is_ascii_digit);
    let is_long = bytes.len() >= 5 && beyond * 3 <= bytes.len();
    let is_word = bytes.len() == 3
        && beyond == 1
        && bytes[0].is_ascii_alphabetic()
        && bytes[1..]
            .iter()
            .all(|byte| byte.is_ascii_lowercase() || *byte >= 0xdf);
    is_long || is_word || has_degrees
}

/// What 0x80 to 0x9f are in windows-1252; the five that it leaves open are control characters.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

fn latin1(bytes: &[u8]) -> String {
    let char_of = |byte: &u8| match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    bytes.iter().map(char_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_whatever_way_it_is_written() {
        use TextEncoding::{ByteOrderMark, Latin1, Trailed, Utf8, Utf16, ZeroPadded};
        for (payload, text, encoding) in [
            (&b""[..], "", Utf8),
            (b"21.5", "21.5", Utf8),
            ("Größe\n".as_bytes(), "Größe\n", Utf8),
            (b"21.5\0", "21.5", ZeroPadded),
            (b"RUN\0\0\0\0\0", "RUN", ZeroPadded),
            (b"\xef\xbb\xbf21.5", "21.5", ByteOrderMark),
            (b"\xef\xbb\xbf{}\0", "{}", ByteOrderMark),
            (b"\xff\xfe2\x001\0", "21", Utf16),
            (b"\xfe\xff\x002\x001", "21", Utf16),
            (b"\xff\xfe=\xd8\0\xde\0\0", "\u{1f600}", Utf16),
            (b"{\0}\0", "{}", Utf16),
            (b"\0[\0]", "[]", Utf16),
            (b"21 \xb0C", "21 °C", Latin1),
            (b"5\xb0C", "5°C", Latin1),
            (b"T\xfcr", "Tür", Latin1),
            (b"\xd6ffnung zu", "Öffnung zu", Latin1),
            (b"Gr\xf6\xdfe: 5 m\xb2", "Größe: 5 m²", Latin1),
            (b"{\"price\":\"\x80 5\"}", "{\"price\":\"€ 5\"}", Latin1),
            (b"{\"a\":\"Gr\xc3", "{\"a\":\"Gr", Utf8),
            (b"{\"a\":1}\xff\xff", "{\"a\":1}", Trailed),
            (b"[1, 2]\n\xfe\x01{", "[1, 2]\n", Trailed),
        ] {
            let text = text.into();
            let expected = Some(PlainText { text, encoding });
            assert_eq!(plain_text(payload), expected, "{payload:?}");
        }
    }

    #[test]
    fn numbers_in_binary_are_no_text() {
        for payload in [
            &b"\0"[..],
            b"\0\0\0\0",
            b"a\0b",
            b"\xff\xfe",
            b"\xff\xfe\0",
            b"\xff\xfe\0\0",
            b"\xff\xfe\0\xd8",
            b"\xa1\x61v\xf9\x7e\0",
            b"\x81\xa4temp\x15",
            b"\x41\xc4\xcc\xcd",
            b"\x41\xac\0\0",
            b"\x41\xb1\x33\x33",
            b"2\x001\0",
            b"\x1b[2J",
        ] {
            assert_eq!(plain_text(payload), None, "{payload:?}");
        }
        let floats = (-2000..2000).map(|tenths: i16| f32::from(tenths) / 10.0);
        let texts = floats
            .flat_map(|float| [float.to_be_bytes(), float.to_le_bytes()])
            .filter(|bytes| std::str::from_utf8(bytes).is_err() && plain_text(bytes).is_some());
        assert_eq!(texts.count(), 0);
    }
}
