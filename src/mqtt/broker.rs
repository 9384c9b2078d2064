//! The broker: what all connections have in common.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use parking_lot::{Mutex, MutexGuard, RwLock};
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::journal::{AppendError, Hold, Journal, JournalError};
use crate::message::{Message, Offset, Record};
use crate::metrics::Metrics;
use crate::port::{Publish, PublishError};
use crate::supervisor::Supervisor;

use super::clients::Clients;
use super::resent::Resent;
use super::retained::Retained;
use super::routing::Publishers;
use super::session::Bounds;
use super::state::{Checkpoint, Store, StoreError};
use super::subscriptions::Subscriptions;
use super::timers::Timers;
use super::wills::Wills;

/// The MQTT broker: sessions, subscriptions, retained messages, and the way from a publisher
/// through the journal to the subscribers.
pub struct Broker {
    pub(crate) journal: Journal,
    pub(crate) config: Config,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) bounds: Bounds,
    pub(crate) clients: Clients,
    pub(crate) subscriptions: Subscriptions,
    pub(crate) retained: Retained,
    resent: Mutex<Resent>,
    pub(crate) publishers: Publishers,
    pub(crate) timers: Timers,
    pub(crate) wills: Wills,
    /// Held for reading while messages of a shared group go from one owner to another, and for
    /// writing while the state is captured: what is captured has each message once.
    pub(crate) moves: RwLock<()>,
    /// The next number of a session or shared group.
    pub(crate) next_id: AtomicU64,
    /// The next number of a connection.
    pub(crate) next_generation: AtomicU64,
    pub(crate) started: Instant,
    pub(crate) store: Arc<Store>,
    pub(crate) checkpoint: Mutex<Checkpoint>,
    pub(crate) hold: Hold,
    /// One for each connection that may still come.
    pub(crate) permits: Arc<Semaphore>,
}

/// Why the broker can't start, or can't go on.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Its local state can't be opened, read or written.
    #[error(transparent)]
    State(#[from] StoreError),
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
        config: &Config,
        metrics: Arc<Metrics>,
    ) -> Result<Arc<Self>, BrokerError> {
        let store = Store::open(dir)?;
        let broker = Arc::new(Self {
            hold: journal.hold(),
            bounds: Bounds {
                messages: config.queue_messages_max,
                bytes: config.queue_bytes_max,
            },
            journal,
            config: config.clone(),
            metrics,
            clients: Clients::default(),
            subscriptions: Subscriptions::default(),
            retained: Retained::default(),
            resent: Mutex::default(),
            publishers: Publishers::default(),
            timers: Timers::default(),
            wills: Wills::default(),
            moves: RwLock::default(),
            next_id: AtomicU64::new(super::state::FIRST_ID),
            next_generation: AtomicU64::new(1),
            started: Instant::now(),
            store: Arc::new(store),
            checkpoint: Mutex::default(),
            permits: Arc::new(Semaphore::new(config.connections_max)),
        });
        broker.recover().await?;
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
        supervisor.spawn("mqtt state", async move { broker.run_state(&stop).await });
    }

    /// How many sessions there are, connected or not.
    pub fn sessions(&self) -> usize {
        self.clients.len()
    }

    /// Ends the connection of a client; whether it has a session.
    pub fn disconnect(&self, client: &str) -> bool {
        let session = self.clients.get(client);
        if let Some(session) = &session {
            session.kick();
        }
        session.is_some()
    }

    /// The retained message of one topic.
    pub fn retained(&self, topic: &crate::message::Topic) -> Option<Arc<Message>> {
        self.retained.get(topic)
    }

    /// What clients may send again although it is on record.
    pub(crate) fn resent(&self) -> MutexGuard<'_, Resent> {
        self.resent.lock()
    }

    /// The broker's own clock, in seconds since it was opened.
    pub(crate) fn now_s(&self) -> u32 {
        u32::try_from(self.started.elapsed().as_secs()).unwrap_or(u32::MAX)
    }

    /// Puts one message into the line.
    pub(crate) async fn publish_one(
        self: &Arc<Self>,
        message: Message,
    ) -> Result<Offset, AppendError> {
        let slot = self.slot();
        let mut batch = [Record::Message(Arc::new(message))];
        self.ingest(&slot, &mut batch).await?;
        Ok(batch[0].offset())
    }
}

/// The entrance for messages that do not come over MQTT.
#[derive(Debug, Clone)]
pub struct Entrance(pub Arc<Broker>);

impl Publish for Entrance {
    fn publish(
        &self,
        message: Message,
    ) -> Pin<Box<dyn Future<Output = Result<Offset, PublishError>> + Send + '_>> {
        Box::pin(async move {
            let broker = &self.0;
            if message.payload.len() > broker.config.packet_bytes_max as usize {
                return Err(PublishError::TooLarge);
            }
            if message.retain && !broker.may_retain(&message.topic, &message.payload) {
                return Err(PublishError::RetainedFull);
            }
            let mut durable = broker.journal.durable();
            let offset = broker
                .publish_one(message)
                .await
                .map_err(|error| match error {
                    AppendError::Full => PublishError::Full,
                    AppendError::Closed => PublishError::Stopping,
                    AppendError::TooLarge => PublishError::TooLarge,
                })?;
            let durable = durable.wait_for(|head| *head > offset).await;
            durable.map_err(|_| PublishError::Stopping)?;
            Ok(offset)
        })
    }
}
