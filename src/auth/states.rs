//! Accounts and tokens as they are told, without their secrets.

use std::sync::Arc;

use serde::Serialize;

use super::account::{Account, AccountLimits, ClientBinding};
use super::accounts::AccountOrigin;
use super::permissions::PermissionFilters;
use super::role::Role;
use super::token::TokenRecord;
use crate::message::Timestamp;

/// An account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct AccountState {
    #[schema(value_type = String)]
    pub name: Arc<str>,
    pub role: Role,
    pub origin: AccountOrigin,
    pub disabled: bool,
    pub has_password: bool,
    pub client: Option<ClientBinding>,
    pub permissions: PermissionFilters,
    pub limits: AccountLimits,
    pub tokens: Vec<TokenState>,
}

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TokenState {
    #[schema(value_type = String)]
    pub id: Arc<str>,
    #[schema(value_type = String)]
    pub name: Arc<str>,
    pub created: Option<Timestamp>,
    pub expires: Option<Timestamp>,
    pub role: Option<Role>,
    pub metrics: bool,
    pub permissions: PermissionFilters,
}

impl AccountState {
    pub(super) fn of(account: &Account, origin: AccountOrigin) -> Self {
        Self {
            name: Arc::clone(&account.name),
            role: account.role,
            origin,
            disabled: account.disabled,
            has_password: account.password.is_some(),
            client: account.client.clone(),
            permissions: account.permissions.clone(),
            limits: account.limits,
            tokens: account.tokens.iter().map(TokenState::of).collect(),
        }
    }
}

impl TokenState {
    pub(super) fn of(token: &TokenRecord) -> Self {
        Self {
            id: Arc::clone(&token.id),
            name: Arc::clone(&token.name),
            created: token.created,
            expires: token.expires,
            role: token.role,
            metrics: token.metrics,
            permissions: token.permissions.clone(),
        }
    }
}
