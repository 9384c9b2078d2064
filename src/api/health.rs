//! Probes.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::ledger::EarlierJournal;
use super::problem::{Kind, Problem, Problems};
use crate::metrics::Metrics;
use crate::store::Store;
use crate::supervisor::Supervisor;

/// Whether the process is alive
///
/// Restart it where this does not answer.
#[utoipa::path(get, path = "/healthz/live", tag = "server",
    responses((status = OK, body = String, content_type = "text/plain")))]
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// What a server that takes messages says.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ready {
    /// Always `ready`; else the answer is a problem.
    status: &'static str,
    /// Whether the database takes what is written. Messages are taken without it, too: they wait
    /// in the journal.
    database: bool,
    /// What waits; only for whoever may read everything.
    #[serde(flatten)]
    unmirrored: Unmirrored,
}

/// What is not in the database.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Unmirrored {
    /// Durable records that are not yet in the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    backlog: Option<i64>,
    /// Age of the oldest of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_ms: Option<i64>,
    /// Messages that the database will never get: it is empty or an older copy, and the journal no
    /// longer has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<u64>,
    /// The journal that the database was written from before this one, where there was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    earlier_journal: Option<EarlierJournal>,
}

/// Whether the server takes messages
///
/// It does so while the database is away, too, until the journal is full. Not so while something in
/// a database that is there keeps it from its work: a person has to look.
#[utoipa::path(get, path = "/healthz/ready", tag = "server",
    responses((status = OK, body = Ready), Problems))]
pub(super) async fn ready(
    State(supervisor): State<Supervisor>,
    State(metrics): State<Arc<Metrics>>,
    State(store): State<Store>,
    asker: Result<Asker, Problem>,
) -> Response {
    if is_ready(&supervisor, &metrics, &store) {
        let unmirrored = match asker {
            Ok(asker) if asker.sees_totals() => Unmirrored {
                backlog: Some(metrics.mirror_backlog.get()),
                lag_ms: Some(metrics.mirror_lag_ms.get()),
                missing: Some(store.missing_messages()),
                earlier_journal: EarlierJournal::of(&store),
            },
            _ => Unmirrored::default(),
        };
        return Json(Ready {
            status: "ready",
            database: metrics.mirror_up.get() != 0,
            unmirrored,
        })
        .into_response();
    }
    if supervisor.is_stopping() {
        return Problem::new(Kind::Stopping, "the server is stopping").into_response();
    }
    if let Some(obstacle) = store.obstacle() {
        return Problem::new(Kind::DatabaseUnfit, obstacle).into_response();
    }
    Problem::new(
        Kind::JournalFull,
        "the journal has reached its limit; it takes messages again once the database has caught up",
    )
    .into_response()
}

/// Whether messages are taken, and get to where they belong.
pub(super) fn is_ready(supervisor: &Supervisor, metrics: &Metrics, store: &Store) -> bool {
    !supervisor.is_stopping() && metrics.journal_full.get() == 0 && store.obstacle().is_none()
}
