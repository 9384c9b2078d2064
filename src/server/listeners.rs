//! The sockets, bound before anything else is started: a port in use is told at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use rustls::ServerConfig;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::mqtt::Listener;

/// How long an address that is taken is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

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
        let (tcp, http) = (config.mqtt_listen, config.http_listen);
        let mqtts = match config.mqtts_listen {
            Some(address) => {
                let tls = certificates(config)?;
                let bind = async || Listener::bind(address, tls.clone());
                Some(patiently("mqtts_listen", address, bind).await?)
            }
            None => None,
        };
        Ok(Self {
            mqtt: patiently("mqtt_listen", tcp, async || Listener::bind(tcp, None)).await?,
            mqtts,
            http: patiently("http_listen", http, || TcpListener::bind(http)).await?,
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

/// Tries again while the address is taken, but not for long: a server that was killed while it
/// started PostgreSQL leaves its sockets to a child that is about to close them.
async fn patiently<T, F: Future<Output = io::Result<T>>>(
    name: &str,
    address: SocketAddr,
    bind: impl Fn() -> F,
) -> anyhow::Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        match bind().await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && Instant::now() < until => {
                tokio::time::sleep(PAUSE).await;
            }
            bound => return bound.with_context(|| format!("{name}: listen on {address}")),
        }
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

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[tokio::test]
    async fn an_address_that_becomes_free_in_time_is_taken() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let (taken, tries) = (RefCell::new(Some(taken)), Cell::new(0));
        let bound = patiently("http_listen", address, || {
            if tries.replace(tries.get() + 1) == 1 {
                taken.take();
            }
            TcpListener::bind(address)
        });
        assert_eq!(bound.await.unwrap().local_addr().unwrap(), address);
    }

    #[tokio::test]
    async fn an_address_that_stays_taken_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = taken.local_addr().unwrap();
        let error = patiently("http_listen", address, || TcpListener::bind(address)).await;
        let told = format!("{:#}", error.unwrap_err());
        assert!(
            told.contains("http_listen") && told.contains(&address.to_string()),
            "{told}"
        );
    }
}
