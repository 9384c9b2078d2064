//! Topic names.

use std::fmt;
use std::sync::Arc;

/// The greatest length of a topic name or filter in bytes: what a length of two bytes can say
/// (MQTT 5.0 section 1.5.4).
pub(super) const LENGTH_MAX: usize = 65_535;

/// A valid topic name (MQTT 5.0 section 4.7): 1 to 65,535 bytes of UTF-8 without `+`, `#`, U+0000.
/// Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// Why a text is no topic name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// No characters at all [MQTT-4.7.3-1].
    #[error("a topic must have at least one character")]
    Empty,
    /// U+0000 [MQTT-4.7.3-2].
    #[error("a topic must not contain the null character")]
    Null,
    /// More than 65,535 bytes [MQTT-4.7.3-3].
    #[error("a topic must not be longer than 65535 bytes")]
    TooLong,
    /// A wildcard in a name to publish to [MQTT-3.3.2-2].
    #[error("a topic to publish to must not contain the wildcards '+' and '#'")]
    Wildcard,
}

impl Topic {
    /// Checks `name` and takes it.
    pub fn new(name: impl Into<Arc<str>>) -> Result<Self, TopicError> {
        let name = name.into();
        if name.is_empty() {
            return Err(TopicError::Empty);
        }
        if name.len() > LENGTH_MAX {
            return Err(TopicError::TooLong);
        }
        for byte in name.bytes() {
            match byte {
                0 => return Err(TopicError::Null),
                b'+' | b'#' => return Err(TopicError::Wildcard),
                _ => {}
            }
        }
        Ok(Self(name))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The levels between the slashes; there is always at least one, and it may be empty.
    pub fn levels(&self) -> std::str::Split<'_, char> {
        self.0.split('/')
    }

    /// Whether the name begins with `$`: the server's own, which no wildcard in a filter's first
    /// level matches [MQTT-4.7.2-1].
    pub fn is_system(&self) -> bool {
        self.0.starts_with('$')
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for Topic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Topic {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name: Arc<str> = serde::Deserialize::deserialize(deserializer)?;
        Self::new(name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_valid_names_are_taken() {
        for name in ["a", "/", "//", "étage/1/temp", "a b", "$SYS/x", " "] {
            assert!(Topic::new(name).is_ok(), "{name:?}");
        }
        for (name, why) in [
            ("", TopicError::Empty),
            ("a/+", TopicError::Wildcard),
            ("#", TopicError::Wildcard),
            ("a\0b", TopicError::Null),
        ] {
            assert_eq!(Topic::new(name), Err(why), "{name:?}");
        }
        assert!(Topic::new("x".repeat(LENGTH_MAX)).is_ok());
        assert_eq!(
            Topic::new("x".repeat(LENGTH_MAX + 1)),
            Err(TopicError::TooLong)
        );
    }
}
