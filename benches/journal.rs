//! The journal beside what the disk can do at best: bare appends of 4 KiB, each with its own
//! `fdatasync`, on the same disk in the same run. `cargo bench --bench journal`, with the
//! directory to write in as an argument where it is not to be under `target`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use unspool::journal::{Journal, JournalOptions, LocalDisk};
use unspool::message::{ClientId, Message, Offset, Qos, Record, Timestamp, Topic};

#[path = "support/latency.rs"]
mod latency;

use latency::Latencies;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const PAYLOAD_BYTES: usize = 100;

fn main() -> Outcome {
    let parent = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'))
        .map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let dir = tempfile::tempdir_in(parent)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()?;

    let bare = Latencies::of_bare_syncs(dir.path(), Duration::ZERO)?;
    println!("bare append of 4 KiB with fdatasync  {bare}");
    for (publishers, batch, batches) in [(1, 1, 2000), (50, 1, 200), (50, 50, 200), (50, 100, 400)]
    {
        let folder = dir.path().join(format!("journal-{publishers}-{batch}"));
        let run = runtime.block_on(run(&folder, publishers, batch, batches))?;
        let Run {
            records,
            took,
            cpu,
            latencies,
            syncs,
        } = run;
        let made = cpu_of_making(records)?;
        let own = cpu.saturating_sub(made);
        println!(
            "{publishers:>3} publishers, batches of {batch:>3}: {:>9.0} records/s durable, {:>6.0} ns CPU \
             a record, {:>5.1} records a sync, append to durable {latencies}, p50 {:.1}x, p99 {:.1}x \
             of bare",
            records as f64 / took.as_secs_f64(),
            own.as_nanos() as f64 / records as f64,
            records as f64 / syncs as f64,
            latencies.ratio(&bare, 0.5),
            latencies.ratio(&bare, 0.99),
        );
        read(&folder, records)?;
        fs::remove_dir_all(&folder)?;
    }
    let after = Latencies::of_bare_syncs(dir.path(), Duration::ZERO)?;
    println!("bare append of 4 KiB with fdatasync  {after}  (again, afterwards)");
    Ok(())
}

struct Run {
    records: usize,
    took: Duration,
    cpu: Duration,
    latencies: Latencies,
    syncs: u64,
}

/// Each publisher appends a batch, waits until it is durable, and goes on.
async fn run(dir: &Path, publishers: usize, batch: usize, batches: usize) -> Outcome<Run> {
    let metrics = Arc::default();
    let disk = Arc::new(LocalDisk);
    let (journal, writer) = Journal::open(dir, options(), disk, Arc::clone(&metrics))?;
    let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
    let publish = async {
        let (start, cpu) = (Instant::now(), cpu_time()?);
        let tasks = (0..publishers).map(|_| async {
            let mut durable = journal.durable();
            let mut latencies = Vec::with_capacity(batches);
            for _ in 0..batches {
                let mut records = records(batch);
                let start = Instant::now();
                journal.append(&mut records).await?;
                let last = records.last().map(Record::offset).unwrap_or_default();
                durable.wait_for(|durable| *durable > last).await?;
                latencies.push(start.elapsed());
            }
            Outcome::Ok(latencies)
        });
        let mut latencies = Vec::new();
        for result in join_all(tasks).await {
            latencies.extend(result?);
        }
        let took = start.elapsed();
        let cpu = cpu_time()?.saturating_sub(cpu);
        drop(stop);
        Outcome::Ok((latencies, took, cpu))
    };
    let ran = async {
        writer
            .run(async {
                let _ = stopping.await;
            })
            .await
    };
    let (published, ran) = tokio::join!(publish, ran);
    ran?;
    let (latencies, took, cpu) = published?;
    Ok(Run {
        records: publishers * batch * batches,
        took,
        cpu,
        latencies: Latencies::new(latencies),
        syncs: metrics.journal_syncs.get(),
    })
}

fn options() -> JournalOptions {
    JournalOptions {
        free_bytes_min: 0,
        ballast_bytes: 0,
        ..JournalOptions::default()
    }
}

/// Reads everything again, as the mirror does when it catches up.
fn read(dir: &Path, records: usize) -> Outcome {
    let opening = Instant::now();
    let (journal, _writer) = Journal::open(dir, options(), Arc::new(LocalDisk), Arc::default())?;
    let opened = opening.elapsed();
    let start = Instant::now();
    let mut reader = journal.reader(Offset(1))?;
    let mut read = 0;
    loop {
        let more = reader.try_next(256 << 10)?;
        if more.is_empty() {
            break;
        }
        read += more.len();
    }
    assert_eq!(read, records);
    println!(
        "      opened and recovered in {:.1} ms; read again: {:.0} ns a record",
        opened.as_secs_f64() * 1e3,
        start.elapsed().as_nanos() as f64 / read as f64
    );
    Ok(())
}

fn records(count: usize) -> Vec<Record> {
    thread_local! {
        static NAMES: (ClientId, Topic) = (
            ClientId("press-7".into()),
            Topic::new("factory/line1/press7/state").unwrap_or_else(|_| unreachable!()),
        );
    }
    NAMES.with(|(client, topic)| {
        (0..count)
            .map(|_| {
                Record::Message(Arc::new(Message {
                    offset: Offset(0),
                    received_at: Timestamp(0),
                    client: client.clone(),
                    topic: topic.clone(),
                    qos: Qos::AtLeastOnce,
                    retain: false,
                    packet_id: 0,
                    properties: None,
                    payload: bytes::Bytes::from_static(&[b'7'; PAYLOAD_BYTES]),
                    is_stripped: false,
                }))
            })
            .collect()
    })
}

/// What it costs to make the records, which is not the journal's.
fn cpu_of_making(count: usize) -> Outcome<Duration> {
    let before = cpu_time()?;
    for _ in 0..count.div_ceil(100) {
        std::hint::black_box(records(100));
    }
    Ok(cpu_time()?.saturating_sub(before))
}

/// What all threads of this process that still run have taken of the CPU.
fn cpu_time() -> Outcome<Duration> {
    let mut nanos = 0;
    for thread in fs::read_dir("/proc/self/task")? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanos += text.split(' ').next().unwrap_or("0").parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanos))
}
