//! Questions by POST: the parameters of the query string in the body, as a form or as JSON. A topic
//! may be longer than an address.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::{Number, Value};

use super::params::{Asked, JsonKind, pairs};
use super::problem::{Kind, Problem};

/// The largest body: several topics of 65,535 bytes, each byte written in three.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Names and texts, and of JSON what each member was.
type Given = Vec<(String, String, Option<JsonKind>)>;

/// Reads the body for the handler of the same question by GET.
pub(super) async fn read(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let is_json = content_type
        .and_then(|given| given.to_str().ok())
        .is_some_and(|given| given.trim_start().starts_with("application/json"));
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        let why = format!("a question of over {BODY_BYTES_MAX} bytes, or not all of one");
        return Problem::new(Kind::TooLarge, why).into_response();
    };
    let asked = if is_json { members(&body) } else { form(&body) };
    match asked {
        Ok(asked) => {
            parts.extensions.insert(Asked(asked));
            next.run(Request::from_parts(parts, body.into())).await
        }
        Err(problem) => problem.into_response(),
    }
}

fn form(body: &[u8]) -> Result<Given, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::new(Kind::BadRequest, "the body is no form: it is not UTF-8"))?;
    let pairs = pairs(text.trim_end()).into_iter();
    Ok(pairs.map(|(name, text)| (name, text, None)).collect())
}

/// The members of a JSON object.
fn members(body: &[u8]) -> Result<Given, Problem> {
    let bad = |why: String| Problem::new(Kind::BadRequest, format!("the body: {why}"));
    let members: serde_json::Map<String, Value> =
        serde_json::from_slice(body).map_err(|error| bad(error.to_string()))?;
    members
        .into_iter()
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name, text, Some(JsonKind::Text))),
            Value::Number(number) => Ok((name, whole(&number), Some(JsonKind::Number))),
            Value::Bool(_) => Ok((name, value.to_string(), Some(JsonKind::Flag))),
            _ => {
                let name: String = name.chars().take(64).collect();
                Err(bad(format!(
                    "{name} must be a text, a number or true or false"
                )))
            }
        })
        .collect()
}

/// A number as a query string has it: to JSON, 7.0 is a whole number, too.
fn whole(number: &Number) -> String {
    let text = number.to_string();
    text.strip_suffix(".0").map_or(text.clone(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_asks_what_a_query_string_asks() {
        let expected = pairs("filter=a/%23&limit=7&raw=true&path=");
        let texts = |given: Given| -> Vec<_> {
            let given = given.into_iter();
            given.map(|(name, text, _)| (name, text)).collect()
        };
        let by_form = form(b"filter=a/%23&limit=7&raw=true&path=\n").unwrap();
        assert_eq!(texts(by_form), expected);
        let json = br#"{"filter":"a/#","limit":7.0,"raw":true,"path":""}"#;
        assert_eq!(texts(members(json).unwrap()), expected);
        for body in [
            &b"["[..],
            b"[]",
            b"7",
            b"{\"filter\":[]}",
            b"{\"q\":null}",
            b"",
        ] {
            assert!(members(body).is_err());
        }
        assert!(form(b"\xff").is_err());
    }
}
