//! Raw history.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use super::asker::Asker;
use super::cursor::{MessageCursor, PageCursor as _};
use super::format::{Broken, Format, csv_line, json_line};
use super::page::Page;
use super::params::{Count, When, params, range};
use super::problem::{Kind, NoSuchMessage, Problem, Problems, ready};
use crate::live::Live;
use crate::message::{Message, Offset, Scope, TopicFilter};
use crate::store::{MessageQuery, Order, Pages, Store};
use crate::view::{MessageView, PayloadView};

/// The largest page.
pub(super) const MESSAGES_MAX: usize = 1000;
/// A page ends early where its payloads come to this.
const PAGE_BYTES: usize = 8 * 1024 * 1024;

params! {
    /// Which messages.
    MessagesParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, example = "factory/#")]
        filter: TopicFilter,
        /// Received at or after: RFC 3339, epoch seconds, milliseconds or microseconds, or
        /// relative to now (now-1h)
        #[param(value_type = Option<String>, example = "now-6h")]
        from: When,
        /// Received before (no end)
        #[param(value_type = Option<String>, example = "now")]
        to: When,
        /// `desc`, newest first, or `asc`
        #[param(value_type = Option<String>, example = "desc")]
        order: Order,
        /// At most so many: 100 where it is absent, and all of them in NDJSON and CSV
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
        /// The `next` of the page before
        #[param(value_type = Option<String>)]
        cursor: MessageCursor,
        /// `json`, or streamed `ndjson` or `csv`; the `Accept` header does as well
        #[param(value_type = Option<String>, example = "json")]
        format: Format,
    }
}

/// Messages as they were received
///
/// In the order of `seq`. NDJSON and CSV are streamed and have no end but the range's.
#[utoipa::path(get, path = "/messages", tag = "messages", params(MessagesParams),
    responses((status = OK, content((Page<MessageView> = "application/json"),
        (String = "application/x-ndjson"), (String = "text/csv"))), Problems))]
pub(super) async fn messages(
    State(store): State<Store>,
    State(live): State<Live>,
    asker: Asker,
    mut params: MessagesParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::wanted(params.format, &headers);
    let limit = match format {
        Format::Json => Count::within(params.limit, "limit", 100, MESSAGES_MAX)?,
        Format::Ndjson | Format::Csv => params.limit.map_or(usize::MAX, |limit| limit.0),
    };
    let scope = asker.scope(params.filter.take());
    let query = query(&params, scope, limit)?;
    let store = ready(store)?;
    let query = committed(query, &store, &live);
    match format {
        Format::Json => page(store, query).await.map(IntoResponse::into_response),
        Format::Ndjson | Format::Csv => Ok(export(store, query, format)),
    }
}

fn query(params: &MessagesParams, scope: Scope, limit: usize) -> Result<MessageQuery, Problem> {
    if let Some(cursor) = params.cursor {
        if params.order.is_some_and(|order| order != cursor.order) {
            let why = "belongs to the other order";
            return Err(Problem::parameter(Kind::BadCursor, "cursor", why));
        }
        let (from, to) = cursor.range();
        return Ok(MessageQuery {
            scope,
            from,
            to,
            after: Some(cursor.after()),
            up_to: None,
            order: cursor.order,
            limit,
        });
    }
    let (from, to) = range(params.from, params.to)?;
    Ok(MessageQuery {
        scope,
        from: Some(from),
        to: params.to.map(|_| to),
        after: None,
        up_to: None,
        order: params.order.unwrap_or_default(),
        limit,
    })
}

/// Up to where the mirror stands: pages in ascending order then miss nothing that is committed in
/// between.
fn committed(query: MessageQuery, store: &Store, live: &Live) -> MessageQuery {
    let next = *store.cursor().borrow();
    MessageQuery {
        up_to: Some(live.cursor(next).last_seen()),
        ..query
    }
}

async fn page(store: Store, mut query: MessageQuery) -> Result<Json<Page<MessageView>>, Problem> {
    let limit = query.limit;
    let (from, to, order) = (query.from, query.to, query.order);
    query.limit += 1;
    let mut pages = Pages::new(store, query);
    let mut items = Vec::new();
    let mut bytes = 0;
    let mut more = false;
    'pages: loop {
        let messages = pages.next().await?;
        if messages.is_empty() {
            break;
        }
        for message in messages {
            if items.len() == limit || bytes > PAGE_BYTES {
                more = true;
                break 'pages;
            }
            let view = MessageView::new(&message);
            if !matches!(view.payload, PayloadView::Reference { .. }) {
                bytes += message.payload.len();
            }
            items.push(view);
        }
    }
    let next = items
        .last()
        .filter(|_| more)
        .map(|last| MessageCursor::new((from, to), order, Offset(last.seq)).text());
    Ok(Json(Page { items, next }))
}

fn export(store: Store, query: MessageQuery, format: Format) -> Response {
    let pages = Pages::new(store, query);
    let mut head = Vec::new();
    if format == Format::Csv {
        let columns = [
            "seq", "time", "topic", "qos", "retain", "client", "payload", "mime", "bytes", "ref",
        ];
        csv_line(&mut head, columns);
    }
    format.stream(stream::try_unfold(
        (pages, head),
        move |(mut pages, mut out)| async move {
            let messages = pages
                .next()
                .await
                .map_err(|error| Broken::from(Problem::from(error)))?;
            if messages.is_empty() && out.is_empty() {
                return Ok(None);
            }
            for message in &messages {
                match format {
                    Format::Csv => message_csv(&mut out, message),
                    Format::Json | Format::Ndjson => {
                        json_line(&mut out, &MessageView::new(message))?;
                    }
                }
            }
            Ok(Some((Bytes::from(out), (pages, Vec::new()))))
        },
    ))
}

fn message_csv(out: &mut Vec<u8>, message: &Message) {
    let view = MessageView::new(message);
    let (payload, mime, bytes, reference) = match &view.payload {
        PayloadView::Json { payload } => (payload.get(), "", String::new(), ""),
        PayloadView::Text { payload } => (payload.as_str(), "", String::new(), ""),
        PayloadView::Reference {
            mime,
            bytes,
            reference,
        } => ("", *mime, bytes.to_string(), reference.as_str()),
    };
    csv_line(
        out,
        [
            &*view.seq.to_string(),
            &view.time.to_string(),
            view.topic.as_str(),
            &view.qos.to_string(),
            if view.retain { "true" } else { "false" },
            view.client.as_deref().unwrap_or_default(),
            payload,
            mime,
            &bytes,
            reference,
        ],
    );
}

/// One message
#[utoipa::path(get, path = "/messages/{seq}", tag = "messages",
    params(("seq" = u64, Path, description = "The message's identity")),
    responses((status = OK, body = MessageView),
        NoSuchMessage, Problems))]
pub(super) async fn message(
    State(store): State<Store>,
    asker: Asker,
    Path(seq): Path<String>,
) -> Result<Json<MessageView>, Problem> {
    let message = find(&store, &asker, &seq).await?;
    Ok(Json(MessageView::new(&message)))
}

/// The message that a path names. One that the asker may not read is not there.
pub(super) async fn find(store: &Store, asker: &Asker, seq: &str) -> Result<Message, Problem> {
    let seq: u64 = seq
        .parse()
        .map_err(|_| Problem::parameter(Kind::BadParameter, "seq", "expected a whole number"))?;
    // PostgreSQL's bigint ends there.
    let known = i64::try_from(seq).is_ok();
    let message = if known {
        store.message(Offset(seq)).await?
    } else {
        None
    };
    message
        .filter(|message| asker.may_read(&message.topic))
        .ok_or_else(|| Problem::new(Kind::NotFound, format!("there is no message {seq}")))
}
