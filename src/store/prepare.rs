//! Bringing the tables up to date, and reading what is to be remembered of them.

use std::time::Duration;

use sqlx::PgConnection;
use sqlx::migrate::{MigrateError, Migrator};

use super::connect::{connect, within};
use super::dictionary::Dictionary;
use super::discoveries::Discoveries;
use super::error::StoreError;
use super::fitness::check;
use super::mirrored::Mirrored;
use super::missing::Missing;
use super::retention::{SealedPart, Timescale};
use super::state::StoreState;

/// The migrations, part of the executable.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// How long it all may take.
const PREPARE_TIMEOUT: Duration = Duration::from_secs(600);

/// Does both, on a connection of its own; answers with the names that the tables know.
pub(super) async fn prepare(state: &StoreState) -> Result<Dictionary, StoreError> {
    let mut connection = connect(&state.options).await?;
    let work = prepare_on(state, &mut connection);
    within("prepare the database", PREPARE_TIMEOUT, work).await?
}

/// Makes the tables, and nothing else.
#[cfg(test)]
pub(in crate::store) async fn migrate_only(state: &StoreState) -> Result<(), StoreError> {
    migrate(&mut connect(&state.options).await?).await
}

async fn prepare_on(
    state: &StoreState,
    connection: &mut PgConnection,
) -> Result<Dictionary, StoreError> {
    state.seat_readers(check(&state.options, connection).await?);
    migrate(connection).await?;
    state.slots.load(connection).await?;
    state.retention.load(connection).await?;
    find_timescale(state, connection).await?;
    let mirrored = Mirrored::load(connection).await?;
    *state.missing.write() = Missing::load(connection).await?;
    let mut names = Dictionary::new(state.limits());
    let next = mirrored.map_or_else(Default::default, |mirrored| mirrored.cursor.next);
    state.removals.load(connection).await?;
    state.redecodings.load(connection).await?;
    skip_ids(connection, &mut names).await?;
    state.catalog.load(connection, &mut names, next).await?;
    *names.discoveries() = Box::pin(Discoveries::load(connection)).await?;
    if has_whole_dead_letters(connection).await? {
        state.note_whole_dead_letters();
    }
    if let Some(mirrored) = mirrored {
        state.publish(mirrored);
    }
    state.show_sizes(names.bytes());
    Ok(names)
}

/// Looks for TimescaleDB. Where it is there and nothing has been sealed yet, history goes to
/// hypertables from the beginning.
async fn find_timescale(
    state: &StoreState,
    connection: &mut PgConnection,
) -> Result<(), StoreError> {
    let Some(timescale) = Timescale::find(connection).await? else {
        return Ok(());
    };
    let retention = &state.retention;
    if !retention.has_hypertables() {
        let (parts, _) = SealedPart::all(connection).await?;
        if parts.iter().all(|part| part.range.is_none()) {
            timescale.take_over(connection, &retention.ids()).await?;
            retention.load(connection).await?;
        }
    }
    tracing::info!("{}", timescale.told(retention.has_hypertables()));
    retention.set_timescale(timescale);
    Ok(())
}

/// The numbers that rows of removed topics still have.
async fn skip_ids(connection: &mut PgConnection, names: &mut Dictionary) -> Result<(), StoreError> {
    let (topic_id, series_id) = sqlx::query_as(
        "select coalesce(max(id), 0), coalesce(max(s.last), 0) from unspool.removed_topic
         left join lateral (select max(u) as last from unnest(series) as u) s on true",
    )
    .fetch_one(connection)
    .await
    .map_err(StoreError::while_doing(
        "read the numbers of removed topics",
    ))?;
    names.skip_ids(topic_id, series_id);
    Ok(())
}

/// Whether there are messages that are only in their dead letters.
async fn has_whole_dead_letters(connection: &mut PgConnection) -> Result<bool, StoreError> {
    sqlx::query_scalar("select exists (select from unspool.dead_letter where topic_id is null)")
        .fetch_one(connection)
        .await
        .map_err(StoreError::while_doing("look for dead-lettered messages"))
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
        .map_err(|error| match error {
            // The first migration of earlier development versions was another one.
            MigrateError::VersionMismatch(_) | MigrateError::VersionMissing(_) => {
                StoreError::Schema(error.into())
            }
            error => StoreError::Migrate(error.into()),
        })
}
