//! Writing: a batch, the topics and series that it brings and the cursor, in one transaction.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::batch::Batch;
use super::database::{connect, within};
use super::encode::{COLUMNS, Encoded, Encoder};
use super::letters::{self, Letter};
use super::names::{Names, News};
use super::ring::Turn;
use super::wire::Instant;
use super::{Position, Shared, Store, StoreError};
use crate::message::{DefectCode, Offset};

/// How long a batch may take. A server that is frozen never answers.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// The one that writes: a connection of its own, and the dictionary.
#[derive(Debug, Default)]
pub(super) struct Writer {
    connection: Option<PgConnection>,
    pub(super) names: Names,
}

impl Store {
    /// Commits a batch and moves the cursor from `batch.first` to `batch.next`. Messages that the
    /// database refuses for what is in them are quarantined; they never stop the others.
    ///
    /// After an error nothing of the batch, or a first part of it, is committed: the caller goes
    /// on with [`Batch::after`] the [`Self::cursor`].
    pub async fn write(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut writer = self.shared.writer.lock().await;
        let mut waiting = vec![Cow::Borrowed(batch)];
        let mut stale = 0;
        while let Some(batch) = waiting.pop() {
            match writer.write(&self.shared, &batch).await {
                Ok(()) => {}
                // What a frozen server had of an earlier attempt may have come through just now:
                // a look from a new connection tells.
                Err(StoreError::Stale { .. }) if stale == 0 => {
                    stale += 1;
                    waiting.push(batch);
                }
                Err(error @ StoreError::Refused { .. }) => match batch.split() {
                    Ok((left, right)) => waiting.extend([right, left].map(Cow::Owned)),
                    Err(batch) => writer.quarantine(&self.shared, batch, &error).await?,
                },
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Writer {
    /// The writer's connection, made anew if there is none.
    pub(super) async fn take_connection(
        &mut self,
        shared: &Shared,
    ) -> Result<PgConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect(&shared.options).await,
        }
    }

    /// Gives it back when all went well: after an error nobody knows what state it is in.
    pub(super) fn put_back(&mut self, connection: PgConnection) {
        self.connection = Some(connection);
    }

    async fn write(&mut self, shared: &Shared, batch: &Batch) -> Result<(), StoreError> {
        let turn = shared.ring.turn(batch.first);
        let work = self.commit(shared, batch, turn, None);
        let outcome = within("write a batch", WRITE_TIMEOUT, work).await;
        let encoded = outcome.and_then(|outcome| outcome);
        let encoded = encoded.inspect_err(|_| self.names.undo())?;
        let news = self.names.take_news();
        shared.catalog.apply(batch, &encoded, &news);
        if !news.topics.is_empty() || !news.series.is_empty() {
            shared.show_sizes();
        }
        shared.ring.turned(turn, batch.first, encoded.bytes);
        shared.count(batch.next, &encoded);
        Ok(())
    }

    /// The transaction. After an error nobody knows whether the names are the database's too.
    async fn commit(
        &mut self,
        shared: &Shared,
        batch: &Batch,
        turn: Turn,
        letter: Option<Letter>,
    ) -> Result<Encoded, StoreError> {
        let position = *shared.position.borrow();
        let Some(position) = position.filter(|position| position.next == batch.first) else {
            return Err(StoreError::Stale {
                expected: batch.first,
            });
        };
        let mut work = Work {
            batch,
            position,
            turn,
            letter,
            names: &mut self.names,
        };
        let mut connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            let mut connection = connect(&shared.options).await?;
            // The last commit may have arrived although its answer did not.
            let found = Position::load(&mut connection).await?;
            let arrived = found
                .is_some_and(|found| found.epoch == position.epoch && found.next == batch.next);
            if arrived && batch.next > batch.first {
                let encoded = work.encode();
                self.put_back(connection);
                return Ok(encoded);
            }
            connection
        };
        let encoded = work.transact(&mut connection).await?;
        self.put_back(connection);
        Ok(encoded)
    }

    /// Puts a message that was refused where it is kept for a person to look at.
    async fn quarantine(
        &mut self,
        shared: &Shared,
        batch: &Batch,
        error: &StoreError,
    ) -> Result<(), StoreError> {
        let Some(row) = batch.rows.first() else {
            return Err(StoreError::Stale {
                expected: batch.first,
            });
        };
        let mut defects = row.defects.clone();
        defects.add(DefectCode::Refused, None, || error.to_string());
        let mut plain = batch.clone();
        plain.rows[0].samples.clear();
        plain.rows[0].defects = defects.clone();
        match self.write(shared, &plain).await {
            Err(StoreError::Refused { .. }) => {}
            outcome => return outcome,
        }
        plain.rows.clear();
        let letter = Letter::whole(&row.message, &defects);
        let turn = shared.ring.turn(batch.first);
        let work = self.commit(shared, &plain, turn, Some(letter));
        let encoded = within("write a dead letter", WRITE_TIMEOUT, work).await??;
        shared.ring.turned(turn, batch.first, 0);
        shared.count(batch.next, &encoded);
        Ok(())
    }
}

/// A transaction to make.
struct Work<'a> {
    batch: &'a Batch,
    /// From where it moves the cursor.
    position: Position,
    turn: Turn,
    /// A message that can't be a row.
    letter: Option<Letter>,
    names: &'a mut Names,
}

impl Work<'_> {
    async fn transact(&mut self, connection: &mut PgConnection) -> Result<Encoded, StoreError> {
        let mut transaction = connection
            .begin()
            .await
            .map_err(StoreError::while_doing("begin a batch"))?;
        self.hold_cursor(&mut transaction).await?;
        self.turn.write(&mut transaction, self.batch.first).await?;
        let encoded = self.copy(&mut transaction).await?;
        insert_names(&mut transaction, self.names.news()).await?;
        letters::insert(&mut transaction, &encoded.letters).await?;
        self.move_cursor(&mut transaction, &encoded).await?;
        transaction
            .commit()
            .await
            .map_err(StoreError::while_doing("commit a batch"))?;
        Ok(encoded)
    }

    /// Waits for what another attempt may still be committing: only one moves the cursor from here.
    async fn hold_cursor(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        let expected = self.batch.first;
        sqlx::query("select from mirror_cursor where epoch = $1 and next_offset = $2 for update")
            .bind(i64::from(self.position.epoch.0))
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
        let slot = self.turn.slot;
        let statement =
            format!("copy unspool.message_hot_{slot} ({COLUMNS}) from stdin (format binary)");
        let mut copy = connection.copy_in_raw(&statement).await.map_err(&failed)?;
        let mut rows = Encoder::new(slot, self.names, self.batch.rows.len());
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
    fn encode(&mut self) -> Encoded {
        let mut rows = Encoder::new(self.turn.slot, self.names, self.batch.rows.len());
        for row in &self.batch.rows {
            rows.add(row);
            rows.piece();
        }
        let (_, mut encoded) = rows.finish();
        encoded.quarantined += u64::from(self.letter.is_some());
        encoded.letters.extend(self.letter.take());
        encoded
    }

    async fn move_cursor(
        &self,
        connection: &mut PgConnection,
        encoded: &Encoded,
    ) -> Result<(), StoreError> {
        let changed = sqlx::query(
            "update mirror_cursor set next_offset = $1, stored = stored + $2,
                quarantined = quarantined + $3, samples = samples + $4
             where epoch = $5 and next_offset = $6",
        )
        .bind(self.batch.next.0.cast_signed())
        .bind(encoded.stored.cast_signed())
        .bind(encoded.quarantined.cast_signed())
        .bind(encoded.samples.cast_signed())
        .bind(i64::from(self.position.epoch.0))
        .bind(self.batch.first.0.cast_signed())
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

async fn insert_names(connection: &mut PgConnection, news: &News) -> Result<(), StoreError> {
    if !news.topics.is_empty() {
        let topics = news.topics.iter();
        sqlx::query(
            "insert into topic (id, name, first_seen, last_seen, last_seq)
             select id, name, seen, seen, 0
             from unnest($1::integer[], $2::text[], $3::timestamptz[]) as t (id, name, seen)",
        )
        .bind(topics.clone().map(|t| t.id).collect::<Vec<_>>())
        .bind(topics.clone().map(|t| t.topic.as_str()).collect::<Vec<_>>())
        .bind(topics.map(|t| Instant(t.first_seen)).collect::<Vec<_>>())
        .execute(&mut *connection)
        .await
        .map_err(StoreError::while_doing("insert topics"))?;
    }
    if !news.series.is_empty() {
        let series = news.series.iter();
        sqlx::query(
            "insert into series (id, topic_id, path, kind)
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
        sqlx::query("update series set kind = 4 where id = any($1)")
            .bind(news.widened.iter().map(|w| w.id).collect::<Vec<_>>())
            .execute(connection)
            .await
            .map_err(StoreError::while_doing("widen series"))?;
    }
    Ok(())
}

impl Shared {
    /// Says how far the mirror has come; to the metrics too.
    pub(super) fn publish(&self, position: Position) {
        self.position.send_replace(Some(position));
        self.cursor.send_replace(position.next);
        let gauge = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.metrics.mirror_cursor.set(gauge(position.next.0));
    }

    fn count(&self, next: Offset, encoded: &Encoded) {
        let position = *self.position.borrow();
        if let Some(position) = position {
            self.publish(Position {
                epoch: position.epoch,
                next,
                stored: position.stored + encoded.stored,
                quarantined: position.quarantined + encoded.quarantined,
                samples: position.samples + encoded.samples,
            });
        }
        self.metrics.messages_stored.inc_by(encoded.stored);
        self.metrics
            .messages_quarantined
            .inc_by(encoded.quarantined);
        self.metrics.samples_stored.inc_by(encoded.samples);
    }
}
