//! What every part of the store works with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;

use super::StoreError;
use super::catalog::Catalog;
use super::database::{self, Database};
use super::mirrored::Mirrored;
use super::slots::HotSlots;
use crate::message::Offset;
use crate::metrics::Metrics;

/// The way into the database, and what is remembered of it.
pub(super) struct StoreState {
    pub(super) options: PgConnectOptions,
    pub(super) readers: PgPool,
    pub(super) catalog: Catalog,
    pub(super) slots: HotSlots,
    pub(super) mirrored: watch::Sender<Option<Mirrored>>,
    pub(super) cursor: watch::Sender<Offset>,
    pub(super) metrics: Arc<Metrics>,
    ready: AtomicBool,
}

impl StoreState {
    pub(super) fn new(database: &Database, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let options = database.options()?;
        Ok(Self {
            readers: database::readers(&options),
            options,
            catalog: Catalog::default(),
            slots: HotSlots::default(),
            mirrored: watch::Sender::new(None),
            cursor: watch::Sender::new(Offset(0)),
            metrics,
            ready: AtomicBool::new(false),
        })
    }

    /// Whether the tables are as they should be, and what is to be remembered of them is.
    pub(super) fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
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
