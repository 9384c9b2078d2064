//! The server as a host application of Sparkplug: what it says of itself, and which edge nodes it
//! asks to be born again (Sparkplug 3.0.0 section 5.6).
//!
//! The server is its own client here: it is online from before anybody can connect until after
//! nobody can publish any more. A Will can't be kept by the server that it is about, so what a
//! Will would say is said at the next start, before the server is online again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, mpsc};

use crate::message::{ClientId, Message, Qos, SPARKPLUG_NAMESPACE, Timestamp, Topic};

/// How long an edge node that was asked to be born again is not asked once more.
const REBIRTH_PAUSE: Duration = Duration::from_secs(30);

/// How many edge nodes are remembered to have been asked, and how many commands may wait.
const ASKED_MAX: usize = 10_000;
const WAITING_MAX: usize = 1_000;

/// What a host says of itself (section 6.4.26).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct HostState {
    online: bool,
    /// Milliseconds since 1970.
    timestamp: i64,
}

/// The host application.
#[derive(Debug)]
pub(crate) struct SparkplugHost {
    /// Where its state is.
    topic: Topic,
    client: ClientId,
    /// The time of its last birth, in milliseconds since 1970.
    born_at: AtomicI64,
    /// Rung when somebody has said that it is offline, which it is not.
    pub(crate) contradicted: Notify,
    asked: Mutex<HashMap<Topic, Instant>>,
    commands: mpsc::Sender<Message>,
    waiting: Mutex<Option<mpsc::Receiver<Message>>>,
}

impl SparkplugHost {
    /// The host of that name, which has no slash and no wildcard in it.
    pub(crate) fn new(id: &str) -> Option<Self> {
        let topic = Topic::new(format!("{SPARKPLUG_NAMESPACE}/STATE/{id}")).ok()?;
        let (commands, waiting) = mpsc::channel(WAITING_MAX);
        Some(Self {
            topic,
            client: ClientId("<sparkplug>".into()),
            born_at: AtomicI64::new(0),
            contradicted: Notify::new(),
            asked: Mutex::default(),
            commands,
            waiting: Mutex::new(Some(waiting)),
        })
    }

    pub(crate) fn topic(&self) -> &Topic {
        &self.topic
    }

    /// What it says when it begins, after what it had said `before`: that it has been gone, where
    /// it did not say so itself, with the time that its Will would have had; and that it is there.
    pub(crate) fn births(&self, before: Option<&Message>, now: Timestamp) -> Vec<Message> {
        let before = before.and_then(|message| HostState::of(&message.payload));
        let gone = before.filter(|before| before.online);
        let gone = gone.map(|before| self.state(false, before.timestamp));
        let timestamp = now.as_millis();
        self.born_at.store(timestamp, Ordering::Relaxed);
        gone.into_iter()
            .chain([self.state(true, timestamp)])
            .collect()
    }

    /// What it says once more when somebody has contradicted it.
    pub(crate) fn again(&self) -> Message {
        self.state(true, self.born_at.load(Ordering::Relaxed))
    }

    /// What it says when it ends.
    pub(crate) fn death(&self, now: Timestamp) -> Message {
        self.state(false, now.as_millis())
    }

    fn state(&self, online: bool, timestamp: i64) -> Message {
        let state = HostState { online, timestamp };
        Message {
            client: self.client.clone(),
            qos: Qos::AtLeastOnce,
            retain: true,
            ..Message::new(self.topic.clone(), serde_json::json!(state).to_string())
        }
    }

    /// Looks at a message that somebody has published: it may be about this host.
    pub(crate) fn observe(&self, message: &Message) {
        if message.topic != self.topic || message.client == self.client {
            return;
        }
        if HostState::of(&message.payload).is_none_or(|state| !state.online) {
            self.contradicted.notify_one();
        }
    }

    /// Lets a command be published soon, unless its edge node has had one a moment ago, or too many
    /// wait; whether it will be.
    pub(crate) fn ask(&self, command: Message, now: Instant) -> bool {
        let mut asked = self.asked.lock();
        let is_recent = |at: &Instant| now.saturating_duration_since(*at) < REBIRTH_PAUSE;
        if asked.get(&command.topic).is_some_and(is_recent) {
            return false;
        }
        if asked.len() >= ASKED_MAX {
            asked.retain(|_, at| is_recent(at));
        }
        if asked.len() >= ASKED_MAX {
            return false;
        }
        let topic = command.topic.clone();
        let client = self.client.clone();
        let is_taken = self
            .commands
            .try_send(Message { client, ..command })
            .is_ok();
        if is_taken {
            asked.insert(topic, now);
        }
        is_taken
    }

    /// The commands, for the one who publishes them.
    pub(crate) fn take_waiting(&self) -> Option<mpsc::Receiver<Message>> {
        self.waiting.lock().take()
    }
}

impl HostState {
    fn of(payload: &[u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host() -> SparkplugHost {
        SparkplugHost::new("plant").unwrap()
    }

    fn states(messages: &[Message]) -> Vec<(bool, i64)> {
        let state = |message: &Message| HostState::of(&message.payload).unwrap();
        messages
            .iter()
            .map(|message| (state(message).online, state(message).timestamp))
            .collect()
    }

    #[test]
    fn a_host_that_was_killed_says_so_before_it_is_there_again() {
        let host = host();
        let now = Timestamp::from_millis(9_000);
        let (online, offline) = (
            host.state(true, 5_000),
            host.death(Timestamp::from_millis(6_000)),
        );
        let odd = Message::new(host.topic().clone(), "OFFLINE");
        for (before, expected) in [
            (None, vec![(true, 9_000)]),
            (Some(&online), vec![(false, 5_000), (true, 9_000)]),
            (Some(&offline), vec![(true, 9_000)]),
            (Some(&odd), vec![(true, 9_000)]),
        ] {
            let births = host.births(before, now);
            assert_eq!(states(&births), expected, "{before:?}");
            assert!(
                births
                    .iter()
                    .all(|it| it.retain && it.qos == Qos::AtLeastOnce)
            );
        }
        assert_eq!(states(&[host.again()]), [(true, 9_000)]);
    }

    #[test]
    fn an_edge_node_is_asked_once_in_a_while() {
        let host = host();
        let mut waiting = host.take_waiting().unwrap();
        let command = |node: &str| {
            let topic = Topic::new(format!("spBv1.0/G/NCMD/{node}")).unwrap();
            Message::new(topic, "x")
        };
        let start = Instant::now();
        for (node, after_s, asked) in [
            ("a", 0, true),
            ("a", 29, false),
            ("b", 29, true),
            ("a", 30, true),
            ("a", 31, false),
        ] {
            let now = start + Duration::from_secs(after_s);
            assert_eq!(
                host.ask(command(node), now),
                asked,
                "{node} after {after_s} s"
            );
        }
        let topics: Vec<_> = std::iter::from_fn(|| waiting.try_recv().ok())
            .map(|command| command.topic.to_string())
            .collect();
        assert_eq!(
            topics,
            ["spBv1.0/G/NCMD/a", "spBv1.0/G/NCMD/b", "spBv1.0/G/NCMD/a"]
        );
    }

    #[test]
    fn what_waits_to_be_asked_is_bounded() {
        let host = host();
        let now = Instant::now();
        let taken = (0..2 * WAITING_MAX).filter(|n| {
            let topic = Topic::new(format!("spBv1.0/G/NCMD/{n}")).unwrap();
            host.ask(Message::new(topic, "x"), now)
        });
        assert_eq!(taken.count(), WAITING_MAX);
    }
}
