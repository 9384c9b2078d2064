//! JSON, NDJSON or CSV; the latter are streamed.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::params::Param;
use super::problem::{Kind, Problem};
use crate::message::Timestamp;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    Json,
    /// One JSON object a line.
    Ndjson,
    /// Comma-separated values with a header line (RFC 4180).
    Csv,
    /// The same, where a text that a spreadsheet would take for a formula has an apostrophe before it.
    #[serde(rename = "csv-safe")]
    CsvSafe,
}

impl Param for Format {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "ndjson" => Ok(Self::Ndjson),
            "csv" => Ok(Self::Csv),
            "csv-safe" => Ok(Self::CsvSafe),
            _ => Err("expected json, ndjson, csv or csv-safe".into()),
        }
    }
}

impl Format {
    /// The format that was asked for, by parameter or by `Accept`.
    pub(super) fn wanted(format: Option<Self>, headers: &HeaderMap) -> Self {
        let accept = headers
            .get(header::ACCEPT)
            .and_then(|accept| accept.to_str().ok())
            .unwrap_or_default();
        format.unwrap_or_else(|| {
            if accept.contains("application/x-ndjson") {
                Self::Ndjson
            } else if accept.contains("text/csv") {
                Self::Csv
            } else {
                Self::Json
            }
        })
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Ndjson => "application/x-ndjson",
            Self::Csv | Self::CsvSafe => "text/csv; charset=utf-8; header=present",
        }
    }

    pub(super) fn is_csv(self) -> bool {
        matches!(self, Self::Csv | Self::CsvSafe)
    }

    /// The answer with this body.
    pub(super) fn respond(self, body: Body) -> Response {
        let mut response = Response::new(body);
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static(self.content_type()),
        );
        response
    }
}

/// The header of a streamed answer that says from when on everything that was asked for is there.
const KEPT_FROM: HeaderName = HeaderName::from_static("unspool-kept-from");

/// Says in a streamed answer from when on everything is there that was asked for.
pub(super) fn with_kept_from(mut response: Response, kept_from: Option<Timestamp>) -> Response {
    let at = kept_from.and_then(|at| HeaderValue::try_from(at.to_string()).ok());
    if let Some(at) = at {
        response.headers_mut().insert(KEPT_FROM, at);
    }
    response
}

/// An answer that broke off in the middle, so that nobody takes a part for the whole.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off: {0}")]
pub(super) struct Broken(String);

impl From<Problem> for Broken {
    fn from(problem: Problem) -> Self {
        let why = problem.cause().unwrap_or("of its own accord").to_owned();
        if problem.kind() == Kind::Internal {
            tracing::warn!(cause = why, "a streamed answer broke off");
        }
        Self(why)
    }
}

impl Broken {
    /// Who asked may do something else now.
    pub(super) fn changed() -> Self {
        Self("what may be read has changed: ask again".into())
    }

    /// Nobody reads it.
    pub(super) fn unread() -> Self {
        Self("it was not read".into())
    }
}

/// Appends `row` as a line of JSON.
pub(super) fn json_line(out: &mut Vec<u8>, row: &impl Serialize) -> Result<(), Problem> {
    serde_json::to_writer(&mut *out, row).map_err(Problem::internal)?;
    out.push(b'\n');
    Ok(())
}

/// Whether a spreadsheet may take a text for a formula. A number is none.
fn is_like_a_formula(field: &str) -> bool {
    field.starts_with(['=', '+', '-', '@', '\t', '\r']) && field.parse::<f64>().is_err()
}

/// Appends `fields` as a line of CSV.
pub(super) fn csv_line<'a>(
    out: &mut Vec<u8>,
    format: Format,
    fields: impl IntoIterator<Item = &'a str>,
) {
    for (at, field) in fields.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        let safe =
            (format == Format::CsvSafe && is_like_a_formula(field)).then(|| format!("'{field}"));
        let field = safe.as_deref().unwrap_or(field);
        if field.contains(['"', ',', '\n', '\r']) {
            out.push(b'"');
            out.extend(field.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend(field.as_bytes());
        }
    }
    out.extend(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_csv_quotes_what_it_must() {
        let mut out = Vec::new();
        csv_line(&mut out, Format::Csv, ["a", "b,c", "d\"e", "f\ng", ""]);
        assert_eq!(out, b"a,\"b,c\",\"d\"\"e\",\"f\ng\",\r\n");
    }

    #[test]
    fn a_spreadsheet_is_given_no_formula() {
        for (text, safe) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-x", "'-x"),
            ("-1.5", "-1.5"),
            ("=a,b", "\"'=a,b\""),
            ("a=b", "a=b"),
        ] {
            let mut out = Vec::new();
            csv_line(&mut out, Format::CsvSafe, [text]);
            assert_eq!(out, format!("{safe}\r\n").into_bytes());
        }
    }

    #[test]
    fn the_parameter_goes_before_the_header() {
        let accept = |accept: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            headers
        };
        for (format, header, wanted) in [
            (None, "*/*", Format::Json),
            (None, "text/csv, */*", Format::Csv),
            (None, "application/x-ndjson", Format::Ndjson),
            (Some(Format::Json), "text/csv", Format::Json),
        ] {
            assert_eq!(Format::wanted(format, &accept(header)), wanted);
        }
    }
}
