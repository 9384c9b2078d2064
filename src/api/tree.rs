//! The topic tree, one level at a time.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::cursor::{ChildCursor, PageCursor as _};
use super::page::Page;
use super::params::{Count, params};
use super::problem::{Problem, Problems, ready};
use crate::store::Store;
use crate::view::NodeView;

params! {
    /// Whose children.
    TreeParams {
        /// A place in the tree, levels joined by slashes; the root where it is absent or empty
        #[param(example = "factory/line1")]
        path: String,
        /// The `next` of the page before
        #[param(value_type = Option<String>)]
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
    items: Vec<NodeView>,
    /// The `cursor` of the next page; null on the last one.
    next: Option<String>,
}

/// The children of one place in the topic tree
///
/// With counts, rates and last values, so that a tree can be opened level by level.
#[utoipa::path(get, path = "/tree", tag = "topics", params(TreeParams),
    responses((status = OK, body = TreePage), Problems))]
pub(super) async fn tree(
    State(store): State<Store>,
    asker: Asker,
    params: TreeParams,
) -> Result<Json<TreePage>, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, 1000)?;
    let path = params.path.unwrap_or_default();
    let after = params.cursor.map(|cursor| cursor.0);
    let children = ready(store)?.children(&path, after.as_deref(), limit + 1);
    let page = Page::cut(
        children,
        limit,
        |node| ChildCursor(node.name.clone()).text(),
        |node| NodeView::new(node, |topic| asker.may_read(topic)),
    );
    Ok(Json(TreePage {
        path,
        items: page.items,
        next: page.next,
    }))
}
