//! What the broker writes into the journal, so that what it has promised to a client survives a
//! crash: one byte for the version, then the event.

use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::message::{Offset, Record, SessionEvent};
use crate::mqtt::codec::{PacketId, Will};
use crate::mqtt::ids::{SessionId, WillId};
use crate::mqtt::queued::Settled;
use crate::mqtt::terms::{SubscriptionKey, SubscriptionOptions};

/// The version of what is written. A version that is not this one is not read.
const VERSION: u8 = 3;

/// Something that happened to a session or a Will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum StateEvent {
    Session(SessionId, SessionChange),
    Will(WillId, WillChange),
}

/// What can happen to a session that outlives its connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SessionChange {
    /// It began; an older one of the same client ended.
    Started {
        client: Arc<str>,
        /// The name of the account that it belongs to.
        account: Arc<str>,
        expiry_s: u32,
    },
    /// It is over, or no longer outlives its connection.
    Ended,
    /// Its expiry interval is another.
    Expiry(u32),
    Subscribed(Vec<(SubscriptionKey, SubscriptionOptions)>),
    Unsubscribed(Vec<SubscriptionKey>),
    /// PUBREL was received for these messages of the client's.
    PubrelReceived(Vec<PacketId>),
    /// These QoS 2 messages are about to be sent with these packet identifiers.
    PublishSent(Vec<(PacketId, Settled)>),
    /// PUBREC was received for these.
    PubrecReceived(Vec<(PacketId, Offset)>),
    /// PUBCOMP was received for these.
    PubcompReceived(Vec<(PacketId, Offset)>),
    /// These need not be sent any more.
    Settled(Vec<Settled>),
    /// It belongs to that account from now on.
    HandedOver(Arc<str>),
}

/// What can happen to a Will.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum WillChange {
    /// A client left it.
    Left {
        client: Arc<str>,
        /// The name of the account by which it had come in.
        account: Arc<str>,
        will: Box<Will>,
    },
    /// Its client's connection ended then, in microseconds since 1970: its delay runs.
    Lost(i64),
    /// The next record is its message: it is over if that is there. Nothing else tells, so that no
    /// end of the journal makes it die twice, or not at all.
    Published,
    /// It has been deleted.
    Over,
}

impl StateEvent {
    /// As the journal keeps it.
    pub(crate) fn record(&self) -> Record {
        Record::Session(SessionEvent {
            offset: Offset::default(),
            bytes: self.encode(),
        })
    }

    fn encode(&self) -> Bytes {
        // Nothing in these types can be refused: no maps, no lengths that are not known.
        let bytes = postcard::to_extend(self, vec![VERSION]).unwrap_or_default();
        Bytes::from(bytes)
    }

    /// From what the journal keeps; `None` where this version can't read it.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&VERSION, event) = bytes.split_first()? else {
            return None;
        };
        match postcard::take_from_bytes(event) {
            Ok((event, [])) => Some(event),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Properties, Qos, Topic, TopicFilter};
    use crate::mqtt::ids::GroupId;
    use crate::mqtt::queued::Via;

    #[test]
    fn an_event_survives_its_bytes() {
        let id = |id| PacketId::new(id).unwrap();
        let key = |share: Option<&str>| (share.map(Arc::from), TopicFilter::new("é/+/#").unwrap());
        let settled = Settled {
            offset: Offset(u64::MAX),
            via: Via::Share(GroupId(300)),
        };
        let options = SubscriptionOptions {
            qos: Qos::ExactlyOnce,
            no_local: true,
            retain_as_published: false,
            id: Some(268_435_455),
            since: Offset(7),
            group: Some(GroupId(99)),
        };
        let session = |change| StateEvent::Session(SessionId(1 << 40), change);
        let will = |change| StateEvent::Will(WillId(1 << 40), change);
        for event in [
            session(SessionChange::HandedOver("press-17".into())),
            session(SessionChange::Started {
                account: "press-17".into(),
                client: "a/ü\u{1}".into(),
                expiry_s: u32::MAX,
            }),
            session(SessionChange::Ended),
            session(SessionChange::Expiry(0)),
            session(SessionChange::Subscribed(vec![
                (key(None), options.clone()),
                (key(Some("s")), options),
            ])),
            session(SessionChange::Unsubscribed(vec![key(Some("s")), key(None)])),
            session(SessionChange::PubrelReceived(vec![id(1), id(u16::MAX)])),
            session(SessionChange::PublishSent(vec![(id(7), settled)])),
            session(SessionChange::PubrecReceived(vec![(id(7), Offset(128))])),
            session(SessionChange::PubcompReceived(vec![(id(300), Offset(1))])),
            session(SessionChange::Settled(vec![settled; 3])),
            will(WillChange::Left {
                account: "press-17".into(),
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
            }),
            will(WillChange::Lost(-1)),
            will(WillChange::Published),
            will(WillChange::Over),
        ] {
            let bytes = event.encode();
            assert_eq!(StateEvent::decode(&bytes), Some(event));
            for end in 0..bytes.len() {
                assert_eq!(StateEvent::decode(&bytes[..end]), None);
            }
        }
    }

    #[test]
    fn another_version_and_what_is_left_over_are_not_read() {
        let event = StateEvent::Will(WillId(20), WillChange::Over);
        let mut bytes = event.encode().to_vec();
        bytes.push(0);
        assert_eq!(StateEvent::decode(&bytes), None);
        bytes.pop();
        bytes[0] = VERSION - 1;
        assert_eq!(StateEvent::decode(&bytes), None);
    }
}
