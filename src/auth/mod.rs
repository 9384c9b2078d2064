//! Who may do what: the one answer for MQTT, REST, WebSocket and Server-Sent Events.
//!
//! Whoever comes in shows [`Credentials`] and becomes a [`Principal`]; everything that a principal
//! wants is asked here, topic by topic ([`Auth::may`]), or for all topics of a filter at once
//! ([`Auth::scope`]). There are no accounts yet: everybody is the anonymous principal, and
//! anonymous may do everything. Nobody else decides anything, so accounts will change this module
//! and no other.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Scope, Topic, TopicFilter};

/// What somebody wants to do on a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// See its messages: subscribe, be delivered to, ask for history, stream.
    Read,
    /// Publish to it, as a Will too.
    Write,
}

/// What somebody shows who comes in.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The name, where one was given.
    pub user: Option<Arc<str>>,
    /// The password or token, where one was given.
    pub password: Option<Bytes>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("user", &self.user)
            .field("password", &self.password.as_ref().map(|_| "…"))
            .finish()
    }
}

/// Somebody who has come in. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    name: Arc<str>,
}

impl Principal {
    /// What the principal is called in logs and records.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Why somebody does not come in. Says nothing of what was wrong: name and password are told
/// apart by nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the name or the password is wrong")]
pub struct Denied;

/// Accounts and permissions. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Auth {
    anonymous: Principal,
    #[cfg(test)]
    rule: Option<tests::Rule>,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            anonymous: Principal {
                name: "anonymous".into(),
            },
            #[cfg(test)]
            rule: None,
        }
    }
}

impl Auth {
    /// Who shows these credentials. Without accounts whatever is shown is as good as nothing, as
    /// brokers without accounts have it: devices that send a name and a password come in.
    #[cfg_attr(not(test), allow(unused_variables))] // accounts will ask
    pub fn sign_in(&self, shown: &Credentials) -> Result<Principal, Denied> {
        #[cfg(test)]
        if self.rule.is_some() {
            return tests::sign_in(shown);
        }
        Ok(self.anonymous.clone())
    }

    /// Whether `principal` may do this on `topic`.
    #[cfg_attr(not(test), allow(unused_variables))] // accounts will ask
    pub fn may(&self, principal: &Principal, action: Action, topic: &Topic) -> bool {
        #[cfg(test)]
        if let Some(rule) = self.rule {
            return rule(principal.name(), action, topic.as_str());
        }
        *principal == self.anonymous
    }

    /// Whether `principal` may subscribe to `filter` at all: whether there can be a topic among
    /// those that it names which the principal may read. Each message is asked for by its topic
    /// all the same.
    #[cfg_attr(not(test), allow(unused_variables))] // accounts will ask
    pub fn may_subscribe(&self, principal: &Principal, filter: &TopicFilter) -> bool {
        #[cfg(test)]
        if let Some(rule) = self.rule {
            return rule(principal.name(), Action::Read, filter.as_str());
        }
        *principal == self.anonymous
    }

    /// The topics that `filter` names and `principal` may read.
    pub fn scope(&self, principal: &Principal, filter: TopicFilter) -> Scope {
        if *principal == self.anonymous {
            return Scope::unrestricted(filter);
        }
        let (auth, principal) = (self.clone(), principal.clone());
        Scope::new(filter, move |topic| {
            auth.may(&principal, Action::Read, topic)
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// What a test lets a principal, by its name, do on a topic or a filter, by its text.
    pub(crate) type Rule = fn(&str, Action, &str) -> bool;

    impl Auth {
        /// Whoever shows a name comes in under it, unless with the password `wrong`; who shows none
        /// does not come in. What they may do says `rule`.
        pub(crate) fn with_rule(rule: Rule) -> Self {
            Self {
                rule: Some(rule),
                ..Self::default()
            }
        }
    }

    pub(super) fn sign_in(shown: &Credentials) -> Result<Principal, Denied> {
        match &shown.user {
            Some(name) if shown.password.as_deref() != Some(b"wrong") => Ok(Principal {
                name: Arc::clone(name),
            }),
            _ => Err(Denied),
        }
    }

    #[test]
    fn without_accounts_everybody_is_anonymous_and_may_do_everything() {
        let auth = Auth::default();
        let shown = Credentials {
            user: Some("press".into()),
            password: Some(Bytes::from_static(b"secret")),
        };
        let principal = auth.sign_in(&shown).unwrap();
        assert_eq!(principal.name(), "anonymous");
        let topic = Topic::new("a/b").unwrap();
        assert!(auth.may(&principal, Action::Write, &topic));
        assert!(auth.may_subscribe(&principal, &TopicFilter::all()));
        assert!(auth.scope(&principal, TopicFilter::all()).holds(&topic));
    }

    #[test]
    fn a_password_is_never_printed() {
        let shown = Credentials {
            user: None,
            password: Some(Bytes::from_static(b"secret")),
        };
        assert!(!format!("{shown:?}").contains("secret"));
    }
}
