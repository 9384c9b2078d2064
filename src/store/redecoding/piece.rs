//! Some messages of one topic, and what they are decoded to now in the place of what they were.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use foldhash::fast::FixedState;
use futures_util::TryStreamExt as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::DecodeAgain;
use super::record::Redecoding;
use super::texts::LastTexts;
use crate::message::{ClientId, Message, Offset, Timestamp, Topic};
use crate::store::answer::RawSample;
use crate::store::batch::MessageRow;
use crate::store::blocks::{Blocks, SAMPLES, samples_at};
use crate::store::bucket::{DAY, HOUR};
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::mirrored::Recounted;
use crate::store::properties::{is_stripped, properties_from_json, qos_and_retain};
use crate::store::retention::{ClassId, Sealed};
use crate::store::wire::{Instant, clean};
use crate::store::write::{NewDeadLetter, insert_dead_letters, insert_names, place};

/// How many messages, and how many bytes of them, are decoded again in one transaction: most of what
/// one seal brought of a topic, whose blocks are written anew each time.
pub(super) const MESSAGES_MAX: usize = 50_000;
const BYTES_MAX: usize = 16 * 1024 * 1024;

/// How many bytes these may come to, but for the last of them.
const DECODED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Some messages that follow each other on one topic.
pub(super) struct TopicPart {
    id: i32,
    messages: Vec<Arc<Message>>,
    /// Of these, those that the database would not have as they came.
    refused: HashSet<Offset, FixedState>,
    /// Where the next part begins.
    next: Offset,
    /// Whether they are in the ledger of this journal.
    is_counted: bool,
}

impl TopicPart {
    /// The next messages; `None` where there are no more of the topic, or it has been removed.
    pub(super) async fn read(
        store: &Store,
        connection: &mut PgConnection,
        redecoding: &Redecoding,
        messages_max: usize,
    ) -> Result<Option<Self>, StoreError> {
        let failed = StoreError::while_doing("read what is to be decoded again");
        let id = redecoding.at_topic;
        let Some(topic) = store.state().catalog.name(id) else {
            return Ok(None);
        };
        let first_offset = first_offset(connection).await?;
        // All or none of a part are in the ledger.
        let is_counted = redecoding.at_seq >= first_offset;
        let (at_seq, up_to) = (redecoding.at_seq, redecoding.up_to);
        let up_to = if is_counted {
            up_to
        } else {
            up_to.min(first_offset.last_below())
        };
        let mut rows = sqlx::query(
            "select seq, received_at, flags, client, payload, properties::text
             from unspool.message_sealed_all
             where topic_id = $1 and seq >= $2 and seq <= $3
                and ($4::timestamptz is null or received_at >= $4)
             order by seq",
        )
        .bind(id)
        .bind(at_seq.0.cast_signed())
        .bind(up_to.0.cast_signed())
        .bind(redecoding.from_time.map(Instant))
        .fetch(&mut *connection);
        let (mut messages, mut bytes) = (Vec::new(), 0);
        while bytes < BYTES_MAX && messages.len() < messages_max {
            let Some(row) = rows.try_next().await.map_err(&failed)? else {
                break;
            };
            let message = message_of(&row, &topic);
            bytes += size_of::<Message>() + message.payload.len();
            messages.push(Arc::new(message));
        }
        drop(rows);
        if messages.is_empty() && up_to < redecoding.up_to {
            return Ok(Some(Self::nothing(id, first_offset)));
        }
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
            return Ok(None);
        };
        let next = last.offset.plus(1);
        let refused: Vec<i64> = sqlx::query_scalar(
            "select seq from unspool.dead_letter
             where topic_id = $1 and seq >= $2 and seq <= $3 and 'refused' = any(codes)",
        )
        .bind(id)
        .bind(first.offset.0.cast_signed())
        .bind(last.offset.0.cast_signed())
        .fetch_all(connection)
        .await
        .map_err(&failed)?;
        let refused = refused.into_iter().map(|seq| Offset(seq.cast_unsigned()));
        Ok(Some(Self {
            id,
            refused: refused.collect(),
            messages,
            next,
            is_counted,
        }))
    }

    /// No messages; those from `next` on are others.
    fn nothing(id: i32, next: Offset) -> Self {
        Self {
            id,
            messages: Vec::new(),
            refused: HashSet::default(),
            next,
            is_counted: false,
        }
    }

    /// Decodes them, or the first of them where they come to too much for one transaction.
    fn decode(&mut self, decoder: &mut dyn DecodeAgain) -> Vec<MessageRow> {
        let (mut rows, mut bytes) = (Vec::new(), 0);
        for (place, message) in self.messages.iter().enumerate() {
            if bytes >= DECODED_BYTES_MAX {
                self.next = message.offset;
                self.messages.truncate(place);
                break;
            }
            if self.refused.contains(&message.offset) {
                continue;
            }
            if let Some(row) = decoder.read(Arc::clone(message)) {
                bytes += row.bytes();
                rows.push(row);
            }
        }
        rows
    }

    /// The first and the last of them.
    fn range(&self) -> (Offset, Offset) {
        let seq = |message: Option<&Arc<Message>>| message.map_or(Offset(0), |it| it.offset);
        (seq(self.messages.first()), seq(self.messages.last()))
    }
}

/// Decodes a part again, and puts what comes of it in the place of what there is.
pub(super) async fn decode_piece(
    store: &Store,
    connection: &mut PgConnection,
    redecoding: &mut Redecoding,
    mut part: TopicPart,
    (decoder, texts): (&mut dyn DecodeAgain, &mut LastTexts),
) -> Result<(), StoreError> {
    let rows = part.decode(decoder);
    let seqs: HashSet<Offset, FixedState> = rows.iter().map(|row| row.message.offset).collect();
    let mut placed = place_all(store, connection, (part.id, &rows), texts).await?;
    let failed = StoreError::while_doing("decode again");
    let mut transaction = connection.begin().await.map_err(&failed)?;
    let taking = take_out(store, &mut transaction, &part, &seqs, &mut placed.blocks);
    let samples_before = taking.await?;
    let has_hypertables = store.state().retention.has_hypertables();
    let writing = placed.blocks.write(&mut transaction, has_hypertables);
    writing.await?;
    let letters_before = replace_letters(&mut transaction, part.id, &seqs, &placed.letters).await?;

    redecoding.messages += rows.len() as u64;
    redecoding.samples_before += samples_before;
    redecoding.samples += placed.samples;
    redecoding.dead_letters_before += letters_before;
    redecoding.dead_letters += placed.letters.len() as u64;
    redecoding.at_seq = part.next;
    let recounted = part.is_counted.then(|| Recounted {
        samples: delta(placed.samples, samples_before),
        dead_lettered: delta(placed.letters.len() as u64, letters_before),
    });
    let recounted = recounted.unwrap_or_default();
    let _nobody_writes = store.writer().await;
    redecoding.update(&mut transaction).await?;
    recounted.write(&mut transaction).await?;
    transaction.commit().await.map_err(&failed)?;
    let state = store.state();
    state.redecodings.put(redecoding.clone());
    if let Some(known) = store.mirrored() {
        state.publish(known.recounted(recounted));
    }
    state.metrics.messages_redecoded.inc_by(rows.len() as u64);
    Ok(())
}

fn delta(now: u64, before: u64) -> i64 {
    now.cast_signed() - before.cast_signed()
}

/// The first record of the journal whose messages the ledger counts.
async fn first_offset(connection: &mut PgConnection) -> Result<Offset, StoreError> {
    let first: Option<i64> = sqlx::query_scalar("select first_offset from unspool.mirror_cursor")
        .fetch_optional(connection)
        .await
        .map_err(StoreError::while_doing("read the mirror's cursor"))?;
    Ok(Offset(first.unwrap_or_default().cast_unsigned()))
}

/// What rows come to, in the numbers of their series.
#[derive(Default)]
struct Placed {
    blocks: Blocks,
    samples: u64,
    letters: Vec<NewDeadLetter>,
}

/// Finds the series of all samples, and makes those that there are not yet.
async fn place_all(
    store: &Store,
    connection: &mut PgConnection,
    (topic_id, rows): (i32, &[MessageRow]),
    texts: &mut LastTexts,
) -> Result<Placed, StoreError> {
    let state = store.state();
    let mut writer = store.writer().await;
    writer.know_anew(state).await?;
    let names = writer.names();
    let mut placed = Placed::default();
    let class = class_of(store, topic_id);
    let mut series = Vec::new();
    for row in rows {
        series.clear();
        let defects = place(row, names, &mut series);
        texts.note(row, &series);
        for (series, sample) in series.iter().zip(&row.samples).filter(|(id, _)| **id != 0) {
            placed.samples += 1;
            let sample = RawSample {
                time: sample.time,
                seq: row.message.offset,
                value: sample.value,
                text: sample.text.as_deref().map(|text| clean(text).into_owned()),
            };
            placed.blocks.add((*series, class), sample);
        }
        if !defects.is_empty() {
            let letter = NewDeadLetter::about(&row.message, topic_id, &defects);
            placed.letters.push(letter);
        }
    }
    let news = names.news();
    if news.is_empty() {
        return Ok(placed);
    }
    let failed = StoreError::while_doing("make the series of what is decoded again");
    let work = async {
        let mut transaction = connection.begin().await.map_err(&failed)?;
        insert_names(&mut transaction, news).await?;
        transaction.commit().await.map_err(&failed)
    };
    if let Err(error) = work.await {
        names.undo();
        if !error.is_answer() {
            writer.doubt_names();
        }
        return Err(error);
    }
    let news = names.take_news();
    state.catalog.apply_names(&news);
    let names_bytes = writer.names().bytes();
    drop(writer);
    state.show_sizes(names_bytes);
    Ok(placed)
}

/// Takes the samples of these messages out, and puts those of others that were in their blocks among
/// those to be written. How many it took out.
async fn take_out(
    store: &Store,
    connection: &mut PgConnection,
    part: &TopicPart,
    seqs: &HashSet<Offset, FixedState>,
    blocks: &mut Blocks,
) -> Result<u64, StoreError> {
    let failed = StoreError::while_doing("take out what is decoded again");
    let (first, last) = part.range();
    let class = class_of(store, part.id);
    let (mut taken, mut starts) = (0, BTreeSet::new());
    for table in store.state().retention.tables(Sealed::Samples) {
        let statement = format!(
            "delete from unspool.{table}
             where series_id in (select id from unspool.series where topic_id = $1)
                and seq_max >= $2 and seq_min <= $3
             returning series_id, {}",
            SAMPLES.join(", ")
        );
        let mut rows = sqlx::query(AssertSqlSafe(statement))
            .bind(part.id)
            .bind(first.0.cast_signed())
            .bind(last.0.cast_signed())
            .fetch(&mut *connection);
        while let Some(row) = rows.try_next().await.map_err(&failed)? {
            let series: i32 = row.get(0);
            let samples = samples_at(&row, 1).map_err(&failed)?;
            if let Some(first) = samples.first() {
                starts.extend([HOUR, DAY].map(|of| first.time.0.div_euclid(of) * of));
            }
            for sample in samples {
                if seqs.contains(&sample.seq) {
                    taken += 1;
                } else {
                    blocks.add((series, class), sample);
                }
            }
        }
    }
    take_rollups_out(store, connection, part.id, starts).await?;
    Ok(taken)
}

/// Takes out the rollups of a topic that begin at these instants: they are made anew from what is put
/// in.
async fn take_rollups_out(
    store: &Store,
    connection: &mut PgConnection,
    topic_id: i32,
    starts: BTreeSet<i64>,
) -> Result<(), StoreError> {
    let starts = starts.into_iter().map(|start| Instant(Timestamp(start)));
    let starts: Vec<Instant> = starts.collect();
    for table in store.state().retention.tables(Sealed::Rollups) {
        let statement = format!(
            "delete from unspool.{table}
             where series_id in (select id from unspool.series where topic_id = $1)
                and start = any($2)"
        );
        sqlx::query(AssertSqlSafe(statement))
            .bind(topic_id)
            .bind(&starts)
            .execute(&mut *connection)
            .await
            .map_err(StoreError::while_doing("take out rollups"))?;
    }
    Ok(())
}

/// Where the samples of a topic are sealed to now.
fn class_of(store: &Store, topic_id: i32) -> ClassId {
    let state = store.state();
    let topic = state.catalog.name(topic_id);
    topic.map_or(ClassId::REST, |topic| {
        state.retention.classes_of(&topic)[Sealed::Samples as usize]
    })
}

/// How many of the messages had dead letters.
async fn replace_letters(
    connection: &mut PgConnection,
    topic_id: i32,
    seqs: &HashSet<Offset, FixedState>,
    letters: &[NewDeadLetter],
) -> Result<u64, StoreError> {
    let seqs: Vec<i64> = seqs.iter().map(|seq| seq.0.cast_signed()).collect();
    let gone = sqlx::query("delete from unspool.dead_letter where topic_id = $1 and seq = any($2)")
        .bind(topic_id)
        .bind(seqs)
        .execute(&mut *connection)
        .await
        .map_err(StoreError::while_doing("take out dead letters"))?;
    insert_dead_letters(connection, letters).await?;
    Ok(gone.rows_affected())
}

fn message_of(row: &sqlx::postgres::PgRow, topic: &Topic) -> Message {
    let flags: i16 = row.get(2);
    let (qos, retain) = qos_and_retain(flags);
    let properties: Option<&str> = row.get(5);
    let properties = properties.and_then(|json| serde_json::from_str(json).ok());
    Message {
        offset: Offset(row.get::<i64, _>(0).cast_unsigned()),
        received_at: row.get::<Instant, _>(1).0,
        qos,
        retain,
        client: ClientId(row.get::<&str, _>(3).into()),
        properties: properties.map(|json| Box::new(properties_from_json(&json))),
        is_stripped: is_stripped(flags),
        ..Message::new(topic.clone(), Bytes::copy_from_slice(row.get(4)))
    }
}
