//! What went wrong, as RFC 9457 problem details. The only place that knows HTTP status codes.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::auth::AdministrationError;
use crate::port::PublishError;
use crate::store::{Store, StoreError};

/// Declares the kinds of problems: name in the type URI, status, title.
macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident, $name:literal, $status:ident, $title:literal;)+) => {
        /// A kind of problem; its type URI is `/problems/{name}` and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Kind { $($(#[doc = $doc])+ $kind,)+ }

        impl Kind {
            /// Every kind there is.
            pub(super) const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The last part of the type URI.
            pub(super) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)+ }
            }

            /// The same for every problem of the kind.
            pub(super) fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)+ }
            }

            /// What it means and what to do about it.
            pub(super) fn explanation(self) -> &'static str {
                match self { $(Self::$kind => concat!($($doc),+).trim_start(),)+ }
            }

            fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)+ }
            }
        }
    };
}

kinds! {
    /// `filter` is no MQTT topic filter. `#` may only be the last level, `+` stands alone in its
    /// level; in a URL `#` is written `%23` and `+` is written `%2B`.
    BadFilter, "bad-filter", BAD_REQUEST, "Not a topic filter";
    /// `topic` can't be published to: a topic has no wildcards and does not begin with `$`.
    BadTopic, "bad-topic", BAD_REQUEST, "Not a topic to publish to";
    /// A time or a time range can't be understood, or ends before it begins.
    BadTime, "bad-time", BAD_REQUEST, "Not a time";
    /// A limit is not a number, or out of its range.
    BadLimit, "bad-limit", BAD_REQUEST, "Not a limit";
    /// `cursor` was not made by this server for this question. Begin again without it.
    BadCursor, "bad-cursor", BAD_REQUEST, "Not a cursor";
    /// A parameter's value can't be understood.
    BadParameter, "bad-parameter", BAD_REQUEST, "Bad parameter";
    /// There is no such parameter, or it was given twice.
    UnknownParameter, "unknown-parameter", BAD_REQUEST, "Unknown parameter";
    /// The request itself is not what it should be.
    BadRequest, "bad-request", BAD_REQUEST, "Bad request";
    /// Nothing was shown to sign in with, or what was shown is not good: a name and a password by
    /// HTTP Basic, or a token as a bearer.
    Unauthorized, "unauthorized", UNAUTHORIZED, "Not signed in";
    /// Whoever asks may not do this.
    Forbidden, "forbidden", FORBIDDEN, "Not allowed";
    /// The server was called by a name that it does not know as its own, as a page does that lets
    /// its own name lead here. Names that mean this server are told it with `allowed_hosts`.
    UnknownHost, "unknown-host", MISDIRECTED_REQUEST, "Unknown host name";
    /// The request came from a page of another site, which may not do this.
    ForeignOrigin, "foreign-origin", FORBIDDEN, "Request from another site";
    /// What is there already, or must be there before, is in the way.
    Conflict, "conflict", CONFLICT, "Conflict";
    /// The body must be JSON, and `Content-Type` must say so.
    NotJson, "not-json", UNSUPPORTED_MEDIA_TYPE, "Not JSON";
    /// A thumbnail was asked for of what is no JPEG, PNG, GIF or WebP.
    NotAnImage, "not-an-image", UNSUPPORTED_MEDIA_TYPE, "Not an image";
    /// The rule can't be one; `detail` says which part of it, and why.
    BadRule, "bad-rule", UNPROCESSABLE_ENTITY, "Not a rule";
    /// The image is broken, or larger than the server makes thumbnails of.
    BadImage, "bad-image", UNPROCESSABLE_ENTITY, "Bad image";
    /// There is no such thing.
    NotFound, "not-found", NOT_FOUND, "Not found";
    /// The thing is there, but does not take this method.
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    /// The body is larger than the server takes; `/api/v1/info` says how much that is.
    TooLarge, "too-large", PAYLOAD_TOO_LARGE, "Too large";
    /// Too many clients. Try again later.
    TooMany, "too-many", TOO_MANY_REQUESTS, "Too many";
    /// Something went wrong inside the server. Its log names the cause beside the request id.
    Internal, "internal", INTERNAL_SERVER_ERROR, "Internal error";
    /// The database can't be reached. What is published is kept in the journal meanwhile; try
    /// again later.
    DatabaseAway, "database-away", SERVICE_UNAVAILABLE, "Database away";
    /// More is asked than can be answered at a time. Nothing is wrong with the question: ask again
    /// in a moment.
    Busy, "busy", SERVICE_UNAVAILABLE, "Busy";
    /// The database is there, but something in it keeps the server from its work, which will not pass
    /// by itself; `detail` says what. What is published is kept in the journal meanwhile.
    DatabaseUnfit, "database-unfit", SERVICE_UNAVAILABLE, "Database can't be used";
    /// The journal has reached its size limit: nothing is taken until the database has caught up.
    JournalFull, "journal-full", SERVICE_UNAVAILABLE, "Journal full";
    /// The server is starting, and waits for its database. Try again in a moment.
    Starting, "starting", SERVICE_UNAVAILABLE, "Starting";
    /// The server is stopping. Try again in a moment.
    Stopping, "stopping", SERVICE_UNAVAILABLE, "Stopping";
    /// As many messages are retained as may be. Delete some, or publish without `retain`.
    RetainedFull, "retained-full", INSUFFICIENT_STORAGE, "No more retained messages";
    /// The answer took too long. Ask for less.
    Timeout, "timeout", GATEWAY_TIMEOUT, "Took too long";
}

/// How to sign in: RFC 6750, RFC 7617.
const BEARER: HeaderValue = HeaderValue::from_static("Bearer realm=\"unspool\"");
const BASIC: HeaderValue = HeaderValue::from_static("Basic realm=\"unspool\", charset=\"UTF-8\"");

/// A problem on its way to the client.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    kind: Kind,
    detail: String,
    parameter: Option<&'static str>,
    cause: Option<String>,
    retry_after_s: Option<u32>,
}

/// The body of every answer that is an error (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemView {
    /// What kind of problem; a stable URI, relative to the server.
    #[serde(rename = "type")]
    #[schema(example = "/problems/bad-filter")]
    pub(super) uri: String,
    /// The same for every problem of the kind.
    #[schema(example = "Not a topic filter")]
    pub(super) title: &'static str,
    /// The HTTP status.
    #[schema(example = 400)]
    pub(super) status: u16,
    /// What is wrong in this case.
    #[schema(example = "filter: '#' must be the last level, and stand alone in it")]
    pub(super) detail: String,
    /// The parameter that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "filter")]
    pub(super) parameter: Option<&'static str>,
    /// By which the server's log knows the request; where the cause is the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) request_id: Option<String>,
}

impl Problem {
    /// A problem of a kind; `detail` says what is wrong in this case.
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            parameter: None,
            cause: None,
            retry_after_s: None,
        }
    }

    /// The same, for whoever is told when to come back.
    pub(super) fn retry_after_s(self, seconds: u32) -> Self {
        Self {
            retry_after_s: Some(seconds),
            ..self
        }
    }

    /// The same, of a part of what was sent.
    pub(super) fn within(self, part: &str) -> Self {
        Self {
            detail: format!("{part}: {}", self.detail),
            ..self
        }
    }

    /// What is wrong with a parameter's value.
    pub(super) fn parameter(kind: Kind, name: &'static str, why: impl std::fmt::Display) -> Self {
        Self {
            parameter: Some(name),
            ..Self::new(kind, format!("{name}: {why}"))
        }
    }

    /// Something that only the log is told of.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..Self::new(
                Kind::Internal,
                "the server's log names the cause beside the request id",
            )
        }
    }

    /// What kind it is.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What the log is to know and the client is not.
    pub(super) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// The problem in short, for a stream that has already begun.
    pub(super) fn view(&self, request_id: Option<&str>) -> ProblemView {
        let status = self.kind.status();
        ProblemView {
            uri: format!("/problems/{}", self.kind.name()),
            title: self.kind.title(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            parameter: self.parameter,
            request_id: request_id
                .filter(|_| status.is_server_error())
                .map(ToOwned::to_owned),
        }
    }

    /// How long to wait before trying again.
    fn retry_after(&self) -> Option<Duration> {
        if let Some(seconds) = self.retry_after_s {
            return Some(Duration::from_secs(seconds.into()));
        }
        match self.kind {
            Kind::DatabaseAway | Kind::JournalFull | Kind::TooMany => Some(Duration::from_secs(5)),
            Kind::Starting | Kind::Stopping | Kind::Busy => Some(Duration::from_secs(2)),
            _ => None,
        }
    }

    /// The answer, with the id of the request that it answers.
    pub(super) fn respond(&self, request_id: Option<&str>) -> Response {
        let mut response = (self.kind.status(), Json(self.view(request_id))).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(wait) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        if self.kind == Kind::Unauthorized {
            headers.append(header::WWW_AUTHENTICATE, BEARER);
            headers.append(header::WWW_AUTHENTICATE, BASIC);
        }
        response
    }
}

impl IntoResponse for Problem {
    /// Leaves itself in the response, so that the outermost layer can add the request's id and
    /// log the cause.
    fn into_response(self) -> Response {
        let mut response = self.respond(None);
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::Busy { .. } = error {
            return Self::new(Kind::Busy, error.to_string());
        }
        if let StoreError::TooSlow { .. } = error {
            return Self::new(Kind::Timeout, error.to_string());
        }
        if error.is_away() {
            return Self {
                cause: Some(error.to_string()),
                ..Self::new(
                    Kind::DatabaseAway,
                    "the database can't be reached; nothing that is published is lost meanwhile",
                )
            };
        }
        Self::internal(error)
    }
}

impl From<AdministrationError> for Problem {
    fn from(error: AdministrationError) -> Self {
        use AdministrationError as Error;
        let kind = match &error {
            Error::UnknownAccount(_) => return Self::new(Kind::NotFound, NO_SUCH_ACCOUNT),
            Error::UnknownToken(_) => Kind::NotFound,
            Error::Exists(_)
            | Error::NotTheFirst
            | Error::Declared(_)
            | Error::LastAdministrator => Kind::Conflict,
            Error::Invalid(_) => Kind::BadRequest,
            Error::NotByPassword => Kind::Forbidden,
            Error::TooMany(_) => Kind::TooMany,
            Error::Crowded => Kind::Busy,
            Error::NoRandomNumbers | Error::Files(_) | Error::BrokenOff => {
                return Self::internal(error);
            }
        };
        Self::new(kind, error.to_string())
    }
}

impl From<PublishError> for Problem {
    fn from(error: PublishError) -> Self {
        let kind = match error {
            PublishError::Full => Kind::JournalFull,
            PublishError::Stopping => Kind::Stopping,
            PublishError::TooLarge => Kind::TooLarge,
            PublishError::RetainedFull => Kind::RetainedFull,
        };
        Self::new(kind, error.to_string())
    }
}

/// The store, where it knows what is in the database; an empty answer would be a wrong one.
pub(super) fn ready(store: Store) -> Result<Store, Problem> {
    if store.is_ready() {
        Ok(store)
    } else {
        Err(StoreError::NotReady.into())
    }
}

/// The answer to a request of HTTP/1.1 that does not say once by which name it calls the server.
pub fn no_host() -> Response {
    let why = "a request must have one Host header, which says by which name it calls the server";
    Problem::new(Kind::BadRequest, why).respond(None)
}

/// There are as many clients as there may be.
pub fn too_many_clients() -> Response {
    let detail = "as many clients are connected as this server takes: try again later";
    Problem::new(Kind::TooMany, detail).respond(None)
}

/// Whether the head of an answer of HTTP/1.1 says that all is well.
pub fn is_well(head: &str) -> bool {
    head.split(' ').nth(1) == Some(StatusCode::OK.as_str())
}

/// What was asked for will be done; how far it is can be looked up at `location`.
pub(super) fn accepted(location: String, mut response: Response) -> Response {
    *response.status_mut() = StatusCode::ACCEPTED;
    if let Ok(location) = HeaderValue::try_from(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

/// What the client has is still right.
pub(super) fn not_modified() -> Response {
    StatusCode::NOT_MODIFIED.into_response()
}

/// What was asked for is there now.
pub(super) fn created(answer: &impl Serialize) -> Response {
    (StatusCode::CREATED, Json(answer)).into_response()
}

/// It is done, and there is nothing to say.
pub(super) fn done() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The answers that any operation may give instead of its own, for the OpenAPI document.
pub(super) struct Problems;

impl utoipa::IntoResponses for Problems {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        [
            (
                "400",
                "A parameter is wrong; `parameter` and `detail` say which and why",
            ),
            (
                "500",
                "Something went wrong inside; `request_id` finds the cause in the log",
            ),
            (
                "503",
                "The database is away, or the server is busy or stopping; see `Retry-After`",
            ),
            (
                "default",
                "Any other problem; `type` says which, and leads to what it means",
            ),
        ]
        .map(|(status, description)| documented(status, description))
        .into()
    }
}

/// What is said of an account that is not there.
pub(super) const NO_SUCH_ACCOUNT: &str = "there is no such account";

/// Declares answers that something is not there, for the OpenAPI document.
macro_rules! not_there {
    ($($name:ident, $text:literal;)+) => {
        $(
            #[doc = $text]
            pub(super) struct $name;

            impl utoipa::IntoResponses for $name {
                fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
                    [documented("404", $text)].into()
                }
            }
        )+
    };
}
not_there! {
    NoSuchMessage, "There is no such message";
    NoSuchClient, "There is no such client";
    NoSuchRemoval, "There is no such removal";
    NoSuchRedecoding, "There is nothing of this number that is or was decoded again";
    NoSuchAccount, "There is no such account, or no such token of it";
}

/// That the connection becomes a WebSocket, for the OpenAPI document.
pub(super) struct Upgraded;

impl utoipa::IntoResponses for Upgraded {
    fn responses() -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
        let stream = ResponseBuilder::new().description("The stream").build();
        [("101".to_owned(), stream.into())].into()
    }
}

fn documented(status: &str, description: &str) -> (String, RefOr<utoipa::openapi::Response>) {
    let schema = Ref::from_schema_name("Problem");
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let response = ResponseBuilder::new()
        .description(description)
        .content("application/problem+json", content)
        .build();
    (status.to_owned(), response.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_inside_is_hidden_and_carries_the_requests_id() {
        let view = Problem::internal("password is hunter2").view(Some("r1"));
        let text = serde_json::to_string(&view).unwrap();
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!((view.status, view.request_id.as_deref()), (500, Some("r1")));
    }

    #[test]
    fn a_problem_names_the_parameter() {
        let view = Problem::parameter(Kind::BadFilter, "filter", "no").view(Some("r1"));
        assert_eq!(view.uri, "/problems/bad-filter");
        assert_eq!((view.status, view.parameter), (400, Some("filter")));
        assert_eq!(
            (view.detail.as_str(), view.request_id),
            ("filter: no", None)
        );
    }

    #[test]
    fn who_should_come_back_is_told_when() {
        for (kind, wait) in [
            (Kind::DatabaseAway, true),
            (Kind::JournalFull, true),
            (Kind::Stopping, true),
            (Kind::Busy, true),
            (Kind::BadTime, false),
            (Kind::Internal, false),
        ] {
            let response = Problem::new(kind, "").into_response();
            let header = response.headers().contains_key(header::RETRY_AFTER);
            assert_eq!(header, wait, "{kind:?}");
        }
    }

    #[test]
    fn type_uris_are_unique() {
        let names: std::collections::HashSet<_> = Kind::ALL.iter().map(|k| k.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
    }
}
