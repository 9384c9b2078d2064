//! What is told of a client to those who look after it, and nothing is decided by.

use std::collections::VecDeque;

use parking_lot::Mutex;

use crate::message::{Rate, Timestamp};
use crate::port::{ClientEvent, Flow, LinkFacts};

/// The most events that are remembered of a client.
const EVENTS_MAX: usize = 20;

/// The connection of a client, what went through it, and what became of those before.
#[derive(Debug, Default)]
pub(crate) struct ClientLog(Mutex<LogState>);

#[derive(Debug, Default)]
struct LogState {
    link: Option<LinkFacts>,
    received: Counter,
    sent: Counter,
    events: VecDeque<ClientEvent>,
}

#[derive(Debug, Default)]
struct Counter {
    messages: u64,
    bytes: u64,
    rate: Rate,
}

impl Counter {
    fn add(&mut self, messages: u64, bytes: u64) {
        self.messages += messages;
        self.bytes += bytes;
        self.rate.add(messages, Timestamp::now());
    }

    fn told(&self) -> Flow {
        Flow {
            messages: self.messages,
            bytes: self.bytes,
            rate: self.rate.at(Timestamp::now()),
        }
    }
}

impl ClientLog {
    /// The client has connected.
    pub(crate) fn connected(&self, link: LinkFacts) {
        let mut log = self.0.lock();
        log.event(ClientEvent {
            at: link.since,
            address: Some(link.address),
            what: "the client connected",
        });
        log.link = Some(link);
    }

    /// Its connection has ended, for a reason that a person can read.
    pub(crate) fn disconnected(&self, what: &'static str) {
        let mut log = self.0.lock();
        log.link = None;
        log.event(ClientEvent {
            at: Timestamp::now(),
            address: None,
            what,
        });
    }

    pub(crate) fn received(&self, messages: u64, bytes: u64) {
        self.0.lock().received.add(messages, bytes);
    }

    pub(crate) fn sent(&self, messages: u64, bytes: u64) {
        self.0.lock().sent.add(messages, bytes);
    }

    pub(crate) fn link(&self) -> Option<LinkFacts> {
        self.0.lock().link.clone()
    }

    /// What came from the client, and what went to it.
    pub(crate) fn flows(&self) -> (Flow, Flow) {
        let log = self.0.lock();
        (log.received.told(), log.sent.told())
    }

    /// The last events, the newest first.
    pub(crate) fn timeline(&self) -> Vec<ClientEvent> {
        self.0.lock().events.iter().rev().cloned().collect()
    }
}

impl LogState {
    fn event(&mut self, event: ClientEvent) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_an_end() {
        let log = ClientLog::default();
        for _ in 0..30 {
            log.connected(LinkFacts {
                since: Timestamp(1),
                address: ([127, 0, 0, 1], 1).into(),
                transport: "tcp",
                version: "5.0",
                keep_alive_s: Some(60),
            });
            log.disconnected("the network failed");
        }
        let timeline = log.timeline();
        assert_eq!(timeline.len(), EVENTS_MAX);
        assert_eq!(timeline[0].what, "the network failed");
        assert!(log.link().is_none());
    }
}
