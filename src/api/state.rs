//! What the handlers work with; each takes only the part that it uses.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::FromRef;

use super::publish::PublishedBefore;
use super::readers::Readers;
use crate::auth::Auth;
use crate::config::Config;
use crate::live::Live;
use crate::message::Timestamp;
use crate::metrics::Metrics;
use crate::port::{Oversee, Publish, Retain, Tally};
use crate::rules::RulesInForce;
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
    /// What is said of the messages on topics.
    pub rules: RulesInForce,
    /// Threads that answer questions.
    pub readers: Readers,
    /// The entrance for messages.
    pub publisher: Arc<dyn Publish>,
    /// What it retains.
    pub retained: Arc<dyn Retain>,
    /// Who is connected to it.
    pub clients: Arc<dyn Oversee>,
    /// What was published with a key.
    pub published: Arc<PublishedBefore>,
    /// The options in force.
    pub config: Arc<Config>,
    pub metrics: Arc<Metrics>,
    /// Tells when the server is stopping.
    pub supervisor: Supervisor,
    /// What the server says of itself.
    pub about: Arc<About>,
    /// What the journal has counted.
    pub counts: Arc<dyn Tally>,
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
    auth: Auth,
    store: Store,
    live: Live,
    rules: RulesInForce,
    readers: Readers,
    publisher: Arc<dyn Publish>,
    retained: Arc<dyn Retain>,
    clients: Arc<dyn Oversee>,
    published: Arc<PublishedBefore>,
    config: Arc<Config>,
    metrics: Arc<Metrics>,
    supervisor: Supervisor,
    about: Arc<About>,
    counts: Arc<dyn Tally>,
}
