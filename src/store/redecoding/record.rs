//! What is decoded again, as the table has it and as it is kept in memory.

use parking_lot::RwLock;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::message::{Offset, Timestamp, TopicFilter};
use crate::store::error::StoreError;
use crate::store::wire::{Instant, clean};

/// How many that are over are remembered.
const OVER_MAX: i64 = 1000;

/// How many may wait to be done.
pub(super) const WAITING_MAX: usize = 20;

const COLUMNS: &str =
    "id, filter, state, requested_at, requested_by, finished_at, failure, from_seq,
    from_time, up_to, topic_id_max, at_topic, at_seq, topics, topics_done, messages,
    samples_before, samples, dead_letters_before, dead_letters";

/// How far decoding again has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedecodingState {
    /// Others come first.
    Waiting,
    Running,
    Done,
    /// Somebody stopped it: what is done stays.
    Cancelled,
    /// The database would not have it: what is done stays.
    Failed,
}

/// Messages that are decoded again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redecoding {
    pub id: i32,
    pub filter: TopicFilter,
    pub state: RedecodingState,
    pub requested_at: Timestamp,
    pub requested_by: String,
    pub finished_at: Option<Timestamp>,
    /// Why it failed.
    pub failure: Option<String>,
    /// From this message on.
    pub from: Offset,
    /// And from this receipt on.
    pub from_time: Option<Timestamp>,
    /// No message behind this one is decoded again.
    pub up_to: Offset,
    /// It is for the topics with numbers up to here.
    pub(super) topic_id_max: i32,
    /// Where it goes on.
    pub(super) at_topic: i32,
    pub(super) at_seq: Offset,
    /// How many topics it is for.
    pub topics: u64,
    pub topics_done: u64,
    /// How many messages are decoded again.
    pub messages: u64,
    /// How many samples these had, and have now.
    pub samples_before: u64,
    pub samples: u64,
    /// How many of them had something wrong about them, and have now.
    pub dead_letters_before: u64,
    pub dead_letters: u64,
}

/// All that are remembered, by id.
#[derive(Debug, Default)]
pub(in crate::store) struct Redecodings(RwLock<Vec<Redecoding>>);

impl RedecodingState {
    fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    fn is_over(self) -> bool {
        !matches!(self, Self::Waiting | Self::Running)
    }
}

impl Redecodings {
    /// Reads them from the table.
    pub(in crate::store) async fn load(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let statement = format!("select {COLUMNS} from unspool.redecoding order by id");
        let rows = sqlx::query(AssertSqlSafe(statement))
            .fetch_all(connection)
            .await
            .map_err(StoreError::while_doing("read what is decoded again"))?;
        *self.0.write() = rows.iter().filter_map(Redecoding::of).collect();
        Ok(())
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Redecoding> {
        self.0.read().clone()
    }

    /// The one to be worked on.
    pub(super) fn next(&self) -> Option<Redecoding> {
        let all = self.0.read();
        let mut left = all.iter().filter(|one| !one.state.is_over());
        left.next().cloned()
    }

    /// Whether there is nothing to be done.
    pub(in crate::store) fn are_over(&self) -> bool {
        self.left() == 0
    }

    /// How many are not over.
    pub(super) fn left(&self) -> usize {
        let all = self.0.read();
        all.iter().filter(|one| !one.state.is_over()).count()
    }

    /// Takes in how one is now. One that somebody has cancelled meanwhile stays so.
    pub(super) fn put(&self, mut redecoding: Redecoding) {
        let mut all = self.0.write();
        match all.binary_search_by_key(&redecoding.id, |one| one.id) {
            Ok(at) => {
                if all[at].state == RedecodingState::Cancelled {
                    redecoding.state = RedecodingState::Cancelled;
                    redecoding.finished_at = all[at].finished_at;
                }
                all[at] = redecoding;
            }
            Err(at) => all.insert(at, redecoding),
        }
    }

    /// Stops one that is not over; how it is now, if there is one.
    pub(super) fn cancel(&self, id: i32) -> Option<Redecoding> {
        let mut all = self.0.write();
        let at = all.binary_search_by_key(&id, |one| one.id).ok()?;
        let one = all.get_mut(at)?;
        if !one.state.is_over() {
            one.state = RedecodingState::Cancelled;
            one.finished_at = Some(Timestamp::now());
        }
        Some(one.clone())
    }

    /// Forgets the oldest that are over.
    pub(super) async fn forget_old(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let gone: Vec<i32> = sqlx::query_scalar(
            "delete from unspool.redecoding where state in ('done', 'cancelled', 'failed') and id < (
                select min(id) from (
                    select id from unspool.redecoding
                    where state in ('done', 'cancelled', 'failed') order by id desc limit $1
                ) kept
             ) returning id",
        )
        .bind(OVER_MAX)
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("forget what was decoded again"))?;
        self.0.write().retain(|one| !gone.contains(&one.id));
        Ok(())
    }
}

impl Redecoding {
    /// From its row; none where the filter is none, which nobody wrote here.
    fn of(row: &PgRow) -> Option<Self> {
        let count = |at| row.get::<i64, _>(at).cast_unsigned();
        Some(Self {
            id: row.get(0),
            filter: TopicFilter::new(row.get::<&str, _>(1)).ok()?,
            state: match row.get(2) {
                "waiting" => RedecodingState::Waiting,
                "running" => RedecodingState::Running,
                "cancelled" => RedecodingState::Cancelled,
                "failed" => RedecodingState::Failed,
                _ => RedecodingState::Done,
            },
            requested_at: row.get::<Instant, _>(3).0,
            requested_by: row.get(4),
            finished_at: row.get::<Option<Instant>, _>(5).map(|at| at.0),
            failure: row.get(6),
            from: Offset(count(7)),
            from_time: row.get::<Option<Instant>, _>(8).map(|at| at.0),
            up_to: Offset(count(9)),
            topic_id_max: row.get(10),
            at_topic: row.get(11),
            at_seq: Offset(count(12)),
            topics: count(13),
            topics_done: count(14),
            messages: count(15),
            samples_before: count(16),
            samples: count(17),
            dead_letters_before: count(18),
            dead_letters: count(19),
        })
    }

    /// Goes on behind the topic that is worked on: the next one has a greater number.
    pub(super) fn is_done_with_topic(&mut self) {
        self.topics_done += 1;
        self.at_topic += 1;
        self.at_seq = self.from;
    }

    /// Asks for one.
    pub(super) async fn insert(
        connection: &mut PgConnection,
        filter: &TopicFilter,
        (from, from_time): (Offset, Option<Timestamp>),
        by: &str,
    ) -> Result<Option<Self>, StoreError> {
        let statement = format!(
            "insert into unspool.redecoding (filter, from_seq, from_time, requested_by)
             values ($1, $2, $3, $4) returning {COLUMNS}"
        );
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(filter.as_str())
            .bind(from.0.cast_signed())
            .bind(from_time.map(Instant))
            .bind(clean(by).into_owned())
            .fetch_one(connection)
            .await
            .map_err(StoreError::while_doing("note what is to be decoded again"))?;
        Ok(Self::of(&row))
    }

    /// Writes how it is now, as a part of a transaction. What is over stays over.
    pub(super) async fn update(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query(
            "update unspool.redecoding
             set state = case state when 'cancelled' then state else $2 end,
                finished_at = coalesce(finished_at, $3), failure = $4, up_to = $5,
                topic_id_max = $6, at_topic = $7, at_seq = $8, topics = $9, topics_done = $10,
                messages = $11, samples_before = $12, samples = $13, dead_letters_before = $14,
                dead_letters = $15
             where id = $1",
        )
        .bind(self.id)
        .bind(self.state.name())
        .bind(self.finished_at.map(Instant))
        .bind(self.failure.as_deref().map(clean))
        .bind(self.up_to.0.cast_signed())
        .bind(self.topic_id_max)
        .bind(self.at_topic)
        .bind(self.at_seq.0.cast_signed())
        .bind(self.topics.cast_signed())
        .bind(self.topics_done.cast_signed())
        .bind(self.messages.cast_signed())
        .bind(self.samples_before.cast_signed())
        .bind(self.samples.cast_signed())
        .bind(self.dead_letters_before.cast_signed())
        .bind(self.dead_letters.cast_signed())
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("note how far decoding again is"))?;
        Ok(())
    }
}
