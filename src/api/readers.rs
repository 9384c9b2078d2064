//! Threads for what people ask, so that those who publish do not wait for it.
//!
//! To answer is to compute: to look through the catalog, to decode blocks, to write JSON. A handler
//! hands that to a thread of its own kind, with a lower priority than the broker's. Everything is
//! bounded: how many questions are worked on, how many wait and for how long, how many bytes of
//! answers wait for their readers, and for how long. Who finds no place is told to come back.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::{self, FuturesUnordered};
use futures_util::{FutureExt, Stream, StreamExt as _};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use super::format::Broken;
use super::problem::{Kind, Problem};
use crate::metrics::Metrics;
use crate::supervisor::Supervisor;

/// An answer that is not a stream comes to so many bytes at most.
pub(super) const ANSWER_BYTES_MAX: usize = 16 << 20;
/// The most bytes of answers that wait for their readers.
const WAITING_BYTES_MAX: usize = 8 * ANSWER_BYTES_MAX;
/// The most questions that are worked on at a time, the database's part of it included.
const WORKED_ON_MAX: usize = 8;
/// The most questions that wait for their turn.
const QUESTIONS_MAX: u32 = 256;
/// The longest that a question waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most streams of history at a time.
const STREAMS_MAX: u32 = 32;
/// An answer goes out in pieces of this size; who does not take one for so long is gone.
const PIECE_BYTES: usize = 64 * 1024;
const WRITE_DEADLINE: Duration = Duration::from_secs(30);
/// An answer may take so long to end once the server is stopping.
const GOODBYE: Duration = Duration::from_secs(1);
/// The unit in which bytes are reserved.
const UNIT_BYTES: usize = 1024;
/// How much less the broker's threads must want a processor, for a reader to get it.
const NICENESS: i32 = 10;

type Question = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The readers' threads and what is bounded about them. Cheap to clone.
#[derive(Clone)]
pub struct Readers {
    questions: mpsc::Sender<Question>,
    waiting: Arc<Semaphore>,
    places: Arc<Semaphore>,
    bytes: Arc<Semaphore>,
    streams: Arc<Semaphore>,
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

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// As many questions at a time as there are processors, within bounds: PostgreSQL works on them with
/// the broker's own priority. With eight on two processors a PUBACK's p99 was 16 times that without
/// readers, with two 4 times, and a tenth fewer questions were answered.
fn worked_on_max(processors: usize) -> usize {
    processors.clamp(2, WORKED_ON_MAX)
}

impl Readers {
    /// Starts the threads: one for every four processors.
    pub fn start(metrics: Arc<Metrics>, supervisor: &Supervisor) -> Self {
        let processors = processors();
        let worked_on_max = worked_on_max(processors);
        let (sender, receiver) = mpsc::channel(worked_on_max);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..processors.div_ceil(4) {
            let questions = Arc::clone(&receiver);
            supervisor.spawn_thread("reader", work(questions, supervisor.clone()));
        }
        Self {
            questions: sender,
            waiting: Arc::new(Semaphore::new(QUESTIONS_MAX as usize)),
            places: Arc::new(Semaphore::new(worked_on_max)),
            bytes: Arc::new(Semaphore::new(WAITING_BYTES_MAX / UNIT_BYTES)),
            streams: Arc::new(Semaphore::new(STREAMS_MAX as usize)),
            metrics,
            supervisor: supervisor.clone(),
        }
    }

    /// The body that `render` makes on a reader's thread, at most [`ANSWER_BYTES_MAX`] or what one
    /// message comes to.
    pub(super) async fn answer(
        &self,
        render: impl Future<Output = Result<Bytes, Problem>> + Send + 'static,
    ) -> Result<Body, Problem> {
        let most = u32::try_from(ANSWER_BYTES_MAX / UNIT_BYTES).unwrap_or(u32::MAX);
        let reserved = timeout(PATIENCE, Arc::clone(&self.bytes).acquire_many_owned(most));
        let Ok(Ok(mut reserved)) = reserved.await else {
            return Err(self.busy("answers that nobody has taken yet fill the room for answers"));
        };
        let bytes = self.ask(render).await?;
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

    /// What `work` comes to, on a reader's thread.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Problem> {
        let Ok(waiting) = self.waiting.try_acquire() else {
            return Err(self.busy("too many questions wait for an answer already"));
        };
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned());
        let Ok(Ok(place)) = place.await else {
            return Err(self.busy("the questions before this one take too long"));
        };
        drop(waiting);
        self.work_on(place, work).await
    }

    /// What `work` comes to, as a part of a stream: these are few, and wait for their turn.
    pub(super) async fn go_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Broken> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        let place = place.map_err(|closed| Broken::from(Problem::internal(closed)))?;
        Ok(self.work_on(place, work).await?)
    }

    async fn work_on<T: Send + 'static>(
        &self,
        place: OwnedSemaphorePermit,
        work: impl Future<Output = Result<T, Problem>> + Send + 'static,
    ) -> Result<T, Problem> {
        let (mut answer, answered) = oneshot::channel();
        let question = Box::pin(async move {
            let _place = place;
            let result = tokio::select! {
                biased;
                () = answer.closed() => return,
                result = AssertUnwindSafe(work).catch_unwind() => result,
            };
            if let Ok(result) = result {
                // Who asked may be gone.
                let _ = answer.send(result);
            }
        });
        // There is room for as many as there are places.
        let sent = self.questions.send(question).await;
        match (sent, answered.await) {
            (Ok(()), Ok(result)) => result,
            _ if self.supervisor.is_stopping() => {
                Err(Problem::new(Kind::Stopping, "the server is stopping"))
            }
            _ => Err(Problem::internal("a question panicked")),
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

/// Works on questions until the server stops.
async fn work(
    questions: Arc<Mutex<mpsc::Receiver<Question>>>,
    supervisor: Supervisor,
) -> Result<(), Infallible> {
    yield_to_others();
    let mut worked_on = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = supervisor.stopping() => return Ok(()),
            Some(()) = worked_on.next() => {}
            question = async { questions.lock().await.recv().await } => match question {
                Some(question) => worked_on.push(question),
                // Nobody can ask any more.
                None => supervisor.stopping().await,
            },
        }
    }
}

/// Lets this thread have a processor only as far as the others leave one.
fn yield_to_others() {
    // On Linux the priority is one thread's; elsewhere it would be the whole process's.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "lower the priority of a reader");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So long a test waits for what must happen.
    const DEADLINE: Duration = Duration::from_secs(20);

    async fn stop(supervisor: &Supervisor) {
        supervisor.stop();
        timeout(DEADLINE, supervisor.ended()).await.unwrap();
        assert_eq!(supervisor.failure(), None);
    }

    #[tokio::test]
    async fn a_question_is_answered_in_full_and_gives_back_what_it_held() {
        let supervisor = Supervisor::default();
        let readers = Readers::start(Arc::default(), &supervisor);
        let all = readers.bytes.available_permits();
        for len in [0, 1, PIECE_BYTES, 5 * PIECE_BYTES + 7] {
            let body = readers.answer(async move { Ok(vec![b'x'; len].into()) });
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
        let readers = Readers::start(Arc::default(), &supervisor);
        let mut untaken = Vec::new();
        for _ in 0..50 {
            let body = readers.answer(async { Ok(vec![b'x'; 1 << 20].into()) });
            untaken.push(body.await.unwrap());
        }
        let left = readers.bytes.available_permits() * UNIT_BYTES;
        assert!(left >= WAITING_BYTES_MAX - 50 * ((1 << 20) + UNIT_BYTES));
        let places = readers
            .places
            .acquire_many(u32::try_from(worked_on_max(processors())).unwrap());
        drop(timeout(DEADLINE, places).await.unwrap());
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn a_question_too_many_is_told_to_come_back() {
        let supervisor = Supervisor::default();
        let metrics = Arc::<Metrics>::default();
        let readers = Readers::start(Arc::clone(&metrics), &supervisor);
        let waiting = readers.waiting.acquire_many(QUESTIONS_MAX).await;
        let streams = readers.streams.acquire_many(STREAMS_MAX).await;
        let refused = readers.ask(async { Ok(1) }).await.unwrap_err();
        assert_eq!(refused.kind(), Kind::Busy);
        let refused = readers
            .stream(std::future::pending(), stream::empty())
            .unwrap_err();
        assert_eq!(refused.kind(), Kind::Busy);
        assert_eq!(metrics.http_busy.get(), 2);
        drop((waiting, streams));
        assert_eq!(readers.ask(async { Ok(1) }).await.unwrap(), 1);
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn a_question_that_panics_takes_nobody_with_it() {
        let supervisor = Supervisor::default();
        let readers = Readers::start(Arc::default(), &supervisor);
        let panics = async { if true { panic!("in a test") } else { Ok(1) } };
        let failed = readers.ask(panics).await.unwrap_err();
        assert_eq!(failed.kind(), Kind::Internal);
        assert_eq!(readers.ask(async { Ok(1) }).await.unwrap(), 1);
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn many_questions_wait_for_their_turn_and_all_get_it() {
        let supervisor = Supervisor::default();
        let readers = Readers::start(Arc::default(), &supervisor);
        let asked = (0..100).map(|n| {
            readers.ask(async move {
                tokio::task::yield_now().await;
                Ok(n)
            })
        });
        let answers = futures_util::future::join_all(asked).await;
        let answers: Vec<i32> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
        stop(&supervisor).await;
    }
}
