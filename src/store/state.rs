//! What every part of the store works with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};
use sqlx::postgres::PgConnectOptions;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{Semaphore, watch};

use super::StoreError;
use super::catalog::{Catalog, FoundTopics};
use super::connect::{self, READERS_MAX};
use super::database::Database;
use super::dictionary::NameLimits;
use super::mirrored::Mirrored;
use super::missing::Missing;
use super::redecoding::Redecodings;
use super::removal::Removals;
use super::retention::{Retention, StorageSizes};
use super::slots::HotSlots;
use crate::message::{Offset, Scope};
use crate::metrics::Metrics;

/// From which part of them on a person is told.
const NAMES_WARN_PERCENT: u64 = 80;

/// The way into the database, and what is remembered of it.
pub(super) struct StoreState {
    pub(super) options: PgConnectOptions,
    pub(super) readers: PgPool,
    /// The readers that are served at once, so that who writes finds a connection, too.
    pub(super) seats: Semaphore,
    /// For how many of them the database has room, once that is known.
    room: OnceLock<u32>,
    pub(super) catalog: Catalog,
    pub(super) slots: HotSlots,
    pub(super) mirrored: watch::Sender<Option<Mirrored>>,
    /// What the database lacks for good.
    pub(super) missing: RwLock<Vec<Missing>>,
    pub(super) removals: Removals,
    pub(super) redecodings: Redecodings,
    pub(super) retention: Retention,
    /// What history takes, as it was last measured.
    pub(super) sizes: RwLock<Option<Arc<StorageSizes>>>,
    /// Whether the database is a server of our own, on a disk that can be looked at.
    is_our_own: bool,
    /// The folder of the database, once it was asked for.
    disk: OnceLock<PathBuf>,
    pub(super) cursor: watch::Sender<Offset>,
    pub(super) metrics: Arc<Metrics>,
    ready: AtomicBool,
    /// Whether there are messages that are only in their dead letters.
    whole_dead_letters: AtomicBool,
    limits: RwLock<NameLimits>,
    is_told_of_topics: AtomicBool,
    obstacles: Mutex<BTreeMap<Duty, String>>,
}

/// What the store and those who work with it have to do. What keeps one of them from it, and will
/// not pass by itself, is an obstacle: a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Writing what comes.
    Write,
    /// Housekeeping.
    Keep,
    /// Having the tables that it needs.
    Tables,
}

impl StoreState {
    pub(super) fn new(database: &Database, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let options = database.options()?;
        metrics.topics_max.set(gauge(NameLimits::default().topics));
        let is_our_own = matches!(database, Database::Embedded { .. });
        Ok(Self {
            readers: connect::readers(&options, is_our_own),
            seats: Semaphore::new(READERS_MAX as usize),
            room: OnceLock::new(),
            options,
            catalog: Catalog::default(),
            slots: HotSlots::default(),
            mirrored: watch::Sender::new(None),
            missing: RwLock::default(),
            removals: Removals::default(),
            redecodings: Redecodings::default(),
            retention: Retention::default(),
            sizes: RwLock::default(),
            is_our_own,
            disk: OnceLock::new(),
            cursor: watch::Sender::new(Offset(0)),
            metrics,
            ready: AtomicBool::new(false),
            whole_dead_letters: AtomicBool::new(false),
            limits: RwLock::default(),
            is_told_of_topics: AtomicBool::new(false),
            obstacles: Mutex::default(),
        })
    }

    /// Whether the tables are as they should be, and what is to be remembered of them is.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Serves no more readers at once than the database has room for.
    pub(super) fn seat_readers(&self, room: u32) {
        // Asked again after a start that did not come through.
        if self.room.set(room).is_ok() && room < READERS_MAX {
            tracing::info!(
                readers = room,
                "the database has few connections for this server"
            );
            self.seats.forget_permits((READERS_MAX - room) as usize);
        }
    }

    pub(super) fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Says how far the mirror has come; to the metrics too.
    pub(super) fn publish(&self, mirrored: Mirrored) {
        let next = mirrored.cursor.next;
        self.mirrored.send_replace(Some(mirrored));
        self.cursor.send_replace(next);
        let cursor = i64::try_from(next.0).unwrap_or(i64::MAX);
        self.metrics.mirror_cursor.set(cursor);
    }

    /// The topics of a scope, to ask the tables for their rows.
    pub(super) fn find_topics(&self, scope: &Scope) -> FoundTopics {
        let found = self.catalog.find_topics(scope, true);
        // In this order: it is said before the first topic is taken out.
        if found.all && self.removals.is_under_way() {
            return self.catalog.find_topics(scope, false);
        }
        found
    }

    /// Whether there are messages that are only in their dead letters.
    pub(super) fn has_whole_dead_letters(&self) -> bool {
        self.whole_dead_letters.load(Ordering::Acquire)
    }

    pub(super) fn note_whole_dead_letters(&self) {
        self.whole_dead_letters.store(true, Ordering::Release);
    }

    /// The folder that the database is in, where it is a server of our own.
    pub(super) async fn disk(
        &self,
        connection: &mut PgConnection,
    ) -> Result<Option<PathBuf>, StoreError> {
        if self.is_our_own && self.disk.get().is_none() {
            let folder: String = sqlx::query_scalar("select current_setting('data_directory')")
                .fetch_one(connection)
                .await
                .map_err(StoreError::while_doing("ask where the database is"))?;
            return Ok(Some(self.disk.get_or_init(|| folder.into()).clone()));
        }
        Ok(self.disk.get().cloned())
    }

    /// How many topics, series and bytes of names are kept apart.
    pub(super) fn limits(&self) -> NameLimits {
        *self.limits.read()
    }

    pub(super) fn set_limits(&self, limits: NameLimits) {
        *self.limits.write() = limits;
        self.metrics.topics_max.set(gauge(limits.topics));
    }

    /// Says what keeps somebody from a duty, or that nothing does any longer.
    pub(super) fn report(&self, duty: Duty, obstacle: Option<String>) {
        let mut obstacles = self.obstacles.lock();
        match obstacle {
            Some(obstacle) => obstacles.insert(duty, obstacle),
            None => obstacles.remove(&duty),
        };
    }

    /// What keeps the store from its work.
    pub(super) fn obstacle(&self) -> Option<String> {
        let obstacles = self.obstacles.lock();
        let all: Vec<&str> = obstacles.values().map(String::as_str).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// Tells the metrics how many topics and series there are, and what their names come to; and a
    /// person, in time, that there will soon be no room for more.
    pub(super) fn show_sizes(&self, names_bytes: usize) {
        self.metrics.names_bytes.set(gauge(names_bytes));
        let (topics, series) = self.catalog.sizes();
        self.metrics.topics.set(topics.cast_signed());
        self.metrics.series.set(series.cast_signed());
        let limits = self.limits();
        let is_near = topics * 100 >= limits.topics as u64 * NAMES_WARN_PERCENT
            || names_bytes as u64 * 100 >= limits.bytes as u64 * NAMES_WARN_PERCENT;
        let was_told = self.is_told_of_topics.swap(is_near, Ordering::Relaxed);
        if is_near && !was_told {
            tracing::warn!(
                topics,
                topics_max = limits.topics,
                names_bytes,
                names_bytes_max = limits.bytes,
                "most of the topics that are kept apart are in use, or of the room for their names; \
                 messages on further ones become dead letters: raise topics_max or \
                 names_bytes_max, or remove topics"
            );
        }
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
