//! Who comes in.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::account::ANONYMOUS;
use super::accounts::admits;
use super::handle::Auth;
use super::hashing::NotNow;
use super::means::{Arrival, Means};
use super::password::PasswordHash;
use super::principal::Principal;
use super::token::{self, parts};
use super::visitor::{Credentials, Visitor};
use crate::message::Timestamp;

/// Why somebody does not come in. Says nothing of what was wrong: name and password are told
/// apart by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// Nothing was shown, and that does not do.
    #[error("a name and a password, or a token, must be shown")]
    NothingShown,
    /// What was shown is not good.
    #[error("the name, the password or the token is wrong")]
    Wrong,
    /// Too much that was wrong was shown from there or for that account, or so many show passwords
    /// at once that no more can be looked at.
    #[error("too many sign-ins have failed: try again in {retry_after_s} s")]
    TooMany { retry_after_s: u32 },
    /// The account is bound to other MQTT clients.
    #[error("the account is bound to another client identifier")]
    NotThisClient,
    /// The account has as many connections as it may have.
    #[error("the account has as many connections as it may have")]
    TooManyConnections,
}

/// When to come back where too many show passwords at once.
const CROWDED_RETRY_S: u32 = 5;

impl Auth {
    /// Who shows these credentials. As long as there is nothing that anybody could show, whatever
    /// is shown is as good as nothing, as brokers without accounts have it: devices that send a
    /// name and a password come in.
    pub async fn sign_in(&self, visitor: &Visitor) -> Result<Principal, Denied> {
        if let Some(anyone) = self.inner.anyone() {
            return Ok(anyone);
        }
        match &visitor.shown {
            Credentials::Nothing => self.admit_anonymous(visitor),
            _ if self.inner.accounts().is_anonymous_only() => self.admit_anonymous(visitor),
            Credentials::Password { user, password } => {
                if password.starts_with(token::PREFIX.as_bytes()) {
                    return self.by_token(visitor, password, Some(user));
                }
                self.by_password(visitor, user, password).await
            }
            Credentials::Token(text) => self.by_token(visitor, text, None),
            Credentials::Certificate(name) => self.admit(visitor, name, Means::Certificate),
            Credentials::Cookie(text) => {
                let found = self.inner.sign_ins.lock().find(text, Timestamp::now());
                let (account, id) = found.ok_or(Denied::Wrong)?;
                self.admit(visitor, &account, Means::SignIn(id))
            }
            Credentials::Ticket(text) => {
                let taken = self.inner.tickets.lock().take(text, Instant::now());
                taken.ok_or(Denied::Wrong)
            }
        }
    }

    fn admit_anonymous(&self, visitor: &Visitor) -> Result<Principal, Denied> {
        self.admit(visitor, &ANONYMOUS.into(), Means::Nothing)
            .map_err(|denied| match denied {
                Denied::Wrong => Denied::NothingShown,
                denied => denied,
            })
    }

    async fn by_password(
        &self,
        visitor: &Visitor,
        user: &Arc<str>,
        password: &Bytes,
    ) -> Result<Principal, Denied> {
        let accounts = self.inner.accounts();
        let account = accounts.get(user);
        #[cfg(test)]
        if self.inner.takes_any_password {
            if account.is_none() || password == "wrong" {
                return Err(Denied::Wrong);
            }
            let hash = account.and_then(|account| account.password.as_ref());
            let means = Means::Password(hash.map(PasswordHash::fingerprint));
            return self.admit(visitor, user, means);
        }
        let hash = account.and_then(|account| account.password.as_ref());
        // Who has been right before is not kept out by those who are not.
        let is_known = hash.is_some_and(|hash| self.inner.hashing.knows(user, hash, password));
        if !is_known {
            self.verify(visitor, user, hash, password).await?;
        }
        let means = Means::Password(hash.map(PasswordHash::fingerprint));
        self.admit(visitor, user, means)
    }

    /// Looks at a password that is not known, if as many failures as there were leave it one.
    async fn verify(
        &self,
        visitor: &Visitor,
        user: &Arc<str>,
        hash: Option<&PasswordHash>,
        password: &Bytes,
    ) -> Result<(), Denied> {
        let (throttle, metrics) = (&self.inner.throttle, &self.inner.metrics);
        let mut attempt = None;
        let enter = || {
            attempt = Some(throttle.enter(visitor.from, user)?);
            Ok(())
        };
        let hashing = &self.inner.hashing;
        let verdict = hashing.verify(user, hash, password, enter).await;
        match (verdict, attempt) {
            (Ok(false), attempt) => {
                if let Some(attempt) = attempt {
                    throttle.fail(attempt);
                }
                metrics.auth_failed.inc();
                Err(Denied::Wrong)
            }
            (Err(NotNow::Throttled(retry_after_s)), _) => {
                metrics.auth_throttled.inc();
                Err(Denied::TooMany { retry_after_s })
            }
            (verdict, attempt) => {
                if let Some(attempt) = attempt {
                    throttle.forgive(attempt);
                }
                verdict.map(|_| ()).map_err(|_crowded| Denied::TooMany {
                    retry_after_s: CROWDED_RETRY_S,
                })
            }
        }
    }

    /// Who shows a token, beside the name of its account where `user` has one.
    fn by_token(
        &self,
        visitor: &Visitor,
        text: &[u8],
        user: Option<&str>,
    ) -> Result<Principal, Denied> {
        let accounts = self.inner.accounts();
        let found = parts(token::PREFIX, text).and_then(|(id, secret)| {
            let (account, token) = accounts.token(id)?;
            token.hash.is_of(secret).then_some((account, token))
        });
        let is_of = |name: &str| user.is_none_or(|user| user.is_empty() || user == name);
        let found = found.filter(|(account, _)| is_of(&account.name));
        // Nobody guesses 256 bits: what is wrong is told, and counted, and held up by nothing.
        let Some((account, token)) = found else {
            self.inner.metrics.auth_failed.inc();
            return Err(Denied::Wrong);
        };
        self.admit(visitor, &account.name, Means::Token(Arc::clone(&token.id)))
    }

    fn admit(
        &self,
        visitor: &Visitor,
        account: &Arc<str>,
        means: Means,
    ) -> Result<Principal, Denied> {
        let client = visitor.client.clone();
        let arrival = Arrival {
            account: Arc::clone(account),
            means,
            client,
        };
        let accounts = self.inner.accounts();
        let bound = accounts.get(account);
        let is_other = bound.is_some_and(|account| !admits(account, arrival.client.as_deref()));
        self.inner.admit(arrival).ok_or(if is_other {
            Denied::NotThisClient
        } else {
            Denied::Wrong
        })
    }
}
