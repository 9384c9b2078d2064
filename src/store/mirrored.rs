//! The mirror's cursor in the database.

use std::time::Duration;

use sqlx::{PgConnection, Row as _};

use super::connect::within;
use super::error::StoreError;
use crate::message::{Cursor, Epoch, Offset};

/// How long setting the cursor may take: one row, which is asked for again.
const ADOPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the mirror stands, and what it has counted since the journal was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mirrored {
    /// Every record below is in the database.
    pub cursor: Cursor,
    /// Messages in the database with nothing wrong about them.
    pub stored: u64,
    /// Messages in the database with a dead letter.
    pub dead_lettered: u64,
    /// Samples in the database.
    pub samples: u64,
    /// Messages that were in the database until somebody removed their topics.
    pub removed: u64,
    /// Messages of which nothing is stored, since a rule says so.
    pub left_out: u64,
    /// Messages that were in the database until they had been kept long enough.
    pub expired: u64,
}

/// Why messages are no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gone {
    /// Somebody removed their topics.
    Removed,
    /// They were kept long enough.
    Expired,
}

/// Messages that are no more, as far as they are counted here: those of this journal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct InLedger {
    pub(super) messages: u64,
    /// Of these, with a dead letter.
    pub(super) dead_lettered: u64,
    pub(super) samples: u64,
}

/// How counts change where messages are decoded again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Recounted {
    pub(super) samples: i64,
    /// Messages that have a dead letter now, less those that had one.
    pub(super) dead_lettered: i64,
}

impl Recounted {
    /// Counts so, in the transaction that makes it so.
    pub(super) async fn write(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query(
            "update unspool.mirror_cursor set samples = samples + $1,
                dead_lettered = dead_lettered + $2, stored = stored - $2",
        )
        .bind(self.samples)
        .bind(self.dead_lettered)
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("count what is decoded again"))?;
        Ok(())
    }
}

impl Gone {
    /// So many messages as what is removed, and as what is expired.
    fn shared(self, messages: u64) -> (u64, u64) {
        match self {
            Self::Removed => (messages, 0),
            Self::Expired => (0, messages),
        }
    }
}

impl Mirrored {
    /// The same, when messages have been decoded again.
    pub(super) fn recounted(self, by: Recounted) -> Self {
        Self {
            stored: self.stored.saturating_add_signed(-by.dead_lettered),
            dead_lettered: self.dead_lettered.saturating_add_signed(by.dead_lettered),
            samples: self.samples.saturating_add_signed(by.samples),
            ..self
        }
    }

    /// The same, when messages are no more.
    pub(super) fn without(self, gone: InLedger, why: Gone) -> Self {
        let (removed, expired) = why.shared(gone.messages);
        Self {
            stored: self
                .stored
                .saturating_sub(gone.messages - gone.dead_lettered),
            dead_lettered: self.dead_lettered.saturating_sub(gone.dead_lettered),
            samples: self.samples.saturating_sub(gone.samples),
            removed: self.removed + removed,
            expired: self.expired + expired,
            ..self
        }
    }

    /// Counts messages as gone, in the transaction that lets them go.
    pub(super) async fn let_go(
        connection: &mut PgConnection,
        gone: InLedger,
        why: Gone,
    ) -> Result<(), StoreError> {
        let (removed, expired) = why.shared(gone.messages);
        sqlx::query(
            "update unspool.mirror_cursor set stored = stored - $1,
                dead_lettered = dead_lettered - $2, samples = samples - $3, removed = removed + $4,
                expired = expired + $5",
        )
        .bind((gone.messages - gone.dead_lettered).cast_signed())
        .bind(gone.dead_lettered.cast_signed())
        .bind(gone.samples.cast_signed())
        .bind(removed.cast_signed())
        .bind(expired.cast_signed())
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("count what is gone"))?;
        Ok(())
    }

    pub(super) async fn load(connection: &mut PgConnection) -> Result<Option<Self>, StoreError> {
        let row = sqlx::query(
            "select epoch, next_offset, stored, dead_lettered, samples, removed, left_out,
                expired
             from unspool.mirror_cursor",
        )
        .fetch_optional(connection)
        .await
        .map_err(StoreError::while_doing("read the mirror's cursor"))?;
        let count = |row: &sqlx::postgres::PgRow, at| row.get::<i64, _>(at).cast_unsigned();
        Ok(row.map(|row| Self {
            cursor: Cursor {
                epoch: Epoch(u32::try_from(row.get::<i64, _>(0)).unwrap_or_default()),
                next: Offset(count(&row, 1)),
            },
            stored: count(&row, 2),
            dead_lettered: count(&row, 3),
            samples: count(&row, 4),
            removed: count(&row, 5),
            left_out: count(&row, 6),
            expired: count(&row, 7),
        }))
    }

    /// Sets the cursor to `next` of the journal `epoch` from where it is expected; what stands
    /// there then.
    pub(super) async fn adopt(
        connection: &mut PgConnection,
        epoch: Epoch,
        next: Offset,
        expected: Option<Self>,
    ) -> Result<Self, StoreError> {
        let work = set(connection, Cursor { epoch, next }, expected);
        within("set the mirror's cursor", ADOPT_TIMEOUT, work).await?
    }
}

async fn set(
    connection: &mut PgConnection,
    wanted: Cursor,
    expected: Option<Mirrored>,
) -> Result<Mirrored, StoreError> {
    let changed = match expected {
        None => {
            sqlx::query(
                "insert into unspool.mirror_cursor (epoch, first_offset, next_offset)
                 values ($1, $2, $2)
                 on conflict do nothing",
            )
            .bind(i64::from(wanted.epoch.0))
            .bind(wanted.next.0.cast_signed())
            .execute(&mut *connection)
            .await
        }
        Some(Mirrored { cursor, .. }) => {
            sqlx::query(
                "update unspool.mirror_cursor set epoch = $1, next_offset = $2,
                   first_offset = case when epoch = $1 then first_offset else $2 end,
                   stored = case when epoch = $1 then stored else 0 end,
                   dead_lettered = case when epoch = $1 then dead_lettered else 0 end,
                   samples = case when epoch = $1 then samples else 0 end,
                   removed = case when epoch = $1 then removed else 0 end,
                   left_out = case when epoch = $1 then left_out else 0 end,
                   expired = case when epoch = $1 then expired else 0 end
                 where epoch = $3 and next_offset = $4 and next_offset <= $2",
            )
            .bind(i64::from(wanted.epoch.0))
            .bind(wanted.next.0.cast_signed())
            .bind(i64::from(cursor.epoch.0))
            .bind(cursor.next.0.cast_signed())
            .execute(&mut *connection)
            .await
        }
    };
    changed.map_err(StoreError::while_doing("set the mirror's cursor"))?;
    let found = Mirrored::load(connection).await?;
    found
        .filter(|found| found.cursor == wanted)
        .ok_or(StoreError::Stale {
            expected: expected.map_or(wanted.next, |mirrored| mirrored.cursor.next),
        })
}
