//! The one that writes: batch by batch, whatever is in them.

use std::borrow::Cow;
use std::time::Duration;

use sqlx::PgConnection;

use super::dead_letter::NewDeadLetter;
use super::encode::Encoded;
use super::transaction::Transaction;
use crate::message::{Cursor, DefectCode, Offset};
use crate::store::batch::RowBatch;
use crate::store::connect::{connect, within};
use crate::store::dictionary::Dictionary;
use crate::store::error::StoreError;
use crate::store::mirrored::Mirrored;
use crate::store::slots::Placement;
use crate::store::state::StoreState;

/// How long a batch may take. A server that is frozen never answers.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection of its own, and the dictionary.
#[derive(Debug, Default)]
pub(in crate::store) struct BatchWriter {
    connection: Option<PgConnection>,
    names: Dictionary,
}

impl BatchWriter {
    /// Takes over the names that the tables know.
    pub(in crate::store) fn know(&mut self, names: Dictionary) {
        self.names = names;
    }

    /// The writer's connection, made anew if there is none.
    pub(in crate::store) async fn take_connection(
        &mut self,
        state: &StoreState,
    ) -> Result<PgConnection, StoreError> {
        match self.connection.take() {
            Some(connection) => Ok(connection),
            None => connect(&state.options).await,
        }
    }

    /// Gives it back when all went well: after an error nobody knows what state it is in.
    pub(in crate::store) fn put_back(&mut self, connection: PgConnection) {
        self.connection = Some(connection);
    }

    /// Commits a batch, in parts where the database refuses something of it.
    pub(in crate::store) async fn write(
        &mut self,
        state: &StoreState,
        batch: &RowBatch,
    ) -> Result<(), StoreError> {
        let mut waiting = vec![Cow::Borrowed(batch)];
        let mut looked_again = false;
        while let Some(batch) = waiting.pop() {
            match self.write_whole(state, &batch).await {
                Ok(()) => {}
                // What a frozen server had of an earlier attempt may have come through just now:
                // a look from a new connection tells.
                Err(StoreError::Stale { .. }) if !looked_again => {
                    looked_again = true;
                    waiting.push(batch);
                }
                Err(error @ StoreError::Refused { .. }) => match batch.split() {
                    Ok((left, right)) => waiting.extend([right, left].map(Cow::Owned)),
                    Err(batch) => self.dead_letter(state, batch, &error).await?,
                },
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn write_whole(
        &mut self,
        state: &StoreState,
        batch: &RowBatch,
    ) -> Result<(), StoreError> {
        let placement = state.slots.placement(batch.first);
        let work = self.commit(state, batch, placement, None);
        let outcome = within("write a batch", WRITE_TIMEOUT, work).await;
        let encoded = outcome.and_then(|outcome| outcome);
        let encoded = encoded.inspect_err(|_| self.names.undo())?;
        let news = self.names.take_news();
        state.catalog.apply(batch, &encoded, &news);
        if !news.topics.is_empty() || !news.series.is_empty() {
            state.show_sizes();
        }
        state.slots.placed(placement, batch.first, encoded.bytes);
        count(state, batch.next, &encoded);
        Ok(())
    }

    /// After an error nobody knows whether the names are the database's too.
    async fn commit(
        &mut self,
        state: &StoreState,
        batch: &RowBatch,
        placement: Placement,
        letter: Option<NewDeadLetter>,
    ) -> Result<Encoded, StoreError> {
        let mirrored = *state.mirrored.borrow();
        let cursor = mirrored.map(|mirrored| mirrored.cursor);
        let Some(cursor) = cursor.filter(|cursor| cursor.next == batch.first) else {
            return Err(StoreError::Stale {
                expected: batch.first,
            });
        };
        let mut work = Transaction {
            batch,
            cursor,
            placement,
            letter,
            names: &mut self.names,
        };
        let mut connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            let mut connection = connect(&state.options).await?;
            // The last commit may have arrived although its answer did not.
            let arrived = Cursor {
                next: batch.next,
                ..cursor
            };
            let found = Mirrored::load(&mut connection).await?;
            if batch.next > batch.first && found.is_some_and(|found| found.cursor == arrived) {
                let encoded = work.encode();
                self.put_back(connection);
                return Ok(encoded);
            }
            connection
        };
        let encoded = work.commit(&mut connection).await?;
        self.put_back(connection);
        Ok(encoded)
    }

    /// Puts a message that was refused where it is kept for a person to look at.
    async fn dead_letter(
        &mut self,
        state: &StoreState,
        batch: &RowBatch,
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
        match self.write_whole(state, &plain).await {
            Err(StoreError::Refused { .. }) => {}
            outcome => return outcome,
        }
        plain.rows.clear();
        let letter = NewDeadLetter::whole(&row.message, &defects);
        let placement = state.slots.placement(batch.first);
        let work = self.commit(state, &plain, placement, Some(letter));
        let encoded = within("write a dead letter", WRITE_TIMEOUT, work).await??;
        state.slots.placed(placement, batch.first, 0);
        count(state, batch.next, &encoded);
        Ok(())
    }
}

/// Adds up what has been committed.
fn count(state: &StoreState, next: Offset, encoded: &Encoded) {
    let mirrored = *state.mirrored.borrow();
    if let Some(mirrored) = mirrored {
        state.publish(Mirrored {
            cursor: Cursor {
                next,
                ..mirrored.cursor
            },
            stored: mirrored.stored + encoded.stored,
            dead_lettered: mirrored.dead_lettered + encoded.dead_lettered,
            samples: mirrored.samples + encoded.samples,
        });
    }
    state.metrics.messages_stored.inc_by(encoded.stored);
    state
        .metrics
        .messages_dead_lettered
        .inc_by(encoded.dead_lettered);
    state.metrics.samples_stored.inc_by(encoded.samples);
}
