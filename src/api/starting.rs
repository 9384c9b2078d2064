//! What a server answers that is not ready yet, since it waits for its database.

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::asker::Asker;
use super::health::live;
use super::layers;
use super::problem::{Kind, Problem};
use crate::auth::Auth;
use crate::config::Config;
use crate::metrics::Metrics;

/// It is alive and has metrics; everything else comes later. Pages of other sites are let in no
/// sooner than others.
pub fn starting(auth: Auth, metrics: Arc<Metrics>, config: &Arc<Config>) -> Router {
    let known = Known {
        auth,
        metrics: Arc::clone(&metrics),
    };
    let app = Router::new()
        .route("/healthz/live", get(live))
        .route("/metrics", get(text))
        .fallback(not_yet)
        .with_state(known);
    layers::around(app, metrics, config)
}

/// What is known before everything else.
#[derive(Clone)]
struct Known {
    auth: Auth,
    metrics: Arc<Metrics>,
}

impl FromRef<Known> for Auth {
    fn from_ref(known: &Known) -> Self {
        known.auth.clone()
    }
}

async fn text(State(known): State<Known>, asker: Asker) -> Response {
    if let Err(problem) = asker.check_totals() {
        return problem.into_response();
    }
    match known.metrics.text() {
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
