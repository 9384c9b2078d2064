//! Our broker and Debian's mosquitto under the same load, in turns, in one go.
//!
//!     cargo bench --bench broker
//!
//! `UNSPOOL_BIN` names another binary, or `none` to measure mosquitto alone; `ROUNDS` (3) is how
//! often each case is run, `PERCENT` (100) scales the number of messages, and an argument picks
//! the cases that have it in their name. Each number is the median of the rounds.
//!
//!     cargo bench --bench broker -- idle
//!
//! measures what 10,000 (`CONNECTIONS`) connections cost that are open and say nothing.
//!
//!     cargo bench --bench broker -- storm
//!
//! has 2,000 (`CLIENTS`) clients come back at once, each to ten messages that have waited for it, and
//! measures how long that takes and what somebody notices who comes new meanwhile.
//!
//!     cargo bench --bench broker -- permissions
//!
//! measures what a message costs where 1,000 accounts have 10 filters each, beside one account that
//! may do everything. The permission check is to cost at most 5 % of it.
//!
//!     cargo bench --bench broker -- passwords
//!
//! has 2,000 (`CLIENTS`) clients come back at once and show their passwords, each for an account of
//! its own or all for one, and measures how long that takes and what a publisher notices meanwhile.

mod accounts;
#[path = "../support/client.rs"]
mod client;
mod idle;
#[path = "../support/latency.rs"]
#[expect(dead_code, reason = "the benchmark `line` uses more of it")]
mod latency;
mod load;
mod passwords;
#[path = "../support/payload.rs"]
mod payload;
mod permits;
#[path = "../support/server.rs"]
mod server;
mod storm;
#[path = "../support/wire.rs"]
mod wire;

use std::path::{Path, PathBuf};

use anyhow::Result;
use load::{Case, Site};
use server::Broker;
use storm::Storm;

const CASES: [Case; 6] = [
    case("QoS 0, 1 → 1", 0, 1, 1, 600_000),
    case("QoS 0, 50 → 1", 0, 50, 1, 600_000),
    case("QoS 1, 1 → 1", 1, 1, 1, 200_000),
    case("QoS 1, 50 → 1", 1, 50, 1, 300_000),
    case("QoS 0, 1 → 100", 0, 1, 100, 20_000),
    case("QoS 1, 1 → 100", 1, 1, 100, 10_000),
];

const fn case(
    name: &'static str,
    qos: u8,
    publishers: u64,
    subscribers: u64,
    messages: u64,
) -> Case {
    Case {
        name,
        qos,
        publishers,
        subscribers,
        messages,
    }
}

/// What one run of a case came to.
#[derive(Clone, Copy)]
struct Measured {
    /// Deliveries a second.
    rate: f64,
    /// Processor time of the broker for each delivery, in µs, until the last was delivered.
    cpu: f64,
    /// The same, until everything was in the database too.
    cpu_stored: f64,
    /// Deliveries that did not come.
    lost: f64,
}

fn main() -> Result<()> {
    let rounds = number("ROUNDS", 3).max(1);
    let percent = number("PERCENT", 100);
    let wanted: Vec<_> = std::env::args()
        .skip(1)
        .filter(|each| !each.starts_with('-'))
        .collect();
    let connections = number("CONNECTIONS", 10_000);
    let clients = number("CLIENTS", 2_000);
    let is_idle = wanted.iter().any(|word| word == "idle");
    let is_storm = wanted.iter().any(|word| word == "storm");
    let is_passwords = wanted.iter().any(|word| word == "passwords");
    if is_idle {
        idle::allow(connections)?;
    }
    if is_storm || is_passwords {
        idle::allow(clients)?;
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    if is_passwords {
        return passwords::measure(&program(), folder.path(), clients);
    }
    if wanted.iter().any(|word| word == "permissions") {
        return permits::measure(&program(), folder.path(), rounds, percent);
    }
    let brokers = start(folder.path())?;
    if is_idle {
        println!(
            "| broker | idle connections | opened/s | MiB before | MiB with them | KiB each |\n\
             |---|---:|---:|---:|---:|---:|"
        );
        return brokers
            .iter()
            .try_for_each(|broker| idle::measure(broker, connections));
    }
    if is_storm {
        println!("{}", Storm::HEAD);
        for broker in (0..rounds).flat_map(|_| &brokers) {
            Storm::measure(broker, clients)?.print(broker.name, clients);
        }
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;

    println!(
        "Deliveries/s, the broker's own processor time for each delivery (in brackets: until it \
         is in PostgreSQL too,\nwhose own time is not counted), and losses. Medians of {rounds}; \
         generator and brokers share {} processors.\n",
        std::thread::available_parallelism()?
    );
    println!("| case | broker | deliveries/s | CPU µs each | lost |\n|---|---|---:|---:|---:|");
    for case in CASES {
        if !wanted.is_empty() && !wanted.iter().any(|part| case.name.contains(part.as_str())) {
            continue;
        }
        let messages = (case.messages * percent / 100).max(case.publishers);
        let case = Case {
            messages: messages - messages % case.publishers,
            ..case
        };
        let mut results = vec![Vec::new(); brokers.len()];
        for _ in 0..rounds {
            for (broker, results) in brokers.iter().zip(&mut results) {
                results.push(measure(&runtime, case, broker)?);
            }
        }
        let medians: Vec<_> = results.iter().map(|rounds| median(rounds)).collect();
        for (broker, median) in brokers.iter().zip(&medians) {
            print_row(case.name, broker.name, *median);
        }
        if let [ours, theirs] = medians[..] {
            println!(
                "| | **ours ÷ mosquitto** | **{:.2}** | **{:.2}** ({:.2}) | |",
                ours.rate / theirs.rate,
                ours.cpu / theirs.cpu,
                ours.cpu_stored / theirs.cpu
            );
        }
    }
    println!();
    for broker in &brokers {
        println!(
            "{}: {} MiB of memory at most",
            broker.name,
            broker.memory_mib()?
        );
    }
    Ok(())
}

fn program() -> PathBuf {
    std::env::var_os("UNSPOOL_BIN").map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_unspool")),
        PathBuf::from,
    )
}

fn start(folder: &Path) -> Result<Vec<Broker>> {
    let program = program();
    let mut brokers = Vec::new();
    if program == Path::new("none") {
        println!("UNSPOOL_BIN=none: mosquitto alone is measured.\n");
    } else {
        brokers.push(Broker::unspool(&program, &folder.join("data"))?);
    }
    brokers.push(Broker::mosquitto(folder)?);
    Ok(brokers)
}

fn measure(runtime: &tokio::runtime::Runtime, case: Case, broker: &Broker) -> Result<Measured> {
    let before = broker.cpu()?;
    let load = tokio::task::LocalSet::new();
    let site = Site {
        connect: &wire::connect,
        topics: &|number| vec![format!("factory/line{}/press{number}/sensor", number % 5)],
        filter: "#",
    };
    let outcome = load.block_on(runtime, load::run(case, &site, broker.mqtt))?;
    let delivered = broker.cpu()?;
    broker.settle()?;
    let stored = broker.cpu()?;
    let count = outcome.delivered.max(1) as f64;
    let expected = (case.messages * case.subscribers) as f64;
    Ok(Measured {
        rate: count / outcome.elapsed.as_secs_f64(),
        cpu: (delivered - before) * 1e6 / count,
        cpu_stored: (stored - before) * 1e6 / count,
        lost: expected - outcome.delivered as f64,
    })
}

fn print_row(case: &str, broker: &str, measured: Measured) {
    let Measured {
        rate,
        cpu,
        cpu_stored,
        lost,
    } = measured;
    let stored = if broker == "unspool" {
        format!(" ({cpu_stored:.2})")
    } else {
        String::new()
    };
    println!("| {case} | {broker} | {rate:.0} | {cpu:.2}{stored} | {lost:.0} |");
}

fn median(rounds: &[Measured]) -> Measured {
    let of = |field: fn(&Measured) -> f64| {
        let mut values: Vec<_> = rounds.iter().map(field).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    Measured {
        rate: of(|each| each.rate),
        cpu: of(|each| each.cpu),
        cpu_stored: of(|each| each.cpu_stored),
        lost: of(|each| each.lost),
    }
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
