//! How much the accounts do at a time, over all their connections.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many accounts that do nothing may be remembered before they are looked for.
pub(super) const SPARE: usize = 64;

/// How much may come at once of what may come in a time.
const BURST: Duration = Duration::from_secs(1);

/// Every account that does something now, by its name.
#[derive(Debug, Default)]
pub(super) struct Usages {
    all: HashMap<Arc<str>, Weak<AccountUsage>>,
    /// From how many on those are looked for that do nothing any more.
    swept_at: usize,
}

/// What one account does.
#[derive(Debug, Default)]
struct AccountUsage(Mutex<Used>);

#[derive(Debug, Default)]
struct Used {
    connections: u32,
    /// When all would have come that has, one after the other.
    paid_until: Option<Instant>,
}

/// One connection of an account, for as long as this lives.
#[derive(Debug)]
pub struct AccountConnection(Arc<AccountUsage>);

impl Usages {
    /// One more connection of an account, where it has fewer than `most`.
    pub(super) fn connect(
        &mut self,
        account: &str,
        most: Option<u32>,
    ) -> Option<AccountConnection> {
        let usage = self.of(account);
        let mut used = usage.0.lock();
        if most.is_some_and(|most| used.connections >= most) {
            return None;
        }
        used.connections += 1;
        drop(used);
        Some(AccountConnection(usage))
    }

    /// How many accounts are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    fn of(&mut self, account: &str) -> Arc<AccountUsage> {
        if let Some(known) = self.all.get(account).and_then(Weak::upgrade) {
            return known;
        }
        if self.all.len() >= self.swept_at {
            self.all.retain(|_, usage| usage.strong_count() > 0);
            self.swept_at = 2 * self.all.len() + SPARE;
        }
        let usage = Arc::<AccountUsage>::default();
        self.all.insert(account.into(), Arc::downgrade(&usage));
        usage
    }
}

impl AccountConnection {
    /// One more message of an account that may publish so many in a second: how long to wait after
    /// it. `None` where that were longer than `patience`: then it does not count.
    pub fn pace(&self, per_second: u32, now: Instant, patience: Duration) -> Option<Duration> {
        let mut used = self.0.0.lock();
        let paid_until = used.paid_until.map_or(now, |until| until.max(now));
        let paid_until = paid_until + Duration::from_secs(1) / per_second.max(1);
        let wait = (paid_until - now).saturating_sub(BURST);
        if wait > patience {
            return None;
        }
        used.paid_until = Some(paid_until);
        Some(wait)
    }
}

impl Drop for AccountConnection {
    fn drop(&mut self) {
        self.0.0.lock().connections -= 1;
    }
}
