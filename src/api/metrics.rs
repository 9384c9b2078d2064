//! Metrics for Prometheus.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::ledger::Ledger;
use super::problem::{Problem, Problems};

/// The text format of OpenMetrics.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics
///
/// In the OpenMetrics text format, the ledger included.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = OK, body = String, content_type = "application/openmetrics-text"), Problems))]
pub(super) async fn metrics(
    State(state): State<super::state::AppState>,
) -> Result<impl IntoResponse, Problem> {
    Ledger::new(&state).show(&state.metrics);
    let text = state.metrics.text().map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text))
}
