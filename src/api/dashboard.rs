//! The dashboard that is built into the binary.

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem::{Kind, Problem, not_modified};
use super::security::html;

include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// Which dashboard the binary carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dashboard {
    /// The whole app of `web/`.
    Full,
    /// One page, for a binary that was built without the app.
    Fallback,
}

impl Dashboard {
    /// The one in this binary.
    pub const CARRIED: Self = if FULL { Self::Full } else { Self::Fallback };

    /// As `/api/v1/info` names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Fallback => "fallback",
        }
    }
}

/// Assets by their names, and for every other path the app itself, which knows its own routes.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return Problem::new(Kind::NotFound, "there is nothing here to write to").into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if path.is_empty() || path == "index.html" {
        return index();
    }
    match asset(path, &headers) {
        Some(response) => response,
        None if path.starts_with("assets/") => {
            Problem::new(Kind::NotFound, "there is no such asset").into_response()
        }
        None => index(),
    }
}

fn index() -> Response {
    match Assets::get("index.html").map(|file| String::from_utf8(file.data.into_owned())) {
        Some(Ok(page)) => html(&page),
        _ => Problem::internal("the dashboard has no index.html").into_response(),
    }
}

fn asset(path: &str, headers: &HeaderMap) -> Option<Response> {
    let (file, encoding) = encoded(path, headers)?;
    let tag: String = std::iter::once('"')
        .chain(file.metadata.sha256_hash()[..12].iter().flat_map(|byte| {
            [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
        }))
        .chain(std::iter::once('"'))
        .collect();
    let seen = headers.get(header::IF_NONE_MATCH);
    let mut response = if seen.is_some_and(|seen| seen.as_bytes() == tag.as_bytes()) {
        not_modified()
    } else {
        file.data.into_response()
    };
    // The names of assets have a hash of their content in them.
    let caching = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let answer = response.headers_mut();
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(mime(path)));
    answer.insert(header::ETAG, HeaderValue::try_from(tag).ok()?);
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    Some(response)
}

/// The smallest variant that is there and that the client takes.
fn encoded(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|accepted| accepted.to_str().ok())
        .unwrap_or_default();
    let takes = |encoding: &str| {
        accepted.split(',').any(|item| {
            let (name, weight) = item.split_once(';').unwrap_or((item, ""));
            name.trim() == encoding && weight.trim() != "q=0"
        })
    };
    for (encoding, ending) in [("br", "br"), ("gzip", "gz")] {
        if takes(encoding)
            && let Some(file) = Assets::get(&format!("{path}.{ending}"))
        {
            return Some((file, Some(encoding)));
        }
    }
    Assets::get(path).map(|file| (file, None))
}

/// What a built web app has in it.
fn mime(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
