//! Which partition goes next. Pure.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use super::partition::{ClassId, PartRange, Sealed, SealedPart};
use crate::message::{DAY_US, Keep, Timestamp};

/// What is known when it is decided.
pub(super) struct Situation<'a> {
    pub(super) parts: &'a [SealedPart],
    /// All that the database holds for us.
    pub(super) bytes: u64,
    /// How long everything is kept.
    pub(super) whole: Keep,
    /// The same of rollups, in days.
    pub(super) rollups_days: Option<u32>,
    /// What rules say of some classes.
    pub(super) keeps: &'a HashMap<(Sealed, ClassId), Keep, FixedState>,
    pub(super) now: Timestamp,
}

impl<'a> Situation<'a> {
    /// Before this instant nothing of a class is kept.
    pub(super) fn age_limit(&self, kind: Sealed, class: ClassId) -> Option<Timestamp> {
        let own = self.keeps.get(&(kind, class)).and_then(|keep| keep.days);
        let rollups = self.rollups_days.filter(|_| kind == Sealed::Rollups);
        let days = own.or(rollups).or(self.whole.days)?;
        let age = i64::from(days).saturating_mul(DAY_US);
        Some(Timestamp(self.now.0.saturating_sub(age)))
    }

    /// The partition that goes next: one that is too old, else the oldest of a class that is too
    /// large, else the oldest of what no rule speaks of where everything together is too large, and
    /// of what rules speak of where nothing else is left. What is written to never goes.
    pub(super) fn next_due(&self) -> Option<&'a SealedPart> {
        self.too_old()
            .or_else(|| self.of_too_large())
            .or_else(|| self.of_everything())
    }

    fn past(&self) -> impl Iterator<Item = (&'a SealedPart, PartRange)> {
        let ranged = self.parts.iter();
        let ranged = ranged.filter_map(|part| part.range.map(|range| (part, range)));
        ranged.filter(|(_, range)| range.to <= self.now)
    }

    fn too_old(&self) -> Option<&'a SealedPart> {
        let is_old = |part: &SealedPart, range: PartRange| {
            let limit = self.age_limit(part.kind, part.class);
            limit.is_some_and(|limit| range.to <= limit)
        };
        oldest(self.past().filter(|(part, range)| is_old(part, *range)))
    }

    fn of_too_large(&self) -> Option<&'a SealedPart> {
        let mut sizes: HashMap<(Sealed, ClassId), u64, FixedState> = HashMap::default();
        for part in self.parts {
            *sizes.entry((part.kind, part.class)).or_default() += part.bytes;
        }
        let is_large = |part: &SealedPart| {
            let key = (part.kind, part.class);
            let most = self.keeps.get(&key).and_then(|keep| keep.bytes);
            most.is_some_and(|most| sizes[&key] > most)
        };
        oldest(self.past().filter(|(part, _)| is_large(part)))
    }

    fn of_everything(&self) -> Option<&'a SealedPart> {
        if self.bytes <= self.whole.bytes? {
            return None;
        }
        let is_spoken_of = |part: &SealedPart| self.keeps.contains_key(&(part.kind, part.class));
        oldest(self.past().filter(|(part, _)| !is_spoken_of(part))).or_else(|| oldest(self.past()))
    }
}

fn oldest<'a>(parts: impl Iterator<Item = (&'a SealedPart, PartRange)>) -> Option<&'a SealedPart> {
    let first = parts.min_by_key(|(part, range)| (range.to, part.kind, part.class));
    first.map(|(part, _)| part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(kind: Sealed, class: i16, day: i64, bytes: u64) -> SealedPart {
        SealedPart {
            kind,
            class: ClassId(class),
            range: Some(PartRange {
                from: Timestamp(day * DAY_US),
                to: Timestamp((day + 1) * DAY_US),
            }),
            name: format!("{kind:?} {class} {day}"),
            is_chunk: false,
            bytes,
        }
    }

    /// What goes, in its order, on day 100.
    fn gone(mut parts: Vec<SealedPart>, whole: Keep, keeps: &[(Sealed, i16, Keep)]) -> Vec<String> {
        let keeps = keeps.iter();
        let keeps = keeps.map(|(kind, class, keep)| ((*kind, ClassId(*class)), *keep));
        let keeps = keeps.collect();
        let mut gone = Vec::new();
        loop {
            let situation = Situation {
                parts: &parts,
                bytes: parts.iter().map(|part| part.bytes).sum(),
                whole,
                rollups_days: None,
                keeps: &keeps,
                now: Timestamp(100 * DAY_US + 5),
            };
            let Some(name) = situation.next_due().map(|part| part.name.clone()) else {
                return gone;
            };
            parts.retain(|part| part.name != name);
            gone.push(name);
        }
    }

    fn days(days: u32) -> Keep {
        Keep {
            days: Some(days),
            bytes: None,
        }
    }

    fn bytes(bytes: u64) -> Keep {
        Keep {
            days: None,
            bytes: Some(bytes),
        }
    }

    use Sealed::{Messages, Samples};

    #[test]
    fn a_partition_goes_when_all_of_it_is_too_old() {
        let parts = vec![
            part(Messages, 0, 100, 1),
            part(Messages, 0, 70, 1),
            part(Messages, 0, 69, 1),
            part(Samples, 0, 68, 1),
            part(Samples, 2, 10, 1),
            part(Messages, 1, 98, 1),
            part(Messages, 1, 97, 1),
        ];
        let keeps = [(Samples, 2, days(3650)), (Messages, 1, days(2))];
        assert_eq!(
            gone(parts.clone(), days(30), &keeps),
            ["Samples 0 68", "Messages 0 69", "Messages 1 97"]
        );
        // Without a limit of its own the rest stays.
        assert_eq!(
            gone(parts.clone(), Keep::default(), &keeps),
            ["Messages 1 97"]
        );
        assert_eq!(gone(parts, Keep::default(), &[]), [""; 0]);
    }

    #[test]
    fn what_is_too_large_loses_its_oldest_partitions() {
        let parts = vec![
            part(Messages, 1, 100, 50),
            part(Messages, 1, 99, 50),
            part(Messages, 1, 98, 50),
            part(Samples, 1, 90, 500),
            part(Messages, 0, 1, 500),
        ];
        let keeps = [(Messages, 1, bytes(100))];
        assert_eq!(
            gone(parts.clone(), Keep::default(), &keeps),
            ["Messages 1 98"]
        );
        // What is written to stays, whatever the limit.
        let keeps = [(Messages, 1, bytes(1))];
        assert_eq!(
            gone(parts, Keep::default(), &keeps),
            ["Messages 1 98", "Messages 1 99"]
        );
    }

    #[test]
    fn where_everything_is_too_large_what_a_rule_keeps_goes_last() {
        let parts = vec![
            part(Messages, 0, 100, 10),
            part(Messages, 0, 99, 10),
            part(Samples, 0, 98, 10),
            part(Samples, 1, 5, 10),
            part(Messages, 2, 7, 10),
        ];
        let keeps = [(Samples, 1, days(3650))];
        // The class whose rule is gone is like the rest.
        assert_eq!(
            gone(parts.clone(), bytes(25), &keeps),
            ["Messages 2 7", "Samples 0 98", "Messages 0 99"]
        );
        assert_eq!(
            gone(parts, bytes(10), &keeps),
            [
                "Messages 2 7",
                "Samples 0 98",
                "Messages 0 99",
                "Samples 1 5"
            ]
        );
    }
}
