//! A batch as COPY rows: what PostgreSQL can't hold is made good here, so that no message is ever
//! refused for what is in it.

use std::borrow::Cow;
use std::ops::Range;

use bytes::Bytes;
use serde_json::{Value, json};

use super::batch::{NewSample, Row};
use super::letters::Letter;
use super::names::{Names, SERIES_MAX, TOPICS_MAX};
use super::wire::{CopyRows, holds};
use crate::message::{DefectCode, Message, Properties};

/// The columns of `message_hot`, in the order in which they are written here.
pub(super) const COLUMNS: &str = "seq, received_at, topic_id, flags, slot, client, payload, \
                                  properties, series, times, \"values\", texts";

/// How much is sent at a time: less than a socket holds, so that sending does not wait.
const PIECE_BYTES: usize = 64 * 1024;

/// What a batch comes to beside its rows.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    pub(super) letters: Vec<Letter>,
    /// For each row of the batch its topic and where its series are in `series`.
    pub(super) placed: Vec<(Option<i32>, Range<usize>)>,
    /// For each sample its series; 0 where it has none.
    pub(super) series: Vec<i32>,
    /// Messages that are as they should be.
    pub(super) stored: u64,
    /// Messages with a dead letter.
    pub(super) quarantined: u64,
    pub(super) samples: u64,
    /// The size of the rows.
    pub(super) bytes: u64,
}

/// Makes a batch into rows for a slot of `message_hot`, in pieces: the database reads one while
/// the next is made. Topics and series get their numbers on the way.
#[derive(Debug)]
pub(super) struct Encoder<'a> {
    slot: i16,
    names: &'a mut Names,
    rows: CopyRows,
    encoded: Encoded,
}

impl<'a> Encoder<'a> {
    /// For a slot, and about so many rows.
    pub(super) fn new(slot: i16, names: &'a mut Names, rows: usize) -> Self {
        Self {
            slot,
            names,
            rows: CopyRows::with_capacity(PIECE_BYTES),
            encoded: Encoded {
                placed: Vec::with_capacity(rows),
                series: Vec::with_capacity(rows * 4),
                ..Encoded::default()
            },
        }
    }

    /// A piece to be sent, once there is enough for one.
    pub(super) fn piece(&mut self) -> Option<Vec<u8>> {
        (self.rows.len() >= PIECE_BYTES).then(|| {
            self.encoded.bytes += self.rows.len() as u64;
            self.rows.take(PIECE_BYTES)
        })
    }

    /// The last piece, and what the batch came to.
    pub(super) fn finish(mut self) -> (Vec<u8>, Encoded) {
        let last = self.rows.finish();
        self.encoded.bytes += last.len() as u64;
        (last, self.encoded)
    }

    /// Adds a row.
    pub(super) fn add(&mut self, row: &Row) {
        let message = &*row.message;
        let Some(topic_id) = self.names.topic(&message.topic, message.received_at) else {
            let mut defects = row.defects.clone();
            let text = || format!("more than {TOPICS_MAX} topics");
            defects.add(DefectCode::TooManyTopics, None, text);
            self.encoded.letters.push(Letter::whole(message, &defects));
            self.encoded.quarantined += 1;
            let end = self.encoded.series.len();
            self.encoded.placed.push((None, end..end));
            return;
        };
        let mut defects = Cow::Borrowed(&row.defects);
        let first = self.encoded.series.len();
        for sample in &row.samples {
            let mut note = |code, text: &dyn Fn() -> String| {
                defects.to_mut().add(code, Some(&sample.path), text);
            };
            if !holds(sample.time) {
                note(DefectCode::TimeOutOfRange, &|| {
                    "a time that the database can't hold".to_owned()
                });
            }
            if sample.path.contains('\0')
                || sample.text.as_ref().is_some_and(|it| it.contains('\0'))
            {
                note(DefectCode::ZeroInText, &|| {
                    "U+0000, which the database can't hold; U+FFFD stands in its place".to_owned()
                });
            }
            let path = clean(&sample.path);
            let series = self.names.series(&message.topic, &path, sample.kind);
            if series.is_none() {
                note(DefectCode::TooManySeries, &|| {
                    format!("more than {SERIES_MAX} series on one topic")
                });
            }
            self.encoded.series.push(series.unwrap_or(0));
        }
        let series = &self.encoded.series[first..];
        let rows = &mut self.rows;

        rows.row(12);
        rows.int8(message.offset.0.cast_signed());
        rows.instant(message.received_at);
        rows.int4(topic_id);
        rows.int2(i16::from(message.qos as u8) | i16::from(message.retain) << 2);
        rows.int2(self.slot);
        rows.bytes(clean(&message.client.0).as_bytes());
        rows.bytes(&message.payload);
        match &message.properties {
            Some(properties) => rows.jsonb(json_of(properties).to_string().as_bytes()),
            None => rows.null(),
        }
        let kept = series.iter().filter(|series| **series != 0).count();
        if kept == series.len() {
            encode_samples(message, series, row.samples.iter(), rows);
        } else {
            let (series, samples): (Vec<i32>, Vec<&NewSample>) = series
                .iter()
                .zip(&row.samples)
                .filter(|(series, _)| **series != 0)
                .unzip();
            encode_samples(message, &series, samples.into_iter(), rows);
        }

        self.encoded.samples += kept as u64;
        let placed = first..self.encoded.series.len();
        self.encoded.placed.push((Some(topic_id), placed));
        if defects.is_empty() {
            self.encoded.stored += 1;
        } else {
            self.encoded.quarantined += 1;
            let letter = Letter::about(message, topic_id, &defects);
            self.encoded.letters.push(letter);
        }
    }
}

fn encode_samples<'a>(
    message: &Message,
    series: &[i32],
    samples: impl ExactSizeIterator<Item = &'a NewSample> + Clone,
    rows: &mut CopyRows,
) {
    if series.is_empty() {
        (0..4).for_each(|_| rows.null());
        return;
    }
    rows.int4_array(series.iter().copied());
    if samples
        .clone()
        .all(|sample| sample.time == message.received_at)
    {
        rows.null();
    } else {
        rows.instant_array(samples.clone().map(|sample| sample.time));
    }
    rows.float8_array(samples.clone().map(|sample| sample.value));
    if samples.clone().all(|sample| sample.text.is_none()) {
        rows.null();
    } else {
        let texts: Vec<Option<Cow<'_, str>>> = samples
            .map(|sample| sample.text.as_deref().map(clean))
            .collect();
        rows.text_array(texts.iter().map(Option::as_deref));
    }
}

/// A text as PostgreSQL takes it: without U+0000.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        text.replace('\0', "\u{fffd}").into()
    } else {
        text.into()
    }
}

/// The properties as they stand in the table; what is absent has no key.
fn json_of(properties: &Properties) -> Value {
    let mut object = serde_json::Map::new();
    if properties.payload_is_utf8 {
        object.insert("payload_is_utf8".into(), json!(true));
    }
    if let Some(seconds) = properties.message_expiry_s {
        object.insert("message_expiry_s".into(), json!(seconds));
    }
    if let Some(content_type) = &properties.content_type {
        object.insert("content_type".into(), json!(clean(content_type)));
    }
    if let Some(topic) = &properties.response_topic {
        object.insert("response_topic".into(), json!(topic.as_str()));
    }
    if let Some(data) = &properties.correlation_data {
        use base64::Engine as _;
        let data = base64::engine::general_purpose::STANDARD.encode(data);
        object.insert("correlation_data".into(), json!(data));
    }
    if !properties.user.is_empty() {
        let user: Vec<_> = properties
            .user
            .iter()
            .map(|(name, value)| (clean(name), clean(value)))
            .collect();
        object.insert("user".into(), json!(user));
    }
    Value::Object(object)
}

/// The way back from [`json_of`].
pub(super) fn properties_of(json: &Value) -> Properties {
    use base64::Engine as _;
    let text = |name: &str| json.get(name).and_then(Value::as_str);
    let pairs = json.get("user").and_then(Value::as_array);
    Properties {
        payload_is_utf8: json.get("payload_is_utf8") == Some(&Value::Bool(true)),
        message_expiry_s: json
            .get("message_expiry_s")
            .and_then(Value::as_u64)
            .and_then(|seconds| u32::try_from(seconds).ok()),
        content_type: text("content_type").map(Into::into),
        response_topic: text("response_topic")
            .and_then(|topic| crate::message::Topic::new(topic).ok()),
        correlation_data: text("correlation_data")
            .and_then(|data| base64::engine::general_purpose::STANDARD.decode(data).ok())
            .map(Bytes::from),
        user: pairs
            .into_iter()
            .flatten()
            .filter_map(|pair| Some((pair.get(0)?.as_str()?.into(), pair.get(1)?.as_str()?.into())))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Topic;

    #[test]
    fn properties_survive_the_table() {
        let full = Properties {
            payload_is_utf8: true,
            message_expiry_s: Some(60),
            content_type: Some("application/json".into()),
            response_topic: Topic::new("a/b").ok(),
            correlation_data: Some(Bytes::from_static(b"\0\xff")),
            user: vec![("k".into(), "v".into()), ("k".into(), String::new().into())],
        };
        for properties in [Properties::default(), full] {
            assert_eq!(properties_of(&json_of(&properties)), properties);
        }
    }
}
