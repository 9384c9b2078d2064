//! TCP listeners, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};

use crate::supervisor::Supervisor;
use crate::tls::Tls;

use super::broker::Broker;
use super::connection::connect::{self, Peer};

/// How many connections may wait to be accepted, as far as the system allows: whoever finds no place
/// tries again after a second, and so does everybody who comes new.
const WAITING_MAX: u32 = 4096;

/// How many clients that are too many are told so at a time: each may keep a file descriptor.
const TURNED_AWAY_MAX: usize = 64;

/// Which share of the connections has to be free again before it is said that clients are let in.
const SPARE_SHARE: usize = 10;

/// A port that MQTT clients connect to.
pub struct Listener {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Tls>,
}

impl Listener {
    /// Listens at `address`; port 0 takes a free one.
    pub fn bind(address: SocketAddr, tls: Option<Tls>) -> io::Result<Self> {
        let socket = if address.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        // As the system's own listeners do it: the port is ours again at once after a restart.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self {
            listener: socket.listen(WAITING_MAX)?,
            tls,
        })
    }

    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts connections, each served by a task of its own, until told to stop. There are never
    /// more than the configuration allows, nor more in a second; who comes too many is told so, as
    /// far as that costs nothing worth having.
    pub async fn serve(self, broker: Arc<Broker>, supervisor: Supervisor) -> io::Result<()> {
        let mut pace = Pace::new(broker.config().connect_rate_max);
        let turned_away = Arc::new(Semaphore::new(TURNED_AWAY_MAX));
        let (mut is_failing, mut is_full) = (false, false);
        loop {
            let accepted = tokio::select! {
                () = supervisor.stopping() => return Ok(()),
                accepted = self.accept(&mut pace) => accepted,
            };
            let (stream, peer) = match accepted {
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
            let Ok(permit) = broker.permits().try_acquire_owned() else {
                if !std::mem::replace(&mut is_full, true) {
                    let connections_max = broker.config().connections_max;
                    tracing::warn!(connections_max, "as many clients are connected as may be");
                }
                self.turn_away(&broker, &supervisor, &turned_away, stream);
                continue;
            };
            // Not with each one that leaves: the next comes at once.
            let spare = broker.permits().available_permits();
            if is_full && spare * SPARE_SHARE >= broker.config().connections_max {
                is_full = false;
                tracing::info!("clients are let in again");
            }
            let (broker, stop, tls) = (Arc::clone(&broker), supervisor.clone(), self.tls.clone());
            supervisor.spawn_connection("mqtt connection", async move {
                serve(broker, stop, stream, peer, tls).await;
                drop(permit);
            });
        }
    }

    async fn accept(&self, pace: &mut Pace) -> io::Result<(TcpStream, SocketAddr)> {
        pace.wait().await;
        self.listener.accept().await
    }

    /// Tells a client that it is one too many. A few are told in its own version of MQTT; with TLS,
    /// or if there are many of them, the connection is just closed.
    fn turn_away(
        &self,
        broker: &Arc<Broker>,
        supervisor: &Supervisor,
        turned_away: &Arc<Semaphore>,
        stream: TcpStream,
    ) {
        let permit = Arc::clone(turned_away).try_acquire_owned();
        let Some(permit) = permit.ok().filter(|_| self.tls.is_none()) else {
            broker.metrics().mqtt_refused.inc();
            return;
        };
        let broker = Arc::clone(broker);
        supervisor.spawn_connection("mqtt client turned away", async move {
            let (reader, writer) = stream.into_split();
            connect::turn_away(&broker, reader, writer).await;
            drop(permit);
        });
    }
}

async fn serve(
    broker: Arc<Broker>,
    supervisor: Supervisor,
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<Tls>,
) {
    // Acknowledgements are small and must not wait for more. Where the system does not let us,
    // the connection is slower, and works.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let (reader, writer) = stream.into_split();
        let peer = Peer::new((peer, "tcp"), None, None);
        Box::pin(connect::serve(broker, supervisor, reader, writer, peer)).await;
        return;
    };
    let handshake = tokio::select! {
        handshake = tls.accept(stream) => handshake,
        () = supervisor.stopping() => return,
    };
    match handshake {
        Ok(stream) => {
            let peer = Peer::new((peer, "tls"), Some(stream.secured()), stream.revocation());
            let (reader, writer) = tokio::io::split(stream);
            Box::pin(connect::serve(broker, supervisor, reader, writer, peer)).await;
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => {
            broker.metrics().mqtt_timeouts.inc();
            tracing::debug!(%peer, "the TLS handshake took too long");
        }
        Err(error) => {
            broker.metrics().mqtt_refused.inc();
            tracing::debug!(%peer, %error, "the TLS handshake failed");
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
