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

use super::problem::{Kind, Problem};
use crate::metrics::Metrics;

/// How long an answer may take to begin.
const TIMEOUT: Duration = Duration::from_secs(30);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around `app`.
pub(super) fn around(
    app: Router<super::state::AppState>,
    state: &super::state::AppState,
) -> Router<super::state::AppState> {
    app.layer(from_fn_with_state(Arc::clone(&state.metrics), outermost))
}

/// Gzip for answers that are text; not for payloads, whose entity tag names their very bytes.
pub(super) fn compression() -> CompressionLayer {
    CompressionLayer::new()
}

/// Whether the request comes from a page of another site. Requests of programs carry no `Origin`;
/// a browser adds it to everything that writes, and to live streams.
pub(super) fn is_foreign(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return false;
    };
    let authority = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    match (authority, host) {
        (Some((_, authority)), Some(host)) => !authority.eq_ignore_ascii_case(host),
        _ => true,
    }
}

async fn outermost(State(metrics): State<Arc<Metrics>>, request: Request, next: Next) -> Response {
    metrics.http_requests.inc();
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = if !is_safe(&method) && is_foreign(request.headers()) {
        foreign().into_response()
    } else {
        run(request, next).await
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

/// What a request from a page of another site is told.
pub(super) fn foreign() -> Problem {
    Problem::new(
        Kind::ForeignOrigin,
        "pages of other sites may not write here or open live streams",
    )
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
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
    fn a_page_of_another_site_is_told_by_its_origin() {
        for (origin, host, foreign) in [
            (None, Some("h:8080"), false),
            (Some("http://h:8080"), Some("h:8080"), false),
            (Some("https://H"), Some("h"), false),
            (Some("http://evil"), Some("h:8080"), true),
            (Some("http://h"), Some("h:8080"), true),
            (Some("null"), Some("h:8080"), true),
            (Some("http://h"), None, true),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [(header::ORIGIN, origin), (header::HOST, host)] {
                if let Some(value) = value {
                    headers.insert(name, HeaderValue::from_static(value));
                }
            }
            assert_eq!(is_foreign(&headers), foreign, "{origin:?} {host:?}");
        }
    }

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
