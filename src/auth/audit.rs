//! Who changed what, when, and from where.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::actor::Actor;
use crate::message::Timestamp;

/// The longest detail of an entry, in bytes.
const DETAIL_BYTES_MAX: usize = 4096;

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AuditedChange {
    AccountAdded,
    AccountChanged,
    AccountRemoved,
    AccountsImported,
    PasswordSet,
    TokenIssued,
    TokenRevoked,
    /// The declarative file has other accounts than before.
    FileChanged,
}

/// One change of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AuditEntry {
    /// Ascends from entry to entry.
    pub id: u64,
    pub at: Timestamp,
    /// Whose account it was that did it, or the system's user at the command line.
    #[schema(value_type = String)]
    pub by: Arc<str>,
    /// From where: an address, the command line, a file.
    pub from: String,
    pub what: AuditedChange,
    /// Whose account was changed.
    #[schema(value_type = String)]
    pub account: Arc<str>,
    /// What it is now, as JSON or in words; never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl AuditEntry {
    pub(super) fn new(
        by: &Actor,
        what: AuditedChange,
        account: &str,
        detail: Option<String>,
    ) -> Self {
        Self {
            id: 0,
            at: Timestamp::now(),
            by: Arc::clone(&by.name),
            from: by.from.to_string(),
            what,
            account: account.into(),
            detail: detail.map(shortened),
        }
    }
}

fn shortened(mut detail: String) -> String {
    if detail.len() > DETAIL_BYTES_MAX {
        let mut end = DETAIL_BYTES_MAX;
        while !detail.is_char_boundary(end) {
            end -= 1;
        }
        detail.truncate(end);
        detail.push('…');
    }
    detail
}
