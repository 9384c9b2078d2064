//! JSON: one pass over the text, no tree in between.

use std::fmt::{self, Write};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::event_time;
use super::sample::{Decoded, Sample, Value};
use super::{DEPTH_MAX, SAMPLES_MAX, TEXT_BYTES_MAX};
use crate::message::{DefectCode, Timestamp};

/// Decodes `payload` as one JSON value, or says why it is none that can be read to its end.
pub(super) fn decode(payload: &[u8], received_at: Timestamp) -> Result<Decoded, serde_json::Error> {
    let mut walk = Walk::new(received_at, false);
    let mut json = serde_json::Deserializer::from_slice(payload);
    Node(&mut walk).deserialize(&mut json)?;
    json.end()?;
    Ok(walk.end())
}

/// Decodes well-formed JSON in which something can't be held, such as 1e400 or half of a surrogate
/// pair: each value is read by itself, so that only these are missing.
pub(super) fn decode_around(payload: &[u8], received_at: Timestamp) -> Decoded {
    let mut walk = Walk::new(received_at, true);
    let mut json = serde_json::Deserializer::from_slice(payload);
    let result = Node(&mut walk).deserialize(&mut json);
    walk.unreadable(result);
    walk.end()
}

/// Where the pass is.
struct Walk {
    decoded: Decoded,
    path: String,
    depth: usize,
    received_at: Timestamp,
    event_time: Option<Timestamp>,
    /// Whether each value is read by itself.
    is_around: bool,
}

impl Walk {
    fn new(received_at: Timestamp, is_around: bool) -> Self {
        Self {
            decoded: Decoded::default(),
            path: String::new(),
            depth: 0,
            received_at,
            event_time: None,
            is_around,
        }
    }

    fn end(mut self) -> Decoded {
        if let Some(time) = self.event_time {
            for sample in &mut self.decoded.samples {
                sample.time = time;
            }
        }
        self.decoded
    }

    /// Notes that what is at the place where the walk is could not be read.
    fn unreadable(&mut self, result: Result<(), serde_json::Error>) {
        if let Err(error) = result {
            self.note(DefectCode::Unreadable, || error.to_string());
        }
    }

    /// Reads one value by itself.
    fn read(&mut self, value: &RawValue) {
        let mut json = serde_json::Deserializer::from_str(value.get());
        let result = Node(self).deserialize(&mut json);
        self.unreadable(result);
    }

    fn note(&mut self, code: DefectCode, text: impl FnOnce() -> String) {
        let Self { decoded, path, .. } = self;
        decoded.defects.add(code, Some(path), text);
    }

    fn leaf(&mut self, value: Value) {
        if self.depth == 1 && self.path.strip_prefix('/') == Some(event_time::MEMBER) {
            return self.event_time(&value);
        }
        if self.decoded.samples.len() == SAMPLES_MAX {
            let text = || format!("more than {SAMPLES_MAX} values in one message");
            return self.note(DefectCode::TooManyValues, text);
        }
        let (path, time) = (self.path.clone(), self.received_at);
        self.decoded.samples.push(Sample { path, time, value });
    }

    fn event_time(&mut self, value: &Value) {
        let time = match value {
            Value::Number(millis) => event_time::from_millis(*millis),
            _ => None,
        };
        match time {
            Some(time) => self.event_time = Some(time),
            None => self.note(DefectCode::ImplausibleTime, || {
                "not a plausible time; the time of receipt stands".to_owned()
            }),
        }
    }

    /// Goes one level down, calls `inside`, and comes back.
    fn below<T>(
        &mut self,
        name: impl FnOnce(&mut String),
        inside: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let length = self.path.len();
        self.path.push('/');
        name(&mut self.path);
        self.depth += 1;
        let result = inside(self);
        self.depth -= 1;
        self.path.truncate(length);
        result
    }

    fn is_too_deep(&mut self) -> bool {
        let too_deep = self.depth >= DEPTH_MAX;
        if too_deep {
            let text = || format!("nested more than {DEPTH_MAX} levels deep");
            self.note(DefectCode::TooDeep, text);
        }
        too_deep
    }
}

/// One JSON value, read into the walk.
struct Node<'a>(&'a mut Walk);

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.leaf(Value::Bool(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.leaf(Value::from_u64(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.leaf(Value::from_i64(value));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.0.leaf(Value::Number(value));
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        if value.len() <= TEXT_BYTES_MAX {
            self.0.leaf(Value::Text(value.to_owned()));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let walk = self.0;
        if walk.is_too_deep() {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut index = 0_usize;
        loop {
            let item = walk.below(
                |path| {
                    // Writing to a String can't fail.
                    let _ = write!(path, "{index}");
                },
                |walk| {
                    if !walk.is_around {
                        return items.next_element_seed(Node(walk));
                    }
                    let item = items.next_element::<&RawValue>()?;
                    Ok(item.map(|item| walk.read(item)))
                },
            )?;
            if item.is_none() {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let walk = self.0;
        if walk.is_too_deep() {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        while let Some(name) = members.next_key::<std::borrow::Cow<'de, str>>()? {
            walk.below(
                |path| push_escaped(path, &name),
                |walk| {
                    if !walk.is_around {
                        return members.next_value_seed(Node(walk));
                    }
                    walk.read(members.next_value::<&RawValue>()?);
                    Ok(())
                },
            )?;
        }
        Ok(())
    }
}

/// Writes one reference token of a JSON Pointer (RFC 6901 section 3).
fn push_escaped(path: &mut String, name: &str) {
    if !name.contains(['~', '/']) {
        return path.push_str(name);
    }
    for c in name.chars() {
        match c {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            c => path.push(c),
        }
    }
}
