//! JSON that every parser can hold. 1e400 and half of a surrogate pair are well-formed, and refused
//! by some parsers all the same, with everything else in the same text.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Whether every parser can hold what is in `json`.
pub(super) fn is_held_by_all(json: &str) -> bool {
    serde_json::from_str::<Holdable>(json).is_ok()
}

/// Any value, read in full and forgotten.
struct Holdable;

impl<'de> Deserialize<'de> for Holdable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Holdable {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self, A::Error> {
        while members.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_some_parsers_refuse_is_told() {
        for (json, held) in [
            ("null", true),
            (r#"{"a":[1,-2,1.5e300,"\ud83d\ude00",true]}"#, true),
            ("123456789012345678901234567890", true),
            ("1e400", false),
            (r#"{"a":[-1e999]}"#, false),
            (r#"["\ud800"]"#, false),
            (r#"{"\udc00":1}"#, false),
        ] {
            assert_eq!(is_held_by_all(json), held, "{json}");
        }
    }
}
