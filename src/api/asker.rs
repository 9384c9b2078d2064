//! Who asks.

use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use super::problem::{Kind, Problem};
use crate::auth::{Action, Auth, Changes, Credentials, Principal, Visitor};
use crate::message::{Scope, Sight, Topic, TopicFilter};

/// Somebody who asks, and what they may do. Every handler that answers with something of a topic,
/// or writes to one, has one among its arguments and puts its question through it.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    auth: Auth,
    /// As whom they have come in.
    pub(super) principal: Principal,
    /// What changes of what they may do since they have come in.
    changes: Changes,
}

impl Asker {
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

    /// Refuses those who may not see the metrics.
    pub(super) fn check_metrics(&self) -> Result<(), Problem> {
        self.check_totals()
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
}

impl<S> FromRequestParts<S> for Asker
where
    Auth: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let auth = Auth::from_ref(state);
        let visitor = Visitor {
            shown: shown(&parts.headers),
            ..Visitor::default()
        };
        let principal = auth
            .sign_in(&visitor)
            .await
            .map_err(|denied| Problem::new(Kind::Unauthorized, denied.to_string()))?;
        Ok(Self {
            auth,
            changes: principal.changes(),
            principal,
        })
    }
}

/// What is shown by HTTP Basic authentication (RFC 7617) or as a bearer token (RFC 6750). What is
/// in another scheme, or can't be read, shows nothing.
fn shown(headers: &HeaderMap) -> Credentials {
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
            let shown = match shown(&headers) {
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
