//! Live streams over WebSocket and SSE.

use axum::body::Body;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::asker::{Asker, TICKET};
use super::params::pairs;
use super::problem::{Kind, Problem, Problems, Upgraded};
use crate::live::{
    INBOUND_BYTES_MAX, Live, Refusal, RefusalCode, StreamRequest, WRITE_BUFFER_BYTES_MAX,
};

/// Tells nginx to hand events on as they come.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Documents the query string of both, which `live` reads.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it documents what another module reads")]
struct StreamParams {
    /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
    #[param(example = "factory/#")]
    filter: Option<String>,
    /// `all` messages, `latest` values, or counts in the `tree`
    #[param(example = "all")]
    mode: Option<String>,
    /// `all`: what came after this cursor, or was received at or after this time
    #[param(example = "now-5m")]
    since: Option<String>,
    /// `all`: the last so many messages before now
    #[param(maximum = 100_000)]
    last: Option<u64>,
    /// `latest` and `tree`: frames a second
    #[param(maximum = 10)]
    hz: Option<f64>,
    /// `latest`: JSON Pointers of the fields that are wanted, separated by commas
    #[param(example = "/temp")]
    fields: Option<String>,
    /// `tree`: the places whose children are followed, separated by commas
    paths: Option<String>,
    /// Comes back in each frame
    id: Option<u64>,
    /// Of `/tickets`, for a page that can show nothing else
    ticket: Option<String>,
}

/// Live over WebSocket
///
/// Frames are text, one JSON object each. The query string may hold a first subscription; more
/// can be made, paused and ended by frames.
#[utoipa::path(
    get,
    path = "/ws",
    tag = "live",
    params(StreamParams),
    responses(Upgraded, Problems)
)]
pub(super) async fn websocket(
    State(live): State<Live>,
    asker: Asker,
    RawQuery(query): RawQuery,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let upgrade = upgrade.map_err(|_| {
        Problem::new(
            Kind::BadRequest,
            "this is for WebSocket clients; /api/v1/stream has the same for all others",
        )
    })?;
    let admission = live.admit()?.of_account(asker.connect()?);
    let first = StreamRequest::from_query(&asked(query.as_deref()));
    Ok(upgrade
        .max_message_size(INBOUND_BYTES_MAX)
        .max_frame_size(INBOUND_BYTES_MAX)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .on_upgrade(async move |socket| live.websocket(admission, asker.principal, socket, first)))
}

/// Live over Server-Sent Events
///
/// The frames of one subscription. An event's id is the cursor, so that an `EventSource` resumes
/// by itself.
#[utoipa::path(get, path = "/stream", tag = "live", params(StreamParams),
    responses((status = OK, body = String, content_type = "text/event-stream"), Problems))]
pub(super) async fn events(
    State(live): State<Live>,
    asker: Asker,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let subscription = StreamRequest::from_query(&asked(query.as_deref()))?
        .unwrap_or_else(StreamRequest::everything);
    let last_event_id = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    let subscription = match last_event_id {
        Some(id) => subscription.resumed(id),
        None => subscription,
    };
    let admission = live.admit()?.of_account(asker.connect()?);
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/event-stream"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (BUFFERING, HeaderValue::from_static("no")),
    ];
    let body = Body::from_stream(live.events(admission, asker.principal, subscription));
    Ok((headers, body).into_response())
}

/// What a query string asks for, without what stands for credentials.
fn asked(query: Option<&str>) -> Vec<(String, String)> {
    let mut pairs = pairs(query.unwrap_or_default());
    pairs.retain(|(name, _)| name != TICKET);
    pairs
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        use RefusalCode as Code;
        let (kind, parameter) = match refusal.code {
            Code::BadFilter => (Kind::BadFilter, Some("filter")),
            Code::BadSince => (Kind::BadTime, Some("since")),
            Code::BadLast => (Kind::BadLimit, Some("last")),
            Code::BadMode => (Kind::BadParameter, Some("mode")),
            Code::BadHz => (Kind::BadParameter, Some("hz")),
            Code::BadFields => (Kind::BadParameter, Some("fields")),
            Code::BadPaths => (Kind::BadParameter, Some("paths")),
            Code::UnknownParameter => (Kind::UnknownParameter, None),
            Code::TooMany => (Kind::TooMany, None),
            Code::Shutdown => (Kind::Stopping, None),
            Code::NotAuthorized => (Kind::Forbidden, None),
            Code::DatabaseAway => (Kind::DatabaseAway, None),
            Code::JournalFull => (Kind::JournalFull, None),
            Code::RetainedFull => (Kind::RetainedFull, None),
            Code::TooLarge => (Kind::TooLarge, None),
            Code::Internal => return Self::internal(refusal.message),
            Code::BadFrame
            | Code::BadId
            | Code::BadJson
            | Code::BadNumber
            | Code::BadPayload
            | Code::BadQos
            | Code::BadTopic
            | Code::BadType
            | Code::Moved => (Kind::BadParameter, None),
        };
        match parameter {
            Some(name) => Self::parameter(kind, name, refusal.message),
            None => Self::new(kind, refusal.message),
        }
    }
}
