//! Every operation, each with its documentation.

use axum::middleware::from_fn;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::state::AppState;
use super::{
    accounts, audit, clients, clocks, dead_letters, health, info, latest, layers, ledger, me,
    messages, metrics, payload, publish, question, redecodings, removals, retained, rule_trial,
    rules, samples, status, storage, stream, thumbnail, topics, tree,
};

/// The operations under `/api/v1`.
pub(super) fn v1() -> OpenApiRouter<AppState> {
    let json = OpenApiRouter::new()
        .routes(routes!(info::info))
        .routes(routes!(status::status))
        .routes(routes!(topics::topics))
        .routes(routes!(removals::remove_topics))
        .routes(routes!(removals::removals))
        .routes(routes!(removals::removal))
        .routes(routes!(rules::rules, rules::put_rule, rules::delete_rule))
        .routes(routes!(rule_trial::try_rule))
        .routes(routes!(redecodings::redecodings, redecodings::decode_again))
        .routes(routes!(redecodings::redecoding))
        .routes(routes!(redecodings::stop_redecoding))
        .routes(routes!(clocks::clocks))
        .routes(routes!(storage::storage))
        .routes(routes!(tree::tree))
        .routes(routes!(latest::latest))
        .routes(routes!(messages::messages))
        .routes(routes!(messages::message))
        .routes(routes!(samples::samples))
        .routes(routes!(publish::publish))
        .routes(routes!(
            retained::retained,
            retained::retain,
            retained::clear_retained
        ))
        .routes(routes!(retained::restore_retained))
        .routes(routes!(clients::clients))
        .routes(routes!(clients::client, clients::disconnect_client))
        .routes(routes!(dead_letters::dead_letters))
        .routes(routes!(ledger::ledger))
        .routes(routes!(me::me))
        .routes(routes!(me::sign_in))
        .routes(routes!(me::sign_out))
        .routes(routes!(me::first_run))
        .routes(routes!(me::ticket))
        .routes(routes!(accounts::accounts, accounts::add_account))
        .routes(routes!(
            accounts::account,
            accounts::change_account,
            accounts::remove_account
        ))
        .routes(routes!(accounts::set_password))
        .routes(routes!(accounts::issue_token))
        .routes(routes!(accounts::revoke_token))
        .routes(routes!(audit::audit))
        .merge(by_post())
        .layer(layers::compression());
    OpenApiRouter::new()
        .routes(routes!(payload::payload))
        .routes(routes!(thumbnail::thumbnail))
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

/// The questions that may be longer than an address, whose parameters may also come in a body.
fn by_post() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .route("/topics", post(topics::topics))
        .route("/tree", post(tree::tree))
        .route("/latest", post(latest::latest))
        .route("/messages", post(messages::messages))
        .route("/samples", post(samples::samples))
        .route("/dead-letters", post(dead_letters::dead_letters))
        .route_layer(from_fn(question::read))
}
