//! Devices that come back at once and show their passwords, which nobody knows yet: each of an
//! account of its own, and all of one; and what a publisher notices beside them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::try_join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::accounts::{ADMINISTRATOR, Accounts, password_line, token};
use crate::latency::Latencies;
use crate::server::Broker;
use crate::wire;

const PASSWORD: &str = "correct horse battery";
const TOPIC: &str = "acme/plant7/conveyor/speed";
const PAYLOAD: [u8; 100] = [b'x'; 100];
/// How often somebody publishes beside them.
const PUBLISH_EVERY: Duration = Duration::from_millis(5);
/// How long that is watched before.
const CALM: Duration = Duration::from_secs(3);
const DEADLINE: Duration = Duration::from_secs(300);
/// What the server calls the threads that hash.
const HASHING: &str = "passwords";

/// Has `clients` come back, on a new server for each way to have accounts, and prints the rows.
pub(crate) fn measure(program: &Path, folder: &Path, clients: u64) -> Result<()> {
    println!(
        "How long it takes until all are in, the passwords that were hashed for it and the processor \
         time of each,\nand how long a PUBACK takes before and meanwhile.\n"
    );
    println!("| accounts | clients | s | hashes | ms each | PUBACK before | meanwhile |");
    println!("|---|---:|---:|---:|---:|---|---|");
    let password = password_line(program, &folder.join("scratch"), PASSWORD)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    for accounts in [1, clients] {
        let mut declared = Accounts::new();
        for number in 0..accounts {
            declared.declare(&account(number), "device", None, &password);
        }
        let file = declared.write(folder, &format!("of-{accounts}.toml"))?;
        let data = folder.join(format!("of-{accounts}"));
        let server = Broker::unspool_with(program, &data, Some((&file, token(ADMINISTRATOR))))?;
        let before = publish_beside(server.mqtt, || std::thread::sleep(CALM))?.1;
        let hashes = hashes(&server)?;
        let (took, meanwhile) = publish_beside(server.mqtt, || {
            let began = Instant::now();
            let all = (0..clients).map(|number| come_back(server.mqtt, number, accounts));
            let all = runtime.block_on(async { timeout(DEADLINE, try_join_all(all)).await });
            all.context("not everybody got in")??;
            anyhow::Ok(began.elapsed())
        })?;
        let (took, hashes) = (took?, self::hashes(&server)? - hashes);
        ensure!(
            hashes == accounts,
            "{hashes} hashes for {accounts} accounts"
        );
        println!(
            "| {accounts} | {clients} | {:.2} | {hashes} | {:.1} | {before} | {meanwhile}, at most {:.0} µs |",
            took.as_secs_f64(),
            server.cpu_of(HASHING)? * 1e3 / hashes as f64,
            meanwhile.at(1.0).as_secs_f64() * 1e6,
        );
    }
    Ok(())
}

fn account(number: u64) -> String {
    format!("press{number}")
}

/// How many passwords the server has hashed.
fn hashes(server: &Broker) -> Result<u64> {
    let metrics = server.get("/metrics")?;
    let name = "unspool_auth_hashes_total ";
    let value = metrics.lines().find_map(|line| line.strip_prefix(name));
    value
        .and_then(|value| value.parse().ok())
        .context("no count of hashes")
}

/// Connects with its password; the connection stays open for as long as the others are waited for.
async fn come_back(
    address: SocketAddr,
    number: u64,
    accounts: u64,
) -> Result<tokio::net::TcpStream> {
    let mut socket = tokio::net::TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let account = account(number % accounts);
    let connect = wire::connect_as(&format!("client{number}"), &account, PASSWORD);
    socket.write_all(&connect).await?;
    let mut connack = [0; 4];
    socket
        .read_exact(&mut connack)
        .await
        .context("no CONNACK")?;
    if connack != [0x20, 2, 0, 0] {
        bail!("refused: {connack:?}");
    }
    Ok(socket)
}

/// How long each PUBACK of a publisher takes while `work` is done.
fn publish_beside<T>(address: SocketAddr, work: impl FnOnce() -> T) -> Result<(T, Latencies)> {
    let stop = Arc::new(AtomicBool::new(false));
    let is_over = Arc::clone(&stop);
    let publisher = std::thread::spawn(move || {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        let shown = token(ADMINISTRATOR);
        socket.write_all(&wire::connect_as("conveyor", ADMINISTRATOR, &shown))?;
        let mut answer = [0; 4];
        socket.read_exact(&mut answer).context("no CONNACK")?;
        let mut publish = wire::publish(TOPIC, 1, &PAYLOAD);
        let id = wire::packet_id_at(&publish, TOPIC);
        publish[id + 1] = 1;
        let mut waited = Vec::new();
        while !is_over.load(Ordering::Relaxed) {
            let began = Instant::now();
            socket.write_all(&publish)?;
            socket.read_exact(&mut answer).context("no PUBACK")?;
            waited.push(began.elapsed());
            std::thread::sleep(PUBLISH_EVERY);
        }
        anyhow::Ok(Latencies::new(waited))
    });
    let done = work();
    stop.store(true, Ordering::Relaxed);
    let waited = publisher.join().map_err(|_| anyhow::anyhow!("a panic"))??;
    Ok((done, waited))
}
