//! Doing what was asked for, piece by piece.

use std::time::{Duration, Instant as Moment};

use sqlx::{Connection as _, PgConnection};

use super::delete::{self, Deleted, PIECE_RECORDS, Portion};
use super::detach::{PIECE_MAX, detach};
use super::record::{Removal, RemovalState};
use crate::message::{Offset, Scope, Timestamp, Topic};
use crate::store::connect::within;
use crate::store::error::StoreError;
use crate::store::handle::Store;
use crate::store::mirrored::{Gone, Mirrored};
use crate::store::retention::Sealed;
use crate::store::wire::Instant;

/// How long one piece may take, and of that what others wait for.
const PIECE_TIMEOUT: Duration = Duration::from_secs(60);
const DETACH_TIMEOUT: Duration = Duration::from_secs(20);

/// How long it goes on before it is looked whether something else is to be done.
const TURN: Duration = Duration::from_secs(1);

/// Does the removals, one after the other. What it keeps here is where it goes on; a server that
/// starts anew finds nothing of it and looks through what may be done already.
#[derive(Debug, Default)]
pub(in crate::store) struct Remover {
    removal: i32,
    next: NextStep,
    /// Nobody knows whether the last piece was committed.
    is_doubtful: bool,
}

/// What comes next.
#[derive(Debug, Default)]
enum NextStep {
    #[default]
    Begin,
    /// Taking out the topics behind this one.
    Topics(Option<Topic>),
    /// Deleting messages behind this one that are nothing but dead letters.
    DeadLetters(Offset),
    /// Deleting hot messages: the slots, and from where in the first of them.
    Hot(Vec<(i16, Offset)>),
    /// Looking for topics whose rows are to be deleted.
    Choose,
    /// Deleting the sealed messages of these in these tables, in the last of them from here on.
    Messages(Portion, Vec<String>, i64),
    /// Deleting blocks, then rollups in these partitions, in the last of them those behind this time.
    Blocks(Portion, Vec<(Sealed, String)>, Option<Instant>),
}

impl Remover {
    /// Works for about a second, if there is something to be done, half of the time.
    pub(in crate::store) async fn take_turn(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        let until = Moment::now() + TURN;
        while Moment::now() < until {
            let began = Moment::now();
            if !self.work(store, connection).await? {
                break;
            }
            // The others have the database for as long.
            tokio::time::sleep(began.elapsed()).await;
        }
        Ok(())
    }

    /// Does one piece; answers whether there was one.
    pub(in crate::store) async fn work(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
    ) -> Result<bool, StoreError> {
        let Some(removal) = store.state().removals.next() else {
            return Ok(false);
        };
        let work = Box::pin(self.piece(store, connection, removal));
        let outcome = within("remove topics", PIECE_TIMEOUT, work).await.flatten();
        if let Err(error) = outcome {
            self.is_doubtful = !error.is_answer();
            self.next = NextStep::Begin;
            return Err(error);
        }
        Ok(true)
    }

    async fn piece(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
        mut removal: Removal,
    ) -> Result<(), StoreError> {
        if self.is_doubtful {
            store.state().removals.load(connection).await?;
            store.recount(connection).await?;
            self.is_doubtful = false;
            return Ok(());
        }
        if self.removal != removal.id {
            self.removal = removal.id;
            self.next = NextStep::Begin;
        }
        self.next = match std::mem::take(&mut self.next) {
            NextStep::Begin if removal.state == RemovalState::Deleting => {
                NextStep::DeadLetters(Offset(0))
            }
            NextStep::Begin => NextStep::Topics(None),
            NextStep::Topics(after) => match take_out(store, connection, removal, after).await? {
                Some(last) => NextStep::Topics(Some(last)),
                None => NextStep::DeadLetters(Offset(0)),
            },
            NextStep::DeadLetters(after) => {
                let mut piece = Piece::begin(connection).await?;
                let range = (after, removal.clear_to);
                let work = delete::delete_dead_letters(&mut piece, &removal.filter, range);
                let (deleted, last) = work.await?;
                piece.commit(store, removal, deleted).await?;
                last.map_or_else(
                    || NextStep::Hot(store.state().slots.hot()),
                    NextStep::DeadLetters,
                )
            }
            NextStep::Hot(mut slots) => {
                if let Some((slot, from)) = slots.pop() {
                    let to = from.plus(PIECE_RECORDS);
                    let mut piece = Piece::begin(connection).await?;
                    let work = delete::delete_hot(&mut piece, removal.id, slot, (from, to));
                    let deleted = work.await?;
                    piece.commit(store, removal, deleted).await?;
                    if to < end_of_slot(store, from) {
                        slots.push((slot, to));
                    }
                    NextStep::Hot(slots)
                } else {
                    NextStep::Choose
                }
            }
            NextStep::Choose => {
                if let Some(portion) = Portion::next(connection, removal.id).await? {
                    NextStep::Messages(portion, store.state().retention.tables(Sealed::Messages), 0)
                } else {
                    removal.state = RemovalState::Done;
                    removal.finished_at = Some(Timestamp::now());
                    tracing::info!(
                        filter = removal.filter.as_str(),
                        topics = removal.topics,
                        messages = removal.messages,
                        "topics are removed"
                    );
                    removal.update(connection).await?;
                    store.state().removals.put(removal);
                    NextStep::Begin
                }
            }
            NextStep::Messages(portion, mut tables, from) => {
                if let Some(table) = tables.pop() {
                    let mut piece = Piece::begin(connection).await?;
                    let work = portion.delete_messages(&mut piece, &table, from);
                    let (deleted, next) = work.await?;
                    piece.commit(store, removal, deleted).await?;
                    if next.is_some() {
                        tables.push(table);
                    }
                    NextStep::Messages(portion, tables, next.unwrap_or_default())
                } else {
                    let partitions = partitions_of_samples(store, connection).await?;
                    NextStep::Blocks(portion, partitions, None)
                }
            }
            NextStep::Blocks(portion, mut partitions, after) => {
                if let Some(partition) = partitions.pop() {
                    let mut piece = Piece::begin(connection).await?;
                    let work = portion.delete_blocks(&mut piece, &partition, after);
                    let (deleted, last) = work.await?;
                    piece.commit(store, removal, deleted).await?;
                    if last.is_some() {
                        partitions.push(partition);
                    }
                    NextStep::Blocks(portion, partitions, last)
                } else {
                    portion.finish(connection).await?;
                    NextStep::Choose
                }
            }
        };
        Ok(())
    }
}

/// Those of samples, which are gone through from the end, and those of their rollups.
async fn partitions_of_samples(
    store: &Store,
    connection: &mut PgConnection,
) -> Result<Vec<(Sealed, String)>, StoreError> {
    let mut partitions = Vec::new();
    for kind in [Sealed::Rollups, Sealed::Samples] {
        let tables = store.state().retention.tables(kind);
        let found = delete::partitions(connection, &tables).await?;
        partitions.extend(found.into_iter().map(|name| (kind, name)));
    }
    Ok(partitions)
}

/// Where the slot ends that the record `from` is in.
fn end_of_slot(store: &Store, from: Offset) -> Offset {
    let next = store.state().slots.first_after(from);
    if next > from {
        next
    } else {
        store.complete_to().plus(1)
    }
}

/// Takes some topics out, behind `after`; the last of them, if there were any. Nothing is written
/// meanwhile.
async fn take_out(
    store: &Store,
    connection: &mut PgConnection,
    mut removal: Removal,
    after: Option<Topic>,
) -> Result<Option<Topic>, StoreError> {
    let state = store.state();
    let mut writer = store.writer().await;
    writer.know_anew(state).await?;
    let last_seq = store.complete_to();
    if removal.state == RemovalState::Waiting {
        removal.state = RemovalState::Detaching;
        removal.topic_id_max = writer.names().topic_id_max();
        removal.clear_to = last_seq;
    }
    let scope = Scope::unrestricted(removal.filter.clone());
    let id_max = removal.topic_id_max;
    let topics = state
        .catalog
        .some_of(&scope, after.as_ref(), id_max, PIECE_MAX);
    let last = topics.last().map(|topic| topic.topic.clone());
    if last.is_none() {
        removal.state = RemovalState::Deleting;
    } else {
        removal.up_to = last_seq;
    }
    // Whoever reads everything must know before that there are rows which nobody may see.
    state.removals.put(removal.clone());
    let work = detach(connection, &mut removal, &topics);
    let outcome = within("take topics out", DETACH_TIMEOUT, work)
        .await
        .flatten();
    let detached = outcome.inspect_err(|error| {
        if !error.is_answer() {
            writer.doubt_names();
        }
    })?;
    for topic in &detached {
        writer.names().remove(&topic.topic);
    }
    let ids: Vec<i32> = detached.iter().map(|topic| topic.id).collect();
    state.catalog.remove(&ids);
    state.removals.put(removal);
    let names_bytes = writer.names().bytes();
    drop(writer);
    state.show_sizes(names_bytes);
    Ok(last)
}

/// A transaction that deletes something.
struct Piece<'c>(sqlx::Transaction<'c, sqlx::Postgres>);

impl<'c> Piece<'c> {
    async fn begin(connection: &'c mut PgConnection) -> Result<Self, StoreError> {
        let failed = StoreError::while_doing("begin to delete");
        Ok(Self(connection.begin().await.map_err(failed)?))
    }

    /// Counts what was deleted, and commits. The row of the counts is the mirror's, too: it waits
    /// no longer than it takes to commit.
    async fn commit(
        mut self,
        store: &Store,
        mut removal: Removal,
        deleted: Deleted,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_doing("delete rows of removed topics");
        if deleted == Deleted::default() {
            return self.0.commit().await.map_err(failed);
        }
        removal.messages += deleted.messages;
        removal.dead_letters += deleted.dead_letters;
        removal.samples += deleted.samples;
        removal.bytes += deleted.bytes;
        let _nobody_writes = store.writer().await;
        removal.update(&mut self.0).await?;
        Mirrored::let_go(&mut self.0, deleted.in_ledger, Gone::Removed).await?;
        self.0.commit().await.map_err(failed)?;
        let state = store.state();
        state.removals.put(removal);
        if let Some(known) = store.mirrored() {
            state.publish(known.without(deleted.in_ledger, Gone::Removed));
        }
        Ok(())
    }
}

impl std::ops::Deref for Piece<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0
    }
}

impl std::ops::DerefMut for Piece<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0
    }
}
