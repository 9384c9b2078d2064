//! Raw history.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;

use super::asker::Asker;
use super::cursor::{MessageCursor, PageCursor as _};
use super::format::{Format, csv_line, json_line, with_kept_from};
use super::page::{Page, PageBuilder, json};
use super::params::{Count, TimeSpan, When, Zone, params, range};
use super::problem::{Kind, NoSuchMessage, Problem, Problems, ready};
use super::readers::Readers;
use crate::live::Live;
use crate::message::{Message, Offset, Scope, Timestamp, TopicFilter};
use crate::readers::Effort;
use crate::store::{MessageQuery, Order, Pages, Store};
use crate::view::{MessageView, PayloadView, Showing};

/// How long about a message, in microseconds.
const WITHIN_US: i64 = 5_000_000;

/// The largest page.
pub(super) const MESSAGES_MAX: usize = 1000;

params! {
    /// Which messages.
    MessagesParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/#")]
        filter: TopicFilter,
        /// Received at or after: RFC 3339, a date or local time, today, relative to now, or
        /// seconds, milliseconds, microseconds or nanoseconds since 1970 (now-1h)
        #[param(value_type = Option<String>, format = "instant", example = "now-6h")]
        from: When,
        /// Received before (no end)
        #[param(value_type = Option<String>, format = "instant", example = "now")]
        to: When,
        /// What was received about when this message was: its `seq`
        #[param(value_type = Option<u64>, minimum = 1, maximum = 9_223_372_036_854_775_807_u64, example = 981_254)]
        around: Count,
        /// How long before and after it (5s)
        #[param(value_type = Option<String>, format = "duration-text", example = "5s")]
        within: TimeSpan,
        /// The time zone of dates and local times, in which days, weeks and months begin (UTC)
        #[param(value_type = Option<String>, format = "time-zone", example = "Europe/Berlin")]
        tz: Zone,
        /// `desc`, newest first, or `asc`
        #[param(inline, example = "desc")]
        order: Order,
        /// At most so many: 100 where it is absent, and no more than 1000; in NDJSON and CSV all of
        /// them, and as many as you like
        #[param(value_type = Option<u64>, minimum = 1)]
        limit: Count,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: MessageCursor,
        /// `json`, or streamed `ndjson` or `csv`; the `Accept` header does as well
        #[param(inline, example = "json")]
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
    State(readers): State<Readers>,
    asker: Asker,
    mut params: MessagesParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let format = Format::wanted(params.format, &headers);
    let limit = match format {
        Format::Json => Count::within(params.limit, "limit", 100, MESSAGES_MAX)?,
        Format::Ndjson | Format::Csv | Format::CsvSafe => {
            params.limit.map_or(usize::MAX, |limit| limit.0)
        }
    };
    let scope = asker.scope(params.filter.take());
    let mut query = query(&params, scope, limit)?;
    let store = ready(store)?;
    if let Some((from, to)) = around(&params, &store, &asker).await? {
        (query.from, query.to) = (Some(from), Some(to));
    }
    match format {
        Format::Json => {
            let page = page(store, live.showing().clone(), query, asker.sees_totals());
            let body = readers.answer(Effort::Page, page);
            Ok(format.respond(body.await?))
        }
        Format::Ndjson | Format::Csv | Format::CsvSafe => export(
            (&readers, &asker),
            (store, live.showing().clone()),
            query,
            format,
        ),
    }
}

/// From when to when somebody asks about a message, where they do.
async fn around(
    params: &MessagesParams,
    store: &Store,
    asker: &Asker,
) -> Result<Option<(Timestamp, Timestamp)>, Problem> {
    let Some(around) = params.around else {
        return Ok(None);
    };
    let message = find(store, asker, &around.0.to_string()).await?;
    let (at, within) = (
        message.received_at.0,
        params.within.map_or(WITHIN_US, |it| it.0),
    );
    let from = Timestamp(at.saturating_sub(within));
    // The end is not a part of a range.
    let to = Timestamp(at.saturating_add(within).saturating_add(1));
    Ok(Some((from, to)))
}

fn query(params: &MessagesParams, scope: Scope, limit: usize) -> Result<MessageQuery, Problem> {
    if params.within.is_some() && params.around.is_none() {
        let why = "goes with around only";
        return Err(Problem::parameter(Kind::BadParameter, "within", why));
    }
    if params.around.is_some() && (params.from.is_some() || params.to.is_some()) {
        let why = "around and from or to exclude each other";
        return Err(Problem::parameter(Kind::BadParameter, "around", why));
    }
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
            up_to: Some(cursor.up_to()),
            order: cursor.order,
            limit,
        });
    }
    let zone = Zone::or_utc(params.tz.clone());
    let (from, _, to) = range(params.from.clone(), params.to.clone(), &zone)?;
    Ok(MessageQuery {
        scope,
        from: Some(from),
        to,
        after: None,
        up_to: None,
        order: params.order.unwrap_or_default(),
        limit,
    })
}

async fn page(
    store: Store,
    showing: Showing,
    query: MessageQuery,
    sees_totals: bool,
) -> Result<Bytes, Problem> {
    let mut page = PageBuilder::new(query.limit);
    let (range, order) = ((query.from, query.to), query.order);
    let kept_from = gone_before(&store, &query);
    let up_to = query.up_to.unwrap_or_else(|| store.complete_to());
    let mut pages = Pages::new(
        store,
        MessageQuery {
            limit: query.limit + 1,
            up_to: Some(up_to),
            ..query
        },
    );
    let mut after = query.after;
    let next = 'pages: loop {
        let messages = pages.next().await?;
        if messages.is_empty() {
            break None;
        }
        for message in &messages {
            if page.is_full() {
                break 'pages after;
            }
            after = Some(message.offset);
            page.push(&MessageView::new(&showing, message))?;
        }
    };
    let next = next.map(|after| MessageCursor::new(range, order, after, up_to).text());
    json(&Page {
        kept_from,
        ..page.end(next, sees_totals.then_some(up_to))
    })
}

/// From when on every message that is asked for is there, where that is later than what was asked
/// for.
fn gone_before(store: &Store, query: &MessageQuery) -> Option<Timestamp> {
    let kept_from = store.messages_kept_from(query.scope.filter())?;
    let is_asked = query.from.is_none_or(|from| from < kept_from);
    is_asked.then_some(kept_from)
}

fn export(
    (readers, asker): (&Readers, &Asker),
    (store, showing): (Store, Showing),
    query: MessageQuery,
    format: Format,
) -> Result<Response, Problem> {
    let kept_from = gone_before(&store, &query);
    let pages = Pages::new(store, query);
    let mut head = Vec::new();
    if format.is_csv() {
        let columns = [
            "seq", "time", "topic", "qos", "retain", "client", "payload", "mime", "bytes", "ref",
        ];
        csv_line(&mut head, format, columns);
    }
    let threads = readers.clone();
    let body = readers.stream(
        asker.changed(),
        stream::try_unfold((pages, head), move |(pages, head)| {
            let (readers, showing) = (threads.clone(), showing.clone());
            async move { readers.go_on(piece(pages, head, format, showing)).await }
        }),
    )?;
    Ok(with_kept_from(format.respond(body), kept_from))
}

/// The next piece of an export, which begins with `out`, and what the one after begins with.
async fn piece(
    mut pages: Pages,
    mut out: Vec<u8>,
    format: Format,
    showing: Showing,
) -> Result<Option<(Bytes, (Pages, Vec<u8>))>, Problem> {
    let messages = pages.next().await?;
    if messages.is_empty() && out.is_empty() {
        return Ok(None);
    }
    for message in &messages {
        let view = MessageView::new(&showing, message);
        match format {
            Format::Csv | Format::CsvSafe => message_csv(&mut out, format, &view),
            Format::Json | Format::Ndjson => json_line(&mut out, &view)?,
        }
    }
    Ok(Some((Bytes::from(out), (pages, Vec::new()))))
}

fn message_csv(out: &mut Vec<u8>, format: Format, view: &MessageView) {
    let (payload, mime, bytes, reference) = match &view.payload {
        PayloadView::Json { payload } => (payload.get(), "", String::new(), ""),
        PayloadView::Text { payload } => (payload.as_str(), "", String::new(), ""),
        PayloadView::Reference {
            mime,
            bytes,
            reference,
            ..
        } => ("", *mime, bytes.to_string(), reference.as_str()),
    };
    csv_line(
        out,
        format,
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
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    Path(seq): Path<String>,
) -> Result<Response, Problem> {
    let body = readers.answer(Effort::Page, async move {
        let message = find(&store, &asker, &seq).await?;
        json(&MessageView::whole(live.showing(), &message))
    });
    Ok(Format::Json.respond(body.await?))
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
        .ok_or_else(|| {
            let all = TopicFilter::all();
            let kept_from = store.messages_kept_from(&all);
            let is_gone = Offset(seq) < store.messages_kept_from_seq(&all);
            let why = kept_from
                .filter(|_| is_gone)
                .map_or_else(String::new, |at| {
                    format!(": before {at} not everything is kept any more")
                });
            Problem::new(Kind::NotFound, format!("there is no message {seq}{why}"))
        })
}
