//! Every operation, each with its documentation.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;
use super::{
    dead_letters, health, info, latest, layers, ledger, messages, metrics, payload, publish,
    samples, status, stream, topics, tree,
};

/// The operations under `/api/v1`.
pub(super) fn v1() -> OpenApiRouter<AppState> {
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
pub(super) fn probes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::metrics))
}
