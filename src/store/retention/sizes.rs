//! What history takes, and for how long the disk lasts.

use std::collections::HashMap;
use std::path::PathBuf;

use foldhash::fast::FixedState;
use sqlx::{PgConnection, Row as _};

use super::class::Retention;
use super::each::BytesEach;
use super::partition::{ClassId, Sealed, SealedPart};
use crate::message::{DAY_US, Keep, Timestamp, TopicFilter};
use crate::metrics::Metrics;
use crate::store::error::StoreError;
use crate::store::wire::Instant;

/// Over how many days it is looked how fast history grows.
const GROWTH_DAYS: i64 = 7;

/// A shorter time says nothing about growth, in microseconds.
const GROWTH_SPAN_MIN: i64 = 600_000_000;

/// With how many days left a person is told.
const DAYS_LEFT_WARN: f64 = 3.0;

/// What history takes on the database's disk.
#[derive(Debug, Clone, PartialEq)]
pub struct StorageSizes {
    pub measured_at: Timestamp,
    /// Everything in the schema, indexes included.
    pub bytes: u64,
    /// New messages with their samples, not sealed yet, and what waits to be emptied.
    pub hot_bytes: u64,
    pub dead_letters_bytes: u64,
    /// Topics, series and everything else.
    pub catalog_bytes: u64,
    /// Messages and samples by class of retention; the class of what no rule speaks of first.
    pub classes: Vec<ClassSize>,
    /// How long everything is kept that no rule speaks of, and how much all may take.
    pub keep: Keep,
    /// How much is free on the disk, where that can be seen.
    pub free_bytes: Option<u64>,
    /// How much is sealed in a day; `None` where it is too early to say.
    pub growth_bytes_per_day: Option<f64>,
    /// For how many days the disk lasts at this rate; `None` where nothing will fill it, or it is
    /// not known.
    pub lasts_days: Option<f64>,
}

/// What there is of one kind in one class of retention.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassSize {
    pub kind: Sealed,
    /// That of its rule; `None` for all that no rule speaks of.
    pub filter: Option<TopicFilter>,
    /// What the rule says; `None` where there is none any more, or it does not speak of it.
    pub keep: Option<Keep>,
    pub bytes: u64,
    pub partitions: u64,
    /// What one message, or one sample, takes on average; `None` of rollups, or where it is not known.
    pub bytes_each: Option<f64>,
    /// From here on everything is there; `None` where nothing has gone.
    pub kept_from: Option<Timestamp>,
}

impl StorageSizes {
    /// Puts together what was measured; `disk` is a folder on the disk of the database.
    pub(super) async fn of(
        connection: &mut PgConnection,
        retention: &Retention,
        disk: Option<PathBuf>,
        (parts, others, each): (&[SealedPart], &[(String, u64)], &BytesEach),
    ) -> Result<Self, StoreError> {
        let now = Timestamp::now();
        let of_others = |is_meant: &dyn Fn(&str) -> bool| {
            let meant = others.iter().filter(|(name, _)| is_meant(name));
            meant.map(|(_, bytes)| bytes).sum::<u64>()
        };
        let is_hot = |name: &str| name.starts_with("message_hot_");
        let is_letters = |name: &str| name == "dead_letter";
        let (hot_bytes, dead_letters_bytes) = (of_others(&is_hot), of_others(&is_letters));
        let sealed: u64 = parts.iter().map(|part| part.bytes).sum();
        let keep = retention.whole();
        let growth = growth(connection, parts, now).await?;
        let bytes = sealed + of_others(&|_| true);
        let free_bytes = free(disk);
        let (has, free) = (bytes as f64, free_bytes.map(|free| free as f64));
        let lasts_days = growth
            .zip(free)
            .and_then(|(growth, free)| lasts(growth, has, free, keep));
        Ok(Self {
            measured_at: now,
            bytes,
            hot_bytes,
            dead_letters_bytes,
            catalog_bytes: bytes - sealed - hot_bytes - dead_letters_bytes,
            classes: classes(retention, parts, each),
            keep,
            free_bytes,
            growth_bytes_per_day: growth,
            lasts_days,
        })
    }

    /// Shows it in the metrics.
    pub(super) fn show(&self, metrics: &Metrics) {
        let whole = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        metrics.storage_bytes.set(whole(self.bytes));
        for (kind, gauge) in [
            (Sealed::Messages, &metrics.message_bytes),
            (Sealed::Samples, &metrics.sample_bytes),
        ] {
            // That of the largest: the others are few.
            let of_kind = self.classes.iter().filter(|class| class.kind == kind);
            let largest = of_kind.max_by_key(|class| class.bytes);
            if let Some(each) = largest.and_then(|class| class.bytes_each) {
                gauge.set(each);
            }
        }
        if let Some(free) = self.free_bytes {
            metrics.storage_free_bytes.set(whole(free));
        }
        #[allow(clippy::cast_possible_truncation)] // it saturates
        let days = |days: f64| days as i64;
        let growth = self.growth_bytes_per_day.unwrap_or_default();
        metrics.storage_growth_bytes_per_day.set(days(growth));
        metrics
            .storage_lasts_days
            .set(self.lasts_days.map_or(-1, days));
    }

    /// Whether a person has to look, with so much left.
    pub(in crate::store) fn is_urgent(&self) -> bool {
        self.lasts_days.is_some_and(|days| days < DAYS_LEFT_WARN)
    }
}

/// For how many days `free` bytes last that grow so fast, with so many there already.
fn lasts(growth: f64, has: f64, free: f64, keep: Keep) -> Option<f64> {
    let is_bounded = |most: f64| most - has < free;
    let by_bytes = keep.bytes.is_some_and(|most| is_bounded(most as f64));
    let by_days = keep
        .days
        .is_some_and(|days| is_bounded(growth * f64::from(days)));
    let days = free / growth;
    (!by_bytes && !by_days && days.is_finite()).then_some(days)
}

fn free(disk: Option<PathBuf>) -> Option<u64> {
    let disk = rustix::fs::statvfs(&disk?).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// How much came in a day, of what is in the partitions of the last days.
async fn growth(
    connection: &mut PgConnection,
    parts: &[SealedPart],
    now: Timestamp,
) -> Result<Option<f64>, StoreError> {
    let since = Timestamp(now.0 - GROWTH_DAYS * DAY_US);
    // Rollups are few, and their months begin before what they are of.
    let parts = parts.iter().filter(|part| part.kind != Sealed::Rollups);
    let ranged = parts.clone();
    let recent = ranged.filter_map(|part| part.range.map(|range| (range, part.bytes)));
    let recent = recent.filter(|(range, _)| range.from >= since && range.from <= now);
    let (mut bytes, mut from) = (0, now);
    for (range, size) in recent {
        bytes += size;
        from = from.min(range.from);
    }
    if bytes == 0 {
        return Ok(None);
    }
    // The first day of all began before its first message.
    let is_first = parts.filter_map(|part| part.range);
    if is_first.map(|range| range.from).min() == Some(from) {
        let row = sqlx::query("select min(first_seen) from unspool.topic")
            .fetch_one(connection)
            .await
            .map_err(StoreError::while_doing("look when history began"))?;
        let first: Option<Instant> = row.get(0);
        from = first.map_or(from, |first| from.max(first.0));
    }
    let span = now.0 - from.0;
    Ok((span >= GROWTH_SPAN_MIN).then(|| bytes as f64 / (span as f64 / DAY_US as f64)))
}

fn classes(retention: &Retention, parts: &[SealedPart], each: &BytesEach) -> Vec<ClassSize> {
    let mut sizes: HashMap<(Sealed, ClassId), (u64, u64), FixedState> = HashMap::default();
    for part in parts {
        let (bytes, count) = sizes.entry((part.kind, part.class)).or_default();
        *bytes += part.bytes;
        *count += u64::from(part.range.is_some());
    }
    let keeps = retention.keeps();
    let mut found = Vec::new();
    for (id, filter) in retention.filters() {
        for kind in Sealed::ALL {
            let (bytes, partitions) = sizes.get(&(kind, id)).copied().unwrap_or_default();
            let mut keep = keeps.get(&(kind, id)).copied();
            if kind == Sealed::Rollups && keep.is_none() {
                keep = retention.rollups_days().map(Keep::of_days);
            }
            if filter.is_some() && keep.is_none() && partitions == 0 {
                continue;
            }
            found.push(ClassSize {
                kind,
                filter: filter.clone(),
                keep,
                bytes,
                partitions,
                bytes_each: each.get(&(kind, id)).copied(),
                kept_from: retention.kept_from_of(kind, id).map(|kept| kept.time),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_lasts_as_long_as_nothing_bounds_what_fills_it() {
        let keep = |days, bytes| Keep { days, bytes };
        for (growth, has, free, kept, days) in [
            (10.0, 50.0, 100.0, keep(None, None), Some(10.0)),
            (10.0, 50.0, 100.0, keep(Some(14), None), None),
            (10.0, 50.0, 100.0, keep(Some(15), None), Some(10.0)),
            (10.0, 50.0, 100.0, keep(None, Some(149)), None),
            (10.0, 50.0, 100.0, keep(None, Some(151)), Some(10.0)),
            (10.0, 50.0, 100.0, keep(Some(300), Some(100)), None),
            (0.0, 50.0, 100.0, keep(None, None), None),
        ] {
            assert_eq!(lasts(growth, has, free, kept), days, "{kept:?}");
        }
    }
}
