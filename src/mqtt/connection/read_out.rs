//! The last words of a connection whose client has connected once more.
//!
//! A client that says DISCONNECT, or publishes, and connects again at once may be faster than the
//! task of its old connection. What the old socket holds by then was sent before the new CONNECT,
//! and counts: the new connection waits for the session until this is done.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::{coop, yield_now};
use tokio::time::timeout;

use super::Connection;
use super::close::Close;

/// How much is read out: what systems let a socket hold if nobody has asked for more.
const READ_OUT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How long the journal may take for it, since a client waits for its CONNACK.
const READ_OUT_TIMEOUT: Duration = Duration::from_secs(2);

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Takes what a client that was taken over had sent before, and never waits for more. Answers
    /// with how the connection really ends: perhaps the client had said DISCONNECT.
    pub(super) async fn read_out(&mut self, close: Close) -> Close {
        if !matches!(close, Close::TakenOver) {
            return close;
        }
        match timeout(READ_OUT_TIMEOUT, self.take_last_words()).await {
            Ok(Err(earlier)) => earlier,
            Ok(Ok(())) | Err(_) => close,
        }
    }

    async fn take_last_words(&mut self) -> Result<(), Close> {
        let mut bytes_left = READ_OUT_BYTES_MAX;
        loop {
            // Nobody waits for a subscriber here: a client waits for its CONNACK.
            self.held_back = None;
            self.slowed = None;
            self.process()?;
            if let Some(ingest) = &mut self.ingest {
                let ingested = ingest.await;
                self.ingest = None;
                self.ingested(ingested)?;
                continue;
            }
            if self.parked.is_some() || bytes_left == 0 {
                return Ok(());
            }
            // The runtime may know of what has come only after it has looked once more.
            yield_now().await;
            self.input.reserve();
            let bytes = match self.read_at_once().await {
                None => return Ok(()),
                Some(Err(error)) => return Err(Close::Lost(error)),
                Some(Ok(bytes)) => bytes,
            };
            bytes_left = bytes_left.saturating_sub(bytes);
            self.broker
                .metrics()
                .mqtt_bytes_received
                .inc_by(bytes as u64);
            self.input.is_over = bytes == 0;
        }
    }

    /// Reads what is there; `None` where nothing is.
    async fn read_at_once(&mut self) -> Option<std::io::Result<usize>> {
        let mut read = pin!(coop::unconstrained(self.input.read(&mut self.reader)));
        poll_fn(|cx| match read.as_mut().poll(cx) {
            Poll::Ready(read) => Poll::Ready(Some(read)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }
}
