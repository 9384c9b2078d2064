//! Publishers at QoS 1, all on one thread, and when each message was sent.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::client::{CHUNK, Client};
use crate::latency::Latencies;
use crate::wire;

/// Without an acknowledgement for so long, something is wrong.
const QUIET: Duration = Duration::from_secs(30);

/// What is published, and by how many.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    /// The first level of its topics.
    pub(crate) site: &'static str,
    /// How many clients publish.
    pub(crate) publishers: usize,
    /// How many messages of each may be unacknowledged.
    pub(crate) window: usize,
    /// How many messages a second they send together; as fast as they can where it is absent.
    pub(crate) rate: Option<usize>,
    /// How many they send together: as many each.
    pub(crate) messages: usize,
}

/// When each message was sent.
pub(crate) struct Sent {
    began: Instant,
    nanos: Vec<AtomicU64>,
}

impl Sent {
    /// For so many messages, none of them sent.
    pub(crate) fn new(messages: usize) -> Self {
        let mut nanos = Vec::new();
        nanos.resize_with(messages, AtomicU64::default);
        let began = Instant::now();
        Self { began, nanos }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.nanos.len()
    }

    /// How long ago a message was sent; `None` for one that is not of this load.
    pub(crate) fn ago(&self, number: usize) -> Option<Duration> {
        let nanos = self.nanos.get(number)?.load(Ordering::Relaxed);
        let sent = self.began + Duration::from_nanos(nanos);
        (nanos > 0).then(|| sent.elapsed())
    }

    fn now(&self, number: usize) -> Result<()> {
        let nanos = u64::try_from(self.began.elapsed().as_nanos())?;
        self.nanos[number].store(nanos, Ordering::Relaxed);
        Ok(())
    }
}

impl Load {
    /// Publishes everything; answers how long each took to be acknowledged.
    pub(crate) async fn run(self, address: SocketAddr, sent: &Sent) -> Result<Latencies> {
        let mut publishers = Vec::new();
        for number in 0..self.publishers {
            let client = Client::connect(address, &format!("press-{number}")).await?;
            publishers.push(self.publish(client, number, sent));
        }
        let acknowledged = futures_util::future::try_join_all(publishers).await?;
        Ok(Latencies::new(acknowledged.concat()))
    }

    async fn publish(
        self,
        mut client: Client,
        number: usize,
        sent: &Sent,
    ) -> Result<Vec<Duration>> {
        let share = self.messages / self.publishers;
        let place = |at: usize| at * self.publishers + number;
        let began = tokio::time::Instant::now();
        let due = |at: usize| match self.rate {
            Some(rate) => began + Duration::from_secs(1).mul_f64(place(at) as f64 / rate as f64),
            None => began,
        };
        let mut latencies = Vec::with_capacity(share);
        let mut next = 0;
        while latencies.len() < share {
            let now = tokio::time::Instant::now();
            let open = |next: usize| next < share && next < latencies.len() + self.window;
            while open(next) && due(next) <= now && client.output.len() < CHUNK {
                self.put(&mut client.output, number, next)?;
                sent.now(place(next))?;
                next += 1;
            }
            client.flush().await?;
            let seen = tokio::select! {
                seen = client.read() => seen?,
                () = tokio::time::sleep_until(due(next)), if open(next) => continue,
                () = tokio::time::sleep(QUIET) => anyhow::bail!("no PUBACK comes any more"),
            };
            for _ in 0..seen.acknowledgements {
                let ago = sent
                    .ago(place(latencies.len()))
                    .context("acknowledged too early")?;
                latencies.push(ago);
            }
        }
        Ok(latencies)
    }

    /// A message of a publisher: a hundred bytes of JSON, on one of twenty topics of its own.
    fn put(self, output: &mut Vec<u8>, publisher: usize, at: usize) -> Result<()> {
        let number = at * self.publishers + publisher;
        let (temperature, pressure) = (200 + number % 37, 400 + number % 53);
        let topic = format!("{}/press{publisher}/sensor{}", self.site, at % 20);
        let payload = format!(
            r#"{{"id":"press-{publisher:02}","temp":{}.{},"bar":{}.{:02},"state":"run","ok":true,"order":"A-17-0042","n":{number}}}"#,
            temperature / 10,
            temperature % 10,
            pressure / 100,
            pressure % 100,
        );
        let start = output.len();
        output.extend_from_slice(&wire::publish(&topic, 1, payload.as_bytes()));
        let id = start + wire::packet_id_at(&output[start..], &topic);
        output[id..id + 2].copy_from_slice(&u16::try_from(at % 65_535 + 1)?.to_be_bytes());
        Ok(())
    }
}
