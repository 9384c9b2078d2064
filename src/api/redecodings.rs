//! Decoding again what is stored.

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::page::Page;
use super::params::{Count, When, Zone, params};
use super::problem::{Kind, NoSuchRedecoding, Problem, Problems, accepted, ready};
use crate::message::{Offset, Timestamp, TopicFilter};
use crate::store::{Redecoding, RedecodingState, Store};

/// How many may wait; the store takes a few more.
const WAITING_MAX: usize = 10;

params! {
    /// What is to be decoded again.
    RedecodeParams {
        /// MQTT topic filter of the messages (`#`). Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/line1/%23")]
        filter: TopicFilter,
        /// Those received at or after
        #[param(value_type = Option<String>, format = "instant", example = "-7d")]
        from: When,
        /// Those from this `seq` on
        #[param(value_type = Option<u64>, minimum = 1, maximum = 9_223_372_036_854_775_807_u64)]
        from_seq: Count,
        /// The time zone of dates and local times in `from` (UTC)
        #[param(value_type = Option<String>, format = "time-zone", example = "Europe/Berlin")]
        tz: Zone,
    }
}

/// How far decoding again has come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RedecodingStateView {
    /// Others come first.
    Waiting,
    Running,
    Done,
    /// Somebody stopped it: what is done stays.
    Cancelled,
    /// The database would not have it: what is done stays.
    Failed,
}

/// Messages that are decoded again.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Redecoding)]
pub(super) struct RedecodingView {
    id: i32,
    /// Of which topics.
    #[schema(value_type = String, example = "factory/line1/#")]
    filter: TopicFilter,
    state: RedecodingStateView,
    requested_at: Timestamp,
    requested_by: String,
    /// Null while it is not over.
    finished_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<String>,
    /// From this `seq` on.
    from_seq: u64,
    /// From this receipt on.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<Timestamp>,
    /// No message behind this `seq` is decoded again.
    up_to: u64,
    /// How many topics it is for, and how many are done.
    topics: u64,
    topics_done: u64,
    /// How many messages are decoded again so far.
    messages: u64,
    /// How many samples these had, and have now.
    samples_before: u64,
    samples: u64,
    /// How many of them had dead letters, and have now.
    dead_letters_before: u64,
    dead_letters: u64,
}

impl From<Redecoding> for RedecodingView {
    fn from(one: Redecoding) -> Self {
        Self {
            id: one.id,
            state: match one.state {
                RedecodingState::Waiting => RedecodingStateView::Waiting,
                RedecodingState::Running => RedecodingStateView::Running,
                RedecodingState::Done => RedecodingStateView::Done,
                RedecodingState::Cancelled => RedecodingStateView::Cancelled,
                RedecodingState::Failed => RedecodingStateView::Failed,
            },
            filter: one.filter,
            requested_at: one.requested_at,
            requested_by: one.requested_by,
            finished_at: one.finished_at,
            failure: one.failure,
            from_seq: one.from.0,
            from: one.from_time,
            up_to: one.up_to.0,
            topics: one.topics,
            topics_done: one.topics_done,
            messages: one.messages,
            samples_before: one.samples_before,
            samples: one.samples,
            dead_letters_before: one.dead_letters_before,
            dead_letters: one.dead_letters,
        }
    }
}

/// Decode messages again
///
/// With the rules as they are now: their samples and dead letters are replaced, a part at a time, in
/// the background and with half of one thread; until then the old ones are answered. The answer
/// says where to look how far it has come. What stays as it is: messages of Sparkplug B, which need
/// what came before; those whose payload is not stored; and those of rules by which nothing is. For
/// administrators.
#[utoipa::path(post, path = "/redecodings", tag = "rules", params(RedecodeParams),
    responses((status = ACCEPTED, description = "It will be done", body = RedecodingView,
        headers(("Location" = String, description = "Where to look how far it has come"))),
        Problems))]
pub(super) async fn decode_again(
    State(store): State<Store>,
    asker: Asker,
    params: RedecodeParams,
) -> Result<Response, Problem> {
    asker.check_removes()?;
    let store = ready(store)?;
    let filter = params.filter.unwrap_or_else(TopicFilter::all);
    let zone = Zone::or_utc(params.tz);
    // Nothing has been received behind now.
    let now = Timestamp::now();
    let from_time = params.from.map(|from| from.within(&zone).min(now));
    let from_seq = params.from_seq.map_or(0, |from| from.0 as u64);
    if i64::try_from(from_seq).is_err() {
        let why = "beyond what a `seq` can be";
        return Err(Problem::parameter(Kind::BadParameter, "from_seq", why));
    }
    let from = (Offset(from_seq), from_time);
    let waiting = store.redecodings().into_iter();
    let waiting = waiting.filter(|one| one.state == RedecodingState::Waiting);
    if waiting.count() >= WAITING_MAX {
        let why = format!("{WAITING_MAX} others wait already");
        return Err(Problem::new(Kind::Conflict, why));
    }
    let by = asker.principal.name();
    let redecoding = store.decode_again(&filter, from, by).await?;
    tracing::info!(
        filter = filter.as_str(),
        redecoding = redecoding.id,
        by = ?asker.principal,
        "messages are to be decoded again"
    );
    let location = format!("/api/v1/redecodings/{}", redecoding.id);
    let answer = Json(RedecodingView::from(redecoding)).into_response();
    Ok(accepted(location, answer))
}

/// What is decoded again
///
/// The last ones that are over, and those that are not, newest first. For whoever may read
/// everything.
#[utoipa::path(get, path = "/redecodings", tag = "rules",
    responses((status = OK, body = Page<RedecodingView>), Problems))]
pub(super) async fn redecodings(
    State(store): State<Store>,
    asker: Asker,
) -> Result<Json<Page<RedecodingView>>, Problem> {
    asker.check_reads_all()?;
    let all = ready(store)?.redecodings().into_iter().rev();
    Ok(Json(Page {
        items: all.map(RedecodingView::from).collect(),
        next: None,
        complete_to: None,
        kept_from: None,
    }))
}

/// How far decoding again has come
///
/// For whoever may read everything.
#[utoipa::path(get, path = "/redecodings/{id}", tag = "rules",
    params(("id" = i32, Path, description = "Which one", minimum = 1)),
    responses((status = OK, body = RedecodingView), NoSuchRedecoding, Problems))]
pub(super) async fn redecoding(
    State(store): State<Store>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Json<RedecodingView>, Problem> {
    asker.check_reads_all()?;
    let all = ready(store)?.redecodings().into_iter();
    let found = id.parse().ok().and_then(|id: i32| {
        let mut found = all.filter(|one| one.id == id);
        found.next()
    });
    found.map(|found| Json(found.into())).ok_or_else(not_there)
}

/// Stop decoding again
///
/// What is done stays; a part that is under way is finished. For administrators.
#[utoipa::path(post, path = "/redecodings/{id}/stop", tag = "rules",
    params(("id" = i32, Path, description = "Which one", minimum = 1)),
    responses((status = OK, body = RedecodingView), NoSuchRedecoding, Problems))]
pub(super) async fn stop_redecoding(
    State(store): State<Store>,
    asker: Asker,
    Path(id): Path<String>,
) -> Result<Json<RedecodingView>, Problem> {
    asker.check_removes()?;
    let store = ready(store)?;
    let id = id.parse().map_err(|_| not_there())?;
    let found = store.cancel_redecoding(id).await?;
    found.map(|found| Json(found.into())).ok_or_else(not_there)
}

fn not_there() -> Problem {
    let why = "nothing of this number that is or was decoded again is remembered";
    Problem::new(Kind::NotFound, why)
}
