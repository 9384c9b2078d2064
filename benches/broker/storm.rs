//! Many clients that come back at once, each to messages that have waited for it; and what somebody
//! notices who comes new meanwhile.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::client::Client;
use crate::latency::Latencies;
use crate::server::Broker;
use crate::wire;

/// So many messages wait for each client.
const MESSAGES: u64 = 10;
const PAYLOAD: [u8; 100] = [b'x'; 100];
/// How often somebody comes new.
const NEWCOMER_EVERY: Duration = Duration::from_millis(5);
/// How long newcomers are watched without a storm.
const CALM: Duration = Duration::from_secs(3);
const DEADLINE: Duration = Duration::from_secs(120);
/// So many clients are made ready at a time.
const TOGETHER: u64 = 100;

/// What one storm came to.
pub(crate) struct Storm {
    /// From the first CONNECT until the last message.
    took: Duration,
    cpu: f64,
    calm: Latencies,
    beside: Latencies,
}

impl Storm {
    /// What a table of storms begins with.
    pub(crate) const HEAD: &str = "| broker | clients | s | CPU s | CONNACK alone | in the storm |\n\
         |---|---|---|---|---|---|";

    /// Has `clients` come back to `broker` at once.
    pub(crate) fn measure(broker: &Broker, clients: u64) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(prepare(broker.mqtt, clients))?;
        broker.settle()?;
        let calm = newcomers(broker.mqtt, || std::thread::sleep(CALM))?.1;
        let cpu = broker.cpu()?;
        let (took, beside) = newcomers(broker.mqtt, || {
            let began = Instant::now();
            let all = (0..clients).map(|number| come_back(broker.mqtt, number));
            let all = runtime.block_on(async { timeout(DEADLINE, try_join_all(all)).await });
            all.context("not everybody got what waited")??;
            anyhow::Ok(began.elapsed())
        })?;
        Ok(Self {
            took: took?,
            cpu: broker.cpu()? - cpu,
            calm,
            beside,
        })
    }

    /// Prints its row.
    pub(crate) fn print(&self, broker: &str, clients: u64) {
        println!(
            "| {broker} | {clients} | {:.2} | {:.2} | {} | {}, at most {:.0} µs |",
            self.took.as_secs_f64(),
            self.cpu,
            self.calm,
            self.beside,
            self.beside.at(1.0).as_secs_f64() * 1e6,
        );
    }
}

/// Clients that have subscribed and gone, and messages for them.
async fn prepare(address: SocketAddr, clients: u64) -> Result<()> {
    for first in (0..clients).step_by(usize::try_from(TOGETHER)?) {
        let some = first..clients.min(first + TOGETHER);
        try_join_all(some.map(|number| subscribe(address, number))).await?;
    }
    let mut publisher = Client::connect(address, "publisher").await?;
    for _ in 0..MESSAGES {
        for first in (0..clients).step_by(usize::try_from(TOGETHER)?) {
            let some = first..clients.min(first + TOGETHER);
            let mut unacknowledged = some.end - some.start;
            for number in some {
                let topic = topic(number);
                let start = publisher.output.len();
                let packet = wire::publish(&topic, 1, &PAYLOAD);
                publisher.output.extend_from_slice(&packet);
                let id = start + wire::packet_id_at(&publisher.output[start..], &topic);
                let packet_id = u16::try_from(number % TOGETHER + 1)?;
                publisher.output[id..id + 2].copy_from_slice(&packet_id.to_be_bytes());
            }
            publisher.flush().await?;
            while unacknowledged > 0 {
                unacknowledged -= publisher.read().await?.acknowledgements;
            }
        }
    }
    Ok(())
}

fn topic(number: u64) -> String {
    format!("storm/client{number}/state")
}

async fn subscribe(address: SocketAddr, number: u64) -> Result<()> {
    let mut socket = tokio::net::TcpStream::connect(address).await?;
    let mut packets = wire::connect_for_good(&name(number));
    packets.extend(wire::subscribe(&topic(number), 1));
    socket.write_all(&packets).await?;
    // CONNACK and SUBACK.
    socket.read_exact(&mut [0; 9]).await?;
    socket.write_all(&wire::DISCONNECT).await?;
    // Until the broker has closed it, too.
    while socket.read(&mut [0; 16]).await? > 0 {}
    Ok(())
}

fn name(number: u64) -> String {
    format!("client{number}")
}

/// Connects and takes all that has waited.
async fn come_back(address: SocketAddr, number: u64) -> Result<()> {
    let mut socket = tokio::net::TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    socket
        .write_all(&wire::connect_for_good(&name(number)))
        .await?;
    let (mut input, mut answer) = (Vec::with_capacity(4096), Vec::new());
    let mut left = MESSAGES;
    while left > 0 {
        if socket.read_buf(&mut input).await? == 0 {
            bail!("the broker closed the connection");
        }
        let seen = wire::look(&input, &mut answer);
        input.drain(..seen.bytes);
        left = left.saturating_sub(seen.publishes);
        socket.write_all(&answer).await?;
        answer.clear();
    }
    Ok(())
}

/// How long each newcomer waits for its CONNACK while `work` is done.
fn newcomers<T>(address: SocketAddr, work: impl FnOnce() -> T) -> Result<(T, Latencies)> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&stop);
    let watch = std::thread::spawn(move || {
        let mut waited = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            let mut socket = TcpStream::connect(address)?;
            socket.write_all(&wire::connect(&format!("newcomer{}", waited.len())))?;
            socket.read_exact(&mut [0; 4])?;
            waited.push(began.elapsed());
            std::thread::sleep(NEWCOMER_EVERY);
        }
        anyhow::Ok(Latencies::new(waited))
    });
    let done = work();
    stop.store(true, Ordering::Relaxed);
    let waited = watch.join().map_err(|_| anyhow::anyhow!("a panic"))??;
    Ok((done, waited))
}
