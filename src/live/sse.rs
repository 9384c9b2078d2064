//! Server-Sent Events: the same frames; an event's id is the cursor.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::admission::Admission;
use super::conversation::{Ending, First, Inbound, Peer, run};
use super::frame::Frame;
use super::handle::Live;
use super::limits::WRITE_DEADLINE;
use super::memory::HeldBytes;
use super::subscription::StreamRequest;
use crate::auth::Principal;

impl Live {
    /// The events of one subscription, as bytes of `text/event-stream`.
    pub fn events(
        &self,
        admission: Admission,
        principal: Principal,
        subscription: StreamRequest,
    ) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + use<> {
        let (events, taken) = mpsc::channel(1);
        let conversation = run(
            admission,
            principal,
            Events(events),
            First::Only(subscription),
        );
        self.hub
            .supervisor
            .spawn_connection("event stream", conversation);
        // Browsers come back after a second.
        let retry = Bytes::from_static(b"retry: 1000\n\n");
        let first = Event {
            text: retry,
            held: None,
        };
        // What one takes is held until the next is asked for.
        unfold((Some(first), None, taken), |state| async move {
            let (first, before, mut taken) = state;
            drop(before);
            let event = match first {
                Some(first) => first,
                None => taken.recv().await?,
            };
            Some((Ok(event.text), (None, event.held, taken)))
        })
    }
}

struct Events(mpsc::Sender<Event>);

struct Event {
    text: Bytes,
    held: Option<HeldBytes>,
}

impl Peer for Events {
    async fn send(&mut self, frame: Frame) -> Result<(), Ending> {
        let text = frame.text.as_str();
        let event = match frame.cursor {
            Some(cursor) => format!("id: {cursor}\ndata: {text}\n\n"),
            None => format!("data: {text}\n\n"),
        };
        let event = Event {
            text: event.into(),
            held: frame.held,
        };
        match timeout(WRITE_DEADLINE, self.0.send(event)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Ending::Gone),
            Err(_) => Err(Ending::Slow),
        }
    }

    async fn receive(&mut self) -> Inbound {
        self.0.closed().await;
        Inbound::Gone
    }

    async fn ping(&mut self) -> Result<bool, Ending> {
        // The tick does what a ping does, and nobody could answer.
        Ok(false)
    }

    async fn close(self, _: Ending) {}
}
