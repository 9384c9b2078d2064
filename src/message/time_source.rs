//! Where the time of a sample comes from.

use std::fmt;

/// Names of members that say when the values beside them were true, and how sure that is: of two in
/// one object the lower rank counts.
const MEMBERS: [(&str, u8); 41] = [
    ("timestamp_ms", 0),
    ("sourceTimestamp", 1),
    ("SourceTimestamp", 1),
    ("source_timestamp", 1),
    ("timestamp", 2),
    ("Timestamp", 2),
    ("timeStamp", 2),
    ("TimeStamp", 2),
    ("time_stamp", 2),
    ("_timestamp", 2),
    ("@timestamp", 2),
    ("timestampMs", 2),
    ("timestamp_us", 2),
    ("timestamp_ns", 2),
    ("ts", 3),
    ("_ts", 3),
    ("ts_ms", 3),
    ("tst", 3),
    ("time", 4),
    ("Time", 4),
    ("_time", 4),
    ("time_ms", 4),
    ("datetime", 4),
    ("dateTime", 4),
    ("DateTime", 4),
    ("date_time", 4),
    ("eventTime", 5),
    ("event_time", 5),
    ("measured_at", 5),
    ("measuredAt", 5),
    ("observedAt", 5),
    ("observed_at", 5),
    ("phenomenonTime", 5),
    ("unixtime", 5),
    ("t", 6),
    ("serverTimestamp", 7),
    ("ServerTimestamp", 7),
    ("server_timestamp", 7),
    ("received_at", 8),
    ("last_seen", 8),
    ("lastSeen", 8),
];

/// The longest of them, in bytes.
const NAME_BYTES_MAX: usize = 16;

/// Where each length begins in the places by length, and those behind it.
const BY_LENGTH: ([u8; NAME_BYTES_MAX + 2], [u8; MEMBERS.len()]) = by_length();

#[allow(clippy::cast_possible_truncation)] // there are fewer than 256
const fn by_length() -> ([u8; NAME_BYTES_MAX + 2], [u8; MEMBERS.len()]) {
    let mut begins = [0; NAME_BYTES_MAX + 2];
    let mut places = [0; MEMBERS.len()];
    let (mut length, mut next) = (0, 0);
    while length <= NAME_BYTES_MAX {
        begins[length] = next as u8;
        let mut at = 0;
        while at < MEMBERS.len() {
            if MEMBERS[at].0.len() == length {
                places[next] = at as u8;
                next += 1;
            }
            at += 1;
        }
        length += 1;
    }
    begins[length] = next as u8;
    assert!(next == MEMBERS.len());
    (begins, places)
}

/// Where the time of a sample comes from. Its name is `receipt`, `format`, `rule`, or that of the
/// member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeSource {
    /// It was true when its message was received, as far as anybody knows.
    #[default]
    Receipt,
    /// Its format has a place for it: a metric of Sparkplug, a line of line protocol.
    Format,
    /// A member of which a rule says so.
    Rule,
    /// The nearest object around it has a member that says so.
    Member(TimeMember),
}

/// The name of a member that says when the values beside it were true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeMember(u8);

impl TimeMember {
    /// The convention of the United Manufacturing Hub: milliseconds since 1970.
    pub const MILLIS: Self = Self(0);

    /// The one of this name. Most names are none, which their length tells.
    #[inline]
    pub fn named(name: &str) -> Option<Self> {
        let (begins, places) = &BY_LENGTH;
        let [from, to] = begins.get(name.len()..)?.first_chunk::<2>()?;
        let places = places.get(usize::from(*from)..usize::from(*to))?;
        let mut places = places.iter().copied().map(Self);
        places.find(|member| member.name() == name)
    }

    pub const fn name(self) -> &'static str {
        MEMBERS[self.0 as usize].0
    }

    /// So many there are.
    pub const COUNT: usize = MEMBERS.len();

    /// Each of them, by its place among all.
    ///
    /// # Panics
    /// Where there are not so many.
    #[allow(clippy::cast_possible_truncation)] // there are fewer than 256
    pub const fn at(place: usize) -> Self {
        assert!(place < MEMBERS.len());
        Self(place as u8)
    }

    /// Whether it counts where `other` is in the same object.
    pub fn is_surer_than(self, other: Self) -> bool {
        MEMBERS[usize::from(self.0)].1 < MEMBERS[usize::from(other.0)].1
    }
}

impl TimeSource {
    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "receipt" => Some(Self::Receipt),
            "format" => Some(Self::Format),
            "rule" => Some(Self::Rule),
            name => TimeMember::named(name).map(Self::Member),
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Format => "format",
            Self::Rule => "rule",
            Self::Member(member) => member.name(),
        }
    }
}

impl fmt::Display for TimeSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for TimeSource {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_found_by_its_name() {
        for (name, _) in MEMBERS {
            let source = TimeSource::named(name).unwrap();
            assert_eq!(source.name(), name);
        }
        for source in [TimeSource::Receipt, TimeSource::Format, TimeSource::Rule] {
            assert_eq!(TimeSource::named(source.name()), Some(source));
        }
        for name in [
            "",
            "T",
            "temp",
            "timestamp_",
            "server_timestamp_",
            "temperature",
        ] {
            assert_eq!(TimeMember::named(name), None, "{name}");
        }
    }

    #[test]
    fn the_source_is_surer_than_the_server() {
        let member = |name| TimeMember::named(name).unwrap();
        assert!(member("sourceTimestamp").is_surer_than(member("serverTimestamp")));
        assert!(!member("ts").is_surer_than(member("ts_ms")));
        assert_eq!(member("timestamp_ms"), TimeMember::MILLIS);
    }
}
