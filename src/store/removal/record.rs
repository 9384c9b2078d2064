//! Removals, as the table has them and as they are kept in memory.

use parking_lot::RwLock;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::message::{Offset, Timestamp, Topic, TopicFilter};
use crate::store::error::StoreError;
use crate::store::wire::Instant;

/// How many removals that are done are remembered.
const DONE_MAX: i64 = 1000;

/// How many may wait to be done.
pub(super) const WAITING_MAX: usize = 100;

const COLUMNS: &str = "id, filter, state, requested_at, finished_at, topic_id_max, clear_to, up_to,
    topics, messages_found, messages, dead_letters, samples, bytes";

/// How far a removal has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemovalState {
    /// Others come first.
    Waiting,
    /// Its topics are being taken out.
    Detaching,
    /// Nobody finds its topics any more; their rows are being deleted.
    Deleting,
    Done,
}

/// Topics that somebody removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    pub id: i32,
    pub filter: TopicFilter,
    pub state: RemovalState,
    pub requested_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// It is for the topics with numbers up to here.
    pub(super) topic_id_max: i32,
    /// All messages of its topics up to this one are removed.
    pub(super) clear_to: Offset,
    /// No message behind this one is.
    pub up_to: Offset,
    /// How many topics have been taken out.
    pub topics: u64,
    /// How many messages these had.
    pub messages_found: u64,
    /// What is deleted so far.
    pub messages: u64,
    pub dead_letters: u64,
    pub samples: u64,
    /// Of the payloads.
    pub bytes: u64,
}

/// All removals that are remembered, by id.
#[derive(Debug, Default)]
pub(in crate::store) struct Removals(RwLock<Vec<Removal>>);

impl Removals {
    /// Reads them from the table.
    pub(in crate::store) async fn load(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let statement = format!("select {COLUMNS} from unspool.removal order by id");
        let rows = sqlx::query(AssertSqlSafe(statement))
            .fetch_all(connection)
            .await
            .map_err(StoreError::while_doing("read the removals"))?;
        *self.0.write() = rows.iter().filter_map(Removal::of).collect();
        Ok(())
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Removal> {
        self.0.read().clone()
    }

    /// Whether there are rows of topics that are taken out.
    pub(in crate::store) fn is_under_way(&self) -> bool {
        let removals = self.0.read();
        removals.iter().any(|removal| {
            matches!(
                removal.state,
                RemovalState::Detaching | RemovalState::Deleting
            )
        })
    }

    /// The one to be worked on.
    pub(super) fn next(&self) -> Option<Removal> {
        let removals = self.0.read();
        let mut left = removals.iter().filter(|it| it.state != RemovalState::Done);
        left.next().cloned()
    }

    /// Whether there is nothing to be done.
    pub(in crate::store) fn is_done(&self) -> bool {
        self.left() == 0
    }

    /// How many are not done.
    pub(super) fn left(&self) -> usize {
        let removals = self.0.read();
        let left = removals.iter().filter(|it| it.state != RemovalState::Done);
        left.count()
    }

    /// Takes in how a removal is now.
    pub(super) fn put(&self, removal: Removal) {
        let mut removals = self.0.write();
        match removals.binary_search_by_key(&removal.id, |it| it.id) {
            Ok(at) => removals[at] = removal,
            Err(at) => removals.insert(at, removal),
        }
    }

    /// Forgets the oldest that are done.
    pub(super) async fn forget_old(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let gone: Vec<i32> = sqlx::query_scalar(
            "delete from unspool.removal where state = 'done' and id < (
                select min(id) from (
                    select id from unspool.removal where state = 'done' order by id desc limit $1
                ) kept
             ) returning id",
        )
        .bind(DONE_MAX)
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("forget old removals"))?;
        self.0.write().retain(|removal| !gone.contains(&removal.id));
        Ok(())
    }

    /// Whether a message is gone with its topic, though the journal may still have it.
    pub(in crate::store) fn removed(&self, topic: &Topic, seq: Offset) -> bool {
        let removals = self.0.read();
        removals
            .iter()
            .any(|removal| seq <= removal.clear_to && removal.filter.matches(topic))
    }

    /// Of the removals that `filter` has topics in common with and that are not older than the one
    /// numbered `after`: the first that took something at or behind `from`.
    pub(in crate::store) fn first_from(
        &self,
        filter: &TopicFilter,
        from: Offset,
        after: i32,
    ) -> Option<Removal> {
        let removals = self.0.read();
        let mut later = removals.iter().filter(|removal| removal.id > after);
        later
            .find(|removal| removal.up_to >= from && removal.filter.overlaps(filter))
            .cloned()
    }
}

impl Removal {
    /// From its row; none where the filter is none, which nobody wrote here.
    fn of(row: &PgRow) -> Option<Self> {
        let count = |at| row.get::<i64, _>(at).cast_unsigned();
        Some(Self {
            id: row.get(0),
            filter: TopicFilter::new(row.get::<&str, _>(1)).ok()?,
            state: match row.get(2) {
                "waiting" => RemovalState::Waiting,
                "detaching" => RemovalState::Detaching,
                "deleting" => RemovalState::Deleting,
                _ => RemovalState::Done,
            },
            requested_at: row.get::<Instant, _>(3).0,
            finished_at: row.get::<Option<Instant>, _>(4).map(|at| at.0),
            topic_id_max: row.get(5),
            clear_to: Offset(count(6)),
            up_to: Offset(count(7)),
            topics: count(8),
            messages_found: count(9),
            messages: count(10),
            dead_letters: count(11),
            samples: count(12),
            bytes: count(13),
        })
    }

    /// Asks for one.
    pub(super) async fn insert(
        connection: &mut PgConnection,
        filter: &TopicFilter,
    ) -> Result<Option<Self>, StoreError> {
        let statement =
            format!("insert into unspool.removal (filter) values ($1) returning {COLUMNS}");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(filter.as_str())
            .fetch_one(connection)
            .await
            .map_err(StoreError::while_doing("note what is to be removed"))?;
        Ok(Self::of(&row))
    }

    /// Writes how it is now, as a part of a transaction.
    pub(super) async fn update(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query(
            "update unspool.removal set state = $2, finished_at = $3, topic_id_max = $4,
                clear_to = $5, up_to = $6, topics = $7, messages_found = $8, messages = $9,
                dead_letters = $10, samples = $11, bytes = $12
             where id = $1",
        )
        .bind(self.id)
        .bind(match self.state {
            RemovalState::Waiting => "waiting",
            RemovalState::Detaching => "detaching",
            RemovalState::Deleting => "deleting",
            RemovalState::Done => "done",
        })
        .bind(self.finished_at.map(Instant))
        .bind(self.topic_id_max)
        .bind(self.clear_to.0.cast_signed())
        .bind(self.up_to.0.cast_signed())
        .bind(self.topics.cast_signed())
        .bind(self.messages_found.cast_signed())
        .bind(self.messages.cast_signed())
        .bind(self.dead_letters.cast_signed())
        .bind(self.samples.cast_signed())
        .bind(self.bytes.cast_signed())
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("note how far a removal is"))?;
        Ok(())
    }
}
