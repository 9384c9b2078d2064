//! Raw messages, hot and sealed, in the order of `seq`.

use bytes::Bytes;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::question::{MessageQuery, Order, direction};
use crate::message::{ClientId, Message, Offset, Scope, Timestamp, TopicFilter};
use crate::store::catalog::FoundTopics;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::properties::{is_stripped, properties_from_json, qos_and_retain};
use crate::store::slots::HOT_FROM;
use crate::store::wire::Instant;

/// The columns of a message in either table.
pub(super) const MESSAGE: &str =
    "m.seq, m.received_at, m.topic_id, m.flags, m.client, m.payload, m.properties::text";

/// How often it is read anew what a topic is removed of meanwhile.
const REMOVED_MAX: u32 = 10;

/// The part of the hot end that is looked through next. Its index knows where a run of records is,
/// but not their topics: how far the messages of a filter lie apart shows on the way.
#[derive(Debug, Clone, Copy)]
struct Window(u64);

impl Window {
    /// Enough for every fourth message being one that is wanted.
    fn new(limit: usize) -> Self {
        Self((limit as u64).saturating_mul(4).max(1024))
    }

    /// After `found` messages, when `left` more are wanted.
    fn grow(&mut self, found: usize, left: usize) {
        let factor = match found {
            0 => 16,
            found => (2 * left / found).clamp(2, 64) as u64,
        };
        self.0 = self.0.saturating_mul(factor);
    }
}

impl Store {
    /// The messages asked for, in the order asked for.
    pub async fn messages(&self, query: &MessageQuery) -> Result<Vec<Message>, StoreError> {
        if query.limit == 0 {
            return Ok(Vec::new());
        }
        // First of all: the slots that are looked at later have everything up to here.
        let range = SeqRange::of(query, self.complete_to());
        let mut tries = 0;
        let mut found = loop {
            let topics = self.state().find_topics(&query.scope);
            let FoundMessages { messages, is_whole } = match query.order {
                _ if topics.is_none() => FoundMessages::default(),
                Order::Ascending => self.ascending(query, &topics, range).await?,
                Order::Descending => self.descending(query, &topics, range).await?,
            };
            // Fewer are the last ones, unless a topic of some was removed meanwhile.
            let is_removed = topics.removed != self.state().catalog.removed();
            if is_whole && (messages.len() >= query.limit || !is_removed) {
                break messages;
            }
            tries += 1;
            if tries == REMOVED_MAX {
                let doing = "read messages of topics that are being removed";
                return Err(StoreError::Busy { doing });
            }
        };
        if self.state().has_whole_dead_letters() {
            self.add_dead_lettered(query, range, &mut found).await?;
        }
        Ok(found)
    }

    /// Adds the messages that are nowhere but in their dead letters, each in its place.
    async fn add_dead_lettered(
        &self,
        query: &MessageQuery,
        mut range: SeqRange,
        found: &mut Vec<Message>,
    ) -> Result<(), StoreError> {
        if let Some(last) = found.last().filter(|_| found.len() >= query.limit) {
            range = match query.order {
                Order::Ascending => range.below(last.offset),
                Order::Descending => range.onward(last.offset),
            };
        }
        let letters = self.dead_lettered(query, (range.from, range.to)).await?;
        if letters.is_empty() {
            return Ok(());
        }
        found.extend(letters);
        found.sort_by_key(|message| message.offset);
        if query.order == Order::Descending {
            found.reverse();
        }
        found.truncate(query.limit);
        Ok(())
    }

    async fn ascending(
        &self,
        query: &MessageQuery,
        topics: &FoundTopics,
        mut range: SeqRange,
    ) -> Result<FoundMessages, StoreError> {
        // All below is sealed, and stays so: the hot end may not be needed at all.
        let hot_from = self.state().slots.hot_from();
        let below = range.below(hot_from);
        let mut found = self.sealed(query, topics, below, query.limit).await?;
        range.from = range.from.max(hot_from);
        let mut window = Window::new(query.limit);
        while found.messages.len() < query.limit && !range.is_empty() {
            let left = query.limit - found.messages.len();
            let part = range.below(range.from.plus(window.0));
            let (sealed_to, hot) = self.hot(query, topics, part, left).await?;
            // What was sealed in the meantime.
            let between = self.sealed(query, topics, part.below(sealed_to), left);
            window.grow(hot.messages.len(), left);
            found.extend(between.await?);
            found.extend(hot);
            range.from = part.to;
        }
        found.messages.truncate(query.limit);
        Ok(found)
    }

    async fn descending(
        &self,
        query: &MessageQuery,
        topics: &FoundTopics,
        mut range: SeqRange,
    ) -> Result<FoundMessages, StoreError> {
        let mut found = FoundMessages::default();
        let mut window = Window::new(query.limit);
        let mut hot = range.onward(self.state().slots.hot_from());
        while found.messages.len() < query.limit && !hot.is_empty() {
            let left = query.limit - found.messages.len();
            let part = hot.onward(Offset(hot.to.0.saturating_sub(window.0)));
            let (sealed_to, newest) = self.hot(query, topics, part, left).await?;
            window.grow(newest.messages.len(), left);
            found.extend(newest);
            hot.to = part.from;
            hot.from = hot.from.max(sealed_to);
            range.to = part.from.max(sealed_to.min(part.to));
        }
        if found.messages.len() < query.limit {
            let left = query.limit - found.messages.len();
            found.extend(self.sealed(query, topics, range, left).await?);
        }
        Ok(found)
    }

    /// When the last message was received that is here.
    pub async fn last_received_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let query = MessageQuery {
            scope: Scope::unrestricted(TopicFilter::all()),
            from: None,
            to: None,
            after: None,
            up_to: None,
            order: Order::Descending,
            limit: 1,
        };
        let last = self.messages(&query).await?;
        Ok(last.first().map(|message| message.received_at))
    }

    pub async fn message(&self, offset: Offset) -> Result<Option<Message>, StoreError> {
        let doing = "read a message";
        let hot_rows = self.state().slots.hot_rows();
        for table in [&*hot_rows, "unspool.message_sealed_all"] {
            let statement = format!("select {MESSAGE} from {table} m where m.seq = $1");
            let row = sqlx::query(AssertSqlSafe(statement))
                .bind(offset.0.cast_signed())
                .fetch_optional(&self.state().readers);
            if let Some(row) = self.ask(doing, row).await? {
                return Ok(self.message_of(&row));
            }
        }
        self.dead_lettered_message(offset).await
    }

    /// The hot messages of a range, and below which `seq` everything was sealed when they were
    /// read.
    async fn hot(
        &self,
        query: &MessageQuery,
        topics: &FoundTopics,
        range: SeqRange,
        limit: usize,
    ) -> Result<(Offset, FoundMessages), StoreError> {
        let order = direction(query.order);
        let hot_rows = self.state().slots.hot_rows();
        let statement = format!(
            "with h as materialized ({HOT_FROM})
             select {MESSAGE}, h.first_seq
             from h
             left join (
                select * from {hot_rows} as hot
                where ($1::integer[] is null or topic_id = any($1)) and seq >= $2 and seq < $3
                    and seq >= (select first_seq from h)
                    and ($4::timestamptz is null or received_at >= $4)
                    and ($5::timestamptz is null or received_at < $5)
                order by seq {order} limit $6
             ) m on true
             order by m.seq {order}"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind((!topics.all).then_some(&topics.ids))
            .bind(range.from.0.cast_signed())
            .bind(range.to.0.cast_signed())
            .bind(query.from.map(Instant))
            .bind(query.to.map(Instant))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.state().readers);
        let rows = self.ask("read hot messages", rows).await?;
        let first = rows.first().map_or(0, |row| row.get::<i64, _>(7));
        Ok((Offset(first.cast_unsigned()), self.found(&rows)))
    }

    /// The sealed messages. Walks the messages of each topic where the topics are few and quiet,
    /// else all messages by `seq` until there are enough.
    async fn sealed(
        &self,
        query: &MessageQuery,
        topics: &FoundTopics,
        range: SeqRange,
        limit: usize,
    ) -> Result<FoundMessages, StoreError> {
        if range.is_empty() {
            return Ok(FoundMessages::default());
        }
        let order = direction(query.order);
        let conditions = "m.seq >= $2 and m.seq < $3
            and ($4::timestamptz is null or m.received_at >= $4)
            and ($5::timestamptz is null or m.received_at < $5)";
        let statement = if topics.are_few_for(limit) {
            format!(
                "select {MESSAGE} from unnest($1::integer[]) as t (id)
                 cross join lateral (
                    select * from unspool.message_sealed_all m where m.topic_id = t.id and {conditions}
                    order by m.seq {order} limit $6
                 ) m
                 order by m.seq {order} limit $6"
            )
        } else {
            format!(
                "select {MESSAGE} from unspool.message_sealed_all m
                 where ($1::integer[] is null or m.topic_id = any($1)) and {conditions}
                 order by m.seq {order} limit $6"
            )
        };
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind((!topics.all).then_some(&topics.ids))
            .bind(range.from.0.cast_signed())
            .bind(range.to.0.cast_signed())
            .bind(query.from.map(Instant))
            .bind(query.to.map(Instant))
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(&self.state().readers);
        let rows = self.ask("read sealed messages", rows).await?;
        Ok(self.found(&rows))
    }

    fn found(&self, rows: &[PgRow]) -> FoundMessages {
        // One row may stand for no messages.
        let rows = rows
            .iter()
            .filter(|row| row.get::<Option<i64>, _>(0).is_some());
        let messages = rows.clone().filter_map(|row| self.message_of(row));
        let messages: Vec<_> = messages.collect();
        FoundMessages {
            is_whole: messages.len() == rows.count(),
            messages,
        }
    }

    /// A message from its row; `None` where its topic has been removed meanwhile.
    pub(super) fn message_of(&self, row: &PgRow) -> Option<Message> {
        let seq: Option<i64> = row.get(0);
        let flags: i16 = row.try_get(3).ok()?;
        let properties: Option<&str> = row.get(6);
        let properties = properties.and_then(|json| serde_json::from_str(json).ok());
        let topic = self.state().catalog.name(row.get(2))?;
        let (qos, retain) = qos_and_retain(flags);
        Some(Message {
            offset: Offset(seq?.cast_unsigned()),
            received_at: row.get::<Instant, _>(1).0,
            qos,
            retain,
            client: ClientId(row.get::<&str, _>(4).into()),
            properties: properties.map(|json| Box::new(properties_from_json(&json))),
            is_stripped: is_stripped(flags),
            ..Message::new(topic, Bytes::copy_from_slice(row.get(5)))
        })
    }
}

/// What was found of a range.
#[derive(Debug)]
struct FoundMessages {
    messages: Vec<Message>,
    /// Whether these are all that were asked for. A row whose topic has been removed meanwhile was
    /// counted by the database in the place of another one.
    is_whole: bool,
}

impl Default for FoundMessages {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            is_whole: true,
        }
    }
}

impl FoundMessages {
    fn extend(&mut self, more: Self) {
        self.messages.extend(more.messages);
        self.is_whole &= more.is_whole;
    }
}

/// A range of `seq`, `from..to`.
#[derive(Debug, Clone, Copy)]
struct SeqRange {
    from: Offset,
    to: Offset,
}

impl SeqRange {
    fn of(query: &MessageQuery, complete_to: Offset) -> Self {
        // A bigint is signed.
        let end = Offset(i64::MAX.unsigned_abs());
        let mut range = Self {
            from: Offset(0),
            to: query.up_to.unwrap_or(end).min(complete_to).plus(1).min(end),
        };
        match (query.order, query.after) {
            (Order::Ascending, Some(after)) => range.from = after.plus(1).min(end),
            (Order::Descending, Some(after)) => range.to = range.to.min(after),
            (_, None) => {}
        }
        range
    }

    fn onward(self, from: Offset) -> Self {
        Self {
            from: self.from.max(from),
            ..self
        }
    }

    fn below(self, to: Offset) -> Self {
        Self {
            to: self.to.min(to),
            ..self
        }
    }

    fn is_empty(self) -> bool {
        self.from >= self.to
    }
}

impl FoundTopics {
    fn is_none(&self) -> bool {
        !self.all && self.ids.is_empty()
    }

    /// Whether to look topic by topic: then at most `limit` rows are read for each, while by
    /// `seq` those of the other topics are read in between.
    fn are_few_for(&self, limit: usize) -> bool {
        let by_topic = (self.ids.len() as u64)
            .saturating_mul(limit as u64)
            .min(self.messages);
        let share = self.messages as f64 / self.messages_of_all.max(1) as f64;
        !self.all && self.ids.len() <= 10_000 && (by_topic as f64) * share < limit as f64
    }
}
