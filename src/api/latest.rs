//! Last values.

use axum::extract::State;
use axum::response::Response;

use super::asker::Asker;
use super::cursor::{PageCursor as _, TopicCursor};
use super::format::Format;
use super::page::{Page, PageBuilder, json};
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use super::readers::Readers;
use crate::live::Live;
use crate::message::TopicFilter;
use crate::readers::Effort;
use crate::store::Store;
use crate::view::LatestView;

params! {
    /// Whose last values.
    LatestParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/#")]
        filter: TopicFilter,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: TopicCursor,
        /// At most so many topics (1000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// The last message of each topic
///
/// With the last value of each series in it. Answered from memory, while messages come in: page by
/// page no topic is left out or told twice that had a message up to `complete_to`, and each is told
/// as it was when its page was made. The live stream after `complete_to` goes on from there.
#[utoipa::path(get, path = "/latest", tag = "latest", params(LatestParams),
    responses((status = OK, body = Page<LatestView>), Problems))]
pub(super) async fn latest(
    State(store): State<Store>,
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    params: LatestParams,
) -> Result<Response, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, 1000)?;
    let scope = asker.scope(params.filter);
    let cursor = params.cursor;
    let (store, epoch) = (ready(store)?, live.epoch());
    let sees_totals = asker.sees_totals();
    let body = readers.answer(Effort::Page, async move {
        let complete_to = cursor.as_ref().map(TopicCursor::complete_to);
        let complete_to = complete_to.unwrap_or_else(|| store.complete_to());
        let mut page = PageBuilder::new(limit);
        let next = page.fill(
            cursor.map(|cursor| cursor.after),
            |after, limit| store.latest(&scope, after, limit),
            |latest| latest.topic.clone(),
            |latest| LatestView::new(epoch, &latest),
        )?;
        let next = next.map(|topic| TopicCursor::new(topic, complete_to).text());
        json(&page.end(next, sees_totals.then_some(complete_to)))
    });
    Ok(Format::Json.respond(body.await?))
}
