//! Samples as they are answered.

use std::sync::Arc;

use crate::message::{Offset, TimeSource, Timestamp, Topic};
use crate::store::answer::{RawSample, SeriesKind};
use crate::store::bucket::{Bucket, Grid};

/// The samples asked for.
#[derive(Debug, Clone)]
pub struct SampleSet {
    /// The buckets; `None` where the samples are raw.
    pub grid: Option<Grid>,
    /// Every message up to and with this one is in the answer.
    pub complete_to: Offset,
    /// Whether there are more series, or more samples in one, than were asked for.
    pub truncated: bool,
    /// The series, by topic and path.
    pub series: Vec<SeriesSamples>,
}

impl SampleSet {
    fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        let series = self.series.iter();
        series.flat_map(|series| match &series.samples {
            Samples::Buckets(buckets) => &buckets[..],
            Samples::Raw(_) => &[],
        })
    }

    /// Whether there is a text in any of its buckets.
    pub fn has_states(&self) -> bool {
        self.buckets().any(|bucket| !bucket.states.is_empty())
    }

    /// From the start of its first bucket to the end of its last.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let first = self.buckets().map(|bucket| bucket.start).min()?;
        let last = self.buckets().map(|bucket| bucket.start).max()?;
        Some((first, self.grid.as_ref()?.bucket_of(last).1))
    }
}

/// The samples of one series.
#[derive(Debug, Clone)]
pub struct SeriesSamples {
    pub topic: Topic,
    /// Its JSON Pointer in the payload.
    pub path: Arc<str>,
    /// What its values are.
    pub kind: SeriesKind,
    /// The physical unit, where one is known.
    pub unit: Option<Arc<str>>,
    /// What people call it, where that is announced.
    pub description: Option<Arc<str>>,
    /// Where the time of its last sample comes from.
    pub time_source: TimeSource,
    /// The last sample before what was asked for, where that is wanted.
    pub before: Option<RawSample>,
    pub samples: Samples,
}

/// Raw or in buckets.
#[derive(Debug, Clone)]
pub enum Samples {
    /// In the order of time, then `seq`.
    Raw(Vec<RawSample>),
    /// In the order of time; a bucket without a sample is absent.
    Buckets(Vec<Bucket>),
}
