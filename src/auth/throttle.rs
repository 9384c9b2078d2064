//! How many wrong passwords may be shown. Each failure counts for its address with its account, for
//! its address, and for its account; who has used up one of the three waits. So a device with an
//! old password keeps nobody else out who comes from the same address, nobody tries one password on
//! all accounts, and no herd of addresses tries many on one.
//!
//! The counts are in a table of a fixed size, at places that a key of this process chooses: what
//! attackers do takes no memory, and they can't aim at the place of somebody else. It makes no
//! difference whether there is such an account.

use std::hash::BuildHasher as _;
use std::net::IpAddr;
use std::time::Instant;

use foldhash::quality::RandomState;
use parking_lot::Mutex;

/// How many failures there may be at once, and how many seconds it takes until there may be one
/// more.
struct FailureQuota {
    burst: f32,
    refill_s: f32,
}

/// From one address for one account; from one address; for one account.
const QUOTAS: [FailureQuota; 3] = [
    FailureQuota {
        burst: 5.0,
        refill_s: 10.0,
    },
    FailureQuota {
        burst: 50.0,
        refill_s: 2.0,
    },
    FailureQuota {
        burst: 100.0,
        refill_s: 1.0,
    },
];

/// How many times its burst may be owed.
const DEBT_MAX: f32 = 10.0;

/// How many places there are, for each of the three.
const PLACES: usize = 1 << 14;

pub(super) struct Throttle {
    started: Instant,
    key: RandomState,
    counts: Mutex<Box<[FailureCount]>>,
}

/// Failures that are not forgiven yet, as of a second since the start.
#[derive(Clone, Copy, Default)]
struct FailureCount {
    failures: f32,
    as_of_s: u32,
}

/// One attempt to sign in. For its address with its account it counts as failed until it is known
/// better; for the other two not before it has: a plant that comes back at once after a restart,
/// each device with its own right password, is not to be refused.
#[derive(Clone, Copy)]
pub(super) struct SignInAttempt {
    places: [Option<usize>; 3],
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            started: Instant::now(),
            key: RandomState::default(),
            counts: Mutex::new(vec![FailureCount::default(); 3 * PLACES].into()),
        }
    }
}

impl Throttle {
    /// Lets somebody try who shows a password for this account, or says after how many seconds
    /// they may.
    pub(super) fn enter(&self, from: Option<IpAddr>, account: &str) -> Result<SignInAttempt, u32> {
        let from = from.map(network);
        let now = u32::try_from(self.started.elapsed().as_secs()).unwrap_or(u32::MAX);
        self.enter_at(from, account, now)
    }

    fn enter_at(
        &self,
        from: Option<IpAddr>,
        account: &str,
        now: u32,
    ) -> Result<SignInAttempt, u32> {
        let attempt = SignInAttempt {
            places: [
                from.map(|from| self.place(0, (from, account))),
                from.map(|from| self.place(1, from)),
                Some(self.place(2, account)),
            ],
        };
        let mut counts = self.counts.lock();
        let mut wait_s = 0.0_f32;
        for (place, quota) in attempt.places.iter().zip(&QUOTAS) {
            let Some(place) = *place else {
                continue;
            };
            let count = &mut counts[place];
            let forgiven = now.saturating_sub(count.as_of_s) as f32 / quota.refill_s;
            count.failures = (count.failures - forgiven).max(0.0);
            count.as_of_s = now;
            let over = count.failures + 1.0 - quota.burst;
            wait_s = wait_s.max(over * quota.refill_s);
        }
        if wait_s > 0.0 {
            // A wait is short: it fits.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            return Err((wait_s.ceil() as u32).max(1));
        }
        if let Some(place) = attempt.places[0] {
            counts[place].failures += 1.0;
        }
        Ok(attempt)
    }

    /// The attempt has failed. Who tries many at once owes for them later, but not for ever.
    pub(super) fn fail(&self, attempt: SignInAttempt) {
        let mut counts = self.counts.lock();
        for (place, quota) in attempt.places.into_iter().zip(&QUOTAS).skip(1) {
            if let Some(place) = place {
                let failures = counts[place].failures + 1.0;
                counts[place].failures = failures.min(DEBT_MAX * quota.burst);
            }
        }
    }

    /// The attempt has not failed.
    pub(super) fn forgive(&self, attempt: SignInAttempt) {
        let mut counts = self.counts.lock();
        if let Some(place) = attempt.places[0] {
            counts[place].failures = (counts[place].failures - 1.0).max(0.0);
        }
    }

    fn place(&self, table: usize, of: impl std::hash::Hash) -> usize {
        let hash = self.key.hash_one(of);
        // Less than PLACES: it fits.
        #[allow(clippy::cast_possible_truncation)]
        let place = (hash % PLACES as u64) as usize;
        table * PLACES + place
    }
}

/// What one household or plant has of addresses: of IPv6 it is a /64 at least.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let mut octets = address.octets();
            octets[8..].fill(0);
            IpAddr::V6(octets.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u32) -> IpAddr {
        IpAddr::V4((0x0a00_0000 + last).into())
    }

    fn failures(throttle: &Throttle, from: u32, account: &str, now: u32) -> usize {
        let tries = std::iter::repeat_with(|| throttle.enter_at(Some(address(from)), account, now));
        let failed = tries.map_while(Result::ok);
        failed.map(|attempt| throttle.fail(attempt)).count()
    }

    #[test]
    fn an_address_waits_for_an_account_after_five_failures_and_for_all_after_fifty() {
        let throttle = Throttle::default();
        assert_eq!(failures(&throttle, 1, "a", 0), 5);
        assert_eq!(throttle.enter_at(Some(address(1)), "a", 0).err(), Some(10));
        assert_eq!(failures(&throttle, 1, "a", 10), 1);
        // Others from there are not kept out by that, nor is the account elsewhere.
        assert_eq!(failures(&throttle, 1, "b", 10), 5);
        assert_eq!(failures(&throttle, 2, "a", 10), 5);
        let sprayed = (0..100).map(|one| failures(&throttle, 3, &format!("x{one}"), 0));
        assert_eq!(sprayed.sum::<usize>(), 50);
        assert_eq!(throttle.enter_at(Some(address(3)), "y", 0).err(), Some(2));
    }

    #[test]
    fn a_plant_that_comes_back_at_once_is_let_in_and_who_guesses_at_once_owes_for_it() {
        let throttle = Throttle::default();
        let tries = |from| -> Vec<_> {
            let accounts = (0..2000).map(|one| format!("press-{one}"));
            accounts
                .filter_map(|account| throttle.enter_at(Some(address(from)), &account, 0).ok())
                .collect()
        };
        // Two names may have one place.
        let (plant, guesses) = (tries(1), tries(2));
        assert!(plant.len() > 1900 && guesses.len() > 1900);
        for attempt in plant {
            throttle.forgive(attempt);
        }
        for attempt in guesses {
            throttle.fail(attempt);
        }
        assert!(throttle.enter_at(Some(address(1)), "next", 0).is_ok());
        let owed = throttle.enter_at(Some(address(2)), "next", 0).err();
        assert_eq!(owed, Some(2 * (10 * 50 + 1 - 50)));
    }

    #[test]
    fn a_herd_of_addresses_has_a_hundred_failures_for_an_account_and_then_one_a_second() {
        let throttle = Throttle::default();
        let herd = |first, now| -> usize {
            let herd = (first..first + 200).map(|one| failures(&throttle, one, "admin", now));
            herd.sum()
        };
        assert_eq!(herd(1000, 0), 100);
        assert_eq!(herd(2000, 7), 7);
    }

    #[test]
    fn who_is_right_uses_nothing_up() {
        let throttle = Throttle::default();
        for _ in 0..1000 {
            let attempt = throttle.enter_at(Some(address(1)), "a", 0);
            throttle.forgive(attempt.unwrap());
        }
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let throttle = Throttle::default();
        let address = |last: u16| Some(IpAddr::V6([1, 2, 3, 4, 5, 6, 7, last].into()));
        for last in 0..5 {
            assert!(throttle.enter(address(last), "a").is_ok());
        }
        assert!(throttle.enter(address(5), "a").is_err());
    }
}
