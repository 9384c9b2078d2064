//! HTTP connections: never more than are allowed, and none that holds its place without a use.
//!
//! A client that does not say what it wants, or that takes nothing of its answer, is closed after a
//! time. Where all places are taken, the client for whom the server has waited longest makes room for
//! the next one, be it silent, slow with its body or slow to read: no flood of those keeps the others
//! out. A connection whose client waits for the server is never closed for another. Upgraded
//! connections (WebSocket, MQTT) keep their place.

mod crowd;
mod socket;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, Response, Version, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::api;
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;
use crate::tls::{Revocation, Secured, Tls};
use crowd::{AtWork, Crowd, Place};
use socket::ClientSocket;

/// How large the head of a request may be; a topic may take 64 KiB of it.
const HEADER_BYTES_MAX: usize = 128 * 1024;

/// How long there is no accepting after the system could not.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client waits for a server that starts, before it is told so.
pub(super) const PATIENCE: Duration = Duration::from_secs(3);

/// What clients may do.
#[derive(Debug, Clone, Copy)]
pub(super) struct HttpLimits {
    /// How many connections there are at once.
    pub(super) connections_max: usize,
    /// How long a client may take to say what it wants, and how long a connection may be idle
    /// between two requests.
    pub(super) header_timeout: Duration,
    /// How long a client may take nothing of what is there for it.
    pub(super) stall_timeout: Duration,
}

impl HttpLimits {
    pub(super) fn new(connections_max: usize) -> Self {
        Self {
            connections_max,
            header_timeout: Duration::from_secs(60),
            stall_timeout: Duration::from_secs(30),
        }
    }
}

/// What answers: nobody knows, before the server is ready, what else there is.
#[derive(Clone)]
pub(super) struct Answering {
    /// Answers until there is something better to say.
    pub(super) starting: Router,
    /// Answers for everything, once it is there.
    pub(super) ready: watch::Receiver<Option<Router>>,
}

/// Serves HTTP/1.1, on one listener or several; connections are tasks of `supervisor`.
#[derive(Clone)]
pub(super) struct HttpServer {
    crowd: Arc<Crowd>,
    limits: HttpLimits,
    answering: Answering,
    supervisor: Supervisor,
}

impl HttpServer {
    pub(super) fn new(
        limits: HttpLimits,
        answering: Answering,
        metrics: Arc<Metrics>,
        supervisor: Supervisor,
    ) -> Self {
        Self {
            crowd: Arc::new(Crowd::new(limits.connections_max, metrics)),
            limits,
            answering,
            supervisor,
        }
    }

    /// Serves what comes to `listener`, secured where there is `tls`, until told to stop.
    pub(super) async fn serve(self, listener: TcpListener, tls: Option<Tls>) -> io::Result<()> {
        let mut is_failing = false;
        loop {
            let accepted = tokio::select! {
                () = self.supervisor.stopping() => return Ok(()),
                accepted = listener.accept() => accepted,
            };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::warn!(%error, "no HTTP connection can be accepted: clients have to wait");
                    }
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            if std::mem::take(&mut is_failing) {
                tracing::info!("HTTP connections are accepted again");
            }
            let Some(place) = self.crowd.admit().await else {
                continue;
            };
            // A WebSocket sends frames as they come: each would wait for the client's delayed
            // acknowledgement of the one before. Where the system does not let us, it is slower.
            let _slower = stream.set_nodelay(true);
            let (server, tls) = (self.clone(), tls.clone());
            self.supervisor
                .spawn_connection("http connection", async move {
                    server.attend(stream, peer, place, tls).await;
                });
        }
    }

    async fn attend(
        self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Arc<Place>,
        tls: Option<Tls>,
    ) {
        let Self {
            limits,
            answering,
            supervisor,
            ..
        } = self;
        let socket = ClientSocket::new(stream, Arc::clone(&place), limits.stall_timeout);
        let requests = |secured, revocation| Requests {
            peer,
            secured,
            revocation,
            place: Arc::clone(&place),
            answering,
        };
        let Some(tls) = tls else {
            return converse(
                socket,
                requests(None, None),
                limits.header_timeout,
                supervisor,
            )
            .await;
        };
        let accepted = tokio::select! {
            accepted = tls.accept(socket) => accepted,
            () = place.to_leave() => return,
            () = supervisor.stopping() => return,
        };
        match accepted {
            Ok(socket) => {
                let requests = requests(Some(socket.secured().clone()), socket.revocation());
                converse(socket, requests, limits.header_timeout, supervisor).await;
            }
            Err(error) => {
                place.count_timeout(error.kind() == io::ErrorKind::TimedOut);
                tracing::debug!(%peer, %error, "the TLS handshake of an HTTP client failed");
            }
        }
    }
}

/// Serves one connection until it ends, is upgraded, or has to make room for another.
async fn converse(
    socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    requests: Requests,
    header_timeout: Duration,
    supervisor: Supervisor,
) {
    let (peer, place) = (requests.peer, Arc::clone(&requests.place));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(HEADER_BYTES_MAX)
        .serve_connection(TokioIo::new(socket), requests)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = place.to_leave() => return,
        () = supervisor.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        place.count_timeout(error.is_timeout());
        tracing::debug!(%peer, %error, "an HTTP connection ended");
    }
}

/// The requests of one connection.
struct Requests {
    peer: SocketAddr,
    /// What TLS knows of the client, where there is TLS.
    secured: Option<Secured>,
    /// For whoever has something to say when the client's certificate is revoked.
    revocation: Option<Revocation>,
    place: Arc<Place>,
    answering: Answering,
}

impl Service<Request<Incoming>> for Requests {
    type Response = Response<Answer>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let at_work = self.place.attend();
        let mut request = request.map(|body| Arriving::new(body, Arc::clone(&self.place)));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        if let Some(secured) = &self.secured {
            request.extensions_mut().insert(secured.clone());
        }
        if let Some(revocation) = &self.revocation {
            request.extensions_mut().insert(revocation.clone());
        }
        let mut answering = self.answering.clone();
        let is_called = is_called_once(&request);
        Box::pin(async move {
            if !is_called {
                return Ok(api::no_host().map(|body| Answer {
                    body,
                    _at_work: at_work,
                }));
            }
            let router = answering.router(request.uri().path()).await;
            let response = TowerToHyperService::new(router).call(request).await?;
            let at_work = at_work.for_ever_if(is_upgrade(response.headers()));
            Ok(response.map(|body| Answer {
                body,
                _at_work: at_work,
            }))
        })
    }
}

impl Answering {
    /// Who answers for `path`. Whoever watches the server wants to know at once how it is; the
    /// others would only come back.
    async fn router(&mut self, path: &str) -> Router {
        let ready = self.ready.borrow().clone();
        if let Some(router) = ready {
            return router;
        }
        let is_probe = path.starts_with("/healthz/") || path == "/metrics";
        if !is_probe {
            let ready = self.ready.wait_for(Option::is_some);
            if let Ok(Ok(ready)) = tokio::time::timeout(PATIENCE, ready).await
                && let Some(router) = &*ready
            {
                return router.clone();
            }
        }
        self.starting.clone()
    }
}

/// Whether the request says by which name it calls the server, as HTTP/1.1 must (RFC 9112 3.2).
fn is_called_once<B>(request: &Request<B>) -> bool {
    let is_old = request.version() < Version::HTTP_11;
    let hosts = request.headers().get_all(header::HOST).iter().count();
    hosts == 1 || (is_old && hosts == 0)
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
}

/// The body of a request; once it has come, its client waits for the server.
struct Arriving {
    body: Incoming,
    place: Arc<Place>,
}

impl Arriving {
    fn new(body: Incoming, place: Arc<Place>) -> Self {
        let arriving = Self { body, place };
        arriving.tell();
        arriving
    }

    fn tell(&self) {
        if self.body.is_end_stream() {
            self.place.get_up();
        } else {
            self.place.rest();
        }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(_))) => self.tell(),
            // All of it has come, chunked, or no more of it will.
            Poll::Ready(None | Some(Err(_))) => self.place.get_up(),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The body of an answer; its connection is at work as long as it lasts.
struct Answer {
    body: Body,
    _at_work: AtWork,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
