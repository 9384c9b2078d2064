//! How much the accounts do at a time, over all their connections.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// How many accounts that do nothing may be remembered before they are looked for.
pub(super) const SPARE: usize = 64;

/// How much may come at once of what may come in a time.
const BURST: Duration = Duration::from_secs(1);

/// Every account that does something now, or did just before, by its name.
#[derive(Debug, Default)]
pub(super) struct Usages {
    all: HashMap<Arc<str>, Arc<AccountUsage>>,
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

    /// One more message of an account that may publish so many in a second, and has no connection
    /// that stays; whether it may.
    pub(super) fn publish(&mut self, account: &str, per_second: u32, now: Instant) -> bool {
        let wait = self.of(account).pace(per_second, now, Duration::ZERO);
        wait.is_some()
    }

    /// How many accounts are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    fn of(&mut self, account: &str) -> Arc<AccountUsage> {
        if let Some(known) = self.all.get(account) {
            return Arc::clone(known);
        }
        if self.all.len() >= self.swept_at {
            let now = Instant::now();
            self.all.retain(|_, usage| usage.0.lock().matters(now));
            self.swept_at = 2 * self.all.len() + SPARE;
        }
        let usage = Arc::<AccountUsage>::default();
        self.all.insert(account.into(), Arc::clone(&usage));
        usage
    }
}

impl Used {
    /// Whether anything would be other if it were forgotten.
    fn matters(&self, now: Instant) -> bool {
        self.connections > 0 || self.paid_until.is_some_and(|until| until > now)
    }
}

impl AccountConnection {
    /// One more message of an account that may publish so many in a second: how long to wait after
    /// it. `None` where that were longer than `patience`: then it does not count.
    pub fn pace(&self, per_second: u32, now: Instant, patience: Duration) -> Option<Duration> {
        self.0.pace(per_second, now, patience)
    }
}

impl AccountUsage {
    fn pace(&self, per_second: u32, now: Instant, patience: Duration) -> Option<Duration> {
        let mut used = self.0.lock();
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
