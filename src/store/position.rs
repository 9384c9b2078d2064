//! The mirror's cursor in the database.

use sqlx::{PgConnection, Row as _};

use super::{Store, StoreError};
use crate::message::{Epoch, Offset};

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
    /// back.
    pub async fn adopt(&self, epoch: Epoch, next: Offset) -> Result<(), StoreError> {
        let doing = "set the mirror's cursor";
        let mut writer = self.shared.writer.lock().await;
        let expected = self.position();
        let connection = writer.connection(&self.shared).await?;
        let changed = match expected {
            None => {
                sqlx::query(
                    "insert into mirror_cursor (epoch, next_offset) values ($1, $2)
                     on conflict do nothing",
                )
                .bind(i64::from(epoch.0))
                .bind(next.0.cast_signed())
                .execute(connection)
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
                .execute(connection)
                .await
            }
        };
        let changed = changed.map_err(StoreError::while_doing(doing))?;
        if changed.rows_affected() != 1 {
            return Err(StoreError::Stale {
                expected: expected.map_or(next, |position| position.next),
            });
        }
        let counted = expected
            .filter(|position| position.epoch == epoch)
            .unwrap_or(Position {
                epoch,
                next,
                stored: 0,
                quarantined: 0,
                samples: 0,
            });
        self.shared.publish(Position {
            epoch,
            next,
            ..counted
        });
        Ok(())
    }
}
