//! JSON, one level at a time: what is not asked for is never built.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserializer as _;
use serde::de::{SeqAccess, Visitor};
use serde_json::value::RawValue;

/// The longest text that is read, in bytes of JSON: what many components share must not cost each of
/// them much.
const TEXT_BYTES_MAX: usize = 2048;

/// The members of an object. Of several of one name the last counts.
pub(super) struct JsonMembers<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> JsonMembers<'a> {
    /// `None` where it is no object.
    pub(super) fn of(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    /// The first of these names that is there.
    pub(super) fn get(&self, names: &[&str]) -> Option<&'a str> {
        let mut found = names.iter().filter_map(|name| self.0.get(*name));
        found.next().map(|raw| raw.get())
    }

    /// The same, if it is a text, and not too long a one.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        let text = self.get(names)?;
        let is_short = text.len() <= TEXT_BYTES_MAX;
        is_short.then(|| serde_json::from_str(text).ok())?
    }

    /// The same, if it is an object.
    pub(super) fn fields(&self, names: &[&str]) -> Option<Self> {
        Self::of(self.get(names)?)
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &'a str> {
        self.0.values().map(|raw| raw.get())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Shows each element of an array to `see`; `None` where it is none.
pub(super) fn each(json: &str, see: &mut dyn FnMut(&str)) -> Option<()> {
    let mut json = serde_json::Deserializer::from_str(json);
    json.deserialize_seq(Elements(see)).ok()?;
    json.end().ok()
}

struct Elements<'s>(&'s mut dyn FnMut(&str));

impl<'de> Visitor<'de> for Elements<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element::<&RawValue>()? {
            (self.0)(element.get());
        }
        Ok(())
    }
}
