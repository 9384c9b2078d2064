//! Removing topics.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::format::Format;
use super::page::{Page, json};
use super::params::params;
use super::problem::{Kind, NoSuchRemoval, Problem, Problems, accepted, ready};
use super::readers::Readers;
use crate::message::{Timestamp, Topic, TopicFilter};
use crate::port::Retain;
use crate::readers::Effort;
use crate::store::{Removal, RemovalPreview, RemovalState, Store};

/// How many names of topics are shown of what would be removed.
const NAMES_MAX: usize = 100;

params! {
    /// What is to be removed.
    RemoveParams {
        /// MQTT topic filter of the topics to remove. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = String, required = true, format = "mqtt-filter",
            example = "factory/old/#")]
        filter: TopicFilter,
        /// Only say what would be removed (false)
        #[param(example = true)]
        dry_run: bool,
    }
}

/// What would be removed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RemovalPlan {
    /// The filter that was asked with.
    #[schema(value_type = String, example = "factory/old/#")]
    filter: TopicFilter,
    /// How many topics it names.
    topics: u64,
    /// How many series these have.
    series: u64,
    /// How many messages.
    messages: u64,
    /// Payload bytes of these.
    bytes: u64,
    /// How many decoded samples.
    samples: u64,
    /// How many dead letters.
    dead_letters: u64,
    /// How many retained messages. These stay: whoever wants to be rid of them publishes an empty
    /// one with `retain`, before the topics are removed.
    retained: u64,
    /// The first of the topics, by name; `/topics` has them all.
    #[schema(value_type = Vec<String>)]
    names: Vec<Topic>,
}

/// How far a removal has come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RemovalStateView {
    /// Others come first.
    Waiting,
    /// Its topics are being taken out, from which on nobody finds them.
    Detaching,
    /// What there is of its topics is being deleted.
    Deleting,
    Done,
}

/// Topics that somebody removed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Removal)]
pub(super) struct RemovalView {
    id: i32,
    /// Which topics.
    #[schema(value_type = String, example = "factory/old/#")]
    filter: TopicFilter,
    state: RemovalStateView,
    requested_at: Timestamp,
    /// Null while it is not done.
    finished_at: Option<Timestamp>,
    /// No message behind this `seq` is removed.
    up_to: u64,
    /// How many topics have been taken out.
    topics: u64,
    /// How many messages these had.
    messages_found: u64,
    /// How many messages are deleted so far.
    messages: u64,
    /// How many dead letters.
    dead_letters: u64,
    /// How many decoded samples.
    samples: u64,
    /// Payload bytes of these messages.
    bytes: u64,
}

impl RemovalPlan {
    fn new(filter: TopicFilter, retained: u64, preview: RemovalPreview) -> Self {
        Self {
            filter,
            topics: preview.topics,
            series: preview.series,
            messages: preview.messages,
            bytes: preview.bytes,
            samples: preview.samples,
            dead_letters: preview.dead_letters,
            retained,
            names: preview.names,
        }
    }
}

impl From<Removal> for RemovalView {
    fn from(removal: Removal) -> Self {
        Self {
            id: removal.id,
            state: match removal.state {
                RemovalState::Waiting => RemovalStateView::Waiting,
                RemovalState::Detaching => RemovalStateView::Detaching,
                RemovalState::Deleting => RemovalStateView::Deleting,
                RemovalState::Done => RemovalStateView::Done,
            },
            filter: removal.filter,
            requested_at: removal.requested_at,
            finished_at: removal.finished_at,
            up_to: removal.up_to.0,
            topics: removal.topics,
            messages_found: removal.messages_found,
            messages: removal.messages,
            dead_letters: removal.dead_letters,
            samples: removal.samples,
            bytes: removal.bytes,
        }
    }
}

/// Remove topics
///
/// Removes the topics that the filter names from the database, with their series, messages, samples
/// and dead letters. In the background: the answer says where to look how far it has come. From the
/// moment in which a topic is taken out nobody finds it any more, and it does not count for
/// `topics_max`; messages that come after it make it anew. With `dry_run` nothing is removed, and
/// the answer says what would be. What the journal and queues of MQTT sessions hold of it goes when
/// it would have gone anyway, and retained messages stay. For administrators.
#[utoipa::path(delete, path = "/topics", tag = "topics", params(RemoveParams),
    responses((status = OK, description = "What would be removed", body = RemovalPlan),
        (status = ACCEPTED, description = "It will be removed", body = RemovalView,
            headers(("Location" = String, description = "Where to look how far it has come"))),
        Problems))]
pub(super) async fn remove_topics(
    State(store): State<Store>,
    State(readers): State<Readers>,
    State(retained): State<Arc<dyn Retain>>,
    asker: Asker,
    params: RemoveParams,
) -> Result<Response, Problem> {
    let filter = params.filter.ok_or_else(|| {
        let why = "is needed: it says what to remove";
        Problem::parameter(Kind::BadFilter, "filter", why)
    })?;
    asker.check_removes()?;
    let store = ready(store)?;
    if params.dry_run == Some(true) {
        let body = readers.answer(Effort::Any, async move {
            let preview = Box::pin(store.preview_removal(filter.clone(), NAMES_MAX)).await?;
            let retained = retained.retained(&filter);
            json(&RemovalPlan::new(filter, retained, preview))
        });
        return Ok(Format::Json.respond(body.await?));
    }
    let removal = store.remove_topics(&filter).await?;
    tracing::info!(
        filter = filter.as_str(),
        removal = removal.id,
        by = ?asker.principal,
        "topics are to be removed"
    );
    let location = format!("/api/v1/removals/{}", removal.id);
    let body = json(&RemovalView::from(removal))?;
    Ok(accepted(location, Format::Json.respond(body.into())))
}

/// Removals of topics
///
/// The last ones that are done, and those that are not, newest first. For whoever may read
/// everything.
#[utoipa::path(get, path = "/removals", tag = "topics",
    responses((status = OK, body = Page<RemovalView>), Problems))]
pub(super) async fn removals(
    State(store): State<Store>,
    State(readers): State<Readers>,
    asker: Asker,
) -> Result<Response, Problem> {
    asker.check_reads_all()?;
    let store = ready(store)?;
    let body = readers.answer(Effort::Any, async move {
        let removals = store.removals().into_iter().rev();
        json(&Page {
            items: removals.map(RemovalView::from).collect(),
            next: None,
            complete_to: None,
            kept_from: None,
        })
    });
    Ok(Format::Json.respond(body.await?))
}

/// A removal of topics
///
/// How far it has come. For whoever may read everything.
#[utoipa::path(get, path = "/removals/{id}", tag = "topics",
    params(("id" = i32, Path, description = "Which one", minimum = 1)),
    responses((status = OK, body = RemovalView), NoSuchRemoval, Problems))]
pub(super) async fn removal(
    State(store): State<Store>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    asker.check_reads_all()?;
    let store = ready(store)?;
    let removals = store.removals().into_iter();
    let found = id.parse().ok().and_then(|id: i32| {
        let mut found = removals.filter(|removal| removal.id == id);
        found.next()
    });
    let found = found
        .ok_or_else(|| Problem::new(Kind::NotFound, "no removal of this number is remembered"))?;
    let body = json(&RemovalView::from(found))?;
    Ok(Format::Json.respond(body.into()))
}
