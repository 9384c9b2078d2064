//! Who asks.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::caller::Caller;
use super::cookie;
use super::layers::REQUESTED_WITH;
use super::params::pairs;
use super::problem::{Kind, Problem};
use crate::auth::{
    ANONYMOUS, AccountConnection, Action, Actor, Auth, Changes, Credentials, Denied, Principal,
    Visitor,
};
use crate::message::{Scope, Sight, Topic, TopicFilter};
use crate::tls::Secured;

/// The parameter of a stream that stands for credentials.
pub(super) const TICKET: &str = "ticket";

/// Somebody who asks, and what they may do. Every handler that answers with something of a topic,
/// or writes to one, has one among its arguments and puts its question through it.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    auth: Auth,
    /// As whom they have come in.
    pub(super) principal: Principal,
    /// What changes of what they may do since they have come in.
    changes: Changes,
    /// From where they ask.
    pub(super) caller: Caller,
    /// Whether it is a browser that is signed in.
    pub(super) by_cookie: bool,
}

impl Asker {
    /// Somebody who has come in.
    pub(super) fn new(auth: Auth, principal: Principal, caller: Caller, by_cookie: bool) -> Self {
        Self {
            auth,
            changes: principal.changes(),
            principal,
            caller,
            by_cookie,
        }
    }

    /// Whether they may publish anywhere.
    pub(super) fn publishes(&self) -> bool {
        self.auth.may_publish_some(&self.principal)
    }

    /// One more connection of their account, as long as what is given back lives.
    pub(super) fn connect(&self) -> Result<AccountConnection, Problem> {
        Ok(self.auth.connect(&self.principal, false)?)
    }

    /// As the audit trail tells it.
    pub(super) fn actor(&self) -> Actor {
        Actor::rest(self.principal.name(), self.caller.address)
    }

    /// Refuses whoever may not see and change accounts. As long as there are none, nobody may: whom
    /// the first belongs to is a question of its own.
    pub(super) fn check_administers(&self) -> Result<(), Problem> {
        if self.auth.is_open() {
            let why = "there are no accounts: make the first administrator before";
            return Err(Problem::new(Kind::Conflict, why));
        }
        self.check_removes()
    }

    /// The topics that `filter` names, all where it is absent, as far as they may be read.
    pub(super) fn scope(&self, filter: Option<TopicFilter>) -> Scope {
        let filter = filter.unwrap_or_else(TopicFilter::all);
        self.auth.scope(&self.principal, filter)
    }

    /// All topics that they may read.
    pub(super) fn sight(&self) -> Sight {
        self.auth.sight(&self.principal)
    }

    /// Whether they may see what the whole server comes to.
    pub(super) fn sees_totals(&self) -> bool {
        self.principal.sees_totals()
    }

    /// Waits until they may do something else than when they asked.
    pub(super) fn changed(&self) -> impl Future<Output = ()> + Send + use<> {
        let (principal, mut changes) = (self.principal.clone(), self.changes.clone());
        async move {
            if !principal.is_over() {
                changes.next().await;
            }
        }
    }

    /// Whether they may see messages of `topic`.
    pub(super) fn may_read(&self, topic: &Topic) -> bool {
        self.auth.may(&self.principal, Action::Read, topic)
    }

    /// Refuses those who may not remove topics.
    pub(super) fn check_removes(&self) -> Result<(), Problem> {
        if self.principal.administers() {
            return Ok(());
        }
        Err(Problem::new(Kind::Forbidden, "this is for administrators"))
    }

    /// Refuses those who may not see every topic's name: a token may see totals, and no topics.
    pub(super) fn check_reads_all(&self) -> Result<(), Problem> {
        self.check_totals()?;
        if self.scope(None).is_unrestricted() {
            return Ok(());
        }
        Err(Problem::new(
            Kind::Forbidden,
            "this names topics, and you may not read them all",
        ))
    }

    /// Refuses those who may not see what the whole server comes to.
    pub(super) fn check_totals(&self) -> Result<(), Problem> {
        if self.sees_totals() {
            return Ok(());
        }
        Err(Problem::new(
            Kind::Forbidden,
            "this counts the messages of all topics, and you may not read them all",
        ))
    }

    /// Refuses those who may not publish on `topic`.
    pub(super) fn check_write(&self, topic: &Topic) -> Result<(), Problem> {
        if self.auth.may(&self.principal, Action::Write, topic) {
            return Ok(());
        }
        Err(Problem::new(
            Kind::Forbidden,
            "you may not publish on this topic",
        ))
    }

    /// Counts one more message, and refuses those whose account publishes too fast.
    pub(super) fn check_pace(&self) -> Result<(), Problem> {
        let counted = self.auth.publish(&self.principal);
        counted.map_err(|why| Problem::new(Kind::TooMany, why.to_string()).retry_after_s(1))
    }
}

impl<S> FromRequestParts<S> for Asker
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let auth = Auth::from_ref(state);
        let Ok(caller) = Caller::from_request_parts(parts, state).await;
        let mut visitor = Visitor {
            shown: shown(parts),
            from: caller.address,
            ..Visitor::default()
        };
        let mut by_cookie = false;
        if matches!(visitor.shown, Credentials::Nothing)
            && let Some(cookie) = cookie::shown(&parts.headers, caller.is_secure)
        {
            visitor.shown = Credentials::Cookie(cookie);
            match auth.sign_in(&visitor).await {
                Ok(principal) => {
                    by_cookie = principal.name() != ANONYMOUS;
                    if by_cookie && !parts.method.is_safe() {
                        check_own_page(&parts.headers)?;
                    }
                    return Ok(Self::new(auth, principal, caller, by_cookie));
                }
                // A sign-in that is over is as good as none.
                Err(Denied::Wrong) => visitor.shown = Credentials::Nothing,
                Err(denied) => return Err(denied.into()),
            }
        }
        if matches!(visitor.shown, Credentials::Nothing)
            && let Some(secured) = parts.extensions.get::<Secured>()
            && let Some(account) = &secured.account
        {
            visitor.shown = Credentials::Certificate(Arc::clone(account));
        }
        let principal = auth.sign_in(&visitor).await?;
        Ok(Self::new(auth, principal, caller, by_cookie))
    }
}

/// Refuses what a page of another site could have a browser send that is signed in here: a form, a
/// picture. Only a script can put this header in, and only one of a page of ours.
pub(super) fn check_own_page(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(REQUESTED_WITH) {
        return Ok(());
    }
    Err(Problem::new(
        Kind::ForeignOrigin,
        "whoever is signed in by a cookie says with the header X-Requested-With that it is no form \
         of another page that asks",
    ))
}

/// What refuses whoever shows it.
impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let kind = match denied {
            Denied::NothingShown | Denied::Wrong | Denied::NotThisClient => Kind::Unauthorized,
            Denied::TooMany { .. } | Denied::TooManyConnections => Kind::TooMany,
        };
        let problem = Self::new(kind, denied.to_string());
        match denied {
            Denied::TooMany { retry_after_s } => problem.retry_after_s(retry_after_s),
            _ => problem,
        }
    }
}

/// A ticket in the address of a stream, or what the header says.
fn shown(parts: &Parts) -> Credentials {
    let path = parts.uri.path();
    if path.ends_with("/ws") || path.ends_with("/stream") {
        let query = parts.uri.query().unwrap_or_default();
        let ticket = pairs(query).into_iter().find(|(name, _)| name == TICKET);
        if let Some((_, ticket)) = ticket {
            return Credentials::Ticket(ticket.into());
        }
    }
    authorization(&parts.headers)
}

/// What is shown by HTTP Basic authentication (RFC 7617) or as a bearer token (RFC 6750). What is
/// in another scheme, or can't be read, shows nothing.
fn authorization(headers: &HeaderMap) -> Credentials {
    let read = || {
        let header = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = header.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Credentials::Token(Bytes::copy_from_slice(rest.as_bytes())));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let both = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        let (user, password) = both.split_once(':')?;
        Some(Credentials::Password {
            user: user.into(),
            password: Bytes::copy_from_slice(password.as_bytes()),
        })
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn credentials_are_read_as_they_are_shown() {
        for (header, user, password) in [
            ("Basic cHJlc3M6c2U6Y3JldA==", Some("press"), Some("se:cret")),
            ("basic Og==", Some(""), Some("")),
            ("Bearer token", None, Some("token")),
            ("Basic cHJlc3M=", None, None),
            ("Basic %", None, None),
            ("Negotiate abc", None, None),
            ("", None, None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(header));
            let shown = match authorization(&headers) {
                Credentials::Token(token) => (None, Some(token)),
                Credentials::Password { user, password } => (Some(user), Some(password)),
                _ => (None, None),
            };
            let expected = (
                user.map(Into::into),
                password.map(|text: &str| Bytes::copy_from_slice(text.as_bytes())),
            );
            assert_eq!(shown, expected, "{header}");
        }
    }
}
