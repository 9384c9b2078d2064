//! Publishing without MQTT: one message, or many.

mod answer;
mod batch;
mod idempotency;
mod one;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};

pub(super) use self::answer::Published;
use self::answer::{PublishAnswer, PublishedAll};
pub use self::idempotency::PublishedBefore;
use self::idempotency::idempotency_key;
pub(super) use self::one::{BY_REST, payload, properties, topic_to_publish};
use super::asker::Asker;
use super::params::params;
use super::problem::{Problem, Problems};
use crate::config::Config;
use crate::message::{ClientId, Message, Qos, Topic};
use crate::port::Publish;

params! {
    /// Where to and how.
    PublishParams {
        /// The topic; in NDJSON and in a form each message may have its own
        #[param(value_type = Option<String>, format = "mqtt-topic", example = "factory/line1/press")]
        topic: Topic,
        /// Quality of service towards the subscribers (1)
        #[param(value_type = Option<u8>, minimum = 0, maximum = 2)]
        qos: Qos,
        /// Whether the message is kept for those who subscribe later (false)
        retain: bool,
    }
}

/// How a body is read.
enum Kinds {
    /// It is the payload.
    Payload,
    /// One message a line.
    Ndjson,
    /// A form, of which each part is a message.
    Form,
}

/// Publish messages
///
/// The body is the payload, and may be empty. The answer comes once the message is durable; from
/// then on it can't be lost. A `Content-Type` other than curl's default for forms travels with it.
///
/// Many messages at once are sent as `application/x-ndjson`: a line for each, an object with `topic`,
/// `payload` (a text is published as it is, everything else as JSON) or `payload_base64`, and `qos`,
/// `retain` and `content_type` where these are wanted; lines of an export of `/messages` will do. Or
/// as `multipart/form-data`, where each part is a message: its name is the topic (or `payload`, with
/// `topic` as a parameter), and its content type travels with it. All are published or none, in their
/// order, and the answer has their `seqs`.
///
/// With the header `Idempotency-Key` the same request sent again is answered as the first time, and not
/// published once more: for a day, as long as the server runs, of the last 10,000 keys.
#[utoipa::path(post, path = "/publish", tag = "publish", params(PublishParams,
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            pattern = r"^[!-~]+$", description = "What makes the request one and the same when it is sent again")),
    request_body(content = Option<serde_json::Value>, content_type = "*/*",
        description = "The payload, whatever it is; or messages as `application/x-ndjson` or \
            `multipart/form-data`"),
    responses((status = OK, body = PublishAnswer), Problems))]
pub(super) async fn publish(
    State(publisher): State<Arc<dyn Publish>>,
    State(config): State<Arc<Config>>,
    State(before): State<Arc<PublishedBefore>>,
    asker: Asker,
    params: PublishParams,
    request: Request,
) -> Result<Json<PublishAnswer>, Problem> {
    let key = idempotency_key(request.headers())?;
    let messages = read(&asker, params, &config, request);
    // What is read takes room only while it is read.
    let (messages, is_one) = Box::pin(messages).await?;
    let work = async {
        // It may have taken its time, and what the asker may do has changed.
        for message in &messages {
            asker.check_write(&message.topic)?;
        }
        let topic = messages.first().map(|message| message.topic.clone());
        let seqs = publisher.publish_all(messages.clone()).await?;
        Ok(match (topic, seqs.first()) {
            (Some(topic), Some(seq)) if is_one => PublishAnswer::One(Published::new(*seq, &topic)),
            _ => PublishAnswer::All(PublishedAll {
                count: seqs.len(),
                seqs: seqs.iter().map(|seq| seq.0).collect(),
            }),
        })
    };
    let Some(key) = key else {
        return Ok(Json(work.await?));
    };
    let answer = before.once((asker.principal.name(), &key), &messages, work);
    Ok(Json(answer.await?))
}

/// The messages of a request, and whether it is for one only.
async fn read(
    asker: &Asker,
    params: PublishParams,
    config: &Config,
    request: Request,
) -> Result<(Vec<Message>, bool), Problem> {
    let defaults = batch::Defaults {
        qos: params.qos.unwrap_or(Qos::AtLeastOnce),
        retain: params.retain.unwrap_or_default(),
        topic: params.topic,
    };
    match kind(request.headers(), defaults.topic.is_some()) {
        Kinds::Payload => {
            let topic = topic_to_publish(asker, defaults.topic)?;
            asker.check_pace()?;
            let properties = properties(request.headers());
            let payload = payload(request.into_body(), config.packet_bytes_max).await?;
            let message = Message {
                client: ClientId(BY_REST.into()),
                qos: defaults.qos,
                retain: defaults.retain,
                properties,
                ..Message::new(topic, payload)
            };
            Ok((vec![message], true))
        }
        Kinds::Ndjson => {
            let body = payload(request.into_body(), config.packet_bytes_max).await?;
            Ok((batch::of_lines(asker, &defaults, &body)?, false))
        }
        Kinds::Form => {
            let messages = batch::of_form(asker, defaults, request, config.packet_bytes_max);
            Ok((messages.await?, false))
        }
    }
}

/// A body with one topic for all of it is a payload, unless it is a form.
fn kind(headers: &HeaderMap, has_topic: bool) -> Kinds {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|text| text.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next());
    match essence.unwrap_or_default().trim() {
        "multipart/form-data" => Kinds::Form,
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" if !has_topic => {
            Kinds::Ndjson
        }
        _ => Kinds::Payload,
    }
}
