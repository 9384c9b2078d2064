//! Moving history from partitions of ours to hypertables.

use std::time::Duration;

use sqlx::PgConnection;

use super::class::Retention;
use super::partition::SealedPart;
use super::timescale;
use crate::store::connect::connect;
use crate::store::error::StoreError;
use crate::store::handle::Store;

/// How long readers who are in the way are given.
const MOVE_PAUSE: Duration = Duration::from_secs(1);

const NO_TIMESCALE: &str = "it does not have TimescaleDB: `create extension timescaledb` as its \
                            superuser, in this database, and preload it (shared_preload_libraries)";

impl Store {
    /// Has everything that is sealed from now on go to hypertables of TimescaleDB, and what is sealed
    /// already follow it; answers what is used. What is asked for once may be asked for again.
    pub async fn use_timescale(&self) -> Result<String, StoreError> {
        let retention = &self.state().retention;
        let Some(timescale) = retention.timescale() else {
            return Err(StoreError::Unfit(NO_TIMESCALE.into()));
        };
        let mut connection = connect(&self.state().options).await?;
        if !retention.has_hypertables() {
            timescale
                .take_over(&mut connection, &retention.ids())
                .await?;
            retention.load(&mut connection).await?;
        }
        Ok(timescale.told(true))
    }

    /// Moves one plain partition to its hypertable; waits a moment where readers, or another server, are
    /// in the way.
    pub async fn move_a_partition(&self) -> Result<(), StoreError> {
        let mut connection = connect(&self.state().options).await?;
        if !move_some(self, &mut connection).await? {
            tokio::time::sleep(MOVE_PAUSE).await;
        }
        Ok(())
    }

    /// How many plain partitions are left to be moved.
    pub async fn plain_partitions(&self) -> Result<usize, StoreError> {
        let mut connection = connect(&self.state().options).await?;
        let (parts, _) = SealedPart::all(&mut connection).await?;
        let plain = parts.iter().filter(|part| part.is_to_be_moved());
        Ok(plain.filter(|part| part.range.is_some()).count())
    }

    /// The same, as if the database had no TimescaleDB.
    #[cfg(test)]
    pub(in crate::store) async fn prepare_plain(&self) -> Result<(), StoreError> {
        crate::store::prepare::migrate_only(self.state()).await?;
        let mut connection = connect(&self.state().options).await?;
        // With a partition that is there, history stays as it is.
        sqlx::raw_sql(
            "create table unspool.message_sealed_20200101 partition of unspool.message_sealed
             for values from ('2020-01-01') to ('2020-01-02')",
        )
        .execute(&mut connection)
        .await
        .map_err(StoreError::while_doing("make a partition"))?;
        self.prepare().await?;
        sqlx::raw_sql("drop table unspool.message_sealed_20200101")
            .execute(&mut connection)
            .await
            .map_err(StoreError::while_doing("drop a partition"))?;
        Ok(())
    }
}

async fn move_some(store: &Store, connection: &mut PgConnection) -> Result<bool, StoreError> {
    let (parts, _) = SealedPart::all(connection).await?;
    move_one(connection, &store.state().retention, &parts).await
}

/// Moves one partition of ours to its hypertable, the newest first; answers whether it did.
pub(super) async fn move_one(
    connection: &mut PgConnection,
    retention: &Retention,
    parts: &[SealedPart],
) -> Result<bool, StoreError> {
    let ours = parts.iter().filter(|part| part.is_to_be_moved());
    let ours = ours.filter_map(|part| part.range.map(|range| (range.to, part)));
    let Some((_, part)) = ours.max_by_key(|(to, _)| *to) else {
        let is_dropped = timescale::drop_emptied(connection, &retention.ids()).await?;
        if is_dropped {
            retention.load(connection).await?;
        }
        return Ok(is_dropped);
    };
    let is_moved = timescale::move_part(connection, part).await?;
    if is_moved {
        tracing::info!(partition = part.name, "moved to a hypertable");
    }
    Ok(is_moved)
}
