//! What this server is.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::dashboard::Dashboard;
use super::messages::MESSAGES_MAX;
use super::problem::Problems;
use super::samples::POINTS_MAX;
use super::state::About;
use crate::auth::Auth;
use crate::config::Config;
use crate::live::{HZ_MAX, Live, SUBS_MAX};
use crate::message::Timestamp;
use crate::store::Store;
use crate::view::INLINE_BYTES;

/// What this server is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Info {
    /// `unspool`
    name: &'static str,
    /// Its version.
    version: &'static str,
    /// Names the journal: `seq` compares only within an epoch.
    epoch: String,
    /// Whether there is no account, so that everybody may do everything.
    open: bool,
    /// When it started.
    started_at: Timestamp,
    /// Which dashboard it carries: `full`, or `fallback` where the full one was not built.
    dashboard: &'static str,
    /// Where MQTT is spoken.
    mqtt: MqttView,
    /// The database that it mirrors into.
    database: DatabaseView,
    /// How much it takes and gives at a time.
    limits: Limits,
}

/// Where MQTT is spoken.
#[derive(Debug, Serialize, ToSchema)]
struct MqttView {
    /// TCP.
    tcp: String,
    /// TLS, where it is on.
    tls: Option<String>,
    /// WebSocket, a path on the HTTP port.
    websocket: &'static str,
}

/// The database.
#[derive(Debug, Serialize, ToSchema)]
struct DatabaseView {
    /// `embedded` or `external`.
    kind: &'static str,
    /// PostgreSQL's version; null while it can't be reached.
    version: Option<String>,
    /// TimescaleDB's version, where it is there.
    timescaledb: Option<String>,
    /// What is used of it and what is done without, in words; absent where it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    timescaledb_use: Option<String>,
}

/// How much the server takes and gives at a time.
#[derive(Debug, Serialize, ToSchema)]
struct Limits {
    /// The largest MQTT packet, and payload to publish.
    packet_bytes: u32,
    /// The largest page of messages.
    messages_page: usize,
    /// The most points of a plot.
    points: usize,
    /// Payloads over this are shown by reference.
    inline_bytes: usize,
    /// Subscriptions of one live connection.
    subs: usize,
    /// Frames a second of one conflated subscription.
    hz: f64,
}

/// What this server is
///
/// Version, addresses, capabilities, limits.
#[utoipa::path(get, path = "/info", tag = "server",
    responses((status = OK, body = Info), Problems))]
pub(super) async fn info(
    State(about): State<Arc<About>>,
    State(config): State<Arc<Config>>,
    State(store): State<Store>,
    State(live): State<Live>,
    State(auth): State<Auth>,
    _: Asker,
) -> Json<Info> {
    let database = super::status::database(&store).await;
    Json(Info {
        name: "unspool",
        version: env!("CARGO_PKG_VERSION"),
        epoch: live.epoch().to_string(),
        open: auth.is_open(),
        started_at: about.started_at,
        dashboard: Dashboard::CARRIED.name(),
        mqtt: MqttView {
            tcp: about.mqtt.tcp.to_string(),
            tls: about.mqtt.tls.map(|tls| tls.to_string()),
            websocket: "/mqtt",
        },
        database: DatabaseView {
            kind: if about.database_embedded {
                "embedded"
            } else {
                "external"
            },
            version: database.as_ref().map(|database| database.version.clone()),
            timescaledb: database.and_then(|database| database.timescaledb),
            timescaledb_use: store.timescale_told(),
        },
        limits: Limits {
            packet_bytes: config.packet_bytes_max,
            messages_page: MESSAGES_MAX,
            points: POINTS_MAX,
            inline_bytes: INLINE_BYTES,
            subs: SUBS_MAX,
            hz: HZ_MAX,
        },
    })
}
