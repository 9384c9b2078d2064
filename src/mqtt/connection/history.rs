//! The past, on its way to a client that has subscribed to it.
//!
//! One piece of each stream is read ahead, and the next when that is written: a client that does not
//! take what it gets is not read for. Nothing of it is in the session: who connects again subscribes
//! again.

use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::auth::Action;
use crate::message::{Message, Offset, Qos, Timestamp, TopicFilter};
use crate::mqtt::codec::{ReasonCode, Version};
use crate::mqtt::history::HistoryRequest;
use crate::mqtt::queued::Via;
use crate::mqtt::session::{Delivery, Gate};
use crate::port::{Replayed, ReplayedMessages};

use super::{Boxed, Connection};

/// The most subscriptions to the past of one connection.
const STREAMS_MAX: usize = 16;

type Reading = FuturesUnordered<Abortable<Boxed<Piece>>>;

/// The subscriptions to the past.
#[derive(Default)]
pub(super) struct HistoryStreams {
    streams: Vec<HistoryStream>,
    reading: Reading,
    /// The number of the next one.
    next: u64,
}

/// One of them.
struct HistoryStream {
    number: u64,
    request: Arc<HistoryRequest>,
    /// What has been read and not written.
    ready: Option<Ready>,
    abort: AbortHandle,
}

/// A piece that has been read.
pub(super) struct Piece {
    number: u64,
    replayed: Box<dyn Replayed>,
    messages: Option<ReplayedMessages>,
}

struct Ready {
    messages: ReplayedMessages,
    /// How many of them are written.
    written: usize,
    replayed: Box<dyn Replayed>,
}

impl HistoryStreams {
    /// Whether something may still be read.
    pub(super) fn is_reading(&self) -> bool {
        !self.reading.is_empty()
    }

    /// The next piece that has been read; cancel-safe.
    pub(super) async fn piece(&mut self) -> Option<Piece> {
        // Of what was ended, nothing is told.
        self.reading.next().await.and_then(Result::ok)
    }

    /// Whether one more may be begun, under that name.
    fn has_room(&self, name: &TopicFilter) -> bool {
        let known = self.streams.iter().any(|it| it.request.name == *name);
        known || self.streams.len() < STREAMS_MAX
    }

    fn begin(&mut self, request: Arc<HistoryRequest>, replayed: Box<dyn Replayed>) {
        self.end(&request.name);
        let number = self.next;
        self.next += 1;
        let abort = read(&self.reading, number, replayed);
        self.streams.push(HistoryStream {
            number,
            request,
            ready: None,
            abort,
        });
    }

    /// A piece has been read.
    pub(super) fn arrived(&mut self, piece: Piece) {
        let Some(at) = self.streams.iter().position(|it| it.number == piece.number) else {
            return;
        };
        match piece.messages {
            Some(messages) => {
                self.streams[at].ready = Some(Ready {
                    messages,
                    written: 0,
                    replayed: piece.replayed,
                });
            }
            None => {
                self.streams.swap_remove(at);
            }
        }
    }

    /// Ends a subscription; whether there was one.
    pub(super) fn end(&mut self, name: &TopicFilter) -> bool {
        let Some(at) = self.streams.iter().position(|it| it.request.name == *name) else {
            return false;
        };
        let stream = self.streams.swap_remove(at);
        stream.abort.abort();
        true
    }
}

/// Reads the next piece of a stream.
fn read(reading: &Reading, number: u64, mut replayed: Box<dyn Replayed>) -> AbortHandle {
    let (abort, registration) = AbortHandle::new_pair();
    let piece: Boxed<Piece> = Box::pin(async move {
        let messages = replayed.next().await;
        Piece {
            number,
            replayed,
            messages,
        }
    });
    reading.push(Abortable::new(piece, registration));
    abort
}

impl<R: AsyncRead + Unpin, W: AsyncWrite + Unpin> Connection<R, W> {
    /// Begins a subscription to the past.
    pub(super) fn begin_history(&mut self, request: HistoryRequest) -> ReasonCode {
        let Some(replay) = self.broker.replay() else {
            return ReasonCode::ImplementationSpecific;
        };
        if !self
            .broker
            .auth()
            .may_subscribe(&self.principal, &request.filter)
        {
            self.broker.metrics().mqtt_denied.inc();
            return ReasonCode::NotAuthorized;
        }
        if !self.history.has_room(&request.name) {
            return ReasonCode::QuotaExceeded;
        }
        let auth = self.broker.auth();
        let scope = auth.scope(&self.principal, request.filter.clone());
        let replayed = replay.replay(scope, request.from);
        self.history.begin(Arc::new(request), replayed);
        // It is what is granted, whatever was asked for.
        ReasonCode::Success
    }

    /// Encodes what has been read of the past, as far as the write buffer has room.
    pub(super) fn deliver_history(&mut self) {
        if self.closing.is_some() || self.owed_subacks > 0 {
            return;
        }
        let mut streams = std::mem::take(&mut self.history);
        for stream in &mut streams.streams {
            let Some(mut ready) = stream.ready.take() else {
                continue;
            };
            while self.output.has_room()
                && let Some(message) = ready.messages.messages.get(ready.written)
            {
                ready.written += 1;
                let gap = ready.messages.gap;
                if self.send_past(&stream.request, message, gap) {
                    ready.messages.gap = None;
                }
            }
            if ready.written < ready.messages.messages.len() {
                stream.ready = Some(ready);
            } else {
                // What it held is given back before more is read.
                drop(ready.messages);
                stream.abort = read(&streams.reading, stream.number, ready.replayed);
            }
        }
        self.history = streams;
    }

    /// Sends a message of the past, if the client may have it.
    fn send_past(
        &mut self,
        request: &HistoryRequest,
        message: &Arc<Message>,
        gap: Option<(Offset, Offset)>,
    ) -> bool {
        let auth = self.broker.auth();
        // What it may do may have changed since it was asked for.
        let may_read = auth.may(&self.principal, Action::Read, &message.topic);
        if !may_read || !request.is_wanted(message, &self.session.client.0) {
            return false;
        }
        let is_v5 = self.version == Version::V5;
        let delivery = Delivery {
            message: request.shown(message, is_v5, gap).into(),
            qos: Qos::AtMostOnce,
            retain: request.retains(message),
            dup: false,
            id: None,
            ids: request.id.map(|id| Arc::new(vec![id])),
            gate: Gate::Open,
            via: Via::Subscription,
        };
        self.send(&delivery, Timestamp::now());
        true
    }
}
