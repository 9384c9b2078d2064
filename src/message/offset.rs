//! Where a record stands in the one order of everything that was received.

use std::fmt;
use std::str::FromStr;

/// A record's place in the journal. It is also the identity of a message for ever after: the
/// `seq` of the REST interface, of the live streams and of the database.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    serde::Serialize,
    serde::Deserialize,
)]
pub struct Offset(pub u64);

impl Offset {
    /// The offset `n` places further on.
    #[must_use]
    pub fn plus(self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    /// The last record below this place; 0, which no record has, at the beginning.
    #[must_use]
    pub fn last_below(self) -> Self {
        Self(self.0.saturating_sub(1))
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Names one journal from its creation on: offsets compare only within an epoch.
/// A random number, written as lower-case base 36 (`k3f9`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(pub u32);

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0_u8; 7];
        let mut at = digits.len();
        let mut rest = self.0;
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
            rest /= 36;
            if rest == 0 {
                break;
            }
        }
        digits[at..]
            .iter()
            .try_for_each(|digit| write!(f, "{}", char::from(*digit)))
    }
}

impl FromStr for Epoch {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text, 36).map(Self)
    }
}

/// A place between two records, named by the one that is wanted next: everything below has been
/// seen. Its text is `epoch:last-seen` (`k3f9:981233`), which a client can keep and come back with.
///
/// Only this file converts between a place and the record before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor {
    /// The journal that the offset belongs to.
    pub epoch: Epoch,
    /// The next record wanted.
    pub next: Offset,
}

impl Cursor {
    /// The place right after the record `seen`.
    pub fn after(epoch: Epoch, seen: Offset) -> Self {
        Self {
            epoch,
            next: seen.plus(1),
        }
    }

    /// The record right before the place; 0, which no record has, at the beginning.
    pub fn last_seen(self) -> Offset {
        self.next.last_below()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.last_seen())
    }
}

impl FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (epoch, seen) = text.split_once(':')?;
            Some(Self::after(epoch.parse().ok()?, Offset(seen.parse().ok()?)))
        };
        parse().ok_or_else(|| {
            format!("\"{text}\" is not a cursor: expected epoch:offset, such as k3f9:981233")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_survives_its_text() {
        for (epoch, offset) in [(0, 0), (35, 1), (36, 7), (u32::MAX, u64::MAX)] {
            let cursor = Cursor::after(Epoch(epoch), Offset(offset));
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", ":", "k3f9", "k3f9:", "k3f9:x", "é:1", "k3f9:-1"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
