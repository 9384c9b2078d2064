//! How fast the journal gets into PostgreSQL, beside what PostgreSQL itself can take.
//!
//!     cargo bench --bench mirror [-- MESSAGES]
//!
//! One run, one machine, one database: messages of a hundred bytes of JSON with three numbers on
//! 1,000 topics go through the real mirror; then the very same rows, as PostgreSQL gives them in
//! its binary format, are copied into a table like the one that the mirror writes to, and into one
//! without an index. What counts are the ratios (goals: 0.6 and 0.25).

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use unspool::journal::{Journal, JournalOptions, LocalDisk};
use unspool::message::{ClientId, Message, Qos, Record, Scope, Timestamp, Topic, TopicFilter};
use unspool::metrics::Metrics;
use unspool::mirror;
use unspool::rules::RulesInForce;
use unspool::store::embedded::Postgres;
use unspool::store::{MessageQuery, Order, Resolution, SampleQuery, Store};
use unspool::supervisor::Supervisor;

#[path = "support/copy.rs"]
mod copy;

const TOPICS: usize = 1000;

fn main() -> anyhow::Result<()> {
    let n = std::env::args().find_map(|arg| arg.parse().ok());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(n.unwrap_or(500_000)))
}

async fn run(n: usize) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755))?;
    let postgres = Postgres::start(dir.path(), None).await?;
    let metrics = Arc::new(Metrics::default());
    let disk = Arc::new(LocalDisk);
    let options = JournalOptions::default();
    let (journal, log) =
        Journal::open(&dir.path().join("journal"), options, disk, metrics.clone())?;
    let writer = Supervisor::default();
    log.start(&writer);
    let took = fill(&journal, n).await?;
    println!("{n} messages on {TOPICS} topics, journalled in {took:.2?}");

    let store = Store::open(&postgres.database(), metrics.clone())?;
    store.prepare().await?;
    let began = Instant::now();
    let stage = Supervisor::default();
    mirror::start(
        (&journal, &store, &RulesInForce::default()),
        &metrics,
        &stage,
        mirror::SparkplugOptions::default(),
    );
    let head = journal.head();
    store.cursor().wait_for(|cursor| *cursor >= head).await?;
    let mirrored = began.elapsed();
    stage.stop();
    stage.ended().await;
    let rate = |took: Duration| n as f64 / took.as_secs_f64();
    println!("mirror: {:.0} messages/s ({mirrored:.2?})", rate(mirrored));

    copy::compare(postgres.socket_dir(), rate(mirrored)).await?;

    let began = Instant::now();
    let again = Store::open(&postgres.database(), Arc::default())?;
    again.prepare().await?;
    println!("a restart reads the catalog in {:.2?}", began.elapsed());
    ask(&again).await?;
    again.close().await;
    store.close().await;
    writer.stop();
    writer.ended().await;
    postgres.stop().await;
    Ok(())
}

/// Puts the messages into the journal, and waits until they are durable.
async fn fill(journal: &Journal, n: usize) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let topics: Vec<Topic> = (0..TOPICS)
        .map(|i| Topic::new(format!("site/line{}/machine{i}", i % 10)))
        .collect::<Result<_, _>>()?;
    let client = ClientId("gateway-17".into());
    let mut sent = 0;
    while sent < n {
        let size = 1000.min(n - sent);
        let record = |i: usize| {
            let (temp, pressure, rpm) = (fastrand::f32() * 90.0, fastrand::f32() * 9.0, i % 3000);
            let payload = format!(
                "{{\"temp\":{temp:.2},\"pressure\":{pressure:.3},\"rpm\":{rpm},\
                 \"state\":\"running\",\"order\":\"A-20261122-0017\",\"ok\":true}}"
            );
            Record::Message(Arc::new(Message {
                client: client.clone(),
                qos: Qos::AtLeastOnce,
                ..Message::new(topics[i % TOPICS].clone(), payload)
            }))
        };
        let mut batch: Vec<Record> = (sent..sent + size).map(record).collect();
        journal.append(&mut batch).await?;
        sent += size;
    }
    let head = journal.head();
    journal
        .durable()
        .wait_for(|durable| *durable >= head)
        .await?;
    Ok(began.elapsed())
}

/// Asks what a dashboard asks.
async fn ask(store: &Store) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let everything = Scope::unrestricted(TopicFilter::all());
    let samples = SampleQuery {
        scope: Scope::unrestricted(TopicFilter::new("site/line1/machine1")?),
        path: Some("/temp".into()),
        from: Timestamp(now.0 - 3_600_000_000),
        to: now,
        up_to: None,
        resolution: Resolution::Points(2000),
        carries: true,
        with_gaps: false,
        details: None,
        series_limit: 10,
    };
    let messages = MessageQuery {
        scope: everything.clone(),
        from: None,
        to: None,
        after: None,
        up_to: None,
        order: Order::Descending,
        limit: 100,
    };
    let one = MessageQuery {
        scope: samples.scope.clone(),
        ..messages.clone()
    };
    for _ in 0..2 {
        let began = Instant::now();
        store.samples(&samples).await?;
        println!("one series in 2,000 points: {:.2?}", began.elapsed());
        let began = Instant::now();
        store.messages(&one).await?;
        println!(
            "the last 100 messages of one topic: {:.2?}",
            began.elapsed()
        );
        let began = Instant::now();
        store.messages(&messages).await?;
        println!("the last 100 messages: {:.2?}", began.elapsed());
        let began = Instant::now();
        store.latest(&everything, None, 1000);
        println!("the last value of 1,000 topics: {:.2?}", began.elapsed());
    }
    Ok(())
}
