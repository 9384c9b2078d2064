//! Dead letters: messages with something wrong about them.

use std::borrow::Cow;

use bytes::Bytes;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use super::encode::clean;
use super::wire::Instant;
use super::{Order, Store, StoreError};
use crate::message::{
    ClientId, Defect, DefectCode, Defects, Message, Offset, Qos, Timestamp, Topic, TopicFilter,
};

/// A longer path is shortened: names in a payload may be as long as the payload.
const PATH_CHARS_MAX: usize = 256;

/// A question for dead letters, answered in the order of `seq`.
#[derive(Debug, Clone)]
pub struct LetterQuery {
    /// Topics.
    pub filter: TopicFilter,
    /// Only those with a problem of this kind.
    pub code: Option<DefectCode>,
    /// Only those beyond this one, in the direction of `order`; the keyset cursor.
    pub after: Option<Offset>,
    /// Direction.
    pub order: Order,
    /// At most so many.
    pub limit: usize,
}

/// A message with something wrong about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// The message.
    pub seq: Offset,
    /// When it was received.
    pub received_at: Timestamp,
    /// Where it was published to.
    pub topic: Topic,
    /// What is wrong with it.
    pub defects: Vec<Defect>,
}

/// A row to be written.
#[derive(Debug)]
pub(super) struct Letter {
    seq: Offset,
    received_at: Timestamp,
    /// `None` where the message could not be put in its place, and is here.
    topic_id: Option<i32>,
    problems: String,
    whole: Option<(String, String, Bytes)>,
}

impl Letter {
    /// A letter about a message that is in its place.
    pub(super) fn about(message: &Message, topic_id: i32, defects: &Defects) -> Self {
        Self {
            seq: message.offset,
            received_at: message.received_at,
            topic_id: Some(topic_id),
            problems: json_of(defects),
            whole: None,
        }
    }

    /// A letter that carries the message with it, since it has no row of its own.
    pub(super) fn whole(message: &Message, defects: &Defects) -> Self {
        Self {
            seq: message.offset,
            received_at: message.received_at,
            topic_id: None,
            problems: json_of(defects),
            whole: Some((
                clean(message.topic.as_str()).into_owned(),
                clean(&message.client.0).into_owned(),
                message.payload.clone(),
            )),
        }
    }
}

fn json_of(defects: &Defects) -> String {
    let shortened = |path: &str| -> String {
        let path: Cow<'_, str> = clean(path);
        path.chars().take(PATH_CHARS_MAX).collect()
    };
    let problems: Vec<_> = defects
        .all()
        .iter()
        .map(|defect| Defect {
            code: defect.code,
            path: defect.path.as_deref().map(shortened),
            text: clean(&defect.text).into_owned(),
        })
        .collect();
    serde_json::json!(problems).to_string()
}

/// Writes letters; part of a batch's transaction.
pub(super) async fn insert(
    connection: &mut PgConnection,
    letters: &[Letter],
) -> Result<(), StoreError> {
    if letters.is_empty() {
        return Ok(());
    }
    let whole = || letters.iter().map(|letter| letter.whole.as_ref());
    let seqs: Vec<i64> = letters.iter().map(|l| l.seq.0.cast_signed()).collect();
    let times: Vec<Instant> = letters.iter().map(|l| Instant(l.received_at)).collect();
    let topic_ids: Vec<Option<i32>> = letters.iter().map(|l| l.topic_id).collect();
    let problems: Vec<&str> = letters.iter().map(|l| l.problems.as_str()).collect();
    let topics: Vec<Option<&str>> = whole().map(|w| w.map(|w| w.0.as_str())).collect();
    let clients: Vec<Option<&str>> = whole().map(|w| w.map(|w| w.1.as_str())).collect();
    let payloads: Vec<Option<&[u8]>> = whole().map(|w| w.map(|w| &*w.2)).collect();
    sqlx::query(
        "insert into dead_letter (seq, received_at, topic_id, problems, topic, client, payload)
         select seq, received_at, topic_id, problems::jsonb, topic, client, payload
         from unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[],
            $6::text[], $7::bytea[])
            as l (seq, received_at, topic_id, problems, topic, client, payload)",
    )
    .bind(seqs)
    .bind(times)
    .bind(topic_ids)
    .bind(problems)
    .bind(topics)
    .bind(clients)
    .bind(payloads)
    .execute(connection)
    .await
    .map_err(StoreError::while_doing("insert dead letters"))?;
    Ok(())
}

impl Store {
    /// The dead letters asked for, in the order asked for.
    pub async fn dead_letters(&self, query: &LetterQuery) -> Result<Vec<DeadLetter>, StoreError> {
        let topics = self.shared.catalog.find_topics(&query.filter);
        let (beyond, order) = match query.order {
            Order::Ascending => ('>', "asc"),
            Order::Descending => ('<', "desc"),
        };
        let statement = format!(
            "select seq, received_at, topic_id, topic, problems::text from dead_letter
             where ($1::integer[] is null or topic_id = any($1)
                    or topic_id is null and topic ~ filter_regex($2))
                and ($3::bigint is null or seq {beyond} $3)
                and ($4::text is null or problems @> jsonb_build_array(jsonb_build_object('code', $4)))
             order by seq {order} limit $5"
        );
        // A bigint is signed, and no seq is as large as that.
        let after = query
            .after
            .map(|after| i64::try_from(after.0).unwrap_or(i64::MAX));
        let rows = sqlx::query(AssertSqlSafe(statement))
            .bind((!topics.all).then_some(&topics.ids))
            .bind(query.filter.as_str())
            .bind(after)
            .bind(query.code.map(DefectCode::name))
            .bind(i64::try_from(query.limit).unwrap_or(i64::MAX))
            .fetch_all(&self.shared.readers);
        let rows = self.ask("read dead letters", rows).await?;
        Ok(rows.iter().filter_map(|row| self.letter_of(row)).collect())
    }

    fn letter_of(&self, row: &PgRow) -> Option<DeadLetter> {
        let topic = match row.get::<Option<i32>, _>(2) {
            Some(id) => self.shared.catalog.name(id)?,
            None => Topic::new(row.get::<&str, _>(3)).ok()?,
        };
        Some(DeadLetter {
            seq: Offset(row.get::<i64, _>(0).cast_unsigned()),
            received_at: row.get::<Instant, _>(1).0,
            topic,
            defects: serde_json::from_str(row.get(4)).unwrap_or_default(),
        })
    }

    /// A message that is only in its dead letter: what there is of it.
    pub(super) async fn message_in_letter(
        &self,
        offset: Offset,
    ) -> Result<Option<Message>, StoreError> {
        let row = sqlx::query(
            "select received_at, topic, client, payload from dead_letter
             where seq = $1 and payload is not null",
        )
        .bind(offset.0.cast_signed())
        .fetch_optional(&self.shared.readers);
        let row = self.ask("read a message in its dead letter", row).await?;
        Ok(row.and_then(|row| {
            Some(Message {
                offset,
                received_at: row.get::<Instant, _>(0).0,
                topic: Topic::new(row.get::<&str, _>(1)).ok()?,
                qos: Qos::default(),
                retain: false,
                packet_id: 0,
                client: ClientId(row.get::<&str, _>(2).into()),
                payload: Bytes::copy_from_slice(row.get(3)),
                properties: None,
            })
        }))
    }
}
