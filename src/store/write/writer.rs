//! The one that writes: batch by batch, whatever is in them.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use sqlx::PgConnection;

use super::dead_letter::NewDeadLetter;
use super::encode::Encoded;
use super::suspect::{Suspect, TriedForm};
use super::transaction::Transaction;
use crate::message::{Cursor, DefectCode, Defects, Message, Offset, TimeSource, Timestamp, Topic};
use crate::store::answer::SeriesKind;
use crate::store::batch::{MessageRow, NewSample, RowBatch};
use crate::store::connect::{connect, within};
use crate::store::dictionary::Dictionary;
use crate::store::error::StoreError;
use crate::store::mirrored::Mirrored;
use crate::store::prepare::prepare;
use crate::store::slots::Placement;
use crate::store::state::StoreState;

/// How long a batch may take. A server that is frozen never answers.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long it may take to look where the cursor is.
const LOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection of its own, and the dictionary.
#[derive(Debug, Default)]
pub(in crate::store) struct BatchWriter {
    connection: Option<PgConnection>,
    names: Dictionary,
    /// Nobody knows whether the tables have these names.
    are_names_doubtful: bool,
    /// What failed last, if nothing has been committed since.
    suspect: Option<Suspect>,
    /// Up to where attempts went of which nobody knows whether they were committed.
    doubtful: Vec<Offset>,
}

/// Why an attempt came to nothing.
enum Failure {
    /// There was no connection, or the database said that it is going: no message's fault.
    Outage(StoreError),
    /// The database would not have the message, or something broke: who knows.
    Failed(StoreError),
}

impl BatchWriter {
    /// Takes over the names that the tables know.
    pub(in crate::store) fn know(&mut self, names: Dictionary) {
        self.names = names;
    }

    /// The names, for whoever changes them in the tables.
    pub(in crate::store) fn names(&mut self) -> &mut Dictionary {
        &mut self.names
    }

    /// Whoever changed them in the tables does not know whether that was committed.
    pub(in crate::store) fn doubt_names(&mut self) {
        self.are_names_doubtful = true;
    }

    /// Reads the names anew where they are doubtful.
    pub(in crate::store) async fn know_anew(
        &mut self,
        state: &StoreState,
    ) -> Result<(), StoreError> {
        if self.are_names_doubtful {
            self.names = Box::pin(prepare(state)).await?;
            self.are_names_doubtful = false;
        }
        Ok(())
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

    /// Commits a batch, in parts where the database does not take the whole of it.
    pub(in crate::store) async fn write(
        &mut self,
        state: &StoreState,
        batch: &RowBatch,
    ) -> Result<(), StoreError> {
        self.know_anew(state).await?;
        let mut rest = Cow::Borrowed(batch);
        loop {
            let next = self.write_some(state, &rest).await?;
            if next >= batch.next {
                return Ok(());
            }
            rest = Cow::Owned(rest.into_owned().after(next));
        }
    }

    /// Commits the batch or a first part of it; up to where.
    async fn write_some(
        &mut self,
        state: &StoreState,
        rest: &RowBatch,
    ) -> Result<Offset, StoreError> {
        let known = self.suspect.take();
        let known = known.filter(|suspect| suspect.first == rest.first);
        let mut suspect = known.unwrap_or_else(|| Suspect::new(rest.first));
        if !suspect.is_fresh() {
            match self.check(state, rest.first).await {
                Ok(found) if found == rest.first => suspect.seen(),
                Ok(found) => return self.take_over(state, found).await,
                Err(error) => {
                    self.suspect = Some(suspect);
                    return Err(error);
                }
            }
        }
        let mut has_looked = false;
        loop {
            let part = rest.head(suspect.rows);
            let error = match self.attempt(state, &part, &suspect).await {
                Ok(()) => {
                    self.doubtful.clear();
                    return Ok(part.next);
                }
                Err(Failure::Outage(error)) => {
                    self.suspect = (!suspect.is_fresh()).then_some(suspect);
                    return Err(error);
                }
                Err(Failure::Failed(error)) => error,
            };
            if let StoreError::Stale { .. } = error {
                match self.look(state).await {
                    // An answer that was lost, or a commit of a frozen server that came through.
                    Ok(found) if found != rest.first && self.is_own(found, part.next) => {
                        return self.take_over(state, found).await;
                    }
                    Ok(_) if has_looked => return Err(error),
                    Ok(_) => has_looked = true,
                    Err(outage) => {
                        self.suspect = (!suspect.is_fresh()).then_some(suspect);
                        return Err(outage);
                    }
                }
                continue;
            }
            let (rows, why) = (part.rows.len(), error.to_string());
            if !error.is_answer() {
                self.doubtful.push(part.next);
                suspect.lost(rows, why);
                self.suspect = Some(suspect);
                return Err(error);
            }
            match self.check(state, rest.first).await {
                Ok(found) if found == rest.first => {}
                Ok(found) => return self.take_over(state, found).await,
                Err(outage) => {
                    suspect.broke(rows, why);
                    self.suspect = Some(suspect);
                    return Err(outage);
                }
            }
            let is_tried_again = error.may_pass() && suspect.again(rows, why.clone());
            if !is_tried_again && !suspect.narrow(rows, why) {
                self.suspect = Some(suspect);
                return Err(error);
            }
        }
    }

    /// Whether the database is well and the cursor still at `first`; else where an attempt has
    /// moved it that had seemed to fail.
    async fn check(&mut self, state: &StoreState, first: Offset) -> Result<Offset, StoreError> {
        match self.probe(state, first).await {
            Ok(()) => Ok(first),
            Err(moved @ StoreError::Stale { .. }) => {
                let found = self.look(state).await?;
                if found != first && self.is_own(found, first) {
                    Ok(found)
                } else {
                    Err(moved)
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Whether this writer may have moved the cursor there: an attempt went that far, or goes.
    fn is_own(&self, found: Offset, end: Offset) -> bool {
        found == end || self.doubtful.contains(&found)
    }

    /// An attempt that had seemed to fail was committed up to `found` after all: what it brought is
    /// read from the tables.
    async fn take_over(&mut self, state: &StoreState, found: Offset) -> Result<Offset, StoreError> {
        self.names = Box::pin(prepare(state)).await?;
        self.doubtful.clear();
        Ok(found)
    }

    /// Tries to commit a part of a batch in the form that its turn has come for.
    async fn attempt(
        &mut self,
        state: &StoreState,
        part: &RowBatch,
        suspect: &Suspect,
    ) -> Result<(), Failure> {
        let (batch, dead_letter) = in_form(part, suspect);
        let connection = self.take_connection(state).await.map_err(Failure::Outage)?;
        let placement = state.slots.placement(batch.first);
        let work = self.commit(state, &batch, placement, dead_letter, connection);
        let outcome = within("write a batch", WRITE_TIMEOUT, work).await;
        let encoded = match outcome.and_then(|outcome| outcome) {
            Ok(encoded) => encoded,
            Err(error) => {
                self.names.undo();
                return Err(if error.is_outage() {
                    Failure::Outage(error)
                } else {
                    Failure::Failed(error)
                });
            }
        };
        let news = self.names.take_news();
        state.catalog.apply(&batch, &encoded, &news);
        if !news.topics.is_empty() || !news.series.is_empty() {
            state.show_sizes(self.names.bytes());
        }
        if encoded.dead_letters.iter().any(NewDeadLetter::is_whole) {
            state.note_whole_dead_letters();
        }
        state.slots.placed(placement, batch.first, encoded.bytes);
        count(state, &batch, &encoded);
        Ok(())
    }

    /// After an error nobody knows whether the names are the database's too.
    async fn commit(
        &mut self,
        state: &StoreState,
        batch: &RowBatch,
        placement: Placement,
        dead_letter: Option<NewDeadLetter>,
        mut connection: PgConnection,
    ) -> Result<Encoded, StoreError> {
        let cursor = cursor_at(state, batch.first)?;
        let mut work = Transaction {
            batch,
            cursor,
            placement,
            dead_letter,
            names: &mut self.names,
        };
        let encoded = work.commit(&mut connection).await?;
        self.put_back(connection);
        Ok(encoded)
    }

    /// Where the cursor is now; from a new connection.
    async fn look(&mut self, state: &StoreState) -> Result<Offset, StoreError> {
        self.connection = None;
        let mut connection = connect(&state.options).await?;
        let work = Mirrored::load(&mut connection);
        let found = within("look at the mirror's cursor", LOOK_TIMEOUT, work).await??;
        Ok(found.map_or(Offset(0), |found| found.cursor.next))
    }

    /// Whether the database takes something innocent in place of what begins at `first`; taken
    /// back again.
    async fn probe(&mut self, state: &StoreState, first: Offset) -> Result<(), StoreError> {
        let mut connection = self.take_connection(state).await?;
        let batch = innocent(first)?;
        let mut work = Transaction {
            batch: &batch,
            cursor: cursor_at(state, first)?,
            placement: state.slots.placement(first),
            dead_letter: None,
            names: &mut self.names,
        };
        let rehearsal = work.rehearse(&mut connection);
        let outcome = within("write a probe", WRITE_TIMEOUT, rehearsal).await;
        self.names.undo();
        outcome??;
        self.put_back(connection);
        Ok(())
    }
}

/// The cursor, where it is at `first`.
fn cursor_at(state: &StoreState, first: Offset) -> Result<Cursor, StoreError> {
    let mirrored = *state.mirrored.borrow();
    mirrored
        .map(|mirrored| mirrored.cursor)
        .filter(|cursor| cursor.next == first)
        .ok_or(StoreError::Stale { expected: first })
}

/// A message that uses everything that a message may use, and that nothing is wrong with.
fn innocent(first: Offset) -> Result<RowBatch, StoreError> {
    let topic = Topic::new("$unspool/probe").map_err(|_| StoreError::NotReady)?;
    let now = Timestamp::now();
    let mut defects = Defects::default();
    defects.add(DefectCode::Refused, None, || "a probe".to_owned());
    let row = MessageRow {
        message: Arc::new(Message {
            offset: first,
            received_at: now,
            ..Message::new(topic, "0")
        }),
        samples: vec![NewSample {
            path: String::new(),
            time: now,
            time_source: TimeSource::Receipt,
            value: Some(0.0),
            text: None,
            kind: SeriesKind::Number,
        }],
        defects,
        remarks: None,
    };
    Ok(RowBatch {
        first,
        next: first.plus(1),
        rows: vec![row],
        left_out: Vec::new(),
    })
}

/// A part of a batch as it is tried now: a single message that was not taken as it is loses what
/// may be the reason.
fn in_form<'a>(
    part: &'a RowBatch,
    suspect: &Suspect,
) -> (Cow<'a, RowBatch>, Option<NewDeadLetter>) {
    let row = part
        .rows
        .first()
        .filter(|_| suspect.form != TriedForm::Full);
    let Some(row) = row else {
        return (Cow::Borrowed(part), None);
    };
    let mut defects = row.defects.clone();
    defects.add(DefectCode::Refused, None, || suspect.why.clone());
    let mut plain = part.clone();
    let dead_letter = match suspect.form {
        TriedForm::Full | TriedForm::Plain => {
            let plain_row = &mut plain.rows[0];
            plain_row.samples.clear();
            plain_row.defects = defects;
            if let Some(remarks) = &mut plain_row.remarks {
                remarks.units.clear();
                remarks.ruled.clear();
                remarks.described = None;
                remarks.historical.clear();
            }
            return (Cow::Owned(plain), None);
        }
        TriedForm::DeadLetter => NewDeadLetter::whole(&row.message, &defects),
        TriedForm::Bare => NewDeadLetter::bare(&row.message, &defects),
    };
    plain.rows.clear();
    (Cow::Owned(plain), Some(dead_letter))
}

/// Adds up what has been committed.
fn count(state: &StoreState, batch: &RowBatch, encoded: &Encoded) {
    let (next, left_out) = (batch.next, batch.left_out.len() as u64);
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
            left_out: mirrored.left_out + left_out,
            ..mirrored
        });
    }
    state.metrics.messages_stored.inc_by(encoded.stored);
    state.metrics.messages_left_out.inc_by(left_out);
    state
        .metrics
        .messages_dead_lettered
        .inc_by(encoded.dead_lettered);
    state.metrics.samples_stored.inc_by(encoded.samples);
    state.metrics.topics_refused.inc_by(encoded.topics_refused);
    let refused = encoded.discovered.refused;
    state.metrics.discovered_refused.inc_by(refused);
}
