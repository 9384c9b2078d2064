//! The order of an edge node's messages, by their sequence numbers (Sparkplug 3.0.0 sections 5.5
//! and 6.4.21).

use crate::message::Timestamp;

/// How many messages may come before the one that is missing, at most.
const EARLY_MAX: usize = 64;

/// How many numbers back a message is a late one, whose gap has been told.
const LATE_MAX: u8 = 64;

/// Which message of a node comes next, and which have come before their turn.
#[derive(Debug, Default)]
pub(super) struct Sequence {
    /// `None` where any may be: after a restart.
    next: Option<u8>,
    early: Vec<u8>,
    /// Since when one is missing.
    waiting: Option<Timestamp>,
}

/// Messages that have not come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MissedSeq {
    /// The first of them.
    pub(super) missing: u8,
}

impl Sequence {
    /// Behind a birth with that number.
    pub(super) fn after(seq: u8) -> Self {
        Self {
            next: Some(seq.wrapping_add(1)),
            ..Self::default()
        }
    }

    /// Takes a message that came `at`; what is missing before it, once that has not come for
    /// `window` microseconds or too much has come in its place.
    pub(super) fn take(&mut self, seq: u8, at: Timestamp, window: i64) -> Option<MissedSeq> {
        let Some(next) = self.next else {
            *self = Self::after(seq);
            return None;
        };
        if seq == next {
            self.advance(next);
            return self.give_up(at, window);
        }
        if next.wrapping_sub(seq) <= LATE_MAX {
            return self.give_up(at, window);
        }
        if !self.early.contains(&seq) {
            self.early.push(seq);
        }
        self.waiting.get_or_insert(at);
        let is_far = usize::from(seq.wrapping_sub(next)) > EARLY_MAX;
        if is_far || self.early.len() > EARLY_MAX {
            *self = Self::after(seq);
            return Some(MissedSeq { missing: next });
        }
        self.give_up(at, window)
    }

    /// Whether one is missing.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Stops waiting for what has not come within `window` microseconds by `now`: what is
    /// missing.
    pub(super) fn give_up(&mut self, now: Timestamp, window: i64) -> Option<MissedSeq> {
        let since = self.waiting?;
        if now.0.saturating_sub(since.0) < window {
            return None;
        }
        let missing = self.next?;
        let last = self
            .early
            .iter()
            .max_by_key(|seq| seq.wrapping_sub(missing));
        *self = last.map_or_else(Self::default, |last| Self::after(*last));
        Some(MissedSeq { missing })
    }

    /// The one that was due is there, and with it those that came before their turn.
    fn advance(&mut self, mut next: u8) {
        next = next.wrapping_add(1);
        while let Some(at) = self.early.iter().position(|seq| *seq == next) {
            self.early.swap_remove(at);
            next = next.wrapping_add(1);
        }
        self.next = Some(next);
        if self.early.is_empty() {
            self.waiting = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: i64 = 1000;

    #[test]
    fn what_is_missing_is_told_once_and_only_when_it_has_not_come() {
        let gap = |missing| Some(MissedSeq { missing });
        for messages in [
            vec![(0, 0, None), (1, 1, None), (2, 2, None)],
            vec![(254, 0, None), (255, 1, None), (0, 2, None), (1, 3, None)],
            // Out of order, and yet complete.
            vec![
                (0, 0, None),
                (2, 1, None),
                (3, 2, None),
                (1, 3, None),
                (4, 2000, None),
            ],
            // Never.
            vec![
                (0, 0, None),
                (2, 1, None),
                (3, 1000, None),
                (4, 1001, gap(1)),
                (5, 1002, None),
            ],
            // Late, behind the gap.
            vec![
                (0, 0, None),
                (2, 1, None),
                (3, 1001, gap(1)),
                (1, 1002, None),
                (4, 1003, None),
            ],
            // Again.
            vec![(0, 0, None), (1, 1, None), (1, 2, None), (2, 3, None)],
            vec![(0, 0, None), (70, 1, gap(1)), (71, 2, None)],
        ] {
            let mut sequence = Sequence::default();
            for (seq, at, expected) in messages.clone() {
                let found = sequence.take(seq, Timestamp(at), WINDOW);
                assert_eq!(found, expected, "{seq} of {messages:?}");
            }
        }
    }

    #[test]
    fn a_window_of_nothing_tells_at_once() {
        let mut sequence = Sequence::after(0);
        assert_eq!(
            sequence.take(2, Timestamp(0), 0),
            Some(MissedSeq { missing: 1 })
        );
        assert_eq!(sequence.take(3, Timestamp(0), 0), None);
    }

    #[test]
    fn who_falls_silent_is_given_up_too() {
        let mut sequence = Sequence::after(0);
        assert!(!sequence.is_waiting());
        assert_eq!(sequence.take(3, Timestamp(0), WINDOW), None);
        assert!(sequence.is_waiting());
        assert_eq!(sequence.give_up(Timestamp(999), WINDOW), None);
        assert_eq!(
            sequence.give_up(Timestamp(1000), WINDOW),
            Some(MissedSeq { missing: 1 })
        );
        assert!(!sequence.is_waiting());
        assert_eq!(sequence.take(4, Timestamp(2000), WINDOW), None);
    }

    #[test]
    fn what_comes_early_is_bounded() {
        let mut sequence = Sequence::after(0);
        let told = (2..=255).filter(|seq| sequence.take(*seq, Timestamp(0), WINDOW).is_some());
        assert_eq!(told.count(), 1);
        assert!(sequence.early.len() <= EARLY_MAX);
    }
}
