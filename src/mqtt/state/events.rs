//! Session events: what the broker writes into the journal, so that what it has promised to a
//! client survives a crash. One byte for the version, one for the kind, the session's number,
//! then the event.

use std::sync::Arc;

use bytes::Bytes;

use crate::message::{Offset, Record, SessionEvent};
use crate::mqtt::codec::{PacketId, Will};
use crate::mqtt::session::Settled;
use crate::mqtt::subscriptions::{Key, Options};

use super::bytes::{Input, Output};
use super::rows::{put_key, put_options, put_will, take_key, take_options, take_will};

const VERSION: u8 = 1;

/// Something that happened to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The session's number.
    pub(crate) session: u64,
    /// What happened.
    pub(crate) what: What,
}

/// What can happen to a session that outlives its connection, and to a Will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// It began; an older one of the same client ended.
    Started {
        /// Whose it is.
        client: Arc<str>,
        /// Its expiry interval.
        expiry_s: u32,
    },
    /// It is over, or no longer outlives its connection.
    Ended,
    /// Its expiry interval is another.
    Expiry(u32),
    /// It subscribed.
    Subscribed(Vec<(Key, Options)>),
    /// It unsubscribed.
    Unsubscribed(Vec<Key>),
    /// PUBREL was received for these.
    Released(Vec<PacketId>),
    /// These QoS 2 messages are about to be sent with these packet identifiers.
    Sent(Vec<(PacketId, Settled)>),
    /// PUBREC was received for these.
    Received(Vec<(PacketId, Offset)>),
    /// PUBCOMP was received for these.
    Completed(Vec<(PacketId, Offset)>),
    /// These need not be sent any more.
    Settled(Vec<Settled>),
    /// A client left a Will, which has a number of its own in the session's place.
    Will {
        /// Whose it is.
        client: Arc<str>,
        /// The Will.
        will: Box<Will>,
    },
    /// The Will of that number has been published, or deleted.
    WillOver,
}

impl Event {
    /// As the journal keeps it.
    pub(crate) fn record(&self) -> Record {
        Record::Session(SessionEvent {
            offset: Offset::default(),
            bytes: Bytes::from(self.encode()),
        })
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Output::default();
        out.byte(VERSION);
        out.byte(self.what.kind());
        out.number(self.session);
        match &self.what {
            What::Started { client, expiry_s } => {
                out.text(client);
                out.number(*expiry_s);
            }
            What::Ended | What::WillOver => {}
            What::Expiry(expiry_s) => out.number(*expiry_s),
            What::Subscribed(all) => out.all(all.iter(), |out, (key, options)| {
                put_key(out, key);
                put_options(out, options);
            }),
            What::Unsubscribed(all) => out.all(all.iter(), put_key),
            What::Released(all) => out.all(all.iter(), |out, id| out.number(id.get())),
            What::Sent(all) => out.all(all.iter(), |out, (id, settled)| {
                out.number(id.get());
                put_settled(out, settled);
            }),
            What::Received(all) | What::Completed(all) => {
                out.all(all.iter(), |out, (id, offset)| {
                    out.number(id.get());
                    out.number(offset.0);
                });
            }
            What::Settled(all) => out.all(all.iter(), put_settled),
            What::Will { client, will } => {
                out.text(client);
                put_will(&mut out, will);
            }
        }
        out.0
    }

    /// From what the journal keeps; `None` where this version can't read it.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes);
        if input.byte()? != VERSION {
            return None;
        }
        let kind = input.byte()?;
        let session = input.number()?;
        let input = &mut input;
        let what = match kind {
            0 => What::Started {
                client: input.text()?,
                expiry_s: input.small()?,
            },
            1 => What::Ended,
            2 => What::Expiry(input.small()?),
            3 => {
                What::Subscribed(input.all(|input| Some((take_key(input)?, take_options(input)?)))?)
            }
            4 => What::Unsubscribed(input.all(take_key)?),
            5 => What::Released(input.all(Input::packet_id)?),
            6 => What::Sent(input.all(|input| Some((input.packet_id()?, take_settled(input)?)))?),
            7 => What::Received(input.all(|input| Some((input.packet_id()?, input.offset()?)))?),
            8 => What::Completed(input.all(|input| Some((input.packet_id()?, input.offset()?)))?),
            9 => What::Settled(input.all(take_settled)?),
            10 => What::Will {
                client: input.text()?,
                will: Box::new(take_will(input)?),
            },
            11 => What::WillOver,
            _ => return None,
        };
        input.end(Self { session, what })
    }
}

impl What {
    fn kind(&self) -> u8 {
        match self {
            Self::Started { .. } => 0,
            Self::Ended => 1,
            Self::Expiry(_) => 2,
            Self::Subscribed(_) => 3,
            Self::Unsubscribed(_) => 4,
            Self::Released(_) => 5,
            Self::Sent(_) => 6,
            Self::Received(_) => 7,
            Self::Completed(_) => 8,
            Self::Settled(_) => 9,
            Self::Will { .. } => 10,
            Self::WillOver => 11,
        }
    }
}

fn put_settled(out: &mut Output, settled: &Settled) {
    out.number(settled.offset.0);
    out.number(settled.via);
}

fn take_settled(input: &mut Input<'_>) -> Option<Settled> {
    Some(Settled {
        offset: input.offset()?,
        via: input.number()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Properties, Qos, Topic, TopicFilter};

    #[test]
    fn an_event_survives_its_bytes() {
        let id = |id| PacketId::new(id).unwrap();
        let key = |share: Option<&str>| (share.map(Arc::from), TopicFilter::new("é/+/#").unwrap());
        let settled = Settled {
            offset: Offset(u64::MAX),
            via: 300,
        };
        let options = Options {
            qos: Qos::ExactlyOnce,
            no_local: true,
            retain_as_published: false,
            id: Some(268_435_455),
            since: Offset(7),
            group: 99,
        };
        for what in [
            What::Started {
                client: "a/ü\u{1}".into(),
                expiry_s: u32::MAX,
            },
            What::Ended,
            What::Expiry(0),
            What::Subscribed(vec![
                (key(None), options.clone()),
                (key(Some("s")), options),
            ]),
            What::Unsubscribed(vec![key(Some("s")), key(None)]),
            What::Released(vec![id(1), id(u16::MAX)]),
            What::Sent(vec![(id(7), settled)]),
            What::Received(vec![(id(7), Offset(128))]),
            What::Completed(vec![(id(300), Offset(1))]),
            What::Settled(vec![settled; 3]),
            What::Will {
                client: "c".into(),
                will: Box::new(Will {
                    topic: Topic::new("é/lost").unwrap(),
                    payload: Bytes::from_static(b"\0\xff"),
                    qos: Qos::AtLeastOnce,
                    retain: true,
                    delay_s: u32::MAX,
                    properties: Some(Box::new(Properties {
                        message_expiry_s: Some(7),
                        user: vec![("k".into(), "v".into())],
                        ..Properties::default()
                    })),
                }),
            },
            What::WillOver,
        ] {
            let event = Event {
                session: 1 << 40,
                what,
            };
            let bytes = event.encode();
            assert_eq!(Event::decode(&bytes), Some(event));
            for end in 0..bytes.len() {
                assert_eq!(Event::decode(&bytes[..end]), None);
            }
        }
    }
}
