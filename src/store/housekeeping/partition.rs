//! The day partitions of what is sealed.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};

use super::slot::is_lock_timeout;
use crate::message::Timestamp;
use crate::store::error::StoreError;
use crate::store::wire;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// How far from today an event may be to get a partition of its day, in days: a clock that is off
/// must not make partitions without end. What is further away is in the default partition.
const DAYS_BACK: i64 = 62;
const DAYS_AHEAD: i64 = 1;

/// How long the partition of a day is put off that could not be made for the readers.
const PUT_OFF: Duration = Duration::from_secs(60);

/// The partitions that are known to be there.
#[derive(Debug, Default)]
pub(super) struct Partitions {
    known: HashSet<String>,
    put_off_to: Option<Instant>,
}

impl Partitions {
    /// Makes the partitions that a slot's rows need, and answers whether it made one. Not in the
    /// transaction that moves them: the locks that this takes are to be short.
    pub(super) async fn make_for(
        &mut self,
        connection: &mut PgConnection,
        slot: i16,
    ) -> Result<bool, StoreError> {
        let failed = StoreError::while_doing("find the days of a slot");
        let statement = format!(
            "select 'message_sealed', date_trunc('day', received_at, 'UTC')
             from unspool.message_hot_{slot} group by 2
             union
             select 'sample_block', date_trunc('day', received_at, 'UTC')
             from unspool.message_hot_{slot} where series is not null and times is null group by 2
             union
             select 'sample_block', date_trunc('day', time, 'UTC')
             from unspool.message_hot_{slot}, unnest(times) as time group by 2"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .fetch_all(&mut *connection)
            .await
            .map_err(&failed)?;
        let today = Timestamp::now().0.div_euclid(DAY);
        let mut is_any_new = false;
        for row in rows {
            let table: &str = row.get(0);
            let day = row.get::<wire::Instant, _>(1).0.0.div_euclid(DAY);
            let near = (today - DAYS_BACK..=today + DAYS_AHEAD).contains(&day);
            if near || table == "message_sealed" {
                is_any_new |= self.make(connection, table, Timestamp(day * DAY)).await?;
            }
        }
        Ok(is_any_new)
    }

    async fn make(
        &mut self,
        connection: &mut PgConnection,
        table: &str,
        day: Timestamp,
    ) -> Result<bool, StoreError> {
        let digits: String = day
            .to_string()
            .chars()
            .take(10)
            .filter(char::is_ascii_digit)
            .collect();
        let name = format!("{table}_{digits}");
        if self.known.contains(&name) {
            return Ok(false);
        }
        let failed = StoreError::while_doing("make the partition of a day");
        let there = sqlx::query("select from pg_class where oid = to_regclass($1)")
            .bind(format!("unspool.{name}"))
            .fetch_optional(&mut *connection)
            .await
            .map_err(&failed)?;
        if there.is_none() {
            let has_default = table == "sample_block";
            if has_default && self.put_off_to.is_some_and(|then| then > Instant::now()) {
                return Ok(false);
            }
            match create(connection, table, &name, day, has_default).await {
                Ok(()) => {}
                // Somebody reads the default partition, which takes the rows for now: what it has
                // of the day is moved when the partition is made.
                Err(error) if has_default && is_lock_timeout(&error) => {
                    self.put_off_to = Some(Instant::now() + PUT_OFF);
                    return Ok(false);
                }
                Err(error) => return Err(failed(error)),
            }
        }
        self.known.insert(name);
        Ok(there.is_none())
    }
}

/// Readers wait behind a lock that waits for readers: only the default partition needs one of that
/// kind, and it is tried briefly and first of all.
async fn create(
    connection: &mut PgConnection,
    table: &str,
    name: &str,
    day: Timestamp,
    has_default: bool,
) -> Result<(), sqlx::Error> {
    let (from, to) = (day, Timestamp(day.0 + DAY));
    let mut statements = Vec::new();
    if has_default {
        statements.push("set local lock_timeout = '50ms'".to_owned());
        statements.push(format!(
            "lock table unspool.{table}_default in access exclusive mode"
        ));
    }
    statements.push("set local lock_timeout = '2s'".to_owned());
    statements.push(format!(
        "create table unspool.{name} (like unspool.{table} including all)"
    ));
    if has_default {
        statements.push(format!(
            "with moved as (
                delete from unspool.{table}_default
                where t_min >= '{from}' and t_min < '{to}' returning *
             )
             insert into unspool.{name} select * from moved"
        ));
    }
    statements.push(format!(
        "alter table unspool.{table} attach partition unspool.{name} \
         for values from ('{from}') to ('{to}')"
    ));
    let mut transaction = connection.begin().await?;
    for statement in statements {
        sqlx::query(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}
