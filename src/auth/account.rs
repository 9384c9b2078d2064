//! An account, as it is declared.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::declared::{check_account_name, check_name, is_default};
use super::password::{Fingerprint, PasswordHash};
use super::permissions::PermissionFilters;
use super::role::Role;
use super::token::TokenRecord;

/// The account that stands for everybody who shows nothing. Where there is none, nobody comes in
/// without showing something.
pub const ANONYMOUS: &str = "anonymous";

/// How many tokens an account may have.
pub(super) const TOKENS_MAX: usize = 100;
/// How many filters an account or a token may have.
const FILTERS_MAX: usize = 1000;

/// An account, as it stands in a file of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What it is called: the user name of MQTT and of the dashboard.
    pub name: Arc<str>,
    pub role: Role,
    /// Without one nobody comes in by a password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<PasswordHash>,
    /// Whether nobody comes in by it for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// Which MQTT clients may come in by it; any where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<ClientBinding>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub permissions: PermissionFilters,
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: AccountLimits,
    #[serde(default, rename = "token", skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<TokenRecord>,
}

impl Account {
    /// An account without anything but a role.
    pub fn new(name: &str, role: Role) -> Self {
        Self {
            name: name.into(),
            role,
            password: None,
            disabled: false,
            client: None,
            permissions: PermissionFilters::default(),
            limits: AccountLimits::default(),
            tokens: Vec::new(),
        }
    }

    /// Tells the password that the account has, if it has one.
    pub(super) fn fingerprint(&self) -> Option<Fingerprint> {
        self.password.as_ref().map(PasswordHash::fingerprint)
    }

    /// Why there can be no such account, if there can't.
    pub(super) fn check(&self) -> Result<(), String> {
        check_account_name(&self.name)?;
        let name = &self.name;
        if &**name == ANONYMOUS {
            if self.role.administers() {
                return Err(format!("the account {ANONYMOUS} can't be an administrator"));
            }
            if self.password.is_some() || !self.tokens.is_empty() {
                return Err(format!(
                    "the account {ANONYMOUS} has neither a password nor tokens: it is for those \
                     who show nothing"
                ));
            }
        }
        if self.tokens.len() > TOKENS_MAX {
            return Err(format!(
                "the account {name:?} has more than {TOKENS_MAX} tokens"
            ));
        }
        let filters = self.permissions.count();
        let of_tokens = self.tokens.iter().map(|token| token.permissions.count());
        if of_tokens.chain([filters]).any(|count| count > FILTERS_MAX) {
            return Err(format!(
                "the account {name:?} has more than {FILTERS_MAX} filters"
            ));
        }
        self.permissions.check()?;
        for (at, token) in self.tokens.iter().enumerate() {
            token.check()?;
            token.permissions.check()?;
            if self.tokens[..at].iter().any(|other| other.id == token.id) {
                return Err(format!("the account {name:?} has two tokens of one id"));
            }
        }
        Ok(())
    }
}

/// How much an account may do at a time; what is absent is bounded by the server's own limits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AccountLimits {
    /// How many connections of MQTT, WebSocket and Server-Sent Events there may be at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u32>,
    /// How many messages may be published in a second, over all connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_per_second_max: Option<u32>,
}

/// Which MQTT client identifiers an account is bound to: one, or with `*` at its end those that
/// begin so. `%u` stands for the account's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String)]
pub struct ClientBinding(Arc<str>);

impl ClientBinding {
    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a client that is called `client` may come in by the account `user`. Who has no
    /// client identifier is no MQTT client, and not bound.
    pub(super) fn admits(&self, user: &str, client: Option<&str>) -> bool {
        let Some(client) = client else {
            return true;
        };
        let bound = self.0.replace("%u", user);
        match self.0.strip_suffix('*') {
            Some(_) => client.starts_with(&bound[..bound.len() - 1]),
            None => client == bound,
        }
    }
}

impl TryFrom<String> for ClientBinding {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        check_name("the client that an account is bound to", &text)?;
        Ok(Self(text.into()))
    }
}

impl std::str::FromStr for ClientBinding {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

impl From<ClientBinding> for String {
    fn from(binding: ClientBinding) -> Self {
        (*binding.0).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_bound_to_the_clients_that_its_pattern_names() {
        for (binding, client, admitted) in [
            ("press-17", Some("press-17"), true),
            ("press-17", Some("press-170"), false),
            ("press-17", Some(""), false),
            ("press-*", Some("press-17"), true),
            ("press-*", Some("press-"), true),
            ("press-*", Some("press"), false),
            ("*", Some("anything"), true),
            ("%u", Some("press"), true),
            ("%u", Some("press2"), false),
            ("%u-*", Some("press-a"), true),
            ("press-17", None, true),
        ] {
            let binding: ClientBinding = binding.parse().unwrap();
            let found = binding.admits("press", client);
            assert_eq!(found, admitted, "{binding:?} {client:?}");
        }
        // A name that ends so is no pattern.
        let binding: ClientBinding = "%u".parse().unwrap();
        assert!(!binding.admits("press*", Some("press-17")));
    }

    #[test]
    fn what_no_account_can_be_is_refused() {
        let mut anonymous = Account::new(ANONYMOUS, Role::Viewer);
        assert_eq!(anonymous.check(), Ok(()));
        anonymous.role = Role::Administrator;
        assert!(anonymous.check().is_err());
        for name in ["", " a", "a\n", "a\u{1b}[2J", &"a".repeat(257)] {
            assert!(
                Account::new(name, Role::Device).check().is_err(),
                "{name:?}"
            );
        }
    }
}
