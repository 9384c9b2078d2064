//! Those who are wrong, greedy or slow, each again and again until it is told to stop. What the
//! server answers them is its business: it may well close the connection.

use std::future::Future;
use std::io::{Result, Write};
use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::task;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::payloads::poison;
use crate::support::raw;
use crate::support::server::Server;
use crate::support::wait::DEADLINE;

/// How long an idle or deaf one stays.
const STAY: Duration = Duration::from_secs(10);

/// The largest poisonous message: more would be a test of how fast the disk is.
const POISON_BYTES_MAX: usize = 2 << 20;

/// All of them at work.
pub(super) struct Abuse {
    stop: CancellationToken,
    poison: JoinHandle<u64>,
    runtime: Runtime,
    tasks: Vec<task::JoinHandle<()>>,
}

impl Abuse {
    pub(super) fn start(server: &Server) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let (mqtt, http) = (server.mqtt, server.http);
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let poison = std::thread::spawn(move || publish_poison(mqtt, &stopped).expect("a PUBACK"));
        let mut abuse = Self {
            stop,
            poison,
            runtime,
            tasks: Vec::new(),
        };
        abuse.again_and_again(move || floods(mqtt));
        abuse.again_and_again(move || subscribes_and_never_reads(mqtt));
        abuse.again_and_again(move || reads_slowly_and_acknowledges_nothing(mqtt));
        abuse.again_and_again(move || comes_back_by_the_hundred(mqtt));
        abuse.again_and_again(move || stops_in_the_middle_of_packets(mqtt));
        abuse.again_and_again(move || leaves_large_wills(mqtt));
        abuse.again_and_again(move || retains_and_forgets(mqtt));
        abuse.again_and_again(move || connects_and_says_nothing(http));
        abuse.again_and_again(move || asks_and_never_reads(http));
        abuse.again_and_again(move || asks_for_everything(http));
        let database = server.socket_dir().to_owned();
        abuse.again_and_again(move || leaves_a_transaction_open(database.clone()));
        abuse
    }

    fn again_and_again<F>(&mut self, act: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<()>> + Send,
    {
        let stop = self.stop.clone();
        let task = self.runtime.spawn(async move {
            let acts = async {
                loop {
                    // The server may have had enough of it.
                    let _ = act().await;
                    sleep(Duration::from_millis(500)).await;
                }
            };
            stop.run_until_cancelled(acts).await;
        });
        self.tasks.push(task);
    }

    /// Ends all of them; how many poisonous messages were acknowledged.
    pub(super) fn stop(self) -> u64 {
        self.stop.cancel();
        for task in self.tasks {
            self.runtime.block_on(task).expect("one who abuses");
        }
        self.poison.join().expect("who publishes poison")
    }
}

/// Poison is published as a device does it, and each message is acknowledged. How many were.
fn publish_poison(mqtt: SocketAddr, stop: &CancellationToken) -> Result<u64> {
    let mut socket = std::net::TcpStream::connect(mqtt)?;
    socket.set_read_timeout(Some(DEADLINE))?;
    socket.write_all(&quiet("poison"))?;
    assert_eq!(raw::read(&mut socket)?.0, 0x20, "CONNACK");
    let messages = poison::some_of_each(POISON_BYTES_MAX);
    let mut published = 0;
    for message in messages.iter().cycle() {
        if stop.is_cancelled() {
            break;
        }
        let topic = message.topic.as_ref().expect("a topic").as_str();
        socket.write_all(&raw::publish(topic, 1, 1, &message.payload, false))?;
        assert_eq!(raw::read(&mut socket)?.0, 0x40, "PUBACK");
        published += 1;
        std::thread::sleep(Duration::from_millis(200)); // its cadence
    }
    Ok(published)
}

async fn say(mqtt: SocketAddr, packets: &[Vec<u8>]) -> Result<TcpStream> {
    let mut socket = TcpStream::connect(mqtt).await?;
    for packet in packets {
        socket.write_all(packet).await?;
    }
    Ok(socket)
}

/// A client that stays connected without a word.
fn quiet(client_id: &str) -> Vec<u8> {
    raw::connect(client_id, true, 0)
}

/// At QoS 0, as fast as the server takes it.
async fn floods(mqtt: SocketAddr) -> Result<()> {
    let mut socket = say(mqtt, &[quiet("flood")]).await?;
    let message = raw::publish_once(&format!("flood/{}", fastrand::u8(..)), &[b'x'; 500]);
    for _ in 0..20 {
        socket.write_all(&message.repeat(100)).await?;
    }
    socket.write_all(&raw::DISCONNECT).await
}

async fn subscribes_and_never_reads(mqtt: SocketAddr) -> Result<()> {
    let _socket = say(mqtt, &[quiet("deaf"), raw::subscribe(1, "#", 1)]).await?;
    sleep(STAY).await;
    Ok(())
}

async fn reads_slowly_and_acknowledges_nothing(mqtt: SocketAddr) -> Result<()> {
    let kept = raw::connect("slow", false, 0);
    let mut socket = say(mqtt, &[kept, raw::subscribe(1, "test/#", 1)]).await?;
    let mut little = [0; 512];
    for _ in 0..100 {
        socket.read_exact(&mut little).await?;
        sleep(STAY / 100).await;
    }
    Ok(())
}

/// Each with a session that is kept and a message for the others, all at once.
async fn comes_back_by_the_hundred(mqtt: SocketAddr) -> Result<()> {
    let coming = (0..100).map(|number| async move {
        let id = format!("storm-{number}");
        let packets = [
            raw::connect(&id, false, 60),
            raw::subscribe(1, "storm/+", 1),
            raw::publish(&format!("storm/{}", number % 10), 1, 2, b"back", false),
        ];
        let mut socket = say(mqtt, &packets).await?;
        let mut answers = [0; 256];
        socket.read(&mut answers).await
    });
    futures_util::future::try_join_all(coming).await.map(|_| ())
}

async fn stops_in_the_middle_of_packets(mqtt: SocketAddr) -> Result<()> {
    let mut held = Vec::new();
    for number in 0..10 {
        let connect = quiet(&format!("half-{number}"));
        held.push(say(mqtt, &[connect[..connect.len() - 3].to_vec()]).await?);
        let large = raw::publish_once("half", &vec![b'x'; 2 << 20]);
        held.push(say(mqtt, &[connect, large[..large.len() / 2].to_vec()]).await?);
    }
    sleep(STAY).await;
    Ok(())
}

async fn leaves_large_wills(mqtt: SocketAddr) -> Result<()> {
    for number in 0..20 {
        let will = vec![b'w'; 50_000];
        let connect = raw::connect_with_will(&format!("will-{number}"), "wills", &will);
        say(mqtt, &[connect]).await?;
    }
    Ok(())
}

async fn retains_and_forgets(mqtt: SocketAddr) -> Result<()> {
    let mut socket = say(mqtt, &[quiet("retain")]).await?;
    for payload in [&b"kept"[..], b""] {
        for number in 0..1000 {
            let mut message = raw::publish_once(&format!("retained/{number}"), payload);
            message[0] |= 1;
            socket.write_all(&message).await?;
        }
    }
    socket.write_all(&raw::DISCONNECT).await
}

async fn connects_and_says_nothing(http: SocketAddr) -> Result<()> {
    let mut held = Vec::new();
    for half in ["", "GET /api/v1/status HTTP/1.1\r\nHost: loc"] {
        for _ in 0..30 {
            held.push(say(http, &[half.into()]).await?);
        }
    }
    sleep(STAY).await;
    Ok(())
}

/// The paths of answers that are long, or have no end.
const LONG: [&str; 6] = [
    "/api/v1/messages?filter=%23&limit=1000",
    "/api/v1/samples?filter=%23&from=-1h",
    "/api/v1/latest?filter=%23",
    "/api/v1/topics?q=z&limit=1000",
    "/api/v1/stream?filter=%23",
    "/api/v1/stream?filter=%23&last=1000",
];

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

async fn asks_and_never_reads(http: SocketAddr) -> Result<()> {
    let mut held = Vec::new();
    for path in LONG.iter().cycle().take(30) {
        held.push(say(http, &[get(path)]).await?);
    }
    sleep(STAY).await;
    Ok(())
}

async fn asks_for_everything(http: SocketAddr) -> Result<()> {
    for path in LONG {
        let mut socket = say(http, &[get(path)]).await?;
        let mut nowhere = tokio::io::sink();
        let read = tokio::io::copy(&mut socket, &mut nowhere);
        // A stream has no end.
        if let Ok(read) = timeout(STAY / 10, read).await {
            read?;
        }
    }
    Ok(())
}

/// As a person does who goes to lunch with `psql` open.
async fn leaves_a_transaction_open(socket_dir: String) -> Result<()> {
    let mut psql = tokio::process::Command::new("psql")
        .args(["-h", &socket_dir, "-U", "unspool", "-d", "unspool", "-XAtq"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut input = psql.stdin.take().expect("a pipe");
    let queries =
        "begin; select count(*) from unspool.message; select count(*) from unspool.sample;\n";
    input.write_all(queries.as_bytes()).await?;
    sleep(2 * STAY).await;
    drop(input);
    psql.wait().await.map(|_| ())
}
