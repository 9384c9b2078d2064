//! What decides about what somebody may do, as it is told to them.

use serde::Serialize;

use super::account::{ANONYMOUS, Account};
use super::handle::Auth;
use super::means::Means;
use super::permissions::{PermissionFilters, Permissions};
use super::principal::{Principal, filters_of_token};
use super::role::Role;

/// One of those that decide; what all of them allow may be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PermissionLayer {
    pub of: PermissionsOf,
    /// As they are configured.
    pub configured: PermissionFilters,
    /// What they come to over HTTP: with the account's name in the place of `%u`, without those that
    /// need an MQTT client identifier for `%c`, and with what the role says where nothing is
    /// configured.
    pub named: PermissionFilters,
}

/// Whose permissions they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PermissionsOf {
    Account,
    /// The token by which somebody has come in, which leaves of its account's what it allows too.
    Token,
}

impl Auth {
    /// What decides about what `principal` may do over HTTP; nothing where it may do nothing any
    /// more.
    pub fn permission_layers(&self, principal: &Principal) -> Vec<PermissionLayer> {
        if principal.is_over() {
            return Vec::new();
        }
        let (arrival, accounts) = (principal.arrival(), self.inner.accounts());
        let anyone = Account::new(ANONYMOUS, Role::Administrator);
        let account = match accounts.get(&arrival.account) {
            Some(account) => account,
            None if self.is_open() => &anyone,
            // It has gone just now.
            None => return Vec::new(),
        };
        let (name, filters) = (&account.name, &account.permissions);
        let mut layers = vec![PermissionLayer {
            of: PermissionsOf::Account,
            configured: filters.clone(),
            named: Permissions::of(account.role, filters, name, None).filters(),
        }];
        if let Means::Token(id) = &arrival.means
            && let Some(token) = account.tokens.iter().find(|token| token.id == *id)
        {
            layers.push(PermissionLayer {
                of: PermissionsOf::Token,
                configured: token.permissions.clone(),
                named: filters_of_token(account, token).named(name, None),
            });
        }
        layers
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::auth::{Actor, Credentials, NewToken, Visitor};
    use crate::message::TopicFilter;

    fn told(auth: &Auth, principal: &Principal) -> Value {
        serde_json::to_value(auth.permission_layers(principal)).unwrap()
    }

    #[tokio::test]
    async fn whoever_asks_is_told_what_is_configured_and_what_it_comes_to() {
        let everything = json!(["#", "$SYS/#"]);
        let auth = Auth::default();
        let anyone = auth.anyone();
        let open = json!({"read": everything, "write": everything});
        assert_eq!(
            told(&auth, &anyone),
            json!([{"of": "account", "configured": {}, "named": open}])
        );
        let auth = Auth::with_accounts(
            r#"account = [
                { name = "press", role = "device", permissions = {
                    read = ["to/%u/#", "to/%c"], deny_read = ["to/%u/%c"] } },
                { name = "anna", role = "operator" },
            ]"#,
        );
        let visitor = |shown| Visitor {
            shown,
            ..Visitor::default()
        };
        let by = |name: &str| visitor(Credentials::Certificate(name.into()));
        let press = auth.sign_in(&by("press")).await.unwrap();
        assert_eq!(
            told(&auth, &press),
            json!([{
                "of": "account",
                "configured": {"read": ["to/%u/#", "to/%c"], "deny_read": ["to/%u/%c"]},
                "named": {"read": ["to/press/#"], "write": [], "deny_read": ["to/+/+"]},
            }])
        );
        let narrow = NewToken {
            name: "t".into(),
            role: Some(Role::Viewer),
            permissions: PermissionFilters {
                read: Some(vec![TopicFilter::new("by/%u").unwrap()]),
                ..PermissionFilters::default()
            },
            ..NewToken::default()
        };
        let actor = Actor::rest("boss", None);
        let token = auth.issue_token(&actor, "anna", narrow).await.unwrap();
        let token = visitor(Credentials::Token(token.text.into()));
        let anna = auth.sign_in(&token).await.unwrap();
        assert_eq!(
            told(&auth, &anna),
            json!([
                {"of": "account", "configured": {}, "named": open},
                {
                    "of": "token",
                    "configured": {"read": ["by/%u"]},
                    "named": {"read": ["by/anna"], "write": []},
                },
            ])
        );
        auth.declare("account = []");
        assert_eq!(told(&auth, &anna), json!([]));
    }
}
