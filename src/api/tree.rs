//! The topic tree, one level at a time.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::asker::Asker;
use super::cursor::{ChildCursor, PageCursor as _};
use super::format::Format;
use super::page::{PageBuilder, json};
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use super::readers::Readers;
use crate::live::Live;
use crate::readers::Effort;
use crate::store::Store;
use crate::view::NodeView;

params! {
    /// Whose children.
    TreeParams {
        /// A place in the tree, levels joined by slashes; the root where it is absent or empty
        #[param(pattern = r"^[^\x00]*$", example = "factory/line1")]
        path: String,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: ChildCursor,
        /// At most so many (1000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

/// The children of one place in the topic tree.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tree)]
pub(super) struct TreePage {
    /// The place that was asked for.
    path: String,
    /// Its children by name.
    #[schema(value_type = Vec<NodeView>)]
    items: Vec<Box<RawValue>>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
    /// Each child that had a message up to this `seq` is in one of the pages, once, as it was when
    /// that page was made, then or later. The same in all of them. Absent for whoever may not read
    /// everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = 981_254)]
    complete_to: Option<u64>,
}

/// The children of one place in the topic tree
///
/// With counts, rates and last values, so that a tree can be opened level by level; each as it was
/// when its page was made. Page by page no child is left out or told twice that had a message up to
/// `complete_to`. Topics that the asker may not read are no part of it, and of no count.
#[utoipa::path(get, path = "/tree", tag = "topics", params(TreeParams),
    responses((status = OK, body = TreePage), Problems))]
pub(super) async fn tree(
    State(store): State<Store>,
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    params: TreeParams,
) -> Result<Response, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, 1000)?;
    let path = params.path.unwrap_or_default();
    let cursor = params.cursor;
    let (store, epoch, sight) = (ready(store)?, live.epoch(), asker.sight());
    let sees_totals = asker.sees_totals();
    // Who may not read everything has a subtree looked through for each child.
    let effort = if sees_totals {
        Effort::Page
    } else {
        Effort::Any
    };
    let body = readers.answer(effort, async move {
        let complete_to = cursor.as_ref().map(ChildCursor::complete_to);
        let complete_to = complete_to.unwrap_or_else(|| store.complete_to());
        let mut page = PageBuilder::new(limit);
        let next = page.fill(
            cursor.map(|cursor| cursor.after),
            |after, limit| store.children(&sight, &path, after.map(String::as_str), limit),
            |node| node.name.clone(),
            |node| NodeView::new(epoch, node),
        )?;
        let next = next.map(|name| ChildCursor::new(name, complete_to).text());
        let page = page.end(next, sees_totals.then_some(complete_to));
        json(&TreePage {
            path,
            items: page.items,
            next: page.next,
            complete_to: page.complete_to,
        })
    });
    Ok(Format::Json.respond(body.await?))
}
