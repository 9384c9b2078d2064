//! What is sent to clients: one JSON object each, in one line.

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use super::error::{Refusal, RefusalCode};
use super::feed::{Gap, GapReason};
use super::memory::HeldBytes;
use crate::message::{Cursor, Timestamp};

/// A frame on its way to a client.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) text: Utf8Bytes,
    /// What it takes, where that is counted.
    pub(super) held: Option<HeldBytes>,
    /// Where a client can come back to that has seen this frame.
    pub(super) cursor: Option<Cursor>,
}

/// The subscription that a frame belongs to.
pub(super) type Id = Option<u64>;

/// A frame that is always written the same way.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Notice<'a> {
    Hello {
        v: u32,
        epoch: String,
        /// Only for who sees totals.
        #[serde(skip_serializing_if = "Option::is_none")]
        head: Option<String>,
        limits: ConnectionLimits,
    },
    Ok {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Id,
        /// The message that was published.
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
    },
    Live {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Id,
        cursor: String,
    },
    Gap {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Id,
        from: u64,
        to: u64,
        reason: GapReason,
    },
    Tick {
        now: Timestamp,
        #[serde(flatten)]
        totals: Option<LiveTotals>,
    },
    Error {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Id,
        code: RefusalCode,
        message: &'a str,
        retry: bool,
    },
    Bye {
        code: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_ms: Option<u64>,
    },
}

/// What the whole server comes to; only for who sees totals.
#[derive(Debug, Serialize)]
pub(super) struct LiveTotals {
    pub(super) head: String,
    pub(super) in_rate: f64,
    pub(super) mirror_lag_ms: i64,
}

/// What one connection may have.
#[derive(Debug, Serialize)]
pub(super) struct ConnectionLimits {
    pub(super) subs: usize,
    pub(super) hz: f64,
    pub(super) inline_bytes: usize,
}

impl Frame {
    pub(super) fn new(text: String) -> Self {
        Self {
            text: text.into(),
            held: None,
            cursor: None,
        }
    }

    pub(super) fn with_cursor(self, cursor: Cursor) -> Self {
        Self {
            cursor: Some(cursor),
            ..self
        }
    }

    pub(super) fn gap(id: Id, gap: Gap) -> Self {
        let Gap { from, to, reason } = gap;
        let (from, to) = (from.0, to.0);
        Notice::Gap {
            id,
            from,
            to,
            reason,
        }
        .into()
    }

    pub(super) fn live(id: Id, cursor: Cursor) -> Self {
        let text = cursor.to_string();
        Self::from(Notice::Live { id, cursor: text }).with_cursor(cursor)
    }

    pub(super) fn ok(id: Id) -> Self {
        Notice::Ok { id, seq: None }.into()
    }

    pub(super) fn error(id: Id, refusal: &Refusal) -> Self {
        let Refusal {
            code,
            message,
            retry,
        } = refusal;
        let (code, retry) = (*code, *retry);
        Notice::Error {
            id,
            code,
            message,
            retry,
        }
        .into()
    }
}

impl From<Notice<'_>> for Frame {
    fn from(notice: Notice<'_>) -> Self {
        Self::new(json(&notice))
    }
}

/// `value` as JSON. What is written here has string keys only, so that it can't fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// `value` as JSON that can be a part of more.
pub(super) fn raw(value: &impl Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap_or_default()
}

/// The beginning of a frame of `kind`, up to and without its next field.
pub(super) fn begin(kind: &str, id: Id) -> String {
    match id {
        Some(id) => format!("{{\"type\":\"{kind}\",\"id\":{id}"),
        None => format!("{{\"type\":\"{kind}\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Epoch, Offset};

    #[test]
    fn frames_look_as_the_clients_know_them() {
        let cursor = Cursor::after(Epoch(35), Offset(7));
        let gap = Gap {
            from: Offset(1),
            to: Offset(2),
            reason: GapReason::Epoch,
        };
        for (frame, text) in [
            (Frame::ok(Some(1)), r#"{"type":"ok","id":1}"#),
            (Frame::ok(None), r#"{"type":"ok"}"#),
            (
                Frame::live(Some(1), cursor),
                r#"{"type":"live","id":1,"cursor":"z:7"}"#,
            ),
            (
                Frame::gap(Some(1), gap),
                r#"{"type":"gap","id":1,"from":1,"to":2,"reason":"epoch"}"#,
            ),
            (
                Frame::error(None, &Refusal::new(RefusalCode::BadFilter, "no").retry()),
                r#"{"type":"error","code":"bad_filter","message":"no","retry":true}"#,
            ),
        ] {
            assert_eq!(frame.text.as_str(), text);
        }
    }
}
