//! The encoding of one record. Decoding is total: any bytes give a record or a fault.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::message::{ClientId, Message, Offset, Qos, Record, SessionEvent, Timestamp, Topic};

use super::error::{AppendError, Fault};
use super::fields::Fields;
use super::properties;

/// The length of what all kinds of records begin with.
pub(super) const HEAD_BYTES: usize = 32;

/// The largest record: the largest MQTT packet, and what the journal adds to it.
const BYTES_MAX: usize = (256 << 20) + (1 << 20);

const MESSAGE: u8 = 1;
const SESSION: u8 = 2;
const MARK: u8 = 3;

const RETAIN: u8 = 1 << 2;
const PROPERTIES: u8 = 1 << 3;

/// What all kinds of records begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) checksum: u32,
    /// The length of the whole record.
    pub(super) length: u32,
    /// How far it is from the start of its group, in bytes.
    pub(super) back: u32,
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) packet_id: u16,
    pub(super) offset: Offset,
    pub(super) received_at: Timestamp,
}

impl Head {
    /// Reads a head; it need not be one.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Fault> {
        let mut fields = Fields(bytes);
        Ok(Self {
            checksum: fields.u32()?,
            length: fields.u32()?,
            back: fields.u32()?,
            kind: fields.u8()?,
            flags: fields.u8()?,
            packet_id: fields.u16()?,
            offset: Offset(fields.u64()?),
            received_at: Timestamp(fields.i64()?),
        })
    }

    /// The length, where one can be that long that has `room` bytes up to the end of the file.
    pub(super) fn checked_length(&self, room: u64) -> Result<usize, Fault> {
        let length = self.length as usize;
        if (HEAD_BYTES..=BYTES_MAX).contains(&length) && u64::from(self.length) <= room {
            Ok(length)
        } else {
            Err(Fault::Length(self.length.into()))
        }
    }

    /// Whether it could be the head of a record with one of these offsets.
    pub(super) fn is_plausible(&self, offsets: &Range<Offset>, room: u64) -> bool {
        offsets.contains(&self.offset)
            && (MESSAGE..=MARK).contains(&self.kind)
            && self.checked_length(room).is_ok()
    }

    /// Whether the record only says that all before it is durable, and takes no offset.
    pub(super) fn is_mark(&self) -> bool {
        self.kind == MARK
    }

    fn encode(&self, buffer: &mut Vec<u8>) {
        let mut head = [0; HEAD_BYTES];
        head[8..12].copy_from_slice(&self.back.to_le_bytes());
        head[12] = self.kind;
        head[13] = self.flags;
        head[14..16].copy_from_slice(&self.packet_id.to_le_bytes());
        head[16..24].copy_from_slice(&self.offset.0.to_le_bytes());
        head[24..32].copy_from_slice(&self.received_at.0.to_le_bytes());
        buffer.extend_from_slice(&head);
    }
}

/// Whether `record`, all of it, is what its checksum says.
pub(super) fn is_whole(record: &[u8], head: &Head, salt: u32) -> bool {
    record
        .get(4..)
        .is_some_and(|rest| crc32c::crc32c_append(salt, rest) == head.checksum)
}

/// Appends the encoding of `record` to the buffer of a group; on an error the buffer is left with
/// a part of it.
pub(super) fn encode(
    record: &Record,
    received_at: Timestamp,
    salt: u32,
    group: &mut Vec<u8>,
) -> Result<(), AppendError> {
    let start = group.len();
    let mut head = Head {
        checksum: 0,
        length: 0,
        back: u32::try_from(start).map_err(|_| AppendError::TooLarge)?,
        kind: SESSION,
        flags: 0,
        packet_id: 0,
        offset: record.offset(),
        received_at,
    };
    match record {
        Record::Message(message) => {
            head.kind = MESSAGE;
            head.packet_id = message.packet_id;
            head.flags = message.qos as u8;
            if message.retain {
                head.flags |= RETAIN;
            }
            if message.properties.is_some() {
                head.flags |= PROPERTIES;
            }
            head.encode(group);
            encode_message(message, group)?;
        }
        Record::Session(event) => {
            head.encode(group);
            group.extend_from_slice(&event.bytes);
        }
    }
    finish(group, start, salt)
}

/// Appends a mark to the buffer of a group, which must be empty.
pub(super) fn encode_mark(offset: Offset, received_at: Timestamp, salt: u32, group: &mut Vec<u8>) {
    let head = Head {
        checksum: 0,
        length: 0,
        back: 0,
        kind: MARK,
        flags: 0,
        packet_id: 0,
        offset,
        received_at,
    };
    head.encode(group);
    // A mark is far from being too large.
    let _ = finish(group, 0, salt);
}

fn encode_message(message: &Message, group: &mut Vec<u8>) -> Result<(), AppendError> {
    let too_large = |_| AppendError::TooLarge;
    let client = message.client.0.as_bytes();
    let topic = message.topic.as_str().as_bytes();
    let client_bytes = u16::try_from(client.len()).map_err(too_large)?;
    let topic_bytes = u16::try_from(topic.len()).map_err(too_large)?;
    group.extend_from_slice(&client_bytes.to_le_bytes());
    group.extend_from_slice(&topic_bytes.to_le_bytes());
    if let Some(properties) = &message.properties {
        let at = group.len();
        group.extend_from_slice(&[0; 4]);
        group.extend_from_slice(client);
        group.extend_from_slice(topic);
        let start = group.len();
        properties::encode(properties, group)?;
        let bytes = u32::try_from(group.len() - start).map_err(too_large)?;
        group[at..at + 4].copy_from_slice(&bytes.to_le_bytes());
    } else {
        group.extend_from_slice(client);
        group.extend_from_slice(topic);
    }
    group.extend_from_slice(&message.payload);
    Ok(())
}

/// Fills in length and checksum of the record that begins at `start`.
fn finish(group: &mut [u8], start: usize, salt: u32) -> Result<(), AppendError> {
    let record = &mut group[start..];
    let length = u32::try_from(record.len()).map_err(|_| AppendError::TooLarge)?;
    if record.len() > BYTES_MAX {
        return Err(AppendError::TooLarge);
    }
    record[4..8].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32c::crc32c_append(salt, &record[4..]);
    record[..4].copy_from_slice(&checksum.to_le_bytes());
    Ok(())
}

/// What follows the head of a whole record, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RecordBody<'a> {
    Message {
        client: &'a str,
        topic: &'a str,
        properties: Option<&'a [u8]>,
        payload: &'a [u8],
    },
    Session(&'a [u8]),
    Mark,
}

impl<'a> RecordBody<'a> {
    /// Takes apart `record`, all of it, whose checksum has been verified.
    pub(super) fn decode(record: &'a [u8], head: &Head) -> Result<Self, Fault> {
        let mut fields = Fields(record);
        fields.take(HEAD_BYTES)?;
        match head.kind {
            MESSAGE => {
                let client_bytes = fields.u16()?.into();
                let topic_bytes = fields.u16()?.into();
                let properties_bytes = (head.flags & PROPERTIES != 0)
                    .then(|| fields.u32())
                    .transpose()?;
                Ok(Self::Message {
                    client: fields.text(client_bytes, "client")?,
                    topic: fields.text(topic_bytes, "topic")?,
                    properties: properties_bytes
                        .map(|bytes| fields.take(bytes as usize))
                        .transpose()?,
                    payload: fields.0,
                })
            }
            SESSION => Ok(Self::Session(fields.0)),
            MARK if fields.0.is_empty() => Ok(Self::Mark),
            _ => Err(Fault::Content("kind")),
        }
    }

    /// The record itself; none for a mark. The names come from `names`, large parts from `keep`,
    /// which may copy or share them.
    pub(super) fn into_record(
        self,
        head: &Head,
        names: &mut impl NameSource,
        keep: impl Fn(&[u8]) -> Bytes,
    ) -> Result<Option<Record>, Fault> {
        Ok(match self {
            Self::Mark => None,
            Self::Session(bytes) => Some(Record::Session(SessionEvent {
                offset: head.offset,
                bytes: keep(bytes),
            })),
            Self::Message {
                client,
                topic,
                properties,
                payload,
            } => Some(Record::Message(Arc::new(Message {
                offset: head.offset,
                received_at: head.received_at,
                client: names.client(client),
                topic: names.topic(topic).ok_or(Fault::Content("topic"))?,
                qos: Qos::from_u8(head.flags & 3).ok_or(Fault::Content("QoS"))?,
                retain: head.flags & RETAIN != 0,
                packet_id: head.packet_id,
                properties: properties
                    .map(|bytes| properties::decode(bytes).map(Box::new))
                    .transpose()?,
                payload: keep(payload),
                is_stripped: false,
            }))),
        })
    }
}

/// Where decoded names come from, so that a reader can share those that come again and again.
pub(super) trait NameSource {
    fn client(&mut self, name: &str) -> ClientId;
    /// `None` where it is no valid topic.
    fn topic(&mut self, name: &str) -> Option<Topic>;
}
