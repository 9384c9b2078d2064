//! Making and dropping the tables of a class.

use sqlx::{Connection as _, PgConnection};

use super::partition::{ClassId, Sealed};
use super::timescale::Timescale;
use super::views::{execute, relations, views};
use crate::message::{Offset, TopicFilter};
use crate::store::error::StoreError;

/// What becomes of a class.
pub(super) enum ClassChange<'a> {
    Make(ClassId, &'a TopicFilter, Offset),
    /// It has nothing: what it had lost, the class of the rest has lost now.
    Forget(ClassId),
}

/// Makes or drops the tables of a class, and the views over all of them. Answers whether it did:
/// readers of the views are not waited for.
pub(super) async fn change(
    hypertables: Option<&Timescale>,
    connection: &mut PgConnection,
    what: ClassChange<'_>,
    taken: &[ClassId],
) -> Result<bool, StoreError> {
    let failed = StoreError::while_doing("change the classes of retention");
    let mut transaction = connection.begin().await.map_err(&failed)?;
    match tables_changed(hypertables, &mut transaction, &what, taken).await {
        Ok(()) => {}
        Err(error) if error.is_lock_timeout() => {
            transaction.rollback().await.map_err(&failed)?;
            return Ok(false);
        }
        Err(error) => return Err(error),
    }
    let noting = match what {
        ClassChange::Make(id, filter, next) => sqlx::query(
            "insert into unspool.retention_class (id, filter, made_seq) values ($1, $2, $3)",
        )
        .bind(id.0)
        .bind(filter.as_str().to_owned())
        .bind(next.0.cast_signed()),
        ClassChange::Forget(id) => sqlx::query(
            "with gone as (delete from unspool.retention_class where id = $1 returning *)
             update unspool.retention_class c
             set messages_kept_from = greatest(c.messages_kept_from, gone.messages_kept_from),
                messages_kept_from_seq =
                    greatest(c.messages_kept_from_seq, gone.messages_kept_from_seq),
                samples_kept_from = greatest(c.samples_kept_from, gone.samples_kept_from)
             from gone where c.id = 0",
        )
        .bind(id.0),
    };
    noting.execute(&mut *transaction).await.map_err(&failed)?;
    transaction.commit().await.map_err(&failed)?;
    Ok(true)
}

async fn tables_changed(
    hypertables: Option<&Timescale>,
    connection: &mut PgConnection,
    what: &ClassChange<'_>,
    taken: &[ClassId],
) -> Result<(), StoreError> {
    execute(connection, "set local lock_timeout = '50ms'".to_owned()).await?;
    let mut all = taken.to_vec();
    match what {
        ClassChange::Make(id, ..) => {
            all.push(*id);
            for kind in Sealed::ALL {
                make_table(hypertables, connection, kind, *id).await?;
            }
            for view in views(connection, &all).await? {
                execute(connection, view).await?;
            }
        }
        ClassChange::Forget(id) => {
            let gone = relations(connection, &[*id]).await?;
            all.retain(|other| other != id);
            for view in views(connection, &all).await? {
                execute(connection, view).await?;
            }
            for (_, table) in gone {
                execute(connection, format!("drop table unspool.{table}")).await?;
            }
        }
    }
    Ok(())
}

async fn make_table(
    hypertables: Option<&Timescale>,
    connection: &mut PgConnection,
    kind: Sealed,
    class: ClassId,
) -> Result<(), StoreError> {
    let (table, like, key) = (kind.table(class), kind.table(ClassId::REST), kind.key());
    let make = format!("create table unspool.{table} (like unspool.{like} including all)");
    let timescale = hypertables.filter(|_| Sealed::OF_TIMESCALE.contains(&kind));
    let Some(timescale) = timescale else {
        execute(connection, format!("{make} partition by range ({key})")).await?;
        if kind.has_default() {
            let default = format!(
                "create table unspool.{table}_default partition of unspool.{table} default"
            );
            execute(connection, default).await?;
        }
        return Ok(());
    };
    execute(connection, make).await?;
    if kind.has_default() {
        let default =
            format!("create table unspool.{table}_default (like unspool.{like} including all)");
        execute(connection, default).await?;
    }
    timescale.make_hypertable(connection, kind, class).await
}
