//! The mirror's cursor in the database.

use std::time::Duration;

use sqlx::{PgConnection, Row as _};

use super::database::within;
use super::{Store, StoreError};
use crate::message::{Epoch, Offset};

/// How long setting the cursor may take: one row, which is asked for again.
const ADOPT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the mirror stands, and what it has counted since the journal was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The journal that the offset belongs to.
    pub epoch: Epoch,
    /// Every record below is in the database.
    pub next: Offset,
    /// Messages in the database with nothing wrong about them.
    pub stored: u64,
    /// Messages in the database with a dead letter.
    pub quarantined: u64,
    /// Samples in the database.
    pub samples: u64,
}

impl Position {
    pub(super) async fn load(connection: &mut PgConnection) -> Result<Option<Self>, StoreError> {
        let row = sqlx::query(
            "select epoch, next_offset, stored, quarantined, samples from mirror_cursor",
        )
        .fetch_optional(connection)
        .await
        .map_err(StoreError::while_doing("read the mirror's cursor"))?;
        let count = |row: &sqlx::postgres::PgRow, at| row.get::<i64, _>(at).cast_unsigned();
        Ok(row.map(|row| Self {
            epoch: Epoch(u32::try_from(row.get::<i64, _>(0)).unwrap_or_default()),
            next: Offset(count(&row, 1)),
            stored: count(&row, 2),
            quarantined: count(&row, 3),
            samples: count(&row, 4),
        }))
    }
}

impl Store {
    /// Says that the mirror goes on at `next` of the journal `epoch`: for a new journal, whose
    /// records are counted from nothing, or past a range that is missing. The cursor never goes
    /// back. What is said once may be said again: the answer to the first time may have been lost.
    pub async fn adopt(&self, epoch: Epoch, next: Offset) -> Result<(), StoreError> {
        let mut writer = self.shared.writer.lock().await;
        let expected = self.position();
        let mut connection = writer.take_connection(&self.shared).await?;
        let work = set(&mut connection, epoch, next, expected);
        let adopted = within("set the mirror's cursor", ADOPT_TIMEOUT, work).await??;
        writer.put_back(connection);
        self.shared.publish(adopted);
        Ok(())
    }
}

/// Sets the cursor to where it is wanted from where it is expected; what stands there then.
async fn set(
    connection: &mut PgConnection,
    epoch: Epoch,
    next: Offset,
    expected: Option<Position>,
) -> Result<Position, StoreError> {
    let changed = match expected {
        None => {
            sqlx::query(
                "insert into mirror_cursor (epoch, next_offset) values ($1, $2)
                 on conflict do nothing",
            )
            .bind(i64::from(epoch.0))
            .bind(next.0.cast_signed())
            .execute(&mut *connection)
            .await
        }
        Some(expected) => {
            sqlx::query(
                "update mirror_cursor set epoch = $1, next_offset = $2,
                   stored = case when epoch = $1 then stored else 0 end,
                   quarantined = case when epoch = $1 then quarantined else 0 end,
                   samples = case when epoch = $1 then samples else 0 end
                 where epoch = $3 and next_offset = $4 and next_offset <= $2",
            )
            .bind(i64::from(epoch.0))
            .bind(next.0.cast_signed())
            .bind(i64::from(expected.epoch.0))
            .bind(expected.next.0.cast_signed())
            .execute(&mut *connection)
            .await
        }
    };
    changed.map_err(StoreError::while_doing("set the mirror's cursor"))?;
    let found = Position::load(connection).await?;
    found
        .filter(|found| (found.epoch, found.next) == (epoch, next))
        .ok_or(StoreError::Stale {
            expected: expected.map_or(next, |position| position.next),
        })
}
