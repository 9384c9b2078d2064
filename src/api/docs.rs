//! The OpenAPI document and a page to browse it and to try it out, without a CDN.

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::openapi::openapi_json;
use super::problem::{Kind, Problem};
use super::security::html;

const PAGE: &str = include_str!("docs/index.html");

/// `/openapi.json`, `/docs`, and what the problems' type URIs lead to.
pub(super) fn router() -> Router<super::state::AppState> {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(page))
        .route("/problems/{name}", get(problem))
        .layer(super::layers::compression())
}

async fn document() -> Result<impl IntoResponse, Problem> {
    let document = openapi_json().map_err(Problem::internal)?;
    Ok(([(header::CONTENT_TYPE, "application/json")], document))
}

async fn page() -> Response {
    html(PAGE)
}

async fn problem(Path(name): Path<String>) -> Result<String, Problem> {
    let kind = Kind::ALL.iter().find(|kind| kind.name() == name);
    let kind = kind.ok_or_else(|| Problem::new(Kind::NotFound, "there is no such problem"))?;
    Ok(format!("{}\n\n{}\n", kind.title(), kind.explanation()))
}
