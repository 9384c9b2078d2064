//! Records that the database will never get: they were removed from the journal after they had been
//! in another database, or in this one before an older copy of it was brought back; or they were in
//! another journal, which is not here.

use sqlx::{PgConnection, Row as _};

use super::error::StoreError;
use super::wire::Instant;
use crate::message::{Epoch, Offset, Timestamp};

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
    /// The journal that the database was written from up to `from`, where it was another one: then
    /// nobody here knows what that one had from there on, and the range may be empty.
    pub earlier: Option<Changeover>,
}

/// That the database was written from another journal before the present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changeover {
    /// That of the earlier journal.
    pub epoch: Epoch,
    /// When the last message was received that the database has of it.
    pub received_at: Option<Timestamp>,
}

impl Missing {
    pub(super) async fn load(connection: &mut PgConnection) -> Result<Vec<Self>, StoreError> {
        let rows = sqlx::query(
            "select epoch, from_offset, to_offset, messages, earlier_epoch, earlier_received_at
             from unspool.missing order by from_offset",
        )
        .fetch_all(connection)
        .await
        .map_err(StoreError::while_doing("read what is missing"))?;
        let number = |row: &sqlx::postgres::PgRow, at| row.get::<i64, _>(at).cast_unsigned();
        let epoch = |number: i64| Epoch(u32::try_from(number).unwrap_or_default());
        let missing = rows.iter().map(|row| Self {
            epoch: epoch(row.get(0)),
            from: Offset(number(row, 1)),
            to: Offset(number(row, 2)),
            messages: number(row, 3),
            earlier: row.get::<Option<i64>, _>(4).map(|earlier| Changeover {
                epoch: epoch(earlier),
                received_at: row.get::<Option<Instant>, _>(5).map(|at| at.0),
            }),
        });
        Ok(missing.collect())
    }

    pub(super) async fn note(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        sqlx::query(
            "insert into unspool.missing
               (epoch, from_offset, to_offset, messages, earlier_epoch, earlier_received_at)
             values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
        )
        .bind(i64::from(self.epoch.0))
        .bind(self.from.0.cast_signed())
        .bind(self.to.0.cast_signed())
        .bind(self.messages.cast_signed())
        .bind(self.earlier.map(|earlier| i64::from(earlier.epoch.0)))
        .bind(
            self.earlier
                .and_then(|earlier| earlier.received_at)
                .map(Instant),
        )
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("note what is missing"))?;
        Ok(())
    }
}
