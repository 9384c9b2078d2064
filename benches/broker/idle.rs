//! What a connection costs that says nothing: many of them, opened and left alone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::server::Broker;
use crate::wire;

/// What else this program, or a broker, has open.
const FILES_SPARE: u64 = 512;
/// How long memory may take to settle: brokers give back what a CONNECT needed.
const SETTLE: Duration = Duration::from_secs(15);

/// Lets this program, and the brokers that it starts, open so many connections.
pub(crate) fn allow(connections: u64) -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    if maximum.is_some_and(|maximum| maximum < connections + FILES_SPARE) {
        bail!(
            "{connections} connections need a limit of {} open files, and the system allows {}: \
             raise it (ulimit -Hn), or set CONNECTIONS",
            connections + FILES_SPARE,
            maximum.unwrap_or_default()
        );
    }
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    setrlimit(Resource::Nofile, raised).context("raise the limit of open files")
}

/// Prints the broker's row.
pub(crate) fn measure(broker: &Broker, connections: u64) -> Result<()> {
    // What the first clients cost once is not what each of them costs.
    let first = open(broker.mqtt, 0..100)?;
    std::thread::sleep(SETTLE);
    let before = broker.resident_kib()?;
    let began = Instant::now();
    let rest = open(broker.mqtt, 100..100 + connections)?;
    let opened = began.elapsed().as_secs_f64();
    std::thread::sleep(SETTLE);
    let after = broker.resident_kib()?;
    let each = after.saturating_sub(before) as f64 / connections as f64;
    println!(
        "| {} | {connections} | {:.0} | {:.1} | {:.1} | {each:.1} |",
        broker.name,
        connections as f64 / opened,
        before as f64 / 1024.0,
        after as f64 / 1024.0,
    );
    drop((first, rest));
    Ok(())
}

fn open(address: SocketAddr, numbers: std::ops::Range<u64>) -> Result<Vec<TcpStream>> {
    numbers
        .map(|number| {
            let mut socket = TcpStream::connect(address).context("connect")?;
            socket.set_nodelay(true)?;
            socket.write_all(&wire::connect(&format!("idle-{number}")))?;
            let mut connack = [0; 4];
            socket.read_exact(&mut connack).context("no CONNACK")?;
            if connack != [0x20, 2, 0, 0] {
                bail!("refused: {connack:?}");
            }
            Ok(socket)
        })
        .collect()
}
