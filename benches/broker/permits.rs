//! What permissions cost on the way of a message: the same load on a server on which everybody is of
//! one account that may do everything, and on one with 1,000 accounts of 10 filters each, in turns.

use std::path::Path;

use anyhow::{Result, ensure};

use crate::accounts::{ADMINISTRATOR, Accounts, token};
use crate::load::{self, Case, Site};
use crate::server::Broker;
use crate::wire;

const ACCOUNTS: usize = 1000;
/// Of each account, to read and to write; the last one names its own topics.
const FILTERS: usize = 10;
/// What subscribers are called, and their account.
const WATCHER: &str = "watcher";

/// Publishers, the topics of each, QoS, and how many messages there are in all. A connection
/// remembers up to 512 topics that its client may publish to.
const LOADS: [(&str, u64, usize, u8, u64); 4] = [
    ("100 devices, 3 topics each, QoS 0", 100, 3, 0, 200_000),
    ("100 devices, 3 topics each, QoS 1", 100, 3, 1, 100_000),
    (
        "10 gateways, 1,000 topics each, QoS 0",
        10,
        1000,
        0,
        200_000,
    ),
    (
        "10 gateways, 1,000 topics each, QoS 1",
        10,
        1000,
        1,
        100_000,
    ),
];

/// Processor time for each message, in µs.
#[derive(Clone, Copy)]
struct Cost {
    /// Of the threads that serve connections, until the last message was delivered.
    connections: f64,
    /// Of the whole process, until everything was in the database.
    stored: f64,
}

/// Measures every load, and prints its row.
pub(crate) fn measure(program: &Path, folder: &Path, rounds: u64, percent: u64) -> Result<()> {
    let servers = [false, true].map(|has_filters| start(program, folder, has_filters));
    let [one, many] = servers;
    let servers = [one?, many?];
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    println!(
        "Processor time for each message that was published and delivered to one subscriber, in µs: \
         of the threads\nthat serve connections, and in brackets of the whole server until it is in \
         PostgreSQL too.\nMedians of {rounds} rounds, and of the ratios of the same round.\n"
    );
    println!(
        "| load | one account | {ACCOUNTS} accounts × {FILTERS} filters | ratio |\n\
         |---|---:|---:|---:|"
    );
    for (name, publishers, topics, qos, messages) in LOADS {
        let messages = (messages * percent / 100).max(publishers);
        let case = Case {
            name,
            qos,
            publishers,
            subscribers: 1,
            messages: messages - messages % publishers,
        };
        let mut costs = Vec::new();
        // What comes first warms up what both have in common.
        for round in 0..=rounds {
            let mut of_round = [None; 2];
            for turn in 0..servers.len() {
                let at = (turn + usize::try_from(round)?) % servers.len();
                of_round[at] = Some(run(&runtime, case, topics, &servers[at], at == 1)?);
            }
            if let (1.., [Some(one), Some(many)]) = (round, of_round) {
                costs.push((one, many));
            }
        }
        let of = |field: fn(&(Cost, Cost)) -> f64| {
            let mut values: Vec<_> = costs.iter().map(field).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "| {name} | {:.2} ({:.2}) | {:.2} ({:.2}) | {:.3} ({:.3}) |",
            of(|(one, _)| one.connections),
            of(|(one, _)| one.stored),
            of(|(_, many)| many.connections),
            of(|(_, many)| many.stored),
            of(|(one, many)| many.connections / one.connections),
            of(|(one, many)| many.stored / one.stored),
        );
    }
    Ok(())
}

/// A server on which everybody has an account of their own with filters, or all have the same.
fn start(program: &Path, folder: &Path, has_filters: bool) -> Result<Broker> {
    let mut accounts = Accounts::new();
    let name = if has_filters { "many" } else { "one" };
    if has_filters {
        for number in 0..ACCOUNTS {
            accounts.declare(&press(number), "device", Some(&filters(number)), "");
        }
        // It reads all there is, by the last of its filters.
        let mut filters = filters(ACCOUNTS);
        filters[FILTERS - 1] = "acme/plant7/#".into();
        accounts.declare(WATCHER, "device", Some(&filters), "");
    }
    let file = accounts.write(folder, &format!("{name}.toml"))?;
    Broker::unspool_with(
        program,
        &folder.join(name),
        Some((&file, token(ADMINISTRATOR))),
    )
}

fn press(number: usize) -> String {
    format!("press{number}")
}

fn filters(number: usize) -> Vec<String> {
    let others = (1..FILTERS).map(|line| format!("acme/plant7/line{line}/+/press/{number}/#"));
    others.chain(["acme/plant7/%u/#".to_owned()]).collect()
}

fn run(
    runtime: &tokio::runtime::Runtime,
    case: Case,
    topics: usize,
    server: &Broker,
    has_filters: bool,
) -> Result<Cost> {
    // Publishers are spread over all accounts.
    let apart = ACCOUNTS / usize::try_from(case.publishers)?;
    let connect = |client: &str| {
        let publisher = client.strip_prefix("publisher-");
        let number = publisher.and_then(|number| number.parse::<usize>().ok());
        let account = match number {
            _ if !has_filters => ADMINISTRATOR.to_owned(),
            Some(number) => press(number * apart),
            None => WATCHER.to_owned(),
        };
        wire::connect_as(client, &account, &token(&account))
    };
    let topics = |publisher: usize| {
        let name = press(publisher * apart);
        let topic = |number| format!("acme/plant7/{name}/part{number}/temperature");
        (0..topics).map(topic).collect()
    };
    let site = Site {
        connect: &connect,
        topics: &topics,
        filter: "acme/plant7/#",
    };
    server.settle()?;
    let (connections, all) = (server.cpu_of("tokio")?, server.cpu_of("")?);
    let load = tokio::task::LocalSet::new();
    let outcome = load.block_on(runtime, load::run(case, &site, server.mqtt))?;
    let connections = server.cpu_of("tokio")? - connections;
    server.settle()?;
    let all = server.cpu_of("")? - all;
    ensure!(
        outcome.delivered == case.messages,
        "{}: of {} messages came {}",
        case.name,
        case.messages,
        outcome.delivered
    );
    let each = |seconds: f64| seconds * 1e6 / case.messages as f64;
    Ok(Cost {
        connections: each(connections),
        stored: each(all),
    })
}
