//! Last values.

use axum::Json;
use axum::extract::State;

use super::asker::Asker;
use super::cursor::{PageCursor as _, TopicCursor};
use super::page::Page;
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use crate::message::TopicFilter;
use crate::store::Store;
use crate::view::LatestView;

params! {
    /// Whose last values.
    LatestParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, example = "factory/#")]
        filter: TopicFilter,
        /// The `next` of the page before
        #[param(value_type = Option<String>)]
        cursor: TopicCursor,
        /// At most so many topics (1000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// The last message of each topic
///
/// With the last value of each series in it. Answered from memory.
#[utoipa::path(get, path = "/latest", tag = "latest", params(LatestParams),
    responses((status = OK, body = Page<LatestView>), Problems))]
pub(super) async fn latest(
    State(store): State<Store>,
    asker: Asker,
    params: LatestParams,
) -> Result<Json<Page<LatestView>>, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, 1000)?;
    let scope = asker.scope(params.filter);
    let after = params.cursor.map(|cursor| cursor.0);
    let latest = ready(store)?.latest(&scope, after.as_ref(), limit + 1);
    Ok(Json(Page::cut(
        latest,
        limit,
        |latest| TopicCursor(latest.topic.clone()).text(),
        |latest| LatestView::new(&latest),
    )))
}
