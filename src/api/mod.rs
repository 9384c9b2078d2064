//! REST: `/api/v1`, the OpenAPI document, probes, metrics and the bundled dashboard.
//!
//! Each noun has a file. A handler parses, asks the store and answers; it holds no SQL, spawns
//! nothing and knows no status codes: these are in [`problem`] alone.

mod cursor;
mod dashboard;
mod dead_letters;
mod docs;
mod export;
mod format;
mod health;
mod info;
mod latest;
mod layers;
mod ledger;
mod messages;
mod metrics;
mod openapi;
mod params;
mod payload;
mod problem;
mod publish;
mod samples;
mod security;
mod state;
mod status;
mod stream;
#[cfg(test)]
mod tests;
mod topics;
mod tree;
mod view;

pub use dashboard::Dashboard;
pub use openapi::openapi_json;
pub use problem::too_many_clients;
pub use state::{About, MqttAddresses, State};

use axum::Router;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use problem::{Kind, Problem};

/// Everything that this module serves, the live streams included.
pub fn router(state: State) -> Router {
    let (v1, _) = v1().split_for_parts();
    let (probes, _) = probes().split_for_parts();
    let app = Router::new()
        .nest("/api/v1", v1)
        .merge(probes)
        .merge(docs::router())
        .route("/api", axum::routing::any(not_found))
        .route("/api/{*rest}", axum::routing::any(not_found))
        .fallback(dashboard::serve)
        .method_not_allowed_fallback(method_not_allowed);
    layers::around(app, &state).with_state(state)
}

/// The operations under `/api/v1`.
fn v1() -> OpenApiRouter<State> {
    let json = OpenApiRouter::new()
        .routes(routes!(info::info))
        .routes(routes!(status::status))
        .routes(routes!(topics::topics))
        .routes(routes!(tree::tree))
        .routes(routes!(latest::latest))
        .routes(routes!(messages::messages))
        .routes(routes!(messages::message))
        .routes(routes!(samples::samples))
        .routes(routes!(publish::publish))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(ledger::ledger))
        .layer(layers::compression());
    OpenApiRouter::new()
        .routes(routes!(payload::payload))
        .routes(routes!(stream::websocket))
        .routes(routes!(stream::events))
        .merge(json)
}

/// What is asked for by machines that watch the server.
fn probes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}

async fn not_found() -> Problem {
    Problem::new(
        Kind::NotFound,
        "there is no such resource; /docs shows what there is",
    )
}

async fn method_not_allowed() -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        "this resource does not take the method; /docs shows what it takes",
    )
}
