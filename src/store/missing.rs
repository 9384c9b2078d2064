//! Records that the database will never get: they were removed from the journal after they had been
//! in another database, or in this one before an older copy of it was brought back.

use sqlx::{PgConnection, Row as _};

use super::error::StoreError;
use crate::message::{Epoch, Offset};

/// A range of records that the database lacks for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Of the journal that went on behind it.
    pub epoch: Epoch,
    pub from: Offset,
    /// The first that is there again.
    pub to: Offset,
    /// How many messages of that journal are among them.
    pub messages: u64,
}

impl Missing {
    pub(super) async fn load(connection: &mut PgConnection) -> Result<Vec<Self>, StoreError> {
        let rows = sqlx::query(
            "select epoch, from_offset, to_offset, messages from unspool.missing
             order by from_offset",
        )
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("read what is missing"))?;
        let number = |row: &sqlx::postgres::PgRow, at| row.get::<i64, _>(at).cast_unsigned();
        let missing = rows.iter().map(|row| Self {
            epoch: Epoch(u32::try_from(row.get::<i64, _>(0)).unwrap_or_default()),
            from: Offset(number(row, 1)),
            to: Offset(number(row, 2)),
            messages: number(row, 3),
        });
        Ok(missing.collect())
    }

    pub(super) async fn note(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query(
            "insert into unspool.missing (epoch, from_offset, to_offset, messages)
             values ($1, $2, $3, $4) on conflict do nothing",
        )
        .bind(i64::from(self.epoch.0))
        .bind(self.from.0.cast_signed())
        .bind(self.to.0.cast_signed())
        .bind(self.messages.cast_signed())
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("note what is missing"))?;
        Ok(())
    }
}
