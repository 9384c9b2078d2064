//! The clients of the broker, as those see them who look after them.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::message::{Qos, Timestamp, Topic, TopicFilter};

/// Oversees the clients. The broker's.
pub trait Oversee: Send + Sync {
    /// The clients beyond `after` by their identifiers: those that contain `q`, whatever its case, and
    /// of these only the ones that are connected, or are not, where that is said. At most `limit`.
    fn clients(&self, wish: &ClientsWish) -> Vec<ClientFacts>;

    /// One client, with what it has subscribed to and what has become of its connections.
    fn client(&self, client: &str) -> Option<ClientDetails>;

    /// Ends the connection of a client, and its session too where that is wanted; `None` where there
    /// is no such client, and `false` where there was nothing to end.
    fn disconnect(&self, client: &str, ends_session: bool) -> Option<bool>;
}

/// Which clients are asked for.
#[derive(Debug, Clone, Default)]
pub struct ClientsWish {
    pub q: Option<String>,
    pub is_connected: Option<bool>,
    pub after: Option<String>,
    pub limit: usize,
}

/// What is known of a client.
#[derive(Debug, Clone)]
pub struct ClientFacts {
    pub client: Arc<str>,
    /// The name of the account that its session belongs to.
    pub account: Arc<str>,
    /// The connection, where there is one.
    pub link: Option<LinkFacts>,
    /// Since when nobody is connected.
    pub disconnected_at: Option<Timestamp>,
    /// How long the session outlives its connection, in seconds; `u32::MAX` where for ever.
    pub expiry_s: u32,
    pub subscriptions: usize,
    /// Messages that wait for the client.
    pub queued: usize,
    /// Messages of QoS 1 and 2 that it has not acknowledged.
    pub in_flight: usize,
    /// What is held of all that in memory, in bytes.
    pub queued_bytes: usize,
    /// Messages from it, since the session began or the server started.
    pub received: Flow,
    /// Messages to it.
    pub sent: Flow,
    /// Where its Will is to be published.
    pub will: Option<Topic>,
}

/// A connection.
#[derive(Debug, Clone)]
pub struct LinkFacts {
    pub since: Timestamp,
    pub address: SocketAddr,
    /// By what it came: `tcp`, `tls`, `websocket`.
    pub transport: &'static str,
    /// The version of MQTT: `3.1`, `3.1.1`, `5.0`.
    pub version: &'static str,
    /// Without it, silence is no reason to end the connection.
    pub keep_alive_s: Option<u16>,
}

/// How many messages went one way.
#[derive(Debug, Clone, Copy, Default)]
pub struct Flow {
    pub messages: u64,
    /// Of their payloads.
    pub bytes: u64,
    /// Messages a second, over about the last ten seconds.
    pub rate: f64,
}

/// A client in detail.
#[derive(Debug, Clone)]
pub struct ClientDetails {
    pub facts: ClientFacts,
    /// By filter.
    pub subscriptions: Vec<SubscriptionFacts>,
    /// The last ones, the newest first.
    pub timeline: Vec<ClientEvent>,
}

/// What a client has subscribed to.
#[derive(Debug, Clone)]
pub struct SubscriptionFacts {
    pub filter: TopicFilter,
    /// The name of the share, where it is shared.
    pub share: Option<Arc<str>>,
    pub qos: Qos,
    pub no_local: bool,
    pub retain_as_published: bool,
    pub id: Option<u32>,
}

/// What became of a client's connections.
#[derive(Debug, Clone)]
pub struct ClientEvent {
    pub at: Timestamp,
    /// From where it connected, or nowhere where its connection ended.
    pub address: Option<SocketAddr>,
    /// For a person to read.
    pub what: &'static str,
}
