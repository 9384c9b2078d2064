//! What leads where.

use std::sync::Arc;

use axum::Router;
use axum::routing::any;

use super::problem::{Kind, Problem};
use super::state::AppState;
use super::{dashboard, docs, layers, routes};

/// Everything that this module serves, the live streams included, and what is served `beside` it on
/// the same port: the layers, which let no page of another site in, are around both.
pub fn router(state: &AppState, beside: impl FnOnce(Router) -> Router) -> Router {
    let (v1, _) = routes::v1().split_for_parts();
    let (probes, _) = routes::probes().split_for_parts();
    let app = Router::new()
        .nest("/api/v1", v1)
        .merge(probes)
        .merge(docs::router())
        .route("/api", any(not_found))
        .route("/api/{*rest}", any(not_found))
        .fallback(dashboard::serve)
        .method_not_allowed_fallback(method_not_allowed);
    let app = beside(app.with_state(state.clone()));
    layers::around(app, Arc::clone(&state.metrics), &state.config)
}

async fn not_found() -> Problem {
    Problem::new(
        Kind::NotFound,
        "there is no such resource; /docs shows what there is",
    )
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        "this resource does not take the method; /docs shows what it takes",
    )
}
