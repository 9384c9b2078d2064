//! WebSocket.

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use tokio::time::timeout;

use super::admission::Admission;
use super::conversation::{Ending, First, GOODBYE, Inbound, Peer, run};
use super::error::Refusal;
use super::frame::Frame;
use super::handle::Live;
use super::limits::WRITE_DEADLINE;
use super::subscription::StreamRequest;
use crate::auth::Principal;

impl Live {
    /// Serves a WebSocket; `first` is what its query string asked for.
    pub fn websocket(
        &self,
        admission: Admission,
        principal: Principal,
        socket: WebSocket,
        first: Result<Option<StreamRequest>, Refusal>,
    ) {
        let first = match first {
            Ok(None) => First::Nothing,
            Ok(Some(subscription)) => First::Wanted(subscription),
            Err(refusal) => First::Refused(refusal),
        };
        let conversation = run(admission, principal, Socket(socket), first);
        self.hub
            .supervisor
            .spawn_connection("websocket", conversation);
    }
}

/// Whether what came is larger than it may be.
fn is_too_large(error: &axum::Error) -> bool {
    use tungstenite::Error;
    let cause = std::error::Error::source(error);
    let error = cause.and_then(|cause| cause.downcast_ref());
    matches!(error, Some(Error::Capacity(_)))
}

struct Socket(WebSocket);

impl Socket {
    async fn write(&mut self, message: Message) -> Result<(), Ending> {
        match timeout(WRITE_DEADLINE, self.0.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Slow),
        }
    }
}

impl Peer for Socket {
    async fn send(&mut self, frame: Frame) -> Result<(), Ending> {
        let Frame { text, held, .. } = frame;
        let written = self.write(Message::Text(text)).await;
        drop(held);
        written
    }

    async fn receive(&mut self) -> Inbound {
        match self.0.recv().await {
            Some(Ok(Message::Text(text))) => Inbound::Text(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Inbound::Alive,
            Some(Ok(Message::Binary(_))) => Inbound::Unfit("frames are text, one JSON object each"),
            Some(Err(error)) if is_too_large(&error) => {
                Inbound::Unfit("the frame is too large: publish large payloads over REST")
            }
            Some(Ok(Message::Close(_)) | Err(_)) | None => Inbound::Gone,
        }
    }

    async fn ping(&mut self) -> Result<bool, Ending> {
        self.write(Message::Ping(Bytes::new())).await?;
        Ok(true)
    }

    async fn close(mut self, end: Ending) {
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
