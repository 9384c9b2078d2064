//! Dead letters as clients see them.

use serde::Serialize;
use utoipa::ToSchema;

use super::address::message_address;
use crate::message::{Defect, Timestamp, Topic};
use crate::store::DeadLetter;

/// A message with something wrong about it. It is on record with its raw bytes, and what could be
/// read of it is in its series.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeadLetter, example = json!({
    "seq": 981_254,
    "topic": "factory/line1/press",
    "time": "2026-11-22T21:47:33.293Z",
    "defects": [{
        "code": "unreadable",
        "path": "/motor/temp",
        "text": "number out of range at line 1 column 12",
    }],
    "message": "/api/v1/messages/981254",
}))]
pub struct DeadLetterView {
    /// The message's identity.
    pub seq: u64,
    /// Where it was published to.
    #[schema(value_type = String)]
    pub topic: Topic,
    /// When the server received it.
    pub time: Timestamp,
    /// What is wrong with it, each kind of defect once.
    pub defects: Vec<Defect>,
    /// Where the message can be fetched as it was received.
    pub message: String,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            seq: letter.seq.0,
            topic: letter.topic,
            time: letter.received_at,
            defects: letter.defects,
            message: message_address(letter.seq),
        }
    }
}
