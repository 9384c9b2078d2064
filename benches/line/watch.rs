//! Those who look: a WebSocket, and somebody who asks again and again over REST.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use futures_util::StreamExt as _;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::latency::Latencies;
use crate::load::Sent;

/// Without a new message for so long, something is wrong.
const QUIET: Duration = Duration::from_secs(30);

/// The pause between two questions over REST.
const PAUSE: Duration = Duration::from_millis(10);

/// A frame, or a page: of the frames only those with messages have any.
#[derive(Deserialize)]
struct Messages {
    #[serde(default, alias = "msgs")]
    items: Vec<Message>,
    next: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    seq: u64,
    payload: Payload,
}

#[derive(Deserialize)]
struct Payload {
    n: usize,
}

/// A WebSocket to us.
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Subscribes to everything of a site that comes from now on.
pub(crate) async fn subscribe(http: SocketAddr, site: &str) -> Result<Socket> {
    let url = format!("ws://{http}/api/v1/ws?filter={site}/%23");
    let (mut socket, _) = connect_async(url).await?;
    loop {
        let frame = socket.next().await.context("the socket was closed")??;
        if frame.to_text()?.contains(r#""type":"live""#) {
            return Ok(socket);
        }
    }
}

/// Sees every message in a frame.
pub(crate) async fn frames(mut socket: Socket, sent: Arc<Sent>) -> Result<String> {
    let mut log = Log::new(sent);
    while !log.is_complete() {
        let frame = tokio::time::timeout(QUIET, socket.next()).await;
        let frame = frame
            .context("no frame")?
            .context("the socket was closed")??;
        if frame.is_text() {
            let last = log.last;
            log.note(serde_json::from_slice(&frame.into_data())?, last);
        }
    }
    Ok(log.summary("WebSocket frame", "15 ms"))
}

/// Sees every message in the newest page, asked for again and again, and in those before where
/// one page was too few.
pub(crate) async fn pages(http: SocketAddr, site: &str, sent: Arc<Sent>) -> Result<String> {
    let newest = format!("http://{http}/api/v1/messages?filter={site}/%23&limit=100");
    let client = reqwest::Client::new();
    let mut log = Log::new(sent);
    let mut quiet = tokio::time::Instant::now();
    while !log.is_complete() {
        let (last, before) = (log.last, log.latencies.len());
        let mut url = newest.clone();
        loop {
            let answer = client.get(&url).send().await?.error_for_status()?;
            let page = serde_json::from_slice(&answer.bytes().await?)?;
            let Some(next) = log.note(page, last) else {
                break;
            };
            url = format!("{newest}&cursor={next}");
        }
        if log.latencies.len() > before {
            quiet = tokio::time::Instant::now();
        }
        ensure!(quiet.elapsed() < QUIET, "no message comes any more");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(log.summary("visible in REST", "150 ms"))
}

/// What has been seen.
struct Log {
    sent: Arc<Sent>,
    last: u64,
    latencies: Vec<Duration>,
}

impl Log {
    fn new(sent: Arc<Sent>) -> Self {
        let latencies = Vec::with_capacity(sent.len());
        Self {
            sent,
            last: 0,
            latencies,
        }
    }

    fn is_complete(&self) -> bool {
        self.latencies.len() == self.sent.len()
    }

    /// Notes the messages beyond `last`; answers where the others of them are.
    fn note(&mut self, messages: Messages, last: u64) -> Option<String> {
        let count = messages.items.len();
        let new = messages.items.iter().filter(|message| message.seq > last);
        let mut noted = 0;
        for message in new {
            noted += 1;
            self.last = self.last.max(message.seq);
            self.latencies.extend(self.sent.ago(message.payload.n));
        }
        messages.next.filter(|_| noted == count)
    }

    fn summary(self, what: &str, goal: &str) -> String {
        let latencies = Latencies::new(self.latencies);
        format!("{what}: {latencies} (goal: p99 under {goal})")
    }
}
