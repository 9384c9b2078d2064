//! The store as the rest of the server holds it.

use std::fmt;
use std::sync::Arc;

use sqlx::PgConnection;
use tokio::sync::{Mutex, MutexGuard, watch};

use super::answer::{ClientClock, Latest, TopicExtent, TreeNode};
use super::batch::RowBatch;
use super::connect::connect;
use super::database::Database;
use super::dictionary::NameLimits;
use super::error::StoreError;
use super::mirrored::Mirrored;
use super::missing::Missing;
use super::prepare::prepare;
use super::retention::{Sealed, StorageSizes, Timescale};
use super::state::{Duty, StoreState};
use super::write::BatchWriter;
use crate::message::{Epoch, Keep, Offset, Scope, Sight, Timestamp, Topic, TopicFilter};
use crate::metrics::Metrics;

/// The database and what is remembered of it. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    state: Arc<StoreState>,
    writer: Arc<Mutex<BatchWriter>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

impl Store {
    /// A store on `database`. Nothing is connected yet: see [`Self::prepare`].
    pub fn open(database: &Database, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        Ok(Self {
            state: Arc::new(StoreState::new(database, metrics)?),
            writer: Arc::default(),
        })
    }

    /// Keeps so many topics and series apart; to be said before [`Self::prepare`].
    pub fn limit_names(&self, limits: NameLimits) {
        self.state.set_limits(limits);
    }

    /// Keeps history for so long, and rollups for so many days where that is given; to be said before
    /// [`Self::keep_house`].
    pub fn keep(&self, keep: Keep, rollups_days: Option<u32>) {
        self.state.retention.set_whole(keep, rollups_days);
    }

    /// What history takes; `None` while that has not been measured yet.
    pub fn sizes(&self) -> Option<Arc<StorageSizes>> {
        self.state.sizes.read().clone()
    }

    /// From when on every message is there of the topics that `filter` names; `None` where none
    /// has gone.
    pub fn messages_kept_from(&self, filter: &TopicFilter) -> Option<Timestamp> {
        let kept = self.state.retention.kept_from(Sealed::Messages, filter)?;
        Some(kept.time)
    }

    /// The first message from which on every one is there of these topics.
    pub fn messages_kept_from_seq(&self, filter: &TopicFilter) -> Offset {
        let kept = self.state.retention.kept_from(Sealed::Messages, filter);
        kept.map_or(Offset(0), |kept| kept.seq)
    }

    /// From when on every sample is there of these topics, by event time.
    pub fn samples_kept_from(&self, filter: &TopicFilter) -> Option<Timestamp> {
        let kept = self.state.retention.kept_from(Sealed::Samples, filter)?;
        Some(kept.time)
    }

    /// What keeps the store from its work and will not pass by itself, for a person to read.
    pub fn obstacle(&self) -> Option<String> {
        self.state.obstacle()
    }

    /// Says what keeps somebody from a duty, or that nothing does any longer.
    pub fn report(&self, duty: Duty, obstacle: Option<String>) {
        self.state.report(duty, obstacle);
    }

    /// Brings the tables up to date and reads what is to be remembered of them. Does so once;
    /// fails with [`StoreError::is_away`] while the database is, and may then be called again.
    pub async fn prepare(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        if self.is_ready() {
            return Ok(());
        }
        writer.know(prepare(&self.state).await?);
        self.state.set_ready();
        Ok(())
    }

    /// What is used of TimescaleDB, for a person to read; `None` where the database does not have it.
    pub fn timescale_told(&self) -> Option<String> {
        let retention = &self.state.retention;
        let told = |timescale: &Timescale| timescale.told(retention.has_hypertables());
        retention.timescale().map(told)
    }

    /// Whether [`Self::prepare`] has done its work.
    pub fn is_ready(&self) -> bool {
        self.state.is_ready()
    }

    /// Every record below the cursor is committed.
    pub fn cursor(&self) -> watch::Receiver<Offset> {
        self.state.cursor.subscribe()
    }

    /// The last record that is committed. An answer shows the state as of this one, or of an
    /// earlier one that the question names, however long it takes and in however many pieces.
    pub fn complete_to(&self) -> Offset {
        self.state.cursor.borrow().last_below()
    }

    /// Where the mirror stands in the database and what it has counted there; `None` while it has
    /// never written to it, or it has not been reached.
    pub fn mirrored(&self) -> Option<Mirrored> {
        *self.state.mirrored.borrow()
    }

    /// Commits a batch and moves the cursor from `batch.first` to `batch.next`. Messages that the
    /// database refuses for what is in them become dead letters; they never stop the others.
    ///
    /// After an error nothing of the batch, or a first part of it, is committed: the caller goes
    /// on with [`RowBatch::after`] the [`Self::cursor`].
    pub async fn write(&self, batch: &RowBatch) -> Result<(), StoreError> {
        self.writer.lock().await.write(&self.state, batch).await
    }

    /// Reads what was counted, where nobody knows whether it came into the tables.
    pub(super) async fn recount(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let _nobody_writes = self.writer.lock().await;
        let found = Mirrored::load(connection).await?;
        // Where the cursor is elsewhere, the writer does not know either, and will look.
        if let (Some(found), Some(known)) = (found, self.mirrored())
            && known.cursor == found.cursor
        {
            self.state.publish(found);
        }
        Ok(())
    }

    /// Closes the slot that is written to, so that what is in it can be sealed.
    pub(super) async fn close_slot(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let Some(mirrored) = self.mirrored() else {
            return Ok(());
        };
        self.state.slots.expire();
        let here = mirrored.cursor.next;
        let nothing = RowBatch {
            first: here,
            next: here,
            rows: Vec::new(),
            left_out: Vec::new(),
        };
        writer.write(&self.state, &nothing).await
    }

    /// Says that the mirror goes on at `next` of the journal `epoch`: for a new journal, whose
    /// records are counted from nothing, or past a range that is missing. The cursor never goes
    /// back. What is said once may be said again: the answer to the first time may have been lost.
    pub async fn adopt(&self, epoch: Epoch, next: Offset) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let mut connection = writer.take_connection(&self.state).await?;
        let adopted = Mirrored::adopt(&mut connection, epoch, next, self.mirrored()).await?;
        writer.put_back(connection);
        self.state.publish(adopted);
        Ok(())
    }

    /// Notes that a range is missing, for whoever asks from now on. What is noted once may be
    /// noted again.
    pub async fn note_missing(&self, missing: Missing) -> Result<(), StoreError> {
        let state = &self.state;
        let mut connection = connect(&state.options).await?;
        missing.note(&mut connection).await?;
        *state.missing.write() = Missing::load(&mut connection).await?;
        Ok(())
    }

    /// All that is missing, by offset.
    pub fn missing(&self) -> Vec<Missing> {
        self.state.missing.read().clone()
    }

    /// The first range that is missing at or behind `position`.
    pub fn missing_from(&self, position: Offset) -> Option<Missing> {
        let missing = self.state.missing.read();
        let mut ranges = missing.iter().filter(|range| range.to > range.from);
        ranges.find(|range| range.to > position).copied()
    }

    /// What is on record of the database's having been written from another journal before the
    /// present one.
    pub fn changed_over(&self) -> Option<Missing> {
        let epoch = self.mirrored()?.cursor.epoch;
        let missing = self.state.missing.read();
        let mut of_this = missing.iter().filter(|range| range.epoch == epoch);
        of_this.find(|range| range.earlier.is_some()).copied()
    }

    /// How many messages of the journal that is mirrored now are missing.
    pub fn missing_messages(&self) -> u64 {
        let Some(mirrored) = self.mirrored() else {
            return 0;
        };
        let missing = self.state.missing.read();
        let of_this = missing
            .iter()
            .filter(|range| range.epoch == mirrored.cursor.epoch);
        of_this.map(|range| range.messages).sum()
    }

    /// The topics of `scope` whose name contains `q`, whatever its case, beyond `after`; by name.
    pub fn topics(
        &self,
        scope: &Scope,
        q: Option<&str>,
        after: Option<&Topic>,
        limit: usize,
    ) -> Vec<Latest> {
        self.state.catalog.topics(scope, q, after, limit)
    }

    /// The last value of each topic of `scope` beyond `after`; by name.
    pub fn latest(&self, scope: &Scope, after: Option<&Topic>, limit: usize) -> Vec<Latest> {
        self.state.catalog.topics(scope, None, after, limit)
    }

    /// The last value of each topic of `scope` that had a message beyond `after`; by `seq`.
    pub fn latest_since(&self, after: Offset, scope: &Scope, limit: usize) -> Vec<Latest> {
        self.state.catalog.latest_since(after, scope, limit)
    }

    /// The children of a place in the topic tree beyond the one named `after`, as far as `sight`
    /// holds something of them; by name. The empty path is the root; [`TreeNode::path`] is what to
    /// ask with for a child's own children.
    pub fn children(
        &self,
        sight: &Sight,
        path: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Vec<TreeNode> {
        self.state.catalog.children(sight, path, after, limit)
    }

    /// How far the clocks of clients are off, the worst first, at most so many of them.
    pub fn clocks(&self, limit: usize) -> Vec<ClientClock> {
        self.state.catalog.clocks(limit)
    }

    /// What there is of the topics of `scope` that are meant; some of their names.
    pub fn extent(
        &self,
        scope: &Scope,
        is_meant: impl Fn(&Topic) -> bool,
        names_max: usize,
    ) -> TopicExtent {
        self.state.catalog.extent(scope, is_meant, names_max)
    }

    /// How many topics of `scope` there are, and their series.
    pub fn sums(&self, scope: &Scope) -> (u64, u64) {
        self.state.catalog.sums(scope)
    }

    /// Closes the readers' connections, once those in use are given back.
    pub async fn close(&self) {
        self.state.readers.close().await;
    }

    pub(super) fn state(&self) -> &StoreState {
        &self.state
    }

    /// The one that writes, once whoever has it is done.
    pub(super) async fn writer(&self) -> MutexGuard<'_, BatchWriter> {
        self.writer.lock().await
    }
}
