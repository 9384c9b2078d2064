//! Who is there, for whom the server works, and who makes room for the next one.
//!
//! A connection is idle as long as the server waits for its client: for a request, for the rest of
//! its body, for room to send an answer. It is at work while the client waits for the server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use crate::metrics::Metrics;

/// How long the next connection waits for the one that makes room for it.
const PATIENCE: Duration = Duration::from_secs(1);

/// All connections.
pub(super) struct Crowd {
    permits: Arc<Semaphore>,
    connections_max: usize,
    idle: Arc<Mutex<Idle>>,
    metrics: Arc<Metrics>,
    /// What the log says.
    is_full: AtomicBool,
}

/// Those that wait for their clients, by the order in which they began to.
#[derive(Default)]
struct Idle {
    next: u64,
    places: BTreeMap<u64, Arc<Notify>>,
}

/// One connection's place, until it is closed.
pub(super) struct Place {
    /// Told when it is to make room.
    leave: Arc<Notify>,
    idle: Arc<Mutex<Idle>>,
    /// Where it stands among the idle, if it does.
    since: Mutex<Option<u64>>,
    /// There is a request, or there was an upgrade.
    has_request: AtomicBool,
    metrics: Arc<Metrics>,
    _permit: OwnedSemaphorePermit,
}

impl Crowd {
    pub(super) fn new(connections_max: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections_max)),
            connections_max,
            idle: Arc::default(),
            metrics,
            is_full: AtomicBool::new(false),
        }
    }

    /// A place for one more; none where everybody is at work.
    pub(super) async fn admit(&self) -> Option<Arc<Place>> {
        let permit = match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => {
                self.tell_room();
                permit
            }
            Err(_) => self.make_room().await?,
        };
        let place = Place {
            leave: Arc::default(),
            idle: Arc::clone(&self.idle),
            since: Mutex::default(),
            has_request: AtomicBool::new(false),
            metrics: Arc::clone(&self.metrics),
            _permit: permit,
        };
        self.metrics.http_connections.inc();
        place.rest();
        Some(Arc::new(place))
    }

    /// Closes the connection that has been idle for longest, and gives its place away.
    async fn make_room(&self) -> Option<OwnedSemaphorePermit> {
        self.metrics.http_refused.inc();
        if !self.is_full.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                http_connections_max = self.connections_max,
                "all HTTP connections are taken: the idle ones are closed for new ones"
            );
        }
        let (_, longest) = self.idle.lock().places.pop_first()?;
        longest.notify_one();
        let permit = Arc::clone(&self.permits).acquire_owned();
        tokio::time::timeout(PATIENCE, permit).await.ok()?.ok()
    }

    fn tell_room(&self) {
        let has_room = self.permits.available_permits() > self.connections_max / 10;
        if has_room && self.is_full.swap(false, Ordering::Relaxed) {
            tracing::info!("there is room for HTTP connections again");
        }
    }
}

impl Place {
    /// Waits until the place is needed for another.
    pub(super) async fn to_leave(&self) {
        self.leave.notified().await;
    }

    /// A request has come. Once it is here with its body, see [`Self::get_up`], the connection is at
    /// work as long as what is given back lives.
    pub(super) fn attend(self: &Arc<Self>) -> AtWork {
        self.has_request.store(true, Ordering::Relaxed);
        AtWork(Some(Arc::clone(self)))
    }

    /// A connection was closed, maybe since it was silent for too long.
    pub(super) fn count_timeout(&self, is_timeout: bool) {
        if is_timeout {
            self.metrics.http_timeouts.inc();
        }
    }

    /// The server waits for the client, from now on.
    pub(super) fn rest(&self) {
        let mut idle = self.idle.lock();
        let mut since = self.since.lock();
        if let Some(before) = since.take() {
            idle.places.remove(&before);
        }
        idle.next += 1;
        let now = idle.next;
        idle.places.insert(now, Arc::clone(&self.leave));
        *since = Some(now);
    }

    /// The client does not take what is there for it.
    pub(super) fn stall(&self) {
        if self.since.lock().is_none() {
            self.rest();
        }
    }

    /// It has taken some, and waits for more, if there is to be an answer.
    pub(super) fn go_on(&self) {
        if self.has_request.load(Ordering::Relaxed) {
            self.get_up();
        }
    }

    /// The client waits for the server.
    pub(super) fn get_up(&self) {
        let mut idle = self.idle.lock();
        if let Some(since) = self.since.lock().take() {
            idle.places.remove(&since);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.get_up();
        self.metrics.http_connections.dec();
    }
}

/// Keeps a connection from being taken for idle.
pub(super) struct AtWork(Option<Arc<Place>>);

impl AtWork {
    /// Whether it will never be idle again.
    pub(super) fn for_ever_if(mut self, is_for_ever: bool) -> Self {
        if is_for_ever {
            self.0 = None;
        }
        self
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(place) = &self.0 {
            place.has_request.store(false, Ordering::Relaxed);
            place.rest();
        }
    }
}
