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

use super::caller::Caller;
use super::origins::Origins;
use super::problem::{Kind, Problem};
use crate::config::Config;
use crate::metrics::Metrics;

/// How long an answer may take to begin.
const TIMEOUT: Duration = Duration::from_secs(30);
/// What every answer tells a browser: it takes nothing for what it was not called, shows no page of
/// ours inside of another site's, hands none of it to one, and lets no page of ours use what the
/// machine has.
const HARDENED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
];
/// For a year browsers come over TLS only.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");
/// What no browser asks anybody for.
const BEARER_ONLY: HeaderValue = HeaderValue::from_static("Bearer realm=\"unspool\"");
/// A request of the dashboard has it: no form and no picture of another page can.
pub(super) const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the layers around `app`.
pub(super) fn around(app: Router, metrics: Arc<Metrics>, config: &Arc<Config>) -> Router {
    let allowed_hosts = config.allowed_hosts.as_deref().unwrap_or_default();
    let door = Door {
        metrics,
        origins: Origins::new(allowed_hosts, config.public_url.as_ref()),
        config: Arc::clone(config),
    };
    app.layer(from_fn_with_state(door, outermost))
}

/// Gzip for answers that are text; not for payloads, whose entity tag names their very bytes.
pub(super) fn compression() -> CompressionLayer {
    CompressionLayer::new()
}

/// What every request is asked at the door.
#[derive(Clone)]
struct Door {
    metrics: Arc<Metrics>,
    origins: Origins,
    config: Arc<Config>,
}

async fn outermost(State(door): State<Door>, request: Request, next: Next) -> Response {
    door.metrics.http_requests.inc();
    let id = request_id(request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let (mut parts, body) = request.into_parts();
    let config = &door.config;
    let caller = Caller::of(
        &parts,
        config.trusted_proxies.as_ref(),
        config.public_url.as_ref(),
    );
    let is_secure = caller.is_secure;
    let is_browser = is_browser(&parts.headers);
    let checked = door.origins.check(&parts, &caller);
    parts.extensions.insert(caller);
    let mut response = match checked {
        Ok(()) => run(Request::from_parts(parts, body), next).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        log(&problem, &id, &method, &path);
        response = problem.respond(Some(&id));
        if is_browser && problem.kind() == Kind::Unauthorized {
            // Asked for a password, a browser would ask whoever sits before it, over our own page.
            let headers = response.headers_mut();
            headers.insert(header::WWW_AUTHENTICATE, BEARER_ONLY);
        }
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(REQUEST_ID, id);
    }
    for (name, value) in HARDENED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
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

/// Whether a browser asks, which would ask its user for a password where it is told to. Over plain
/// HTTP some say nothing of the page that asks.
fn is_browser(headers: &HeaderMap) -> bool {
    let agent = headers.get(header::USER_AGENT);
    headers.contains_key("sec-fetch-site")
        || headers.contains_key(REQUESTED_WITH)
        || agent.is_some_and(|agent| agent.as_bytes().starts_with(b"Mozilla/"))
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
