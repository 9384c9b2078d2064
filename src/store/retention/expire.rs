//! Letting go of what has been kept long enough, a partition at a time.

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use super::class::KeptFrom;
use super::due::Situation;
use super::each::Measured;
use super::moving::move_one;
use super::partition::{ClassId, Sealed, SealedPart};
use super::sizes::StorageSizes;
use super::timescale::Timescale;
use crate::message::{Offset, Timestamp};
use crate::store::connect::{holders, within};
use crate::store::error::{StoreError, is_lock_timeout};
use crate::store::handle::Store;
use crate::store::mirrored::{Gone, InLedger, Mirrored, Recounted};
use crate::store::wire::Instant;

/// How often it is looked what there is, and whether something is to go.
const INTERVAL: Duration = Duration::from_secs(10);

/// The longest pause between two tries to get hold of a partition that readers hold.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// After how many tries in vain a person is told.
const TRIES_MAX: u32 = 8;

/// How long readers are waited for. New readers wait behind for as long.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '50ms'";

/// How many dead letters, and how many blocks of what has no partition of its own, are deleted in
/// one transaction.
const PIECE: i64 = 5_000;

/// How long one partition may take, most of which is to count what is in it.
const DROP_TIMEOUT: Duration = Duration::from_secs(600);

/// What lets go of history.
#[derive(Debug, Default)]
pub(in crate::store) struct Expirer {
    next: Option<Moment>,
    /// How often in a row readers have been in the way.
    tries: u32,
    told_of_disk: bool,
    measured: Measured,
}

impl Expirer {
    /// Measures what there is, and lets one thing go that is due; answers whether something went.
    pub(in crate::store) async fn take_turn(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
    ) -> Result<bool, StoreError> {
        if self.next.is_some_and(|next| next > Moment::now()) {
            return Ok(false);
        }
        self.next = Some(Moment::now() + INTERVAL);
        let work = Box::pin(self.work(store, connection));
        let is_more = within("let go of history", DROP_TIMEOUT, work).await??;
        if is_more {
            self.next = None;
        }
        Ok(is_more)
    }

    /// Lets one thing go; answers whether it did, and so whether there may be more.
    pub(in crate::store) async fn work(
        &mut self,
        store: &Store,
        connection: &mut PgConnection,
    ) -> Result<bool, StoreError> {
        let retention = &store.state().retention;
        // Another one may have let hypertables take their place.
        retention.load(connection).await?;
        if retention.has_hypertables()
            && retention.timescale().is_none()
            && let Some(timescale) = Timescale::find(connection).await?
        {
            retention.set_timescale(timescale);
        }
        let (parts, others) = SealedPart::all(connection).await?;
        let has_parts = |class| {
            // An empty partition takes the first pages of its indexes; those of rollups are made for
            // all classes.
            let mut of_class = parts.iter().filter(|part| part.class == class);
            of_class.any(|part| match part.kind {
                Sealed::Rollups => part.bytes > 16 * 1024,
                _ => part.range.is_some() || part.bytes > 64 * 1024,
            })
        };
        retention
            .tend(connection, store.complete_to().plus(1), has_parts)
            .await?;
        let disk = store.state().disk(connection).await?;
        let now = Timestamp::now();
        let each = self.measured.bytes_each(connection, &parts, now).await?;
        let measured = StorageSizes::of(connection, retention, disk, (&parts, &others, &each));
        let sizes = measured.await?;
        let bytes = sizes.bytes;
        sizes.show(&store.state().metrics);
        self.warn_of_full_disk(&sizes);
        *store.state().sizes.write() = Some(Arc::new(sizes));
        if retention.has_hypertables() && move_one(connection, retention, &parts).await? {
            return Ok(true);
        }
        let keeps = retention.keeps();
        let situation = Situation {
            parts: &parts,
            bytes,
            whole: retention.whole(),
            rollups_days: retention.rollups_days(),
            keeps: &keeps,
            now: Timestamp::now(),
        };
        for part in parts.iter().filter(|part| part.range.is_none()) {
            if let Some(limit) = situation.age_limit(part.kind, part.class)
                && part.kind == Sealed::Samples
                && delete_blocks(store, connection, part, limit).await?
            {
                return Ok(true);
            }
        }
        let Some(part) = situation.next_due() else {
            return Ok(false);
        };
        if drop_part(store, connection, part).await? {
            self.tries = 0;
            return Ok(true);
        }
        self.tries += 1;
        if self.tries == TRIES_MAX {
            let readers = holders(connection, "%").await?;
            tracing::warn!(
                partition = part.name, %readers,
                "history that has been kept long enough can't go, since transactions that have read \
                 it are left open: it takes room until these end"
            );
        }
        let pause = INTERVAL.saturating_mul(self.tries).min(PAUSE_MAX);
        self.next = Some(Moment::now() + pause);
        Ok(false)
    }

    /// Tells a person once, and again when the disk had room in between.
    fn warn_of_full_disk(&mut self, sizes: &StorageSizes) {
        if !sizes.is_urgent() {
            self.told_of_disk = false;
        } else if !std::mem::replace(&mut self.told_of_disk, true) {
            tracing::warn!(
                days = sizes.lasts_days,
                free_bytes = sizes.free_bytes,
                "the disk will soon be full: give it more room, or keep less history (keep_days, \
                 keep_bytes, or rules with keep_messages and keep_samples)"
            );
        }
    }
}

/// Drops a partition and says what has gone with it; answers whether it did, or whether readers
/// were in the way.
async fn drop_part(
    store: &Store,
    connection: &mut PgConnection,
    part: &SealedPart,
) -> Result<bool, StoreError> {
    // To count takes longer than to be sent away.
    if !lock(connection, part, Begin::Probe).await? {
        return Ok(false);
    }
    let (gone, kept_from) = match part.kind {
        Sealed::Messages => {
            delete_dead_letters(store, connection, part).await?;
            count_messages(connection, part).await?
        }
        Sealed::Samples => count_samples(connection, part).await?,
        Sealed::Rollups => (InLedger::default(), behind(part, Offset(0))),
    };
    if !lock(connection, part, Begin::Drop).await? {
        return Ok(false);
    }
    let outcome = settle(store, connection, part, (gone, kept_from)).await;
    if outcome.is_err() {
        // Where the connection lives on, it is not to stay in the transaction.
        let _ = sqlx::query("rollback").execute(&mut *connection).await;
    }
    outcome?;
    let state = store.state();
    state.retention.raise(part.kind, part.class, kept_from);
    state.metrics.messages_expired.inc_by(gone.messages);
    state.metrics.samples_expired.inc_by(gone.samples);
    tracing::info!(
        partition = part.name,
        messages = gone.messages,
        samples = gone.samples,
        bytes = part.bytes,
        "history that has been kept long enough is gone"
    );
    Ok(true)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// To see whether it can be had.
    Probe,
    /// The transaction stays open, and with it the lock.
    Drop,
}

/// Gets hold of a partition and the table that it is of; answers whether it did.
async fn lock(
    connection: &mut PgConnection,
    part: &SealedPart,
    begin: Begin,
) -> Result<bool, StoreError> {
    let failed = StoreError::while_doing("get hold of a partition");
    let table = part.kind.table(part.class);
    for statement in [
        "begin".to_owned(),
        LOCK_TIMEOUT.to_owned(),
        format!("lock table only unspool.{table} in access exclusive mode"),
        format!("lock table only {} in access exclusive mode", part.name),
    ] {
        let outcome = sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *connection)
            .await;
        if let Err(error) = outcome {
            let _ = sqlx::query("rollback").execute(&mut *connection).await;
            return if is_lock_timeout(&error) {
                Ok(false)
            } else {
                Err(failed(error))
            };
        }
    }
    if begin == Begin::Probe {
        sqlx::query("rollback")
            .execute(connection)
            .await
            .map_err(failed)?;
    }
    Ok(true)
}

/// Drops it and commits, with what that means for the ledger and for those who ask.
async fn settle(
    store: &Store,
    connection: &mut PgConnection,
    part: &SealedPart,
    (gone, kept_from): (InLedger, KeptFrom),
) -> Result<(), StoreError> {
    let failed = StoreError::while_doing("drop a partition");
    let timescale = store.state().retention.timescale();
    match (timescale, part.range) {
        (Some(timescale), Some(range)) if part.is_chunk => {
            timescale.drop_chunk(connection, part, range).await?;
        }
        _ => {
            let statement = format!("drop table {}", part.name);
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut *connection)
                .await
                .map_err(&failed)?;
        }
    }
    note(connection, part, kept_from).await?;
    let _nobody_writes = store.writer().await;
    Mirrored::let_go(connection, gone, Gone::Expired).await?;
    sqlx::query("commit")
        .execute(connection)
        .await
        .map_err(&failed)?;
    if let Some(known) = store.mirrored() {
        store.state().publish(known.without(gone, Gone::Expired));
    }
    Ok(())
}

/// Notes from where on everything of the class is there.
async fn note(
    connection: &mut PgConnection,
    part: &SealedPart,
    kept_from: KeptFrom,
) -> Result<(), StoreError> {
    let raising = match part.kind {
        Sealed::Rollups => return Ok(()),
        Sealed::Messages => sqlx::query(
            "update unspool.retention_class
             set messages_kept_from = greatest(messages_kept_from, $2),
                messages_kept_from_seq = greatest(messages_kept_from_seq, $3)
             where id = $1",
        ),
        Sealed::Samples => sqlx::query(
            "update unspool.retention_class
             set samples_kept_from = greatest(samples_kept_from, $2) where id = $1 and $3::bigint = 0",
        ),
    };
    raising
        .bind(part.class.0)
        .bind(Instant(kept_from.time))
        .bind(kept_from.seq.0.cast_signed())
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("note what is kept"))?;
    Ok(())
}

/// The first record of the journal whose messages the ledger counts.
const FIRST_OFFSET: &str = "(select coalesce(max(first_offset), 0) from unspool.mirror_cursor)";

async fn count_messages(
    connection: &mut PgConnection,
    part: &SealedPart,
) -> Result<(InLedger, KeptFrom), StoreError> {
    let statement = format!(
        "select count(*) filter (where seq >= {FIRST_OFFSET}), coalesce(max(seq), 0)
         from {}",
        part.name
    );
    let row = sqlx::query(AssertSqlSafe(statement))
        .fetch_one(connection)
        .await
        .map_err(StoreError::while_doing("count what is to go"))?;
    let gone = InLedger {
        messages: row.get::<i64, _>(0).unsigned_abs(),
        ..InLedger::default()
    };
    let last = Offset(row.get::<i64, _>(1).unsigned_abs());
    Ok((gone, behind(part, last.plus(1))))
}

async fn count_samples(
    connection: &mut PgConnection,
    part: &SealedPart,
) -> Result<(InLedger, KeptFrom), StoreError> {
    let statement = format!(
        "select coalesce(sum(n) filter (where seq_min >= {FIRST_OFFSET}), 0)::bigint
         from {}",
        part.name
    );
    let samples: i64 = sqlx::query_scalar(AssertSqlSafe(statement))
        .fetch_one(connection)
        .await
        .map_err(StoreError::while_doing("count what is to go"))?;
    let gone = InLedger {
        samples: samples.unsigned_abs(),
        ..InLedger::default()
    };
    Ok((gone, behind(part, Offset(0))))
}

/// What is kept when a partition is gone.
fn behind(part: &SealedPart, seq: Offset) -> KeptFrom {
    let time = part.range.map_or(Timestamp(0), |range| range.to);
    KeptFrom { time, seq }
}

/// Deletes the dead letters of the messages in a partition, a piece at a time: messages without
/// them until they are gone, too. With the rest go those of messages that are nowhere else.
async fn delete_dead_letters(
    store: &Store,
    connection: &mut PgConnection,
    part: &SealedPart,
) -> Result<(), StoreError> {
    let failed = StoreError::while_doing("delete dead letters");
    let statement = format!(
        "with range as (select min(seq) as first, max(seq) as last from {0}),
         due as (
            select d.seq from range
            cross join lateral (
                select seq, topic_id from unspool.dead_letter
                where seq >= range.first and seq <= range.last
             ) d
            where exists (select from {0} m where m.seq = d.seq)
            limit $1
         ),
         gone as (delete from unspool.dead_letter d using due where d.seq = due.seq returning d.seq)
         select count(*), count(*) filter (where seq >= {FIRST_OFFSET}) from gone",
        part.name
    );
    let whole = format!(
        "with due as (
            select seq from unspool.dead_letter
            where topic_id is null and received_at < $2 limit $1
         ),
         gone as (delete from unspool.dead_letter d using due where d.seq = due.seq returning d.seq)
         select count(*), count(*) filter (where seq >= {FIRST_OFFSET}) from gone"
    );
    let to = part.range.map_or(Timestamp(0), |range| range.to);
    let is_rest = part.class == ClassId::REST;
    for (statement, is_whole) in [(statement, false), (whole, true)] {
        loop {
            if is_whole && !is_rest {
                break;
            }
            let mut transaction = connection.begin().await.map_err(&failed)?;
            let query = sqlx::query(AssertSqlSafe(statement.clone())).bind(PIECE);
            let query = if is_whole {
                query.bind(Instant(to))
            } else {
                query
            };
            let row = query.fetch_one(&mut *transaction).await.map_err(&failed)?;
            let count = |at| row.get::<i64, _>(at);
            if count(0) == 0 {
                break;
            }
            let counted = count(1);
            let _nobody_writes = store.writer().await;
            if is_whole {
                let gone = InLedger {
                    messages: counted.unsigned_abs(),
                    dead_lettered: counted.unsigned_abs(),
                    samples: 0,
                };
                Mirrored::let_go(&mut transaction, gone, Gone::Expired).await?;
                transaction.commit().await.map_err(&failed)?;
                if let Some(known) = store.mirrored() {
                    store.state().publish(known.without(gone, Gone::Expired));
                }
            } else {
                let recounted = Recounted {
                    samples: 0,
                    dead_lettered: -counted,
                };
                recounted.write(&mut transaction).await?;
                transaction.commit().await.map_err(&failed)?;
                if let Some(known) = store.mirrored() {
                    store.state().publish(known.recounted(recounted));
                }
            }
        }
    }
    Ok(())
}

/// Deletes blocks that have no partition of their own and that are too old; whether there were any.
async fn delete_blocks(
    store: &Store,
    connection: &mut PgConnection,
    part: &SealedPart,
    limit: Timestamp,
) -> Result<bool, StoreError> {
    let failed = StoreError::while_doing("delete old samples");
    let mut transaction = connection.begin().await.map_err(&failed)?;
    let statement = format!(
        "with gone as (
            delete from {0} where ctid = any(array(
                select ctid from {0} where t_max < $1 limit {PIECE}
             )) returning n, seq_min, t_max
         )
         select coalesce(sum(n), 0)::bigint,
            coalesce(sum(n) filter (where seq_min >= {FIRST_OFFSET}), 0)::bigint, max(t_max)
         from gone",
        part.name
    );
    let row = sqlx::query(AssertSqlSafe(statement))
        .bind(Instant(limit))
        .fetch_one(&mut *transaction)
        .await
        .map_err(&failed)?;
    let Some(Instant(last)) = row.get::<Option<Instant>, _>(2) else {
        transaction.rollback().await.map_err(&failed)?;
        return Ok(false);
    };
    let gone = InLedger {
        samples: row.get::<i64, _>(1).unsigned_abs(),
        ..InLedger::default()
    };
    let kept_from = KeptFrom {
        time: Timestamp(last.0 + 1),
        seq: Offset(0),
    };
    note(&mut transaction, part, kept_from).await?;
    let _nobody_writes = store.writer().await;
    Mirrored::let_go(&mut transaction, gone, Gone::Expired).await?;
    transaction.commit().await.map_err(&failed)?;
    let state = store.state();
    if let Some(known) = store.mirrored() {
        state.publish(known.without(gone, Gone::Expired));
    }
    state.retention.raise(part.kind, part.class, kept_from);
    state
        .metrics
        .samples_expired
        .inc_by(row.get::<i64, _>(0).unsigned_abs());
    Ok(true)
}
