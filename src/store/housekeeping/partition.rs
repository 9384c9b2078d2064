//! The day partitions of what is sealed.

use std::collections::HashSet;

use sqlx::{AssertSqlSafe, Connection, PgConnection, Row as _};

use crate::message::Timestamp;
use crate::store::error::StoreError;
use crate::store::wire::Instant;

/// A day in microseconds.
const DAY: i64 = 86_400_000_000;

/// How far from today an event may be to get a partition of its day, in days: a clock that is off
/// must not make partitions without end. What is further away is in the default partition.
const DAYS_BACK: i64 = 62;
const DAYS_AHEAD: i64 = 1;

/// The partitions that are known to be there.
#[derive(Debug, Default)]
pub(super) struct Partitions(HashSet<String>);

impl Partitions {
    /// Makes the partitions that a slot's rows need. Not in the transaction that moves them: the
    /// locks that this takes are to be short.
    pub(super) async fn make_for(
        &mut self,
        connection: &mut PgConnection,
        slot: i16,
    ) -> Result<(), StoreError> {
        let failed = StoreError::while_doing("find the days of a slot");
        let statement = format!(
            "select 'message_sealed', date_trunc('day', received_at, 'UTC')
             from message_hot_{slot} group by 2
             union
             select 'sample_block', date_trunc('day', received_at, 'UTC')
             from message_hot_{slot} where series is not null and times is null group by 2
             union
             select 'sample_block', date_trunc('day', time, 'UTC')
             from message_hot_{slot}, unnest(times) as time group by 2"
        );
        let rows = sqlx::query(AssertSqlSafe(statement))
            .fetch_all(&mut *connection)
            .await
            .map_err(&failed)?;
        let today = Timestamp::now().0.div_euclid(DAY);
        for row in rows {
            let table: &str = row.get(0);
            let day = row.get::<Instant, _>(1).0.0.div_euclid(DAY);
            let near = (today - DAYS_BACK..=today + DAYS_AHEAD).contains(&day);
            if near || table == "message_sealed" {
                self.make(connection, table, Timestamp(day * DAY)).await?;
            }
        }
        Ok(())
    }

    async fn make(
        &mut self,
        connection: &mut PgConnection,
        table: &str,
        day: Timestamp,
    ) -> Result<(), StoreError> {
        let digits: String = day
            .to_string()
            .chars()
            .take(10)
            .filter(char::is_ascii_digit)
            .collect();
        let name = format!("{table}_{digits}");
        if self.0.contains(&name) {
            return Ok(());
        }
        let failed = StoreError::while_doing("make the partition of a day");
        let there = sqlx::query("select from pg_class where oid = to_regclass($1)")
            .bind(&name)
            .fetch_optional(&mut *connection)
            .await
            .map_err(&failed)?;
        if there.is_none() {
            let (from, to) = (day, Timestamp(day.0 + DAY));
            let mut statements = vec![
                "set local lock_timeout = '2s'".to_owned(),
                format!("create table {name} (like {table} including all)"),
            ];
            if table == "sample_block" {
                statements.push(format!(
                    "with moved as (
                        delete from sample_block_default
                        where t_min >= '{from}' and t_min < '{to}' returning *
                     )
                     insert into {name} select * from moved"
                ));
            }
            statements.push(format!(
                "alter table {table} attach partition {name} for values from ('{from}') to ('{to}')"
            ));
            let mut transaction = connection.begin().await.map_err(&failed)?;
            for statement in statements {
                sqlx::query(AssertSqlSafe(statement))
                    .execute(&mut *transaction)
                    .await
                    .map_err(&failed)?;
            }
            transaction.commit().await.map_err(&failed)?;
        }
        self.0.insert(name);
        Ok(())
    }
}
