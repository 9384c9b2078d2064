//! The whole line, as its users meet it: MQTT in, PUBACK, PostgreSQL, REST and WebSocket out.
//!
//!     cargo bench --bench line [-- MESSAGES]
//!
//! One run, one machine, one disk: how long a PUBACK takes beside a bare `fdatasync` on the same
//! disk, how long a message takes to be seen, and how fast messages get from MQTT into PostgreSQL
//! beside a raw COPY of the same rows. The load, the server and PostgreSQL share the processors.

#[path = "../support/client.rs"]
mod client;
#[path = "../support/copy.rs"]
mod copy;
#[path = "../support/latency.rs"]
mod latency;
mod load;
#[path = "../support/server.rs"]
#[expect(dead_code, reason = "the benchmark `broker` uses more of it")]
mod server;
mod watch;
#[path = "../support/wire.rs"]
#[expect(dead_code, reason = "the benchmark `broker` uses more of it")]
mod wire;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use latency::Latencies;
use load::{Load, Sent};
use server::Broker;
use tokio::task::{JoinSet, LocalSet};

/// How many publishers there are, where there are many.
const PUBLISHERS: usize = 50;

fn main() -> Result<()> {
    let messages = std::env::args().find_map(|arg| arg.parse().ok());
    let program = std::env::var_os("UNSPOOL_BIN").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_unspool")),
        PathBuf::from,
    );
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let data = folder.path().join("data");
    let server = Broker::unspool(&program, &data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let bare = Latencies::of_bare_syncs(folder.path(), Duration::ZERO)?;
    println!("bare append of 4 KiB with fdatasync: {bare}\n");
    LocalSet::new().block_on(&runtime, async {
        one_at_a_time(&server, &bare).await?;
        at_a_rate(&server, &bare, folder.path()).await?;
        let rate = as_fast_as_it_goes(&server, &bare, messages.unwrap_or(500_000)).await?;
        copy::compare(&data.join("run"), rate).await
    })?;
    let again = Latencies::of_bare_syncs(folder.path(), Duration::ZERO)?;
    println!("\nbare append of 4 KiB with fdatasync, afterwards: {again}");
    Ok(())
}

async fn one_at_a_time(server: &Broker, bare: &Latencies) -> Result<()> {
    let load = Load {
        site: "alone",
        publishers: 1,
        window: 1,
        rate: None,
        messages: 2_000,
    };
    let acknowledged = load.run(server.mqtt, &Sent::new(load.messages)).await?;
    println!("one publisher, one message at a time");
    print_acknowledged(&acknowledged, bare);
    Ok(())
}

/// With nobody looking, but bare syncs at the same time, since PostgreSQL writes to the disk then,
/// too; with a WebSocket, and with somebody who asks over REST.
async fn at_a_rate(server: &Broker, bare: &Latencies, folder: &Path) -> Result<()> {
    const RATE: usize = 5_000;
    let http = server.http.context("no HTTP")?;
    println!("{PUBLISHERS} publishers, {RATE} messages/s");
    for site in ["rated", "streamed", "asked"] {
        let load = Load {
            site,
            publishers: PUBLISHERS,
            window: 100,
            rate: Some(RATE),
            messages: 15 * RATE,
        };
        let sent = Arc::new(Sent::new(load.messages));
        let mut watchers = JoinSet::new();
        if site == "streamed" {
            let frames = watch::subscribe(http, site).await?;
            watchers.spawn(watch::frames(frames, Arc::clone(&sent)));
        } else if site == "asked" {
            watchers.spawn(watch::pages(http, site, Arc::clone(&sent)));
        }
        let folder = (site == "rated").then(|| folder.to_owned());
        let busy = folder.map(|folder| {
            std::thread::spawn(move || Latencies::of_bare_syncs(&folder, Duration::from_millis(5)))
        });
        let acknowledged = load.run(server.mqtt, &sent).await?;
        if let Some(Ok(busy)) = busy.map(JoinHandle::join) {
            let busy = busy?;
            print_acknowledged(&acknowledged, bare);
            println!(
                "  bare append at the same time: {busy}; of that p50 {:.1}x, p99 {:.1}x",
                acknowledged.ratio(&busy, 0.5),
                acknowledged.ratio(&busy, 0.99)
            );
        }
        while let Some(watched) = watchers.join_next().await {
            println!("  publish → {}", watched??);
        }
    }
    Ok(())
}

/// Answers how many messages a second are in PostgreSQL, until nothing is behind.
async fn as_fast_as_it_goes(server: &Broker, bare: &Latencies, messages: usize) -> Result<f64> {
    let load = Load {
        site: "fast",
        publishers: PUBLISHERS,
        window: 100,
        rate: None,
        messages: messages - messages % PUBLISHERS,
    };
    let began = Instant::now();
    let acknowledged = load.run(server.mqtt, &Sent::new(load.messages)).await?;
    let took = began.elapsed().as_secs_f64();
    println!("{PUBLISHERS} publishers with a window of 100, as fast as it goes");
    println!(
        "  acknowledged: {:.0} messages/s",
        load.messages as f64 / took
    );
    print_acknowledged(&acknowledged, bare);
    server.settle()?;
    let rate = load.messages as f64 / began.elapsed().as_secs_f64();
    println!("  from MQTT into PostgreSQL, until nothing is behind: {rate:.0} messages/s");
    Ok(rate)
}

fn print_acknowledged(acknowledged: &Latencies, bare: &Latencies) {
    println!(
        "  publish → PUBACK: {acknowledged}; of a bare sync p50 {:.1}x, p99 {:.1}x",
        acknowledged.ratio(bare, 0.5),
        acknowledged.ratio(bare, 0.99)
    );
}
