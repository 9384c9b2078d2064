//! The transaction that brings a batch into the tables.

use sqlx::{Connection, PgConnection};

use super::births::ChangedBirths;
use super::dead_letter::{self, NewDeadLetter};
use super::discovered::Discovered;
use super::encode::{COLUMNS, Encoded, RowEncoder};
use super::noted::Noted;
use super::piece::pieces;
use crate::message::Cursor;
use crate::store::batch::RowBatch;
use crate::store::dictionary::{Dictionary, NewNames, NewTopic};
use crate::store::error::StoreError;
use crate::store::slots::Placement;
use crate::store::wire::{Instant, clean};

/// How many bytes of names one statement brings, and one name at least.
const STATEMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A transaction to make.
pub(super) struct Transaction<'a> {
    pub(super) batch: &'a RowBatch,
    /// From where it moves the cursor.
    pub(super) cursor: Cursor,
    pub(super) placement: Placement,
    /// A message that can't be a row.
    pub(super) dead_letter: Option<NewDeadLetter>,
    pub(super) names: &'a mut Dictionary,
}

impl Transaction<'_> {
    pub(super) async fn commit(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<Encoded, StoreError> {
        let (transaction, encoded) = self.prepare(connection).await?;
        transaction
            .commit()
            .await
            .map_err(StoreError::while_doing("commit a batch"))?;
        Ok(encoded)
    }

    /// Does everything, and takes it back.
    pub(super) async fn rehearse(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let (transaction, _) = self.prepare(connection).await?;
        transaction
            .rollback()
            .await
            .map_err(StoreError::while_doing("take back a probe"))
    }

    async fn prepare<'c>(
        &mut self,
        connection: &'c mut PgConnection,
    ) -> Result<(sqlx::Transaction<'c, sqlx::Postgres>, Encoded), StoreError> {
        let mut transaction = connection
            .begin()
            .await
            .map_err(StoreError::while_doing("begin a batch"))?;
        self.hold_cursor(&mut transaction).await?;
        self.placement
            .write(&mut transaction, self.batch.first)
            .await?;
        let mut encoded = self.copy(&mut transaction).await?;
        insert_names(&mut transaction, self.names.news()).await?;
        encoded.noted = Noted::of(self.batch, &encoded.placed, &encoded.series, self.names);
        encoded.noted.write(&mut transaction).await?;
        encoded.discovered = Box::new(Discovered::of(self.batch, self.names));
        // Boxed, since it is rarely needed, and the future of every batch would be larger.
        Box::pin(encoded.discovered.write(&mut transaction)).await?;
        ChangedBirths::of(self.batch)
            .write(&mut transaction)
            .await?;
        dead_letter::insert(&mut transaction, &encoded.dead_letters).await?;
        self.move_cursor(&mut transaction, &encoded).await?;
        Ok((transaction, encoded))
    }

    /// Waits for what another attempt may still be committing: only one moves the cursor from here.
    async fn hold_cursor(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let expected = self.batch.first;
        sqlx::query(
            "select from unspool.mirror_cursor where epoch = $1 and next_offset = $2 for update",
        )
        .bind(i64::from(self.cursor.epoch.0))
        .bind(expected.0.cast_signed())
        .fetch_optional(connection)
        .await
        .map_err(StoreError::while_doing("hold the mirror's cursor"))?
        .map(drop)
        .ok_or(StoreError::Stale { expected })
    }

    /// Sends the rows while it makes them.
    async fn copy(&mut self, connection: &mut PgConnection) -> Result<Encoded, StoreError> {
        if self.batch.rows.is_empty() {
            return Ok(self.encode());
        }
        let failed = StoreError::while_doing("copy messages");
        let slot = self.placement.slot;
        let statement =
            format!("copy unspool.message_hot_{slot} ({COLUMNS}) from stdin (format binary)");
        let mut copy = connection.copy_in_raw(&statement).await.map_err(&failed)?;
        let mut rows = RowEncoder::new(slot, self.names, self.batch.rows.len());
        for row in &self.batch.rows {
            rows.add(row);
            if let Some(piece) = rows.piece() {
                copy.send(piece).await.map_err(&failed)?;
            }
        }
        let (last, encoded) = rows.finish();
        copy.send(last).await.map_err(&failed)?;
        copy.finish().await.map_err(&failed)?;
        Ok(encoded)
    }

    /// What the rows come to, without sending them.
    pub(super) fn encode(&mut self) -> Encoded {
        let mut rows = RowEncoder::new(self.placement.slot, self.names, self.batch.rows.len());
        for row in &self.batch.rows {
            rows.add(row);
            rows.piece();
        }
        let (_, mut encoded) = rows.finish();
        encoded.dead_lettered += u64::from(self.dead_letter.is_some());
        encoded.dead_letters.extend(self.dead_letter.take());
        encoded
    }

    async fn move_cursor(
        &self,
        connection: &mut PgConnection,
        encoded: &Encoded,
    ) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "update unspool.mirror_cursor set next_offset = $1, stored = stored + $2,
                dead_lettered = dead_lettered + $3, samples = samples + $4, left_out = left_out + $7
             where epoch = $5 and next_offset = $6",
        )
        .bind(self.batch.next.0.cast_signed())
        .bind(encoded.stored.cast_signed())
        .bind(encoded.dead_lettered.cast_signed())
        .bind(encoded.samples.cast_signed())
        .bind(i64::from(self.cursor.epoch.0))
        .bind(self.batch.first.0.cast_signed())
        .bind(i64::try_from(self.batch.left_out.len()).unwrap_or(i64::MAX))
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("move the mirror's cursor"))?;
        if changed.rows_affected() == 1 {
            Ok(())
        } else {
            Err(StoreError::Stale {
                expected: self.batch.first,
            })
        }
    }
}

/// Inserts new topics and series.
pub(in crate::store) async fn insert_names(
    connection: &mut PgConnection,
    news: &NewNames,
) -> Result<(), StoreError> {
    let bytes = |topic: &NewTopic| 32 + topic.topic.as_str().len() + topic.client.0.len();
    for topics in pieces(&news.topics, STATEMENT_BYTES_MAX, bytes) {
        let topics = topics.iter();
        sqlx::query(
            "insert into unspool.topic (id, name, client, first_seen, last_seen, last_seq)
             select id, name, client, seen, seen, 0
             from unnest($1::integer[], $2::text[], $3::text[], $4::timestamptz[])
                as t (id, name, client, seen)",
        )
        .bind(topics.clone().map(|t| t.id).collect::<Vec<_>>())
        .bind(topics.clone().map(|t| t.topic.as_str()).collect::<Vec<_>>())
        .bind(
            topics
                .clone()
                .map(|t| clean(&t.client.0))
                .collect::<Vec<_>>(),
        )
        .bind(topics.map(|t| Instant(t.first_seen)).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::while_doing("insert topics"))?;
    }
    for series in pieces(&news.series, STATEMENT_BYTES_MAX, |s| 32 + s.path.len()) {
        let series = series.iter();
        sqlx::query(
            "insert into unspool.series (id, topic_id, path, kind)
             select * from unnest($1::integer[], $2::integer[], $3::text[], $4::smallint[])",
        )
        .bind(series.clone().map(|s| s.id).collect::<Vec<_>>())
        .bind(series.clone().map(|s| s.topic_id).collect::<Vec<_>>())
        .bind(series.clone().map(|s| &*s.path).collect::<Vec<_>>())
        .bind(series.map(|s| s.kind as i16).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::while_doing("insert series"))?;
    }
    if !news.widened.is_empty() {
        sqlx::query("update unspool.series set kind = 4 where id = any($1)")
            .bind(news.widened.iter().map(|w| w.id).collect::<Vec<_>>())
            .execute(connection)
            .await
            .map_err(StoreError::while_doing("widen series"))?;
    }
    Ok(())
}
