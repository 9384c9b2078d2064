//! What births say that later messages need: the names, aliases and types of metrics.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::decode::bounds::{PATH_BYTES_MAX, PATHS_BYTES_BASE, PATHS_BYTES_FACTOR};
use crate::message::{Birth, BornMetric};

/// The most metrics that are known of one birth, members of templates included.
pub const BORN_METRICS_MAX: usize = 20_000;

/// What a metric that is known takes beside its name, about: its row, and its places in the two
/// maps.
const METRIC_BYTES: usize = 128;

/// The metrics of a birth, while it is read.
#[derive(Debug)]
pub(super) struct Births {
    pub(super) metrics: Vec<BornMetric>,
    /// What further names may take: those of members repeat that of their template.
    names_bytes_left: usize,
    /// Whether there were more than are known.
    pub(super) is_full: bool,
}

/// The metrics of the last birth of a node or of a device.
#[derive(Debug)]
pub(super) struct KnownBirth {
    pub(super) birth: Arc<Birth>,
    by_name: HashMap<Arc<str>, u32, RandomState>,
    by_alias: HashMap<u64, u32, RandomState>,
}

impl Births {
    /// Of a payload of so many bytes.
    pub(super) fn of(payload_bytes: usize) -> Self {
        Self {
            metrics: Vec::new(),
            names_bytes_left: PATHS_BYTES_BASE + PATHS_BYTES_FACTOR * payload_bytes,
            is_full: false,
        }
    }

    /// Adds a metric; one whose name is too long for a path has no samples, and is not known.
    pub(super) fn add(&mut self, name: &str, alias: Option<u64>, datatype: u32) {
        if name.len() > PATH_BYTES_MAX {
            return;
        }
        let left = self.names_bytes_left.checked_sub(name.len());
        let Some(left) = left.filter(|_| self.metrics.len() < BORN_METRICS_MAX) else {
            self.is_full = true;
            return;
        };
        self.names_bytes_left = left;
        self.metrics.push(BornMetric {
            name: name.into(),
            alias,
            datatype,
        });
    }
}

impl KnownBirth {
    pub(super) fn new(birth: Arc<Birth>) -> Self {
        let (mut by_name, mut by_alias) = (HashMap::default(), HashMap::default());
        for (at, metric) in (0..).zip(&birth.metrics) {
            by_name.insert(Arc::clone(&metric.name), at);
            if let Some(alias) = metric.alias {
                by_alias.insert(alias, at);
            }
        }
        Self {
            birth,
            by_name,
            by_alias,
        }
    }

    pub(super) fn by_alias(&self, alias: u64) -> Option<&BornMetric> {
        self.metric(*self.by_alias.get(&alias)?)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<&BornMetric> {
        self.metric(*self.by_name.get(name)?)
    }

    fn metric(&self, at: u32) -> Option<&BornMetric> {
        self.birth.metrics.get(usize::try_from(at).ok()?)
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(birth: &Birth) -> usize {
        let metrics = birth.metrics.iter();
        let names: usize = metrics.map(|metric| METRIC_BYTES + metric.name.len()).sum();
        let device = birth.device.as_deref().map_or(0, str::len);
        size_of::<Self>()
            + size_of::<Birth>()
            + birth.group.len()
            + birth.node.len()
            + device
            + names
    }
}
