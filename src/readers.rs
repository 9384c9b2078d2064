//! Threads for what people ask, so that those who publish do not wait for it.
//!
//! To answer is to compute: to look through the catalog, to decode blocks, to write JSON. Whoever
//! answers hands that to a thread of its own kind, which yields to the broker's. How many questions
//! are worked on is bounded, and how many wait and for how long.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt as _};
use tokio::sync::{AcquireError, Mutex, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use crate::priority::yield_to_others;
use crate::supervisor::Supervisor;

/// The most questions that are worked on at a time, the database's part of it included.
const WORKED_ON_MAX: usize = 8;
/// The most pages that are worked on beside them.
const PAGES_MAX: usize = 2;
/// The most questions that wait for their turn.
const QUESTIONS_MAX: usize = 256;
/// The longest that a question waits for its turn.
pub const PATIENCE: Duration = Duration::from_secs(10);

type Question = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The readers' threads and what is bounded about them. Cheap to clone.
#[derive(Clone)]
pub struct ReaderThreads {
    questions: mpsc::Sender<Question>,
    waiting: Arc<Semaphore>,
    /// For questions, and the pieces of long answers to them.
    places: Arc<Semaphore>,
    /// For pages alone.
    pages: Arc<Semaphore>,
    supervisor: Supervisor,
}

/// How much a question may come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// As much as one page: what is found by an index or in memory, up to a few MiB of it. Pages do
    /// not wait for questions that take longer.
    Page,
    /// A search, a plot, a part of an export.
    Any,
}

/// Why a question has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// There is no place for it.
    #[error("{0}")]
    Busy(&'static str),
    #[error("the server is stopping")]
    Stopping,
    #[error("a question panicked")]
    Panicked,
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// As many questions at a time as there are processors, within bounds: what PostgreSQL does for
/// them takes processors as well. With eight on two a PUBACK's p99 was 16 times that without
/// readers, with two 4 times, and a tenth fewer questions were answered.
fn worked_on_max() -> usize {
    processors().clamp(2, WORKED_ON_MAX)
}

impl ReaderThreads {
    /// Starts the threads: one for every four processors.
    pub fn start(supervisor: &Supervisor) -> Self {
        let worked_on_max = worked_on_max();
        let (sender, receiver) = mpsc::channel(worked_on_max + PAGES_MAX);
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..processors().div_ceil(4) {
            let questions = Arc::clone(&receiver);
            supervisor.spawn_thread("reader", work(questions, supervisor.clone()));
        }
        Self {
            questions: sender,
            waiting: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            places: Arc::new(Semaphore::new(worked_on_max)),
            pages: Arc::new(Semaphore::new(PAGES_MAX)),
            supervisor: supervisor.clone(),
        }
    }

    /// What `work` comes to.
    pub async fn ask<T: Send + 'static>(
        &self,
        effort: Effort,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let Ok(waiting) = self.waiting.try_acquire() else {
            return Err(Unanswered::Busy(
                "too many questions wait for an answer already",
            ));
        };
        let Ok(Ok(place)) = timeout(PATIENCE, self.place(effort)).await else {
            return Err(Unanswered::Busy(
                "the questions before this one take too long",
            ));
        };
        drop(waiting);
        self.work_on(Some(place), work).await
    }

    async fn place(&self, effort: Effort) -> Result<OwnedSemaphorePermit, AcquireError> {
        let place = Arc::clone(&self.places).acquire_owned();
        match effort {
            Effort::Any => place.await,
            Effort::Page => tokio::select! {
                biased;
                page = Arc::clone(&self.pages).acquire_owned() => page,
                place = place => place,
            },
        }
    }

    /// What `work` comes to, as a part of a long answer: these are few, and wait for their turn.
    pub async fn go_on<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Unanswered> {
        let place = Arc::clone(&self.places).acquire_owned().await;
        // It is never closed.
        let place = place.map_err(|_| Unanswered::Stopping)?;
        self.work_on(Some(place), work).await
    }

    /// What `work` comes to, as a part of a live stream. It needs no place, so that streams go on
    /// however much is asked: each has one piece in work, and a thread computes one at a time.
    pub async fn stream<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Unanswered> {
        self.work_on(None, work).await
    }

    async fn work_on<T: Send + 'static>(
        &self,
        place: Option<OwnedSemaphorePermit>,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Unanswered> {
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
        let sent = self.questions.send(question).await;
        match (sent, answered.await) {
            (Ok(()), Ok(result)) => Ok(result),
            _ if self.supervisor.is_stopping() => Err(Unanswered::Stopping),
            _ => Err(Unanswered::Panicked),
        }
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
    async fn a_question_too_many_is_told_to_come_back() {
        let supervisor = Supervisor::default();
        let readers = ReaderThreads::start(&supervisor);
        let all = u32::try_from(QUESTIONS_MAX).unwrap();
        let waiting = readers.waiting.acquire_many(all).await;
        let refused = readers.ask(Effort::Any, async { 1 }).await.unwrap_err();
        assert!(matches!(refused, Unanswered::Busy(_)));
        drop(waiting);
        assert_eq!(readers.ask(Effort::Any, async { 1 }).await, Ok(1));
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn a_question_that_panics_takes_nobody_with_it() {
        let supervisor = Supervisor::default();
        let readers = ReaderThreads::start(&supervisor);
        let panics = async { if true { panic!("in a test") } else { 1 } };
        assert_eq!(
            readers.ask(Effort::Any, panics).await,
            Err(Unanswered::Panicked)
        );
        assert_eq!(readers.ask(Effort::Any, async { 1 }).await, Ok(1));
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn many_questions_wait_for_their_turn_and_all_get_it() {
        let supervisor = Supervisor::default();
        let readers = ReaderThreads::start(&supervisor);
        let asked = (0..100).map(|n| {
            readers.ask(Effort::Any, async move {
                tokio::task::yield_now().await;
                n
            })
        });
        let answers = futures_util::future::join_all(asked).await;
        let answers: Vec<i32> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..100).collect::<Vec<_>>());
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn a_page_does_not_wait_for_questions_that_take_every_place() {
        let supervisor = Supervisor::default();
        let readers = ReaderThreads::start(&supervisor);
        let all = u32::try_from(worked_on_max()).unwrap();
        let taken = readers.places.acquire_many(all).await;
        let page = timeout(DEADLINE, readers.ask(Effort::Page, async { 1 }));
        assert_eq!(page.await.unwrap(), Ok(1));
        drop(taken);
        let pages = u32::try_from(PAGES_MAX).unwrap();
        let _taken = readers.pages.acquire_many(pages).await;
        let page = timeout(DEADLINE, readers.ask(Effort::Page, async { 1 }));
        assert_eq!(
            page.await.unwrap(),
            Ok(1),
            "where pages take their own places"
        );
        stop(&supervisor).await;
    }

    #[tokio::test]
    async fn a_live_stream_goes_on_while_questions_take_every_place() {
        let supervisor = Supervisor::default();
        let readers = ReaderThreads::start(&supervisor);
        let all = u32::try_from(worked_on_max()).unwrap();
        let _taken = readers.places.acquire_many(all).await;
        let went_on = timeout(DEADLINE, readers.stream(async { 1 }));
        assert_eq!(went_on.await.unwrap(), Ok(1));
        stop(&supervisor).await;
    }
}
