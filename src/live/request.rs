//! What clients send.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::error::{Refusal, RefusalCode};
use super::frame::Id;
use super::subscription::{StreamRequest, Sub};
use crate::message::{ClientId, Message, Qos, Topic};

/// The types of frames that a client may send. Who it is it has said when it connected.
pub const CLIENT_FRAMES: [&str; 6] = ["sub", "pub", "pause", "resume", "unsub", "ping"];

/// A frame of a client that can be acted upon.
#[derive(Debug)]
pub(super) enum Request {
    Subscribe(StreamRequest),
    /// Send nothing for now.
    Pause(Id),
    Resume(Id),
    Unsubscribe(Id),
    Ping(Id),
    Publish(Id, Box<Message>),
}

/// A frame as it is written. Unknown fields are ignored.
#[derive(Debug, Deserialize)]
struct Written {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Publication {
    topic: String,
    payload: Option<Box<RawValue>>,
    payload_b64: Option<String>,
    #[serde(default)]
    qos: Option<u8>,
    #[serde(default)]
    retain: bool,
}

/// Reads a frame. A refusal comes with the id of the frame, where it has one.
pub(super) fn parse(text: &str) -> Result<Request, (Id, Refusal)> {
    let bad =
        |id, error: serde_json::Error| (id, Refusal::new(RefusalCode::BadJson, error.to_string()));
    let written: Written = serde_json::from_str(text).map_err(|error| bad(None, error))?;
    let id = written.id;
    let kind = CLIENT_FRAMES.iter().find(|kind| **kind == written.kind);
    Ok(match kind.copied().unwrap_or_default() {
        "sub" => {
            let sub: Sub = serde_json::from_str(text).map_err(|error| bad(id, error))?;
            Request::Subscribe(StreamRequest::new(sub).map_err(|refusal| (id, refusal))?)
        }
        "pub" => {
            let publication = serde_json::from_str(text).map_err(|error| bad(id, error))?;
            let message = message(publication).map_err(|refusal| (id, refusal))?;
            Request::Publish(id, Box::new(message))
        }
        "pause" => Request::Pause(id),
        "resume" => Request::Resume(id),
        "unsub" => Request::Unsubscribe(id),
        "ping" => Request::Ping(id),
        _ => {
            let message = format!("type must be one of {}", CLIENT_FRAMES.join(", "));
            return Err((id, Refusal::new(RefusalCode::BadType, message)));
        }
    })
}

/// JSON as it is written, without its quotes where it is a string: what goes out as text comes in
/// as text.
fn payload(publication: &Publication) -> Result<Bytes, Refusal> {
    match (&publication.payload, &publication.payload_b64) {
        (Some(_), Some(_)) => Err(Refusal::new(
            RefusalCode::BadPayload,
            "payload and payload_b64 exclude each other",
        )),
        (None, None) => Ok(Bytes::new()),
        (Some(json), None) => match serde_json::from_str::<String>(json.get()) {
            Ok(text) => Ok(text.into()),
            Err(_) => Ok(json.get().to_owned().into()),
        },
        (None, Some(base64)) => STANDARD
            .decode(base64)
            .map(Bytes::from)
            .map_err(|_| Refusal::new(RefusalCode::BadPayload, "payload_b64 is not base64")),
    }
}

fn message(publication: Publication) -> Result<Message, Refusal> {
    let payload = payload(&publication)?;
    let topic = Topic::new(publication.topic)
        .map_err(|error| Refusal::new(RefusalCode::BadTopic, error.to_string()))?;
    if topic.is_system() {
        return Err(Refusal::new(
            RefusalCode::BadTopic,
            "topics that begin with '$' are the server's own",
        ));
    }
    let qos = publication.qos.map_or(Some(Qos::AtLeastOnce), Qos::from_u8);
    Ok(Message {
        client: ClientId("<live>".into()),
        qos: qos.ok_or_else(|| Refusal::new(RefusalCode::BadQos, "qos must be 0, 1 or 2"))?,
        retain: publication.retain,
        ..Message::new(topic, payload)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_goes_in_as_it_is_shown() {
        for (fields, payload) in [
            (r#","payload":{"b":1,"a":[2]}"#, &br#"{"b":1,"a":[2]}"#[..]),
            (
                r#","payload":12345678901234567890123"#,
                b"12345678901234567890123",
            ),
            (r#","payload":"run""#, b"run"),
            (r#","payload_b64":"//4=""#, b"\xff\xfe"),
            ("", b""),
        ] {
            let text = format!(r#"{{"type":"pub","id":10,"topic":"t"{fields},"later":1}}"#);
            let Ok(Request::Publish(Some(10), message)) = parse(&text) else {
                panic!("{text}");
            };
            assert_eq!(&message.payload[..], payload);
        }
    }

    #[test]
    fn a_bad_frame_is_answered_with_its_id() {
        for (text, id, code) in [
            ("", None, RefusalCode::BadJson),
            ("[]", None, RefusalCode::BadJson),
            (r#"{"id":1}"#, None, RefusalCode::BadJson),
            (r#"{"type":"dance","id":1}"#, Some(1), RefusalCode::BadType),
            (
                r#"{"type":"sub","id":1,"filter":"a#"}"#,
                Some(1),
                RefusalCode::BadFilter,
            ),
            (
                r#"{"type":"sub","id":1,"filter":7}"#,
                Some(1),
                RefusalCode::BadJson,
            ),
            (
                r#"{"type":"pub","id":1,"topic":"a/+"}"#,
                Some(1),
                RefusalCode::BadTopic,
            ),
            (
                r#"{"type":"pub","id":1,"topic":"$SYS/a"}"#,
                Some(1),
                RefusalCode::BadTopic,
            ),
            (
                r#"{"type":"pub","id":1,"topic":"a","qos":3}"#,
                Some(1),
                RefusalCode::BadQos,
            ),
            (
                r#"{"type":"pub","id":1,"topic":"a","payload_b64":"%"}"#,
                Some(1),
                RefusalCode::BadPayload,
            ),
        ] {
            let (told, refusal) = parse(text).unwrap_err();
            assert_eq!((told, refusal.code), (id, code), "{text}");
        }
    }
}
