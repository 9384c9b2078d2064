//! What can be asked of the store.

use crate::message::{DefectCode, Offset, Scope, Timestamp};
use crate::store::bucket::{DetailWish, Grid};

/// Which end comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    Ascending,
    #[default]
    Descending,
}

/// Longer filters are not asked of the database, for which each level is a part of an expression
/// that may become too complex.
const FILTER_BYTES_MAX: usize = 1024;

/// The filter of a scope, where the database can say beforehand which topics it matches. The scope is
/// asked about what is found in any case.
pub(in crate::store) fn filter_in_sql(scope: &Scope) -> Option<&str> {
    let filter = scope.filter().as_str();
    (filter.len() <= FILTER_BYTES_MAX).then_some(filter)
}

/// The order as SQL has it.
pub(super) fn direction(order: Order) -> &'static str {
    match order {
        Order::Ascending => "asc",
        Order::Descending => "desc",
    }
}

/// A question for raw messages, answered in the order of `seq`.
#[derive(Debug, Clone)]
pub struct MessageQuery {
    pub scope: Scope,
    /// Received at or after.
    pub from: Option<Timestamp>,
    /// Received before.
    pub to: Option<Timestamp>,
    /// Only messages beyond this one, in the direction of `order`; the keyset cursor.
    pub after: Option<Offset>,
    /// The state as of this message: only those up to and with it. All pieces of one answer have
    /// the same; `None` is the last one that is committed.
    pub up_to: Option<Offset>,
    pub order: Order,
    /// At most so many.
    pub limit: usize,
}

/// A question for decoded samples, answered for each series in the order of event time.
#[derive(Debug, Clone)]
pub struct SampleQuery {
    pub scope: Scope,
    /// Series: a JSON Pointer such as `/motor/temp`; the empty one is the payload itself. `None`
    /// asks for all series of the topics.
    pub path: Option<String>,
    /// Event time at or after.
    pub from: Timestamp,
    /// Event time before.
    pub to: Timestamp,
    /// The state as of this message: only what came in it or before it. All pieces of one answer
    /// have the same; `None` is the last one that is committed.
    pub up_to: Option<Offset>,
    pub resolution: Resolution,
    /// Whether the last sample before `from` is wanted as well. It holds, in buckets.
    pub carries: bool,
    /// Whether buckets without samples are wanted.
    pub with_gaps: bool,
    /// What is wanted of buckets that costs to look at each sample.
    pub details: Option<DetailWish>,
    /// At most so many series.
    pub series_limit: usize,
}

/// How finely samples are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// So that a plot of about so many points keeps its shape: raw where there are no more than
    /// that, else buckets aligned to absolute time.
    Points(usize),
    /// These buckets.
    Every(Grid),
    /// Every sample, up to a limit for each series.
    Raw(usize),
}

/// A question for dead letters, answered in the order of `seq`.
#[derive(Debug, Clone)]
pub struct DeadLetterQuery {
    pub scope: Scope,
    /// Only those with a defect of this kind.
    pub code: Option<DefectCode>,
    /// Only those beyond this one, in the direction of `order`; the keyset cursor.
    pub after: Option<Offset>,
    /// The state as of this message; `None` is the last one that is committed.
    pub up_to: Option<Offset>,
    pub order: Order,
    /// At most so many.
    pub limit: usize,
}
