//! A publisher that keeps its own record of what was acknowledged: MQTT 3.1.1 at QoS 1 or 2 over a
//! plain socket. When the connection breaks it comes back to its session and sends what was not
//! acknowledged again, as the standard asks [MQTT-4.4.0-1].

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::raw;
use super::server::Server;
use super::wait::DEADLINE;

/// How many messages may be unacknowledged at a time.
const WINDOW: usize = 100;

const KEEP_ALIVE_S: u16 = 60;

/// How long a publisher tries without getting any further.
const PATIENCE: Duration = DEADLINE.saturating_mul(4);

/// Into how many topics a publisher spreads its readings.
pub const TOPICS: u64 = 2;

/// One device that publishes numbered readings to `test/{name}/0` and `test/{name}/1`.
pub struct Publisher {
    name: String,
    address: SocketAddr,
    count: u64,
    qos: u8,
    /// Readings a second at most.
    rate: Option<u64>,
    acknowledged: Arc<AtomicU64>,
}

/// Where a publisher stands.
#[derive(Default)]
struct Flight {
    next: u64,
    /// Sent, and neither PUBACK nor PUBREC came.
    unacknowledged: VecDeque<u64>,
    /// PUBREC came, and no PUBCOMP yet.
    released: VecDeque<u64>,
    connections: u64,
}

/// Publishers at work, and how many of their messages have been acknowledged.
pub struct Publishers {
    acknowledged: Arc<AtomicU64>,
    threads: Vec<JoinHandle<u64>>,
}

impl Publishers {
    /// `clients` devices that publish `each` readings, by turns at QoS 1 and 2; each at no more
    /// than `rate` a second.
    pub fn start(server: &Server, clients: u64, each: u64, rate: Option<u64>) -> Self {
        let acknowledged = Arc::<AtomicU64>::default();
        let threads = (0..clients).map(|number| {
            let publisher = Publisher {
                name: format!("device-{number}"),
                address: server.mqtt,
                count: each,
                qos: if number % 2 == 0 { 1 } else { 2 },
                rate,
                acknowledged: Arc::clone(&acknowledged),
            };
            std::thread::spawn(move || publisher.run())
        });
        let threads = threads.collect();
        Self {
            acknowledged,
            threads,
        }
    }

    /// How many messages have been acknowledged so far.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    /// Waits until all is published and acknowledged; how often publishers had to connect again.
    pub fn finish(self) -> u64 {
        let clients = self.threads.len() as u64;
        let connections = self
            .threads
            .into_iter()
            .map(|thread| thread.join().expect("a publisher that gets through"));
        connections.sum::<u64>() - clients
    }
}

impl Publisher {
    /// Publishes all readings and comes back once each is acknowledged; how many connections that
    /// took.
    fn run(self) -> u64 {
        let mut flight = Flight::default();
        let began = Instant::now();
        let mut until = began + PATIENCE;
        while !flight.is_over(self.count) {
            assert!(Instant::now() < until, "{} does not get through", self.name);
            let before = flight.next;
            if self.connection(&mut flight, began).is_err() {
                std::thread::sleep(Duration::from_millis(20)); // the server is away
            }
            if flight.next > before {
                until = Instant::now() + PATIENCE;
            }
        }
        flight.connections
    }

    fn connection(&self, flight: &mut Flight, began: Instant) -> std::io::Result<()> {
        let mut socket = TcpStream::connect(self.address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(DEADLINE))?;
        socket.write_all(&raw::connect(&self.name, false, KEEP_ALIVE_S))?;
        let mut connack = [0; 4];
        socket.read_exact(&mut connack)?;
        assert_eq!(
            (connack[0], connack[1], connack[3]),
            (0x20, 2, 0),
            "{}: CONNACK",
            self.name
        );
        flight.connections += 1;

        let mut out = Vec::new();
        for number in &flight.released {
            out.extend(pubrel(*number));
        }
        for number in &flight.unacknowledged {
            self.publish(&mut out, *number, true);
        }
        let mut arrived = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let due = self.due(flight, began);
            while flight.next < due && flight.unacknowledged.len() < WINDOW {
                self.publish(&mut out, flight.next, false);
                flight.unacknowledged.push_back(flight.next);
                flight.next += 1;
            }
            socket.write_all(&out)?;
            out.clear();
            if flight.is_over(self.count) {
                return socket.write_all(&raw::DISCONNECT);
            }
            let read = socket.read(&mut buffer)?;
            if read == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            arrived.extend_from_slice(&buffer[..read]);
            let whole = arrived.len() / 4 * 4;
            for answer in arrived[..whole].chunks_exact(4) {
                self.answered(flight, answer, &mut out);
            }
            arrived.drain(..whole);
        }
    }

    /// Up to which number readings are due; waits for the next one where nothing else is to be
    /// waited for.
    fn due(&self, flight: &Flight, began: Instant) -> u64 {
        let Some(rate) = self.rate else {
            return self.count;
        };
        let nothing_to_hear = flight.unacknowledged.is_empty() && flight.released.is_empty();
        if nothing_to_hear && flight.next < self.count {
            let at = began
                + Duration::from_secs(1) * u32::try_from(flight.next).unwrap_or(0)
                    / u32::try_from(rate).unwrap_or(1);
            std::thread::sleep(at.saturating_duration_since(Instant::now())); // its cadence
        }
        let due = began.elapsed().as_millis() * u128::from(rate) / 1000 + 1;
        u64::try_from(due).unwrap_or(u64::MAX).min(self.count)
    }

    /// PUBACK, PUBREC or PUBCOMP, each for the oldest reading that waits for one.
    fn answered(&self, flight: &mut Flight, answer: &[u8], out: &mut Vec<u8>) {
        let awaited = match (answer[0], self.qos) {
            (0x40, 1) | (0x50, 2) => &mut flight.unacknowledged,
            (0x70, 2) => &mut flight.released,
            _ => panic!("{}: unexpected {answer:?}", self.name),
        };
        let number = awaited.pop_front().expect("something to acknowledge");
        let id = u16::from_be_bytes([answer[2], answer[3]]);
        assert_eq!(id, packet_id(number), "{}: out of order", self.name);
        if answer[0] == 0x50 {
            flight.released.push_back(number);
            out.extend(pubrel(number));
        }
        if answer[0] != 0x70 {
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// PUBLISH of one reading: `n` tells it from all others of this device.
    fn publish(&self, out: &mut Vec<u8>, number: u64, again: bool) {
        let topic = format!("test/{}/{}", self.name, number % TOPICS);
        let payload = format!(
            r#"{{"n":{number},"temp":{}.{},"pressure":1013.25,"state":"run","ok":true}}"#,
            20 + number % 7,
            number % 10
        );
        let payload = payload.as_bytes();
        let id = packet_id(number);
        out.extend(raw::publish(&topic, self.qos, id, payload, again));
    }
}

impl Flight {
    fn is_over(&self, count: u64) -> bool {
        self.next == count && self.unacknowledged.is_empty() && self.released.is_empty()
    }
}

fn pubrel(number: u64) -> Vec<u8> {
    raw::acknowledge(0x62, packet_id(number))
}

fn packet_id(number: u64) -> u16 {
    u16::try_from(number % 65_535 + 1).expect("at most 65,535")
}
