//! What every part of the store works with.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use parking_lot::RwLock;
use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Semaphore, watch};

use super::StoreError;
use super::catalog::Catalog;
use super::connect::{self, READERS_MAX};
use super::database::Database;
use super::mirrored::Mirrored;
use super::missing::Missing;
use super::slots::HotSlots;
use crate::message::Offset;
use crate::metrics::Metrics;

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
    pub(super) cursor: watch::Sender<Offset>,
    pub(super) metrics: Arc<Metrics>,
    ready: AtomicBool,
}

impl StoreState {
    pub(super) fn new(database: &Database, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let options = database.options()?;
        Ok(Self {
            readers: connect::readers(&options),
            seats: Semaphore::new(READERS_MAX as usize),
            room: OnceLock::new(),
            options,
            catalog: Catalog::default(),
            slots: HotSlots::default(),
            mirrored: watch::Sender::new(None),
            missing: RwLock::default(),
            cursor: watch::Sender::new(Offset(0)),
            metrics,
            ready: AtomicBool::new(false),
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
        let gauge = i64::try_from(next.0).unwrap_or(i64::MAX);
        self.metrics.mirror_cursor.set(gauge);
    }

    /// Tells the metrics how many topics and series there are.
    pub(super) fn show_sizes(&self) {
        let (topics, series) = self.catalog.sizes();
        self.metrics.topics.set(topics.cast_signed());
        self.metrics.series.set(series.cast_signed());
    }
}
