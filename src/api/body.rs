//! Bodies of JSON: one object, of a size that nobody needs to exceed.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;

use super::problem::{Kind, Problem};

/// An account may have a thousand filters.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// What the body says. It must be called JSON: a form of another page can't call it so.
pub(super) struct JsonBody<T>(pub(super) T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE);
        let essence = content_type
            .and_then(|given| given.to_str().ok())
            .and_then(|given| given.split(';').next())
            .unwrap_or_default();
        if !essence.trim().eq_ignore_ascii_case("application/json") {
            let why = "the body must be JSON, and Content-Type must say so";
            return Err(Problem::new(Kind::NotJson, why));
        }
        let Ok(body) = to_bytes(request.into_body(), BODY_BYTES_MAX).await else {
            let why = format!("a body of over {BODY_BYTES_MAX} bytes, or not all of one");
            return Err(Problem::new(Kind::TooLarge, why));
        };
        let read = serde_json::from_slice(&body);
        // Where it is wrong is told, and not what stands there: it may be a password.
        read.map(Self).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let what = match error.classify() {
                serde_json::error::Category::Data => {
                    let text = error.to_string();
                    let known = ["missing field", "unknown field", "duplicate field"];
                    let is_known = known.iter().any(|known| text.starts_with(known));
                    if is_known {
                        text
                    } else {
                        "not what is expected there".into()
                    }
                }
                _ => "not JSON".into(),
            };
            let why = format!("the body, line {line}, column {column}: {what}");
            Problem::new(Kind::BadRequest, why)
        })
    }
}
