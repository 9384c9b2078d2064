//! The streams of the past that a client has subscribed to.

use std::pin::Pin;
use std::sync::Arc;

use futures_util::StreamExt as _;
use futures_util::future::{AbortHandle, Abortable};
use futures_util::stream::FuturesUnordered;

use crate::message::TopicFilter;
use crate::mqtt::history::HistoryRequest;
use crate::port::{Replayed, ReplayedMessages};

/// The most subscriptions to the past of one connection.
const STREAMS_MAX: usize = 16;

type HistoryReads = FuturesUnordered<Abortable<Pin<Box<dyn Future<Output = HistoryPiece> + Send>>>>;

/// The subscriptions to the past.
#[derive(Default)]
pub(super) struct HistoryStreams {
    pub(super) streams: Vec<HistoryStream>,
    reading: HistoryReads,
    /// The number of the next one.
    next: u64,
}

/// One of them.
pub(super) struct HistoryStream {
    number: u64,
    pub(super) request: Arc<HistoryRequest>,
    /// What has been read and not written.
    pub(super) ready: Option<ReadPiece>,
    abort: AbortHandle,
}

/// A piece that has been read.
pub(super) struct HistoryPiece {
    number: u64,
    replayed: Box<dyn Replayed>,
    messages: Option<ReplayedMessages>,
}

pub(super) struct ReadPiece {
    pub(super) messages: ReplayedMessages,
    /// How many of them are written.
    pub(super) written: usize,
    replayed: Box<dyn Replayed>,
}

impl HistoryStreams {
    /// Whether something may still be read.
    pub(super) fn is_reading(&self) -> bool {
        !self.reading.is_empty()
    }

    /// The next piece that has been read; cancel-safe.
    pub(super) async fn piece(&mut self) -> Option<HistoryPiece> {
        // Of what was ended, nothing is told.
        self.reading.next().await.and_then(Result::ok)
    }

    /// Whether one more may be begun, under that name.
    pub(super) fn has_room(&self, name: &TopicFilter) -> bool {
        let known = self.streams.iter().any(|it| it.request.name == *name);
        known || self.streams.len() < STREAMS_MAX
    }

    pub(super) fn begin(&mut self, request: Arc<HistoryRequest>, replayed: Box<dyn Replayed>) {
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
    pub(super) fn arrived(&mut self, piece: HistoryPiece) {
        let Some(at) = self.streams.iter().position(|it| it.number == piece.number) else {
            return;
        };
        match piece.messages {
            Some(messages) => {
                self.streams[at].ready = Some(ReadPiece {
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

    /// A piece is written: what it held is given back, and the next one is read.
    pub(super) fn read_on(&mut self, at: usize, written: ReadPiece) {
        let ReadPiece {
            messages, replayed, ..
        } = written;
        drop(messages);
        if let Some(stream) = self.streams.get_mut(at) {
            stream.abort = read(&self.reading, stream.number, replayed);
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
fn read(reading: &HistoryReads, number: u64, mut replayed: Box<dyn Replayed>) -> AbortHandle {
    let (abort, registration) = AbortHandle::new_pair();
    let piece: Pin<Box<dyn Future<Output = HistoryPiece> + Send>> = Box::pin(async move {
        let messages = replayed.next().await;
        HistoryPiece {
            number,
            replayed,
            messages,
        }
    });
    reading.push(Abortable::new(piece, registration));
    abort
}
