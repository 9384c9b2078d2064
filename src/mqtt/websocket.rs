//! MQTT over WebSocket on the HTTP port (MQTT 5.0 section 6): at `/mqtt`, and wherever else clients
//! of other brokers look for it.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::supervisor::Supervisor;
use crate::tls::{Revocation, Secured};

use super::broker::Broker;
use super::connection::connect::{self, Peer};

/// The WebSocket subprotocols: that of the standard [MQTT-6.0.0-3], and that of 3.1.
const SUBPROTOCOLS: [&str; 2] = ["mqtt", "mqttv3.1"];

/// Where a WebSocket is taken, beside `/`.
const PATHS: [&str; 3] = ["/mqtt", "/mqtt/", "/ws"];

/// How much is put into one frame.
const FRAME_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone)]
struct Endpoint {
    broker: Arc<Broker>,
    supervisor: Supervisor,
    full: fn() -> Response,
}

/// `app` with MQTT over WebSocket beside it, whose connections are tasks of `supervisor`. Whoever
/// comes when there are as many clients as there may be gets the answer `full`.
pub fn beside(
    app: Router,
    broker: Arc<Broker>,
    supervisor: Supervisor,
    full: fn() -> Response,
) -> Router {
    let endpoint = Endpoint {
        broker,
        supervisor,
        full,
    };
    let mqtt = PATHS
        .iter()
        .fold(Router::new(), |router, path| {
            router.route(path, any(upgrade))
        })
        .with_state(endpoint.clone());
    app.layer(from_fn_with_state(endpoint, at_root)).merge(mqtt)
}

/// At `/` too, if a WebSocket for MQTT is asked for: whoever else comes there wants what `app` has.
async fn at_root(State(endpoint): State<Endpoint>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/" || !offers_mqtt(&request) {
        return next.run(request).await;
    }
    upgrade.call(request, endpoint).await
}

fn offers_mqtt(request: &Request) -> bool {
    let offered = request.headers().get_all("sec-websocket-protocol");
    let mut names = offered
        .iter()
        .filter_map(|names| names.to_str().ok())
        .flat_map(|names| names.split(','));
    names.any(|name| SUBPROTOCOLS.contains(&name.trim()))
}

async fn upgrade(
    State(endpoint): State<Endpoint>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    secured: Option<axum::Extension<Secured>>,
    revocation: Option<axum::Extension<Revocation>>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Endpoint {
        broker,
        supervisor,
        full,
    } = endpoint;
    let Ok(permit) = broker.permits().try_acquire_owned() else {
        broker.metrics().mqtt_refused.inc();
        return full();
    };
    let peer = peer.map_or_else(
        || SocketAddr::from(([0, 0, 0, 0], 0)),
        |axum::Extension(ConnectInfo(peer))| peer,
    );
    let secured = secured.map(|axum::Extension(secured)| secured);
    let revocation = revocation.map(|axum::Extension(revocation)| revocation);
    let peer = Peer::new((peer, "websocket"), secured.as_ref(), revocation);
    // Packets may span frames, so a frame needs no more room than a packet [MQTT-6.0.0-2].
    let bytes_max = broker.config().packet_bytes_max as usize + 16;
    upgrade
        .protocols(SUBPROTOCOLS)
        .max_message_size(bytes_max)
        .max_frame_size(bytes_max)
        .on_upgrade(move |socket| async move {
            let stop = supervisor.clone();
            supervisor.spawn_connection("mqtt websocket", async move {
                let (reader, writer) = tokio::io::split(Frames::new(socket));
                Box::pin(connect::serve(broker, stop, reader, writer, peer)).await;
                drop(permit);
            });
        })
}

/// A WebSocket as a stream of bytes, in binary frames [MQTT-6.0.0-1].
struct Frames {
    socket: WebSocket,
    rest: Bytes,
}

impl Frames {
    fn new(socket: WebSocket) -> Self {
        Self {
            socket,
            rest: Bytes::new(),
        }
    }
}

impl AsyncRead for Frames {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() {
            match ready!(Pin::new(&mut self.socket).poll_next(cx)) {
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                Some(Ok(Message::Text(_))) => {
                    return Poll::Ready(Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "a text frame [MQTT-6.0.0-1]",
                    )));
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_))) | None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
            }
        }
        let bytes = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest[..bytes]);
        self.rest.advance(bytes);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Frames {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(io::Error::other)?;
        let bytes = &bytes[..bytes.len().min(FRAME_BYTES_MAX)];
        let frame = Message::Binary(Bytes::copy_from_slice(bytes));
        Pin::new(&mut self.socket)
            .start_send(frame)
            .map_err(io::Error::other)?;
        // What can be sent at once is; the rest goes with the next write or flush.
        if let Poll::Ready(Err(error)) = Pin::new(&mut self.socket).poll_flush(cx) {
            return Poll::Ready(Err(io::Error::other(error)));
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket)
            .poll_flush(cx)
            .map_err(io::Error::other)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket)
            .poll_close(cx)
            .map_err(io::Error::other)
    }
}
