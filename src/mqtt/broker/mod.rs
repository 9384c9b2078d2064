//! The broker: what all connections have in common. Each file beside this one has a part of what
//! it does; what they work on stands outside of this folder and knows no broker.

pub(crate) mod entrance;

mod checkpoint;
mod looked_after;
mod recovered_flights;
mod recovered_wills;
mod recovery;
mod retaining;
mod routing;
mod sessions;
mod sharing;
mod sparkplug;
mod subscribing;
mod system_topics;
mod timers;
mod wills;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Semaphore, watch};

use crate::auth::{Action, Auth, Principal};
use crate::config::Config;
use crate::journal::{Hold, Journal, JournalError};
use crate::message::{ClientId, Topic};
use crate::metrics::Metrics;
use crate::port::Replay;
use crate::supervisor::Supervisor;

use super::clients::Clients;
use super::ids::{FIRST_ID, SessionId};
use super::memory::Memory;
use super::publishers::{PublisherSlot, Publishers};
use super::resent::{Resent, ResentRun};
use super::retained::RetainedMessages;
use super::session::Bounds;
use super::sparkplug_host::SparkplugHost;
use super::state::{Progress, StateError, StateEvent, StateFile};
use super::subscriptions::Subscriptions;
use super::timers::Timers;
use super::wills::Wills;

/// The MQTT broker: sessions, subscriptions, retained messages, and the way from a publisher
/// through the journal to the subscribers.
pub struct Broker {
    journal: Journal,
    auth: Auth,
    config: Config,
    metrics: Arc<Metrics>,
    bounds: Bounds,
    clients: Clients,
    subscriptions: Subscriptions,
    retained: RetainedMessages,
    /// Where the past is to be had, once that is known.
    replay: OnceLock<Arc<dyn Replay>>,
    /// The server as a host application of Sparkplug, if it is one.
    sparkplug_host: Option<SparkplugHost>,
    /// What clients may send again although it is on record.
    resent: Mutex<Resent>,
    publishers: Publishers,
    memory: Arc<Memory>,
    timers: Timers,
    wills: Wills,
    /// Held for reading while messages of a share group go from one owner to another, and for
    /// writing while the state is captured: what is captured has each message once.
    moves: RwLock<()>,
    /// The next number of a session, share group or Will.
    next_id: AtomicU64,
    /// The next number of a connection.
    next_generation: AtomicU64,
    started: Instant,
    state_file: Arc<StateFile>,
    progress: Mutex<Progress>,
    /// Which capture of the state is in the file.
    captured: watch::Sender<u64>,
    hold: Hold,
    /// One for each connection that may still come.
    permits: Arc<Semaphore>,
}

/// Why the broker can't start, or can't go on.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Its local state can't be opened, read or written.
    #[error(transparent)]
    State(#[from] StateError),
    /// The journal can't be read.
    #[error("read the journal for the broker's state: {0}")]
    Journal(#[from] JournalError),
}

impl std::fmt::Debug for Broker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Broker")
            .field("sessions", &self.sessions())
            .field("retained", &self.retained.len())
            .finish_non_exhaustive()
    }
}

impl Broker {
    /// Loads sessions and retained messages from `dir`, and makes them complete from the journal.
    /// It serves nobody yet: see [`Self::start`] and [`super::Listener`].
    pub async fn open(
        dir: &Path,
        journal: Journal,
        auth: Auth,
        config: &Config,
        metrics: Arc<Metrics>,
    ) -> Result<Arc<Self>, BrokerError> {
        let (state_file, loaded) = StateFile::open(dir, journal.is_whole())?;
        let broker = Arc::new(Self {
            hold: journal.hold(),
            bounds: Bounds {
                messages: config.queue_messages_max,
                bytes: config.queue_bytes_max,
            },
            memory: Arc::new(Memory::new(
                config.clients_bytes_max,
                config.client_bytes_max,
                Arc::clone(&metrics),
            )),
            journal,
            config: config.clone(),
            metrics,
            clients: Clients::default(),
            subscriptions: Subscriptions::new(auth.clone()),
            auth,
            retained: RetainedMessages::default(),
            sparkplug_host: (config.sparkplug_host_id.as_deref()).and_then(SparkplugHost::new),
            resent: Mutex::default(),
            replay: OnceLock::new(),
            publishers: Publishers::default(),
            timers: Timers::default(),
            wills: Wills::default(),
            moves: RwLock::default(),
            next_id: AtomicU64::new(FIRST_ID),
            next_generation: AtomicU64::new(1),
            started: Instant::now(),
            state_file: Arc::new(state_file),
            progress: Mutex::default(),
            captured: watch::Sender::new(0),
            permits: Arc::new(Semaphore::new(config.connections_max)),
        });
        broker.recover(loaded).await?;
        Ok(broker)
    }

    /// Starts what goes on beside the connections: timers, wills, `$SYS` topics, and writing the
    /// state behind. Told to stop, it writes the state once more.
    pub fn start(self: &Arc<Self>, supervisor: &Supervisor) {
        let (broker, stop) = (Arc::clone(self), supervisor.clone());
        supervisor.spawn("mqtt timers", async move {
            broker.run_timers(&stop).await;
            Ok::<_, BrokerError>(())
        });
        let (broker, stop) = (Arc::clone(self), supervisor.clone());
        supervisor.spawn("mqtt wills", async move {
            broker.run_wills(&stop).await;
            Ok::<_, BrokerError>(())
        });
        let (broker, stop) = (Arc::clone(self), supervisor.clone());
        supervisor.spawn("mqtt system topics", async move {
            broker.run_system_topics(&stop).await;
            Ok::<_, BrokerError>(())
        });
        let (broker, stop) = (Arc::clone(self), supervisor.clone());
        supervisor.spawn("sparkplug host", async move {
            broker.run_host(&stop).await;
            Ok::<_, BrokerError>(())
        });
        let (broker, stop) = (Arc::clone(self), supervisor.clone());
        supervisor.spawn("mqtt state", async move { broker.run_state(&stop).await });
    }

    /// How many sessions there are, connected or not.
    fn sessions(&self) -> usize {
        self.clients.len()
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The past is to be had there.
    pub fn replay_from(&self, replay: Arc<dyn Replay>) {
        // Said once, when the server starts.
        let _ = self.replay.set(replay);
    }

    pub(crate) fn replay(&self) -> Option<&Arc<dyn Replay>> {
        self.replay.get()
    }

    pub(crate) fn auth(&self) -> &Auth {
        &self.auth
    }

    /// Whether the principal may read the topic; counted where not.
    pub(crate) fn may_read(&self, principal: &Principal, topic: &Topic) -> bool {
        let may = self.auth.may(principal, Action::Read, topic);
        if !may {
            self.metrics.mqtt_denied.inc();
        }
        may
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(crate) fn memory(&self) -> &Arc<Memory> {
        &self.memory
    }

    pub(crate) fn retained(&self) -> &RetainedMessages {
        &self.retained
    }

    /// One for each connection that may still come.
    pub(crate) fn permits(&self) -> Arc<Semaphore> {
        Arc::clone(&self.permits)
    }

    /// How much of everything one session may have.
    pub(crate) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// An entry for one publisher.
    pub(crate) fn publisher_slot(&self) -> PublisherSlot {
        self.publishers.slot()
    }

    /// Lets an event be written to the journal soon; nobody waits for it.
    pub(crate) fn note(&self, event: &StateEvent) {
        self.clients.note(event);
    }

    /// The state file is to forget a session that no longer outlives its connection.
    pub(crate) fn forget_session(&self, id: SessionId) {
        self.clients.forget(id);
    }

    /// What to hold against the first packets of `client` since the server started.
    pub(crate) fn take_resent(&self, client: &ClientId) -> Option<ResentRun> {
        self.resent.lock().take(client)
    }

    /// Takes back what the connection that it was taken for did not use up.
    pub(crate) fn put_back_resent(&self, client: &ClientId, run: ResentRun) {
        self.resent.lock().put_back(client, run);
    }

    /// The broker's own clock, in seconds since it was opened.
    pub(crate) fn now_s(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_secs()).unwrap_or(u32::MAX)
    }

    /// A number for a new session, share group or Will.
    fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }
}
