//! What those who publish notice of those who read.
//!
//!     cargo bench --bench readers [-- TOPICS]
//!
//! How long a PUBACK takes at a steady rate, in turns with nobody who reads and beside fifty who ask
//! for the most expensive things as fast as they are answered: a search through all topics, a thousand
//! last values, a page of messages, a plot of everything. The second p99 is to be less than twice the
//! first. Disks pause now and then, so that the median of the rounds counts. Readers would be on other
//! machines; here they yield, so that what is measured is what the server does for them.

#[path = "../support/client.rs"]
mod client;
#[path = "../support/latency.rs"]
#[expect(dead_code, reason = "the benchmark `line` uses more of it")]
mod latency;
#[path = "../line/load.rs"]
#[expect(dead_code, reason = "the benchmark `line` uses more of it")]
mod load;
#[path = "../support/server.rs"]
#[expect(dead_code, reason = "the benchmark `broker` uses more of it")]
mod server;
#[path = "../support/wire.rs"]
#[expect(dead_code, reason = "the benchmark `broker` uses more of it")]
mod wire;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use client::Client;
use latency::Latencies;
use load::{Load, Sent};
use server::Broker;
use tokio::task::LocalSet;
use unspool::priority::yield_to_others;

/// More than a slot holds: one is sealed before the first round, and none during the others.
const TOPICS: usize = 270_000;
/// How long what the filling left to do is waited for: sealing, counts, a checkpoint's writing.
const SEALING: Duration = Duration::from_secs(20);
const READERS: usize = 50;
const RATE: usize = 5_000;
const ROUNDS: usize = 7;
const SECONDS: usize = 3;
/// So many messages are sent before their acknowledgements are waited for.
const BATCH: usize = 500;

const QUESTIONS: [&str; 4] = [
    "/api/v1/topics?q=zzzz",
    "/api/v1/latest?limit=1000",
    "/api/v1/messages?from=0&limit=1000",
    "/api/v1/samples?from=0&points=2000",
];

fn main() -> Result<()> {
    let topics = std::env::args().find_map(|arg| arg.parse().ok());
    let program = std::env::var_os("UNSPOOL_BIN").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_unspool")),
        PathBuf::from,
    );
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let server = Broker::unspool(&program, &folder.path().join("data"))?;
    let http = server.http.context("no HTTP")?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    LocalSet::new().block_on(&runtime, async {
        fill(server.mqtt, topics.unwrap_or(TOPICS)).await?;
        server.settle()?;
        std::thread::sleep(SEALING);
        println!("{RATE} messages/s, publish → PUBACK, alone and beside {READERS} readers:");
        let (mut ratios, mut answers) = (Vec::new(), Answers::new());
        for _ in 0..ROUNDS {
            let alone = publish(server.mqtt, "alone").await?;
            let stop = Arc::new(AtomicBool::new(false));
            let readers: Vec<_> = (0..READERS)
                .map(|number| read(http, number, Arc::clone(&stop)))
                .collect();
            let beside = publish(server.mqtt, "beside").await?;
            stop.store(true, Ordering::Relaxed);
            println!("  {alone}; {beside}");
            ratios.push([0.5, 0.99].map(|quantile| beside.ratio(&alone, quantile)));
            gather(&mut answers, readers);
        }
        let median = |quantile: usize| {
            let mut ratios: Vec<_> = ratios.iter().map(|ratios| ratios[quantile]).collect();
            ratios.sort_unstable_by(f64::total_cmp);
            ratios[ROUNDS / 2]
        };
        println!("  medians: p50 {:.1}x, p99 {:.1}x", median(0), median(1));
        report(&answers);
        Ok(())
    })
}

/// One message on each of many topics.
async fn fill(address: SocketAddr, topics: usize) -> Result<()> {
    let mut client = Client::connect(address, "fill").await?;
    for first in (0..topics).step_by(BATCH) {
        let batch = first..topics.min(first + BATCH);
        for (at, topic) in batch.clone().enumerate() {
            let topic = format!("plant/line{}/machine{topic}/state", topic % 100);
            let start = client.output.len();
            let packet = wire::publish(&topic, 1, br#"{"temp":21.5,"ok":true}"#);
            client.output.extend_from_slice(&packet);
            let id = start + wire::packet_id_at(&client.output[start..], &topic);
            client.output[id..id + 2].copy_from_slice(&u16::try_from(at + 1)?.to_be_bytes());
        }
        client.flush().await?;
        let mut acknowledged = 0;
        while acknowledged < batch.len() as u64 {
            acknowledged += client.read().await?.acknowledgements;
        }
    }
    Ok(())
}

async fn publish(address: SocketAddr, site: &'static str) -> Result<Latencies> {
    let load = Load {
        site,
        publishers: 50,
        window: 100,
        rate: Some(RATE),
        messages: SECONDS * RATE,
    };
    load.run(address, &Sent::new(load.messages)).await
}

/// How often each question was answered with each status, and how long that took together.
type Answers = BTreeMap<(&'static str, String), (u32, Duration)>;

/// Asks until it is told to stop; who is told to come back does so after a moment.
fn read(http: SocketAddr, number: usize, stop: Arc<AtomicBool>) -> JoinHandle<Answers> {
    std::thread::spawn(move || {
        yield_to_others();
        let mut answers = Answers::new();
        for question in QUESTIONS.iter().cycle().skip(number) {
            if stop.load(Ordering::Relaxed) {
                break;
            }
            let began = Instant::now();
            let status = ask(http, question).unwrap_or_else(|error| error.to_string());
            let is_busy = status != "200";
            let told = answers.entry((question, status)).or_default();
            told.0 += 1;
            told.1 += began.elapsed();
            if is_busy {
                std::thread::sleep(Duration::from_millis(200));
            }
        }
        answers
    })
}

fn ask(http: SocketAddr, question: &str) -> Result<String> {
    let mut socket = TcpStream::connect(http)?;
    write!(socket, "GET {question} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer)?;
    let head = answer.get(9..12).context("no answer")?;
    Ok(String::from_utf8_lossy(head).into_owned())
}

fn gather(all: &mut Answers, readers: Vec<JoinHandle<Answers>>) {
    for answers in readers.into_iter().filter_map(|reader| reader.join().ok()) {
        for (key, (count, took)) in answers {
            let told = all.entry(key).or_default();
            told.0 += count;
            told.1 += took;
        }
    }
}

fn report(all: &Answers) {
    for ((question, status), (count, took)) in all {
        println!(
            "  {question}: {status} {count} times, each in {:.0?}",
            *took / (*count).max(1)
        );
    }
}
