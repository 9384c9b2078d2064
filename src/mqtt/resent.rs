//! Knows a QoS 1 message again that was durable when the server was killed, but whose PUBACK
//! the client never saw.
//!
//! Such a client comes back and sends the message once more, with DUP and the same Packet
//! Identifier [MQTT-4.4.0-1]. At QoS 1 a server may take it as a new message, and then it is on
//! record twice. The journal tells better: what it holds at its end are the last messages that the
//! server took from this client, in the order in which the client sent them.
//!
//! A message is the same one, and is acknowledged without being recorded again, only if all of
//! this holds:
//! - the client has not yet sent anything but resent messages since the server started;
//! - DUP is set, and topic, payload and Packet Identifier are those of a record;
//! - the record stands in the unbroken run of ascending Packet Identifiers with which the client's
//!   records end, and that run is long enough to show that the client counts upwards. A message
//!   that never reached the journal has an identifier beyond that run, so that it can't be
//!   mistaken for one that did.
//!
//! A server that runs on knows what it has acknowledged, and does as [MQTT-4.3.2-5] says.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use crate::message::{ClientId, Message, Offset, Qos, Topic};

/// A run must be as long as this before it tells anything: a client that takes the lowest free
/// identifier again and again has short ones.
const RUN_MIN: usize = 16;

/// The most records that one client can have had in flight.
const RUN_MAX: usize = u16::MAX as usize;

/// What the journal's end says of each client.
#[derive(Debug, Default)]
pub(crate) struct Resent {
    clients: HashMap<ClientId, ResentRun>,
}

/// The records of one client with which its identifiers ascend one by one.
#[derive(Debug, Default)]
pub(crate) struct ResentRun {
    records: VecDeque<RunRecord>,
}

#[derive(Debug)]
struct RunRecord {
    packet_id: u16,
    offset: Offset,
    fingerprint: u64,
}

impl Resent {
    /// Takes note of a record; to be called for the journal's end, in its order.
    pub(crate) fn observe(&mut self, message: &Message) {
        if message.qos == Qos::AtLeastOnce && message.packet_id != 0 {
            self.clients
                .entry(message.client.clone())
                .or_default()
                .push(message);
        }
    }

    /// What to hold against the first packets of `client` since the server started.
    pub(crate) fn take(&mut self, client: &ClientId) -> Option<ResentRun> {
        self.clients
            .remove(client)
            .filter(|run| run.records.len() >= RUN_MIN)
    }

    /// Takes back what the connection that it was taken for did not use up.
    pub(crate) fn put_back(&mut self, client: &ClientId, run: ResentRun) {
        self.clients.insert(client.clone(), run);
    }
}

impl ResentRun {
    fn push(&mut self, message: &Message) {
        let follows = |last: &RunRecord| next(last.packet_id) == message.packet_id;
        if !self.records.back().is_some_and(follows) {
            self.records.clear();
        }
        if self.records.len() == RUN_MAX {
            self.records.pop_front();
        }
        self.records.push_back(RunRecord {
            packet_id: message.packet_id,
            offset: message.offset,
            fingerprint: fingerprint(&message.topic, &message.payload),
        });
    }

    /// The record that a PUBLISH with DUP repeats, if it does.
    pub(crate) fn recognise(
        &self,
        packet_id: u16,
        topic: &Topic,
        payload: &[u8],
    ) -> Option<Offset> {
        let first = self.records.front()?.packet_id;
        let ahead = if packet_id >= first {
            packet_id - first
        } else {
            packet_id.wrapping_sub(first).wrapping_sub(1) // 0 is no identifier
        };
        let entry = self.records.get(usize::from(ahead))?;
        let same = entry.packet_id == packet_id && entry.fingerprint == fingerprint(topic, payload);
        same.then_some(entry.offset)
    }
}

/// The identifier that comes after this one; 0 is none.
fn next(packet_id: u16) -> u16 {
    packet_id.checked_add(1).unwrap_or(1)
}

fn fingerprint(topic: &Topic, payload: &[u8]) -> u64 {
    let mut hasher = FixedState::default().build_hasher();
    topic.hash(&mut hasher);
    payload.hash(&mut hasher);
    std::hash::Hasher::finish(&hasher)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn message(packet_id: u16, payload: &str) -> Message {
        Message {
            offset: Offset(u64::from(packet_id) + 1000),
            client: ClientId("press".into()),
            qos: Qos::AtLeastOnce,
            packet_id,
            ..Message::new(topic(), Bytes::copy_from_slice(payload.as_bytes()))
        }
    }

    fn topic() -> Topic {
        Topic::new("a").unwrap()
    }

    fn run(ids: impl IntoIterator<Item = u16>) -> Option<ResentRun> {
        let mut resent = Resent::default();
        ids.into_iter()
            .for_each(|id| resent.observe(&message(id, "same")));
        resent.take(&ClientId("press".into()))
    }

    #[test]
    fn a_record_at_the_journals_end_is_known_again() {
        let run = run(1..=40).unwrap();
        for id in 1..=40 {
            assert_eq!(
                run.recognise(id, &topic(), b"same"),
                Some(Offset(u64::from(id) + 1000))
            );
        }
    }

    #[test]
    fn what_never_reached_the_journal_is_new() {
        let run = run(1..=40).unwrap();
        assert_eq!(run.recognise(41, &topic(), b"same"), None, "beyond the run");
        assert_eq!(
            run.recognise(40, &topic(), b"other"),
            None,
            "another payload"
        );
        assert_eq!(
            run.recognise(40, &Topic::new("b").unwrap(), b"same"),
            None,
            "another topic"
        );
        assert_eq!(run.recognise(u16::MAX, &topic(), b"same"), None);
    }

    #[test]
    fn identifiers_wrap_around_without_zero() {
        let run = run((65_500..=65_535).chain(1..=20)).unwrap();
        for id in (65_500..=65_535).chain(1..=20) {
            assert!(run.recognise(id, &topic(), b"same").is_some(), "{id}");
        }
        assert_eq!(run.recognise(21, &topic(), b"same"), None);
        assert_eq!(run.recognise(65_499, &topic(), b"same"), None);
    }

    #[test]
    fn a_client_that_takes_identifiers_again_and_again_is_never_mistaken() {
        assert!(run(std::iter::repeat_n(1, 100)).is_none());
        assert!(run((0..100).map(|n| n % 8 + 1)).is_none());
    }

    #[test]
    fn only_the_last_run_counts() {
        let run = run((1..=100).chain(1..=20)).unwrap();
        assert!(run.recognise(20, &topic(), b"same").is_some());
        assert_eq!(run.recognise(21, &topic(), b"same"), None);
    }
}
