//! Asking for a removal, and what would come of it.

use sqlx::Row as _;

use super::record::{Removal, WAITING_MAX};
use crate::message::{Offset, Scope, Topic, TopicFilter};
use crate::store::connect::connect;
use crate::store::error::StoreError;
use crate::store::handle::Store;

const COUNTING: &str = "count what would be removed";

/// How many dead letters are read at a time.
const PIECE_ROWS: i64 = 1000;

/// What a removal would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovalPreview {
    pub topics: u64,
    pub series: u64,
    pub messages: u64,
    /// Of the payloads.
    pub bytes: u64,
    pub samples: u64,
    pub dead_letters: u64,
    /// The first of the topics, by name.
    pub names: Vec<Topic>,
}

impl Store {
    /// What removing the topics of `filter` would take; some of their names.
    pub async fn preview_removal(
        &self,
        filter: TopicFilter,
        names_max: usize,
    ) -> Result<RemovalPreview, StoreError> {
        let scope = Scope::unrestricted(filter);
        let state = self.state();
        let (sizes, names) = state.catalog.sizes_of(&scope, names_max);
        let topics = state.find_topics(&scope);
        let ids = (!topics.all).then_some(topics.ids);
        let readers = &state.readers;
        let sealed = sqlx::query_scalar(
            "select coalesce(sum(n), 0)::bigint from unspool.sample_block_all
             where $1::integer[] is null or series_id in (
                select id from unspool.series where topic_id = any($1)
             )",
        );
        let sealed = sealed.bind(&ids).fetch_one(readers);
        let hot = sqlx::query_scalar(
            "select coalesce(sum(cardinality(series)), 0)::bigint from unspool.message_hot
             where series is not null and ($1::integer[] is null or topic_id = any($1))
                and seq >= (
                    select coalesce(min(first_seq), 0) from unspool.hot_slot
                    where state in ('open', 'closed')
                )",
        );
        let hot = hot.bind(&ids).fetch_one(readers);
        let letters = sqlx::query_scalar(
            "select count(*) from unspool.dead_letter
             where topic_id = any($1) or $1::integer[] is null and topic_id is not null",
        );
        let letters = letters.bind(&ids).fetch_one(readers);
        let counts = async {
            let sealed: i64 = sealed.await?;
            let hot: i64 = hot.await?;
            let letters: i64 = letters.await?;
            Ok((sealed + hot, letters))
        };
        let (samples, letters) = self.ask(COUNTING, counts).await?;
        let whole = self.whole_dead_letters(&scope).await?;
        Ok(RemovalPreview {
            topics: sizes.topics,
            series: sizes.series,
            messages: sizes.messages,
            bytes: sizes.bytes,
            samples: samples.unsigned_abs(),
            dead_letters: letters.unsigned_abs() + whole,
            names,
        })
    }

    /// How many messages of a scope are in their dead letters only.
    async fn whole_dead_letters(&self, scope: &Scope) -> Result<u64, StoreError> {
        let (mut found, mut after) = (0, -1_i64);
        loop {
            let rows = sqlx::query(
                "select seq, topic from unspool.dead_letter
                 where topic_id is null and seq > $1 order by seq limit $2",
            );
            let rows = rows.bind(after).bind(PIECE_ROWS);
            let rows = rows.fetch_all(&self.state().readers);
            let rows = self.ask(COUNTING, rows).await?;
            let Some(last) = rows.last() else {
                return Ok(found);
            };
            after = last.get(0);
            let topics = rows.iter().filter_map(|row| row.get::<Option<&str>, _>(1));
            let topics = topics.filter_map(|topic| Topic::new(topic).ok());
            found += topics.filter(|topic| scope.holds(topic)).count() as u64;
        }
    }

    /// Asks for the topics of `filter` to be removed; done in the background. What has been asked
    /// for is done, also by a server that starts later.
    pub async fn remove_topics(&self, filter: &TopicFilter) -> Result<Removal, StoreError> {
        let doing = "ask for a removal";
        if !self.is_ready() {
            return Err(StoreError::NotReady);
        }
        let state = self.state();
        if state.removals.left() >= WAITING_MAX {
            return Err(StoreError::Busy { doing });
        }
        let mut connection = connect(&state.options).await?;
        state.removals.forget_old(&mut connection).await?;
        let removal = Removal::insert(&mut connection, filter).await?;
        let removal = removal.ok_or(StoreError::NotReady)?;
        state.removals.put(removal.clone());
        Ok(removal)
    }

    /// The removals that are remembered, by id.
    pub fn removals(&self) -> Vec<Removal> {
        self.state().removals.all()
    }

    /// Whether a message is gone with its topic, though the journal may still have it.
    pub fn is_removed(&self, topic: &Topic, seq: Offset) -> bool {
        self.state().removals.removed(topic, seq)
    }

    /// The first removal later than the one numbered `after` that took messages of topics that
    /// `filter` names too, at or behind `from`.
    pub fn removal_from(&self, filter: &TopicFilter, from: Offset, after: i32) -> Option<Removal> {
        self.state().removals.first_from(filter, from, after)
    }
}
