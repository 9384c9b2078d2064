//! Dead letters, in the order of `seq`.

use bytes::Bytes;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::question::{DeadLetterQuery, MessageQuery, Order, direction, filter_in_sql};
use crate::message::{ClientId, Message, Offset, Topic};
use crate::store::answer::DeadLetter;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::properties::{is_stripped, properties_from_json, qos_and_retain};
use crate::store::wire::Instant;

/// How many rows are read at a time.
const PIECE_ROWS: usize = 1000;

impl Store {
    /// The dead letters asked for, in the order asked for.
    pub async fn dead_letters(
        &self,
        query: &DeadLetterQuery,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let mut found = Vec::new();
        let mut query = query.clone();
        query.up_to.get_or_insert(self.complete_to());
        while query.limit > 0 {
            let rows = self.dead_letter_rows(&query).await?;
            let is_last = rows.len() < query.limit;
            let last = rows.last().map(seq_of);
            let letters = rows.iter().filter_map(|row| self.dead_letter_of(row));
            // Those of messages that are nowhere else were found by the filter alone.
            let before = found.len();
            found.extend(letters.filter(|letter| query.scope.holds(&letter.topic)));
            if is_last {
                break;
            }
            query.limit -= found.len() - before;
            query.after = last;
        }
        Ok(found)
    }

    async fn dead_letter_rows(&self, query: &DeadLetterQuery) -> Result<Vec<PgRow>, StoreError> {
        let topics = self.state().find_topics(&query.scope);
        let order = direction(query.order);
        let beyond = match query.order {
            Order::Ascending => '>',
            Order::Descending => '<',
        };
        let statement = format!(
            "select seq, received_at, topic_id, topic, defects::text from unspool.dead_letter
             where ($1::integer[] is null or topic_id = any($1)
                    or topic_id is null
                        and ($2::text is null or topic ~ unspool.filter_regex($2)))
                and ($3::bigint is null or seq {beyond} $3)
                and ($4::text is null or codes @> array[$4])
                and seq <= $6
             order by seq {order} limit $5"
        );
        let up_to = query.up_to.unwrap_or_default().min(self.complete_to());
        // A bigint is signed, and no seq is as large as that.
        let after = query
            .after
            .map(|after| i64::try_from(after.0).unwrap_or(i64::MAX));
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind((!topics.all).then_some(&topics.ids))
            .bind(filter_in_sql(&query.scope))
            .bind(after)
            .bind(query.code.map(crate::message::DefectCode::name))
            .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .bind(up_to.0.cast_signed())
            .fetch_all(&self.state().readers);
        self.ask("read dead letters", rows).await
    }

    fn dead_letter_of(&self, row: &PgRow) -> Option<DeadLetter> {
        let topic = match row.get::<Option<i32>, _>(2) {
            Some(id) => self.state().catalog.name(id)?,
            None => Topic::new(row.get::<&str, _>(3)).ok()?,
        };
        Some(DeadLetter {
            seq: seq_of(row),
            received_at: row.get::<Instant, _>(1).0,
            topic,
            defects: serde_json::from_str(row.get(4)).unwrap_or_default(),
        })
    }

    /// A message that is only in its dead letter.
    pub(super) async fn dead_lettered_message(
        &self,
        offset: Offset,
    ) -> Result<Option<Message>, StoreError> {
        let statement =
            format!("select {WHOLE} from unspool.dead_letter where seq = $1 and topic_id is null");
        let row = sqlx::query(AssertSqlSafe(statement))
            .bind(offset.0.cast_signed())
            .fetch_optional(&self.state().readers);
        let row = self.ask("read a message in its dead letter", row).await?;
        Ok(row.as_ref().and_then(message_of))
    }

    /// The messages asked for that are only in their dead letters, from `from` on and below `to`;
    /// no more than are asked for.
    pub(super) async fn dead_lettered(
        &self,
        query: &MessageQuery,
        (mut from, mut to): (Offset, Offset),
    ) -> Result<Vec<Message>, StoreError> {
        let order = direction(query.order);
        let statement = format!(
            "select {WHOLE} from unspool.dead_letter
             where topic_id is null and seq >= $1 and seq < $2
                and ($3::timestamptz is null or received_at >= $3)
                and ($4::timestamptz is null or received_at < $4)
                and ($5::text is null or topic ~ unspool.filter_regex($5))
             order by seq {order} limit $6"
        );
        let mut found = Vec::new();
        while found.len() < query.limit && from < to {
            let size = (query.limit - found.len()).min(PIECE_ROWS);
            let rows = sqlx::query(AssertSqlSafe(statement.clone()))
                .bind(from.0.cast_signed())
                .bind(to.0.cast_signed())
                .bind(query.from.map(Instant))
                .bind(query.to.map(Instant))
                .bind(filter_in_sql(&query.scope))
                .bind(i64::try_from(size).unwrap_or(i64::MAX))
                .fetch_all(&self.state().readers);
            let rows = self.ask("read messages in dead letters", rows).await?;
            let messages = rows.iter().filter_map(message_of);
            found.extend(messages.filter(|message| query.scope.holds(&message.topic)));
            let Some(last) = rows.last().filter(|_| rows.len() == size).map(seq_of) else {
                break;
            };
            match query.order {
                Order::Ascending => from = last.plus(1),
                Order::Descending => to = last,
            }
        }
        Ok(found)
    }
}

/// The columns of a message that is only in its dead letter.
const WHOLE: &str = "seq, received_at, topic, flags, client, payload, properties";

fn message_of(row: &PgRow) -> Option<Message> {
    let topic = Topic::new(row.get::<Option<&str>, _>(2)?).ok()?;
    let flags = row.get::<Option<i16>, _>(3).unwrap_or_default();
    let (qos, retain) = qos_and_retain(flags);
    let client: Option<&str> = row.get(4);
    let payload: Option<&[u8]> = row.get(5);
    let properties: Option<&[u8]> = row.get(6);
    let properties = properties.and_then(|json| serde_json::from_slice(json).ok());
    Some(Message {
        offset: seq_of(row),
        received_at: row.get::<Instant, _>(1).0,
        qos,
        retain,
        client: ClientId(client.unwrap_or_default().into()),
        properties: properties.map(|json| Box::new(properties_from_json(&json))),
        is_stripped: is_stripped(flags),
        ..Message::new(topic, Bytes::copy_from_slice(payload.unwrap_or_default()))
    })
}

fn seq_of(row: &PgRow) -> Offset {
    Offset(row.get::<i64, _>(0).cast_unsigned())
}
