//! The metrics of births of Sparkplug B, as they are in the table.

use std::sync::Arc;

use super::wire::clean;
use crate::message::BornMetric;

/// A metric as it is written: name, alias, data type.
type MetricRow = (Arc<str>, Option<u64>, u32);

pub(super) fn metrics_to_json(metrics: &[BornMetric]) -> String {
    let metrics = metrics.iter();
    let metrics: Vec<_> = metrics
        .map(|metric| (clean(&metric.name), metric.alias, metric.datatype))
        .collect();
    serde_json::json!(metrics).to_string()
}

/// What is no such text has no metrics.
pub(super) fn metrics_of_json(json: &str) -> Vec<BornMetric> {
    let metrics: Vec<MetricRow> = serde_json::from_str(json).unwrap_or_default();
    let metrics = metrics.into_iter();
    metrics
        .map(|(name, alias, datatype)| BornMetric {
            name,
            alias,
            datatype,
        })
        .collect()
}
