//! The dictionary of topics.

use axum::extract::State;
use axum::response::Response;

use super::asker::Asker;
use super::cursor::{PageCursor as _, TopicCursor};
use super::format::Format;
use super::page::{Page, PageBuilder, json};
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use super::readers::Readers;
use crate::message::TopicFilter;
use crate::readers::Effort;
use crate::store::Store;
use crate::view::TopicView;

params! {
    /// Which topics.
    TopicsParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/#")]
        filter: TopicFilter,
        /// A part of the topic's name, whatever its case
        #[param(pattern = r"^[^\x00]*$", example = "press")]
        q: String,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: TopicCursor,
        /// At most so many (1000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// Topics by name
///
/// With counts, rates and the series that were found in their payloads, each as it was when its page
/// was made. Page by page no topic is left out or told twice that had a message up to `complete_to`.
#[utoipa::path(get, path = "/topics", tag = "topics", params(TopicsParams),
    responses((status = OK, body = Page<TopicView>), Problems))]
pub(super) async fn topics(
    State(store): State<Store>,
    State(readers): State<Readers>,
    asker: Asker,
    params: TopicsParams,
) -> Result<Response, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, 1000)?;
    let scope = asker.scope(params.filter);
    let cursor = params.cursor;
    let store = ready(store)?;
    let sees_totals = asker.sees_totals();
    let effort = match params.q {
        Some(_) => Effort::Any,
        None => Effort::Page,
    };
    let body = readers.answer(effort, async move {
        let complete_to = cursor.as_ref().map(TopicCursor::complete_to);
        let complete_to = complete_to.unwrap_or_else(|| store.complete_to());
        let mut page = PageBuilder::new(limit);
        let next = page.fill(
            cursor.map(|cursor| cursor.after),
            |after, limit| store.topics(&scope, params.q.as_deref(), after, limit),
            |latest| latest.topic.clone(),
            TopicView::from,
        )?;
        let next = next.map(|topic| TopicCursor::new(topic, complete_to).text());
        json(&page.end(next, sees_totals.then_some(complete_to)))
    });
    Ok(Format::Json.respond(body.await?))
}
