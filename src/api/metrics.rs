//! Metrics for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::asker::Asker;
use super::ledger::Ledger;
use super::problem::{Problem, Problems};

/// The text format of OpenMetrics.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics
///
/// In the OpenMetrics text format, the ledger included. For whoever may read everything, and for
/// tokens that are made for it.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = OK, body = String, content_type = "application/openmetrics-text"), Problems))]
pub(super) async fn metrics(
    State(state): State<super::state::AppState>,
    asker: Asker,
) -> Result<impl IntoResponse, Problem> {
    asker.check_totals()?;
    Ledger::new(&state).show(&state.metrics);
    let text = state.metrics.text().map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}
