//! Payloads as they were published: ordinary, cacheable HTTP. They are anybody's, so whatever one
//! says it is, no browser may take it for a part of the dashboard, whose origin it has.

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::asker::Asker;
use super::messages::find;
use super::params::params;
use super::problem::{Kind, NoSuchMessage, Problem, Problems, not_modified};
use super::readers::Readers;
use crate::live::Live;
use crate::message::{Message, PayloadKind, classify};
use crate::readers::Effort;
use crate::store::Store;
use crate::view::{Showing, embedded_bytes};

/// Within an epoch a message never changes, and neither does its payload. No cache but the asker's
/// own keeps it, and none gives it to somebody else who signs in there.
const FOREVER: HeaderValue = HeaderValue::from_static("private, max-age=31536000, immutable");
const ASKER: HeaderValue = HeaderValue::from_static("authorization, cookie");
/// Without an epoch in the address the same address may lead to another message one day.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
/// A payload is anybody's; whatever it is, it may not act as a page of this server.
const SANDBOX: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// What publishers may call their content here. A browser runs, styles or opens none of these as
/// a part of a page; what they call it otherwise is in the message's properties.
const TYPES: &[&str] = &[
    "application/cbor",
    "application/json",
    "application/msgpack",
    "application/octet-stream",
    "application/protobuf",
    "application/vnd.msgpack",
    "application/x-ndjson",
    "application/x-protobuf",
    "application/zip",
    "text/csv",
    "text/plain",
];
/// Whole families of which that is true, but for what [`is_harmless`] knows.
const FAMILIES: &[&str] = &["audio/", "image/", "video/"];

params! {
    /// Of which journal.
    PayloadParams {
        /// The epoch that the address was given in: with it the answer may be kept for ever, and
        /// in another epoch there is no such message
        #[param(pattern = "^[^\\u0000]*$")]
        #[param(example = "k3f9")]
        epoch: String,
        /// Not the payload, but the bytes inside it at this JSON Pointer: an image that is a text
        /// in base64, decoded, or a byte string. They are in the message's `embedded`
        #[param(pattern = "^[^\\u0000]*$")]
        #[param(example = "/image")]
        path: String,
    }
}

/// One message's payload
///
/// The raw bytes, with the content type that the publisher gave, where a browser takes nothing
/// of that type for a part of a page, or that they tell of themselves. With `path`, bytes inside
/// it, with the type that they tell of themselves.
#[utoipa::path(get, path = "/messages/{seq}/payload", tag = "messages",
    params(("seq" = u64, Path, description = "The message's identity"), PayloadParams),
    responses((status = OK, body = serde_json::Value, content_type = "*/*", description = "The raw bytes"), NoSuchMessage, Problems))]
pub(super) async fn payload(
    State(store): State<Store>,
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    Path(seq): Path<String>,
    params: PayloadParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let epoch = known_epoch(&live, params.epoch.as_deref())?;
    let (sender, described) = tokio::sync::oneshot::channel();
    let path = params.path;
    let body = readers.answer(Effort::Page, async move {
        let message = find(&store, &asker, &seq).await?;
        let (payload, description) = match path {
            Some(path) => inside(live.showing(), &message, &path)?,
            None => (message.payload.clone(), described_as(&message)),
        };
        // Nobody but the handler, which is waiting, can have dropped the other end.
        let _ = sender.send((message.offset, description));
        Ok(payload)
    });
    let body = body.await?;
    let (offset, (content_type, disposition)) = described.await.map_err(Problem::internal)?;
    let tag = format!("\"{epoch}-{offset}\"");
    let response = if is_known(&headers, &tag) {
        not_modified()
    } else {
        ([(header::CONTENT_TYPE, content_type)], body).into_response()
    };
    let file = format!("{disposition}; filename=\"message-{offset}\"");
    Ok(guarded(response, tag, file, params.epoch.is_some()))
}

/// The journal's epoch, where it is the one that was asked for.
pub(super) fn known_epoch(live: &Live, asked: Option<&str>) -> Result<String, Problem> {
    let epoch = live.epoch().to_string();
    if asked.is_some_and(|asked| asked != epoch) {
        let why = format!("the journal begins anew since: its epoch is {epoch}");
        return Err(Problem::new(Kind::NotFound, why));
    }
    Ok(epoch)
}

/// Whether the asker has what is called `tag`.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get(header::IF_NONE_MATCH)
        .and_then(|tags| tags.to_str().ok())
        .is_some_and(|tags| {
            tags.split(',')
                .any(|seen| seen.trim().trim_start_matches("W/") == tag)
        })
}

/// The answer as one that may be kept, and that is no page of this server.
pub(super) fn guarded(
    mut response: Response,
    tag: String,
    disposition: String,
    has_epoch: bool,
) -> Response {
    let headers = response.headers_mut();
    let caching = if has_epoch { FOREVER } else { ASK_AGAIN };
    headers.insert(header::CACHE_CONTROL, caching);
    headers.insert(header::VARY, ASKER);
    headers.insert(header::CONTENT_SECURITY_POLICY, SANDBOX);
    for (name, value) in [
        (header::ETAG, tag),
        (header::CONTENT_DISPOSITION, disposition),
    ] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    response
}

/// The bytes at `path` inside a payload, and how they are described.
fn inside(
    showing: &Showing,
    message: &Message,
    path: &str,
) -> Result<(Bytes, (HeaderValue, &'static str)), Problem> {
    let bytes = embedded_bytes(showing, message, path).ok_or_else(|| {
        let why = format!("there are no bytes at {path} in message {}", message.offset);
        Problem::new(Kind::NotFound, why)
    })?;
    let kind = classify(&bytes);
    let description = (HeaderValue::from_static(kind.mime()), disposition(kind));
    Ok((bytes.into(), description))
}

/// The content type and the disposition. An image is one whatever its publisher says; else the
/// publisher knows best, within what is harmless.
fn described_as(message: &Message) -> (HeaderValue, &'static str) {
    let kind = classify(&message.payload);
    let sniffed = HeaderValue::from_static(kind.mime());
    if kind.is_image() {
        return (sniffed, "inline");
    }
    let given = message
        .properties
        .as_ref()
        .and_then(|properties| properties.content_type.as_deref())
        .filter(|given| is_harmless(given))
        .and_then(|given| HeaderValue::try_from(given).ok());
    (given.unwrap_or(sniffed), disposition(kind))
}

/// What is neither image nor text is a download.
fn disposition(kind: PayloadKind) -> &'static str {
    match kind {
        PayloadKind::Binary(_) if !kind.is_image() => "attachment",
        _ => "inline",
    }
}

/// Whether no browser takes what is called so for a part of a page.
fn is_harmless(given: &str) -> bool {
    let essence = given.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    let is_family = FAMILIES.iter().any(|family| essence.starts_with(family));
    // SVG is a document with scripts.
    (is_family && !essence.contains("xml") && !essence.contains("svg"))
        || TYPES.contains(&essence.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_would_run_is_never_called_so() {
        for (given, harmless) in [
            ("application/json", true),
            ("text/plain; charset=utf-8", true),
            ("TEXT/CSV", true),
            ("image/png", true),
            ("application/cbor", true),
            ("text/javascript", false),
            ("Application/JavaScript; charset=utf-8", false),
            ("application/x-ecmascript", false),
            ("text/html", false),
            ("application/xhtml+xml", false),
            ("image/svg+xml", false),
            (" IMAGE/SVG+XML ;a", false),
            ("text/css", false),
            ("application/wasm", false),
            ("application/pdf", false),
            ("multipart/x-mixed-replace", false),
            ("", false),
        ] {
            assert_eq!(is_harmless(given), harmless, "{given}");
        }
    }
}
