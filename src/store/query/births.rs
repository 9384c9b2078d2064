//! The births of Sparkplug B that are remembered.

use sqlx::Row as _;

use crate::message::{Birth, Offset};
use crate::store::births::metrics_of_json;
use crate::store::connect::connect;
use crate::store::error::StoreError;
use crate::store::handle::Store;

impl Store {
    /// The last births of the edge nodes that are alive and of their devices, as of the mirror's
    /// cursor.
    pub async fn births(&self) -> Result<Vec<Birth>, StoreError> {
        let mut connection = connect(&self.state().options).await?;
        let rows = sqlx::query(
            "select group_id, node, device, seq, bd_seq, metrics::text from unspool.sparkplug_birth",
        )
        .fetch_all(&mut connection)
        .await
        .map_err(StoreError::while_doing("read births"))?;
        let birth = |row: sqlx::postgres::PgRow| {
            let device = row.get::<&str, _>(2);
            Birth {
                group: row.get::<&str, _>(0).into(),
                node: row.get::<&str, _>(1).into(),
                device: (!device.is_empty()).then(|| device.into()),
                seq: Offset(row.get::<i64, _>(3).cast_unsigned()),
                bd_seq: row.get::<Option<i64>, _>(4).map(i64::cast_unsigned),
                metrics: metrics_of_json(row.get(5)),
            }
        };
        Ok(rows.into_iter().map(birth).collect())
    }
}
