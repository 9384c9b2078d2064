//! Answers that are made on the readers' threads, and how they go out: how many bytes of them wait
//! for their readers is bounded, and for how long. Who finds no place is told to come back.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::format::Broken;
use super::problem::{Kind, Problem};
use crate::metrics::Metrics;
use crate::readers::{Effort, PATIENCE, ReaderThreads, Unanswered};
use crate::supervisor::Supervisor;

/// An answer that is not a stream comes to so many bytes at most.
pub(super) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The most bytes of answers that wait for their readers.
const WAITING_BYTES_MAX: usize = 8 * ANSWER_BYTES_MAX;
/// The most streams of history at a time.
const STREAMS_MAX: u32 = 32;
/// An answer goes out in pieces of this size; who does not take one for so long is gone.
const PIECE_BYTES: usize = 64 * 1024;
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// An answer may take so long to end once the server is stopping.
const GOODBYE: Duration = Duration::from_secs(1);
/// The unit in which bytes are reserved.
const UNIT_BYTES: usize = 1024;
/// Those who read answers over HTTP, and what is bounded about them. Cheap to clone.
#[derive(Clone)]
pub struct Readers {
    threads: ReaderThreads,
    bytes: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// An image takes much memory while it is decoded: one at a time.
    images: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    supervisor: Supervisor,
}

/// The bytes of an answer, which count until the last of them is written.
struct UnreadAnswer {
    bytes: Bytes,
    _reserved: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for UnreadAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Readers {
    /// Readers whose questions are worked on by `threads`.
    pub fn new(threads: ReaderThreads, metrics: Arc<Metrics>, supervisor: &Supervisor) -> Self {
        Self {
            threads,
            bytes: Arc::new(Semaphore::new(WAITING_BYTES_MAX / UNIT_BYTES)),
            streams: Arc::new(Semaphore::new(STREAMS_MAX as usize)),
            images: Arc::new(Semaphore::new(1)),
            metrics,
            supervisor: supervisor.clone(),
        }
    }

    /// The body that `render` makes on a reader's thread, at most [`ANSWER_BYTES_MAX`] or what one
    /// message comes to.
    pub(super) async fn answer(
        &self,
        effort: Effort,
        render: impl Future<Output = Result<Bytes, Problem>> + Send + 'static,
    ) -> Result<Body, Problem> {
        let most = u32::try_from(ANSWER_BYTES_MAX / UNIT_BYTES).unwrap_or(u32::MAX);
        let reserved = timeout(PATIENCE, Arc::clone(&self.bytes).acquire_many_owned(most));
        let Ok(Ok(mut reserved)) = reserved.await else {
            return Err(self.busy("answers that nobody has taken yet fill the room for answers"));
        };
        let bytes = self.ask(effort, render).await?;
        let kept = reserved.split(bytes.len().div_ceil(UNIT_BYTES).min(most as usize));
        drop(reserved);
        let Some(kept) = kept else {
            return Ok(bytes.into());
        };
        let held = Bytes::from_owner(UnreadAnswer {
            bytes,
            _reserved: kept,
        });
        if held.len() <= PIECE_BYTES {
            return Ok(held.into());
        }
        let pieces = stream::unfold(held, |mut rest| {
            let piece = rest.split_to(rest.len().min(PIECE_BYTES));
            std::future::ready((!piece.is_empty()).then_some((Ok(piece), rest)))
        });
        Ok(self.deliver(std::future::pending(), pieces))
    }

    /// The body that `render` makes of an image: it has its turn when no other image is worked on.
    pub(super) async fn image_answer(
        &self,
        render: impl Future<Output = Result<Bytes, Problem>> + Send + 'static,
    ) -> Result<Body, Problem> {
        let turn = timeout(PATIENCE, Arc::clone(&self.images).acquire_owned());
        let Ok(Ok(turn)) = turn.await else {
            return Err(self.busy("the images before this one take too long"));
        };
        let alone = async move {
            let _turn = turn;
            render.await
        };
        self.answer(Effort::Any, alone).await
    }

    /// What `work` comes to, on a reader's thread.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        effort: Effort,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Problem> {
        let asked = self.threads.ask(effort, work).await;
        asked.map_err(|why| self.unanswered(why))?
    }

    /// What `work` comes to, as a part of a stream: these are few, and wait for their turn.
    pub(super) async fn go_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Broken> {
        let gone_on = self.threads.go_on(work).await;
        Ok(gone_on.map_err(|why| self.unanswered(why))??)
    }

    fn unanswered(&self, why: Unanswered) -> Problem {
        match why {
            Unanswered::Busy(what) => self.busy(what),
            Unanswered::Stopping => Problem::new(Kind::Stopping, why.to_string()),
            Unanswered::Panicked => Problem::internal(why),
        }
    }

    /// A body that is made while it is sent: each piece when the one before has been taken. It
    /// breaks off once `changed` comes: who asked may read something else now.
    pub(super) fn stream<S>(
        &self,
        changed: impl Future<Output = ()> + Send + 'static,
        pieces: S,
    ) -> Result<Body, Problem>
    where
        S: Stream<Item = Result<Bytes, Broken>> + Send + 'static,
    {
        let Ok(permit) = Arc::clone(&self.streams).try_acquire_owned() else {
            return Err(self.busy("as many streams of history are being read as may be"));
        };
        let pieces = pieces.inspect(move |_| {
            let _held = &permit;
        });
        Ok(self.deliver(changed, pieces))
    }

    fn deliver<S>(&self, changed: impl Future<Output = ()> + Send + 'static, pieces: S) -> Body
    where
        S: Stream<Item = Result<Bytes, Broken>> + Send + 'static,
    {
        let (sender, receiver) = mpsc::channel(1);
        let (metrics, supervisor) = (Arc::clone(&self.metrics), self.supervisor.clone());
        let last_word = sender.clone();
        let send = async move {
            let mut pieces = std::pin::pin!(pieces);
            while let Some(piece) = pieces.next().await {
                match timeout(WRITE_DEADLINE, sender.send(piece)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(_)) => return,
                    Err(_) => {
                        metrics.http_slow_readers.inc();
                        tracing::debug!("a reader did not take its answer");
                        // The answer breaks off, so that nobody takes a part for the whole.
                        let _ = sender.try_send(Err(Broken::unread()));
                        return;
                    }
                }
            }
        };
        self.supervisor.spawn_connection("answer", async move {
            // A client that does not read must not hold up the stop.
            let too_long = async {
                supervisor.stopping().await;
                tokio::time::sleep(GOODBYE).await;
            };
            tokio::select! {
                () = send => {}
                () = too_long => {}
                // Room is waited for: the answer must not seem to end here.
                () = changed => {
                    let broken = last_word.send(Err(Broken::changed()));
                    let _gone = timeout(WRITE_DEADLINE, broken).await;
                }
            }
        });
        let pieces = stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|piece| (piece, receiver))
        });
        // Compression asks once more after the end.
        Body::from_stream(pieces.fuse())
    }

    fn busy(&self, what: &'static str) -> Problem {
        self.metrics.http_busy.inc();
        Problem::new(Kind::Busy, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So long a test waits for what must happen.
    const DEADLINE: Duration = Duration::from_secs(20);

    fn readers(metrics: Arc<Metrics>, supervisor: &Supervisor) -> Readers {
        Readers::new(ReaderThreads::start(supervisor), metrics, supervisor)
    }

    async fn stop(supervisor: &Supervisor) {
        supervisor.stop();
        timeout(DEADLINE, supervisor.ended()).await.unwrap();
        assert_eq!(supervisor.failure(), None);
    }

    #[tokio::test]
    async fn a_question_is_answered_in_full_and_gives_back_what_it_held() {
        let supervisor = Supervisor::default();
        let readers = readers(Arc::default(), &supervisor);
        let all = readers.bytes.available_permits();
        for len in [0, 1, PIECE_BYTES, 5 * PIECE_BYTES + 7] {
            let body = readers.answer(Effort::Any, async move { Ok(vec![b'x'; len].into()) });
            let mut pieces = body.await.unwrap().into_data_stream();
            let mut taken = 0;
            while let Some(piece) = pieces.next().await {
                taken += piece.unwrap().len();
            }
            assert_eq!(taken, len);
            assert!(
                pieces.next().await.is_none(),
                "a body ends once and for all"
            );
            drop(pieces);
            let given_back = readers.bytes.acquire_many(u32::try_from(all).unwrap());
            drop(timeout(DEADLINE, given_back).await.unwrap());
        }
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn answers_that_nobody_takes_hold_no_more_than_their_bytes() {
        let supervisor = Supervisor::default();
        let readers = readers(Arc::default(), &supervisor);
        let mut untaken = Vec::new();
        for _ in 0..50 {
            let body = readers.answer(Effort::Any, async { Ok(vec![b'x'; 1 << 20].into()) });
            untaken.push(body.await.unwrap());
        }
        let left = readers.bytes.available_permits() * UNIT_BYTES;
        assert!(left >= WAITING_BYTES_MAX - 50 * ((1 << 20) + UNIT_BYTES));
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn a_stream_too_many_is_told_to_come_back() {
        let supervisor = Supervisor::default();
        let metrics = Arc::<Metrics>::default();
        let readers = readers(Arc::clone(&metrics), &supervisor);
        let streams = readers.streams.acquire_many(STREAMS_MAX).await;
        let stream = || readers.stream(std::future::pending(), stream::empty());
        let refused = stream().unwrap_err();
        assert_eq!(refused.kind(), Kind::Busy);
        assert_eq!(metrics.http_busy.get(), 1);
        drop(streams);
        assert!(stream().is_ok());
        stop(&supervisor).await;
    }
}
