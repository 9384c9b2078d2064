//! PostgreSQL. The only place with SQL.
//!
//! Everything is in the schema `unspool` (`migrations/`). The hot end is cheap to write: one row
//! for each message, its samples in arrays beside it, no btree ([`write`]). Full slots of it are
//! sealed in the background ([`seal`]): messages ordered by topic into day partitions with
//! indexes, samples into blocks of one series and at most one hour. Readers see both as one.
//!
//! Invariants:
//! - Rows and the mirror's cursor move in one transaction, and only from where the cursor is
//!   believed to be: no message is stored twice, whoever writes and whatever dies.
//! - What is hot is the newest end of everything: slots are sealed in the order of `seq`, rows
//!   move in one transaction. A reader learns in the snapshot that it reads the hot end in where
//!   that begins, and then reads the sealed rest below it.
//! - The catalog shows what is committed.

mod batch;
mod block;
mod bucket;
mod catalog;
mod database;
pub mod embedded;
mod encode;
mod error;
mod letters;
mod messages;
mod names;
mod pages;
mod partition;
mod position;
mod prepare;
mod query;
mod ring;
mod samples;
mod seal;
mod tend;
#[cfg(test)]
mod tests;
mod wire;
mod write;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::watch;

use self::catalog::Catalog;
use self::ring::Ring;
use self::write::Writer;
use crate::message::{Offset, Topic, TopicFilter};
use crate::metrics::Metrics;

pub use self::batch::{Batch, NewSample, Row};
pub use self::database::{Database, DatabaseInfo};
pub use self::error::StoreError;
pub use self::letters::{DeadLetter, LetterQuery};
pub use self::pages::Pages;
pub use self::position::Position;
pub use self::query::*;

/// The database and what is remembered of it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    options: PgConnectOptions,
    readers: PgPool,
    catalog: Catalog,
    ring: Ring,
    writer: tokio::sync::Mutex<Writer>,
    position: watch::Sender<Option<Position>>,
    cursor: watch::Sender<Offset>,
    ready: AtomicBool,
    metrics: Arc<Metrics>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// A store on `database`. Nothing is connected yet: see [`Self::prepare`].
    pub fn open(database: &Database, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let options = database.options()?;
        Ok(Self {
            shared: Arc::new(Shared {
                readers: database::readers(&options),
                options,
                catalog: Catalog::default(),
                ring: Ring::default(),
                writer: tokio::sync::Mutex::default(),
                position: watch::Sender::new(None),
                cursor: watch::Sender::new(Offset(0)),
                ready: AtomicBool::new(false),
                metrics,
            }),
        })
    }

    /// Brings the tables up to date and reads what is to be remembered of them. Does so once;
    /// fails with [`StoreError::is_away`] while the database is, and may then be called again.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        let mut writer = self.shared.writer.lock().await;
        if self.is_ready() {
            return Ok(());
        }
        writer.prepare(&self.shared).await?;
        self.shared.ready.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether [`Self::prepare`] has done its work.
    pub fn is_ready(&self) -> bool {
        self.shared.ready.load(Ordering::Acquire)
    }

    /// Every record below the cursor is committed.
    pub fn cursor(&self) -> watch::Receiver<Offset> {
        self.shared.cursor.subscribe()
    }

    /// Where the mirror stands in the database and what it has counted there; `None` while it has
    /// never written to it, or it has not been reached.
    pub fn position(&self) -> Option<Position> {
        *self.shared.position.borrow()
    }

    /// The topics that `filter` names and whose name contains `q`, whatever its case, beyond
    /// `after`; by name.
    pub fn topics(
        &self,
        filter: &TopicFilter,
        q: Option<&str>,
        after: Option<&Topic>,
        limit: usize,
    ) -> Vec<Latest> {
        self.shared.catalog.topics(filter, q, after, limit)
    }

    /// The last value of each topic that `filter` names, beyond `after`; by name.
    pub fn latest(&self, filter: &TopicFilter, after: Option<&Topic>, limit: usize) -> Vec<Latest> {
        self.shared.catalog.topics(filter, None, after, limit)
    }

    /// The last value of each topic that `filter` names and that had a message beyond `after`;
    /// by `seq`.
    pub fn latest_since(&self, after: Offset, filter: &TopicFilter, limit: usize) -> Vec<Latest> {
        self.shared.catalog.latest_since(after, filter, limit)
    }

    /// The children of a place in the topic tree beyond the one named `after`; by name. The empty
    /// path is the root; [`TreeNode::path`] is what to ask with for a child's own children.
    pub fn children(&self, path: &str, after: Option<&str>, limit: usize) -> Vec<TreeNode> {
        self.shared.catalog.children(path, after, limit)
    }

    /// Closes the readers' connections, once those in use are given back.
    pub async fn close(&self) {
        self.shared.readers.close().await;
    }
}
