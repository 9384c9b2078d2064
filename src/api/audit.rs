//! The audit trail.

use axum::Json;
use axum::extract::State;

use super::asker::Asker;
use super::page::Page;
use super::params::{Count, params};
use super::problem::{Problem, Problems};
use crate::auth::{AuditEntry, Auth};

/// The largest page.
const ENTRIES_MAX: usize = 1000;

params! {
    /// Which changes.
    AuditParams {
        /// The `next` of the page before
        #[param(value_type = Option<u64>, minimum = 1)]
        cursor: Count,
        /// At most so many (100)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// Who changed which account
///
/// The newest change first. For administrators.
#[utoipa::path(get, path = "/audit", tag = "accounts", params(AuditParams),
    responses((status = OK, body = Page<AuditEntry>), Problems))]
pub(super) async fn audit(
    State(auth): State<Auth>,
    asker: Asker,
    params: AuditParams,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    asker.check_administers()?;
    let limit = Count::within(params.limit, "limit", 100, ENTRIES_MAX)?;
    let before = params.cursor.map(|cursor| cursor.0 as u64);
    let items = auth.audit(before, limit).await?;
    let last = items
        .last()
        .filter(|last| items.len() == limit && last.id > 1);
    let next = last.map(|last| last.id.to_string());
    Ok(Json(Page {
        items,
        next,
        complete_to: None,
        kept_from: None,
    }))
}
