//! Dead letters: the record of what is wrong with a message.

use bytes::Bytes;
use sqlx::PgConnection;

use super::piece::pieces;
use crate::message::{Defect, Defects, Message, Offset, Timestamp};
use crate::store::error::StoreError;
use crate::store::properties::{flags, properties_to_json};
use crate::store::wire::{Instant, clean};

/// A longer path is shortened: names in a payload may be as long as the payload.
const PATH_CHARS_MAX: usize = 256;

/// How many bytes of dead letters one statement brings, and one letter at least.
const STATEMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A dead letter to be written.
#[derive(Debug)]
pub(in crate::store) struct NewDeadLetter {
    seq: Offset,
    received_at: Timestamp,
    /// `None` where the message could not be put in its place, and is here.
    topic_id: Option<i32>,
    /// Separated by commas.
    codes: String,
    defects: String,
    whole: Option<Whole>,
}

/// A message that is nowhere else.
#[derive(Debug)]
struct Whole {
    topic: String,
    client: String,
    flags: i16,
    payload: Bytes,
    properties: Option<Vec<u8>>,
}

impl NewDeadLetter {
    /// About a message that is in its place.
    pub(in crate::store) fn about(message: &Message, topic_id: i32, defects: &Defects) -> Self {
        Self::new(message, Some(topic_id), defects, None)
    }

    /// One that carries the message with it, since it has no row of its own.
    pub(super) fn whole(message: &Message, defects: &Defects) -> Self {
        let properties = message.properties.as_ref();
        let whole = Whole {
            payload: message.payload.clone(),
            properties: properties
                .map(|properties| properties_to_json(properties).to_string().into_bytes()),
            ..Whole::bare(message)
        };
        Self::new(message, None, defects, Some(whole))
    }

    /// One that says that there was a message, where not even its bytes are taken.
    pub(super) fn bare(message: &Message, defects: &Defects) -> Self {
        Self::new(message, None, defects, Some(Whole::bare(message)))
    }

    fn new(
        message: &Message,
        topic_id: Option<i32>,
        defects: &Defects,
        whole: Option<Whole>,
    ) -> Self {
        let codes: Vec<&str> = defects.all().iter().map(|one| one.code.name()).collect();
        Self {
            seq: message.offset,
            received_at: message.received_at,
            topic_id,
            codes: codes.join(","),
            defects: json_of(defects),
            whole,
        }
    }

    /// Whether the message is nowhere else.
    pub(super) fn is_whole(&self) -> bool {
        self.whole.is_some()
    }

    fn bytes(&self) -> usize {
        let whole = self.whole.as_ref().map_or(0, |whole| {
            let properties = whole.properties.as_ref().map_or(0, Vec::len);
            whole.topic.len() + whole.client.len() + whole.payload.len() + properties
        });
        64 + self.codes.len() + self.defects.len() + whole
    }
}

impl Whole {
    fn bare(message: &Message) -> Self {
        Self {
            topic: clean(message.topic.as_str()).into_owned(),
            client: clean(&message.client.0).into_owned(),
            flags: flags(message),
            payload: Bytes::new(),
            properties: None,
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
pub(in crate::store) async fn insert(
    connection: &mut PgConnection,
    letters: &[NewDeadLetter],
) -> Result<(), StoreError> {
    for letters in pieces(letters, STATEMENT_BYTES_MAX, NewDeadLetter::bytes) {
        let whole = || letters.iter().map(|letter| letter.whole.as_ref());
        let seqs: Vec<i64> = letters.iter().map(|l| l.seq.0.cast_signed()).collect();
        let times: Vec<Instant> = letters.iter().map(|l| Instant(l.received_at)).collect();
        let topic_ids: Vec<Option<i32>> = letters.iter().map(|l| l.topic_id).collect();
        let codes: Vec<&str> = letters.iter().map(|l| l.codes.as_str()).collect();
        let defects: Vec<&str> = letters.iter().map(|l| l.defects.as_str()).collect();
        let topics: Vec<Option<&str>> = whole().map(|w| w.map(|w| &*w.topic)).collect();
        let clients: Vec<Option<&str>> = whole().map(|w| w.map(|w| &*w.client)).collect();
        let flags: Vec<Option<i16>> = whole().map(|w| w.map(|w| w.flags)).collect();
        let payloads: Vec<Option<&[u8]>> = whole().map(|w| w.map(|w| &*w.payload)).collect();
        let properties: Vec<Option<&[u8]>> = whole()
            .map(|w| w.and_then(|w| w.properties.as_deref()))
            .collect();
        sqlx::query(
            "insert into unspool.dead_letter (seq, received_at, topic_id, codes, defects, topic,
                client, flags, payload, properties)
             select seq, received_at, topic_id, string_to_array(codes, ','), defects::jsonb, topic,
                client, flags, payload, properties
             from unnest($1::bigint[], $2::timestamptz[], $3::integer[], $4::text[], $5::text[],
                $6::text[], $7::text[], $8::smallint[], $9::bytea[], $10::bytea[])
                as l (seq, received_at, topic_id, codes, defects, topic, client, flags, payload,
                    properties)",
        )
        .bind(seqs)
        .bind(times)
        .bind(topic_ids)
        .bind(codes)
        .bind(defects)
        .bind(topics)
        .bind(clients)
        .bind(flags)
        .bind(payloads)
        .bind(properties)
        .execute(&mut *connection)
        .await
        .map_err(StoreError::while_doing("insert dead letters"))?;
    }
    Ok(())
}
