//! Rules as they are in the table: in the form in which people give them, which means nothing here.

use std::time::Duration;

use serde_json::Value;
use sqlx::{PgConnection, Row as _};

use super::connect::{connect, within};
use super::error::StoreError;
use super::handle::Store;
use super::wire::{Instant, clean};
use crate::message::{Timestamp, TopicFilter};

/// How long a change of one row may take.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// A rule in the table.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredRule {
    pub rule: Value,
    pub changed_at: Timestamp,
    /// Who made it what it is.
    pub changed_by: String,
}

impl Store {
    pub async fn rules(&self) -> Result<Vec<StoredRule>, StoreError> {
        let mut connection = connect(&self.state().options).await?;
        let rows = sqlx::query("select rule::text, changed_at, changed_by from unspool.rule")
            .fetch_all(&mut connection)
            .await
            .map_err(StoreError::while_doing("read the rules"))?;
        let rule = |row: sqlx::postgres::PgRow| StoredRule {
            rule: serde_json::from_str(row.get(0)).unwrap_or_default(),
            changed_at: row.get::<Instant, _>(1).0,
            changed_by: row.get(2),
        };
        Ok(rows.into_iter().map(rule).collect())
    }

    /// Puts a rule in the place of the one with its filter, if there is one.
    pub async fn put_rule(
        &self,
        filter: &TopicFilter,
        rule: &Value,
        by: &str,
    ) -> Result<(), StoreError> {
        let query = sqlx::query(
            "insert into unspool.rule (filter, rule, changed_by) values ($1, $2::jsonb, $3)
             on conflict (filter) do update
             set rule = excluded.rule, changed_at = now(), changed_by = excluded.changed_by",
        )
        .bind(filter.as_str())
        .bind(rule.to_string())
        .bind(clean(by).into_owned());
        let mut connection = connect(&self.state().options).await?;
        change(query.execute(&mut connection)).await
    }

    /// Deletes the rule with this filter, if there is one.
    pub async fn delete_rule(&self, filter: &TopicFilter) -> Result<(), StoreError> {
        let query = sqlx::query("delete from unspool.rule where filter = $1").bind(filter.as_str());
        let mut connection: PgConnection = connect(&self.state().options).await?;
        change(query.execute(&mut connection)).await
    }
}

async fn change<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<(), StoreError> {
    const CHANGING: &str = "change the rules";
    let done = within(CHANGING, CHANGE_TIMEOUT, work).await?;
    done.map(drop).map_err(StoreError::while_doing(CHANGING))
}
