//! What one message is made of.

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, header};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;

use crate::api::asker::Asker;
use crate::api::problem::{Kind, Problem};
use crate::message::{Properties, Topic};

/// The client that a message is of that came over REST.
pub(crate) const BY_REST: &str = "<rest>";

/// The topic, if it is one that whoever asks may publish to.
pub(crate) fn topic_to_publish(asker: &Asker, topic: Option<Topic>) -> Result<Topic, Problem> {
    let topic = topic.ok_or_else(|| Problem::parameter(Kind::BadTopic, "topic", "is missing"))?;
    if topic.is_system() {
        return Err(Problem::parameter(
            Kind::BadTopic,
            "topic",
            "topics that begin with '$' are the server's own",
        ));
    }
    asker.check_write(&topic)?;
    Ok(topic)
}

/// The whole of a body, if it is not too large.
pub(crate) async fn payload(body: Body, bytes_max: u32) -> Result<Bytes, Problem> {
    let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    // The least that it can come to, as far as that is known.
    if HttpBody::size_hint(&body).lower() > bytes_max as u64 {
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

pub(super) fn too_large(bytes_max: usize) -> Problem {
    Problem::new(
        Kind::TooLarge,
        format!("the payload is over {bytes_max} bytes"),
    )
}

/// The content type of a payload, but for curl's default.
pub(crate) fn properties(headers: &HeaderMap) -> Option<Box<Properties>> {
    const FORM: &str = "application/x-www-form-urlencoded";
    let content_type = headers.get(header::CONTENT_TYPE)?.to_str().ok();
    content_type
        .filter(|text| *text != FORM)
        .map(with_content_type)
        .map(Box::new)
}

pub(super) fn with_content_type(content_type: &str) -> Properties {
    Properties {
        content_type: Some(content_type.into()),
        ..Properties::default()
    }
}
