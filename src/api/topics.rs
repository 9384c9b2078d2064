//! The dictionary of topics.

use axum::Json;
use axum::extract::State;

use super::asker::Asker;
use super::cursor::{PageCursor as _, TopicCursor};
use super::page::Page;
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use crate::message::TopicFilter;
use crate::store::Store;
use crate::view::TopicView;

params! {
    /// Which topics.
    TopicsParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, example = "factory/#")]
        filter: TopicFilter,
        /// A part of the topic's name, whatever its case
        #[param(example = "press")]
        q: String,
        /// The `next` of the page before
        #[param(value_type = Option<String>)]
        cursor: TopicCursor,
        /// At most so many (1000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// Topics by name
///
/// With counts, rates and the series that were found in their payloads.
#[utoipa::path(get, path = "/topics", tag = "topics", params(TopicsParams),
    responses((status = OK, body = Page<TopicView>), Problems))]
pub(super) async fn topics(
    State(store): State<Store>,
    asker: Asker,
    params: TopicsParams,
) -> Result<Json<Page<TopicView>>, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, 1000)?;
    let scope = asker.scope(params.filter);
    let after = params.cursor.map(|cursor| cursor.0);
    let topics = ready(store)?.topics(&scope, params.q.as_deref(), after.as_ref(), limit + 1);
    Ok(Json(Page::cut(
        topics,
        limit,
        |latest| TopicCursor(latest.topic.clone()).text(),
        TopicView::from,
    )))
}
