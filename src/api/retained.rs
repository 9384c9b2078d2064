//! Retained messages: what is kept for those who subscribe later.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::cursor::{PageCursor as _, TopicCursor};
use super::format::Format;
use super::messages::find;
use super::page::{Page, PageBuilder, json};
use super::params::{Count, params};
use super::problem::{Kind, NoSuchMessage, Problem, Problems, ready};
use super::publish::{BY_REST, Published, payload, properties, topic_to_publish};
use super::readers::Readers;
use crate::config::Config;
use crate::live::Live;
use crate::message::{ClientId, Message, Offset, Properties, Qos, Scope, Topic, TopicFilter};
use crate::port::{PUBLISH_MAX, Publish, Retain};
use crate::readers::Effort;
use crate::store::Store;
use crate::view::MessageView;

/// The most messages in an answer.
const RETAINED_MAX: usize = 1000;
/// How many topics are looked at in one go.
const LOOKED_AT: usize = 1000;
/// The most names that are told of what is cleared.
const NAMES_MAX: usize = 100;

params! {
    /// Which retained messages.
    RetainedParams {
        /// MQTT topic filter; all topics where it is absent. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = Option<String>, format = "mqtt-filter", example = "factory/#")]
        filter: TopicFilter,
        /// The `next` of the page before
        #[param(value_type = Option<String>, format = "cursor")]
        cursor: TopicCursor,
        /// At most so many (100)
        #[param(value_type = Option<u64>, minimum = 1, maximum = 1000)]
        limit: Count,
    }
}

params! {
    /// Which retained messages are cleared.
    ClearParams {
        /// MQTT topic filter. Write `#` as `%23`, `+` as `%2B`
        #[param(value_type = String, required = true, format = "mqtt-filter", example = "factory/old/#")]
        filter: TopicFilter,
        /// Only say what would be cleared (false)
        dry_run: bool,
    }
}

params! {
    /// Where to.
    RetainParams {
        /// The topic
        #[param(value_type = String, required = true, format = "mqtt-topic", example = "factory/line1/setpoint")]
        topic: Topic,
        /// Quality of service towards the subscribers (1)
        #[param(value_type = Option<u8>, minimum = 0, maximum = 2)]
        qos: Qos,
    }
}

params! {
    /// What is put back.
    RestoreParams {
        /// The message that is to be retained again: its `seq`
        #[param(value_type = u64, required = true, minimum = 1, maximum = 9_223_372_036_854_775_807_u64, example = 981_254)]
        seq: Count,
    }
}

/// What was cleared, or would be.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ClearedRetained {
    /// Which topics.
    #[schema(value_type = String, example = "factory/old/#")]
    filter: TopicFilter,
    /// Whether this is only what would be cleared.
    dry_run: bool,
    /// How many retained messages.
    cleared: usize,
    /// Whether there are more than are cleared at a time: ask again.
    more: bool,
    /// The topics of the first hundred.
    #[schema(value_type = Vec<String>)]
    topics: Vec<Topic>,
}

/// Retained messages
///
/// By topic: what whoever subscribes now gets at once.
#[utoipa::path(get, path = "/retained", tag = "retained", params(RetainedParams),
    responses((status = OK, body = Page<MessageView>), Problems))]
pub(super) async fn retained(
    State(retained): State<Arc<dyn Retain>>,
    State(live): State<Live>,
    State(readers): State<Readers>,
    asker: Asker,
    params: RetainedParams,
) -> Result<Response, Problem> {
    let limit = Count::within(params.limit, "limit", 100, RETAINED_MAX)?;
    let scope = asker.scope(params.filter);
    let after = params.cursor.map(|cursor| cursor.after);
    let body = readers.answer(Effort::Page, async move {
        let mut page = PageBuilder::new(limit);
        let (mut last, mut full) = (after.clone(), false);
        visit(&*retained, &scope, after, |message| {
            full = page.is_full();
            if !full {
                last = Some(message.topic.clone());
                page.push(&MessageView::new(live.showing(), message))?;
            }
            Ok(!full)
        })?;
        let next = last.filter(|_| full);
        let next = next.map(|topic| TopicCursor::new(topic, Offset(0)).text());
        json(&page.end(next, None))
    });
    Ok(Format::Json.respond(body.await?))
}

/// Clear retained messages
///
/// Of the topics that the filter names, as far as whoever asks may read them and publish to them. Each
/// is cleared by a message without a payload, as any client does it: subscribers are told, and it is on
/// record. What was retained stays in history, from where it can be put back. With `dry_run` nothing is
/// cleared, and the answer says what would be.
#[utoipa::path(delete, path = "/retained", tag = "retained", params(ClearParams),
    responses((status = OK, body = ClearedRetained), Problems))]
pub(super) async fn clear_retained(
    State(retained): State<Arc<dyn Retain>>,
    State(publisher): State<Arc<dyn Publish>>,
    State(readers): State<Readers>,
    asker: Asker,
    params: ClearParams,
) -> Result<Json<ClearedRetained>, Problem> {
    let filter = params.filter.ok_or_else(|| {
        let why = "is needed: it says what to clear";
        Problem::parameter(Kind::BadFilter, "filter", why)
    })?;
    if let Some(topic) = filter.as_topic() {
        asker.check_write(&topic)?;
    }
    let scope = asker.scope(Some(filter.clone()));
    let writer = asker.clone();
    let found = readers.ask(Effort::Any, async move {
        let mut topics: Vec<Topic> = Vec::new();
        visit(&*retained, &scope, None, |message| {
            if writer.check_write(&message.topic).is_ok() {
                topics.push(message.topic.clone());
            }
            Ok(topics.len() <= PUBLISH_MAX)
        })?;
        Ok(topics)
    });
    let mut topics = found.await?;
    let more = topics.len() > PUBLISH_MAX;
    topics.truncate(PUBLISH_MAX);
    let dry_run = params.dry_run == Some(true);
    if !dry_run && !topics.is_empty() {
        let clearing = topics.iter().map(|topic| Message {
            client: ClientId(BY_REST.into()),
            qos: Qos::AtLeastOnce,
            retain: true,
            ..Message::new(topic.clone(), Vec::new())
        });
        publisher.publish_all(clearing.collect()).await?;
        tracing::info!(
            filter = filter.as_str(), cleared = topics.len(), by = ?asker.principal,
            "retained messages are cleared"
        );
    }
    let cleared = topics.len();
    topics.truncate(NAMES_MAX);
    Ok(Json(ClearedRetained {
        filter,
        dry_run,
        cleared,
        more,
        topics,
    }))
}

/// Retain a message
///
/// The body is what the topic is to have from now on: published as any message, with `retain`.
#[utoipa::path(put, path = "/retained", tag = "retained", params(RetainParams),
    request_body(content = serde_json::Value, content_type = "*/*",
        description = "The payload, whatever it is, but not empty"),
    responses((status = OK, body = Published), Problems))]
pub(super) async fn retain(
    State(publisher): State<Arc<dyn Publish>>,
    State(config): State<Arc<Config>>,
    asker: Asker,
    params: RetainParams,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Published>, Problem> {
    let topic = topic_to_publish(&asker, params.topic)?;
    asker.check_pace()?;
    let payload = payload(body, config.packet_bytes_max).await?;
    let message = Message {
        qos: params.qos.unwrap_or(Qos::AtLeastOnce),
        properties: properties(&headers),
        ..Message::new(topic, payload)
    };
    put(&*publisher, &asker, message).await
}

/// Put a retained message back
///
/// A message of history is retained again, with the payload and the properties that it had.
#[utoipa::path(post, path = "/retained/restore", tag = "retained", params(RestoreParams),
    responses((status = OK, body = Published), NoSuchMessage, Problems))]
pub(super) async fn restore_retained(
    State(publisher): State<Arc<dyn Publish>>,
    State(store): State<Store>,
    asker: Asker,
    params: RestoreParams,
) -> Result<Json<Published>, Problem> {
    let seq = params
        .seq
        .ok_or_else(|| Problem::parameter(Kind::BadParameter, "seq", "is missing"))?;
    let known = find(&ready(store)?, &asker, &seq.0.to_string()).await?;
    if known.is_stripped {
        let why = "of this message a rule had the payload left out";
        return Err(Problem::new(Kind::Conflict, why));
    }
    let topic = topic_to_publish(&asker, Some(known.topic.clone()))?;
    asker.check_pace()?;
    let properties = known.properties.map(|properties| {
        // It would have expired by now.
        Box::new(Properties {
            message_expiry_s: None,
            ..*properties
        })
    });
    let message = Message {
        qos: known.qos,
        properties,
        ..Message::new(topic, known.payload)
    };
    put(&*publisher, &asker, message).await
}

async fn put(
    publisher: &dyn Publish,
    asker: &Asker,
    message: Message,
) -> Result<Json<Published>, Problem> {
    if message.payload.is_empty() {
        let why = "an empty payload clears what is retained: that is DELETE";
        return Err(Problem::new(Kind::BadRequest, why));
    }
    // It may have taken its time, and what the asker may do has changed.
    asker.check_write(&message.topic)?;
    let topic = message.topic.clone();
    let message = Message {
        client: ClientId(BY_REST.into()),
        retain: true,
        ..message
    };
    let seq = publisher.publish(message).await?;
    Ok(Json(Published::new(seq, &topic)))
}

/// Shows `look` the retained messages of a scope beyond `after`, by topic, until it has seen enough.
fn visit(
    retained: &dyn Retain,
    scope: &Scope,
    after: Option<Topic>,
    mut look: impl FnMut(&Arc<Message>) -> Result<bool, Problem>,
) -> Result<(), Problem> {
    let mut after = after;
    loop {
        let (messages, next) = retained.retained_after(scope.filter(), after, LOOKED_AT);
        for message in messages.iter().filter(|it| scope.holds(&it.topic)) {
            if !look(message)? {
                return Ok(());
            }
        }
        if next.is_none() {
            return Ok(());
        }
        after = next;
    }
}
