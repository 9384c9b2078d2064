//! Everybody who has come in, for as long as somebody holds them.

use std::collections::HashMap;

use super::means::Arrival;
use super::principal::{Principal, WeakPrincipal};
use crate::message::Timestamp;

/// How many may be listed before those that are gone are looked for.
const LISTED_MIN: usize = 1024;

/// The principals that are alive: one for each way to come in, however many come that way.
#[derive(Default)]
pub(super) struct Registry {
    listed: HashMap<Arrival, WeakPrincipal>,
    /// From how many on those that are gone are looked for: twice as many as were left then, so
    /// that a sign-in costs the same however many there are.
    swept_at: usize,
    /// When the first of what holds now ends by itself.
    first_end: Option<Timestamp>,
}

impl Registry {
    /// Who has come in this way and is still there.
    pub(super) fn get(&self, arrival: &Arrival) -> Option<Principal> {
        self.listed.get(arrival)?.upgrade()
    }

    pub(super) fn insert(&mut self, principal: &Principal) {
        if self.listed.len() >= self.swept_at.max(LISTED_MIN) {
            self.listed
                .retain(|_, principal| principal.upgrade().is_some());
            self.swept_at = 2 * self.listed.len();
        }
        self.first_end = earlier(self.first_end, principal.until());
        let arrival = principal.arrival().clone();
        self.listed.insert(arrival, principal.downgrade());
    }

    /// Everybody who is there, and for whom something holds; the others are forgotten. What is due
    /// by `now` is yet to be looked at: see [`Self::note_end`].
    pub(super) fn all(&mut self, now: Timestamp) -> Vec<Principal> {
        let (mut all, mut first_end) = (Vec::with_capacity(self.listed.len()), None);
        self.listed.retain(|_, listed| {
            let principal = listed.upgrade().filter(|principal| !principal.is_over());
            let Some(principal) = principal else {
                return false;
            };
            let end = principal.until().filter(|end| now < *end);
            first_end = earlier(first_end, end);
            all.push(principal);
            true
        });
        self.swept_at = 2 * self.listed.len();
        self.first_end = first_end;
        all
    }

    /// Something that holds now ends then by itself.
    pub(super) fn note_end(&mut self, end: Option<Timestamp>) {
        self.first_end = earlier(self.first_end, end);
    }

    /// Whether something that holds has ended by itself.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.first_end.is_some_and(|end| end <= now)
    }
}

/// The earlier one of two ends, where there are any.
pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
