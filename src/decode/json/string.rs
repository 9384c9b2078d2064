//! Strings as firmware writes them: in either kind of quotes, with line ends, with quotes and
//! backslashes that nobody escaped.

use std::borrow::Cow;
use std::ops::Range;

/// A string, and where the text goes on behind it.
pub(super) struct Quoted<'a> {
    /// `None` where half of a surrogate pair is in it, which no text can hold.
    pub(super) text: Option<Cow<'a, str>>,
    pub(super) end: usize,
    /// Whether it is a string of JSON.
    pub(super) is_strict: bool,
}

/// Reads the string that begins at `start` with a quote; `None` where it does not end. The name of
/// a member ends at the next quote. A value ends at one that something follows which can follow a
/// value: others are a part of it that should have been escaped. One that a colon follows belongs
/// to the next name: the end of the value is missing.
pub(super) fn read(source: &str, start: usize, is_name: bool) -> Option<Quoted<'_>> {
    let bytes = source.as_bytes();
    let quote = *bytes.get(start)?;
    let mut parts = Parts {
        source,
        copied: start + 1,
        text: String::new(),
        is_whole: true,
    };
    let mut is_strict = quote == b'"';
    let mut at = start + 1;
    loop {
        match *bytes.get(at)? {
            byte if byte == quote => {
                let end = at + 1;
                match after(bytes, end) {
                    Follower::Value => {}
                    _ if is_name => {}
                    Follower::Colon => return None,
                    Follower::More => {
                        is_strict = false;
                        at = end;
                        continue;
                    }
                }
                return Some(Quoted {
                    text: parts.finish(at),
                    end,
                    is_strict,
                });
            }
            b'\\' => {
                let length = match escape(&bytes[at + 1..]) {
                    Escape::Char(c, length) => {
                        parts.replace(at..at + 1 + length, c);
                        is_strict &= c != '\'';
                        length
                    }
                    Escape::HalfPair => {
                        parts.is_whole = false;
                        5
                    }
                    Escape::Unknown => {
                        is_strict = false;
                        0
                    }
                };
                at += 1 + length;
            }
            byte => {
                is_strict &= byte >= b' ';
                at += 1;
            }
        }
    }
}

/// What comes behind a quote.
enum Follower {
    /// What can come behind a value: the end of its container, of everything, or the next member.
    Value,
    Colon,
    More,
}

fn after(bytes: &[u8], at: usize) -> Follower {
    let rest = &bytes[at..];
    let gap = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    let gap = gap.count();
    match rest.get(gap) {
        None | Some(b',' | b'}' | b']' | b'/') => Follower::Value,
        Some(b':') => Follower::Colon,
        Some(b'"' | b'\'') if gap > 0 => Follower::Value,
        Some(_) => Follower::More,
    }
}

/// What a backslash and what is behind it stand for.
enum Escape {
    /// A character, and how many bytes behind the backslash.
    Char(char, usize),
    /// Half of a surrogate pair.
    HalfPair,
    /// Nothing that is known: it stands for itself.
    Unknown,
}

fn escape(after: &[u8]) -> Escape {
    let c = match after.first() {
        Some(b'"') => '"',
        Some(b'\'') => '\'',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode(after),
        _ => return Escape::Unknown,
    };
    Escape::Char(c, 1)
}

fn unicode(after: &[u8]) -> Escape {
    let unit = |at: usize| {
        let digits = str::from_utf8(after.get(at..at + 4)?).ok()?;
        let are_digits = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        u16::from_str_radix(digits, 16).ok().filter(|_| are_digits)
    };
    let Some(first) = unit(1) else {
        return Escape::Unknown;
    };
    if let Some(c) = char::from_u32(first.into()) {
        return Escape::Char(c, 5);
    }
    let second = (after.get(5..7) == Some(b"\\u")).then(|| unit(7)).flatten();
    let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    pair.map_or(Escape::HalfPair, |c| Escape::Char(c, 11))
}

/// A string of which some parts stand for something else.
struct Parts<'a> {
    source: &'a str,
    /// Up to here the source is in `text`.
    copied: usize,
    text: String,
    is_whole: bool,
}

impl<'a> Parts<'a> {
    fn replace(&mut self, part: Range<usize>, c: char) {
        self.text.push_str(&self.source[self.copied..part.start]);
        self.text.push(c);
        self.copied = part.end;
    }

    fn finish(mut self, end: usize) -> Option<Cow<'a, str>> {
        if !self.is_whole {
            return None;
        }
        let rest = &self.source[self.copied..end];
        if self.text.is_empty() {
            return Some(rest.into());
        }
        self.text.push_str(rest);
        Some(self.text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_where_it_was_meant_to() {
        for (source, text, is_strict) in [
            (r#""on""#, Some("on"), true),
            (r#""""#, Some(""), true),
            (
                r#""a\"b\\\n\u00e9\ud83d\ude00" ,"#,
                Some("a\"b\\\né😀"),
                true,
            ),
            (r#""\"" }"#, Some("\""), true),
            (r"'it\'s'", Some("it's"), false),
            (r#"'say "x"'"#, Some("say \"x\""), false),
            (r#""he said "hi" ok","#, Some(r#"he said "hi" ok"#), false),
            (r#""C:\xyz\é","#, Some(r"C:\xyz\é"), false),
            (r#""\u12","#, Some(r"\u12"), false),
            ("\"two\nlines\"]", Some("two\nlines"), false),
            (r#""\ud800""#, None, true),
            (r#""\ud800\u0041""#, None, true),
        ] {
            let quoted = read(source, 0, false).unwrap();
            assert_eq!(quoted.text.as_deref(), text, "{source}");
            assert_eq!(quoted.is_strict, is_strict, "{source}");
        }
    }

    #[test]
    fn a_string_without_an_end_is_none() {
        for source in [
            "\"",
            "\"on",
            r#""on,"b":"c"}"#,
            r#""on\""#,
            r#""on\"#,
            "'on\"",
            r#""on"x"#,
        ] {
            assert!(read(source, 0, false).is_none(), "{source}");
        }
    }
}
