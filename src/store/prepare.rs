//! Bringing the tables up to date, and reading what is to be remembered of them.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::migrate::{MigrateError, Migrator};

use super::database::{connect, within};
use super::names::Names;
use super::write::Writer;
use super::{Position, Shared, StoreError};

/// The migrations, part of the executable.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long it all may take.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(600);

impl Writer {
    /// Does both, on a connection of its own.
    pub(super) async fn prepare(&mut self, shared: &Shared) -> Result<(), StoreError> {
        let mut connection = connect(&shared.options).await?;
        let work = self.prepare_on(shared, &mut connection);
        within("prepare the database", PREPARE_TIMEOUT, work).await?
    }

    async fn prepare_on(
        &mut self,
        shared: &Shared,
        connection: &mut PgConnection,
    ) -> Result<(), StoreError> {
        migrate(connection).await?;
        shared.ring.load(connection).await?;
        let position = Position::load(connection).await?;
        self.names = Names::default();
        let next = position.map_or_else(Default::default, |position| position.next);
        shared
            .catalog
            .load(connection, &mut self.names, next)
            .await?;
        if let Some(position) = position {
            shared.publish(position);
        }
        shared.show_sizes();
        Ok(())
    }
}

impl Shared {
    /// Tells the metrics how many topics and series there are.
    pub(super) fn show_sizes(&self) {
        let (topics, series) = self.catalog.sizes();
        self.metrics.topics.set(topics.cast_signed());
        self.metrics.series.set(series.cast_signed());
    }
}

async fn migrate(connection: &mut PgConnection) -> Result<(), StoreError> {
    let schema = sqlx::query("select from pg_namespace where nspname = 'unspool'")
        .fetch_optional(&mut *connection)
        .await
        .map_err(StoreError::while_doing("look for the schema"))?;
    if schema.is_none() {
        sqlx::query("create schema if not exists unspool")
            .execute(&mut *connection)
            .await
            .map_err(StoreError::while_doing("make the schema"))?;
    }
    MIGRATIONS
        .run_direct(None, connection, false)
        .await
        .map_err(|error: MigrateError| StoreError::Migrate(error.into()))
}
