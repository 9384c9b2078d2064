//! A subscriber that must not notice anything: MQTT 3.1.1 at QoS 1 over one plain connection. What
//! it receives has to come in the order in which each device published it.

use std::collections::HashMap;
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use serde_json::Value;

use super::raw;
use super::server::Server;
use super::wait::{DEADLINE, eventually};

/// Subscribed to `test/#`.
pub struct Subscriber {
    received: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Subscriber {
    /// Subscribes, and receives until `count` messages have come.
    pub fn start(server: &Server, count: u64) -> Self {
        let socket = TcpStream::connect(server.mqtt).expect("connect");
        socket
            .set_read_timeout(Some(4 * DEADLINE))
            .expect("a deadline");
        let mut out = socket.try_clone().expect("a second handle");
        let mut arrived = BufReader::new(socket);
        out.write_all(&raw::connect("watcher", true, 0))
            .expect("CONNECT");
        let subscribe = raw::subscribe(1, "test/#", 1);
        out.write_all(&subscribe).expect("SUBSCRIBE");
        assert_eq!(next(&mut arrived), (0x20, vec![0, 0]));
        assert_eq!(next(&mut arrived), (0x90, vec![0, 1, 1]));

        let received = Arc::<AtomicU64>::default();
        let counted = Arc::clone(&received);
        let thread = std::thread::spawn(move || {
            let mut seen = HashMap::new();
            for _ in 0..count {
                let (first, body) = next(&mut arrived);
                assert_eq!(first & 0xf6, 0x32, "PUBLISH at QoS 1");
                receive(&body, &mut seen, &mut out);
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { received, thread }
    }

    /// Waits until everything has come.
    pub fn finish(self) {
        // For as long as more comes, however slowly.
        let mut before = 0;
        while !self.thread.is_finished() {
            before = eventually("the subscriber receives", || {
                let received = self.received.load(Ordering::Relaxed);
                (received > before || self.thread.is_finished()).then_some(received)
            });
        }
        self.thread.join().expect("an undisturbed subscriber");
    }
}

/// One PUBLISH: behind everything that its device has sent, and acknowledged.
fn receive(body: &[u8], seen: &mut HashMap<String, u64>, out: &mut TcpStream) {
    let length = usize::from(u16::from_be_bytes([body[0], body[1]]));
    let (topic, rest) = body[2..].split_at(length);
    let topic = std::str::from_utf8(topic).expect("UTF-8").to_owned();
    let reading: Value = serde_json::from_slice(&rest[2..]).expect("a reading");
    let n = reading["n"].as_u64().expect("a number");
    let before = seen.insert(topic.clone(), n);
    assert!(
        before.is_none_or(|before| before < n),
        "{topic}: {n} after {before:?}"
    );
    out.write_all(&raw::packet(0x40, &rest[..2]))
        .expect("PUBACK");
}

fn next(arrived: &mut impl Read) -> (u8, Vec<u8>) {
    raw::read(arrived).expect("the connection stays")
}
