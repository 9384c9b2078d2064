//! The load: publishers and subscribers of one case, all on one thread.

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::client::{CHUNK, Client};
use crate::payload::payload;
use crate::wire;

/// Without a message for so long, what is missing counts as lost.
const QUIET: Duration = Duration::from_secs(3);
/// How many different messages a publisher has at least.
const VALUES: usize = 100;
/// How many QoS 1 messages of one publisher may be unacknowledged.
const WINDOW: u64 = 100;
/// How far QoS 0 publishers together may be ahead of the subscribers. Without a limit one would
/// measure how the kernel shares two processors between the broker and this program.
const LEAD: u64 = 2000;

/// One row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// What it is called.
    pub(crate) name: &'static str,
    /// Of publishing and of subscribing.
    pub(crate) qos: u8,
    /// How many clients publish.
    pub(crate) publishers: u64,
    /// How many clients subscribe to everything.
    pub(crate) subscribers: u64,
    /// How many messages are published in all.
    pub(crate) messages: u64,
}

/// Who connects, and what they have to do with.
pub(crate) struct Site<'a> {
    /// The CONNECT of the client that is called so.
    pub(crate) connect: &'a dyn Fn(&str) -> Vec<u8>,
    /// What a publisher publishes to, in turns.
    pub(crate) topics: &'a dyn Fn(usize) -> Vec<String>,
    /// What subscribers subscribe to.
    pub(crate) filter: &'static str,
}

/// What a run of a case showed.
pub(crate) struct Outcome {
    /// Messages that subscribers received, in all.
    pub(crate) delivered: u64,
    /// From the first publish to the last message received.
    pub(crate) elapsed: Duration,
}

/// What the tasks of a run know together.
struct Shared {
    case: Case,
    published: Cell<u64>,
    delivered: Cell<u64>,
    last: Cell<Instant>,
    moved: Notify,
}

impl Shared {
    fn is_complete(&self) -> bool {
        self.delivered.get() >= self.case.messages * self.case.subscribers
    }

    /// Waits until QoS 0 may go on; a broker that lost something must not stop the run.
    async fn lead(&self) {
        while self.published.get() > self.delivered.get() / self.case.subscribers + LEAD {
            if tokio::time::timeout(QUIET, self.moved.notified())
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

/// Runs a case against the broker at `address`.
pub(crate) async fn run(case: Case, site: &Site<'_>, address: SocketAddr) -> Result<Outcome> {
    let began = Instant::now();
    let shared = Rc::new(Shared {
        case,
        published: Cell::new(0),
        delivered: Cell::new(0),
        last: Cell::new(began),
        moved: Notify::new(),
    });
    let mut subscribers = JoinSet::new();
    for number in 0..case.subscribers {
        let connect = (site.connect)(&format!("subscriber-{number}"));
        let mut client = Client::connect_with(address, &connect).await?;
        client
            .socket
            .write_all(&wire::subscribe(site.filter, case.qos))
            .await?;
        client.answered().await.context("no SUBACK")?;
        subscribers.spawn_local(receive(client, Rc::clone(&shared)));
    }
    let mut clients = Vec::new();
    for number in 0..case.publishers {
        let connect = (site.connect)(&format!("publisher-{number}"));
        clients.push(Client::connect_with(address, &connect).await?);
    }
    let began = Instant::now();
    shared.last.set(began);
    let mut publishers = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        let packets = packets(case.qos, number, &(site.topics)(number));
        publishers.spawn_local(publish(client, packets, Rc::clone(&shared)));
    }
    let mut connected = Vec::new();
    while let Some(publisher) = publishers.join_next().await {
        connected.push(publisher??);
    }
    while let Some(subscriber) = subscribers.join_next().await {
        subscriber??;
    }
    Ok(Outcome {
        delivered: shared.delivered.get(),
        elapsed: shared.last.get().saturating_duration_since(began),
    })
}

async fn receive(mut client: Client, shared: Rc<Shared>) -> Result<()> {
    while !shared.is_complete() {
        let seen = tokio::select! {
            seen = client.read() => seen?,
            () = quiet(&shared) => break,
        };
        if seen.publishes > 0 {
            shared
                .delivered
                .set(shared.delivered.get() + seen.publishes);
            shared.last.set(Instant::now());
            shared.moved.notify_waiters();
        }
        client.flush().await?;
    }
    Ok(())
}

/// Ends when everything has arrived at everybody, or nothing more comes.
async fn quiet(shared: &Shared) {
    loop {
        if shared.is_complete() || shared.last.get().elapsed() > QUIET {
            return;
        }
        let _ = tokio::time::timeout(QUIET / 4, shared.moved.notified()).await;
    }
}

/// What a publisher sends, again and again, each with the place of its packet identifier.
fn packets(qos: u8, publisher: usize, topics: &[String]) -> Vec<(Vec<u8>, usize)> {
    let each = VALUES.div_ceil(topics.len());
    let topics = topics.iter().cycle().take(each * topics.len());
    let packets = topics.zip(0..).map(|(topic, value)| {
        let packet = wire::publish(topic, qos, payload(publisher, value).as_bytes());
        let at = wire::packet_id_at(&packet, topic);
        (packet, at)
    });
    packets.collect()
}

async fn publish(
    mut client: Client,
    mut packets: Vec<(Vec<u8>, usize)>,
    shared: Rc<Shared>,
) -> Result<Client> {
    let case = shared.case;
    let share = case.messages / case.publishers;
    let (mut sent, mut acknowledged) = (0, 0);
    while acknowledged < share {
        let allowed = if case.qos == 0 {
            shared.lead().await;
            share.min(sent + LEAD / (2 * case.publishers))
        } else {
            share.min(acknowledged + WINDOW)
        };
        let before = sent;
        while sent < allowed && client.output.len() < CHUNK {
            let next = usize::try_from(sent)? % packets.len();
            let (packet, at) = &mut packets[next];
            if case.qos > 0 {
                let id = u16::try_from(sent % 65_535 + 1)?.to_be_bytes();
                packet[*at..*at + 2].copy_from_slice(&id);
            }
            client.output.extend_from_slice(packet);
            sent += 1;
        }
        shared.published.set(shared.published.get() + sent - before);
        client.flush().await?;
        if case.qos == 0 {
            acknowledged = sent;
        } else {
            let seen = tokio::time::timeout(10 * QUIET, client.read()).await;
            acknowledged += seen.context("no PUBACK comes any more")??.acknowledgements;
        }
    }
    Ok(client)
}
