//! What the tests of conformance run against.

use std::net::SocketAddr;

use crate::support::server::Server;
use crate::support::settings::Settings;

/// A server of the test's own, or the broker that `UNSPOOL_TEST_BROKER` names.
pub(super) struct Broker {
    pub(super) mqtt: SocketAddr,
    /// Where MQTT over WebSocket is, if known.
    pub(super) http: Option<SocketAddr>,
    _server: Option<Server>,
}

impl Broker {
    pub(super) fn start() -> Self {
        let Ok(other) = std::env::var("UNSPOOL_TEST_BROKER") else {
            let server = Settings::default().without_database().start();
            return Self {
                mqtt: server.mqtt,
                http: Some(server.http),
                _server: Some(server),
            };
        };
        let mut addresses = other.split(',').map(|address| address.parse().unwrap());
        Self {
            mqtt: addresses.next().unwrap(),
            http: addresses.next(),
            _server: None,
        }
    }
}
