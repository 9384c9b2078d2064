//! Dead letters: the record of what is wrong with a message.

use bytes::Bytes;
use sqlx::PgConnection;

use crate::message::{Defect, Defects, Message, Offset, Timestamp};
use crate::store::error::StoreError;
use crate::store::wire::{Instant, clean};

/// A longer path is shortened: names in a payload may be as long as the payload.
const PATH_CHARS_MAX: usize = 256;

/// A dead letter to be written.
#[derive(Debug)]
pub(super) struct NewDeadLetter {
    seq: Offset,
    received_at: Timestamp,
    /// `None` where the message could not be put in its place, and is here.
    topic_id: Option<i32>,
    defects: String,
    whole: Option<(String, String, Bytes)>,
}

impl NewDeadLetter {
    /// About a message that is in its place.
    pub(super) fn about(message: &Message, topic_id: i32, defects: &Defects) -> Self {
        Self {
            seq: message.offset,
            received_at: message.received_at,
            topic_id: Some(topic_id),
            defects: json_of(defects),
            whole: None,
        }
    }

    /// One that carries the message with it, since it has no row of its own.
    pub(super) fn whole(message: &Message, defects: &Defects) -> Self {
        Self {
            seq: message.offset,
            received_at: message.received_at,
            topic_id: None,
            defects: json_of(defects),
            whole: Some((
                clean(message.topic.as_str()).into_owned(),
                clean(&message.client.0).into_owned(),
                message.payload.clone(),
            )),
        }
    }
}

fn json_of(defects: &Defects) -> String {
    let shortened = |path: &str| clean(path).chars().take(PATH_CHARS_MAX).collect();
    let defects: Vec<_> = defects
        .all()
        .iter()
        .map(|defect| Defect {
            code: defect.code,
            path: defect.path.as_deref().map(shortened),
            text: clean(&defect.text).into_owned(),
        })
        .collect();
    serde_json::json!(defects).to_string()
}

/// Part of a batch's transaction.
pub(super) async fn insert(
    connection: &mut PgConnection,
    letters: &[NewDeadLetter],
) -> Result<(), StoreError> {
    if letters.is_empty() {
        return Ok(());
    }
    let whole = || letters.iter().map(|letter| letter.whole.as_ref());
    let seqs: Vec<i64> = letters.iter().map(|l| l.seq.0.cast_signed()).collect();
    let times: Vec<Instant> = letters.iter().map(|l| Instant(l.received_at)).collect();
    let topic_ids: Vec<Option<i32>> = letters.iter().map(|l| l.topic_id).collect();
    let defects: Vec<&str> = letters.iter().map(|l| l.defects.as_str()).collect();
    let topics: Vec<Option<&str>> = whole().map(|w| w.map(|w| w.0.as_str())).collect();
    let clients: Vec<Option<&str>> = whole().map(|w| w.map(|w| w.1.as_str())).collect();
    let payloads: Vec<Option<&[u8]>> = whole().map(|w| w.map(|w| &*w.2)).collect();
    sqlx::query(
        "insert into unspool.dead_letter (seq, received_at, topic_id, defects, topic, client, payload)
         select seq, received_at, topic_id, defects::jsonb, topic, client, payload
         from unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[],
            $6::text[], $7::bytea[])
            as l (seq, received_at, topic_id, defects, topic, client, payload)",
    )
    .bind(seqs)
    .bind(times)
    .bind(topic_ids)
    .bind(defects)
    .bind(topics)
    .bind(clients)
    .bind(payloads)
    .execute(connection)
    .await
    .map_err(StoreError::while_doing("insert dead letters"))?;
    Ok(())
}
