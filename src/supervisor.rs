//! Every task is named and watched. A task that the server can't live without and that ends
//! before it was told to stops the server with an error; the task of one connection may end at
//! any time. A panic is always logged.

use std::fmt::Display;
use std::sync::Arc;

use futures_util::FutureExt;
use parking_lot::Mutex;
use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};
use tokio_util::task::TaskTracker;

/// Spawns tasks and tells them to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// Stops the whole server.
    root: CancellationToken,
    /// Stops this stage; a child of `root`, or `root` itself.
    stop: CancellationToken,
    tasks: TaskTracker,
    failure: Arc<Mutex<Option<String>>>,
}

impl Default for Supervisor {
    fn default() -> Self {
        let root = CancellationToken::new();
        Self {
            stop: root.clone(),
            root,
            tasks: TaskTracker::new(),
            failure: Arc::default(),
        }
    }
}

impl Supervisor {
    /// One stage of an orderly stop: its tasks can be stopped and waited for on their own, and
    /// are stopped with this supervisor's. A failure in it stops the whole server.
    #[must_use]
    pub fn stage(&self) -> Self {
        Self {
            root: self.root.clone(),
            stop: self.stop.child_token(),
            tasks: TaskTracker::new(),
            failure: Arc::clone(&self.failure),
        }
    }

    /// Runs a task that the server can't live without. If it ends before [`Self::stop`], with or
    /// without an error, the supervisor stops and [`Self::failure`] names the task.
    pub fn spawn<E: Display>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let supervisor = self.clone();
        self.launch(name, async move { supervisor.watch(name, task).await });
    }

    /// Runs a task that the server can't live without on a thread of its own, since it computes
    /// more than it waits: whatever shared a thread with it would wait for it.
    pub fn spawn_thread<E: Display>(
        &self,
        name: &'static str,
        task: impl Future<Output = Result<(), E>> + Send + 'static,
    ) {
        let (over, ended) = tokio::sync::oneshot::channel::<()>();
        let started = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .and_then(|runtime| {
                let supervisor = self.clone();
                let thread = std::thread::Builder::new().name(name.into());
                thread.spawn(move || {
                    let _over = over;
                    runtime.block_on(supervisor.watch(name, task));
                })
            });
        if let Err(error) = started {
            self.fail(format!("{name}: start its thread: {error}"));
        }
        self.launch(name, async {
            // An error says that the thread is done, too.
            let _done = ended.await;
        });
    }

    async fn watch<E: Display>(&self, name: &str, task: impl Future<Output = Result<(), E>>) {
        let failure = match std::panic::AssertUnwindSafe(task).catch_unwind().await {
            Ok(Ok(())) if self.stop.is_cancelled() => return,
            Ok(Ok(())) => format!("{name} ended early"),
            Ok(Err(error)) => format!("{name}: {error}"),
            Err(_) => format!("{name} panicked"),
        };
        self.fail(failure);
    }

    /// Runs a task that may end at any time, such as a connection's.
    pub fn spawn_connection(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
    ) {
        self.launch(name, async move {
            if std::panic::AssertUnwindSafe(task)
                .catch_unwind()
                .await
                .is_err()
            {
                tracing::error!(
                    task = name,
                    "a connection's task panicked; the others go on"
                );
            }
        });
    }

    #[allow(clippy::disallowed_methods)] // this is the supervisor
    fn launch(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        tracing::trace!(task = name, "spawn");
        tokio::spawn(self.tasks.track_future(task));
    }

    /// Stops the server with an error.
    pub fn fail(&self, failure: String) {
        let mut first = self.failure.lock();
        if first.is_none() {
            *first = Some(failure);
        }
        drop(first);
        self.root.cancel();
    }

    /// Why the server is stopping, where it was not asked to.
    pub fn failure(&self) -> Option<String> {
        self.failure.lock().clone()
    }

    /// Tells all tasks to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Whether the tasks have been told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Waits until the tasks are told to stop; cancel-safe.
    pub fn stopping(&self) -> WaitForCancellationFuture<'_> {
        self.stop.cancelled()
    }

    /// Waits until every task has ended.
    pub async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}
