//! Browsers that are signed in to the dashboard. They stay so over a restart of the server: what is
//! kept of each is the hash of its cookie.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::password::Fingerprint;
use super::token::{NewSecret, TokenHash, parts};
use crate::message::Timestamp;

const PREFIX: &str = "uss_";
/// How long a browser stays signed in at all, and how long when it asks for nothing.
const LIFE_S: i64 = 7 * 24 * 3600;
const IDLE_S: i64 = 12 * 3600;
/// How exact the last use is kept: it is on disk, too.
const USED_STEP_S: i64 = 300;
/// How many browsers may be signed in for one account, and for all: the one that was used least
/// recently is signed out.
const OF_ACCOUNT_MAX: usize = 20;
const ALL_MAX: usize = 2000;

const SECOND: i64 = 1_000_000;

/// A browser that has just signed in.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// What the browser shows from now on; nobody else may see it.
    pub text: String,
    /// When it ends at the latest.
    pub expires: Timestamp,
}

/// A browser that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInRecord {
    id: Arc<str>,
    account: Arc<str>,
    hash: TokenHash,
    /// Tells the password that the account had: with another one this is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    password: Option<String>,
    created: Timestamp,
    used: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<IpAddr>,
}

impl SignInRecord {
    fn end(&self) -> Timestamp {
        let idle = self.used.0.saturating_add(IDLE_S * SECOND);
        Timestamp(idle.min(self.expires().0))
    }

    fn expires(&self) -> Timestamp {
        Timestamp(self.created.0.saturating_add(LIFE_S * SECOND))
    }
}

/// All browsers that are signed in.
#[derive(Debug, Default)]
pub(super) struct SignIns {
    all: HashMap<Arc<str>, SignInRecord>,
    /// Whether what is on disk is something else.
    is_dirty: bool,
}

impl SignIns {
    pub(super) fn new(records: Vec<SignInRecord>) -> Self {
        let records = records.into_iter().take(ALL_MAX);
        Self {
            all: records
                .map(|record| (Arc::clone(&record.id), record))
                .collect(),
            is_dirty: false,
        }
    }

    /// Signs a browser in for an account that has this password; `None` where the system has no
    /// random numbers.
    pub(super) fn open(
        &mut self,
        account: &Arc<str>,
        password: Option<Fingerprint>,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Option<SignIn> {
        self.all.retain(|_, record| now < record.end());
        let of_account = |record: &SignInRecord| record.account == *account;
        if self.all.values().filter(|one| of_account(one)).count() >= OF_ACCOUNT_MAX {
            self.drop_least_used(of_account);
        }
        if self.all.len() >= ALL_MAX {
            self.drop_least_used(|_| true);
        }
        let secret = NewSecret::make(PREFIX)?;
        let record = SignInRecord {
            id: Arc::clone(&secret.id),
            account: Arc::clone(account),
            hash: secret.hash,
            password: password.map(hex),
            created: now,
            used: now,
            from,
        };
        let expires = record.expires();
        self.all.insert(secret.id, record);
        self.is_dirty = true;
        Some(SignIn {
            text: secret.text,
            expires,
        })
    }

    fn drop_least_used(&mut self, among: impl Fn(&SignInRecord) -> bool) {
        let records = self.all.values().filter(|record| among(record));
        let least = records.min_by_key(|record| record.used);
        if let Some(id) = least.map(|record| Arc::clone(&record.id)) {
            self.all.remove(&id);
        }
    }

    /// The account and the id of the sign-in that shows this, which is used by that.
    pub(super) fn find(&mut self, text: &[u8], now: Timestamp) -> Option<(Arc<str>, Arc<str>)> {
        let (id, secret) = parts(PREFIX, text)?;
        let record = self.all.get_mut(id)?;
        if !record.hash.is_of(secret) || now >= record.end() {
            return None;
        }
        if now.0.saturating_sub(record.used.0) >= USED_STEP_S * SECOND {
            record.used = now;
            self.is_dirty = true;
        }
        Some((Arc::clone(&record.account), Arc::clone(&record.id)))
    }

    /// Signs the browser out that shows this; its account and the id of its sign-in.
    pub(super) fn close(&mut self, text: &[u8]) -> Option<(Arc<str>, Arc<str>)> {
        let (id, secret) = parts(PREFIX, text)?;
        if !self.all.get(id)?.hash.is_of(secret) {
            return None;
        }
        let record = self.all.remove(id)?;
        self.is_dirty = true;
        Some((record.account, record.id))
    }

    /// When this sign-in of this account with that password ends, if there is one.
    pub(super) fn end(
        &self,
        id: &str,
        account: &str,
        password: Option<Fingerprint>,
    ) -> Option<Timestamp> {
        let record = self.all.get(id)?;
        let is_same = &*record.account == account && record.password == password.map(hex);
        is_same.then(|| record.end())
    }

    /// What is to be written, if that is something else than before.
    pub(super) fn take_dirty(&mut self, now: Timestamp) -> Option<Vec<SignInRecord>> {
        if !std::mem::take(&mut self.is_dirty) {
            return None;
        }
        self.all.retain(|_, record| now < record.end());
        let mut records: Vec<_> = self.all.values().cloned().collect();
        records.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        Some(records)
    }
}

fn hex(fingerprint: Fingerprint) -> String {
    use std::fmt::Write as _;
    fingerprint.0.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * SECOND)
    }

    fn end(sign_ins: &mut SignIns, text: &str, now: Timestamp) -> bool {
        sign_ins.find(text.as_bytes(), now).is_none()
    }

    #[test]
    fn a_browser_is_signed_out_when_idle_and_after_a_week_in_any_case() {
        let mut sign_ins = SignIns::default();
        let admin: Arc<str> = "admin".into();
        let idle = sign_ins.open(&admin, None, None, at(0)).unwrap();
        assert!(!end(&mut sign_ins, &idle.text, at(IDLE_S - 1)));
        assert!(end(&mut sign_ins, &idle.text, at(2 * IDLE_S)));
        let busy = sign_ins.open(&admin, None, None, at(0)).unwrap();
        assert_eq!(busy.expires, at(LIFE_S));
        for hour in (0..LIFE_S).step_by(3600) {
            assert!(!end(&mut sign_ins, &busy.text, at(hour)), "{hour}");
        }
        assert!(end(&mut sign_ins, &busy.text, at(LIFE_S)));
    }

    #[test]
    fn another_password_signs_all_browsers_out() {
        let mut sign_ins = SignIns::default();
        let (admin, password) = ("admin".into(), Some(Fingerprint([1; 16])));
        let opened = sign_ins.open(&admin, password, None, at(0)).unwrap();
        let (account, id) = sign_ins.find(opened.text.as_bytes(), at(1)).unwrap();
        assert!(sign_ins.end(&id, &account, password).is_some());
        assert!(
            sign_ins
                .end(&id, &account, Some(Fingerprint([2; 16])))
                .is_none()
        );
        assert!(sign_ins.end(&id, &account, None).is_none());
        assert!(sign_ins.end(&id, "other", password).is_none());
    }

    #[test]
    fn the_least_used_browser_is_signed_out_when_there_are_too_many() {
        let mut sign_ins = SignIns::default();
        let admin: Arc<str> = "admin".into();
        let opened: Vec<_> = (0..=OF_ACCOUNT_MAX)
            .map(|second| {
                let second = i64::try_from(second).unwrap();
                sign_ins.open(&admin, None, None, at(second)).unwrap().text
            })
            .collect();
        assert!(end(&mut sign_ins, &opened[0], at(30)));
        assert!(!end(&mut sign_ins, &opened[1], at(30)));
        assert_eq!(sign_ins.all.len(), OF_ACCOUNT_MAX);
    }

    #[test]
    fn what_is_kept_of_a_browser_does_not_sign_it_in() {
        let mut sign_ins = SignIns::default();
        let opened = sign_ins.open(&"admin".into(), None, None, at(0)).unwrap();
        let records = sign_ins.take_dirty(at(1)).unwrap();
        assert_eq!(sign_ins.take_dirty(at(1)), None);
        let (_, secret) = parts(PREFIX, opened.text.as_bytes()).unwrap();
        assert!(!toml::to_string(&records[0]).unwrap().contains(secret));
        let mut again = SignIns::new(records);
        assert!(!end(&mut again, &opened.text, at(2)));
        again.close(b"uss_x_y");
        assert!(!end(&mut again, &opened.text, at(2)));
        again.close(opened.text.as_bytes());
        assert!(end(&mut again, &opened.text, at(2)));
    }
}
