//! Places in payloads: JSON Pointers (RFC 6901), one or many.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::error::RuleError;

/// The longest one, in bytes.
const BYTES_MAX: usize = 255;

/// A JSON Pointer in which `*` as a level stands for any one, and `**` as the last level for
/// everything below. The empty one is the payload itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathPattern {
    text: String,
    /// Whether it is one place.
    is_exact: bool,
}

impl PathPattern {
    pub(super) fn new(text: String) -> Result<Self, RuleError> {
        let is_pointer = text.is_empty() || text.starts_with('/');
        let mut levels = text.split('/').skip(1).peekable();
        let mut is_exact = true;
        let mut is_well = is_pointer && text.len() <= BYTES_MAX && !text.contains('\0');
        while let Some(level) = levels.next() {
            is_exact &= !matches!(level, "*" | "**");
            is_well &= level != "**" || levels.peek().is_none();
        }
        if is_well {
            Ok(Self { text, is_exact })
        } else {
            Err(RuleError::Path(text.chars().take(BYTES_MAX).collect()))
        }
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is one place.
    pub(super) fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// What is before `/**`, where that is all that it leaves open.
    pub(super) fn branch(&self) -> Option<&str> {
        let branch = self.text.strip_suffix("/**")?;
        (!branch.split('/').any(|level| level == "*")).then_some(branch)
    }

    pub(super) fn matches(&self, path: &str) -> bool {
        if self.is_exact {
            return self.text == path;
        }
        let (mut ours, mut theirs) = (self.text.split('/').skip(1), path.split('/').skip(1));
        loop {
            match (ours.next(), theirs.next()) {
                (Some("**"), Some(_)) | (None, None) => return true,
                (Some("*"), Some(_)) => {}
                (Some(ours), Some(theirs)) if ours == theirs => {}
                _ => return false,
            }
        }
    }
}

impl Serialize for PathPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_what_it_says() {
        for (pattern, named, others) in [
            ("", &[""][..], &["/a"][..]),
            ("/a", &["/a"], &["", "/a/b", "/b", "/A"]),
            ("/*", &["/a", "/"], &["", "/a/b"]),
            (
                "/a/*/c",
                &["/a/b/c", "/a/0/c"],
                &["/a/c", "/a/b/d", "/a/b/c/d"],
            ),
            ("/a/**", &["/a/b", "/a/b/c"], &["/a", "/b", ""]),
            ("/**", &["/a", "/a/b"], &[""]),
        ] {
            let pattern = PathPattern::new(pattern.into()).unwrap();
            for path in named {
                assert!(pattern.matches(path), "{pattern:?} {path}");
            }
            for path in others {
                assert!(!pattern.matches(path), "{pattern:?} {path}");
            }
        }
        for wrong in ["a", "a/b", "/**/a", "/a\0", &"/a".repeat(200)] {
            assert!(PathPattern::new(wrong.into()).is_err(), "{wrong}");
        }
    }
}
