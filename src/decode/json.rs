//! JSON (RFC 8259): one pass over the text, no tree in between.

use std::fmt;

use serde::de::{DeserializeSeed as _, Deserializer as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::format::{KnownFormat, PayloadFormat};
use super::sample::Decoded;
use super::subtree::{MemberName, Subtree};
use super::walk::Walk;
use crate::message::{DefectCode, Message, PayloadKind, classify};

pub(super) const FORMAT: KnownFormat = KnownFormat {
    content_type: |mime| mime == "application/json" || mime.ends_with("+json"),
    topic: |_| false,
    read,
};

fn read(message: &Message, claimed: bool) -> Option<Decoded> {
    let mut walk = Walk::new(message.received_at);
    let why_not = match whole(&message.payload, &mut walk) {
        Ok(()) => return Some(walk.finish(PayloadFormat::Json)),
        Err(error) => error,
    };
    let mut walk = Walk::new(message.received_at);
    match classify(&message.payload) {
        PayloadKind::Json => around(text(&message.payload), &mut walk),
        kind if claimed || looks_like_json(&message.payload, kind) => {
            walk.note(DefectCode::NotJson, || format!("not JSON: {why_not}"));
        }
        _ => return None,
    }
    Some(walk.finish(PayloadFormat::Json))
}

/// Walks `payload` as one JSON value, or says why it is none that can be read to its end.
fn whole(payload: &[u8], walk: &mut Walk) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(payload);
    Subtree(walk).deserialize(&mut json)?;
    json.end()
}

/// Walks well-formed JSON in which something can't be held, such as 1e400 or half of a surrogate
/// pair: each value is read by itself, so that only these are missing.
fn around(json: &str, walk: &mut Walk) {
    let mut source = serde_json::Deserializer::from_str(json);
    let result = match json.trim_start().bytes().next() {
        Some(b'[' | b'{') if !walk.is_too_deep() => source.deserialize_any(Around(walk)),
        Some(b'[' | b'{') => Ok(()),
        _ => Subtree(walk).deserialize(&mut source),
    };
    if let Err(error) = result {
        walk.note_here(DefectCode::Unreadable, || error.to_string());
    }
}

/// A container, each of whose values is read by itself.
struct Around<'a>(&'a mut Walk);

impl<'de> Visitor<'de> for Around<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(item) = items.next_element::<&RawValue>()? {
            let above = self.0.down_to_item(index);
            around(item.get(), self.0);
            self.0.up(above);
            index += 1;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(above) = members.next_key_seed(MemberName(self.0))? {
            let member = members.next_value::<&RawValue>();
            if let Ok(member) = &member {
                around(member.get(), self.0);
            }
            self.0.up(above);
            member?;
        }
        Ok(())
    }
}

/// Whether bytes that are not JSON look like it all the same: in another encoding, with a control
/// character in it, or cut off.
fn looks_like_json(payload: &[u8], kind: PayloadKind) -> bool {
    match kind {
        PayloadKind::Json => true,
        PayloadKind::Text => text(payload).trim_start().starts_with(['{', '[', '"']),
        PayloadKind::Binary(_) => {
            matches!(payload.trim_ascii(), [b'{', .., b'}'] | [b'[', .., b']'])
        }
    }
}

/// The text of a payload that is known to be one.
fn text(payload: &[u8]) -> &str {
    std::str::from_utf8(payload).unwrap_or_default()
}
