//! Publishing without MQTT.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::asker::Asker;
use super::params::params;
use super::problem::{Kind, Problem, Problems};
use crate::config::Config;
use crate::message::{ClientId, Message, Properties, Qos, Topic};
use crate::port::Publish;

params! {
    /// Where to and how.
    PublishParams {
        /// The topic
        #[param(value_type = String, required = true, format = "mqtt-topic", example = "factory/line1/press")]
        topic: Topic,
        /// Quality of service towards the subscribers (1)
        #[param(value_type = Option<u8>, minimum = 0, maximum = 2)]
        qos: Qos,
        /// Whether the message is kept for those who subscribe later (false)
        retain: bool,
    }
}

/// What was published.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Published {
    /// The message's identity.
    seq: u64,
    /// Where to.
    topic: String,
}

/// Publish a message
///
/// The body is the payload, and may be empty. The answer comes once the message is durable; from
/// then on it can't be lost. A `Content-Type` other than curl's default for forms travels with it.
#[utoipa::path(post, path = "/publish", tag = "publish", params(PublishParams),
    request_body(content = Option<serde_json::Value>, content_type = "*/*",
        description = "The payload, whatever it is"),
    responses((status = OK, body = Published), Problems))]
pub(super) async fn publish(
    State(publisher): State<Arc<dyn Publish>>,
    State(config): State<Arc<Config>>,
    asker: Asker,
    params: PublishParams,
    headers: HeaderMap,
    body: axum::body::Body,
) -> Result<Json<Published>, Problem> {
    let topic = params
        .topic
        .ok_or_else(|| Problem::parameter(Kind::BadTopic, "topic", "is missing"))?;
    if topic.is_system() {
        return Err(Problem::parameter(
            Kind::BadTopic,
            "topic",
            "topics that begin with '$' are the server's own",
        ));
    }
    asker.check_write(&topic)?;
    asker.check_pace()?;
    let payload = payload(body, config.packet_bytes_max).await?;
    // It may have taken its time, and what the asker may do has changed.
    asker.check_write(&topic)?;
    let message = Message {
        client: ClientId("<rest>".into()),
        qos: params.qos.unwrap_or(Qos::AtLeastOnce),
        retain: params.retain.unwrap_or_default(),
        properties: properties(&headers),
        ..Message::new(topic.clone(), payload)
    };
    let seq = publisher.publish(message).await?;
    Ok(Json(Published {
        seq: seq.0,
        topic: topic.as_str().to_owned(),
    }))
}

async fn payload(body: axum::body::Body, bytes_max: u32) -> Result<Bytes, Problem> {
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    if http_body_bytes(&body) > bytes_max as u64 {
        return Err(too_large(bytes_max));
    }
    let mut pieces = body.into_data_stream();
    let mut payload = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece =
            piece.map_err(|_| Problem::new(Kind::BadRequest, "the body did not arrive in full"))?;
        if payload.len() + piece.len() > bytes_max {
            return Err(too_large(bytes_max));
        }
        payload.extend_from_slice(&piece);
    }
    Ok(payload.freeze())
}

/// The least that the body can come to, as far as it is known.
fn http_body_bytes(body: &axum::body::Body) -> u64 {
    axum::body::HttpBody::size_hint(body).lower()
}

fn too_large(bytes_max: usize) -> Problem {
    Problem::new(
        Kind::TooLarge,
        format!("the payload is over {bytes_max} bytes"),
    )
}

fn properties(headers: &HeaderMap) -> Option<Box<Properties>> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let content_type = headers
        .get(header::CONTENT_TYPE)?
        .to_str()
        .ok()
        .filter(|text| *text != FORM)?;
    Some(Box::new(Properties {
        content_type: Some(content_type.into()),
        ..Properties::default()
    }))
}
