//! The sockets, bound before anything else is started: a port in use is told at once.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::metrics::Metrics;
use crate::mqtt::Listener;
use crate::tls::{Tls, TlsFiles};

/// How long an address that is taken is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(20);

/// What is listened on.
pub(super) struct Listeners {
    pub(super) mqtt: Listener,
    pub(super) mqtts: Option<Listener>,
    pub(super) http: Option<TcpListener>,
    pub(super) https: Option<TcpListener>,
}

/// The addresses as they are bound: a port 0 has become a free one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Addresses {
    pub(super) mqtt: SocketAddr,
    pub(super) mqtts: Option<SocketAddr>,
    pub(super) http: Option<SocketAddr>,
    pub(super) https: Option<SocketAddr>,
}

impl Listeners {
    /// Binds all of them; `tls` is there where one of them needs it.
    pub(super) async fn bind(config: &Config, tls: Option<&Tls>) -> anyhow::Result<Self> {
        let tcp = config.mqtt_listen;
        let mqtts = match config.mqtts_listen {
            Some(address) => {
                let bind = async || Listener::bind(address, tls.cloned());
                Some(patiently("mqtts_listen", address, bind).await?)
            }
            None => None,
        };
        let bind_http = async |name: &str, address: Option<SocketAddr>| {
            let Some(address) = address else {
                return Ok(None);
            };
            let bind = || TcpListener::bind(address);
            anyhow::Ok(Some(patiently(name, address, bind).await?))
        };
        Ok(Self {
            mqtt: patiently("mqtt_listen", tcp, async || Listener::bind(tcp, None)).await?,
            mqtts,
            http: bind_http("http_listen", config.http_listen.0).await?,
            https: bind_http("https_listen", config.https_listen).await?,
        })
    }

    /// The addresses as they are bound.
    pub(super) fn addresses(&self) -> std::io::Result<Addresses> {
        let bound = |listener: &Option<TcpListener>| {
            let listener = listener.as_ref();
            listener.map(TcpListener::local_addr).transpose()
        };
        Ok(Addresses {
            mqtt: self.mqtt.address()?,
            mqtts: self.mqtts.as_ref().map(Listener::address).transpose()?,
            http: bound(&self.http)?,
            https: bound(&self.https)?,
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

/// What secures connections, where there are certificates.
pub(super) fn secure(config: &Config, metrics: &Arc<Metrics>) -> anyhow::Result<Option<Tls>> {
    let files = TlsFiles::configured(config);
    let tls = files.map(|files| Tls::open(files, Arc::clone(metrics)));
    tls.transpose().context("TLS")
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
