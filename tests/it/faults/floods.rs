//! Floods of connections, on few file descriptors: the server keeps what it needs itself.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use serde_json::json;

use crate::support::commands::curl;
use crate::support::settings::Settings;

/// So few that a flood would take all of them.
const FILES: u64 = 256;

fn flood(address: SocketAddr, count: usize, bytes: &[u8]) -> Vec<TcpStream> {
    let mut flood = Vec::new();
    for _ in 0..count {
        let mut socket = TcpStream::connect(address).expect("connect");
        // It may have been closed already, to make room.
        socket.write_all(bytes).ok();
        flood.push(socket);
    }
    flood
}

#[test]
fn silent_connections_take_nothing_that_the_server_needs() {
    let server = Settings::default()
        .with_open_files(FILES)
        .set("UNSPOOL_JOURNAL_SEGMENT_BYTES", "1048576")
        .set("UNSPOOL_JOURNAL_KEEP_BYTES", "0")
        .expect_in_log("all HTTP connections are taken")
        .start();
    let mut silent = Vec::new();
    for bytes in [&b""[..], b"GET /api/v1/status HTTP/1.1\r\nHost: h\r\nX: "] {
        silent.extend(flood(server.http, 150, bytes));
    }
    let payload = "x".repeat(200_000);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), payload).expect("write");
    let path = file.path().to_str().expect("UTF-8");
    for _ in 0..30 {
        server.publish(&["-q", "1", "-t", "flood", "-f", path]);
    }
    // The journal has made segments, the mirror has read them, and REST tells.
    server.wait_until_mirrored();
    let ledger = curl(&server.url("/api/v1/ledger"));
    assert_eq!(ledger["acknowledged"], json!(30), "{ledger}");
    assert_eq!(ledger["balanced"], json!(true), "{ledger}");
    assert!(server.metric("unspool_http_refused_total") > 0);
    drop(silent);
}
