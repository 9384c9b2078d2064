//! Dead letters, in the order of `seq`.

use bytes::Bytes;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _};

use super::question::{DeadLetterQuery, Order};
use crate::message::{ClientId, Message, Offset, Topic};
use crate::store::answer::DeadLetter;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::wire::Instant;

impl Store {
    /// The dead letters asked for, in the order asked for.
    pub async fn dead_letters(
        &self,
        query: &DeadLetterQuery,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let mut found = Vec::new();
        let mut query = query.clone();
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
        let topics = self.state().catalog.find_topics(&query.scope);
        let (beyond, order) = match query.order {
            Order::Ascending => ('>', "asc"),
            Order::Descending => ('<', "desc"),
        };
        let statement = format!(
            "select seq, received_at, topic_id, topic, defects::text from unspool.dead_letter
             where ($1::integer[] is null or topic_id = any($1)
                    or topic_id is null and topic ~ unspool.filter_regex($2))
                and ($3::bigint is null or seq {beyond} $3)
                and ($4::text is null or defects @> jsonb_build_array(jsonb_build_object('code', $4)))
             order by seq {order} limit $5"
        );
        // A bigint is signed, and no seq is as large as that.
        let after = query
            .after
            .map(|after| i64::try_from(after.0).unwrap_or(i64::MAX));
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind((!topics.all).then_some(&topics.ids))
            .bind(query.scope.filter().as_str())
            .bind(after)
            .bind(query.code.map(crate::message::DefectCode::name))
            .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
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

    /// A message that is only in its dead letter: what there is of it.
    pub(super) async fn dead_lettered_message(
        &self,
        offset: Offset,
    ) -> Result<Option<Message>, StoreError> {
        let row = sqlx::query(
            "select received_at, topic, client, payload from unspool.dead_letter
             where seq = $1 and payload is not null",
        )
        .bind(offset.0.cast_signed())
        .fetch_optional(&self.state().readers);
        let row = self.ask("read a message in its dead letter", row).await?;
        Ok(row.and_then(|row| {
            let topic = Topic::new(row.get::<&str, _>(1)).ok()?;
            Some(Message {
                offset,
                received_at: row.get::<Instant, _>(0).0,
                client: ClientId(row.get::<&str, _>(2).into()),
                ..Message::new(topic, Bytes::copy_from_slice(row.get(3)))
            })
        }))
    }
}

fn seq_of(row: &PgRow) -> Offset {
    Offset(row.get::<i64, _>(0).cast_unsigned())
}
