//! Over real sockets.

use std::time::Instant;

use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::*;

const DEADLINE: Duration = Duration::from_secs(20);

struct Server {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    ready: watch::Sender<Option<Router>>,
    supervisor: Supervisor,
}

impl Server {
    async fn start(limits: HttpLimits, router: Option<Router>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (metrics, supervisor) = (Arc::<Metrics>::default(), Supervisor::default());
        let (sender, ready) = watch::channel(router);
        let starting = Router::new()
            .route("/healthz/live", get(|| async { "alive" }))
            .fallback(|| async { "starting" });
        let answering = Answering { starting, ready };
        let (counted, tasks) = (Arc::clone(&metrics), supervisor.clone());
        let server = HttpServer::new(limits, answering, counted, tasks);
        supervisor.spawn("http", server.serve(listener, None));
        Self {
            address,
            metrics,
            ready: sender,
            supervisor,
        }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Opens connections that say `bytes` and no more.
    async fn flood(&self, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
        let mut flood = Vec::new();
        for _ in 0..count {
            let mut socket = self.connect().await;
            // It may have been closed already, to make room.
            let _closed = socket.write_all(bytes).await;
            flood.push(socket);
        }
        flood
    }

    async fn ask(&self, path: &str) -> String {
        ask(&mut self.connect().await, path).await
    }

    /// Asks again where there was no room: those who are there may not have been waited for yet.
    async fn ask_until_answered(&self, path: &str, wanted: &str) {
        let until = Instant::now() + DEADLINE;
        loop {
            let mut socket = self.connect().await;
            let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
            let _closed = socket.write_all(request.as_bytes()).await;
            let mut answer = Vec::new();
            let read = socket.read_to_end(&mut answer);
            let _reset = tokio::time::timeout(DEADLINE, read).await.unwrap();
            if String::from_utf8_lossy(&answer).ends_with(wanted) {
                return;
            }
            assert!(Instant::now() < until, "no answer to {path}");
        }
    }

    async fn stop(self) {
        self.supervisor.stop();
        tokio::time::timeout(DEADLINE, self.supervisor.ended())
            .await
            .unwrap();
        assert_eq!(self.metrics.http_connections.get(), 0);
    }
}

async fn ask(socket: &mut TcpStream, path: &str) -> String {
    say(socket, path).await;
    hear(socket).await
}

async fn say(socket: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
}

async fn hear(socket: &mut TcpStream) -> String {
    let mut answer = String::new();
    let heard = socket.read_to_string(&mut answer);
    tokio::time::timeout(DEADLINE, heard)
        .await
        .unwrap()
        .unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    body.to_owned()
}

async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        tokio::task::yield_now().await;
    }
}

fn limits(connections_max: usize) -> HttpLimits {
    HttpLimits::new(connections_max)
}

#[tokio::test]
async fn silent_connections_make_room_for_those_who_ask() {
    let router = Router::new().route("/", get(|| async { "hello" }));
    let server = Server::start(limits(5), Some(router)).await;
    for bytes in [
        &b""[..],
        b"GET / HT",
        b"GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ",
    ] {
        let flood = server.flood(40, bytes).await;
        assert_eq!(server.ask("/").await, "hello");
        drop(flood);
    }
    assert!(server.metrics.http_refused.get() > 0);
    assert!(server.metrics.http_connections.get() <= 5);
    server.stop().await;
}

#[tokio::test]
async fn a_connection_at_work_is_never_closed_for_another() {
    let go = Arc::new(Notify::new());
    let waiting = Arc::clone(&go);
    let slow = get(move || async move {
        waiting.notified().await;
        "done"
    });
    let server = Server::start(limits(2), Some(Router::new().route("/slow", slow))).await;
    let mut workers = [server.connect().await, server.connect().await];
    for worker in &mut workers {
        say(worker, "/slow").await;
    }
    // Nobody is idle: the next one is closed at once, without a word.
    eventually("both are at work", || {
        server.metrics.http_connections.get() == 2
    })
    .await;
    let refused = || async {
        let mut socket = server.connect().await;
        let _closed = socket.write_all(b"GET / HTTP/1.1\r\n").await;
        let mut answer = Vec::new();
        let read = socket.read_to_end(&mut answer);
        let _reset = tokio::time::timeout(DEADLINE, read).await.unwrap();
        answer.is_empty()
    };
    assert!(refused().await);
    for worker in &mut workers {
        go.notify_one();
        assert_eq!(hear(worker).await, "done");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_is_slow_with_a_body_or_to_read_makes_room_too() {
    let large = get(|| async { vec![b'x'; 64 << 20] });
    let take = axum::routing::post(|body: Bytes| async move { body.len().to_string() });
    let router = Router::new()
        .route("/large", large)
        .route("/", get(|| async { "hello" }))
        .route("/take", take);
    let server = Server::start(limits(5), Some(router)).await;
    for slow in [
        "POST /take HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nsome",
        "POST /take HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nsome\r\n",
        "GET /large HTTP/1.1\r\nHost: h\r\n\r\n",
    ] {
        let flood = server.flood(5, slow.as_bytes()).await;
        server.ask_until_answered("/", "hello").await;
        drop(flood);
        eventually("they are gone", || {
            server.metrics.http_connections.get() == 0
        })
        .await;
    }
    let mut socket = server.connect().await;
    let whole =
        "POST /take HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 4\r\n\r\nsome";
    socket.write_all(whole.as_bytes()).await.unwrap();
    assert_eq!(hear(&mut socket).await, "4");
    server.stop().await;
}

#[tokio::test]
async fn a_request_says_once_by_which_name_it_calls_the_server() {
    let router = Router::new().route("/", get(|| async { "here" }));
    let server = Server::start(limits(10), Some(router)).await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\nHost: h", "200"),
        ("GET / HTTP/1.1\r\nX: h", "400"),
        ("GET http://h/ HTTP/1.1\r\nX: h", "400"),
        ("GET / HTTP/1.1\r\nHost: h\r\nHost: h", "400"),
        ("GET / HTTP/1.0\r\nX: h", "200"),
        ("GET / HTTP/1.0\r\nHost: h\r\nHost: h", "400"),
    ] {
        let mut socket = server.connect().await;
        let request = format!("{head}\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let heard = socket.read_to_string(&mut answer);
        tokio::time::timeout(DEADLINE, heard)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(answer.split(' ').nth(1), Some(status), "{head:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_or_takes_nothing_is_closed_after_a_time() {
    let large = get(|| async { vec![b'x'; 64 << 20] });
    let limits = HttpLimits {
        header_timeout: Duration::from_millis(200),
        stall_timeout: Duration::from_millis(200),
        ..limits(50)
    };
    let server = Server::start(limits, Some(Router::new().route("/", large))).await;
    let mut flood = server.flood(3, b"").await;
    flood.extend(server.flood(3, b"GET / HTTP/1.1\r\nHost").await);
    flood.extend(server.flood(3, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").await);
    eventually("all are closed", || {
        server.metrics.http_timeouts.get() >= 9 && server.metrics.http_connections.get() == 0
    })
    .await;
    drop(flood);
    server.stop().await;
}

#[tokio::test]
async fn what_is_asked_of_a_server_that_starts_is_answered_once_it_can_be() {
    let server = Server::start(limits(50), None).await;
    assert_eq!(server.ask("/healthz/live").await, "alive");
    assert_eq!(server.ask("/healthz/ready").await, "starting");
    let mut early = server.connect().await;
    say(&mut early, "/").await;
    let router = Router::new().route("/", get(|| async { "hello" }));
    server.ready.send_replace(Some(router));
    assert_eq!(hear(&mut early).await, "hello");
    assert_eq!(server.ask("/").await, "hello");
    server.stop().await;
}

#[tokio::test]
async fn what_is_asked_of_a_server_that_does_not_come_is_answered_too() {
    let server = Server::start(limits(50), None).await;
    assert_eq!(server.ask("/").await, "starting");
    server.stop().await;
}
