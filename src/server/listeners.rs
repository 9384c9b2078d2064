//! The sockets, bound before anything else is started: a port in use is told at once.

use std::net::SocketAddr;

use std::sync::Arc;

use anyhow::Context;
use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::mqtt::Listener;

/// What is listened on.
pub(super) struct Listeners {
    pub(super) mqtt: Listener,
    pub(super) mqtts: Option<Listener>,
    pub(super) http: TcpListener,
}

/// The addresses as they are bound: a port 0 has become a free one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) mqtt: SocketAddr,
    pub(super) mqtts: Option<SocketAddr>,
    pub(super) http: SocketAddr,
}

impl Listeners {
    /// Binds all of them.
    pub(super) async fn bind(config: &Config) -> anyhow::Result<Self> {
        let (tcp, tls) = (config.mqtt_listen, config.mqtts_listen);
        Ok(Self {
            mqtt: Listener::bind(tcp, None)
                .await
                .with_context(|| format!("mqtt_listen: listen on {tcp}"))?,
            mqtts: match tls {
                Some(address) => Some(
                    Listener::bind(address, certificates(config)?)
                        .await
                        .with_context(|| format!("mqtts_listen: listen on {address}"))?,
                ),
                None => None,
            },
            http: TcpListener::bind(config.http_listen)
                .await
                .with_context(|| format!("http_listen: listen on {}", config.http_listen))?,
        })
    }

    /// The addresses as they are bound.
    pub(super) fn addresses(&self) -> std::io::Result<Addresses> {
        Ok(Addresses {
            mqtt: self.mqtt.address()?,
            mqtts: self.mqtts.as_ref().map(Listener::address).transpose()?,
            http: self.http.local_addr()?,
        })
    }
}

/// The TLS side of the configuration, where there is one.
pub(super) fn certificates(config: &Config) -> anyhow::Result<Option<Arc<ServerConfig>>> {
    let (Some(certificate), Some(key)) = (&config.tls_cert, &config.tls_key) else {
        return Ok(None);
    };
    let authority = config.tls_client_ca.as_deref();
    let tls = crate::mqtt::server_config(certificate, key, authority).context("TLS")?;
    Ok(Some(tls))
}
