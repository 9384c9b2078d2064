//! How the server is doing.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use prometheus_client::metrics::gauge::Gauge;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::health::is_ready;
use super::ledger::Ledger;
use super::problem::{Problem, Problems};
use crate::live::Live;
use crate::message::{Offset, Timestamp};
use crate::readers::Effort;
use crate::store::{DatabaseInfo, Store};

/// How the server is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Status {
    /// The server's clock.
    now: Timestamp,
    /// Seconds since it started.
    uptime_s: i64,
    /// Whether it takes messages.
    ready: bool,
    /// Topics known, of those that may be read.
    topics: i64,
    /// Series of these.
    series: i64,
    /// What the whole server comes to; only for whoever may read everything.
    #[serde(flatten)]
    totals: Totals,
}

/// What the whole server comes to; nothing for whoever may not read everything.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Totals {
    /// What came in and where it went.
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Messages>,
    /// The journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    journal: Option<JournalView>,
    /// The way into the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror: Option<MirrorView>,
    /// MQTT clients that are connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    clients: Option<i64>,
    /// MQTT sessions, connected or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    sessions: Option<i64>,
    /// Subscriptions of all sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    subscriptions: Option<i64>,
    /// Topics with a retained message.
    #[serde(skip_serializing_if = "Option::is_none")]
    retained: Option<i64>,
    /// Size of the database; null while it can't be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<u64>)]
    #[allow(clippy::option_option)] // null is not the same as absent
    database_bytes: Option<Option<u64>>,
}

/// What came in and where it went.
#[derive(Debug, Serialize, ToSchema)]
struct Messages {
    /// Since the journal was created.
    #[serde(flatten)]
    ledger: Ledger,
    /// Messages a second that came in.
    in_rate: f64,
    /// Messages a second that went out to MQTT subscribers.
    out_rate: f64,
}

/// The journal.
#[derive(Debug, Serialize, ToSchema)]
struct JournalView {
    /// The last record.
    head: u64,
    /// The last record that is durable.
    durable: u64,
    /// Its size on disk.
    bytes: i64,
    /// How large it may grow.
    bytes_max: u64,
    /// Whether it takes no more for now.
    full: bool,
}

/// The way into the database.
#[derive(Debug, Serialize, ToSchema)]
struct MirrorView {
    /// The last record that is in the database.
    cursor: u64,
    /// Durable records that are not yet in the database.
    backlog: i64,
    /// Age of the oldest of these.
    lag_ms: i64,
    /// Whether the database takes what is written.
    up: bool,
}

/// How the server is doing
///
/// Rates, backlog, counts: whoever may not read everything gets the counts of what they may read.
#[utoipa::path(get, path = "/status", tag = "server",
    responses((status = OK, body = Status), Problems))]
pub(super) async fn status(
    State(state): State<super::state::AppState>,
    asker: Asker,
) -> Result<Json<Status>, Problem> {
    let now = Timestamp::now();
    let metrics = &state.metrics;
    let base = Status {
        now,
        uptime_s: (now.0 - state.about.started_at.0) / 1_000_000,
        ready: is_ready(&state.supervisor, metrics, &state.store),
        topics: metrics.topics.get(),
        series: metrics.series.get(),
        totals: Totals::default(),
    };
    if asker.sees_totals() {
        let totals = totals(&state).await;
        return Ok(Json(Status { totals, ..base }));
    }
    let (store, scope) = (state.store.clone(), asker.scope(None));
    let sums = state
        .readers
        .ask(Effort::Any, async move { Ok(store.sums(&scope)) });
    let (topics, series) = sums.await?;
    Ok(Json(Status {
        topics: topics.cast_signed(),
        series: series.cast_signed(),
        ..base
    }))
}

/// What the whole server comes to.
async fn totals(state: &super::state::AppState) -> Totals {
    let metrics = &state.metrics;
    let database = database(&state.store).await;
    let rates = state.live.rates();
    let mirrored = *state.store.cursor().borrow();
    Totals {
        messages: Some(Messages {
            ledger: Ledger::new(state),
            in_rate: rates.received,
            out_rate: rates.sent,
        }),
        journal: Some(JournalView {
            head: last(&state.live, &metrics.journal_head),
            durable: last(&state.live, &metrics.journal_durable),
            bytes: metrics.journal_bytes.get(),
            bytes_max: state.config.journal_bytes_max,
            full: metrics.journal_full.get() != 0,
        }),
        mirror: Some(MirrorView {
            cursor: state.live.cursor(mirrored).last_seen().0,
            backlog: metrics.mirror_backlog.get(),
            lag_ms: metrics.mirror_lag_ms.get(),
            up: metrics.mirror_up.get() != 0,
        }),
        clients: Some(metrics.mqtt_connections.get()),
        sessions: Some(metrics.mqtt_sessions.get()),
        subscriptions: Some(metrics.mqtt_subscriptions.get()),
        retained: Some(metrics.mqtt_retained.get()),
        database_bytes: Some(database.map(|database| database.size_bytes)),
    }
}

/// The last record below where a gauge stands.
fn last(live: &Live, next: &Gauge) -> u64 {
    let next = Offset(u64::try_from(next.get()).unwrap_or_default());
    live.cursor(next).last_seen().0
}

/// What the database says of itself, unless it takes too long.
pub(super) async fn database(store: &Store) -> Option<DatabaseInfo> {
    let health = tokio::time::timeout(Duration::from_secs(1), store.health());
    health.await.ok()?.ok()
}
