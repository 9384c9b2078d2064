//! Messages with something wrong about them.

use super::asker::Asker;
use super::cursor::{DeadLetterCursor, PageCursor as _};
use super::format::Format;
use super::page::{PIECE_ITEMS, Page, PageBuilder, json};
use super::params::{Count, Param, params};
use super::problem::{Kind, Problem, Problems};
use super::readers::Readers;
use crate::message::{DefectCode, TopicFilter};
use crate::readers::Effort;
use crate::store::{DeadLetterQuery, Order, Store};
use crate::view::DeadLetterView;
use axum::extract::State;
use axum::response::Response;

/// The largest page.
const DEAD_LETTERS_MAX: usize = 1000;

params! {
    /// Which dead letters.
    DeadLettersParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/#")]
        filter: TopicFilter,
        /// Only those with this kind of defect
        #[param(value_type = Option<DefectCode>, example = "not_json")]
        defect: DefectCode,
        /// `desc`, newest first, or `asc`
        #[param(inline, example = "desc")]
        order: Order,
        /// At most so many (100)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: DeadLetterCursor,
    }
}

impl Param for DefectCode {
    fn parse(text: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|code| code.name() == text);
        known.copied().ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|code| code.name()).collect();
            format!("must be one of {}", names.join(", "))
        })
    }
}

/// Messages with something wrong about them
///
/// A payload that is not what it claims to be, a value that nothing can hold, a limit that was
/// reached. In the order of `seq`. How many there are in all is `dead_lettered` in the ledger.
#[utoipa::path(get, path = "/dead-letters", tag = "messages", params(DeadLettersParams),
    responses((status = OK, body = Page<DeadLetterView>), Problems))]
pub(super) async fn dead_letters(
    State(store): State<Store>,
    State(readers): State<Readers>,
    asker: Asker,
    params: DeadLettersParams,
) -> Result<Response, Problem> {
    let limit = Count::within(params.limit, "limit", 100, DEAD_LETTERS_MAX)?;
    let order = match (params.cursor, params.order) {
        (Some(cursor), Some(order)) if order != cursor.order => {
            let why = "belongs to the other order";
            return Err(Problem::parameter(Kind::BadCursor, "cursor", why));
        }
        (Some(cursor), _) => cursor.order,
        (None, order) => order.unwrap_or_default(),
    };
    let mut query = DeadLetterQuery {
        scope: asker.scope(params.filter),
        code: params.defect,
        after: params.cursor.map(|cursor| cursor.after()),
        up_to: params.cursor.map(|cursor| cursor.up_to()),
        order,
        limit: PIECE_ITEMS,
    };
    let sees_totals = asker.sees_totals();
    let body = readers.answer(Effort::Page, async move {
        let up_to = *query.up_to.get_or_insert(store.complete_to());
        let mut page = PageBuilder::new(limit);
        let next = 'pages: loop {
            let letters = store.dead_letters(&query).await?;
            let is_last = letters.len() < query.limit;
            for letter in letters {
                if page.is_full() {
                    break 'pages query.after;
                }
                query.after = Some(letter.seq);
                page.push(&DeadLetterView::from(letter))?;
            }
            if is_last {
                break None;
            }
        };
        let next = next.map(|after| DeadLetterCursor::new(order, after, up_to).text());
        json(&page.end(next, sees_totals.then_some(up_to)))
    });
    Ok(Format::Json.respond(body.await?))
}
