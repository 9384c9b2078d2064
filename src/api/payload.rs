//! Payloads as they were published: ordinary, cacheable HTTP.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::asker::Asker;
use super::messages::find;
use super::problem::{NoSuchMessage, Problem, Problems, not_modified};
use crate::message::{Message, PayloadKind, classify};
use crate::store::Store;

/// A message never changes, and neither does its payload.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// A payload is anybody's; whatever it is, it may not act as a page of this server.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// One message's payload
///
/// The raw bytes, with the content type that the publisher gave or that they tell of themselves.
#[utoipa::path(get, path = "/messages/{seq}/payload", tag = "messages",
    params(("seq" = u64, Path, description = "The message's identity")),
    responses((status = OK, body = Vec<u8>, content_type = "*/*"),
        NoSuchMessage, Problems))]
pub(super) async fn payload(
    State(store): State<Store>,
    asker: Asker,
    Path(seq): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let message = find(&store, &asker, &seq).await?;
    let tag = format!("\"{}\"", message.offset);
    let seen = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|seen| seen.trim().trim_start_matches("W/") == tag)
        });
    let mut response = if seen {
        not_modified()
    } else {
        let content_type = content_type(&message);
        ([(header::CONTENT_TYPE, content_type)], message.payload).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, FOREVER);
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    if let Ok(tag) = HeaderValue::try_from(tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// An image is one whatever its publisher says; else the publisher knows best.
fn content_type(message: &Message) -> HeaderValue {
    let kind = classify(&message.payload);
    let sniffed = HeaderValue::from_static(kind.mime());
    if let PayloadKind::Binary(mime) = kind
        && mime.starts_with("image/")
    {
        return sniffed;
    }
    message
        .properties
        .as_ref()
        .and_then(|properties| properties.content_type.as_deref())
        .filter(|given| given.contains('/') && given.is_ascii())
        .and_then(|given| HeaderValue::try_from(given).ok())
        .unwrap_or(sniffed)
}
