//! What every request goes through: an id, a time limit, a net for panics, and the answer to who
//! may write.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use tower_http::compression::CompressionLayer;

use super::origins::Origins;
use super::problem::{Kind, Problem};
use crate::config::Config;
use crate::metrics::Metrics;

/// How long an answer may take to begin.
const TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around `app`.
pub(super) fn around(app: Router, metrics: Arc<Metrics>, config: &Config) -> Router {
    let origins = Origins::new(config.allowed_hosts.as_deref().unwrap_or_default());
    app.layer(from_fn_with_state((metrics, origins), outermost))
}

/// Gzip for answers that are text; not for payloads, whose entity tag names their very bytes.
pub(super) fn compression() -> CompressionLayer {
    CompressionLayer::new()
}

async fn outermost(
    State((metrics, origins)): State<(Arc<Metrics>, Origins)>,
    request: Request,
    next: Next,
) -> Response {
    metrics.http_requests.inc();
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (parts, body) = request.into_parts();
    let mut response = match origins.check(&parts) {
        Ok(()) => run(Request::from_parts(parts, body), next).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem, &id, &method, &path);
        response = problem.respond(Some(&id));
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn run(request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(TIMEOUT, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Problem::internal("a handler panicked").into_response(),
        Err(_) => Problem::new(
            Kind::Timeout,
            format!("no answer within {} seconds", TIMEOUT.as_secs()),
        )
        .into_response(),
    }
}

/// The caller's own id where it is one, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    headers
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()))
        .map_or_else(
            || {
                std::iter::repeat_with(fastrand::alphanumeric)
                    .take(12)
                    .collect()
            },
            ToOwned::to_owned,
        )
}

/// Only the server's own faults are worth a person's while.
fn log(problem: &Problem, request_id: &str, method: &Method, path: &str) {
    let cause = problem.cause();
    match problem.kind() {
        Kind::Internal => {
            tracing::error!(request_id, %method, path, cause, "a request failed");
        }
        kind => tracing::debug!(request_id, %method, path, ?kind, cause, "a request was refused"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_own_id_is_kept_where_it_is_one() {
        let with = |id: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::try_from(id).unwrap());
            request_id(&headers)
        };
        assert_eq!(with("r-1"), "r-1");
        assert_eq!(with("a b").len(), 12);
        assert_eq!(with(&"x".repeat(65)).len(), 12);
    }
}
