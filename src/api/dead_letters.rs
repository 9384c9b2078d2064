//! Messages with something wrong about them.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::LetterCursor;
use super::params::{Count, Param, params};
use super::problem::{Kind, Problem, Problems};
use super::view::Page;
use crate::message::{Defect, DefectCode, Scope, Timestamp, Topic, TopicFilter};
use crate::store::{DeadLetter, DeadLetterQuery, Order, Store};

/// The largest page.
const LETTERS_MAX: usize = 1000;

params! {
    /// Which dead letters.
    LettersParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, example = "factory/#")]
        filter: TopicFilter,
        /// Only those with this kind of problem
        #[param(value_type = Option<DefectCode>, example = "not_json")]
        problem: DefectCode,
        /// `desc`, newest first, or `asc`
        #[param(value_type = Option<String>, example = "desc")]
        order: Order,
        /// At most so many (100)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
        /// The `next` of the page before
        #[param(value_type = Option<String>)]
        cursor: LetterCursor,
    }
}

/// A message with something wrong about it. It is on record with its raw bytes, and what could be
/// read of it is in its series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter, example = json!({
    "seq": 981_254,
    "topic": "factory/line1/press",
    "time": "2026-11-22T21:47:33.293Z",
    "problems": [{
        "code": "unreadable",
        "path": "/motor/temp",
        "text": "number out of range at line 1 column 12",
    }],
    "message": "/api/v1/messages/981254",
}))]
pub(super) struct LetterView {
    /// The message's identity.
    seq: u64,
    /// Where it was published to.
    #[schema(value_type = String)]
    topic: Topic,
    /// When the server received it.
    time: Timestamp,
    /// What is wrong with it, each kind of problem once.
    problems: Vec<Defect>,
    /// Where the message can be fetched as it was received.
    message: String,
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            seq: letter.seq.0,
            topic: letter.topic,
            time: letter.received_at,
            problems: letter.defects,
            message: format!("/api/v1/messages/{}", letter.seq),
        }
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
/// reached. In the order of `seq`. How many there are in all is `quarantined` in the ledger.
#[utoipa::path(get, path = "/dead-letters", tag = "messages", params(LettersParams),
    responses((status = OK, body = Page<LetterView>), Problems))]
pub(super) async fn dead_letters(
    State(store): State<Store>,
    params: LettersParams,
) -> Result<Json<Page<LetterView>>, Problem> {
    let limit = Count::within(params.limit, "limit", 100, LETTERS_MAX)?;
    let order = match (params.cursor, params.order) {
        (Some(cursor), Some(order)) if order != cursor.order => {
            let why = "belongs to the other order";
            return Err(Problem::parameter(Kind::BadCursor, "cursor", why));
        }
        (Some(cursor), _) => cursor.order,
        (None, order) => order.unwrap_or_default(),
    };
    let query = DeadLetterQuery {
        scope: Scope::unrestricted(params.filter.unwrap_or_else(TopicFilter::all)),
        code: params.problem,
        after: params.cursor.map(|cursor| cursor.after),
        up_to: None,
        order,
        limit: limit + 1,
    };
    let letters = store.dead_letters(&query).await?;
    Ok(Json(Page::cut(
        letters,
        limit,
        |letter| {
            let after = letter.seq;
            LetterCursor { order, after }.text()
        },
        LetterView::from,
    )))
}
