//! Keeping the births of Sparkplug B that a batch brings.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use sqlx::PgConnection;

use crate::message::{Birth, BirthChange};
use crate::store::batch::RowBatch;
use crate::store::births::metrics_to_json;
use crate::store::error::StoreError;

/// About how many bytes of births one statement brings, and one birth at least.
const STATEMENT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What a batch changes, node by node.
#[derive(Debug, Default)]
pub(super) struct ChangedBirths<'a> {
    nodes: HashMap<(&'a str, &'a str), ChangedNode<'a>, FixedState>,
}

#[derive(Debug, Default)]
struct ChangedNode<'a> {
    /// Whether nothing of it stays that was there before the batch.
    is_over: bool,
    /// What is there now, by device, or `None` where it is gone; the node itself has no name.
    births: HashMap<&'a str, Option<&'a Birth>, FixedState>,
}

impl<'a> ChangedBirths<'a> {
    pub(super) fn of(batch: &'a RowBatch) -> Self {
        let mut changed = Self::default();
        let remarks = batch.rows.iter().filter_map(|row| row.remarks.as_ref());
        for change in remarks.flat_map(|remarks| &remarks.births) {
            match change {
                BirthChange::Born(birth) => {
                    let node = changed.node(&birth.group, &birth.node);
                    if birth.device.is_none() {
                        node.end();
                    }
                    let device = birth.device.as_deref().unwrap_or_default();
                    node.births.insert(device, Some(birth));
                }
                BirthChange::NodeGone { group, node } => changed.node(group, node).end(),
                BirthChange::DeviceGone {
                    group,
                    node,
                    device,
                } => {
                    changed.node(group, node).births.insert(device, None);
                }
            }
        }
        changed
    }

    fn node(&mut self, group: &'a str, node: &'a str) -> &mut ChangedNode<'a> {
        self.nodes.entry((group, node)).or_default()
    }

    /// Part of a batch's transaction.
    pub(super) async fn write(&self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.nodes.is_empty() {
            return Ok(());
        }
        let failed = StoreError::while_doing("keep births");
        let (groups, nodes) = self.over();
        sqlx::query(
            "delete from unspool.sparkplug_birth b
             using unnest($1::text[], $2::text[]) as n (group_id, node)
             where b.group_id = n.group_id and b.node = n.node",
        )
        .bind(groups)
        .bind(nodes)
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        let [groups, nodes, devices] = self.replaced();
        sqlx::query(
            "delete from unspool.sparkplug_birth b
             using unnest($1::text[], $2::text[], $3::text[]) as d (group_id, node, device)
             where b.group_id = d.group_id and b.node = d.node and b.device = d.device",
        )
        .bind(groups)
        .bind(nodes)
        .bind(devices)
        .execute(&mut *connection)
        .await
        .map_err(&failed)?;
        for rows in self.rows() {
            rows.insert(connection).await?;
        }
        Ok(())
    }

    /// The groups and names of nodes of which nothing stays.
    fn over(&self) -> (Vec<&'a str>, Vec<&'a str>) {
        let over = self.nodes.iter().filter(|(_, node)| node.is_over);
        over.map(|(name, _)| *name).unzip()
    }

    /// The groups, nodes and devices of the other births that there may be in the table.
    fn replaced(&self) -> [Vec<&'a str>; 3] {
        let mut names = [const { Vec::new() }; 3];
        for ((group, node), changed) in self.nodes.iter().filter(|(_, node)| !node.is_over) {
            for device in changed.births.keys() {
                for (names, name) in names.iter_mut().zip([*group, *node, *device]) {
                    names.push(name);
                }
            }
        }
        names
    }

    /// What there is now, in rows for one statement each.
    fn rows(&self) -> Vec<BirthRows<'a>> {
        let births = self.nodes.values().flat_map(|node| node.births.values());
        let mut all = vec![BirthRows::default()];
        for birth in births.flatten() {
            match all.last_mut() {
                Some(rows) if rows.bytes < STATEMENT_BYTES_MAX => rows.add(birth),
                _ => {
                    let mut rows = BirthRows::default();
                    rows.add(birth);
                    all.push(rows);
                }
            }
        }
        all
    }
}

impl ChangedNode<'_> {
    fn end(&mut self) {
        self.is_over = true;
        self.births.clear();
    }
}

/// Rows for one statement.
#[derive(Debug, Default)]
struct BirthRows<'a> {
    births: Vec<&'a Birth>,
    metrics: Vec<String>,
    bytes: usize,
}

impl<'a> BirthRows<'a> {
    fn add(&mut self, birth: &'a Birth) {
        let metrics = metrics_to_json(&birth.metrics);
        self.bytes += metrics.len();
        self.births.push(birth);
        self.metrics.push(metrics);
    }

    async fn insert(self, connection: &mut PgConnection) -> Result<(), StoreError> {
        if self.births.is_empty() {
            return Ok(());
        }
        let births = self.births.iter();
        let device = |birth: &&'a Birth| birth.device.as_deref().unwrap_or_default();
        sqlx::query(
            "insert into unspool.sparkplug_birth (group_id, node, device, seq, bd_seq, metrics)
             select group_id, node, device, seq, bd_seq, metrics::jsonb
             from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[])
                as b (group_id, node, device, seq, bd_seq, metrics)",
        )
        .bind(births.clone().map(|b| &*b.group).collect::<Vec<_>>())
        .bind(births.clone().map(|b| &*b.node).collect::<Vec<_>>())
        .bind(births.clone().map(device).collect::<Vec<_>>())
        .bind(
            births
                .clone()
                .map(|b| b.seq.0.cast_signed())
                .collect::<Vec<_>>(),
        )
        .bind(
            births
                .map(|b| b.bd_seq.map(u64::cast_signed))
                .collect::<Vec<_>>(),
        )
        .bind(self.metrics)
        .execute(connection)
        .await
        .map_err(StoreError::while_doing("keep births"))?;
        Ok(())
    }
}
