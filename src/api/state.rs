//! What the handlers work with; each takes only the part that it uses.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRef;

use crate::auth::Auth;
use crate::config::Config;
use crate::live::Live;
use crate::message::{Offset, Publish, Timestamp};
use crate::metrics::Metrics;
use crate::store::Store;
use crate::supervisor::Supervisor;

/// Everything that the router needs; `server` puts it together.
#[derive(Clone)]
pub struct AppState {
    /// Who may do what.
    pub auth: Auth,
    /// History and last values.
    pub store: Store,
    pub live: Live,
    /// The entrance for messages.
    pub publisher: Arc<dyn Publish>,
    /// The options in force.
    pub config: Arc<Config>,
    pub metrics: Arc<Metrics>,
    /// Tells when the server is stopping.
    pub supervisor: Supervisor,
    /// What the server says of itself.
    pub about: Arc<About>,
    /// What the journal has counted.
    pub counts: Arc<dyn Counts>,
}

/// What the server says of itself.
#[derive(Debug, Clone)]
pub struct About {
    pub started_at: Timestamp,
    /// Where MQTT is listened for, ports as they are bound.
    pub mqtt: MqttAddresses,
    /// Whether the database is the server's own.
    pub database_embedded: bool,
}

/// Where MQTT is listened for.
#[derive(Debug, Clone, Copy)]
pub struct MqttAddresses {
    pub tcp: SocketAddr,
    pub tls: Option<SocketAddr>,
}

/// What the journal has counted since it was created, across restarts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Messages that were given a place in its order.
    pub taken: u64,
    /// Messages that are durable, and so acknowledged or about to be.
    pub durable: u64,
    /// Records that have their places and are not durable yet.
    pub unsynced: u64,
    /// The offset up to which records are durable.
    pub durable_to: Offset,
}

/// Asks the journal what it has counted.
pub trait Counts: Send + Sync {
    /// What it has counted, all at one moment.
    fn counted(&self) -> Counted;
}

impl<F: Fn() -> Counted + Send + Sync> Counts for F {
    fn counted(&self) -> Counted {
        self()
    }
}

/// Lets a handler take one field of the state.
macro_rules! parts {
    ($($field:ident: $type:ty,)+) => {
        $(impl FromRef<AppState> for $type {
            fn from_ref(state: &AppState) -> Self {
                state.$field.clone()
            }
        })+
    };
}

parts! {
    store: Store,
    live: Live,
    publisher: Arc<dyn Publish>,
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    supervisor: Supervisor,
    about: Arc<About>,
    counts: Arc<dyn Counts>,
}
