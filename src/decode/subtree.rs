//! Feeds the walk from whatever has a serde `Deserializer`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::bounds::SECONDS_MAX;
use super::object::{Member, ObjectWalk};
use super::sample::Value;
use super::walk::Walk;
use crate::message::Timestamp;

/// One value, read into the walk.
pub(super) struct Subtree<'a>(pub(super) &'a mut Walk);

impl<'de> DeserializeSeed<'de> for Subtree<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Subtree<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E>(self) -> Result<(), E> {
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
        self.0.float(value);
        Ok(())
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.0.text(value);
        Ok(())
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<(), E> {
        self.0.bytes(bytes);
        Ok(())
    }

    /// Only MessagePack has something of its own that a deserializer calls so.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<(), D::Error> {
        inner.deserialize_any(Extension(self.0))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let walk = self.0;
        if walk.is_too_deep() {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        for index in 0.. {
            if walk.is_full() {
                let mut rest = 0_usize;
                while items.next_element::<IgnoredAny>()?.is_some() {
                    rest += 1;
                }
                if rest > 0 {
                    walk.note_full();
                }
                break;
            }
            let above = walk.down_to_item(index);
            let item = items.next_element_seed(Subtree(walk));
            walk.up(above);
            if item?.is_none() {
                break;
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let walk = self.0;
        if walk.is_too_deep() {
            while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut object = walk.begin_object();
        while let Some(member) = members.next_key_seed(MemberName(walk, &mut object))? {
            let value = members.next_value_seed(Subtree(walk));
            walk.up_from_member(member, &mut object);
            value?;
        }
        walk.end_object(&mut object);
        Ok(())
    }
}

/// The name of a member, to which the walk goes down.
struct MemberName<'a>(&'a mut Walk, &'a mut ObjectWalk);

impl<'de> DeserializeSeed<'de> for MemberName<'_> {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for MemberName<'_> {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Member, E> {
        Ok(self.0.down_to_member(name, self.1))
    }

    fn visit_u64<E>(self, name: u64) -> Result<Member, E> {
        Ok(self.0.down_to_member(&name.to_string(), self.1))
    }

    fn visit_i64<E>(self, name: i64) -> Result<Member, E> {
        Ok(self.0.down_to_member(&name.to_string(), self.1))
    }

    fn visit_f64<E>(self, name: f64) -> Result<Member, E> {
        Ok(self.0.down_to_member(&name.to_string(), self.1))
    }

    fn visit_bool<E>(self, name: bool) -> Result<Member, E> {
        Ok(self.0.down_to_member(&name.to_string(), self.1))
    }

    fn visit_bytes<E>(self, name: &[u8]) -> Result<Member, E> {
        let name = String::from_utf8_lossy(name);
        Ok(self.0.down_to_member(&name, self.1))
    }
}

/// An extension type of MessagePack: its number, and its bytes.
struct Extension<'a>(&'a mut Walk);

impl<'de> Visitor<'de> for Extension<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an extension")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        if let Some(number) = parts.next_element()? {
            parts.next_element_seed(ExtensionBytes(self.0, number))?;
        }
        Ok(())
    }
}

struct ExtensionBytes<'a>(&'a mut Walk, i8);

impl<'de> DeserializeSeed<'de> for ExtensionBytes<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for ExtensionBytes<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of an extension")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<(), E> {
        match (self.1, timestamp(bytes)) {
            (TIMESTAMP, Some(at)) => self.0.instant(at),
            _ => self.0.bytes(bytes),
        }
        Ok(())
    }
}

/// The number of the one extension that the specification defines.
const TIMESTAMP: i8 = -1;

/// A time in one of its three widths, rounded down to microseconds.
fn timestamp(bytes: &[u8]) -> Option<Timestamp> {
    let (seconds, nanos) = if let Ok(bytes) = <[u8; 4]>::try_from(bytes) {
        (i64::from(u32::from_be_bytes(bytes)), 0)
    } else if let Ok(bytes) = <[u8; 8]>::try_from(bytes) {
        let both = u64::from_be_bytes(bytes);
        let seconds = both & ((1 << 34) - 1);
        (i64::try_from(seconds).ok()?, both >> 34)
    } else {
        let (nanos, seconds) = bytes.split_first_chunk::<4>()?;
        let seconds = i64::from_be_bytes(seconds.try_into().ok()?);
        (seconds, u64::from(u32::from_be_bytes(*nanos)))
    };
    if nanos >= 1_000_000_000 || seconds.unsigned_abs() >= SECONDS_MAX {
        return None;
    }
    let micros = i64::try_from(nanos / 1000).ok()?;
    Some(Timestamp(seconds * 1_000_000 + micros))
}

#[cfg(test)]
mod tests {
    use serde::de::value::{BytesDeserializer, Error, MapDeserializer, UnitDeserializer};
    use serde::de::{DeserializeSeed as _, IntoDeserializer as _};

    use super::*;
    use crate::decode::reading::PayloadReading;
    use crate::decode::{Decoded, PayloadFormat};
    use crate::message::{Message, Topic};

    fn walk() -> Walk {
        Walk::new(&PayloadReading {
            message: &Message::new(Topic::new("a/b").unwrap(), ""),
            payload: b"",
            told: None,
            is_claimed: true,
            wanted: None,
        })
    }

    fn finish(walk: Walk) -> Decoded {
        let decoded = walk.finish(PayloadFormat::Binary);
        assert!(decoded.defects.is_empty());
        decoded
    }

    #[test]
    fn names_that_are_numbers_are_names() {
        let mut walk = walk();
        let members = MapDeserializer::<_, Error>::new([(7_i64, true), (-1, false)].into_iter());
        Subtree(&mut walk).deserialize(members).unwrap();
        let paths = finish(walk).samples.into_iter().map(|one| one.path);
        assert_eq!(paths.collect::<Vec<_>>(), ["/7", "/-1"]);
    }

    #[test]
    fn bytes_and_nothing_have_no_sample() {
        let mut walk = walk();
        let bytes = BytesDeserializer::<Error>::new(b"\xff");
        Subtree(&mut walk).deserialize(bytes).unwrap();
        let unit: UnitDeserializer<Error> = ().into_deserializer();
        Subtree(&mut walk).deserialize(unit).unwrap();
        let decoded = finish(walk);
        assert!(decoded.samples.is_empty());
        assert_eq!(decoded.embedded[0].bytes, 1);
    }
}
