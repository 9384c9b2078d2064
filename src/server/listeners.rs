//! The sockets, bound before anything else is started: a port in use is told at once.

use std::net::SocketAddr;

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::Config;

/// What is listened on.
#[derive(Debug)]
pub(super) struct Listeners {
    pub(super) mqtt: TcpListener,
    pub(super) mqtts: Option<TcpListener>,
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
        Ok(Self {
            mqtt: bind("mqtt_listen", config.mqtt_listen).await?,
            mqtts: match config.mqtts_listen {
                Some(address) => Some(bind("mqtts_listen", address).await?),
                None => None,
            },
            http: bind("http_listen", config.http_listen).await?,
        })
    }

    /// The addresses as they are bound.
    pub(super) fn addresses(&self) -> std::io::Result<Addresses> {
        Ok(Addresses {
            mqtt: self.mqtt.local_addr()?,
            mqtts: self
                .mqtts
                .as_ref()
                .map(TcpListener::local_addr)
                .transpose()?,
            http: self.http.local_addr()?,
        })
    }
}

async fn bind(option: &str, address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{option}: listen on {address}"))
}
