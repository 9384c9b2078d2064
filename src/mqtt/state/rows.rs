//! The rows of the local state.

use std::sync::Arc;

use crate::message::{ClientId, Message, Offset, Properties, Qos, Timestamp};
use crate::mqtt::codec::Will;
use crate::mqtt::session::{InflightRow, Queued, RetainedCursor, SessionRow, Stage, Via};
use crate::mqtt::subscriptions::{Key, Options};

use super::bytes::{Input, Output};

/// What names a message that waits for someone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowKey {
    /// The session or shared group.
    pub(crate) owner: u64,
    /// The message.
    pub(crate) offset: Offset,
    /// How it came.
    pub(crate) via: u64,
}

/// A Will that may still be published, as the local state keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WillRow {
    /// Whose it is.
    pub(crate) client: Arc<str>,
    /// When its client's connection ended; `None` where it had not.
    pub(crate) lost_at: Option<Timestamp>,
    /// The Will.
    pub(crate) will: Will,
}

pub(super) fn put_key(out: &mut Output, (share, filter): &Key) {
    out.optional(share.as_deref(), Output::text);
    out.text(filter.as_str());
}

pub(super) fn take_key(input: &mut Input<'_>) -> Option<Key> {
    Some((input.optional(Input::text)?, input.filter()?))
}

pub(super) fn put_options(out: &mut Output, options: &Options) {
    out.byte(
        options.qos as u8
            | u8::from(options.no_local) << 2
            | u8::from(options.retain_as_published) << 3,
    );
    out.optional(options.id, Output::number);
    out.number(options.since.0);
    out.number(options.group);
}

pub(super) fn take_options(input: &mut Input<'_>) -> Option<Options> {
    let flags = input.byte()?;
    Some(Options {
        qos: Qos::from_u8(flags & 3)?,
        no_local: flags & 4 != 0,
        retain_as_published: flags & 8 != 0,
        id: input.optional(Input::small)?,
        since: input.offset()?,
        group: input.number()?,
    })
}

/// The subscriptions of one session.
pub(super) fn encode_subscriptions(all: &[(Key, Options)]) -> Vec<u8> {
    let mut out = Output::default();
    out.all(all.iter(), |out, (key, options)| {
        put_key(out, key);
        put_options(out, options);
    });
    out.0
}

pub(super) fn decode_subscriptions(bytes: &[u8]) -> Option<Vec<(Key, Options)>> {
    let mut input = Input(bytes);
    let all = input.all(|input| Some((take_key(input)?, take_options(input)?)))?;
    input.end(all)
}

/// A message that waits: what its key does not say.
pub(super) fn encode_queued(entry: &Queued) -> Vec<u8> {
    let mut out = Output::default();
    out.byte(entry.qos as u8 | u8::from(entry.retain) << 2);
    let ids = entry.ids.as_deref().map_or(&[][..], Vec::as_slice);
    out.all(ids.iter(), |out, id| out.number(*id));
    out.0
}

pub(super) fn decode_queued(offset: Offset, via: Via, bytes: &[u8]) -> Option<Queued> {
    let mut input = Input(bytes);
    let flags = input.byte()?;
    let ids = input.all(Input::small)?;
    input.end(Queued {
        offset,
        message: None,
        ids: (!ids.is_empty()).then(|| Arc::new(ids)),
        via,
        qos: Qos::from_u8(flags & 3)?,
        retain: flags & 4 != 0,
        saved: true,
    })
}

pub(super) fn encode_session(row: &SessionRow) -> Vec<u8> {
    let mut out = Output::default();
    out.text(&row.client);
    out.number(row.expiry_s);
    out.number(row.since.0);
    out.optional(row.disconnected_at, |out, at| {
        out.number(at.0.cast_unsigned());
    });
    out.all(row.inbound.iter(), |out, (id, offset)| {
        out.number(id.get());
        out.number(offset.0);
    });
    out.all(row.inflight.iter(), |out, row| {
        out.number(row.id.get());
        out.number(row.offset.0);
        out.number(row.via);
        out.byte(u8::from(row.stage == Stage::Released) | (row.qos as u8) << 1);
        out.optional(row.topic.as_ref(), |out, topic| out.text(topic.as_str()));
        out.optional(row.recorded, |out, offset| out.number(offset.0));
    });
    out.all(row.retained.iter(), |out, cursor| {
        out.text(cursor.filter.as_str());
        out.optional(cursor.after.as_ref(), |out, topic| out.text(topic.as_str()));
        out.byte(cursor.qos as u8 | u8::from(cursor.no_local) << 2);
        out.optional(cursor.id, Output::number);
    });
    out.0
}

pub(super) fn decode_session(bytes: &[u8]) -> Option<SessionRow> {
    let mut input = Input(bytes);
    let row = SessionRow {
        client: input.text()?,
        expiry_s: input.small()?,
        since: input.offset()?,
        disconnected_at: input
            .optional(Input::number)?
            .map(|at| Timestamp(at.cast_signed())),
        inbound: input.all(|input| Some((input.packet_id()?, input.offset()?)))?,
        inflight: input.all(|input| {
            let (id, offset, via) = (input.packet_id()?, input.offset()?, input.number()?);
            let flags = input.byte()?;
            Some(InflightRow {
                id,
                offset,
                via,
                stage: if flags & 1 == 0 {
                    Stage::Sent
                } else {
                    Stage::Released
                },
                qos: Qos::from_u8(flags >> 1)?,
                topic: input.optional(Input::topic)?,
                recorded: input.optional(Input::offset)?,
            })
        })?,
        retained: input.all(|input| {
            let (filter, after) = (input.filter()?, input.optional(Input::topic)?);
            let flags = input.byte()?;
            Some(RetainedCursor {
                filter,
                after,
                qos: Qos::from_u8(flags & 3)?,
                no_local: flags & 4 != 0,
                id: input.optional(Input::small)?,
            })
        })?,
    };
    input.end(row)
}

fn put_properties(out: &mut Output, properties: Option<&Properties>) {
    out.optional(properties, |out, all| {
        out.byte(u8::from(all.payload_is_utf8));
        out.optional(all.message_expiry_s, Output::number);
        out.optional(all.content_type.as_deref(), Output::text);
        out.optional(all.response_topic.as_ref(), |out, topic| {
            out.text(topic.as_str());
        });
        out.optional(all.correlation_data.as_deref(), Output::bytes);
        out.all(all.user.iter(), |out, (name, value)| {
            out.text(name);
            out.text(value);
        });
    });
}

#[allow(clippy::option_option)] // the outer one says whether the bytes make sense
fn take_properties(input: &mut Input<'_>) -> Option<Option<Box<Properties>>> {
    let properties = input.optional(|input| {
        Some(Box::new(Properties {
            payload_is_utf8: input.byte()? != 0,
            message_expiry_s: input.optional(Input::small)?,
            content_type: input.optional(Input::text)?,
            response_topic: input.optional(Input::topic)?,
            correlation_data: input.optional(Input::blob)?,
            user: input.all(|input| Some((input.text()?, input.text()?)))?,
        }))
    })?;
    Some(properties)
}

pub(super) fn put_will(out: &mut Output, will: &Will) {
    out.text(will.topic.as_str());
    out.byte(will.qos as u8 | u8::from(will.retain) << 2);
    out.number(will.delay_s);
    put_properties(out, will.properties.as_deref());
    out.bytes(&will.payload);
}

pub(super) fn take_will(input: &mut Input<'_>) -> Option<Will> {
    let topic = input.topic()?;
    let flags = input.byte()?;
    Some(Will {
        topic,
        qos: Qos::from_u8(flags & 3)?,
        retain: flags & 4 != 0,
        delay_s: input.small()?,
        properties: take_properties(input)?,
        payload: input.blob()?,
    })
}

/// A Will; its number is the key.
pub(super) fn encode_will(row: &WillRow) -> Vec<u8> {
    let mut out = Output::default();
    out.text(&row.client);
    out.optional(row.lost_at, |out, at| out.number(at.0.cast_unsigned()));
    put_will(&mut out, &row.will);
    out.0
}

pub(super) fn decode_will(bytes: &[u8]) -> Option<WillRow> {
    let mut input = Input(bytes);
    let row = WillRow {
        client: input.text()?,
        lost_at: input
            .optional(Input::number)?
            .map(|at| Timestamp(at.cast_signed())),
        will: take_will(&mut input)?,
    };
    input.end(row)
}

/// A retained message; its topic is the key.
pub(super) fn encode_message(message: &Message) -> Vec<u8> {
    let mut out = Output::default();
    out.number(message.offset.0);
    out.number(message.received_at.0.cast_unsigned());
    out.text(&message.client.0);
    out.byte(message.qos as u8);
    put_properties(&mut out, message.properties.as_deref());
    out.bytes(&message.payload);
    out.0
}

pub(super) fn decode_message(topic: &str, bytes: &[u8]) -> Option<Message> {
    let mut input = Input(bytes);
    let message = Message {
        topic: crate::message::Topic::new(topic).ok()?,
        offset: input.offset()?,
        received_at: Timestamp(input.number()?.cast_signed()),
        client: ClientId(input.text()?),
        qos: Qos::from_u8(input.byte()?)?,
        retain: true,
        packet_id: 0,
        properties: take_properties(&mut input)?,
        payload: input.blob()?,
    };
    input.end(message)
}
