//! Many messages in one request.

use axum::extract::{FromRequest as _, Multipart, Request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::one::{BY_REST, payload, too_large, topic_to_publish, with_content_type};
use crate::api::asker::Asker;
use crate::api::problem::{Kind, Problem};
use crate::message::{ClientId, Message, Qos, Topic};
use crate::port::PUBLISH_MAX;

/// What holds where a message says nothing else.
#[derive(Debug, Clone)]
pub(super) struct Defaults {
    pub(super) topic: Option<Topic>,
    pub(super) qos: Qos,
    pub(super) retain: bool,
}

/// A line: what is to be published, and what the lines of an export have beside that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PublishLine<'a> {
    topic: String,
    #[serde(borrow, default, deserialize_with = "given")]
    payload: Option<&'a RawValue>,
    payload_base64: Option<String>,
    qos: Option<u8>,
    retain: Option<bool>,
    content_type: Option<String>,
    #[serde(rename = "seq")]
    _seq: Option<IgnoredAny>,
    #[serde(rename = "time")]
    _time: Option<IgnoredAny>,
    #[serde(rename = "client")]
    _client: Option<IgnoredAny>,
    #[serde(rename = "format")]
    _format: Option<IgnoredAny>,
    #[serde(rename = "embedded")]
    _embedded: Option<IgnoredAny>,
    #[serde(rename = "properties")]
    _properties: Option<IgnoredAny>,
}

/// What is there; `null` is a payload as any other.
fn given<'de, D: Deserializer<'de>>(from: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

/// The messages of lines of JSON.
pub(super) fn of_lines(
    asker: &Asker,
    defaults: &Defaults,
    body: &Bytes,
) -> Result<Vec<Message>, Problem> {
    let mut messages = Vec::new();
    for (at, line) in body.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        check_count(messages.len())?;
        let message = of_line(asker, defaults, line);
        messages.push(message.map_err(|problem| problem.within(&format!("line {}", at + 1)))?);
    }
    Ok(messages)
}

fn of_line(asker: &Asker, defaults: &Defaults, line: &[u8]) -> Result<Message, Problem> {
    let wrong = |why: String| Problem::new(Kind::BadRequest, why);
    let line: PublishLine<'_> =
        serde_json::from_slice(line).map_err(|error| wrong(error.to_string()))?;
    let topic = Topic::new(line.topic.as_str())
        .map_err(|error| Problem::parameter(Kind::BadTopic, "topic", error.to_string()))?;
    let topic = topic_to_publish(asker, Some(topic))?;
    asker.check_pace()?;
    let payload = match (line.payload, &line.payload_base64) {
        (Some(_), Some(_)) => {
            let why = "payload and payload_base64 exclude each other";
            return Err(wrong(why.to_owned()));
        }
        (Some(payload), None) => match serde_json::from_str::<String>(payload.get()) {
            Ok(text) => Bytes::from(text),
            Err(_) => Bytes::copy_from_slice(payload.get().as_bytes()),
        },
        (None, Some(text)) => {
            let bytes = STANDARD.decode(text);
            Bytes::from(bytes.map_err(|error| wrong(format!("payload_base64: {error}")))?)
        }
        (None, None) => return Err(wrong("has neither payload nor payload_base64".to_owned())),
    };
    let qos = match line.qos {
        Some(qos) => {
            Qos::from_u8(qos).ok_or_else(|| wrong("qos: expected 0, 1 or 2".to_owned()))?
        }
        None => defaults.qos,
    };
    Ok(Message {
        client: ClientId(BY_REST.into()),
        qos,
        retain: line.retain.unwrap_or(defaults.retain),
        properties: line
            .content_type
            .as_deref()
            .map(with_content_type)
            .map(Box::new),
        ..Message::new(topic, payload)
    })
}

/// The messages of a form: those parts that say where to and how hold for what comes after them.
pub(super) async fn of_form(
    asker: &Asker,
    mut defaults: Defaults,
    request: Request,
    bytes_max: u32,
) -> Result<Vec<Message>, Problem> {
    let (parts, body) = request.into_parts();
    // Whole, and bounded, before it is taken apart.
    let body = payload(body, bytes_max).await?;
    let request = Request::from_parts(parts, axum::body::Body::from(body));
    let broken = |why: String| Problem::new(Kind::BadRequest, format!("the form: {why}"));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|error| broken(error.body_text()))?;
    let mut messages = Vec::new();
    loop {
        let field = form.next_field().await;
        let Some(mut field) = field.map_err(|error| broken(error.body_text()))? else {
            return Ok(messages);
        };
        let name = field.name().unwrap_or_default().to_owned();
        let content_type = field.content_type().map(str::to_owned);
        let mut bytes = BytesMut::new();
        while let Some(piece) = field
            .chunk()
            .await
            .map_err(|error| broken(error.body_text()))?
        {
            bytes.extend_from_slice(&piece);
            if bytes.len() > bytes_max as usize {
                return Err(too_large(bytes_max as usize));
            }
        }
        let text = || {
            std::str::from_utf8(&bytes)
                .unwrap_or_default()
                .trim()
                .to_owned()
        };
        let within = |problem: Problem| problem.within(&format!("part {name}"));
        match &*name {
            "topic" => defaults.topic = Some(topic(&text()).map_err(within)?),
            "qos" => {
                let qos = text().parse().ok().and_then(Qos::from_u8);
                defaults.qos = qos
                    .ok_or_else(|| within(Problem::new(Kind::BadRequest, "expected 0, 1 or 2")))?;
            }
            "retain" => {
                defaults.retain = text().parse().map_err(|_| {
                    within(Problem::new(Kind::BadRequest, "expected true or false"))
                })?;
            }
            _ => {
                check_count(messages.len())?;
                let to = match &*name {
                    "payload" => defaults.topic.clone(),
                    _ => Some(topic(&name).map_err(within)?),
                };
                let to = topic_to_publish(asker, to).map_err(within)?;
                asker.check_pace()?;
                messages.push(Message {
                    client: ClientId(BY_REST.into()),
                    qos: defaults.qos,
                    retain: defaults.retain,
                    properties: content_type.as_deref().map(with_content_type).map(Box::new),
                    ..Message::new(to, bytes.freeze())
                });
            }
        }
    }
}

fn topic(text: &str) -> Result<Topic, Problem> {
    Topic::new(text).map_err(|error| Problem::parameter(Kind::BadTopic, "topic", error.to_string()))
}

fn check_count(count: usize) -> Result<(), Problem> {
    if count < PUBLISH_MAX {
        return Ok(());
    }
    Err(Problem::new(
        Kind::TooLarge,
        format!("more than {PUBLISH_MAX} messages in one request"),
    ))
}
