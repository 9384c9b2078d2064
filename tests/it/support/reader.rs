//! A live reader that comes back as a browser does: whenever its stream breaks it asks for what
//! came after the last thing that it has seen. In the end it must have seen exactly what the
//! database holds, in the same order.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::StreamExt;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_util::sync::CancellationToken;

use super::server::Server;
use super::wait::eventually;

/// What every reader follows.
const FILTER: &str = "test/%23";

/// How a reader is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    WebSocket,
    Events,
}

/// Readers of both kinds.
pub struct Readers(Vec<Reader>);

struct Reader {
    kind: Kind,
    seen: Arc<Mutex<Seen>>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
}

/// What a reader has seen.
#[derive(Default)]
struct Seen {
    seqs: Vec<u64>,
    /// Where to go on.
    cursor: Option<String>,
    is_live: bool,
    /// Frames that should never have come.
    complaints: Vec<String>,
}

/// What matters of a frame.
#[derive(Deserialize)]
struct Frame {
    #[serde(rename = "type")]
    kind: String,
    cursor: Option<String>,
    #[serde(default)]
    msgs: Vec<Seq>,
    #[serde(default)]
    retry: bool,
}

#[derive(Deserialize)]
struct Seq {
    seq: u64,
}

impl Readers {
    /// One over WebSocket and one over Server-Sent Events, both live when this returns.
    pub fn start(server: &Server) -> Self {
        let readers = [Kind::WebSocket, Kind::Events].map(|kind| Reader::start(server.http, kind));
        for reader in &readers {
            eventually("a reader is live", || {
                reader.seen.lock().expect("a reader").is_live.then_some(())
            });
        }
        Self(readers.into())
    }

    /// Waits until they have seen the end of what the database holds, and compares all of it.
    pub fn assert_saw_everything(self, server: &Server) {
        let stored =
            server.psql("select seq from unspool.message where topic like 'test/%' order by seq");
        let stored: Vec<u64> = stored.lines().filter_map(|seq| seq.parse().ok()).collect();
        for mut reader in self.0 {
            let kind = reader.kind;
            eventually("a reader has come to the end", || {
                let seen = reader.seen.lock().expect("a reader");
                (seen.seqs.last() >= stored.last()).then_some(())
            });
            reader.stop();
            let seen = reader.seen.lock().expect("a reader");
            assert_eq!(seen.complaints, Vec::<String>::new(), "{kind:?}");
            let differs = seen
                .seqs
                .iter()
                .zip(&stored)
                .position(|(one, other)| one != other);
            if let Some(at) = differs {
                let around =
                    |seqs: &[u64]| seqs[at.saturating_sub(3)..seqs.len().min(at + 5)].to_vec();
                let (seen, stored) = (around(&seen.seqs), around(&stored));
                panic!("{kind:?} saw {seen:?} where the database has {stored:?}");
            }
            assert_eq!(seen.seqs.len(), stored.len(), "{kind:?}");
        }
    }
}

impl Reader {
    fn start(address: SocketAddr, kind: Kind) -> Self {
        let seen = Arc::<Mutex<Seen>>::default();
        let stop = CancellationToken::new();
        let (noted, stopped) = (Arc::clone(&seen), stop.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            runtime.block_on(stopped.run_until_cancelled(async {
                loop {
                    // However it ended: the server is away, or was.
                    let _ = match kind {
                        Kind::WebSocket => websocket(address, &noted).await,
                        Kind::Events => events(address, &noted).await,
                    };
                    tokio::time::sleep(Duration::from_millis(50)).await; // as a browser does
                }
            }));
        });
        Self {
            kind,
            seen,
            stop,
            thread: Some(thread),
        }
    }

    fn stop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("a reader");
        }
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Seen {
    fn take(&mut self, text: &str) {
        let Ok(frame) = serde_json::from_str::<Frame>(text) else {
            return self.complaints.push(format!("not a frame: {text}"));
        };
        match &*frame.kind {
            "hello" | "ok" | "tick" | "bye" => return,
            "msgs" => self.seqs.extend(frame.msgs.iter().map(|one| one.seq)),
            "live" => self.is_live = true,
            "error" if frame.retry => return,
            _ => self.complaints.push(text.to_owned()),
        }
        self.cursor = frame.cursor.or(self.cursor.take());
    }
}

fn cursor(seen: &Mutex<Seen>) -> Option<String> {
    seen.lock().expect("a reader").cursor.clone()
}

async fn websocket(address: SocketAddr, seen: &Mutex<Seen>) -> Result<(), Error> {
    let since = cursor(seen).map_or_else(String::new, |cursor| format!("&since={cursor}"));
    let url = format!("ws://{address}/api/v1/ws?filter={FILTER}{since}");
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() {
            let text = message.into_text()?;
            seen.lock().expect("a reader").take(&text);
        }
    }
    Ok(())
}

/// HTTP/1.0, so that the events come as they are.
async fn events(address: SocketAddr, seen: &Mutex<Seen>) -> Result<(), Error> {
    let socket = TcpStream::connect(address).await?;
    let mut socket = BufReader::new(socket);
    let resume = cursor(seen).map_or_else(String::new, |id| format!("Last-Event-ID: {id}\r\n"));
    let request =
        format!("GET /api/v1/stream?filter={FILTER} HTTP/1.0\r\nHost: {address}\r\n{resume}\r\n");
    socket.write_all(request.as_bytes()).await?;
    let mut line = String::new();
    socket.read_line(&mut line).await?;
    if !line.contains(" 200 ") {
        if !line.contains(" 503 ") && !line.is_empty() {
            seen.lock().expect("a reader").complaints.push(line);
        }
        return Ok(());
    }
    let mut id = None;
    loop {
        line.clear();
        if socket.read_line(&mut line).await? == 0 || !line.ends_with('\n') {
            return Ok(()); // what was cut off comes again
        }
        let field = line.trim_end();
        if let Some(cursor) = field.strip_prefix("id: ") {
            id = Some(cursor.to_owned());
        } else if let Some(text) = field.strip_prefix("data: ") {
            let mut seen = seen.lock().expect("a reader");
            seen.take(text);
            seen.cursor = id.take().or(seen.cursor.take());
        }
    }
}
