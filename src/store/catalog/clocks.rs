//! How far the clocks of clients are off.

use std::cmp::Reverse;
use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::message::{ClientId, Message};
use crate::store::answer::ClientClock;

/// Of how many clients the clocks are remembered: the first ones.
const CLIENTS_MAX: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct ClientClocks(HashMap<ClientId, ClientClock, FixedState>);

impl ClientClocks {
    /// Remembers how far the event time of a message is ahead of its receipt, in microseconds.
    pub(super) fn note(&mut self, message: &Message, skew_us: i64) {
        let is_newer = |known: &ClientClock| known.seq < message.offset;
        let is_taken = match self.0.get(&message.client) {
            Some(known) => is_newer(known),
            None => self.0.len() < CLIENTS_MAX,
        };
        if !is_taken {
            return;
        }
        let clock = ClientClock {
            client: message.client.clone(),
            skew_us,
            seq: message.offset,
            topic: message.topic.clone(),
            at: message.received_at,
        };
        self.0.insert(message.client.clone(), clock);
    }

    /// Those that are off the most, at most so many.
    pub(super) fn worst(&self, limit: usize) -> Vec<ClientClock> {
        let mut clocks: Vec<_> = self.0.values().cloned().collect();
        clocks.sort_unstable_by_key(|clock| Reverse(clock.skew_us.unsigned_abs()));
        clocks.truncate(limit);
        clocks
    }
}
