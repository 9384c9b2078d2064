//! Last values, now and then.

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;

use super::asker::Asker;
use super::cursor::{PageCursor as _, TopicCursor};
use super::format::Format;
use super::page::{Page, PageBuilder, json};
use super::params::{Count, When, Zone, params};
use super::problem::{Kind, Problem, Problems, ready};
use super::readers::Readers;
use crate::live::Live;
use crate::message::{Epoch, Scope, Timestamp, TopicFilter};
use crate::readers::Effort;
use crate::store::{Moment, Past, PastQuery, Store};
use crate::view::LatestView;

/// The most topics in an answer.
const TOPICS_MAX: usize = 10_000;

params! {
    /// Whose last values, and when.
    LatestParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/#")]
        filter: TopicFilter,
        /// As it was at that time: the last value of each series by event time, as is known now,
        /// whenever it came
        #[param(value_type = Option<String>, format = "instant", example = "now-1h")]
        at: When,
        /// As it was known at that time: the last value of each series by receipt
        #[param(value_type = Option<String>, format = "instant", example = "now-1h")]
        as_of: When,
        /// The time zone of dates and local times (UTC)
        #[param(value_type = Option<String>, format = "time-zone", example = "Europe/Berlin")]
        tz: Zone,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: TopicCursor,
        /// At most so many topics (1000)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 10000)]
        limit: Count,
    }
}

/// The last message of each topic
///
/// With the last value of each series in it. Answered from memory, while messages come in: page by
/// page no topic is left out or told twice that had a message up to `complete_to`, and each is told
/// as it was when its page was made. The live stream after `complete_to` goes on from there.
///
/// With `at` or `as_of` all is told as it was at that time, from history.
#[utoipa::path(get, path = "/latest", tag = "latest", params(LatestParams),
    responses((status = OK, body = Page<LatestView>), Problems))]
pub(super) async fn latest(
    State(store): State<Store>,
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    params: LatestParams,
) -> Result<Response, Problem> {
    let limit = Count::within(params.limit, "limit", 1000, TOPICS_MAX)?;
    let moment = moment(&params)?;
    let scope = asker.scope(params.filter);
    let cursor = params.cursor;
    let (store, epoch) = (ready(store)?, live.epoch());
    let sees_totals = asker.sees_totals();
    let body = if let Some(moment) = moment {
        let page = past(store, epoch, (scope, moment), cursor, (limit, sees_totals));
        readers.answer(Effort::Any, Box::pin(page)).await?
    } else {
        let page = async move { present(&store, epoch, &scope, cursor, (limit, sees_totals)) };
        readers.answer(Effort::Page, page).await?
    };
    Ok(Format::Json.respond(body))
}

/// When, where the past is asked for. Pages of a relative time are all of the same moment.
fn moment(params: &LatestParams) -> Result<Option<Moment>, Problem> {
    let zone = Zone::or_utc(params.tz.clone());
    let cursor = params.cursor.as_ref().and_then(TopicCursor::moment);
    let time = |when: &When| cursor.unwrap_or_else(|| when.within(&zone));
    match (&params.at, &params.as_of) {
        (Some(_), Some(_)) => Err(Problem::new(
            Kind::BadParameter,
            "at and as_of exclude each other: give one of them",
        )),
        (Some(at), None) => Ok(Some(Moment::EventTime(time(at)))),
        (None, Some(at)) => Ok(Some(Moment::Receipt(time(at)))),
        (None, None) => Ok(None),
    }
}

fn present(
    store: &Store,
    epoch: Epoch,
    scope: &Scope,
    cursor: Option<TopicCursor>,
    (limit, sees_totals): (usize, bool),
) -> Result<Bytes, Problem> {
    let complete_to = cursor.as_ref().map(TopicCursor::complete_to);
    let complete_to = complete_to.unwrap_or_else(|| store.complete_to());
    let mut page = PageBuilder::new(limit);
    let next = page.fill(
        cursor.map(|cursor| cursor.after),
        |after, limit| store.latest(scope, after, limit),
        |latest| latest.topic.clone(),
        |latest| LatestView::new(epoch, &latest),
    )?;
    let next = next.map(|topic| TopicCursor::new(topic, complete_to).text());
    json(&page.end(next, sees_totals.then_some(complete_to)))
}

async fn past(
    store: Store,
    epoch: Epoch,
    (scope, moment): (Scope, Moment),
    cursor: Option<TopicCursor>,
    (limit, sees_totals): (usize, bool),
) -> Result<Bytes, Problem> {
    let kept_from = kept_from(&store, scope.filter(), moment);
    let query = PastQuery {
        scope,
        moment,
        up_to: cursor.as_ref().map(TopicCursor::complete_to),
    };
    let past = Past::new(store, query).await?;
    let mut page = PageBuilder::new(limit);
    let mut after = cursor.map(|cursor| cursor.after);
    let next = 'page: loop {
        let piece = past.next(after.as_ref(), limit + 1).await?;
        for topic in piece.topics {
            if page.is_full() {
                break 'page after;
            }
            page.push(&LatestView::past(epoch, &topic))?;
            after = Some(topic.topic);
        }
        match piece.next {
            Some(next) => after = Some(next),
            None => break None,
        }
    };
    let complete_to = past.up_to();
    let next = next.map(|topic| {
        TopicCursor::new(topic, complete_to)
            .at(moment.time())
            .text()
    });
    let mut page = page.end(next, sees_totals.then_some(complete_to));
    page.kept_from = kept_from;
    json(&page)
}

/// From when on everything is there, where that is after the moment that is asked about.
fn kept_from(store: &Store, filter: &TopicFilter, moment: Moment) -> Option<Timestamp> {
    let messages = store.messages_kept_from(filter);
    let kept_from = messages.max(store.samples_kept_from(filter));
    kept_from.filter(|kept_from| moment.time() < *kept_from)
}
