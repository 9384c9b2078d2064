//! Publishing without MQTT.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::params::params;
use super::problem::{Kind, Problem, Problems};
use crate::config::Config;
use crate::message::{ClientId, Message, Offset, Properties, Qos, Timestamp, Topic};
use crate::port::Publish;

params! {
    /// Where to and how.
    PublishParams {
        /// The topic
        #[param(value_type = String, required = true, example = "factory/line1/press")]
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
    request_body(content = Vec<u8>, content_type = "*/*", description = "The payload"),
    responses((status = OK, body = Published), Problems))]
pub(super) async fn publish(
    State(publisher): State<Arc<dyn Publish>>,
    State(config): State<Arc<Config>>,
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
    let payload = payload(body, config.packet_bytes_max).await?;
    let message = Message {
        offset: Offset::default(),
        received_at: Timestamp::default(),
        client: ClientId("<rest>".into()),
        topic: topic.clone(),
        qos: params.qos.unwrap_or(Qos::AtLeastOnce),
        retain: params.retain.unwrap_or_default(),
        packet_id: 0,
        properties: properties(&headers),
        payload,
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
    axum::body::to_bytes(body, bytes_max)
        .await
        .map_err(|error| {
            if error.to_string().contains("length limit") {
                return too_large(bytes_max);
            }
            Problem::new(Kind::BadRequest, "the body did not arrive in full")
        })
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
