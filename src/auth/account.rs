//! An account, as it is declared.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::permissions::PermissionFilters;
use super::role::Role;

/// The account that stands for everybody who shows nothing. Where there is none, nobody comes in
/// without showing something.
pub const ANONYMOUS: &str = "anonymous";

/// An account, as it stands in a file of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// What it is called: the user name of MQTT and of the dashboard.
    pub name: Arc<str>,
    pub role: Role,
    /// Whether nobody comes in by it for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub permissions: PermissionFilters,
    #[serde(default, skip_serializing_if = "is_default")]
    pub limits: AccountLimits,
}

/// How much an account may do at a time; what is absent is bounded by the server's own limits only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccountLimits {
    /// How many connections of MQTT, WebSocket and Server-Sent Events there may be at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_max: Option<u32>,
    /// How many messages may be published in a second, over all connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages_per_second_max: Option<u32>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
