//! Metrics for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::problem::{Problem, Problems};
use crate::metrics::Metrics;

/// Metrics
///
/// In the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "server",
    responses((status = OK, body = String, content_type = "application/openmetrics-text"), Problems))]
pub(super) async fn metrics(
    State(metrics): State<Arc<Metrics>>,
) -> Result<impl IntoResponse, Problem> {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let text = metrics.text().map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, TYPE)], text))
}
