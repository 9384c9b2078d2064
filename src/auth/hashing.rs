//! What passwords cost is spent on threads of their own, with a low priority, so that nobody waits
//! for it who does not show one. A password that was right once is known again for nothing; of many
//! who show the same one at once, one is computed for all.

use std::collections::{HashMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use ring::hmac;
use ring::rand::SystemRandom;
use tokio::sync::oneshot;

use super::password::{PASSWORD_BYTES_MAX, Password, PasswordHash, waste};
use crate::metrics::Metrics;

/// How many hashes may wait to be computed; beyond that who shows a password is told to come back.
const WAITING_MAX: usize = 4096;
/// How many threads compute, on a machine with enough processors.
const THREADS_MAX: usize = 2;
/// How long a thread stays that has nothing to do.
const IDLE: Duration = Duration::from_secs(10);
/// How much lower the priority of these threads is.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// Why a password is not looked at now.
#[derive(Debug)]
pub(super) enum NotNow {
    /// So many wait that no more are taken.
    Crowded,
    /// Whoever asked is to wait for so many seconds.
    Throttled(u32),
}

/// The threads that hash passwords, and what they know of passwords that were right.
pub(super) struct Hashing {
    shared: Arc<Desk>,
}

struct Desk {
    /// Known to this process only: what is remembered of a password says nothing without it.
    key: Option<hmac::Key>,
    work: Mutex<Work>,
    wake: Condvar,
    metrics: Arc<Metrics>,
}

#[derive(Default)]
struct Work {
    waiting: VecDeque<Job>,
    /// Who waits for which verdict.
    flights: HashMap<Tag, Vec<oneshot::Sender<bool>>>,
    threads: usize,
    idle: usize,
    /// For each account the password that was right last.
    verified: HashMap<Arc<str>, Tag>,
}

/// Stands for an account, the hash that it has, and a password.
type Tag = [u8; 32];

enum Job {
    Verify {
        tag: Tag,
        /// `None` where there is no such account: it costs the same.
        hash: Option<PasswordHash>,
        password: Bytes,
    },
    Make {
        password: Password,
        answer: oneshot::Sender<Option<PasswordHash>>,
    },
}

impl Hashing {
    pub(super) fn new(metrics: Arc<Metrics>) -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok();
        Self {
            shared: Arc::new(Desk {
                key,
                work: Mutex::default(),
                wake: Condvar::new(),
                metrics,
            }),
        }
    }

    /// Whether this password was right for the account, while it had the same hash.
    pub(super) fn knows(&self, account: &str, hash: &PasswordHash, password: &[u8]) -> bool {
        let work = self.shared.work.lock();
        let verified = work.verified.get(account);
        verified.is_some_and(|verified| self.shared.is_tag(verified, account, hash, password))
    }

    /// Whether this is the password of the account with that hash; where there is no such account,
    /// the answer takes as long. Where it is not being looked at already, for somebody else who
    /// shows the same, `enter` says whether it may be.
    pub(super) async fn verify(
        &self,
        account: &Arc<str>,
        hash: Option<&PasswordHash>,
        password: &Bytes,
        enter: impl FnOnce() -> Result<(), u32>,
    ) -> Result<bool, NotNow> {
        if password.len() > PASSWORD_BYTES_MAX {
            return Ok(false);
        }
        let Some(tag) = self.shared.tag(account, hash, password) else {
            return Err(NotNow::Crowded);
        };
        let (answer, verdict) = oneshot::channel();
        {
            let mut work = self.shared.work.lock();
            if let Some(flight) = work.flights.get_mut(&tag) {
                flight.push(answer);
            } else {
                enter().map_err(NotNow::Throttled)?;
                self.shared.take(
                    &mut work,
                    Job::Verify {
                        tag,
                        hash: hash.cloned(),
                        password: password.clone(),
                    },
                )?;
                work.flights.insert(tag, vec![answer]);
            }
        }
        let right = verdict.await.map_err(|_| NotNow::Crowded)?;
        if right {
            let mut work = self.shared.work.lock();
            work.verified.insert(Arc::clone(account), tag);
        }
        Ok(right)
    }

    /// The hash of a new password.
    pub(super) async fn make(&self, password: Password) -> Result<PasswordHash, NotNow> {
        let (answer, made) = oneshot::channel();
        let job = Job::Make { password, answer };
        self.shared.take(&mut self.shared.work.lock(), job)?;
        made.await.ok().flatten().ok_or(NotNow::Crowded)
    }

    /// Forgets what was right for accounts that are no more.
    pub(super) fn retain(&self, is_there: impl Fn(&str) -> bool) {
        let mut work = self.shared.work.lock();
        work.verified.retain(|account, _| is_there(account));
    }
}

impl Desk {
    fn tag(&self, account: &str, hash: Option<&PasswordHash>, password: &[u8]) -> Option<Tag> {
        let said = said(account, hash, password);
        let tag = hmac::sign(self.key.as_ref()?, &said);
        tag.as_ref().try_into().ok()
    }

    fn is_tag(&self, tag: &Tag, account: &str, hash: &PasswordHash, password: &[u8]) -> bool {
        let said = said(account, Some(hash), password);
        let key = self.key.as_ref();
        key.is_some_and(|key| hmac::verify(key, &said, tag).is_ok())
    }

    /// Has a job done, by a new thread where none is idle and there may be one more.
    fn take(self: &Arc<Self>, work: &mut Work, job: Job) -> Result<(), NotNow> {
        if work.waiting.len() >= WAITING_MAX {
            self.metrics.auth_crowded.inc();
            return Err(NotNow::Crowded);
        }
        if work.idle <= work.waiting.len() && work.threads < threads_max() {
            let desk = Arc::clone(self);
            let thread = std::thread::Builder::new().name("passwords".into());
            match thread.spawn(move || desk.run()) {
                Ok(_) => work.threads += 1,
                Err(_) if work.threads == 0 => return Err(NotNow::Crowded),
                Err(_) => {}
            }
        }
        work.waiting.push_back(job);
        self.wake.notify_one();
        Ok(())
    }

    fn run(&self) {
        #[cfg(target_os = "linux")]
        if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
            tracing::debug!(%error, "lower the priority of a thread that hashes passwords");
        }
        let mut work = self.work.lock();
        loop {
            let Some(job) = work.waiting.pop_front() else {
                work.idle += 1;
                let waited = self.wake.wait_for(&mut work, IDLE);
                work.idle -= 1;
                if waited.timed_out() && work.waiting.is_empty() {
                    work.threads -= 1;
                    return;
                }
                continue;
            };
            if let Job::Verify { tag, .. } = &job {
                let waiting = work.flights.get(tag);
                if waiting.is_none_or(|waiting| waiting.iter().all(oneshot::Sender::is_closed)) {
                    work.flights.remove(tag);
                    continue;
                }
            }
            parking_lot::MutexGuard::unlocked(&mut work, || self.work_on(job));
        }
    }

    fn work_on(&self, job: Job) {
        self.metrics.auth_hashes.inc();
        match job {
            Job::Verify {
                tag,
                hash,
                password,
            } => {
                let verify = || match &hash {
                    Some(hash) => hash.is_of(&password),
                    None => waste(&password),
                };
                let right = std::panic::catch_unwind(AssertUnwindSafe(verify)).unwrap_or(false);
                for answer in self.work.lock().flights.remove(&tag).into_iter().flatten() {
                    // Whoever asked may be gone.
                    let _ = answer.send(right);
                }
            }
            Job::Make { password, answer } => {
                let make = || PasswordHash::make(password.as_bytes());
                let hash = std::panic::catch_unwind(AssertUnwindSafe(make)).unwrap_or(None);
                let _ = answer.send(hash);
            }
        }
    }
}

/// What stands for an account, its hash and a password: no two of them look the same.
fn said(account: &str, hash: Option<&PasswordHash>, password: &[u8]) -> Vec<u8> {
    let hash = hash.map_or("", PasswordHash::as_str);
    let mut said = Vec::with_capacity(16 + account.len() + hash.len() + password.len());
    for part in [account.as_bytes(), hash.as_bytes()] {
        said.extend_from_slice(&(part.len() as u64).to_le_bytes());
        said.extend_from_slice(part);
    }
    said.extend_from_slice(password);
    said
}

fn threads_max() -> usize {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (processors / 2).clamp(1, THREADS_MAX)
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn hashing() -> (Hashing, Arc<Metrics>) {
        let metrics = Arc::<Metrics>::default();
        (Hashing::new(Arc::clone(&metrics)), metrics)
    }

    #[tokio::test]
    async fn two_thousand_who_show_the_same_password_cost_one_hash() {
        let (hashing, metrics) = hashing();
        let (account, password) = (Arc::<str>::from("press"), Bytes::from_static(b"secret"));
        let hash = PasswordHash::make(b"secret").unwrap();
        let all = (0..2000).map(|_| hashing.verify(&account, Some(&hash), &password, || Ok(())));
        let all = futures_util::future::join_all(all).await;
        assert!(all.iter().all(|verdict| matches!(verdict, Ok(true))));
        assert_eq!(metrics.auth_hashes.get(), 1);
        assert!(hashing.knows("press", &hash, b"secret"));
        assert!(!hashing.knows("press", &hash, b"Secret"));
        assert!(!hashing.knows("other", &hash, b"secret"));
        let other = PasswordHash::make(b"secret").unwrap();
        assert!(!hashing.knows("press", &other, b"secret"));
        hashing.retain(|_| false);
        assert!(!hashing.knows("press", &hash, b"secret"));
    }

    #[tokio::test]
    async fn an_unknown_name_costs_a_hash_as_a_wrong_password_does() {
        let (hashing, metrics) = hashing();
        let account = Arc::<str>::from("press");
        let hash = PasswordHash::make(b"secret").unwrap();
        for (hash, password) in [(Some(&hash), "wrong"), (None, "secret"), (None, "")] {
            let before = metrics.auth_hashes.get();
            let verdict = hashing
                .verify(&account, hash, &password.into(), || Ok(()))
                .await;
            assert!(matches!(verdict, Ok(false)));
            assert_eq!(metrics.auth_hashes.get(), before + 1);
        }
    }

    #[tokio::test]
    async fn no_more_wait_than_may_wait() {
        let (hashing, metrics) = hashing();
        let account = Arc::<str>::from("press");
        let passwords: Vec<Bytes> = (0..WAITING_MAX + 100)
            .map(|one| one.to_string().into())
            .collect();
        let mut crowd: Vec<_> = passwords
            .iter()
            .map(|password| Box::pin(hashing.verify(&account, None, password, || Ok(()))))
            .collect();
        let refused = crowd.iter_mut().map(FutureExt::now_or_never);
        let refused = refused.filter(|verdict| matches!(verdict, Some(Err(NotNow::Crowded))));
        // Some may be done already.
        assert!((1..=100).contains(&refused.count()));
        assert!(metrics.auth_crowded.get() > 0);
        drop(crowd);
        // Those that went away cost nothing.
        let made = loop {
            if let Ok(made) = hashing.make(Password::new("long enough").unwrap()).await {
                break made;
            }
            tokio::task::yield_now().await;
        };
        assert!(made.is_of(b"long enough"));
        assert!(metrics.auth_hashes.get() < 200);
    }
}
