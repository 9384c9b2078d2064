//! Topic filters: the one matcher of broker, REST and live streams.

use std::fmt;
use std::sync::Arc;

use super::topic::{LENGTH_MAX, Topic};

/// A valid topic filter (MQTT 5.0 section 4.7): levels, of which any may be `+` and the last may
/// be `#`. Cheap to clone. `$share/…` is not parsed here: sharing is the broker's business.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicFilter(Arc<str>);

/// Why a text is no topic filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TopicFilterError {
    /// No characters at all [MQTT-4.7.3-1].
    #[error("a filter must have at least one character")]
    Empty,
    /// U+0000 [MQTT-4.7.3-2].
    #[error("a filter must not contain the null character")]
    Null,
    /// More than 65,535 bytes [MQTT-4.7.3-3].
    #[error("a filter must not be longer than 65535 bytes")]
    TooLong,
    /// `#` anywhere but as the last level [MQTT-4.7.1-1].
    #[error("'#' must be the last level, and stand alone in it")]
    MultiLevel,
    /// `+` beside other characters [MQTT-4.7.1-2].
    #[error("'+' must stand alone in its level")]
    SingleLevel,
}

impl TopicFilter {
    /// Checks `filter` and takes it.
    pub fn new(filter: impl Into<Arc<str>>) -> Result<Self, TopicFilterError> {
        let filter = filter.into();
        if filter.is_empty() {
            return Err(TopicFilterError::Empty);
        }
        if filter.len() > LENGTH_MAX {
            return Err(TopicFilterError::TooLong);
        }
        if filter.contains('\0') {
            return Err(TopicFilterError::Null);
        }
        let mut levels = filter.split('/').peekable();
        while let Some(level) = levels.next() {
            if level.contains('#') && (level != "#" || levels.peek().is_some()) {
                return Err(TopicFilterError::MultiLevel);
            }
            if level.contains('+') && level != "+" {
                return Err(TopicFilterError::SingleLevel);
            }
        }
        Ok(Self(filter))
    }

    /// The filter that matches every topic but those that begin with `$`.
    pub fn all() -> Self {
        Self("#".into())
    }

    /// The filter as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The levels between the slashes.
    pub fn levels(&self) -> std::str::Split<'_, char> {
        self.0.split('/')
    }

    /// The topic itself, where the filter has no wildcard and so can match only that one.
    pub fn as_topic(&self) -> Option<Topic> {
        Topic::new(Arc::clone(&self.0)).ok()
    }

    /// Whether `topic` is among those that the filter names. A wildcard in the first level does
    /// not match a topic that begins with `$` [MQTT-4.7.2-1].
    pub fn matches(&self, topic: &Topic) -> bool {
        if topic.is_system() && self.0.starts_with(['+', '#']) {
            return false;
        }
        let (filter, name) = (self.0.as_bytes(), topic.as_str().as_bytes());
        let (mut at, mut to) = (0, 0);
        loop {
            // Up to where they differ, eight bytes at a time: no wildcard is before that, since a
            // topic has none. Of many filters, most begin as the topic does and go on otherwise.
            while let (Some(ours), Some(theirs)) = (
                filter[at..].first_chunk::<8>(),
                name[to..].first_chunk::<8>(),
            ) {
                let difference = u64::from_le_bytes(*ours) ^ u64::from_le_bytes(*theirs);
                let same = difference.trailing_zeros() as usize / 8;
                at += same;
                to += same;
                if same < 8 {
                    break;
                }
            }
            match (filter.get(at), name.get(to)) {
                // A wildcard stands alone in its level, and here both are at the beginning of one.
                (Some(b'#'), _) | (None, None) => return true,
                (Some(b'+'), _) => {
                    at += 1;
                    let level = name[to..].iter().position(|byte| *byte == b'/');
                    to = level.map_or(name.len(), |length| to + length);
                }
                (Some(ours), Some(theirs)) if ours == theirs => {
                    at += 1;
                    to += 1;
                }
                // `a/#` names `a`, too.
                (Some(b'/'), None) => return filter[at + 1..] == *b"#",
                _ => return false,
            }
        }
    }

    /// Whether a topic can be named by both filters.
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.keeps_out_system(other) || other.keeps_out_system(self) {
            return false;
        }
        let (mut ours, mut theirs) = (self.levels(), other.levels());
        loop {
            match (ours.next(), theirs.next()) {
                (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
                (Some("+"), Some(_)) | (Some(_), Some("+")) => {}
                (Some(our), Some(their)) if our == their => {}
                _ => return false,
            }
        }
    }

    /// Whether every topic that `other` names is named by this filter, too.
    pub fn covers(&self, other: &Self) -> bool {
        if self.keeps_out_system(other) {
            return false;
        }
        let (mut ours, mut theirs) = (self.levels(), other.levels());
        loop {
            match (ours.next(), theirs.next()) {
                (Some("#"), _) | (None, None) => return true,
                (_, Some("#")) => return false,
                (Some("+"), Some(_)) => {}
                (Some(our), Some(their)) if our == their => {}
                _ => return false,
            }
        }
    }

    /// Whether this filter begins with a wildcard, which names no topic that begins with `$`, and
    /// `other` with a `$` [MQTT-4.7.2-1].
    fn keeps_out_system(&self, other: &Self) -> bool {
        self.0.starts_with(['+', '#']) && other.0.starts_with('$')
    }
}

impl fmt::Display for TopicFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for TopicFilter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for TopicFilter {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let filter: Arc<str> = serde::Deserialize::deserialize(deserializer)?;
        Self::new(filter).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Filter, topic, whether it matches: the examples of MQTT 5.0 section 4.7 among them.
    const CASES: &[(&str, &str, bool)] = &[
        ("sport/tennis/player1/#", "sport/tennis/player1", true),
        (
            "sport/tennis/player1/#",
            "sport/tennis/player1/score/wimbledon",
            true,
        ),
        ("sport/tennis/player1/#", "sport/tennis/player10", false),
        ("sport/#", "sport", true),
        ("#", "a", true),
        ("#", "/", true),
        ("#", "$SYS/x", false),
        ("+/x", "$SYS/x", false),
        ("$SYS/#", "$SYS/x", true),
        ("$SYS/+", "$SYS/x", true),
        ("sport/tennis/+", "sport/tennis/player1", true),
        ("sport/tennis/+", "sport/tennis/player1/ranking", false),
        ("sport/+", "sport", false),
        ("sport/+", "sport/", true),
        ("+/+", "/finance", true),
        ("/+", "/finance", true),
        ("+", "/finance", false),
        ("a/b", "a/b", true),
        ("a/b", "A/b", false),
        ("a/+/c", "a//c", true),
        ("a/b/#", "a", false),
    ];

    #[test]
    fn two_filters_overlap_or_one_covers_the_other() {
        for (one, other, overlap, covers) in [
            ("#", "a/b", true, true),
            ("a/b", "#", true, false),
            ("#", "#", true, true),
            ("a/#", "a", true, true),
            ("a", "a/#", true, false),
            ("a/#", "a/+/c", true, true),
            ("a/+", "a/#", true, false),
            ("a/+", "a/b", true, true),
            ("a/+", "+/b", true, false),
            ("+/+", "a/b", true, true),
            ("a/+/c", "a/b/+", true, false),
            ("a/b", "a/c", false, false),
            ("a/b", "a", false, false),
            ("a/+", "a", false, false),
            ("#", "$SYS/x", false, false),
            ("+/x", "$SYS/#", false, false),
            ("$SYS/#", "$SYS/x", true, true),
            ("$SYS/#", "#", false, false),
        ] {
            let [one, other] = [one, other].map(|filter| TopicFilter::new(filter).unwrap());
            assert_eq!(one.overlaps(&other), overlap, "{one} and {other}");
            assert_eq!(other.overlaps(&one), overlap, "{other} and {one}");
            assert_eq!(one.covers(&other), covers, "{one} over {other}");
        }
    }

    #[test]
    fn the_standards_examples_match() {
        for (filter, topic, matches) in CASES {
            let filter = TopicFilter::new(*filter).unwrap();
            let topic = Topic::new(*topic).unwrap();
            assert_eq!(filter.matches(&topic), *matches, "{filter} against {topic}");
        }
    }

    /// As the standard says it: level by level.
    fn matches_by_levels(filter: &TopicFilter, topic: &Topic) -> bool {
        if topic.is_system() && filter.as_str().starts_with(['+', '#']) {
            return false;
        }
        let mut names = topic.levels();
        for level in filter.levels() {
            match (level, names.next()) {
                ("#", _) => return true,
                ("+", Some(_)) => {}
                (level, Some(name)) if level == name => {}
                _ => return false,
            }
        }
        names.next().is_none()
    }

    proptest! {
        #[test]
        fn a_filter_names_what_it_names_level_by_level(
            filter in "[+$ab]?(/(\\+|a|é|plant|plantation)?){0,4}(/#)?",
            topic in "[$ab]?(/(a|é|plant|plantation)?){0,4}",
        ) {
            let (Ok(filter), Ok(topic)) = (TopicFilter::new(filter), Topic::new(topic)) else {
                return Ok(());
            };
            prop_assert_eq!(filter.matches(&topic), matches_by_levels(&filter, &topic));
        }
    }

    #[test]
    fn only_valid_filters_are_taken() {
        use TopicFilterError::{Empty, MultiLevel, Null, SingleLevel};
        for (filter, why) in [
            ("", Empty),
            ("a#", MultiLevel),
            ("#/a", MultiLevel),
            ("a/#/b", MultiLevel),
            ("##", MultiLevel),
            ("a+", SingleLevel),
            ("a/+b/c", SingleLevel),
            ("++", SingleLevel),
            ("a\0", Null),
        ] {
            assert_eq!(TopicFilter::new(filter), Err(why), "{filter:?}");
        }
    }
}
