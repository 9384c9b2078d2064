//! Emptying sealed slots, and making new ones where that has to wait.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use crate::store::error::{StoreError, is_lock_timeout};

/// How long emptying a slot waits for those who read it. New readers wait behind it for as long.
const LOCK_TIMEOUT: &str = "set local lock_timeout = '50ms'";

/// Empties a sealed slot, unless somebody reads it; answers whether it did.
pub(super) async fn empty(connection: &mut PgConnection, slot: i16) -> Result<bool, StoreError> {
    let failed = StoreError::while_doing("empty a sealed slot");
    let mut transaction = connection.begin().await.map_err(&failed)?;
    sqlx::query(LOCK_TIMEOUT)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
    let truncate = format!("truncate unspool.message_hot_{slot}");
    let outcome = sqlx::query(AssertSqlSafe(truncate))
        .execute(&mut *transaction)
        .await;
    match outcome {
        Ok(_) => {}
        Err(error) if is_lock_timeout(&error) => {
            transaction.rollback().await.map_err(&failed)?;
            return Ok(false);
        }
        Err(error) => return Err(failed(error)),
    }
    sqlx::query("update unspool.hot_slot set state = 'free' where slot = $1 and state = 'sealed'")
        .bind(slot)
        .execute(&mut *transaction)
        .await
        .map_err(&failed)?;
    transaction.commit().await.map_err(&failed)?;
    Ok(true)
}

/// Makes a slot, which is free. Waits for no reader: a partition that is attached needs no lock
/// that they have.
pub(super) async fn make(connection: &mut PgConnection, slot: i16) -> Result<(), StoreError> {
    let failed = StoreError::while_doing("make a slot");
    let mut transaction = connection.begin().await.map_err(&failed)?;
    for statement in [
        "set local lock_timeout = '2s'".to_owned(),
        format!("create table unspool.message_hot_{slot} (like unspool.message_hot including all)"),
        format!("alter table unspool.message_hot_{slot} set (autovacuum_enabled = false)"),
        format!(
            "alter table unspool.message_hot attach partition unspool.message_hot_{slot} \
             for values in ({slot})"
        ),
        format!("insert into unspool.hot_slot values ({slot}, 'free', 0, now())"),
    ] {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await
            .map_err(&failed)?;
    }
    transaction.commit().await.map_err(&failed)
}
