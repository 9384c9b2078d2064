//! What a server answers that is not ready yet, since it waits for its database.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::health::live;
use super::layers;
use super::problem::{Kind, Problem};
use crate::config::Config;
use crate::metrics::Metrics;

/// It is alive and has metrics; everything else comes later. Pages of other sites are let in no
/// sooner than others.
pub fn starting(metrics: Arc<Metrics>, config: &Config) -> Router {
    let app = Router::new()
        .route("/healthz/live", get(live))
        .route("/metrics", get(text))
        .fallback(not_yet)
        .with_state(Arc::clone(&metrics));
    layers::around(app, metrics, config)
}

async fn text(State(metrics): State<Arc<Metrics>>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, super::metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => Problem::internal(error).into_response(),
    }
}

async fn not_yet() -> Problem {
    Problem::new(
        Kind::Starting,
        "the server is not ready yet: it waits for its database, or reads what it knows",
    )
}
