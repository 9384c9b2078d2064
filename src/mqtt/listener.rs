//! TCP listeners, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;

use crate::supervisor::Supervisor;

use super::broker::Broker;
use super::connection::connect;

/// How long a TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A port that MQTT clients connect to.
pub struct Listener {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Listener {
    /// Listens at `address`; port 0 takes a free one.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<ServerConfig>>) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            tls: tls.map(TlsAcceptor::from),
        })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts connections, each served by a task of its own, until told to stop. There are never
    /// more than the configuration allows, nor more in a second.
    pub async fn serve(self, broker: Arc<Broker>, supervisor: Supervisor) -> io::Result<()> {
        let mut pace = Pace::new(broker.config().connect_rate_max);
        let mut is_failing = false;
        loop {
            let accepted = tokio::select! {
                () = supervisor.stopping() => return Ok(()),
                accepted = self.accept(&broker, &mut pace) => accepted,
            };
            let (stream, peer, permit) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::warn!(%error, "no connection can be accepted: clients have to wait");
                    }
                    // Out of file descriptors, one has to become free: trying on at once would
                    // only take the processor away from those who could give one back.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            if std::mem::take(&mut is_failing) {
                tracing::info!("connections are accepted again");
            }
            let (broker, stop, tls) = (Arc::clone(&broker), supervisor.clone(), self.tls.clone());
            supervisor.spawn_connection("mqtt connection", async move {
                serve(broker, stop, stream, peer, tls).await;
                drop(permit);
            });
        }
    }

    async fn accept(
        &self,
        broker: &Broker,
        pace: &mut Pace,
    ) -> io::Result<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
        let permits = broker.permits();
        let permit = permits.acquire_owned().await.map_err(io::Error::other)?;
        pace.wait().await;
        let (stream, peer) = self.listener.accept().await?;
        Ok((stream, peer, permit))
    }
}

async fn serve(
    broker: Arc<Broker>,
    supervisor: Supervisor,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) {
    // Acknowledgements are small and must not wait for more. Where the system does not let us,
    // the connection is slower, and works.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let (reader, writer) = stream.into_split();
        Box::pin(connect::serve(broker, supervisor, reader, writer, peer)).await;
        return;
    };
    let handshake = tokio::select! {
        handshake = Box::pin(timeout(HANDSHAKE_TIMEOUT, tls.accept(stream))) => handshake,
        () = supervisor.stopping() => return,
    };
    match handshake {
        Ok(Ok(stream)) => {
            let (reader, writer) = tokio::io::split(stream);
            Box::pin(connect::serve(broker, supervisor, reader, writer, peer)).await;
        }
        Ok(Err(error)) => {
            broker.metrics().mqtt_refused.inc();
            tracing::debug!(%peer, %error, "the TLS handshake failed");
        }
        Err(_) => {
            broker.metrics().mqtt_timeouts.inc();
            tracing::debug!(%peer, "the TLS handshake took too long");
        }
    }
}

/// Lets so many connections in per second, and a tenth of a second's worth at once.
struct Pace {
    every: Duration,
    burst: Duration,
    next: Instant,
}

impl Pace {
    fn new(per_second: u32) -> Self {
        Self {
            every: Duration::from_secs(1) / per_second.max(1),
            burst: Duration::from_millis(100),
            next: Instant::now(),
        }
    }

    async fn wait(&mut self) {
        let now = Instant::now();
        if self.next > now + self.burst {
            sleep_until(self.next - self.burst).await;
        }
        self.next = self.next.max(now) + self.every;
    }
}
