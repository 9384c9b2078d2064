//! WebSocket.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use tokio::time::timeout;

use super::error::Refusal;
use super::frame::Frame;
use super::session::{End, First, GOODBYE, Peer, Received, run};
use super::subscription::Subscription;
use super::{Admission, Live};

/// The largest frame that a client may send; larger payloads go over REST.
pub const INBOUND_BYTES_MAX: usize = 1024 * 1024;
/// The most bytes that wait for one socket to take them.
pub const WRITE_BUFFER_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A client that does not take a frame for so long is gone.
pub(super) const WRITE_DEADLINE: Duration = Duration::from_secs(10);

impl Live {
    /// Serves a WebSocket; `first` is what its query string asked for.
    pub fn websocket(
        &self,
        admission: Admission,
        socket: WebSocket,
        first: Result<Option<Subscription>, Refusal>,
    ) {
        let first = match first {
            Ok(None) => First::Nothing,
            Ok(Some(subscription)) => First::Wanted(subscription),
            Err(refusal) => First::Refused(refusal),
        };
        let session = run(admission, Socket(socket), first);
        self.shared
            .supervisor
            .spawn_connection("websocket", session);
    }
}

struct Socket(WebSocket);

impl Socket {
    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITE_DEADLINE, self.0.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }
}

impl Peer for Socket {
    async fn send(&mut self, frame: Frame) -> Result<(), End> {
        self.write(Message::Text(frame.text)).await
    }

    async fn receive(&mut self) -> Received {
        match self.0.recv().await {
            Some(Ok(Message::Text(text))) => Received::Text(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Received::Alive,
            Some(Ok(Message::Binary(_))) => {
                Received::Unfit("frames are text, one JSON object each")
            }
            Some(Err(error)) if error.to_string().contains("too long") => {
                Received::Unfit("the frame is too large: publish large payloads over REST")
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Received::Gone,
        }
    }

    async fn ping(&mut self) -> Result<bool, End> {
        self.write(Message::Ping(Bytes::new())).await?;
        Ok(true)
    }

    async fn close(mut self, end: End) {
        let (code, reason) = end.codes();
        let reason = Utf8Bytes::from_static(reason);
        let close = Message::Close(Some(CloseFrame { code, reason }));
        // A client that is gone hears nothing.
        let _ = timeout(GOODBYE, async {
            self.0.send(close).await?;
            while let Some(Ok(_)) = self.0.recv().await {}
            Ok::<_, axum::Error>(())
        })
        .await;
    }
}
