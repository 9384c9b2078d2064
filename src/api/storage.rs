//! What history takes, and how long it is kept.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::problem::{Problem, Problems, ready};
use crate::message::{Keep, Timestamp, TopicFilter};
use crate::store::{ClassSize, Sealed, StorageSizes, Store, StoreError};

/// What history takes, and how long it is kept.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Storage)]
pub(super) struct StorageView {
    measured_at: Timestamp,
    /// What all of it takes on the database's disk, indexes included.
    bytes: u64,
    /// Of these: new messages with their samples, which are sealed later.
    hot_bytes: u64,
    /// Of these: dead letters.
    dead_letters_bytes: u64,
    /// Of these: topics, series and everything else.
    catalog_bytes: u64,
    /// Of these: what is sealed. First what no rule speaks of, then what rules keep for a time of
    /// its own.
    parts: Vec<StoragePart>,
    /// How long everything is kept that no rule speaks of, and how much all of it may take
    /// (`keep_days`, `keep_bytes`).
    keep: Keep,
    /// What is free on the disk of the embedded database; absent for another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    free_bytes: Option<u64>,
    /// How much is sealed in a day, as it was in the last seven; absent where it is too early to say.
    #[serde(skip_serializing_if = "Option::is_none")]
    growth_bytes_per_day: Option<f64>,
    /// For how many days the disk lasts at this rate; absent where nothing will fill it, or where
    /// it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    lasts_days: Option<f64>,
}

/// What is sealed: messages by the time of receipt, samples, and what they come to by hour and day, by
/// that of the event.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum StorageKind {
    Messages,
    Samples,
    Rollups,
}

/// What is sealed of one kind, and how long it is kept.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoragePart {
    kind: StorageKind,
    /// The filter of the rule that it is for; absent for all that no rule speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    filter: Option<TopicFilter>,
    /// What that rule says; absent where it is gone, or does not speak of it: then it is kept as
    /// long as everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<Keep>,
    bytes: u64,
    /// How many parts it is in. The oldest goes as a whole.
    partitions: u64,
    /// What one message, or one sample, takes on average, indexes included, in the newest part that is
    /// over; absent of rollups, and where that is not known yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_each: Option<f64>,
    /// From here on everything is there; absent where nothing has gone.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_from: Option<Timestamp>,
}

impl From<&ClassSize> for StoragePart {
    fn from(size: &ClassSize) -> Self {
        Self {
            kind: match size.kind {
                Sealed::Messages => StorageKind::Messages,
                Sealed::Samples => StorageKind::Samples,
                Sealed::Rollups => StorageKind::Rollups,
            },
            filter: size.filter.clone(),
            keep: size.keep,
            bytes: size.bytes,
            partitions: size.partitions,
            bytes_each: size.bytes_each,
            kept_from: size.kept_from,
        }
    }
}

impl From<&StorageSizes> for StorageView {
    fn from(sizes: &StorageSizes) -> Self {
        Self {
            measured_at: sizes.measured_at,
            bytes: sizes.bytes,
            hot_bytes: sizes.hot_bytes,
            dead_letters_bytes: sizes.dead_letters_bytes,
            catalog_bytes: sizes.catalog_bytes,
            parts: sizes.classes.iter().map(StoragePart::from).collect(),
            keep: sizes.keep,
            free_bytes: sizes.free_bytes,
            growth_bytes_per_day: sizes.growth_bytes_per_day,
            lasts_days: sizes.lasts_days,
        }
    }
}

/// Storage
///
/// What history takes, how long it is kept, and for how long the disk lasts; measured every ten
/// seconds. For whoever may read everything.
#[utoipa::path(get, path = "/storage", tag = "server",
    responses((status = OK, body = StorageView), Problems))]
pub(super) async fn storage(
    State(store): State<Store>,
    asker: Asker,
) -> Result<Json<StorageView>, Problem> {
    asker.check_reads_all()?;
    // It is measured as soon as the tables are there.
    let sizes = ready(store)?.sizes().ok_or(StoreError::NotReady)?;
    Ok(Json(StorageView::from(&*sizes)))
}
