//! One line, taken apart.

use std::borrow::Cow;

use crate::decode::number;
use crate::decode::sample::Value;

/// What is measured, of what, and when.
pub(super) struct Point<'a> {
    /// As it is written, with its backslashes.
    pub(super) measurement: &'a str,
    /// The same, by name.
    tags: Vec<(&'a str, &'a str)>,
    pub(super) fields: Vec<(Cow<'a, str>, FieldValue<'a>)>,
    pub(super) time: Option<i64>,
}

/// The value of a field.
pub(super) enum FieldValue<'a> {
    /// With a letter behind it that says so.
    Integer(Value),
    /// A float or a boolean.
    Value(Value),
    Text(Cow<'a, str>),
    NoNumber,
}

impl Point<'_> {
    /// Writes measurement and tags into `series`.
    pub(super) fn write_series(&self, series: &mut String) {
        series.clear();
        push_name(series, self.measurement);
        for (name, value) in &self.tags {
            series.push(',');
            push_name(series, name);
            series.push('=');
            push_name(series, value);
        }
    }
}

/// Spaces need no backslash where nothing ends at one.
fn push_name(series: &mut String, written: &str) {
    if written.contains("\\ ") {
        series.push_str(&written.replace("\\ ", " "));
    } else {
        series.push_str(written);
    }
}

/// The lines of a text but comments and empty ones: each a line, or the text that is none.
pub(super) struct Points<'a>(&'a str);

impl<'a> Points<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> Iterator for Points<'a> {
    type Item = Result<Point<'a>, &'a str>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.0 = self.0.trim_start_matches([' ', '\t', '\r', '\n']);
            if self.0.is_empty() {
                return None;
            }
            if !self.0.starts_with('#') {
                break;
            }
            self.0 = &self.0[self.0.find('\n').unwrap_or(self.0.len())..];
        }
        let mut rest = self.0;
        if let Some(line) = line(&mut rest) {
            self.0 = rest;
            return Some(Ok(line));
        }
        let length = self.0.find('\n').unwrap_or(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(Err(text))
    }
}

/// Reads a line up to behind its end.
fn line<'a>(rest: &mut &'a str) -> Option<Point<'a>> {
    let measurement = name(rest, b", ")?;
    let mut tags = Vec::new();
    while take(rest, ',') {
        let tag = name(rest, b"=")?;
        *rest = &rest[1..];
        tags.push((tag, name(rest, b", ")?));
    }
    if !tags.is_sorted() {
        tags.sort_unstable();
    }
    spaces(rest)?;
    let mut fields = Vec::new();
    loop {
        let name = name(rest, b"=")?;
        *rest = &rest[1..];
        fields.push((unescaped(name), field(rest)?));
        if !take(rest, ',') {
            break;
        }
    }
    let mut time = None;
    if spaces(rest).is_some() && !rest.is_empty() && !rest.starts_with(['\r', '\n']) {
        let length = rest.find([' ', '\r', '\n']).unwrap_or(rest.len());
        time = Some(rest[..length].parse().ok()?);
        *rest = &rest[length..];
        spaces(rest);
    }
    take(rest, '\r');
    (rest.is_empty() || take(rest, '\n')).then_some(Point {
        measurement,
        tags,
        fields,
        time,
    })
}

/// A name, which is not empty, up to one of `ends` that has no backslash before it; one that ends
/// in another way is none.
fn name<'a>(rest: &mut &'a str, ends: &[u8]) -> Option<&'a str> {
    let mut is_escaped = false;
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            b'\n' => return None,
            b',' | b' ' | b'=' if is_escaped => {}
            _ if ends.contains(&byte) => {
                let (name, behind) = rest.split_at(at);
                *rest = behind;
                return (!name.is_empty()).then_some(name);
            }
            // A measurement may have an equals sign in it.
            b',' | b' ' => return None,
            _ => {}
        }
        is_escaped = byte == b'\\';
    }
    None
}

fn field<'a>(rest: &mut &'a str) -> Option<FieldValue<'a>> {
    if rest.starts_with('"') {
        return quoted(rest).map(FieldValue::Text);
    }
    let length = rest.find([',', ' ', '\r', '\n']).unwrap_or(rest.len());
    let (text, behind) = rest.split_at(length);
    *rest = behind;
    let bool = |value| Some(FieldValue::Value(Value::Bool(value)));
    match text {
        "t" | "T" | "true" | "True" | "TRUE" => return bool(true),
        "f" | "F" | "false" | "False" | "FALSE" => return bool(false),
        _ => {}
    }
    if let Some(digits) = text.strip_suffix('i') {
        return Some(FieldValue::Integer(Value::from_i64(digits.parse().ok()?)));
    }
    if let Some(digits) = text.strip_suffix('u') {
        return Some(FieldValue::Integer(Value::from_u64(digits.parse().ok()?)));
    }
    if number::is_none(text) {
        return Some(FieldValue::NoNumber);
    }
    let value = number::exact(text).or_else(|| number::loose(text).map(Value::Number));
    value.map(FieldValue::Value)
}

/// A text in quotes, in which quotes and backslashes have a backslash before them; line ends are
/// a part of it.
fn quoted<'a>(rest: &mut &'a str) -> Option<Cow<'a, str>> {
    let inside = &rest[1..];
    let mut is_escaped = false;
    let mut has_escapes = false;
    for (at, byte) in inside.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => (is_escaped, has_escapes) = (true, true),
            b'"' => {
                let text = &inside[..at];
                *rest = &inside[at + 1..];
                return Some(if has_escapes {
                    without_backslashes(text, "\"\\").into()
                } else {
                    text.into()
                });
            }
            _ => {}
        }
    }
    None
}

fn unescaped(name: &str) -> Cow<'_, str> {
    if name.contains('\\') {
        without_backslashes(name, ", =").into()
    } else {
        name.into()
    }
}

/// A backslash before another character than these is one.
fn without_backslashes(text: &str, before: &str) -> String {
    let mut chars = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(c) = chars.next() {
        let escaped = (c == '\\').then(|| chars.next_if(|next| before.contains(*next)));
        plain.push(escaped.flatten().unwrap_or(c));
    }
    plain
}

fn take(rest: &mut &str, c: char) -> bool {
    let behind = rest.strip_prefix(c);
    *rest = behind.unwrap_or(rest);
    behind.is_some()
}

/// Passes over spaces; `None` where there are none.
fn spaces(rest: &mut &str) -> Option<()> {
    let behind = rest.trim_start_matches(' ');
    let is_any = behind.len() < rest.len();
    *rest = behind;
    is_any.then_some(())
}
