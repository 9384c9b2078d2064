//! MQTT over WebSocket, at `/mqtt` on the HTTP port (MQTT 5.0 section 6).

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::response::Response;
use axum::routing::any;
use bytes::{Buf, Bytes};
use futures_util::{Sink, Stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::supervisor::Supervisor;

use super::broker::Broker;
use super::connection::connect;

/// The WebSocket subprotocol [MQTT-6.0.0-3].
const SUBPROTOCOL: &str = "mqtt";

/// How much is put into one frame.
const FRAME_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone)]
struct Endpoint {
    broker: Arc<Broker>,
    supervisor: Supervisor,
    full: fn() -> Response,
}

/// The route `/mqtt`, whose connections are tasks of `supervisor`. Whoever comes when there are as
/// many clients as there may be gets the answer `full`.
pub fn router(broker: Arc<Broker>, supervisor: Supervisor, full: fn() -> Response) -> Router {
    let endpoint = Endpoint {
        broker,
        supervisor,
        full,
    };
    Router::new()
        .route("/mqtt", any(upgrade))
        .with_state(endpoint)
}

async fn upgrade(
    State(endpoint): State<Endpoint>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
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
    // Packets may span frames, so a frame needs no more room than a packet [MQTT-6.0.0-2].
    let bytes_max = broker.config().packet_bytes_max as usize + 16;
    upgrade
        .protocols([SUBPROTOCOL, "mqttv3.1"])
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
